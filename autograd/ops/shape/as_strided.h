#pragma once

#include <utility>

#include <xgrad/autograd/history.h>
#include <xgrad/autograd/tensor.h>

/// Views by where their elements lie in memory, and the gradients of such views.
namespace xgrad::ops {

/// Where the elements of a tensor lie in a piece of memory.
struct Geometry {
    std::int64_t offset = 0;
    detail::Dims sizes, strides;
};

/// The gradient of a source of which `grad` is that of a view: zeros with each element of `grad` added where it
/// belongs. Both geometries are in one piece of memory that begins at 0.
Tensor scatter_view(const Tensor& grad, Geometry view, Geometry source);

/// The elements that `part.of(geometry of x)` describes.
template <class Part>
Tensor view_part(const Part& part, const Tensor& x) {
    Geometry g = part.of({x.storage_offset(), x.sizes(), x.strides()});
    return detail::make_view(x, g.offset, std::move(g.sizes), std::move(g.strides));
}
/// The gradient of a source of the given sizes from that of its part.
template <class Part>
Tensor part_gradient(const Part& part, const Tensor& grad, IntArrayRef sizes) {
    Geometry source{0, sizes, detail::contiguous_strides(sizes)};
    Geometry view = part.of(source);
    return scatter_view(grad, std::move(view), std::move(source));
}

}  // namespace xgrad::ops
