#pragma once

#include <cstdint>

namespace xgrad::ops {

/// One row of m numbers against `count` rows, one after the other, by the p-norm.
struct DistanceRow {
    std::int64_t count, m;
    double p;
};

/// Loops for one floating-point dtype.
struct DistanceKernels {
    /// out[j] = |a - b[j]|.
    void (*forward)(const DistanceRow& row, const void* a, const void* b, void* out) = nullptr;
    /// Of the gradients g[j] of the distances that of a; 0 is that of a distance of 0.
    void (*backward)(const DistanceRow& row, const void* g, const void* distances, const void* a, const void* b,
                     void* da) = nullptr;
};

}  // namespace xgrad::ops
