#pragma once

#include <cstdint>

namespace xgrad::ops {

/// A matrix in memory as BLAS takes it: rows of `ld` elements, or, when `transposed`, columns of them.
template <class T>
struct BlasMatrix {
    const T* data;
    bool transposed;
    std::int64_t ld;
};

/// Multiply-adds below which a second thread costs more than it saves.
inline constexpr std::int64_t kParallelProduct = std::int64_t{1} << 21;

/// C = A B + beta C for A (m, k), B (k, n) and row-major C (m, n) with rows of `ldc` elements. Products with a short
/// side, for which OpenBLAS is slow, go to kernels of our own. Large products are divided among our threads so that the
/// bits are those of the undivided product; OpenBLAS itself runs on one thread. Throws ShapeError, before anything is
/// written, when a dimension or stride does not fit the integers of BLAS.
template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, BlasMatrix<T> a, BlasMatrix<T> b, T beta, T* c,
          std::int64_t ldc);

extern template void gemm<float>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<float>, BlasMatrix<float>, float,
                                 float*, std::int64_t);
extern template void gemm<double>(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<double>, BlasMatrix<double>,
                                  double, double*, std::int64_t);

/// While one lives, OpenBLAS runs on one thread: its own threads would change bits with their number. The first sets
/// the process-wide count, the last restores it.
class SingleThreadedBlas {
  public:
    SingleThreadedBlas();
    ~SingleThreadedBlas();
    SingleThreadedBlas(const SingleThreadedBlas&) = delete;
    SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;
};

}  // namespace xgrad::ops
