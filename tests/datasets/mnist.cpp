#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/datasets/datasets.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace xgrad;
using data::datasets::MNIST;

namespace fs = std::filesystem;

namespace {

/// A folder with a set of `images` test images, pixel p of image i being (i + p) % 256, and the given labels.
class Folder {
  public:
    Folder(std::uint8_t images, const std::vector<std::uint8_t>& labels)
        : path_(fs::temp_directory_path() / ("xgrad-mnist-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
        std::vector<std::uint8_t> bytes{0, 0, 8, 3, 0, 0, 0, images, 0, 0, 0, 28, 0, 0, 0, 28};
        for (int i = 0; i < images; ++i) {
            for (int p = 0; p < 784; ++p) bytes.push_back(static_cast<std::uint8_t>(i + p));
        }
        write("t10k-images-idx3-ubyte", bytes);
        bytes = {0, 0, 8, 1, 0, 0, 0, static_cast<std::uint8_t>(labels.size())};
        bytes.insert(bytes.end(), labels.begin(), labels.end());
        write("t10k-labels-idx1-ubyte", bytes);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path() const { return path_.string(); }
    void write(const std::string& name, const std::vector<std::uint8_t>& bytes) const {
        std::ofstream(path_ / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

  private:
    fs::path path_;
};

/// Sets XGRAD_DATA for a scope.
class DataVariable {
  public:
    explicit DataVariable(const std::string& value) { ::setenv("XGRAD_DATA", value.c_str(), 1); }
    ~DataVariable() { ::unsetenv("XGRAD_DATA"); }
    DataVariable(const DataVariable&) = delete;
    DataVariable& operator=(const DataVariable&) = delete;
};

std::string message(const std::string& root, MNIST::Mode mode = MNIST::Mode::kTest) {
    try {
        MNIST(root, mode);
    } catch (const FileError& error) {
        return error.what();
    }
    return "no FileError";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the embedded test set") {
    MNIST mnist(MNIST::Mode::kTest);
    CHECK_FALSE(mnist.is_train());
    CHECK(*mnist.size() == 10000);
    CHECK(mnist.images_uint8().sizes() == IntArrayRef{10000, 28, 28});
    CHECK(mnist.images_uint8().dtype() == kUInt8);
    CHECK(mnist.targets().sizes() == IntArrayRef{10000});
    CHECK(mnist.targets().dtype() == kInt64);
    CHECK(mnist.targets().slice(0, 0, 8).equal(tensor({7, 2, 1, 0, 4, 1, 4, 9})));

    const Tensor& images = mnist.images();
    CHECK(images.sizes() == IntArrayRef{10000, 1, 28, 28});
    CHECK(images.dtype() == kFloat32);
    CHECK(images.max().item<float>() == 1);
    CHECK(images.min().item<float>() == 0);
    CHECK(mnist.images().data_ptr() == images.data_ptr());

    const data::Example<> example = mnist.get(17);
    CHECK(example.data.equal(images[17]));
    CHECK(example.target.equal(mnist.targets()[17]));
    const data::Example<> batch = mnist.get_batch({9999, 0});
    CHECK(batch.data.sizes() == IntArrayRef{2, 1, 28, 28});
    CHECK(batch.data.equal(images.index_select(0, tensor({9999, 0}))));
    CHECK(batch.target.equal(tensor({6, 7})));
    CHECK_THROWS_AS(mnist.get(10000), IndexError);
    CHECK_THROWS_AS(mnist.get_batch({10000}), IndexError);
}

TEST_CASE("the first 20,000 images of the embedded training set have the known statistics") {
    const MNIST mnist;
    CHECK(mnist.is_train());
    CHECK(*mnist.size() == 60000);
    const Tensor pixels = mnist.images_uint8().slice(0, 0, 20000).to(kFloat64);
    const Tensor mean = pixels.mean();
    CHECK(mean.item<double>() == doctest::Approx(33.55274553571429).epsilon(1e-15));
    CHECK(pixels.sub(mean).square().mean().sqrt().item<double>() == doctest::Approx(78.87550070784695).epsilon(1e-15));

    const std::int64_t counts[] = {1994, 2281, 1929, 2076, 1945, 1775, 1971, 2093, 1922, 2014};
    const Tensor labels = mnist.targets().slice(0, 0, 20000);
    for (std::int64_t digit = 0; digit < 10; ++digit) {
        CHECK(labels.eq(digit).sum().item<std::int64_t>() == counts[digit]);
    }
}

TEST_CASE("batches of the loader are those of libtorch's stack") {
    manual_seed(3);
    auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
        MNIST(MNIST::Mode::kTest).map(data::transforms::Normalize<>(0.1307, 0.3081)).map(data::transforms::Stack<>()),
        data::DataLoaderOptions().batch_size(64));
    const auto batch = *loader->begin();
    CHECK(batch.data.sizes() == IntArrayRef{64, 1, 28, 28});
    CHECK(batch.target.sizes() == IntArrayRef{64});
    CHECK(batch.data.min().item<float>() == doctest::Approx(-0.1307 / 0.3081));
}

TEST_CASE("plain files in a folder of one's own") {
    const Folder folder(3, {9, 0, 4});
    const MNIST mnist(folder.path(), MNIST::Mode::kTest);
    CHECK(*mnist.size() == 3);
    CHECK(mnist.targets().equal(tensor({9, 0, 4})));
    CHECK(mnist.images_uint8()[2][0][1].item<int>() == 3);
    CHECK(mnist.images()[2][0][0][1].item<float>() == 3.f / 255);
}

TEST_CASE("wrong files are errors that name file, offset and expectation") {
    SUBCASE("no folder, no file") {
        CHECK(message("/nonexistent") ==
              "[MNIST] '/nonexistent': expected the file t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz there");
        const Folder folder(1, {0});
        CHECK(contains(message(folder.path(), MNIST::Mode::kTrain), "train-labels-idx1-ubyte"));
    }
    SUBCASE("a label that is no digit") {
        const Folder folder(3, {1, 2, 10});
        CHECK(message(folder.path()) == "[MNIST] " + folder.path() +
                                            "/t10k-labels-idx1-ubyte: at offset 10 of the content: expected a label "
                                            "from 0 to 9, found 10");
    }
    SUBCASE("fewer labels than images") {
        const Folder folder(3, {1, 2});
        const std::string text = message(folder.path());
        CHECK(contains(text, folder.path() + "/t10k-labels-idx1-ubyte"));
        CHECK(contains(text, "at offset 4: expected size 3, found 2"));
    }
    SUBCASE("images of another size") {
        const Folder folder(1, {1});
        folder.write("t10k-images-idx3-ubyte", {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 27});
        CHECK(contains(message(folder.path()), "at offset 12: expected size 28, found 27"));
    }
}

TEST_CASE("the environment variable XGRAD_DATA comes before the embedded data") {
    const Folder folder(2, {5, 6});
    {
        const DataVariable variable(folder.path());
        CHECK_THROWS_WITH_AS(MNIST{MNIST::Mode::kTest},
                             doctest::Contains((folder.path() + "/mnist': expected the file").c_str()), FileError);
        fs::create_directory_symlink(folder.path(), folder.path() + "/mnist");
        CHECK(*MNIST(MNIST::Mode::kTest).size() == 2);
    }
    const DataVariable empty("");
    CHECK(*MNIST(MNIST::Mode::kTest).size() == 10000);
}
