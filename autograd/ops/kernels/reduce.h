#pragma once

#include <cstdint>

namespace xgrad::ops {

/// What a reduction makes of its elements.
enum class Fold { kSum, kSumOfSquares, kSumOfAbs, kMax, kMin, kMaxAbs, kMinAbs, kProduct };
inline constexpr int kNumFolds = 8;

/// Loops of one fold over one dtype; null where the fold has none. Sums are made pairwise over blocks, so that rounding
/// errors grow with the logarithm of n.
struct FoldKernels {
    /// out[r] = the fold of the n elements from in + r * stride.
    void (*rows)(const void* in, std::int64_t stride, std::int64_t n, void* out, std::int64_t rows) = nullptr;
    /// out[j] = the fold of in[r * stride + j] over r < n, for j < width.
    void (*columns)(const void* in, std::int64_t stride, std::int64_t n, void* out, std::int64_t width) = nullptr;
};

/// Means and sums of squared deviations from them, for float32 and float64, each in two passes over a part that stays
/// in the cache.
struct MomentKernels {
    /// mean[r], squares[r] = those of the n elements from in + r * stride.
    void (*rows)(const void* in, std::int64_t stride, std::int64_t n, double* mean, double* squares,
                 std::int64_t rows) = nullptr;
    /// mean[j], squares[j] = those of in[r * stride + j] over r < n, for j < width.
    void (*columns)(const void* in, std::int64_t stride, std::int64_t n, double* mean, double* squares,
                    std::int64_t width) = nullptr;
};

/// The first position of a value that is there; NaN is looked for as a value too.
struct FindKernels {
    /// index[r] = the position of value[r] among the n elements from in + r * n.
    void (*rows)(const void* in, std::int64_t n, const void* value, std::int64_t* index, std::int64_t rows) = nullptr;
    /// index[j] = the smallest r with in[r * stride + j] = value[j], for j < width.
    void (*columns)(const void* in, std::int64_t stride, std::int64_t n, const void* value, std::int64_t* index,
                    std::int64_t width) = nullptr;
};

}  // namespace xgrad::ops
