#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>

namespace xgrad {

namespace {

constexpr std::int64_t kLineSize = 80;

/// Gives a stream its format back.
class FormatGuard {
  public:
    explicit FormatGuard(std::ostream& out) : out_(out), saved_(nullptr) { saved_.copyfmt(out); }
    ~FormatGuard() { out_.copyfmt(saved_); }
    FormatGuard(const FormatGuard&) = delete;
    FormatGuard& operator=(const FormatGuard&) = delete;

  private:
    std::ostream& out_;
    std::ios saved_;
};

/// What all numbers of a vector or matrix are divided by, and the columns that each takes.
struct NumberFormat {
    double scale = 1;
    int width = 0;
};

/// Digits before the point: 1 for 0 and [1, 10), 0 for [0.1, 1), negative below.
double digits(double magnitude) { return magnitude == 0 ? 1 : std::floor(std::log10(magnitude)) + 1; }

struct Magnitudes {
    double smallest, largest;  // as digits
};

Magnitudes magnitudes(const double* begin, const double* end) {
    const double* first = std::find_if(begin, end, [](double x) { return std::isfinite(x); });
    if (first == end) return {1, 1};
    double smallest = std::fabs(*first), largest = smallest;
    for (; first != end; ++first) {
        if (!std::isfinite(*first)) continue;
        smallest = std::min(smallest, std::fabs(*first));
        // libtorch's rule: a negative number counts only where it comes first.
        largest = std::max(largest, *first);
    }
    return {digits(smallest), digits(largest)};
}

/// Chooses the format for n numbers and sets the stream to it. Where that leaves the precision as it is, libtorch does
/// so too, and a matrix may inherit it from the one before.
NumberFormat choose_format(std::ostream& out, const double* numbers, std::int64_t n) {
    const auto [smallest, largest] = magnitudes(numbers, numbers + n);
    const bool integers =
        std::all_of(numbers, numbers + n, [](double x) { return !std::isfinite(x) || x == std::ceil(x); });
    if (integers && largest <= 9) {
        out << std::defaultfloat;
        return {1, static_cast<int>(largest) + 1};
    }
    if (integers || largest - smallest > 4) {
        out << std::scientific << std::setprecision(4);
        const bool long_exponent = !integers && (std::fabs(largest) > 99 || std::fabs(smallest) > 99);
        return {1, long_exponent ? 12 : 11};
    }
    out << std::fixed << std::setprecision(4);
    if (largest > 5 || largest < 0) return {std::pow(10, largest - 1), 7};
    return {1, largest == 0 ? 7 : static_cast<int>(largest) + 6};
}

void print_scale(std::ostream& out, double scale) {
    const FormatGuard guard(out);
    out << std::defaultfloat << scale << " *\n";
}

void print_vector(std::ostream& out, const double* numbers, std::int64_t n) {
    const NumberFormat format = choose_format(out, numbers, n);
    if (format.scale != 1) print_scale(out, format.scale);
    for (std::int64_t i = 0; i < n; ++i) out << std::setw(format.width) << numbers[i] / format.scale << '\n';
}

/// Rows of numbers, each behind `indent`; those too wide for a line in blocks of columns.
void print_matrix(std::ostream& out, const double* numbers, std::int64_t rows, std::int64_t columns,
                  const char* indent) {
    const NumberFormat format = choose_format(out, numbers, rows * columns);
    const std::int64_t per_line = (kLineSize - (*indent ? 1 : 0)) / (format.width + 1);
    out << indent;
    for (std::int64_t from = 0; from < columns; from += per_line) {
        const std::int64_t to = std::min(from + per_line, columns);
        if (per_line < columns) out << (from ? "\n" : "") << "Columns " << from + 1 << " to " << to << indent;
        if (format.scale != 1) {
            print_scale(out, format.scale);
            out << indent;
        }
        for (std::int64_t r = 0; r < rows; ++r) {
            if (r) out << indent << (format.scale != 1 ? " " : "");
            for (std::int64_t c = from; c < to; ++c)
                out << std::setw(format.width) << numbers[r * columns + c] / format.scale << (c + 1 < to ? ' ' : '\n');
        }
    }
}

/// A matrix for each value of the leading indices, the first of which runs fastest.
void print_matrices(std::ostream& out, const Tensor& values) {
    const std::int64_t rows = values.size(-2), columns = values.size(-1);
    const auto leading = static_cast<std::size_t>(values.dim() - 2);
    detail::Dims index(leading);
    for (std::int64_t count = values.numel() / (rows * columns), i = 0; i < count; ++i) {
        out << (i ? "\n(" : "(");
        const double* matrix = values.data_ptr<double>();
        for (std::size_t d = 0; d < leading; ++d) {
            out << index[d] + 1 << ',';
            matrix += index[d] * values.strides()[d];
        }
        out << ".,.) = \n";
        print_matrix(out, matrix, rows, columns, " ");
        for (std::size_t d = 0; d < leading && ++index[d] == values.sizes()[d]; ++d) index[d] = 0;
    }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
    const FormatGuard guard(out);
    if (!tensor.defined()) return out << "[ Tensor (undefined) ]";
    const NoGradGuard no_grad;
    const Tensor values = tensor.to(kFloat64).contiguous();
    if (values.dim() == 0)
        out << std::defaultfloat << values.item<double>() << '\n';
    else if (values.numel() > 0 && values.dim() == 1)
        print_vector(out, values.data_ptr<double>(), values.numel());
    else if (values.numel() > 0 && values.dim() == 2)
        print_matrix(out, values.data_ptr<double>(), values.size(0), values.size(1), "");
    else if (values.numel() > 0)
        print_matrices(out, values);
    out << "[ "
        << "CPU" << to_string(tensor.dtype()) << "Type{";
    for (std::int64_t d = 0; d < values.dim(); ++d) out << (d ? "," : "") << values.size(d);
    return out << "} ]";
}

void Tensor::print() const {
    if (defined())
        std::cerr << "[CPU" << dtype() << "Type " << sizes() << "]\n";
    else
        std::cerr << "[UndefinedTensor]\n";
}

}  // namespace xgrad
