#pragma once

#include <optional>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Reductions: over all dimensions, or over `dim`, kept with size 1 if `keepdim`.
namespace xgrad {

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

}  // namespace xgrad
