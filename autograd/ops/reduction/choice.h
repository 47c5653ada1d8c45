#pragma once

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>

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

    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, std::span<const Tensor> outputs) const {
        const Tensor& places = outputs[1];
        if (x[0].dim() == 0) return tangents[0];
        return tangents[0].gather(dim, places.view(with_count(x[0].sizes()))).reshape(places.sizes());
    }

  private:
    detail::Dims with_count(IntArrayRef sizes) const {
        detail::Dims shape = sizes;
        if (!shape.empty()) shape[static_cast<std::size_t>(dim)] = count;
        return shape;
    }
};

}  // namespace xgrad::ops
