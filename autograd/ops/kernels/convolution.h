#pragma once

#include <cstdint>

namespace xgrad::ops {

/// C = A X + bias for A (rows, k) and an X (k, columns) whose rows overlap: row j begins at x + offsets[j]. Up to
/// kLaneElements more than `columns` elements of rows are read and written. The sum of an element is taken in an order
/// that depends on k alone.
struct ShiftedProduct {
    std::int64_t rows, columns, k;
    const void* a;
    std::int64_t a_stride;  // from row to row, as c_stride
    const void* x;
    const std::int64_t* offsets;
    const void* bias;  // one number a row, or null
    void* c;
    std::int64_t c_stride;
};

/// D += G X^T for G (rows, n) and X (k, n) whose rows consist of `segments` stretches of `length` elements, `g_step`
/// and `x_step` elements apart. Row r of G begins at g + r * g_stride, row j of X at x + offsets[j].
struct ShiftedDots {
    std::int64_t rows, k, segments, length;
    const void* g;
    std::int64_t g_stride, g_step;
    const void* x;
    const std::int64_t* offsets;
    std::int64_t x_step;
    void* d;
    std::int64_t d_stride;
};

/// Rows of elements copied from one matrix to another; element j of a row lies at j * step.
struct RowsCopy {
    std::int64_t rows, length;
    const void* from;
    std::int64_t from_row, from_step;
    void* to;
    std::int64_t to_row, to_step;
};

/// The elements of the widest SIMD register.
inline constexpr std::int64_t kLaneElements = 16;

/// Loops for one floating-point dtype.
struct ConvolutionKernels {
    void (*product)(const ShiftedProduct& product) = nullptr;
    void (*dots)(const ShiftedDots& dots) = nullptr;
    void (*copy)(const RowsCopy& copy) = nullptr;
    /// Whether none of n numbers is infinite or NaN.
    bool (*finite)(const void* x, std::int64_t n) = nullptr;
};

}  // namespace xgrad::ops
