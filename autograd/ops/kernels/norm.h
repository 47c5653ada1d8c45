#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Some contiguous rows of n numbers that are each shifted and scaled to mean 0 and variance 1, or only scaled to mean
/// square 1. The saved numbers have one element a row; `mean` is null when rows are not centred.
struct NormRows {
    std::int64_t n, rows;
    void* mean;
    void* rstd;
    bool stream;  // whether y or dx, aligned to 64 bytes as a whole, is too large for the caches
};

/// Loops for one floating-point dtype. `weight` and `bias` (n numbers) may be null.
struct NormKernels {
    /// y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(variance + eps); mean and rstd are written.
    void (*forward)(const NormRows& rows, double eps, const void* x, const void* weight, const void* bias,
                    void* y) = nullptr;
    /// Of the gradient g of y that of x and, unless they are null (both), those of the weight and the bias, summed over
    /// the rows. Row r of g begins at r * g_stride.
    void (*backward)(const NormRows& rows, const void* g, std::int64_t g_stride, const void* x, const void* weight,
                     void* dx, void* dweight, void* dbias) = nullptr;
};

}  // namespace xgrad::ops
