#pragma once

#include <vector>

#include <xgrad/autograd/tensor.h>

/// Factories. The dtype is the default dtype unless the options name one.
namespace xgrad {

/// Uninitialised.
Tensor empty(IntArrayRef size, const TensorOptions& options = {});
Tensor empty_like(const Tensor& self, const TensorOptions& options = {});
/// Uninitialised, with the given strides (in elements).
Tensor empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options = {});
Tensor zeros(IntArrayRef size, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& self, const TensorOptions& options = {});
Tensor ones(IntArrayRef size, const TensorOptions& options = {});
Tensor ones_like(const Tensor& self, const TensorOptions& options = {});
/// All elements `value`; the dtype is that of the value (bool, int64 or the default dtype) unless given.
Tensor full(IntArrayRef size, const Scalar& value, const TensorOptions& options = {});
Tensor full_like(const Tensor& self, const Scalar& value, const TensorOptions& options = {});
/// The identity matrix.
Tensor eye(std::int64_t n, const TensorOptions& options = {});
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options = {});
/// start, start + step ... below `end`; int64 when all of them are integers.
Tensor arange(const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {});
/// `steps` numbers evenly spaced from start to end, both included.
Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps, const TensorOptions& options = {});
/// Powers of `base` whose `steps` exponents are evenly spaced from start to end, both included.
Tensor logspace(const Scalar& start, const Scalar& end, std::int64_t steps, double base = 10,
                const TensorOptions& options = {});
/// A tensor without dimensions.
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});

// --- Windows: weights that fall off to both ends of `window_length` points. Those of a spectral analysis are
// `periodic`, with the point behind the last one equal to the first; those of a filter are symmetric. float32 and
// float64 only.

/// (1 - cos(2 pi n / N)) / 2, for N = window_length if periodic, else window_length - 1.
Tensor hann_window(std::int64_t window_length, const TensorOptions& options = {});
Tensor hann_window(std::int64_t window_length, bool periodic, const TensorOptions& options = {});
/// alpha - beta cos(2 pi n / N).
Tensor hamming_window(std::int64_t window_length, const TensorOptions& options = {});
Tensor hamming_window(std::int64_t window_length, bool periodic, const TensorOptions& options = {});
Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha, const TensorOptions& options = {});
Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha, double beta,
                      const TensorOptions& options = {});
/// 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N).
Tensor blackman_window(std::int64_t window_length, const TensorOptions& options = {});
Tensor blackman_window(std::int64_t window_length, bool periodic, const TensorOptions& options = {});
/// 1 - |2 n / N - 1|.
Tensor bartlett_window(std::int64_t window_length, const TensorOptions& options = {});
Tensor bartlett_window(std::int64_t window_length, bool periodic, const TensorOptions& options = {});

// --- Numbers and memory given

/// A tensor over memory of the caller's, which must outlive it (or be freed by `deleter`). Contiguous unless strides
/// say otherwise.
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, const std::function<void(void*)>& deleter,
                 const TensorOptions& options = {});

namespace detail {

/// Nested braces or a container of numbers, as `tensor` takes them.
class TensorData {
  public:
    template <class T>
    requires std::is_arithmetic_v<T> TensorData(T value) : kind_(Scalar(value).type()), numbers_{Scalar(value)} {}
    TensorData(std::initializer_list<TensorData> list);
    template <class T>
    requires std::is_arithmetic_v<T> TensorData(const std::vector<T>& v)
        : sizes_{static_cast<std::int64_t>(v.size())}, kind_(Scalar(T()).type()) {
        for (const T value : v) numbers_.emplace_back(value);
    }

    Tensor make(const TensorOptions& options) const;

  private:
    std::vector<std::int64_t> sizes_;
    ScalarType kind_;  // bool, int64 or float64
    std::vector<Scalar> numbers_;
};

}  // namespace detail

/// A tensor of the given numbers: tensor(1.5), tensor({1, 2}), tensor({{1., 2.}, {3., 4.}}), tensor(std::vector...).
/// Integers give int64, bools bool, floating-point numbers the default dtype, unless the options say otherwise. Rows of
/// unequal length throw ShapeError.
Tensor tensor(const detail::TensorData& data, const TensorOptions& options = {});
Tensor tensor(std::initializer_list<detail::TensorData> data, const TensorOptions& options = {});

}  // namespace xgrad
