#pragma once

#include <string_view>

#include <xgrad/autograd/tensor.h>

/// Products of vectors and matrices.
namespace xgrad {

/// Product of vectors, matrices or batches of matrices (leading dimensions broadcast), as NumPy's.
Tensor matmul(const Tensor& self, const Tensor& other);
inline Tensor linalg_matmul(const Tensor& self, const Tensor& other) { return matmul(self, other); }
/// (n, k) x (k, m).
Tensor mm(const Tensor& self, const Tensor& mat2);
/// (b, n, k) x (b, k, m).
Tensor bmm(const Tensor& self, const Tensor& mat2);
/// (n, k) x (k).
Tensor mv(const Tensor& self, const Tensor& vec);
/// Sum of products of two vectors.
Tensor dot(const Tensor& self, const Tensor& other);
Tensor vdot(const Tensor& self, const Tensor& other);
/// Sums of products over the last dimensions, which must be of one size; a number multiplies.
Tensor inner(const Tensor& self, const Tensor& other);
/// (n) and (m) to the (n, m) of all products.
Tensor outer(const Tensor& self, const Tensor& vec2);
Tensor ger(const Tensor& self, const Tensor& vec2);
/// beta self + alpha (mat1 mat2); `self` broadcasts to the product, and with beta 0 is not read.
Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
             const Scalar& alpha = 1);
/// beta self + alpha (mat vec).
Tensor addmv(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1, const Scalar& alpha = 1);
/// beta self + alpha outer(vec1, vec2).
Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1,
            const Scalar& alpha = 1);
/// beta self + alpha (batch1 batch2), matrix by matrix.
Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
               const Scalar& alpha = 1);
/// beta self + alpha times the sum of the products of the matrices.
Tensor addbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
              const Scalar& alpha = 1);
/// x W^T + b for x (..., in), W (out, in), b (out), in one pass.
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
/// y_k = x1 W_k x2 + b_k for x1 (..., in1), x2 (..., in2), W (out, in1, in2), b (out).
Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = {});
/// The Kronecker product: blocks self[i, j] other, in any number of dimensions.
Tensor kron(const Tensor& self, const Tensor& other);
/// Cross products of vectors of three elements along `dim`: without it the first dimension of size 3.
Tensor cross(const Tensor& self, const Tensor& other, std::optional<std::int64_t> dim = std::nullopt);
/// The same along the last dimension by default; other dimensions broadcast.
Tensor linalg_cross(const Tensor& self, const Tensor& other, std::int64_t dim = -1);
/// Sum of the diagonal of a matrix.
Tensor trace(const Tensor& self);
/// Product of matrices in the order that takes the fewest multiplications (Cormen et al., Introduction to Algorithms,
/// 15.2). The first and last of linalg_multi_dot may be vectors.
Tensor chain_matmul(const TensorList& matrices);
Tensor linalg_multi_dot(const TensorList& tensors);
/// Sums of products over dimensions dims_self[i] of `self` and dims_other[i] of `other`.
Tensor tensordot(const Tensor& self, const Tensor& other, IntArrayRef dims_self, IntArrayRef dims_other);
/// Einstein's sum convention: "ij,jk->ik" is the matrix product. Letters name dimensions, "..." those that broadcast;
/// letters missing behind the arrow are summed over. Without an arrow the letters that occur once are the result, in
/// alphabetical order. A letter that occurs twice in one operand means its diagonal. `path` gives, two by two, the
/// positions of the operands to contract next, the result of which goes to the end; else they are taken from the left.
Tensor einsum(std::string_view equation, const TensorList& tensors, OptionalIntArrayRef path = std::nullopt);

namespace linalg {

inline Tensor multi_dot(const TensorList& tensors) { return linalg_multi_dot(tensors); }
inline Tensor matmul(const Tensor& self, const Tensor& other) { return linalg_matmul(self, other); }

}  // namespace linalg

}  // namespace xgrad
