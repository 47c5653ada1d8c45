#pragma once

#include <optional>
#include <string_view>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Linear algebra, by LAPACK.
///
/// Matrices are the last two dimensions of floating-point tensors, (..., m, n), everything before them a batch; n of
/// them may be 0. Where a matrix does not permit what is asked (it is singular, not positive-definite, or the numbers
/// in it are not finite and the algorithm is iterative) LinAlgError is thrown, which names the first such matrix of the
/// batch. Results do not depend on the number of threads. Gradients are those of PyTorch: real matrices are perturbed
/// freely, so that a "symmetric" one gets a gradient for the triangle that was read, made symmetric where the function
/// looks at both.
///
/// The gradients follow M. Giles, "An extended collection of matrix derivative results for forward and reverse mode
/// algorithmic differentiation" (2008), J. Townsend, "Differentiating the singular value decomposition" (2016), and the
/// rules that PyTorch documents for each function.
namespace xgrad {

// --- Inverses, determinants and systems of equations

/// The inverse of square matrices. Throws LinAlgError for a singular one.
Tensor linalg_inv(const Tensor& A);
/// The inverse and LAPACK's codes (int32): 0, or k when U[k-1][k-1] of the LU factorization is 0 and the inverse NaN or
/// infinite there. Throws LinAlgError for them only if `check_errors`.
std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors = false);
Tensor inverse(const Tensor& self);
/// The determinant. Its gradient is that of the polynomial, at singular matrices too.
Tensor linalg_det(const Tensor& A);
Tensor det(const Tensor& self);
/// The sign (-1, 0, 1) and the logarithm of the absolute value of the determinant; 0 and -inf for singular matrices.
std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A);
std::tuple<Tensor, Tensor> slogdet(const Tensor& self);
/// log(det): NaN where the determinant is negative.
Tensor logdet(const Tensor& self);
/// X with A X = B (with X A = B unless `left`). B is a batch of matrices (..., n, k), of which leading dimensions
/// broadcast, or of vectors when it has one dimension or A's shape without its last. Throws LinAlgError if A is
/// singular.
Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left = true);
/// The same with LAPACK's codes; see linalg_inv_ex.
std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true,
                                           bool check_errors = false);
/// X with A X = B (X A = B unless `left`) for a triangular A, of which only that triangle is read (and of it not the
/// diagonal, taken as ones, if `unitriangular`). A zero on the diagonal gives infinities, as in PyTorch.
Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left = true,
                               bool unitriangular = false);
/// The older form: X with A X = self (A^T X if `transpose`), and a clone of A.
std::tuple<Tensor, Tensor> triangular_solve(const Tensor& self, const Tensor& A, bool upper = true,
                                            bool transpose = false, bool unitriangular = false);
/// The inverse of a tensor with respect to tensordot: A of shape (a..., b...) split after `ind` dimensions, whose
/// products must agree.
Tensor linalg_tensorinv(const Tensor& self, std::int64_t ind = 2);
/// X with tensordot(A, X, X.dim()) = B, after the dimensions `dims` of A are moved to its end.
Tensor linalg_tensorsolve(const Tensor& self, const Tensor& other, OptionalIntArrayRef dims = std::nullopt);

// --- Factorizations

/// The lower triangular L with L L^T = A, or the upper one with U^T U = A if `upper`. Only that triangle of A is read;
/// the gradient is symmetric. Throws LinAlgError unless A is positive-definite.
Tensor linalg_cholesky(const Tensor& self, bool upper = false);
/// The same with LAPACK's codes: k when the leading minor of order k is not positive-definite.
std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper = false, bool check_errors = false);
Tensor cholesky(const Tensor& self, bool upper = false);
/// X with A X = self, for the Cholesky factor `input2` of A.
Tensor cholesky_solve(const Tensor& self, const Tensor& input2, bool upper = false);
/// The inverse of A, whose Cholesky factor `self` is.
Tensor cholesky_inverse(const Tensor& self, bool upper = false);
/// P, L, U with A = P L U: L (..., m, k) with ones on its diagonal, U (..., k, n), k = min(m, n). Here and below
/// `pivot` must be true: as in libtorch, there is no other factorization on the CPU.
std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot = true);
/// L and U in one matrix, and the pivots (int32, from 1). Throws LinAlgError for a zero on U's diagonal.
std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot = true);
std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot = true, bool check_errors = false);
/// X with A X = B (A^T X if `adjoint`; X A unless `left`) by what linalg_lu_factor made of A.
Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true, bool adjoint = false);
Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots);
/// P, L and U of linalg_lu from the compact form.
std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data = true,
                                             bool unpack_pivots = true);
/// Q with orthonormal columns and the upper triangular R, A = Q R, with the signs of LAPACK: mode "reduced"
/// (Q (..., m, k), R (..., k, n), k = min(m, n)), "complete" (Q (..., m, m), R (..., m, n)), "r" (Q empty). Gradients
/// need the first k columns of A to be independent; "complete" has none when m > n.
std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode = "reduced");
std::tuple<Tensor, Tensor> qr(const Tensor& self, bool some = true);
/// The first n columns of the product of the reflections I - tau_i v_i v_i^T, where v_i is column i of (..., m, n)
/// below the diagonal, with 1 on it and 0 above: what LAPACK's QR leaves.
Tensor linalg_householder_product(const Tensor& input, const Tensor& tau);

// --- Eigenvalues and singular values

/// Ascending eigenvalues (..., n) and, in columns, orthonormal eigenvectors of symmetric matrices, of which the lower
/// ("L") or upper ("U") triangle is read. A gradient through the eigenvectors is right for functions that do not
/// depend on their signs, and of distinct eigenvalues.
std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& self, std::string_view UPLO = "L");
Tensor linalg_eigvalsh(const Tensor& self, std::string_view UPLO = "L");
/// U, S, Vh with A = U diag(S) Vh, S descending (..., k), k = min(m, n): U (..., m, m) and Vh (..., n, n), or
/// (..., m, k) and (..., k, n) unless `full_matrices`. A gradient through U and Vh is right for functions that do not
/// change with the signs of a pair of singular vectors, of distinct singular values, not zero unless m = n; what
/// follows the k-th singular vector has none. A `driver` is named for GPUs only: ValueError, as in libtorch.
std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices = true,
                                              std::optional<std::string_view> driver = std::nullopt);
Tensor linalg_svdvals(const Tensor& A, std::optional<std::string_view> driver = std::nullopt);
/// The older form: U, S, V (not transposed); zeros for U and V unless `compute_uv`.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& self, bool some = true, bool compute_uv = true);

// --- Least squares and what rests on singular values

/// The X with the least ||A X - B||, for A (..., m, n) and B (..., m, k) or vectors (..., m); the one of least norm
/// when A's rank is below n. Besides: the squared residuals (..., k), the rank and the singular values, each empty
/// where the driver does not find it. Drivers: gelsy (the default; rank), gelsd and gelss (all three; residuals when m
/// > n and every A has rank n), gels, which takes A to be of full rank (residuals when m > n). `rcond` (by default
/// max(m, n) epsilon) is the part of the largest singular value below which one counts as 0. The solution is
/// differentiable, as pinv(A) B, and so are the residuals.
std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& self, const Tensor& b,
                                                        std::optional<double> rcond = std::nullopt,
                                                        std::optional<std::string_view> driver = std::nullopt);
/// The pseudo-inverse (Moore, Penrose). Singular values up to max(atol, rtol * the largest) count as 0; by default
/// rtol = max(m, n) epsilon, or 0 when atol is given. `hermitian`: from eigenvalues of a symmetric matrix.
/// The gradient is that at constant rank (Golub and Pereyra, 1973).
Tensor linalg_pinv(const Tensor& self, const std::optional<Tensor>& atol = {}, const std::optional<Tensor>& rtol = {},
                   bool hermitian = false);
Tensor linalg_pinv(const Tensor& self, std::optional<double> atol, std::optional<double> rtol, bool hermitian = false);
Tensor linalg_pinv(const Tensor& self, double rcond, bool hermitian = false);
Tensor linalg_pinv(const Tensor& self, const Tensor& rcond, bool hermitian = false);
Tensor pinverse(const Tensor& self, double rcond = 1e-15);
/// The number of singular values (of absolute eigenvalues, if `hermitian`) above max(atol, rtol * the largest), int64,
/// with linalg_pinv's defaults; `tol` is an atol.
Tensor linalg_matrix_rank(const Tensor& input, const std::optional<Tensor>& atol = {},
                          const std::optional<Tensor>& rtol = {}, bool hermitian = false);
Tensor linalg_matrix_rank(const Tensor& self, std::optional<double> atol, std::optional<double> rtol,
                          bool hermitian = false);
Tensor linalg_matrix_rank(const Tensor& self, double tol, bool hermitian = false);
Tensor linalg_matrix_rank(const Tensor& input, const Tensor& tol, bool hermitian = false);

// --- Norms

/// (sum |x|^ord)^(1/ord) over `dim`, or over everything; ord may be 0 (the number of non-zeros), inf, -inf or negative.
Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord = 2, OptionalIntArrayRef dim = std::nullopt,
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
/// Norm of the matrices in two dimensions: 1, -1 (largest, smallest sum of absolute values of a column), inf, -inf (of
/// a row), 2, -2 (largest, smallest singular value), "fro" (root of the sum of squares), "nuc" (sum of singular
/// values).
Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, IntArrayRef dim = {-2, -1}, bool keepdim = false,
                          std::optional<ScalarType> dtype = std::nullopt);
Tensor linalg_matrix_norm(const Tensor& self, std::string_view ord = "fro", IntArrayRef dim = {-2, -1},
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
/// The vector norm over one dimension, the matrix norm over two; without `dim` by the tensor's, and without `ord` the
/// 2-norm of all.
Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord = std::nullopt,
                   OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
                   std::optional<ScalarType> dtype = std::nullopt);
Tensor linalg_norm(const Tensor& self, std::string_view ord, OptionalIntArrayRef dim = std::nullopt,
                   bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
Tensor frobenius_norm(const Tensor& self, IntArrayRef dim, bool keepdim = false);
Tensor nuclear_norm(const Tensor& self, bool keepdim = false);
Tensor nuclear_norm(const Tensor& self, IntArrayRef dim, bool keepdim = false);
/// norm(A) norm(inv(A)), in the 2-norm unless `p` names another (see linalg_matrix_norm); infinite for singular
/// matrices.
Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p = std::nullopt);
Tensor linalg_cond(const Tensor& self, std::string_view p);

// --- Functions of matrices

/// A A ... A, n times; inv(A) to the power -n for negative n.
Tensor linalg_matrix_power(const Tensor& self, std::int64_t n);
Tensor matrix_power(const Tensor& self, std::int64_t n);
/// sum A^k / k!, by scaling, a Taylor polynomial and squaring (Higham, Functions of Matrices, 2008).
Tensor linalg_matrix_exp(const Tensor& self);
Tensor matrix_exp(const Tensor& self);
/// Sums of products along `dim`; other dimensions broadcast.
Tensor linalg_vecdot(const Tensor& x, const Tensor& y, std::int64_t dim = -1);
/// The Vandermonde matrix: 1, x, x^2 ... x^(N-1) along a new last dimension; N is by default the size of the last.
Tensor linalg_vander(const Tensor& x, std::optional<std::int64_t> N = std::nullopt);
/// A view of the diagonals of matrices; see diagonal.
inline Tensor linalg_diagonal(const Tensor& A, std::int64_t offset = 0, std::int64_t dim1 = -2,
                              std::int64_t dim2 = -1) {
    return A.diagonal(offset, dim1, dim2);
}

/// The functions above without their prefix.
namespace linalg {

inline Tensor inv(const Tensor& input) { return linalg_inv(input); }
inline std::tuple<Tensor, Tensor> inv_ex(const Tensor& input, bool check_errors = false) {
    return linalg_inv_ex(input, check_errors);
}
inline Tensor det(const Tensor& self) { return linalg_det(self); }
inline std::tuple<Tensor, Tensor> slogdet(const Tensor& input) { return linalg_slogdet(input); }
inline Tensor solve(const Tensor& input, const Tensor& other, bool left = true) {
    return linalg_solve(input, other, left);
}
inline std::tuple<Tensor, Tensor> solve_ex(const Tensor& input, const Tensor& other, bool left = true,
                                           bool check_errors = false) {
    return linalg_solve_ex(input, other, left, check_errors);
}
inline Tensor solve_triangular(const Tensor& input, const Tensor& other, bool upper, bool left = true,
                               bool unitriangular = false) {
    return linalg_solve_triangular(input, other, upper, left, unitriangular);
}
inline Tensor tensorinv(const Tensor& self, std::int64_t ind = 2) { return linalg_tensorinv(self, ind); }
inline Tensor tensorsolve(const Tensor& self, const Tensor& other, OptionalIntArrayRef dims = std::nullopt) {
    return linalg_tensorsolve(self, other, dims);
}
inline Tensor cholesky(const Tensor& self, bool upper = false) { return linalg_cholesky(self, upper); }
inline std::tuple<Tensor, Tensor> cholesky_ex(const Tensor& self, bool upper = false, bool check_errors = false) {
    return linalg_cholesky_ex(self, upper, check_errors);
}
inline std::tuple<Tensor, Tensor, Tensor> lu(const Tensor& input, bool pivot = true) { return linalg_lu(input, pivot); }
inline std::tuple<Tensor, Tensor> lu_factor(const Tensor& input, bool pivot = true) {
    return linalg_lu_factor(input, pivot);
}
inline Tensor lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true,
                       bool adjoint = false) {
    return linalg_lu_solve(LU, pivots, B, left, adjoint);
}
inline std::tuple<Tensor, Tensor> qr(const Tensor& input, std::string_view mode = "reduced") {
    return linalg_qr(input, mode);
}
inline Tensor householder_product(const Tensor& input, const Tensor& tau) {
    return linalg_householder_product(input, tau);
}
inline std::tuple<Tensor, Tensor> eigh(const Tensor& self, std::string_view uplo = "L") {
    return linalg_eigh(self, uplo);
}
inline Tensor eigvalsh(const Tensor& self, std::string_view uplo = "L") { return linalg_eigvalsh(self, uplo); }
inline std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& input, bool full_matrices = true,
                                              std::optional<std::string_view> driver = std::nullopt) {
    return linalg_svd(input, full_matrices, driver);
}
inline Tensor svdvals(const Tensor& input, std::optional<std::string_view> driver = std::nullopt) {
    return linalg_svdvals(input, driver);
}
inline std::tuple<Tensor, Tensor, Tensor, Tensor> lstsq(const Tensor& self, const Tensor& b,
                                                        std::optional<double> cond = std::nullopt,
                                                        std::optional<std::string_view> driver = std::nullopt) {
    return linalg_lstsq(self, b, cond, driver);
}
inline Tensor pinv(const Tensor& input, double rcond = 1e-15, bool hermitian = false) {
    return linalg_pinv(input, rcond, hermitian);
}
inline Tensor pinv(const Tensor& input, std::optional<double> atol, std::optional<double> rtol,
                   bool hermitian = false) {
    return linalg_pinv(input, atol, rtol, hermitian);
}
inline Tensor matrix_rank(const Tensor& input, const std::optional<Tensor>& atol = {},
                          const std::optional<Tensor>& rtol = {}, bool hermitian = false) {
    return linalg_matrix_rank(input, atol, rtol, hermitian);
}
inline Tensor matrix_rank(const Tensor& input, std::optional<double> atol, std::optional<double> rtol,
                          bool hermitian = false) {
    return linalg_matrix_rank(input, atol, rtol, hermitian);
}
inline Tensor matrix_rank(const Tensor& input, double tol, bool hermitian = false) {
    return linalg_matrix_rank(input, tol, hermitian);
}
inline Tensor matrix_rank(const Tensor& input, const Tensor& tol, bool hermitian = false) {
    return linalg_matrix_rank(input, tol, hermitian);
}
inline Tensor vector_norm(const Tensor& self, const Scalar& ord = 2, OptionalIntArrayRef dim = std::nullopt,
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
    return linalg_vector_norm(self, ord, dim, keepdim, dtype);
}
inline Tensor matrix_norm(const Tensor& self, const Scalar& ord, IntArrayRef dim = {-2, -1}, bool keepdim = false,
                          std::optional<ScalarType> dtype = std::nullopt) {
    return linalg_matrix_norm(self, ord, dim, keepdim, dtype);
}
inline Tensor matrix_norm(const Tensor& self, std::string_view ord = "fro", IntArrayRef dim = {-2, -1},
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
    return linalg_matrix_norm(self, ord, dim, keepdim, dtype);
}
inline Tensor norm(const Tensor& self, const std::optional<Scalar>& ord = std::nullopt,
                   OptionalIntArrayRef dim = std::nullopt, bool keepdim = false,
                   std::optional<ScalarType> dtype = std::nullopt) {
    return linalg_norm(self, ord, dim, keepdim, dtype);
}
inline Tensor norm(const Tensor& self, std::string_view ord, OptionalIntArrayRef dim = std::nullopt,
                   bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
    return linalg_norm(self, ord, dim, keepdim, dtype);
}
inline Tensor cond(const Tensor& self, const std::optional<Scalar>& p = std::nullopt) { return linalg_cond(self, p); }
inline Tensor cond(const Tensor& self, std::string_view p) { return linalg_cond(self, p); }
inline Tensor matrix_power(const Tensor& self, std::int64_t n) { return linalg_matrix_power(self, n); }
inline Tensor matrix_exp(const Tensor& input) { return linalg_matrix_exp(input); }
inline Tensor vecdot(const Tensor& x, const Tensor& y, std::int64_t dim = -1) { return linalg_vecdot(x, y, dim); }
inline Tensor vander(const Tensor& x, std::optional<std::int64_t> N = std::nullopt) { return linalg_vander(x, N); }

}  // namespace linalg

}  // namespace xgrad
