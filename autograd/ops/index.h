#pragma once

#include <xgrad/autograd/tensor.h>

/// Indexing with one tensor of positions: what advanced indices come down to.
namespace xgrad::ops {

/// `count` dimensions of a tensor from `first` on, flattened, indexed by one tensor of positions in [0, their product).
struct IndexedDims {
    std::int64_t first;
    std::int64_t count;
};

/// The slices of `self` at `positions` (int64, any shape), whose shape takes the place of the indexed dimensions.
Tensor take_slices(const Tensor& self, IndexedDims dims, const Tensor& positions);

/// The same of plain tensors, for operations that are made of it; errors name `operation`.
Tensor copy_slices(const char* operation, const Tensor& self, IndexedDims dims, const Tensor& positions);

/// Writes `value`, which broadcasts to the shape of take_slices, into those slices. Of several writes to one place the
/// last in row-major order stays, and it alone gets the gradient.
void put_slices(Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value);

}  // namespace xgrad::ops
