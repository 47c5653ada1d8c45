#pragma once

#include <cstdint>

namespace xgrad::ops {

/// C = A B + beta C for A (m, k), B (k, n) and C (m, n): element (i, j) of a matrix lies at i * row + j * column
/// elements from its first. C is not read if beta is 0.
struct SkinnyProduct {
    struct Matrix {
        std::int64_t row, column;
    };
    std::int64_t m, n, k;
    const void* a;
    const void* b;
    void* c;
    Matrix a_strides, b_strides, c_strides;
    double beta;
};

/// Rows of an outer product: c[i, j] = a[i] * b[j] for `m` rows of `n` elements, those of b and c contiguous.
struct OuterProduct {
    std::int64_t m, n;
    const void* a;
    std::int64_t a_stride;
    const void* b;
    void* c;
};

/// Products for one floating-point dtype that keep their sums in registers and copy nothing, for sizes at which BLAS
/// spends its time on packing. The sum of an element is taken in an order that depends on k alone. Null where an
/// architecture has none.
struct SkinnyKernels {
    /// For few columns and long sums; a_strides.column and b_strides.row are 1.
    void (*dots)(const SkinnyProduct& product) = nullptr;
    /// For few rows; b_strides.column is 1.
    void (*panels)(const SkinnyProduct& product) = nullptr;
    void (*outer)(const OuterProduct& product) = nullptr;
};

}  // namespace xgrad::ops
