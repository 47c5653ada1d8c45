#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include <xgrad/autograd/elementwise.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/tensor.h>

/// Functions that make tensors and compute with them. All record the graph unless grad mode is off; shapes broadcast by
/// NumPy's rule; dtypes promote as PyTorch's. Shapes that do not fit throw ShapeError, dtypes DtypeError, indices
/// IndexError, other arguments ValueError; nothing is changed then.
namespace xgrad {

// --- Factories. The dtype is the default dtype unless the options name one.

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
/// A tensor without dimensions.
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});
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
        : sizes_{static_cast<std::int64_t>(v.size())}, kind_(Scalar(T()).type()), numbers_(v.begin(), v.end()) {}

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

// --- Random numbers: PyTorch's streams, from the default generator unless one is given

/// Uniform in [0, 1).
Tensor rand(IntArrayRef size, const TensorOptions& options = {});
Tensor rand(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options = {});
Tensor rand_like(const Tensor& self, const TensorOptions& options = {});
/// Standard normal.
Tensor randn(IntArrayRef size, const TensorOptions& options = {});
Tensor randn(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options = {});
Tensor randn_like(const Tensor& self, const TensorOptions& options = {});
/// Integers in [low, high); int64 unless the options say otherwise.
Tensor randint(std::int64_t high, IntArrayRef size, const TensorOptions& options = kInt64);
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef size, const TensorOptions& options = kInt64);
/// A random permutation of 0 ... n-1.
Tensor randperm(std::int64_t n, const TensorOptions& options = kInt64);
Tensor randperm(std::int64_t n, std::optional<Generator> generator, const TensorOptions& options = kInt64);
/// 0 or 1 with the probabilities in `p`.
Tensor bernoulli(const Tensor& p);
/// Row-wise draws of indices with the probabilities (up to a factor) in the last dimension of `weights`.
Tensor multinomial(const Tensor& weights, std::int64_t num_samples, bool replacement = false);

// --- Reductions: over all dimensions, or over `dim`, kept with size 1 if `keepdim`

/// Integers sum to int64. The result does not depend on the number of threads.
Tensor sum(const Tensor& self, std::optional<ScalarType> dtype = std::nullopt);
Tensor sum(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false,
           std::optional<ScalarType> dtype = std::nullopt);
/// Floating-point dtypes only.
Tensor mean(const Tensor& self, std::optional<ScalarType> dtype = std::nullopt);
Tensor mean(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false,
            std::optional<ScalarType> dtype = std::nullopt);
/// The largest element; ties share the gradient. NaN wins.
Tensor amax(const Tensor& self, IntArrayRef dim = {}, bool keepdim = false);
Tensor amin(const Tensor& self, IntArrayRef dim = {}, bool keepdim = false);
/// As amax over everything.
Tensor max(const Tensor& self);
Tensor min(const Tensor& self);
/// Values and their indices; the gradient goes to the index.
std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim = false);
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim = false);
/// As maximum and minimum.
Tensor max(const Tensor& self, const Tensor& other);
Tensor min(const Tensor& self, const Tensor& other);
/// Index of the first largest element: of the flattened tensor without `dim`.
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// log(sum(exp(x))), without overflow.
Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim = false);
/// (sum |x|^p)^(1/p); p may be infinite. The gradient at zero is zero.
Tensor norm(const Tensor& self, const Scalar& p = 2);
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim = false);
Tensor any(const Tensor& self);
Tensor all(const Tensor& self);
/// exp(x) / sum(exp(x)) over `dim`.
Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
/// softmax(-x).
Tensor softmin(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);

// --- Normalisation. Weights and biases may be undefined and have the dtype of the input.

/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and (biased) variance over the last dimensions, whose
/// sizes, and those of weight and bias, are `normalized_shape` (Ba et al., Layer Normalization, 2016).
Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// The same with what it was made from: the mean and 1 / sqrt(variance + eps), which have sizes of 1 in place of
/// `normalized_shape` and no gradient.
std::tuple<Tensor, Tensor, Tensor> native_layer_norm(const Tensor& input, IntArrayRef normalized_shape,
                                                     const Tensor& weight, const Tensor& bias, double eps);
/// x / sqrt(mean(x^2) + eps) * weight over the last dimensions (Zhang and Sennrich, 2019); without `eps` it is the
/// dtype's distance from 1 to the next number.
Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {},
                std::optional<double> eps = std::nullopt);
/// An input (N, C, ...) normalised over groups of C / num_groups channels with all that follows them; weight and bias
/// are (C) (Wu and He, Group Normalization, 2018).
Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);

// --- Products

/// Product of vectors, matrices or batches of matrices (leading dimensions broadcast), as NumPy's.
Tensor matmul(const Tensor& self, const Tensor& other);
/// (n, k) x (k, m).
Tensor mm(const Tensor& self, const Tensor& mat2);
/// (b, n, k) x (b, k, m).
Tensor bmm(const Tensor& self, const Tensor& mat2);
/// (n, k) x (k).
Tensor mv(const Tensor& self, const Tensor& vec);
/// Sum of products of two vectors.
Tensor dot(const Tensor& self, const Tensor& other);
/// x W^T + b for x (..., in), W (out, in), b (out), in one pass.
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

// --- Shape. Views share memory with their source where they can.

Tensor reshape(const Tensor& self, IntArrayRef shape);
Tensor flatten(const Tensor& self, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1);
/// Transpose of a matrix; fewer dimensions stay as they are.
Tensor t(const Tensor& self);
Tensor permute(const Tensor& self, IntArrayRef dims);
/// Moves dimension `source` to position `destination`; the others keep their order.
Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination);
/// Drops dimensions of size 1.
Tensor squeeze(const Tensor& self);
Tensor squeeze(const Tensor& self, std::int64_t dim);
Tensor unsqueeze(const Tensor& self, std::int64_t dim);
Tensor broadcast_to(const Tensor& self, IntArrayRef size);
Tensor cat(const TensorList& tensors, std::int64_t dim = 0);
Tensor stack(const TensorList& tensors, std::int64_t dim = 0);
std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim = 0);
std::vector<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim = 0);
std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim = 0);
Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index);
Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length);
/// One level of the view operations: (size, stride, offset) over the memory of `self`.
Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                  std::optional<std::int64_t> storage_offset = std::nullopt);
Tensor clone(const Tensor& self);
Tensor detach(const Tensor& self);

// --- Indexing

/// Slices `self` along `dim` at the positions in `index` (int64, one dimension).
Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index);
/// out[i][j] = self[index[i][j]][j] for dim 0, and so on; `index` (int64) has the rank of `self`.
Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index);
/// `self` with `source` added at the positions in `index` along `dim`.
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The rows of `weight` (n, d) at `indices` (int64 or int32, any shape), whose shape (d) is appended to. The gradient
/// of the row `padding_idx`, if there is one, is zero; with `scale_grad_by_freq` that of a row is divided by how often
/// the indices name it. Gradients are dense: `sparse` throws NotImplementedError.
Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx = -1,
                 bool scale_grad_by_freq = false, bool sparse = false);
/// Scales the rows of `weight` at `indices` that are longer than `max_norm` down to it, in place and outside the graph.
Tensor embedding_renorm_(Tensor weight, const Tensor& indices, double max_norm, double norm_type);
/// `self` with source[i][j] added at self[index[i][j]][j] for dim 0, and so on.
Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);

}  // namespace xgrad
