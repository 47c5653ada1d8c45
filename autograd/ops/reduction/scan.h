#pragma once

#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// s[i] = g[i] + a[i] s[i-1] along `dim`, or backwards, s[i] = g[i] + a[i+1] s[i+1]: a[i] links i-1 and i, and a[0] is
/// not used. Shapes and dtypes are the same. Every derivative of a cumulative product is made of it, without a
/// division.
Tensor linear_recurrence(const Tensor& g, const Tensor& a, std::int64_t dim, bool reverse);

/// grad[i] = (x[0] ... x[i-1]) (g[i] + x[i+1] (g[i+1] + x[i+2] ...)), the gradient of y = cumprod(x) along `dim`.
Tensor cumprod_backward(const Tensor& g, const Tensor& x, const Tensor& y, std::int64_t dim);
/// The derivative of y = cumprod(x) in the direction t of x.
Tensor cumprod_forward(const Tensor& t, const Tensor& x, const Tensor& y, std::int64_t dim);

}  // namespace xgrad::ops
