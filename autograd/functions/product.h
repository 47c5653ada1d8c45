#pragma once

#include <xgrad/autograd/tensor.h>

/// Products of vectors and matrices.
namespace xgrad {

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

}  // namespace xgrad
