#pragma once

#include <cstdint>

namespace xgrad::ops {

/// A block of contiguous rows of n scores, one of each key.
struct AttentionRows {
    std::int64_t rows, n;
    std::int64_t first;  // if causal, row r sees the keys up to first + r
    bool causal;
    double scale;
    std::int64_t mask_stride;  // from row to row of the mask
};

/// Loops for one floating-point dtype.
struct AttentionKernels {
    /// In place: softmax(scale scores + mask). `mask` may be null. Rows that see no key become zeros.
    void (*weights)(const AttentionRows& block, void* scores, const void* mask) = nullptr;
    /// In place, of the gradient of the weights that of the scores; the mask's is written to `dmask`, unless that is
    /// null.
    void (*backward)(const AttentionRows& block, const void* weights, void* gradient, void* dmask) = nullptr;
};

}  // namespace xgrad::ops
