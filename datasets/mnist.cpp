#include <xgrad/autograd/error.h>
#include <xgrad/datasets/idx.h>
#include <xgrad/datasets/mnist.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>

namespace xgrad::data::datasets {

namespace fs = std::filesystem;

namespace {

std::string find_file(const std::string& root, const std::string& name) {
    std::error_code ignored;  // what cannot be looked at is not there
    for (const char* ending : {"", ".gz"}) {
        const fs::path path = fs::path(root) / (name + ending);
        if (fs::exists(path, ignored)) return path.string();
    }
    raise<FileError>("MNIST", "'", root, "': expected the file ", name, " or ", name, ".gz there");
}

/// A tensor over the content of an IDX file, without a copy.
Tensor read_tensor(const std::string& path, const std::vector<std::int64_t>& sizes) {
    const auto array = std::make_shared<IdxArray>(read_idx(path, sizes));
    return from_blob(
        array->data.data(), array->sizes, [array](void*) {}, kUInt8);
}

void check_labels(const Tensor& labels, const std::string& path) {
    constexpr std::ptrdiff_t kHeader = 8;
    const auto* begin = labels.data_ptr<std::uint8_t>();
    const auto* end = begin + labels.numel();
    const auto* wrong = std::find_if(begin, end, [](std::uint8_t label) { return label > 9; });
    if (wrong != end) {
        raise<FileError>("MNIST", path, ": at offset ", kHeader + (wrong - begin),
                         " of the content: expected a label from 0 to 9, found ", static_cast<int>(*wrong));
    }
}

/// Grey values (..., 28, 28) as (..., 1, 28, 28) in [0, 1].
Tensor scale(const Tensor& pixels) { return pixels.unsqueeze(-3).to(kFloat32).div_(255); }

}  // namespace

struct MNIST::ScaledImages {
    std::once_flag once;
    Tensor images;
};

MNIST::MNIST(const std::string& root, Mode mode) : mode_(mode), scaled_(std::make_shared<ScaledImages>()) {
    const std::string prefix = is_train() ? "train" : "t10k";
    const std::string label_path = find_file(root, prefix + "-labels-idx1-ubyte");
    pixels_ = read_tensor(find_file(root, prefix + "-images-idx3-ubyte"), {-1, 28, 28});
    const Tensor labels = read_tensor(label_path, {pixels_.size(0)});
    check_labels(labels, label_path);
    targets_ = labels.to(kInt64);
}

std::string MNIST::embedded_folder(const std::string& header) {
    const char* variable = std::getenv("XGRAD_DATA");  // NOLINT(concurrency-mt-unsafe)
    if (variable != nullptr && *variable != '\0') return (fs::path(variable) / "mnist").string();
    const fs::path here = fs::path(header).parent_path();
    std::error_code ignored;
    for (const char* place : {"mnist", "../../../share/xgrad/mnist"}) {
        if (fs::is_directory(here / place, ignored)) return (here / place).string();
    }
    raise<FileError>(
        "MNIST", "found no folder 'mnist' beside '", here.string(),
        "', nor its installed place: name the folder that holds it in the environment variable XGRAD_DATA, "
        "or give the root");
}

const Tensor& MNIST::images() const {
    std::call_once(scaled_->once, [this] { scaled_->images = scale(pixels_); });
    return scaled_->images;
}

Example<> MNIST::get(std::size_t index) const {
    const auto row = static_cast<std::int64_t>(index);
    return {scale(pixels_.select(0, row)), targets_.select(0, row)};
}

Example<> MNIST::get_batch(ArrayRef<std::size_t> indices) {
    const Tensor index = detail::index_tensor(indices);
    return {scale(pixels_.index_select(0, index)), targets_.index_select(0, index)};
}

std::optional<std::size_t> MNIST::size() const { return static_cast<std::size_t>(pixels_.size(0)); }

}  // namespace xgrad::data::datasets
