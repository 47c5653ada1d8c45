#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/transform.h>
#include <xgrad/autograd/visualize.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>

namespace xgrad {

namespace detail {

const char* python_name(ScalarType dtype) {
    constexpr const char* kNames[] = {"bool", "uint8", "int32", "int64", "float32", "float64", "undefined"};
    return kNames[static_cast<int>(dtype)];
}

}  // namespace detail

namespace {

// PyTorch's torch.set_printoptions, its defaults.
constexpr int kPrecision = 4;
constexpr std::int64_t kThreshold = 1000, kEdgeItems = 3;
constexpr std::size_t kLineWidth = 80;

/// A number in C's notation, whatever the locale.
std::string formatted(double value, std::chars_format format, int precision) {
    if (std::isnan(value)) return "nan";
    char buffer[512];  // the largest double has 309 digits
    return {buffer, std::to_chars(std::begin(buffer), std::end(buffer), value, format, precision).ptr};
}

/// Chooses one format for all numbers shown, as PyTorch does, and writes numbers in it.
class NumberFormat {
  public:
    explicit NumberFormat(const std::vector<double>& shown) {
        double smallest = INFINITY, largest = 0;
        for (const double value : shown) {
            if (!counts(value)) continue;
            smallest = std::min(smallest, std::fabs(value));
            largest = std::max(largest, std::fabs(value));
            integers_ = integers_ && value == std::ceil(value);
        }
        if (largest == 0) return;
        exponents_ = largest / smallest > 1000 || largest > 1e8 || (!integers_ && smallest < 1e-4);
        for (const double value : shown)
            if (counts(value)) width_ = std::max(width_, written(value).size());
    }

    std::size_t width() const { return width_; }
    std::string operator()(double value) const { return written(value); }

  private:
    static bool counts(double value) { return std::isfinite(value) && value != 0; }
    std::string written(double value) const {
        if (exponents_) return formatted(value, std::chars_format::scientific, kPrecision);
        if (!integers_) return formatted(value, std::chars_format::fixed, kPrecision);
        return formatted(value, std::chars_format::fixed, 0) + (std::isfinite(value) ? "." : "");
    }

    bool integers_ = true, exponents_ = false;
    std::size_t width_ = 1;
};

std::string written_integer(std::int64_t value, bool is_bool) {
    if (is_bool) return value ? "True" : "False";
    return std::to_string(value);
}

/// The nested list of the elements.
class Elements {
  public:
    explicit Elements(const detail::TensorImpl& tensor) : tensor_(tensor), summarize_(tensor.numel > kThreshold) {}

    std::string text(std::size_t indent) const {
        if (tensor_.numel == 0) return "[]";
        return visit_dtype(tensor_.dtype, [&](auto element) {
            using T = decltype(element);
            std::vector<std::int64_t> offsets;
            add_shown(offsets, 0, 0);
            const T* data = static_cast<const T*>(tensor_.data());
            if constexpr (std::is_floating_point_v<T>) {
                std::vector<double> shown;
                shown.reserve(offsets.size());
                for (const std::int64_t offset : offsets) shown.push_back(static_cast<double>(data[offset]));
                const NumberFormat format(shown);
                const auto write = [&](std::int64_t at) { return format(static_cast<double>(data[at])); };
                return list(write, format.width(), 0, 0, indent);
            } else {
                const auto write = [&](std::int64_t at) {
                    return written_integer(static_cast<std::int64_t>(data[at]), std::is_same_v<T, bool>);
                };
                std::size_t width = 1;
                for (const std::int64_t offset : offsets) width = std::max(width, write(offset).size());
                return list(write, width, 0, 0, indent);
            }
        });
    }

  private:
    /// Whether only the ends of a dimension are shown.
    bool is_cut(std::size_t dim) const { return summarize_ && tensor_.sizes[dim] > 2 * kEdgeItems; }

    /// Calls `f` with the offset of each shown index of a dimension.
    template <class F>
    void for_each_shown(std::size_t dim, std::int64_t offset, F&& f) const {
        const std::int64_t size = tensor_.sizes[dim], stride = tensor_.strides[dim];
        for (std::int64_t i = 0; i < size; ++i) {
            if (i == kEdgeItems && is_cut(dim)) i = size - kEdgeItems;
            f(offset + i * stride);
        }
    }

    void add_shown(std::vector<std::int64_t>& offsets, std::size_t dim, std::int64_t offset) const {
        if (dim == tensor_.sizes.size()) return offsets.push_back(offset);
        for_each_shown(dim, offset, [&](std::int64_t at) { add_shown(offsets, dim + 1, at); });
    }

    template <class Write>
    std::string list(const Write& write, std::size_t width, std::size_t dim, std::int64_t offset,
                     std::size_t indent) const {
        const auto padded = [&](std::int64_t at) {
            const std::string number = write(at);
            return std::string(width - std::min(width, number.size()), ' ') + number;
        };
        const std::size_t below = tensor_.sizes.size() - dim;
        if (below == 0) return padded(offset);
        std::vector<std::string> parts;
        for_each_shown(dim, offset, [&](std::int64_t at) {
            parts.push_back(below == 1 ? padded(at) : list(write, width, dim + 1, at, indent + 1));
        });
        if (is_cut(dim)) parts.insert(parts.begin() + kEdgeItems, below == 1 ? " ..." : "...");
        const std::string new_line = ',' + std::string(below == 1 ? 1 : below - 1, '\n') + std::string(indent + 1, ' ');
        const std::size_t per_line = below == 1 ? std::max<std::size_t>(1, (kLineWidth - indent) / (width + 2)) : 1;
        std::string out = "[";
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i) out += i % per_line == 0 ? new_line : ", ";
            out += parts[i];
        }
        return out + ']';
    }

    const detail::TensorImpl& tensor_;
    bool summarize_;
};

/// What follows the elements, in lines of kLineWidth. The lengths are counted as PyTorch counts them.
void add_suffixes(std::string& text, const std::vector<std::string>& suffixes, std::size_t indent) {
    const std::size_t line_break = text.rfind('\n');
    std::size_t length = text.size() + (line_break == std::string::npos ? 2 : 1 - line_break);
    for (const std::string& suffix : suffixes) {
        if (length + suffix.size() + 2 > kLineWidth) {
            text += ",\n" + std::string(indent, ' ') + suffix;
            length = indent + suffix.size();
        } else {
            text += ", " + suffix;
            length += suffix.size() + 2;
        }
    }
}

std::vector<std::string> properties(const Tensor& tensor) {
    std::vector<std::string> out;
    const ScalarType dtype = tensor.dtype();
    const bool empty = tensor.numel() == 0;
    if (empty && tensor.dim() != 1) out.push_back("size=" + detail::shape_string(tensor.sizes()));
    const bool usual = dtype == get_default_dtype() || (!empty && (dtype == kInt64 || dtype == kBool));
    if (!usual) out.push_back(std::string("dtype=torch.") + detail::python_name(dtype));
    if (const autograd::NodePtr node = tensor.grad_fn())
        out.push_back("grad_fn=<" + node->name() + '>');
    else if (tensor.requires_grad())
        out.emplace_back("requires_grad=True");
    return out;
}

/// `tangents` are those of enclosing jvps.
std::string text_of(const Tensor& tensor, std::vector<std::string> tangents) {
    constexpr std::string_view kPrefix = "tensor(";
    const detail::TensorImpl& impl = *tensor.unsafeGetTensorImpl();
    if (const detail::TransformLevel* level = impl.transform.get()) {
        if (level->kind == detail::TransformLevel::Kind::kForwardMode) {
            if (level->tangent.defined()) tangents.insert(tangents.begin(), "tangent=" + repr(level->tangent));
            return text_of(level->value, std::move(tangents));
        }
        std::string value = "    " + repr(level->value);
        for (std::size_t at = 0; (at = value.find('\n', at)) != std::string::npos;) value.insert(++at, "    ");
        std::string text = "BatchedTensor(bdim=" + std::to_string(level->batch_dim) + ", value=\n" + value + '\n';
        add_suffixes(text, tangents, 0);
        return text + ')';
    }
    std::string text(kPrefix);
    text += Elements(impl).text(kPrefix.size());
    std::vector<std::string> suffixes = properties(tensor);
    std::move(tangents.begin(), tangents.end(), std::back_inserter(suffixes));
    add_suffixes(text, suffixes, kPrefix.size());
    return text + ')';
}

}  // namespace

std::string repr(const Tensor& tensor) { return tensor.defined() ? text_of(tensor, {}) : "tensor(undefined)"; }

}  // namespace xgrad
