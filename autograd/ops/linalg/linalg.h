#pragma once

#include <algorithm>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/product/blas.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/tensor.h>

/// What the files of linear algebra share. Matrices are the last two dimensions of a tensor, all before is a batch.
namespace xgrad::ops {

// --- Checks, with libtorch's words

/// A floating-point tensor of two dimensions or more, called `what` in messages.
void check_matrix(const char* name, const Tensor& A, const char* what = "A");
void check_square(const char* name, const Tensor& A, const char* what = "A");
void check_operand(const char* name, const Tensor& A, const Tensor& B);
/// Throws LinAlgError, naming the first matrix of the batch that is not finite. Where LAPACK iterates, it might not
/// end.
void check_finite(const char* name, const Tensor& A);
/// Throws LinAlgError for the first matrix with a code of LAPACK other than 0; `describe(code)` is the message.
void check_codes(const char* name, const Tensor& codes, std::string (*describe)(int code));
std::string describe_singular(int code);

// --- Memory

/// The sizes of the batch followed by `last`.
detail::Dims batch_sizes(const Tensor& A, IntArrayRef last = {});
/// How many matrices there are.
std::int64_t matrix_count(const Tensor& A);
/// A new tensor of matrices whose columns are contiguous, as LAPACK takes them.
Tensor empty_columns(IntArrayRef sizes, ScalarType dtype);
/// Copies, expanded to `sizes` if given, with contiguous rows or columns.
Tensor rows_of(const Tensor& A, IntArrayRef sizes);
Tensor columns_of(const Tensor& A, IntArrayRef sizes);
inline Tensor rows_of(const Tensor& A) { return rows_of(A, A.sizes()); }
inline Tensor columns_of(const Tensor& A) { return columns_of(A, A.sizes()); }
/// A size as LAPACK's integers; throws ShapeError for one that is too large.
int lapack_size(const char* name, std::int64_t size);

template <class T>
T* pointer(const Tensor& x) {
    return x.defined() ? static_cast<T*>(x.unsafeGetTensorImpl()->data()) : nullptr;
}

/// Calls f(T{}) for the floating-point dtype.
template <class F>
void visit_float(ScalarType dtype, F f) {
    if (dtype == kFloat32)
        f(float{});
    else
        f(double{});
}

/// Calls f(i) for each of `count` matrices, each of which takes about `work` multiply-adds, divided among our threads;
/// OpenBLAS keeps to one.
template <class F>
void for_each_matrix(std::int64_t count, std::int64_t work, F f) {
    const SingleThreadedBlas single;
    const std::int64_t grain = std::max<std::int64_t>(kParallelProduct / std::max<std::int64_t>(work, 1), 1);
    detail::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) f(i);
    });
}

/// Which matrix of the batch `from` the i-th of the batch `to` is, to which it broadcasts.
class BroadcastIndex {
  public:
    BroadcastIndex(detail::Dims from, detail::Dims to) : from_(std::move(from)), to_(std::move(to)) {}

    std::int64_t operator()(std::int64_t i) const {
        if (from_ == to_) return i;
        std::int64_t index = 0, stride = 1;
        for (std::size_t d = to_.size(), e = from_.size(); e > 0; --e) {
            --d;
            if (from_[e - 1] != 1) index += i % to_[d] * stride;
            stride *= from_[e - 1];
            i /= to_[d];
        }
        return index;
    }

  private:
    detail::Dims from_, to_;
};

// --- Parts of matrices, differentiable

inline Tensor transposed(const Tensor& A) { return A.transpose(-2, -1); }
/// A batch of numbers as (..., 1, 1).
inline Tensor as_matrices(const Tensor& x) { return x.unsqueeze(-1).unsqueeze(-1); }
/// True on the diagonal of (m, n).
Tensor diagonal_mask(std::int64_t m, std::int64_t n);
/// (..., n) to (..., n, n).
Tensor diagonal_matrix(const Tensor& v);

/// Under vmap: `x` with its batch dimension, if it has one, first of `rank + 1`, the others aligned to the right.
Tensor batch_in_front(const Tensor& x, std::int64_t dim, std::int64_t rank);

/// The LU factorization of a square matrix's transpose, which is what LAPACK sees in its rows: P L U.
struct LuFactors {
    Tensor lu, pivots, info;

    bool defined() const { return lu.defined(); }
};
LuFactors lu_factors(const char* name, const Tensor& A);
/// X with A X = B, or A^T X = B if `adjoint`, by factors of A, if they are defined; recorded as an operation on A and
/// B. Matrices without an inverse give what is not finite.
Tensor solve_factored(const LuFactors& factors, const Tensor& A, const Tensor& B, bool adjoint);

/// The gradient of A when that of its pseudo-inverse P is G, at constant rank (Golub and Pereyra, 1973).
Tensor pseudo_inverse_gradient(const Tensor& A, const Tensor& P, const Tensor& G);

}  // namespace xgrad::ops
