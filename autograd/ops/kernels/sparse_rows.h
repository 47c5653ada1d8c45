#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Some rows of a sparse matrix times dense ones: row r is the sum over p in [starts[r], starts[r + 1]) of
/// values[entries[p]] x[columns[p]].
struct SparseRows {
    const std::int64_t* starts;
    const std::int64_t* columns;
    const std::int64_t* entries;  // null: p itself
    std::int64_t rows;
    std::int64_t terms;  // of every row, or -1 when they differ
};

/// Loops for one floating-point dtype. `values` may be null: ones.
struct SparseRowsKernels {
    /// Rows of `width` numbers.
    void (*rows)(const SparseRows& s, const void* values, const void* x, void* out, std::int64_t width) = nullptr;
    /// `count` vectors of `inputs` numbers each, of which the result has as many numbers as there are rows.
    void (*vectors)(const SparseRows& s, const void* values, const void* x, void* out, std::int64_t count,
                    std::int64_t inputs) = nullptr;
};

}  // namespace xgrad::ops
