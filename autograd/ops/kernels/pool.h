#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Windows side by side over some rows: window i holds, of every row, the elements i * stride + j * dilation for
/// j < kernel. They are there for all windows.
struct PoolWindows {
    const void* const* rows;
    std::int64_t row_count, kernel, dilation, stride, count;
    std::int64_t readable;  // elements of each row
};

/// Loops for one floating-point dtype. The stride is 1 or 2.
struct PoolKernels {
    /// The largest elements, NaN if there is one, and their indices: `first` for the first element of the first window,
    /// offsets[r] more in row r (exact in the dtype).
    void (*max)(const PoolWindows& windows, const std::int64_t* offsets, std::int64_t first, void* y,
                std::int64_t* indices) = nullptr;
    /// Sums divided by a number.
    void (*mean)(const PoolWindows& windows, double divisor, void* y) = nullptr;
};

}  // namespace xgrad::ops
