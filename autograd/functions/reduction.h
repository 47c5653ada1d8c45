#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Reductions: over all dimensions, or over `dim`, kept with size 1 if `keepdim`; and scans, which keep every step.
namespace xgrad {

/// Integers sum to int64. The result does not depend on the number of threads.
Tensor sum(const Tensor& self, std::optional<ScalarType> dtype = std::nullopt);
Tensor sum(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false,
           std::optional<ScalarType> dtype = std::nullopt);
/// Floating-point dtypes only.
Tensor mean(const Tensor& self, std::optional<ScalarType> dtype = std::nullopt);
Tensor mean(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false,
            std::optional<ScalarType> dtype = std::nullopt);
/// The sum of what is not NaN.
Tensor nansum(const Tensor& self, OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
              std::optional<ScalarType> dtype = std::nullopt);
/// The mean of what is not NaN; NaN where that is nothing. Floating-point dtypes only.
Tensor nanmean(const Tensor& self, OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
               std::optional<ScalarType> dtype = std::nullopt);
/// The product; that of integers is int64. Gradients are right where elements are zero.
Tensor prod(const Tensor& self, std::optional<ScalarType> dtype = std::nullopt);
Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);

/// The variance: sum((x - mean)^2) / max(n - correction, 0), in two passes. The correction is 1 (an unbiased estimate)
/// by default; the variance of one element is then NaN. `std` is its square root, with a gradient of zero where it is
/// zero. The second result of var_mean and std_mean is the mean. Floating-point dtypes only.
Tensor var(const Tensor& self, OptionalIntArrayRef dim = std::nullopt,
           const std::optional<Scalar>& correction = std::nullopt, bool keepdim = false);
Tensor std(const Tensor& self, OptionalIntArrayRef dim = std::nullopt,
           const std::optional<Scalar>& correction = std::nullopt, bool keepdim = false);
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, OptionalIntArrayRef dim = std::nullopt,
                                    const std::optional<Scalar>& correction = std::nullopt, bool keepdim = false);
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, OptionalIntArrayRef dim = std::nullopt,
                                    const std::optional<Scalar>& correction = std::nullopt, bool keepdim = false);
/// The same with a correction of 1 if `unbiased`, else 0. Only a bool is taken for `unbiased`: var(x, 1) and
/// var(x, {1}) are over dimension 1, as in libtorch, and the integers of var(x, 1, 2) are dimension and correction,
/// where libtorch takes the 2 for a bool.
template <std::same_as<bool> B>
Tensor var(const Tensor& self, B unbiased) {
    return var(self, std::nullopt, Scalar(unbiased));
}
template <std::same_as<bool> B>
Tensor var(const Tensor& self, OptionalIntArrayRef dim, B unbiased, bool keepdim = false) {
    return var(self, dim, Scalar(unbiased), keepdim);
}
template <std::same_as<bool> B>
Tensor std(const Tensor& self, B unbiased) {
    return std(self, std::nullopt, Scalar(unbiased));
}
template <std::same_as<bool> B>
Tensor std(const Tensor& self, OptionalIntArrayRef dim, B unbiased, bool keepdim = false) {
    return std(self, dim, Scalar(unbiased), keepdim);
}
template <std::same_as<bool> B>
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, B unbiased) {
    return var_mean(self, std::nullopt, Scalar(unbiased));
}
template <std::same_as<bool> B>
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, OptionalIntArrayRef dim, B unbiased, bool keepdim = false) {
    return var_mean(self, dim, Scalar(unbiased), keepdim);
}
template <std::same_as<bool> B>
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, B unbiased) {
    return std_mean(self, std::nullopt, Scalar(unbiased));
}
template <std::same_as<bool> B>
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, OptionalIntArrayRef dim, B unbiased, bool keepdim = false) {
    return std_mean(self, dim, Scalar(unbiased), keepdim);
}

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
/// The smallest and the largest element, of the whole tensor without `dim`; ties share the gradient.
std::tuple<Tensor, Tensor> aminmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt,
                                   bool keepdim = false);
/// Index of the first largest element: of the flattened tensor without `dim`.
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// log(sum(exp(x))), without overflow.
Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim = false);
/// (sum |x|^p)^(1/p), 2 without a `p`; p may be infinite (the largest or smallest |x|) or 0 (how many are not zero).
/// The gradient at zero is zero. With a `dtype` the elements are converted to it first.
Tensor norm(const Tensor& self, const Scalar& p = 2);
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim = false);
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, ScalarType dtype);
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim, ScalarType dtype);
/// The norm called "fro" (Frobenius'), that of p = 2.
template <std::convertible_to<std::string_view> S>
Tensor norm(const Tensor& self, const S& p, OptionalIntArrayRef dim = std::nullopt, bool keepdim = false) {
    return self.norm(p, dim, keepdim);
}
template <std::convertible_to<std::string_view> S>
Tensor norm(const Tensor& self, const S& p, IntArrayRef dim, bool keepdim, ScalarType dtype) {
    return self.norm(p, dim, keepdim, dtype);
}
/// The p-norm of the difference; the shapes broadcast.
Tensor dist(const Tensor& self, const Tensor& other, const Scalar& p = 2);
/// `self` with each slice along `dim` whose p-norm (p > 0) is above `maxnorm` scaled down to it.
Tensor renorm(const Tensor& self, const Scalar& p, std::int64_t dim, const Scalar& maxnorm);

/// Whether some element, or each, is not zero: bool, or uint8 of uint8. An empty list of dimensions is none of them.
Tensor any(const Tensor& self);
Tensor any(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false);
Tensor all(const Tensor& self);
Tensor all(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false);
/// How many elements are not zero: int64. NaN is not zero.
Tensor count_nonzero(const Tensor& self, OptionalIntArrayRef dim = std::nullopt);

/// out[i] = x[0] + ... + x[i] along `dim`. Integers give int64.
Tensor cumsum(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
/// out[i] = x[0] * ... * x[i] along `dim`. Integers give int64. Gradients are right where elements are zero.
Tensor cumprod(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
/// The largest of x[0] ... x[i] along `dim` and its index, the last of equals, which gets the gradient. NaN stays.
std::tuple<Tensor, Tensor> cummax(const Tensor& self, std::int64_t dim);
std::tuple<Tensor, Tensor> cummin(const Tensor& self, std::int64_t dim);
/// out[i] = log(exp(x[0]) + ... + exp(x[i])) along `dim`, without overflow.
Tensor logcumsumexp(const Tensor& self, std::int64_t dim);

// --- Samples of functions and of random variables

/// The n-th differences x[i + 1] - x[i] along `dim`, of bools x[i + 1] != x[i], after `prepend` and `append` have been
/// joined to the ends.
Tensor diff(const Tensor& self, std::int64_t n = 1, std::int64_t dim = -1, const std::optional<Tensor>& prepend = {},
            const std::optional<Tensor>& append = {});
/// The integral over `dim` of the polygon through the points (x, y), where x has as many elements as `dim` or
/// broadcasts to y; or with the points `dx` apart.
Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);
Tensor trapezoid(const Tensor& y, const Scalar& dx = 1, std::int64_t dim = -1);
inline Tensor trapz(const Tensor& y, const Tensor& x, std::int64_t dim = -1) { return trapezoid(y, x, dim); }
inline Tensor trapz(const Tensor& y, double dx = 1, std::int64_t dim = -1) { return trapezoid(y, Scalar(dx), dim); }
/// The integrals up to the second point, the third ... the last.
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);
Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx = 1, std::int64_t dim = -1);
/// The covariances of the variables in the rows of a matrix (n, m), or of the one in a vector, from m observations:
/// (n, n), or a number of one variable. The sums of squares are divided by m - correction. `fweights` (integers) says
/// how often each observation was made, `aweights` (floating-point) how much it counts.
Tensor cov(const Tensor& self, std::int64_t correction = 1, const std::optional<Tensor>& fweights = {},
           const std::optional<Tensor>& aweights = {});
/// The correlation coefficients of Pearson: the covariances divided by the standard deviations of both variables.
Tensor corrcoef(const Tensor& self);

// --- Softmax

/// exp(x) / sum(exp(x)) over `dim`.
Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);
/// softmax(-x).
Tensor softmin(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt);

}  // namespace xgrad
