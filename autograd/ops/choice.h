#pragma once

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

/// Operations that choose elements along a dimension: their outputs are the values and where they stand.
namespace xgrad::ops {

/// `count` elements of each line along `dim`; a single one leaves no dimension behind unless `keepdim`.
struct Choice {
    static constexpr Uses uses[] = {out(1)};
    static constexpr unsigned differentiable = 1;

    std::int64_t dim, count;
    bool keepdim = true;

    detail::Dims result_shape(IntArrayRef sizes) const {
        detail::Dims shape = with_count(sizes);
        if (!keepdim && !shape.empty()) shape.erase(static_cast<std::size_t>(dim));
        return shape;
    }
    void vjp(Vjp& b) const {
        const TensorMeta& meta = b.meta(0);
        if (meta.sizes.empty()) return b.set(0, b.grad());
        const detail::Dims shape = with_count(meta.sizes);
        const Tensor zero = zeros({}, meta.dtype).expand(meta.sizes);
        b.set(0, scatter_add(zero, dim, b.output(1).view(shape), b.grad().reshape(shape)));
    }

  protected:
    detail::Dims with_count(IntArrayRef sizes) const {
        detail::Dims shape = sizes;
        if (!shape.empty()) shape[static_cast<std::size_t>(dim)] = count;
        return shape;
    }
    /// The elements of `tangent` that `op` chooses of `x`.
    template <class Op>
    Tensor chosen_tangent(const Op& op, const Tensor& x, const Tensor& tangent) const {
        if (x.dim() == 0) return tangent;
        const Tensor places = detail_op::apply(op, x)[1];
        return tangent.gather(dim, places.view(with_count(x.sizes()))).reshape(places.sizes());
    }
};

}  // namespace xgrad::ops
