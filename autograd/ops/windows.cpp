#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include <numbers>

/// Windows of signal processing: compositions in double precision, rounded once.
namespace xgrad {

namespace {

/// shape(n / N) for the points n of a window, as `options` ask.
template <class Shape>
Tensor window(const char* name, std::int64_t length, bool periodic, const TensorOptions& options, const Shape& shape) {
    if (!is_floating_point(options.dtype()))
        raise<DtypeError>(name, "expects floating point dtypes, got ", options.dtype());
    if (length < 0) raise<ValueError>(name, "requires non-negative window_length, got window_length=", length);
    const std::int64_t period = periodic ? length : length - 1;
    const Tensor out =
        length == 1 ? ones({1}, kFloat64) : shape(arange(length, kFloat64) / static_cast<double>(period));
    return out.to(options.dtype()).requires_grad_(options.requires_grad());
}

Tensor cosine(const Tensor& turns) { return cos(turns * (2 * std::numbers::pi)); }

}  // namespace

Tensor hann_window(std::int64_t window_length, const TensorOptions& options) {
    return hann_window(window_length, true, options);
}
Tensor hann_window(std::int64_t window_length, bool periodic, const TensorOptions& options) {
    return window("hann_window", window_length, periodic, options,
                  [](const Tensor& t) { return 0.5 - 0.5 * cosine(t); });
}

Tensor hamming_window(std::int64_t window_length, const TensorOptions& options) {
    return hamming_window(window_length, true, options);
}
Tensor hamming_window(std::int64_t window_length, bool periodic, const TensorOptions& options) {
    return hamming_window(window_length, periodic, 0.54, options);
}
Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha, const TensorOptions& options) {
    return hamming_window(window_length, periodic, alpha, 0.46, options);
}
Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha, double beta,
                      const TensorOptions& options) {
    return window("hamming_window", window_length, periodic, options,
                  [=](const Tensor& t) { return alpha - beta * cosine(t); });
}

Tensor blackman_window(std::int64_t window_length, const TensorOptions& options) {
    return blackman_window(window_length, true, options);
}
Tensor blackman_window(std::int64_t window_length, bool periodic, const TensorOptions& options) {
    return window("blackman_window", window_length, periodic, options,
                  [](const Tensor& t) { return 0.42 - 0.5 * cosine(t) + 0.08 * cosine(2 * t); });
}

Tensor bartlett_window(std::int64_t window_length, const TensorOptions& options) {
    return bartlett_window(window_length, true, options);
}
Tensor bartlett_window(std::int64_t window_length, bool periodic, const TensorOptions& options) {
    return window("bartlett_window", window_length, periodic, options,
                  [](const Tensor& t) { return 1 - abs(2 * t - 1); });
}

}  // namespace xgrad
