#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/blas.h>
#include <xgrad/autograd/parallel.h>

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
    const SingleThreadedBlas single;
    const auto flag = [](bool transposed) { return transposed ? cxxblas::Trans : cxxblas::NoTrans; };
    const auto rows = [&](std::int64_t from, std::int64_t to) {
        cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a.transposed), flag(b.transposed), static_cast<Index>(to - from),
                             cols, inner, T(1), a.data + from * (a.transposed ? 1 : a.ld), lda, b.data, ldb, beta,
                             c + from * ldc, ld);
    };
    // As few parts as there are threads to take them: every part packs the whole of B again.
    const std::int64_t least = std::max(kRowBlock, kSmallProduct / std::max<std::int64_t>(n * k, 1) + 1);
    std::int64_t parts = std::min<std::int64_t>(get_num_threads(), m / least);
    if (m * n * k < kParallelProduct || parts < 2) return rows(0, m);
    const std::int64_t share = ((m + parts - 1) / parts + kRowBlock - 1) / kRowBlock * kRowBlock;
    parts = (m + share - 1) / share;
    if (m - (parts - 1) * share < least) --parts;  // the last takes the rest
    detail::parallel_for(0, parts, 1,
                         [&](std::int64_t from, std::int64_t to) { rows(from * share, to == parts ? m : to * share); });
}

template void gemm<float>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<float>, BlasMatrix<float>, float, float*,
                          std::int64_t);
template void gemm<double>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<double>, BlasMatrix<double>, double,
                           double*, std::int64_t);

}  // namespace xgrad::ops
