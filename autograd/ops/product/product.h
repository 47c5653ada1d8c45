#pragma once

#include <span>

#include <xgrad/autograd/tensor.h>

/// What the products of matrices share.
namespace xgrad::ops {

/// Throws DtypeError when the dtypes differ.
void check_same_dtype(const char* operation, const Tensor& a, const Tensor& b);
/// Throws ShapeError unless matrices (or batches of them) of these shapes can be multiplied.
void check_inner(const char* operation, const Tensor& a, const Tensor& b);

/// out = a b + beta out, for matrices or batches of matrices; `out` is contiguous. Integers take no beta but 0.
void multiply(const Tensor& a, const Tensor& b, const Tensor& out, double beta = 0);

/// The product rule, for any bilinear product. An undefined tangent is zero.
template <class Product>
Tensor bilinear_jvp(std::span<const Tensor> x, std::span<const Tensor> t, Product product) {
    if (!t[0].defined()) return product(x[0], t[1]);
    if (!t[1].defined()) return product(t[0], x[1]);
    return product(t[0], x[1]) + product(x[0], t[1]);
}

}  // namespace xgrad::ops
