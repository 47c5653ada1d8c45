#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/blas.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <atomic>
#include <complex>
#include <limits>
#include <utility>

// First of the two: it says that there is a CBLAS, without which products are plain loops, a hundred times slower.
#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

extern "C" {
void openblas_set_num_threads(int n);
int openblas_get_num_threads();
}

namespace xgrad::ops {

namespace {

std::atomic_flag scope_lock;
int scopes = 0, saved_threads = 1;

// A flag and not a mutex: it is held for a few nanoseconds around every product.
class ScopeLock {
  public:
    ScopeLock() {
        while (scope_lock.test_and_set(std::memory_order_acquire)) scope_lock.wait(true, std::memory_order_relaxed);
    }
    ~ScopeLock() {
        scope_lock.clear(std::memory_order_release);
        scope_lock.notify_one();
    }
};

using Index = xt::blas_index_t;

Index blas_index(const char* what, std::int64_t value) {
    if (!std::in_range<Index>(value))
        raise<ShapeError>("gemm", what, " of ", value, " is more than BLAS can take: at most ",
                          std::numeric_limits<Index>::max());
    return static_cast<Index>(value);
}

// Blocks of rows that are multiples of 48 give the bits of the whole product with every kernel of OpenBLAS that we
// know.
constexpr std::int64_t kRowBlock = 48;
// Products of fewer multiply-adds may take another path through OpenBLAS, with other bits (1e6 in its AVX-512 kernels).
constexpr std::int64_t kSmallProduct = std::int64_t{1} << 20;

// Beyond this OpenBLAS packs its operands, with AVX-512 too: for a short side that takes as long as the product.
constexpr std::int64_t kUnpackedProduct = 1000000;
// Within these measured limits our kernels need from a fifth to nine tenths of its time. Its blocks have 16 columns.
constexpr std::int64_t kFewRows = 32, kFewColumns = 15, kDotsLength = 16, kLongSide = 128, kPanelLength = 32;

SkinnyProduct transposed(const SkinnyProduct& p) {
    const auto flip = [](SkinnyProduct::Matrix x) { return SkinnyProduct::Matrix{x.column, x.row}; };
    return {p.n, p.m, p.k, p.b, p.a, p.c, flip(p.b_strides), flip(p.a_strides), flip(p.c_strides), p.beta};
}

/// Copies A so that its rows are contiguous; they live as long as the result.
template <class T>
detail::PoolVector<T> store_rows(SkinnyProduct& p) {
    // Not by a power of 2 apart, else rows would share lines of the cache.
    const std::int64_t stride = p.k + 16;
    detail::PoolVector<T> rows(static_cast<std::size_t>(p.m * stride));
    const T* from = static_cast<const T*>(p.a);
    for (std::int64_t j = 0; j < p.k; ++j)
        for (std::int64_t i = 0; i < p.m; ++i)
            rows[static_cast<std::size_t>(i * stride + j)] = from[i * p.a_strides.row + j * p.a_strides.column];
    p.a = rows.data();
    p.a_strides = {stride, 1};
    return rows;
}

/// Multiplies by our own kernels if the product is large and has a short side that suits one of them.
template <class T>
bool multiply_skinny(std::int64_t m, std::int64_t n, std::int64_t k, BlasMatrix<T> a, BlasMatrix<T> b, T beta, T* c,
                     std::int64_t ldc) {
    const std::int64_t few = std::min(m, n), many = std::max(m, n), work = m * n * k;
    if (work <= kUnpackedProduct || few > (m <= n ? kFewRows : kFewColumns)) return false;
    const auto strides = [](const BlasMatrix<T>& x) {
        return x.transposed ? SkinnyProduct::Matrix{1, x.ld} : SkinnyProduct::Matrix{x.ld, 1};
    };
    SkinnyProduct p{m, n, k, a.data, b.data, c, strides(a), strides(b), {ldc, 1}, static_cast<double>(beta)};
    if (n < m) p = transposed(p);  // few rows in any case
    const SkinnyKernels& kernels_of_t = kernels().skinny[float_index(scalar_type_v<T>)];
    if (!kernels_of_t.dots) return false;
    // The long side is divided: each element is summed by one thread, in an order of its own.
    const std::int64_t share = (kParallelProduct / 2 / (few * k) / kLongSide + 1) * kLongSide;
    const std::int64_t grain = work < kParallelProduct ? many : share;
    const bool transposes = p.a_strides.column != 1;
    const bool dots =
        p.b_strides.row == 1 && k >= kDotsLength * few && (!transposes || (few <= kFewColumns && many >= kLongSide));
    if (dots) {
        detail::PoolVector<T> rows;
        if (transposes) rows = store_rows<T>(p);
        p = transposed(p);
        detail::parallel_for(0, many, grain, [&](std::int64_t from, std::int64_t to) {
            SkinnyProduct part = p;
            part.m = to - from;
            part.a = static_cast<const T*>(p.a) + from * p.a_strides.row;
            part.c = c + from * p.c_strides.row;
            kernels_of_t.dots(part);
        });
        return true;
    }
    if (p.b_strides.column != 1 || many < kLongSide || (n < m && k < kPanelLength)) return false;
    detail::parallel_for(0, many, grain, [&](std::int64_t from, std::int64_t to) {
        SkinnyProduct part = p;
        part.n = to - from;
        part.b = static_cast<const T*>(p.b) + from;
        part.c = c + from * p.c_strides.column;
        kernels_of_t.panels(part);
    });
    return true;
}

}  // namespace

SingleThreadedBlas::SingleThreadedBlas() {
    const ScopeLock lock;
    if (scopes++ > 0) return;
    saved_threads = openblas_get_num_threads();
    if (saved_threads != 1) openblas_set_num_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() {
    const ScopeLock lock;
    if (--scopes == 0 && saved_threads != 1) openblas_set_num_threads(saved_threads);
}

template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, BlasMatrix<T> a, BlasMatrix<T> b, T beta, T* c,
          std::int64_t ldc) {
    if (m == 0 || n == 0) return;
    blas_index("a number of rows", m);
    const Index cols = blas_index("a number of columns", n), inner = blas_index("an inner dimension", k);
    const Index lda = blas_index("a stride", a.ld), ldb = blas_index("a stride", b.ld),
                ld = blas_index("a stride", ldc);
    if (multiply_skinny(m, n, k, a, b, beta, c, ldc)) return;
    const SingleThreadedBlas single;
    const auto flag = [](bool transposed) { return transposed ? cxxblas::Trans : cxxblas::NoTrans; };
    const auto rows = [&](std::int64_t from, std::int64_t to) {
        cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a.transposed), flag(b.transposed), static_cast<Index>(to - from),
                             cols, inner, T(1), a.data + from * (a.transposed ? 1 : a.ld), lda, b.data, ldb, beta,
                             c + from * ldc, ld);
    };
    if (m * n * k < kParallelProduct) return rows(0, m);
    // As few parts as there are threads to take them: every part packs the whole of B again.
    const std::int64_t least = std::max(kRowBlock, kSmallProduct / std::max<std::int64_t>(n * k, 1) + 1);
    std::int64_t parts = std::min<std::int64_t>(get_num_threads(), m / least);
    // Nearest to equal shares; the last part takes the rest of m.
    const auto boundary = [&](std::int64_t part) {
        return part == parts ? m : (part * m + parts * kRowBlock / 2) / (parts * kRowBlock) * kRowBlock;
    };
    const auto smallest = [&] {
        std::int64_t found = m;
        for (std::int64_t part = 0; part < parts; ++part) found = std::min(found, boundary(part + 1) - boundary(part));
        return found;
    };
    while (parts > 1 && smallest() < least) --parts;
    if (parts < 2) return rows(0, m);
    detail::parallel_for(0, parts, 1, [&](std::int64_t from, std::int64_t to) { rows(boundary(from), boundary(to)); });
}

template void gemm<float>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<float>, BlasMatrix<float>, float, float*,
                          std::int64_t);
template void gemm<double>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<double>, BlasMatrix<double>, double,
                           double*, std::int64_t);

}  // namespace xgrad::ops
