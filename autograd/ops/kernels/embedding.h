#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Rows of the gradient of a table, each the sum of the rows of `g` that belong to it: those at first[r],
/// next[first[r]] and so on until -1; zeros if there is none.
struct RowSums {
    const std::int64_t* first;
    const std::int64_t* next;
    std::int64_t rows, width;
    bool stream;  // whether `out`, aligned to 64 bytes as a whole, is too large for the caches
};
using RowSumKernel = void (*)(const RowSums& sums, const void* g, void* out);

}  // namespace xgrad::ops
