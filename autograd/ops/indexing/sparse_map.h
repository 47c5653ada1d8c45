#pragma once

#include <xgrad/autograd/pool_allocator.h>
#include <xgrad/autograd/tensor.h>

/// Linear maps of slices along a dimension, each result the weighted sum of a few: bags of embeddings, resampling.
namespace xgrad::ops {

struct SparseMap {
    /// A map from `slices` slices to none yet.
    explicit SparseMap(std::int64_t slices) : inputs(slices), starts(1, 0) {}

    /// Adds slice `column` to the result that is being described.
    void add(std::int64_t column) { columns.push_back(column); }
    /// The same, with the number `entry` of the values as factor.
    void add(std::int64_t column, std::int64_t entry) {
        columns.push_back(column);
        entries.push_back(entry);
    }
    /// Ends the description of one result.
    void end_row() { starts.push_back(static_cast<std::int64_t>(columns.size())); }

    std::int64_t rows() const { return static_cast<std::int64_t>(starts.size()) - 1; }
    SparseMap transposed() const;
    /// The same map `count` times, of slices and with factors (`values` each time) that lie one after the other.
    SparseMap repeated(std::int64_t count, std::int64_t values) const;

    std::int64_t inputs;
    detail::PoolVector<std::int64_t> starts, columns;
    detail::PoolVector<std::int64_t> entries;  // empty: the factors are in order
};

/// `map`, with the factors `values` (undefined: ones) of the dtype of `x`, along a dimension of a plain tensor. The
/// bits do not depend on the number of threads.
Tensor apply_map(const SparseMap& map, const Tensor& values, const Tensor& x, std::int64_t dim);

}  // namespace xgrad::ops
