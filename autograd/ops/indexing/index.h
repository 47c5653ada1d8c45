#pragma once

#include <xgrad/autograd/tensor.h>

/// Indexing with one tensor of positions: what advanced indices come down to.
namespace xgrad::ops {

/// `count` dimensions of a tensor from `first` on, flattened, indexed by one tensor of positions in [0, their product).
struct IndexedDims {
    std::int64_t first;
    std::int64_t count;
};
/// All dimensions of `x`: positions in its flattened form.
inline IndexedDims all_dims(const Tensor& x) { return {0, x.dim()}; }

/// The slices of `self` at `positions` (int64, any shape), whose shape takes the place of the indexed dimensions.
Tensor take_slices(const Tensor& self, IndexedDims dims, const Tensor& positions);

/// The same of plain tensors, for operations that are made of it; errors name `operation`.
Tensor copy_slices(const char* operation, const Tensor& self, IndexedDims dims, const Tensor& positions);

/// Writes `value`, which broadcasts to the shape of take_slices, into those slices, or adds it to them. Of several
/// writes to one place the last in row-major order stays; all of them get its gradient.
void put_slices(Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value, bool accumulate = false);

/// The same on a copy of `self`.
Tensor with_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value,
                   bool accumulate = false);

/// `self` with `source`, of the shape of take_slices, added to those slices.
Tensor add_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& source);

/// Zeros of this shape with the rows of `source` (positions.sizes(), width) added at `positions` of `rows`: fast where
/// most rows are not touched.
Tensor sum_rows(const Tensor& source, const Tensor& positions, std::int64_t rows);

/// A copy of `index` (int64 or int32) in which negative positions are counted from the end of dimension `dim` of this
/// size. Throws IndexError, naming `operation`, for one out of range.
Tensor wrapped_positions(const char* operation, const Tensor& index, std::int64_t dim, std::int64_t size);
/// The positions in the flattened mask (bool or uint8) where it holds.
Tensor mask_positions(const Tensor& mask);

/// Positions in tensors of this size, one after the other, from those in each of them: one for every element of the
/// first dimension. They are checked.
Tensor positions_in_batch(const char* operation, const Tensor& index, std::int64_t dim, std::int64_t size);

/// The index of index_select and its kin: a vector of int64.
Tensor index_vector(const char* operation, const Tensor& index);
void check_source_dtype(const char* operation, const Tensor& self, const Tensor& source);
/// A view with one dimension of a tensor without any.
inline Tensor at_least_1d(const Tensor& x) { return x.dim() == 0 ? x.view({1}) : x; }
/// `x` contiguous, and not in the memory of `self`, which is about to be written.
Tensor apart_from(const Tensor& self, const Tensor& x);
/// Throws IndexError, naming `operation`, unless all positions are in [0, size); those of all examples inside vmap.
void check_positions(const char* operation, const Tensor& positions, std::int64_t dim, std::int64_t size);

}  // namespace xgrad::ops
