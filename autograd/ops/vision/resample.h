#pragma once

#include <memory>

#include <xgrad/autograd/ops/indexing/sparse_map.h>

namespace xgrad::ops {

/// `map` with the factors `values` (of the dtype of `x`) along a dimension: weighted sums of slices, differentiable to
/// every order.
Tensor resample(const std::shared_ptr<const SparseMap>& map, const Tensor& values, const Tensor& x, std::int64_t dim);

/// The mean, over the dimension, of each element and of its neighbours, `before` and `behind`, where there are fewer
/// with zeros in place of them.
Tensor window_mean(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t behind);

/// (N, C, ...) resized by adaptive mean pooling: each new element is the mean of those it covers, were they in part.
Tensor upsample_area(const Tensor& x, IntArrayRef output_size);

}  // namespace xgrad::ops
