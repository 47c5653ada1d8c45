#pragma once

#include <xgrad/autograd/ops/kernels/reduce.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// The dimensions that a reduction takes away (a bit each), and the shape of what is left: the kept sizes in their
/// order, with or without a 1 for each of the others.
struct Reduced {
    std::uint64_t dims = 0;
    detail::Dims shape;

    bool contains(std::size_t d) const { return dims >> d & 1; }
};

/// Folds the dimensions `over.dims` of a plain tensor. Sums of nothing are 0, products 1; a maximum or minimum needs
/// elements. Dtypes: float32, float64; int64 for kSum and kProduct; all for kMax and kMin. The bits do not depend on
/// the number of threads.
Tensor fold(Fold kind, const Tensor& x, const Reduced& over);

/// How many elements are not zero: int64.
Tensor count(const Tensor& x, const Reduced& over);

/// Where along `dim` of the contiguous `x` the value stands first that `values` (contiguous) holds for it: int64, of
/// the shape of `values`.
Tensor find(const Tensor& x, std::int64_t dim, const Tensor& values);

}  // namespace xgrad::ops
