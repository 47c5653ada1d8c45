#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/product/blas.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <atomic>
#include <complex>
#include <limits>
#include <string_view>
#include <utility>

// First of the two: it says that there is a CBLAS, without which products are plain loops, a hundred times slower.
#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

extern "C" {
void openblas_set_num_threads(int n);
int openblas_get_num_threads();
char* openblas_get_corename();
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
// know; blocks of columns that are multiples of 96 do in single precision with its AVX-512 kernels.
constexpr std::int64_t kRowBlock = 48, kColumnBlock = 96;
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

template <class T>
bool columns_divide() {
    static const bool divide = [] {
        const std::string_view kernels_for = openblas_get_corename();
        return std::is_same_v<T, float> && (kernels_for == "SkylakeX" || kernels_for == "Cooperlake");
    }();
    return divide;
}

/// The rows or columns of a product in parts, with boundaries at multiples of `block` nearest to equal shares.
class Division {
  public:
    /// As few parts as there are threads to take them, each of which packs the other operand again, and none small. A
    /// row or column takes `work` multiply-adds.
    Division(std::int64_t size, std::int64_t block, std::int64_t work) : size_(size), block_(block) {
        const std::int64_t least = std::max(block, kSmallProduct / std::max<std::int64_t>(work, 1) + 1);
        parts_ = std::clamp<std::int64_t>(size / least, 1, get_num_threads());
        while (parts_ > 1 && extent([](auto a, auto b) { return std::min(a, b); }) < least) --parts_;
    }
    std::int64_t parts() const { return parts_; }
    std::int64_t boundary(std::int64_t part) const {
        return part == parts_ ? size_ : (part * size_ + parts_ * block_ / 2) / (parts_ * block_) * block_;
    }
    /// The part of the work that its largest part is.
    double largest_share() const {
        return static_cast<double>(extent([](auto a, auto b) { return std::max(a, b); })) / static_cast<double>(size_);
    }

  private:
    template <class Choose>
    std::int64_t extent(Choose choose) const {
        std::int64_t chosen = boundary(1);
        for (std::int64_t part = 1; part < parts_; ++part) chosen = choose(chosen, boundary(part + 1) - boundary(part));
        return chosen;
    }

    std::int64_t size_, block_, parts_;
};

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
    blas_index("a number of columns", n);
    const Index inner = blas_index("an inner dimension", k);
    const Index lda = blas_index("a stride", a.ld), ldb = blas_index("a stride", b.ld),
                ld = blas_index("a stride", ldc);
    if (multiply_skinny(m, n, k, a, b, beta, c, ldc)) return;
    const SingleThreadedBlas single;
    const auto flag = [](bool transposed) { return transposed ? cxxblas::Trans : cxxblas::NoTrans; };
    const auto part = [&](std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) {
        cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a.transposed), flag(b.transposed), static_cast<Index>(rows),
                             static_cast<Index>(columns), inner, T(1), a.data + row * (a.transposed ? 1 : a.ld), lda,
                             b.data + column * (b.transposed ? b.ld : 1), ldb, beta, c + row * ldc + column, ld);
    };
    if (m * n * k < kParallelProduct) return part(0, m, 0, n);
    const Division by_rows(m, kRowBlock, n * k), by_columns(n, kColumnBlock, m * k);
    if (columns_divide<T>() && by_columns.largest_share() < by_rows.largest_share()) {
        detail::parallel_for(0, by_columns.parts(), 1, [&](std::int64_t from, std::int64_t to) {
            const std::int64_t column = by_columns.boundary(from);
            part(0, m, column, by_columns.boundary(to) - column);
        });
    } else {
        detail::parallel_for(0, by_rows.parts(), 1, [&](std::int64_t from, std::int64_t to) {
            const std::int64_t row = by_rows.boundary(from);
            part(row, by_rows.boundary(to) - row, 0, n);
        });
    }
}

template void gemm<float>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<float>, BlasMatrix<float>, float, float*,
                          std::int64_t);
template void gemm<double>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<double>, BlasMatrix<double>, double,
                           double*, std::int64_t);

}  // namespace xgrad::ops
