#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/accessor.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/options.h>
#include <xgrad/autograd/scalar.h>
#include <xgrad/autograd/tensor_impl.h>

namespace xgrad {

class Tensor;
namespace indexing {
class TensorIndex;
}
using TensorList = std::vector<Tensor>;

/// A handle to an n-dimensional array and to its place in the graph that records how it came about. Copies share.
///
/// The methods that compute are the free functions of the same name; see <xgrad/autograd/functions.h>. A trailing
/// underscore means in place. Using an undefined tensor (default-constructed) throws Error.
class Tensor {
  public:
    Tensor() = default;
    explicit Tensor(detail::IntrusivePtr<detail::TensorImpl> impl) : impl_(std::move(impl)) {}
    Tensor(const Tensor&) = default;
    Tensor(Tensor&&) noexcept = default;
    ~Tensor() = default;
    Tensor& operator=(const Tensor&) & = default;
    Tensor& operator=(Tensor&&) & noexcept = default;
    /// Assigning to a view writes through it: `x[0] = y`, `x[0] = 5`.
    Tensor& operator=(const Tensor& source) && {
        copy_(source);
        return *this;
    }
    Tensor& operator=(const Scalar& value) && {
        fill_(value);
        return *this;
    }

    // --- What it is
    bool defined() const { return static_cast<bool>(impl_); }
    bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
    void reset() { impl_.reset(); }
    std::size_t use_count() const { return impl_ ? impl_->use_count() : 0; }

    IntArrayRef sizes() const { return checked().sizes; }
    IntArrayRef strides() const { return checked().strides; }
    std::int64_t size(std::int64_t dim) const;
    std::int64_t stride(std::int64_t dim) const;
    std::int64_t dim() const { return static_cast<std::int64_t>(checked().sizes.size()); }
    std::int64_t ndimension() const { return dim(); }
    std::int64_t numel() const { return checked().numel; }
    std::int64_t storage_offset() const { return checked().offset; }
    std::int64_t element_size() const { return xgrad::element_size(dtype()); }
    std::size_t nbytes() const { return static_cast<std::size_t>(numel() * element_size()); }
    ScalarType dtype() const { return checked().dtype; }
    ScalarType scalar_type() const { return dtype(); }
    bool is_floating_point() const { return xgrad::is_floating_point(dtype()); }
    bool is_signed() const { return dtype() != kBool && dtype() != kUInt8; }
    bool is_same_size(const Tensor& other) const { return sizes() == other.sizes(); }
    bool is_contiguous() const { return checked().contiguous; }
    TensorOptions options() const { return TensorOptions(dtype()); }
    Device device() const { return kCPU; }
    Layout layout() const { return kStrided; }
    bool is_cpu() const { return defined(); }
    bool is_cuda() const { return false; }
    bool is_alias_of(const Tensor& other) const { return checked().storage == other.checked().storage; }

    // --- Access to the elements
    /// Address of the first element. Throws DtypeError when T is not the dtype.
    template <class T>
    T* data_ptr() const;
    void* data_ptr() const { return data_ptr_void(); }
    template <class T>
    const T* const_data_ptr() const {
        return data_ptr<std::remove_const_t<T>>();
    }
    template <class T>
    T* mutable_data_ptr() const {
        return data_ptr<T>();
    }
    /// The value of a tensor with one element.
    Scalar item() const;
    template <class T>
    T item() const {
        return item().to<T>();
    }
    /// Whether the value of a tensor with one element is not zero.
    bool is_nonzero() const;
    /// Indexing by plain loops: `auto a = x.accessor<float, 2>(); a[i][j]`. Valid while the tensor lives.
    template <class T, std::size_t N>
    TensorAccessor<T, N> accessor() const;

    // --- The graph
    bool requires_grad() const;
    /// Asks for gradients of a leaf. Throws GraphError for results of operations and integer dtypes.
    const Tensor& requires_grad_(bool on = true) const;
    const Tensor& set_requires_grad(bool on) const { return requires_grad_(on); }
    bool is_leaf() const;
    /// The gradient that backward() accumulated, or an undefined tensor.
    const Tensor& grad() const;
    Tensor& mutable_grad() const;
    /// The node that computed this tensor, or null for a leaf.
    detail::IntrusivePtr<autograd::Node> grad_fn() const;
    std::uint32_t output_nr() const;
    /// Gradients of all leaves that this tensor depends on, added into their grad(). See autograd::backward.
    void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = std::nullopt,
                  bool create_graph = false, std::optional<std::vector<Tensor>> inputs = std::nullopt) const;
    /// Keeps grad() of a tensor that is not a leaf.
    void retain_grad() const;
    bool retains_grad() const;
    /// Calls `hook(grad)` when the gradient of this tensor has been computed; a returned defined tensor replaces it.
    /// Returns the number by which remove_hook takes it away.
    template <class F>
    unsigned register_hook(F&& hook) const;
    void remove_hook(unsigned position) const;
    /// Calls `hook(leaf)` whenever backward has added to the grad() of this leaf; an optimiser may step there. Returns
    /// the number by which remove_post_accumulate_grad_hook takes it away.
    unsigned register_post_accumulate_grad_hook(std::function<void(const Tensor&)> hook) const;
    void remove_post_accumulate_grad_hook(unsigned position) const;
    /// Shares memory and version, without history.
    Tensor detach() const;
    const Tensor& detach_() const;
    /// As detach(); libtorch programs use it to modify parameters outside the graph.
    Tensor data() const { return detach(); }
    Tensor tensor_data() const { return detach(); }
    Tensor variable_data() const { return detach(); }
    /// Replaces the contents of this handle's tensor by `other`'s (same memory); the history stays.
    void set_data(const Tensor& other) const;
    bool is_view() const { return static_cast<bool>(checked().base); }
    Tensor _base() const { return Tensor(checked().base); }
    /// Number of in-place modifications of the memory so far. Throws GraphError for inference tensors: nobody counts.
    std::uint32_t _version() const;
    /// Made under InferenceMode: without version or history, never part of a graph.
    bool is_inference() const;

    // --- Copies and conversions
    Tensor clone() const;
    Tensor contiguous() const;
    Tensor to(ScalarType dtype, bool non_blocking = false, bool copy = false) const;
    Tensor to(const TensorOptions& options, bool non_blocking = false, bool copy = false) const;
    Tensor to(const Tensor& other) const { return to(other.dtype()); }
    /// Throws NotImplementedError for a device other than the CPU.
    Tensor to(Device device, bool non_blocking = false, bool copy = false) const;
    Tensor to(Device device, ScalarType dtype, bool non_blocking = false, bool copy = false) const;
    Tensor to(DeviceType device, bool non_blocking = false, bool copy = false) const;
    Tensor cpu() const { return *this; }
    Tensor type_as(const Tensor& other) const { return to(other.dtype()); }
    Tensor toType(ScalarType dtype) const { return to(dtype); }
    Tensor& copy_(const Tensor& source, bool non_blocking = false);
    Tensor& fill_(const Scalar& value);
    Tensor& fill_(const Tensor& value);
    Tensor& zero_();
    // New tensors of its dtype, unless the options name one.
    Tensor new_empty(IntArrayRef size, const TensorOptions& options = {}) const;
    Tensor new_empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options = {}) const;
    Tensor new_full(IntArrayRef size, const Scalar& fill_value, const TensorOptions& options = {}) const;
    Tensor new_zeros(IntArrayRef size, const TensorOptions& options = {}) const;
    Tensor new_ones(IntArrayRef size, const TensorOptions& options = {}) const;

    // --- Element-wise
    Tensor& operator+=(const Tensor& other) { return add_(other); }
    Tensor& operator+=(const Scalar& other) { return add_(other); }
    Tensor& operator-=(const Tensor& other) { return sub_(other); }
    Tensor& operator-=(const Scalar& other) { return sub_(other); }
    Tensor& operator*=(const Tensor& other) { return mul_(other); }
    Tensor& operator*=(const Scalar& other) { return mul_(other); }
    Tensor& operator/=(const Tensor& other) { return div_(other); }
    Tensor& operator/=(const Scalar& other) { return div_(other); }
    Tensor operator-() const { return neg(); }
    Tensor operator!() const { return logical_not(); }
    Tensor operator~() const { return bitwise_not(); }
    Tensor& operator&=(const Tensor& other) { return bitwise_and_(other); }
    Tensor& operator&=(const Scalar& other) { return bitwise_and_(other); }
    Tensor& operator|=(const Tensor& other) { return bitwise_or_(other); }
    Tensor& operator|=(const Scalar& other) { return bitwise_or_(other); }
    Tensor& operator^=(const Tensor& other) { return bitwise_xor_(other); }
    Tensor& operator^=(const Scalar& other) { return bitwise_xor_(other); }

    Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
    Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
    Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
    Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
    Tensor mul(const Tensor& other) const;
    Tensor mul(const Scalar& other) const;
    Tensor div(const Tensor& other) const;
    Tensor div(const Scalar& other) const;
    Tensor pow(const Tensor& exponent) const;
    Tensor pow(const Scalar& exponent) const;
    Tensor& add_(const Tensor& other, const Scalar& alpha = 1);
    Tensor& add_(const Scalar& other, const Scalar& alpha = 1);
    Tensor& sub_(const Tensor& other, const Scalar& alpha = 1);
    Tensor& sub_(const Scalar& other, const Scalar& alpha = 1);
    Tensor& mul_(const Tensor& other);
    Tensor& mul_(const Scalar& other);
    Tensor& div_(const Tensor& other);
    Tensor& div_(const Scalar& other);
    Tensor& pow_(const Tensor& exponent);
    Tensor& pow_(const Scalar& exponent);

    // Regular forms: the free functions of elementwise.h.
#define XGRAD_PREDICATE(name, Row) Tensor name() const;
#define XGRAD_UNARY(name, Row) \
    Tensor name() const;       \
    Tensor& name##_();
#define XGRAD_BINARY(name, Row) Tensor name(const Tensor& other) const;
#define XGRAD_BINARY_INPLACE(name, Row) \
    XGRAD_BINARY(name, Row)             \
    Tensor& name##_(const Tensor& other);
#define XGRAD_BINARY_NUMBER(name, Row)      \
    XGRAD_BINARY_INPLACE(name, Row)         \
    Tensor name(const Scalar& other) const; \
    Tensor& name##_(const Scalar& other);
#include <xgrad/autograd/elementwise.inc>
    Tensor round() const;
    Tensor& round_();
    Tensor round(std::int64_t decimals) const;
    Tensor& round_(std::int64_t decimals);
    Tensor polygamma(std::int64_t n) const;
    Tensor& polygamma_(std::int64_t n);
    Tensor logit(std::optional<double> eps = std::nullopt) const;
    Tensor& logit_(std::optional<double> eps = std::nullopt);
    Tensor nan_to_num(std::optional<double> nan = std::nullopt, std::optional<double> posinf = std::nullopt,
                      std::optional<double> neginf = std::nullopt) const;
    Tensor& nan_to_num_(std::optional<double> nan = std::nullopt, std::optional<double> posinf = std::nullopt,
                        std::optional<double> neginf = std::nullopt);
    Tensor bitwise_not() const;
    Tensor& bitwise_not_();
    Tensor clamp(const std::optional<Scalar>& min = std::nullopt,
                 const std::optional<Scalar>& max = std::nullopt) const;
    Tensor& clamp_(const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt);
    Tensor clamp(const std::optional<Tensor>& min, const std::optional<Tensor>& max = std::nullopt) const;
    Tensor& clamp_(const std::optional<Tensor>& min, const std::optional<Tensor>& max = std::nullopt);
    Tensor clamp_min(const Scalar& min) const { return clamp(min); }
    Tensor clamp_min(const Tensor& min) const { return clamp(min); }
    Tensor& clamp_min_(const Scalar& min) { return clamp_(min); }
    Tensor& clamp_min_(const Tensor& min) { return clamp_(min); }
    Tensor clamp_max(const Scalar& max) const { return clamp(std::nullopt, max); }
    Tensor clamp_max(const Tensor& max) const { return clamp(std::nullopt, max); }
    Tensor& clamp_max_(const Scalar& max) { return clamp_(std::nullopt, max); }
    Tensor& clamp_max_(const Tensor& max) { return clamp_(std::nullopt, max); }
    Tensor div(const Tensor& other, std::optional<std::string_view> rounding_mode) const;
    Tensor div(const Scalar& other, std::optional<std::string_view> rounding_mode) const;
    Tensor& div_(const Tensor& other, std::optional<std::string_view> rounding_mode);
    Tensor& div_(const Scalar& other, std::optional<std::string_view> rounding_mode);
    // Other names.
    Tensor multiply(const Tensor& other) const { return mul(other); }
    Tensor& multiply_(const Tensor& other) { return mul_(other); }
    Tensor multiply(const Scalar& other) const { return mul(other); }
    Tensor& multiply_(const Scalar& other) { return mul_(other); }
    Tensor divide(const Tensor& other) const { return div(other); }
    Tensor& divide_(const Tensor& other) { return div_(other); }
    Tensor divide(const Scalar& other) const { return div(other); }
    Tensor& divide_(const Scalar& other) { return div_(other); }
    Tensor true_divide(const Tensor& other) const { return div(other); }
    Tensor& true_divide_(const Tensor& other) { return div_(other); }
    Tensor true_divide(const Scalar& other) const { return div(other); }
    Tensor& true_divide_(const Scalar& other) { return div_(other); }
    Tensor divide(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
        return div(other, rounding_mode);
    }
    Tensor& divide_(const Tensor& other, std::optional<std::string_view> rounding_mode) {
        return div_(other, rounding_mode);
    }
    Tensor divide(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
        return div(other, rounding_mode);
    }
    Tensor& divide_(const Scalar& other, std::optional<std::string_view> rounding_mode) {
        return div_(other, rounding_mode);
    }
    Tensor subtract(const Tensor& other, const Scalar& alpha = 1) const { return sub(other, alpha); }
    Tensor& subtract_(const Tensor& other, const Scalar& alpha = 1) { return sub_(other, alpha); }
    Tensor subtract(const Scalar& other, const Scalar& alpha = 1) const { return sub(other, alpha); }
    Tensor& subtract_(const Scalar& other, const Scalar& alpha = 1) { return sub_(other, alpha); }
    Tensor clip(const std::optional<Scalar>& min = std::nullopt,
                const std::optional<Scalar>& max = std::nullopt) const {
        return clamp(min, max);
    }
    Tensor& clip_(const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt) {
        return clamp_(min, max);
    }
    Tensor clip(const std::optional<Tensor>& min, const std::optional<Tensor>& max = std::nullopt) const {
        return clamp(min, max);
    }
    Tensor& clip_(const std::optional<Tensor>& min, const std::optional<Tensor>& max = std::nullopt) {
        return clamp_(min, max);
    }
    // Parts of numbers and functions of several parts.
    Tensor deg2rad() const;
    Tensor& deg2rad_();
    Tensor rad2deg() const;
    Tensor& rad2deg_();
    Tensor positive() const;
    Tensor isposinf() const;
    Tensor isneginf() const;
    Tensor isreal() const;
    Tensor signbit() const;
    Tensor heaviside(const Tensor& values) const;
    Tensor& heaviside_(const Tensor& values);
    Tensor ldexp(const Tensor& other) const;
    Tensor& ldexp_(const Tensor& other);
    Tensor float_power(const Tensor& exponent) const;
    Tensor float_power(const Scalar& exponent) const;
    Tensor& float_power_(const Tensor& exponent);
    Tensor& float_power_(const Scalar& exponent);
    Tensor lerp(const Tensor& end, const Scalar& weight) const;
    Tensor lerp(const Tensor& end, const Tensor& weight) const;
    Tensor& lerp_(const Tensor& end, const Scalar& weight);
    Tensor& lerp_(const Tensor& end, const Tensor& weight);
    Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
    Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);
    Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
    Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);
    Tensor prelu(const Tensor& weight) const;
    Tensor hardshrink(const Scalar& lambd = 0.5) const;
    Tensor where(const Tensor& condition, const Tensor& other) const;
    Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
    /// True when shapes and all elements are the same.
    bool equal(const Tensor& other) const;
    /// True when |self - other| <= atol + rtol * |other| everywhere.
    bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;

    // --- Reductions
    Tensor sum(std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor sum(OptionalIntArrayRef dim, bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor mean(std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor mean(OptionalIntArrayRef dim, bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor nansum(OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
                  std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor nanmean(OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
                   std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor prod(std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor prod(std::int64_t dim, bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor var(OptionalIntArrayRef dim = std::nullopt, const std::optional<Scalar>& correction = std::nullopt,
               bool keepdim = false) const;
    Tensor std(OptionalIntArrayRef dim = std::nullopt, const std::optional<Scalar>& correction = std::nullopt,
               bool keepdim = false) const;
    // Templates, so that an integer is not taken for `unbiased`.
    template <std::same_as<bool> B>
    Tensor var(B unbiased) const {
        return var(std::nullopt, Scalar(unbiased));
    }
    template <std::same_as<bool> B>
    Tensor var(OptionalIntArrayRef dim, B unbiased, bool keepdim = false) const {
        return var(dim, Scalar(unbiased), keepdim);
    }
    template <std::same_as<bool> B>
    Tensor std(B unbiased) const {
        return std(std::nullopt, Scalar(unbiased));
    }
    template <std::same_as<bool> B>
    Tensor std(OptionalIntArrayRef dim, B unbiased, bool keepdim = false) const {
        return std(dim, Scalar(unbiased), keepdim);
    }
    Tensor amax(IntArrayRef dim = {}, bool keepdim = false) const;
    Tensor amin(IntArrayRef dim = {}, bool keepdim = false) const;
    Tensor max() const;
    Tensor min() const;
    std::tuple<Tensor, Tensor> max(std::int64_t dim, bool keepdim = false) const;
    std::tuple<Tensor, Tensor> min(std::int64_t dim, bool keepdim = false) const;
    std::tuple<Tensor, Tensor> aminmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
    Tensor argmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
    Tensor argmin(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
    Tensor logsumexp(IntArrayRef dim, bool keepdim = false) const;
    Tensor norm(const Scalar& p = 2) const;
    Tensor norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim = false) const;
    Tensor norm(const std::optional<Scalar>& p, ScalarType dtype) const;
    Tensor norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim, ScalarType dtype) const;
    template <std::convertible_to<std::string_view> S>
    Tensor norm(const S& p, OptionalIntArrayRef dim = std::nullopt, bool keepdim = false) const {
        return named_norm(p, dim, keepdim, dtype());
    }
    template <std::convertible_to<std::string_view> S>
    Tensor norm(const S& p, IntArrayRef dim, bool keepdim, ScalarType dtype) const {
        return named_norm(p, dim, keepdim, dtype);
    }
    Tensor dist(const Tensor& other, const Scalar& p = 2) const;
    Tensor renorm(const Scalar& p, std::int64_t dim, const Scalar& maxnorm) const;
    Tensor& renorm_(const Scalar& p, std::int64_t dim, const Scalar& maxnorm);
    Tensor cov(std::int64_t correction = 1, const std::optional<Tensor>& fweights = {},
               const std::optional<Tensor>& aweights = {}) const;
    Tensor corrcoef() const;
    Tensor diff(std::int64_t n = 1, std::int64_t dim = -1, const std::optional<Tensor>& prepend = {},
                const std::optional<Tensor>& append = {}) const;
    Tensor any() const;
    Tensor any(OptionalIntArrayRef dim, bool keepdim = false) const;
    Tensor all() const;
    Tensor all(OptionalIntArrayRef dim, bool keepdim = false) const;
    Tensor count_nonzero(OptionalIntArrayRef dim = std::nullopt) const;
    Tensor cumsum(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor& cumsum_(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
    Tensor cumprod(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor& cumprod_(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
    std::tuple<Tensor, Tensor> cummax(std::int64_t dim) const;
    std::tuple<Tensor, Tensor> cummin(std::int64_t dim) const;
    Tensor logcumsumexp(std::int64_t dim) const;
    Tensor softmax(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
    Tensor log_softmax(std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;

    // --- Products
    Tensor matmul(const Tensor& other) const;
    Tensor mm(const Tensor& other) const;
    Tensor bmm(const Tensor& other) const;
    Tensor mv(const Tensor& vector) const;
    Tensor dot(const Tensor& other) const;
    Tensor vdot(const Tensor& other) const { return dot(other); }
    Tensor inner(const Tensor& other) const;
    Tensor outer(const Tensor& vec2) const;
    Tensor ger(const Tensor& vec2) const { return outer(vec2); }
    Tensor addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1) const;
    Tensor& addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1);
    Tensor addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta = 1, const Scalar& alpha = 1) const;
    Tensor& addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta = 1, const Scalar& alpha = 1);
    Tensor addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1, const Scalar& alpha = 1) const;
    Tensor& addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1, const Scalar& alpha = 1);
    Tensor baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) const;
    Tensor& baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1);
    Tensor addbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) const;
    Tensor& addbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1);
    Tensor kron(const Tensor& other) const;
    Tensor cross(const Tensor& other, std::optional<std::int64_t> dim = std::nullopt) const;
    Tensor trace() const;

    // --- Linear algebra
    Tensor inverse() const;
    Tensor det() const;
    Tensor logdet() const;
    std::tuple<Tensor, Tensor> slogdet() const;
    std::tuple<Tensor, Tensor> triangular_solve(const Tensor& A, bool upper = true, bool transpose = false,
                                                bool unitriangular = false) const;
    Tensor cholesky(bool upper = false) const;
    Tensor cholesky_solve(const Tensor& input2, bool upper = false) const;
    Tensor cholesky_inverse(bool upper = false) const;
    Tensor lu_solve(const Tensor& LU_data, const Tensor& LU_pivots) const;
    std::tuple<Tensor, Tensor> qr(bool some = true) const;
    std::tuple<Tensor, Tensor, Tensor> svd(bool some = true, bool compute_uv = true) const;
    Tensor pinverse(double rcond = 1e-15) const;
    Tensor matrix_power(std::int64_t n) const;
    Tensor matrix_exp() const;

    // --- Shape
    Tensor view(IntArrayRef size) const;
    Tensor view_as(const Tensor& other) const { return view(other.sizes()); }
    Tensor reshape(IntArrayRef shape) const;
    Tensor reshape_as(const Tensor& other) const { return reshape(other.sizes()); }
    Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
    Tensor unflatten(std::int64_t dim, IntArrayRef sizes) const;
    Tensor ravel() const;
    Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
    Tensor& transpose_(std::int64_t dim0, std::int64_t dim1);
    Tensor swapaxes(std::int64_t axis0, std::int64_t axis1) const { return transpose(axis0, axis1); }
    Tensor& swapaxes_(std::int64_t axis0, std::int64_t axis1) { return transpose_(axis0, axis1); }
    Tensor swapdims(std::int64_t dim0, std::int64_t dim1) const { return transpose(dim0, dim1); }
    Tensor& swapdims_(std::int64_t dim0, std::int64_t dim1) { return transpose_(dim0, dim1); }
    Tensor t() const;
    Tensor& t_();
    /// Transpose of the last two dimensions; those of mH and adjoint are the same for real numbers.
    Tensor mT() const;
    Tensor mH() const;
    Tensor adjoint() const;
    /// Python's `x.T`: all dimensions in reverse order.
    Tensor numpy_T() const;
    Tensor matrix_H() const;
    Tensor permute(IntArrayRef dims) const;
    Tensor movedim(std::int64_t source, std::int64_t destination) const;
    Tensor movedim(IntArrayRef source, IntArrayRef destination) const;
    Tensor moveaxis(std::int64_t source, std::int64_t destination) const { return movedim(source, destination); }
    Tensor moveaxis(IntArrayRef source, IntArrayRef destination) const { return movedim(source, destination); }
    Tensor squeeze() const;
    Tensor squeeze(std::int64_t dim) const;
    Tensor squeeze(IntArrayRef dim) const;
    Tensor& squeeze_();
    Tensor& squeeze_(std::int64_t dim);
    Tensor& squeeze_(IntArrayRef dim);
    Tensor unsqueeze(std::int64_t dim) const;
    Tensor& unsqueeze_(std::int64_t dim);
    Tensor expand(IntArrayRef size, bool implicit = false) const;
    Tensor expand_as(const Tensor& other) const { return expand(other.sizes()); }
    Tensor broadcast_to(IntArrayRef size) const { return expand(size); }
    Tensor repeat(IntArrayRef repeats) const;
    Tensor repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt,
                             std::optional<std::int64_t> output_size = std::nullopt) const;
    Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt,
                             std::optional<std::int64_t> output_size = std::nullopt) const;
    Tensor tile(IntArrayRef dims) const;
    Tensor flip(IntArrayRef dims) const;
    Tensor fliplr() const;
    Tensor flipud() const;
    Tensor roll(IntArrayRef shifts, IntArrayRef dims = {}) const;
    Tensor rot90(std::int64_t k = 1, IntArrayRef dims = {0, 1}) const;
    /// Sums the dimensions that broadcasting added, so that the result has `size`.
    Tensor sum_to_size(IntArrayRef size) const;
    Tensor as_strided(IntArrayRef size, IntArrayRef stride,
                      std::optional<std::int64_t> storage_offset = std::nullopt) const;
    Tensor& as_strided_(IntArrayRef size, IntArrayRef stride,
                        std::optional<std::int64_t> storage_offset = std::nullopt);
    /// Windows of `size` elements, `step` apart, along `dimension`: a view with the window as the last dimension.
    Tensor unfold(std::int64_t dimension, std::int64_t size, std::int64_t step) const;
    /// Another shape for this tensor, whose memory grows if need be; elements that come to it are uninitialised.
    const Tensor& resize_(IntArrayRef size) const;
    const Tensor& resize_as_(const Tensor& the_template) const { return resize_(the_template.sizes()); }
    Tensor diag(std::int64_t diagonal = 0) const;
    Tensor diagflat(std::int64_t offset = 0) const;
    Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1) const;
    Tensor diag_embed(std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1) const;
    Tensor& fill_diagonal_(const Scalar& fill_value, bool wrap = false);
    Tensor tril(std::int64_t diagonal = 0) const;
    Tensor& tril_(std::int64_t diagonal = 0);
    Tensor triu(std::int64_t diagonal = 0) const;
    Tensor& triu_(std::int64_t diagonal = 0);
    Tensor select(std::int64_t dim, std::int64_t index) const;
    Tensor slice(std::int64_t dim = 0, std::optional<std::int64_t> start = std::nullopt,
                 std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1) const;
    Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
    Tensor narrow(std::int64_t dim, const Tensor& start, std::int64_t length) const;
    Tensor narrow_copy(std::int64_t dim, std::int64_t start, std::int64_t length) const;
    Tensor select_scatter(const Tensor& src, std::int64_t dim, std::int64_t index) const;
    Tensor slice_scatter(const Tensor& src, std::int64_t dim = 0, std::optional<std::int64_t> start = std::nullopt,
                         std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1) const;
    Tensor diagonal_scatter(const Tensor& src, std::int64_t offset = 0, std::int64_t dim1 = 0,
                            std::int64_t dim2 = 1) const;
    std::vector<Tensor> unbind(std::int64_t dim = 0) const;
    std::vector<Tensor> split(std::int64_t split_size, std::int64_t dim = 0) const;
    std::vector<Tensor> split(IntArrayRef split_size, std::int64_t dim = 0) const;
    std::vector<Tensor> split_with_sizes(IntArrayRef split_sizes, std::int64_t dim = 0) const;
    std::vector<Tensor> tensor_split(std::int64_t sections, std::int64_t dim = 0) const;
    std::vector<Tensor> tensor_split(IntArrayRef indices, std::int64_t dim = 0) const;
    std::vector<Tensor> tensor_split(const Tensor& tensor_indices_or_sections, std::int64_t dim = 0) const;
    std::vector<Tensor> hsplit(std::int64_t sections) const;
    std::vector<Tensor> hsplit(IntArrayRef indices) const;
    std::vector<Tensor> vsplit(std::int64_t sections) const;
    std::vector<Tensor> vsplit(IntArrayRef indices) const;
    std::vector<Tensor> dsplit(std::int64_t sections) const;
    std::vector<Tensor> dsplit(IntArrayRef indices) const;
    std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;

    // --- Indexing
    Tensor operator[](std::int64_t index) const { return select(0, index); }
    Tensor operator[](const Tensor& index) const;
    Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
    Tensor index(const std::vector<indexing::TensorIndex>& indices) const;
    Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                       bool accumulate = false);
    Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value);
    Tensor& index_put_(const std::vector<indexing::TensorIndex>& indices, const Tensor& values,
                       bool accumulate = false);
    Tensor& index_put_(const std::vector<indexing::TensorIndex>& indices, const Scalar& value);
    Tensor index_put(const std::vector<indexing::TensorIndex>& indices, const Tensor& values,
                     bool accumulate = false) const;
    Tensor index_select(std::int64_t dim, const Tensor& index) const;
    Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) const;
    Tensor& index_add_(std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1);
    Tensor index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const;
    Tensor& index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source);
    Tensor index_fill(std::int64_t dim, const Tensor& index, const Scalar& value) const;
    Tensor index_fill(std::int64_t dim, const Tensor& index, const Tensor& value) const;
    Tensor& index_fill_(std::int64_t dim, const Tensor& index, const Scalar& value);
    Tensor& index_fill_(std::int64_t dim, const Tensor& index, const Tensor& value);
    Tensor index_reduce(std::int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                        bool include_self = true) const;
    Tensor& index_reduce_(std::int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                          bool include_self = true);
    Tensor gather(std::int64_t dim, const Tensor& index, bool sparse_grad = false) const;
    Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& src) const;
    Tensor scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const;
    Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) const;
    Tensor scatter(std::int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce) const;
    Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& src);
    Tensor& scatter_(std::int64_t dim, const Tensor& index, const Scalar& value);
    Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce);
    Tensor& scatter_(std::int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce);
    Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& src) const;
    Tensor& scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& src);
    Tensor scatter_reduce(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                          bool include_self = true) const;
    Tensor& scatter_reduce_(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                            bool include_self = true);
    Tensor take(const Tensor& index) const;
    Tensor take_along_dim(const Tensor& indices, std::optional<std::int64_t> dim = std::nullopt) const;
    Tensor put(const Tensor& index, const Tensor& source, bool accumulate = false) const;
    Tensor& put_(const Tensor& index, const Tensor& source, bool accumulate = false);
    Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
    Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
    Tensor& masked_fill_(const Tensor& mask, const Scalar& value);
    Tensor& masked_fill_(const Tensor& mask, const Tensor& value);
    Tensor masked_select(const Tensor& mask) const;
    Tensor masked_scatter(const Tensor& mask, const Tensor& source) const;
    Tensor& masked_scatter_(const Tensor& mask, const Tensor& source);
    Tensor nonzero() const;
    std::vector<Tensor> nonzero_numpy() const;
    Tensor argwhere() const;

    // --- Order and search
    std::tuple<Tensor, Tensor> sort(std::int64_t dim = -1, bool descending = false) const;
    std::tuple<Tensor, Tensor> sort(std::optional<bool> stable, std::int64_t dim = -1, bool descending = false) const;
    Tensor argsort(std::int64_t dim = -1, bool descending = false) const;
    /// A template so that an integer is always a dimension.
    template <std::same_as<bool> B>
    Tensor argsort(B stable, std::int64_t dim = -1, bool descending = false) const {
        return std::get<1>(sort(std::optional<bool>(stable), dim, descending));
    }
    Tensor msort() const;
    std::tuple<Tensor, Tensor> topk(std::int64_t k, std::int64_t dim = -1, bool largest = true,
                                    bool sorted = true) const;
    std::tuple<Tensor, Tensor> kthvalue(std::int64_t k, std::int64_t dim = -1, bool keepdim = false) const;
    Tensor median() const;
    std::tuple<Tensor, Tensor> median(std::int64_t dim, bool keepdim = false) const;
    Tensor nanmedian() const;
    std::tuple<Tensor, Tensor> nanmedian(std::int64_t dim, bool keepdim = false) const;
    std::tuple<Tensor, Tensor> mode(std::int64_t dim = -1, bool keepdim = false) const;
    Tensor quantile(double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                    std::string_view interpolation = "linear") const;
    Tensor quantile(const Tensor& q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                    std::string_view interpolation = "linear") const;
    Tensor nanquantile(double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                       std::string_view interpolation = "linear") const;
    Tensor nanquantile(const Tensor& q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                       std::string_view interpolation = "linear") const;
    Tensor bincount(const std::optional<Tensor>& weights = {}, std::int64_t minlength = 0) const;
    Tensor histc(std::int64_t bins = 100, const Scalar& min = 0, const Scalar& max = 0) const;

    // --- Random numbers, in place (see xgrad::manual_seed)
    Tensor& uniform_(double from = 0, double to = 1, const std::optional<Generator>& generator = std::nullopt);
    Tensor& normal_(double mean = 0, double std = 1, const std::optional<Generator>& generator = std::nullopt);
    /// exp of normal numbers.
    Tensor& log_normal_(double mean = 1, double std = 2, const std::optional<Generator>& generator = std::nullopt);
    Tensor& exponential_(double lambda = 1, const std::optional<Generator>& generator = std::nullopt);
    Tensor& cauchy_(double median = 0, double sigma = 1, const std::optional<Generator>& generator = std::nullopt);
    /// How many trials it takes until one succeeds, each with probability p in (0, 1).
    Tensor& geometric_(double p, const std::optional<Generator>& generator = std::nullopt);
    Tensor& bernoulli_(double p = 0.5, const std::optional<Generator>& generator = std::nullopt);
    /// With a probability for each element, which broadcast.
    Tensor& bernoulli_(const Tensor& p, const std::optional<Generator>& generator = std::nullopt);
    Tensor bernoulli(const std::optional<Generator>& generator = std::nullopt) const;
    Tensor bernoulli(double p, const std::optional<Generator>& generator = std::nullopt) const;
    Tensor multinomial(std::int64_t num_samples, bool replacement = false,
                       const std::optional<Generator>& generator = std::nullopt) const;
    /// Integers in [from, to), in [0, to), or all that the dtype holds without gaps from 0 on.
    Tensor& random_(std::int64_t from, std::optional<std::int64_t> to,
                    const std::optional<Generator>& generator = std::nullopt);
    Tensor& random_(std::int64_t to, const std::optional<Generator>& generator = std::nullopt);
    Tensor& random_(const std::optional<Generator>& generator = std::nullopt);

    /// "Float [2, 3]": for messages.
    std::string toString() const;
    void print() const;

    detail::TensorImpl* unsafeGetTensorImpl() const { return impl_.get(); }
    const detail::IntrusivePtr<detail::TensorImpl>& impl() const { return impl_; }

  private:
    using Hook = std::function<Tensor(const Tensor&)>;

    const detail::TensorImpl& checked() const {
        if (!impl_) raise_undefined();
        return *impl_;
    }
    [[noreturn]] static void raise_undefined();
    [[noreturn]] void raise_dtype(ScalarType asked) const;
    void* data_ptr_void() const;
    unsigned add_hook(Hook hook) const;
    void check_rank(std::size_t rank) const;
    Tensor named_norm(std::string_view p, OptionalIntArrayRef dim, bool keepdim, ScalarType dtype) const;

    detail::IntrusivePtr<detail::TensorImpl> impl_;
};

/// Prints as libtorch's C++ does: rows of numbers in a common format, then "[ CPUFloatType{2,3} ]".
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

template <class T>
T* Tensor::data_ptr() const {
    if (dtype() != scalar_type_v<T>) raise_dtype(scalar_type_v<T>);
    return static_cast<T*>(data_ptr_void());
}

template <class T, std::size_t N>
TensorAccessor<T, N> Tensor::accessor() const {
    check_rank(N);
    return TensorAccessor<T, N>(data_ptr<T>(), sizes().data(), strides().data());
}

template <class F>
unsigned Tensor::register_hook(F&& hook) const {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Tensor>>)
        return add_hook([hook = std::forward<F>(hook)](const Tensor& grad) mutable {
            hook(grad);
            return Tensor();
        });
    else
        return add_hook(std::forward<F>(hook));
}

}  // namespace xgrad
