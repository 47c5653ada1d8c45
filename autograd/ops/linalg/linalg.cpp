#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <cmath>
#include <limits>
#include <utility>

namespace xgrad::ops {

using detail::Dims;

void check_matrix(const char* name, const Tensor& A, const char* what) {
    check_defined(name, A);
    if (A.dim() < 2)
        raise<ShapeError>(name, "The input tensor ", what, " must have at least 2 dimensions, the shape is ",
                          detail::shape_string(A.sizes()));
    if (!A.is_floating_point())
        raise<DtypeError>(name, "Expected a floating point or complex tensor as input. Got ", A.dtype());
}

void check_square(const char* name, const Tensor& A, const char* what) {
    check_matrix(name, A, what);
    if (A.size(-1) != A.size(-2))
        raise<ShapeError>(name, what, " must be batches of square matrices, but they are ", A.size(-2), " by ",
                          A.size(-1), " matrices");
}

void check_operand(const char* name, const Tensor& A, const Tensor& B) {
    check_defined(name, B);
    if (A.dtype() != B.dtype())
        raise<DtypeError>(name, "Expected A and B to have the same dtype, but found A of type ", A.dtype(),
                          " and B of type ", B.dtype(), " instead");
}

namespace {

std::string element(const Tensor& batch, std::int64_t i) {
    return batch.dim() == 0 ? "" : "(Batch element " + std::to_string(i) + "): ";
}

}  // namespace

void check_finite(const char* name, const Tensor& A) {
    if (A.numel() == 0) return;
    const Tensor finite = A.isfinite().flatten(-2, -1).to(kUInt8).amin(-1);
    for (std::int64_t i = 0; i < finite.numel(); ++i)
        if (pointer<std::uint8_t>(finite)[i] == 0)
            raise<LinAlgError>(
                name, element(finite, i),
                "The algorithm failed to converge because the input matrix contained non-finite values.");
}

void check_codes(const char* name, const Tensor& codes, std::string (*describe)(int code)) {
    const Tensor info = detail::innermost(codes).contiguous();
    for (std::int64_t i = 0; i < info.numel(); ++i)
        if (const int code = pointer<std::int32_t>(info)[i]; code != 0)
            raise<LinAlgError>(name, element(info, i), describe(code));
}

std::string describe_singular(int code) {
    return "The diagonal element " + std::to_string(code) +
           " is zero, the inversion could not be completed because the input matrix is singular.";
}

Dims batch_sizes(const Tensor& A, IntArrayRef last) {
    Dims sizes = A.sizes().slice(0, A.sizes().size() - 2);
    for (const auto s : last) sizes.push_back(s);
    return sizes;
}

std::int64_t matrix_count(const Tensor& A) {
    std::int64_t count = 1;
    for (const auto s : batch_sizes(A)) count *= s;
    return count;
}

Tensor empty_columns(IntArrayRef sizes, ScalarType dtype) {
    Dims swapped = sizes;
    const std::size_t rank = swapped.size();
    std::swap(swapped[rank - 2], swapped[rank - 1]);
    Dims strides = detail::contiguous_strides(swapped);
    std::swap(strides[rank - 2], strides[rank - 1]);
    return empty_strided(sizes, strides, dtype);
}

Tensor rows_of(const Tensor& A, IntArrayRef sizes) {
    Tensor out = empty(sizes, A.dtype());
    copy(out, A);
    return out;
}

Tensor columns_of(const Tensor& A, IntArrayRef sizes) {
    Tensor out = empty_columns(sizes, A.dtype());
    copy(out, A);
    return out;
}

int lapack_size(const char* name, std::int64_t size) {
    if (!std::in_range<int>(size))
        raise<ShapeError>(name, "a size of ", size, " is more than LAPACK can take: at most ",
                          std::numeric_limits<int>::max());
    return static_cast<int>(size);
}

Tensor diagonal_mask(std::int64_t m, std::int64_t n) { return arange(m, kInt64).unsqueeze(1) == arange(n, kInt64); }

Tensor diagonal_matrix(const Tensor& v) {
    const std::int64_t n = v.size(-1);
    return where(diagonal_mask(n, n), v.unsqueeze(-1), 0);
}

Tensor batch_in_front(const Tensor& x, std::int64_t dim, std::int64_t rank) {
    if (dim < 0) return x;
    Tensor out = x.movedim(dim, 0);
    while (out.dim() < rank + 1) out = out.unsqueeze(1);
    return out;
}

LuFactors lu_factors(const char* name, const Tensor& A) {
    const std::int64_t n = A.size(-1), count = matrix_count(A);
    const int size = lapack_size(name, n);
    LuFactors f{rows_of(A), empty(batch_sizes(A, n), kInt32), empty(batch_sizes(A), kInt32)};
    visit_float(A.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for_each_matrix(count, n * n * n / 3, [&](std::int64_t i) {
            pointer<std::int32_t>(f.info)[i] =
                n == 0 ? 0 : lapack::getrf(size, size, pointer<T>(f.lu) + i * n * n, pointer<int>(f.pivots) + i * n);
        });
    });
    return f;
}

}  // namespace xgrad::ops
