#pragma once

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

}  // namespace xgrad::ops
