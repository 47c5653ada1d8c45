#pragma once

#include <xgrad/autograd/ops/convolution/fold.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad::ops {

inline Reduced reduced(const char* name, const Tensor& x, OptionalIntArrayRef dims, bool keepdim) {
    Reduced over{detail::dim_mask(dims, x.dim(), name), {}};
    for (std::size_t d = 0; d < x.sizes().size(); ++d) {
        if (!over.contains(d))
            over.shape.push_back(x.sizes()[d]);
        else if (keepdim)
            over.shape.push_back(1);
    }
    return over;
}

/// How many elements become one.
inline double count_of(const Tensor& x, const Reduced& over) {
    double count = 1;
    for (std::size_t d = 0; d < x.sizes().size(); ++d)
        if (over.contains(d)) count *= static_cast<double>(x.sizes()[d]);
    return count;
}

/// A result, or its gradient, with a dimension of size 1 for each that was taken away: it broadcasts with the input.
inline Tensor restore(const Tensor& result, const Reduced& over, const detail::Dims& sizes) {
    if (result.dim() == 0 || result.sizes().size() == sizes.size()) return result;
    detail::Dims kept = sizes;
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (over.contains(d)) kept[d] = 1;
    return result.view(kept);
}

/// Sums over the dimensions of `over` and keeps them.
inline Tensor sum_kept(const Tensor& x, const Reduced& over) {
    detail::Dims kept = x.sizes();
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (over.contains(d)) kept[d] = 1;
    return x.sum_to_size(kept);
}

inline Tensor mean_kept(const Tensor& x, const Reduced& over) { return sum_kept(x, over) / count_of(x, over); }

/// Throws unless there are elements to choose from.
inline void check_choice(const char* name, const Tensor& x, OptionalIntArrayRef dims) {
    if (x.numel() > 0) return;
    if (!dims || dims->empty())
        raise<IndexError>(name,
                          "Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                          "with the 'dim' argument");
    for (const auto dim : *dims)
        if (x.dim() > 0 && x.size(dim) == 0)
            raise<IndexError>(name, "Expected reduction dim ", dim, " to have non-zero size, the shape is ",
                              detail::shape_string(x.sizes()));
}

/// The same reduction of a tensor with one more dimension, moved to the front.
template <class Op>
Batched reduce_batch(const Op& op, const Tensor& x, std::int64_t dim) {
    Op batched = op;
    batched.over.dims <<= 1;
    batched.over.shape.insert(0, x.size(dim));
    return {detail_op::apply(batched, x.movedim(dim, 0)), 0};
}

}  // namespace xgrad::ops
