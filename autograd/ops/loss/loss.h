#pragma once

#include <optional>

#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/reduction.h>
#include <xgrad/autograd/tensor.h>

/// What the files of losses share.
namespace xgrad::ops {

/// The single losses, their mean or their sum.
Tensor reduce_losses(const Tensor& losses, Reduction reduction);

/// The dimension of the classes of an input (N, C, ...) or (C).
inline std::int64_t class_dim(const Tensor& input) { return input.dim() == 1 ? 0 : 1; }

/// Checks that `input` is of floating point and has classes, and that there is one weight of its dtype for each, or
/// that the weight is undefined.
void check_classes(const char* name, const Tensor& input, const Tensor& weight);

/// The target as int64, if it may be class indices: int64 or uint8.
Tensor class_indices(const char* name, const Tensor& target);

/// Checks that the elements of `target` (int64) are indices of `classes` classes, or `ignored`.
void check_range(const char* name, const Tensor& target, std::int64_t classes, std::optional<std::int64_t> ignored);

/// An output of an operation that has no gradient.
Tensor saved_constant(const Vjp& b, unsigned k);

/// vmap of an operation on rows of classes (N, C, ...) or one row (C), of which all results are for the rows.
template <class Op>
auto batch_rows(const Op& op, std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    const TensorList in = batches_first(x, dims);
    if (in[0].dim() == 2)
        return with_batch(detail_op::apply(op, in[0], in[1]));  // one row each: together they are (N, C)
    return batch_folded(op, x, dims, {0, 0}, {0, 0, 0});
}

/// Calls f with a number of the C++ type of a floating-point dtype.
template <class F>
void visit_floating(ScalarType dtype, F f) {
    if (dtype == kFloat32)
        f(float{});
    else
        f(double{});
}

}  // namespace xgrad::ops
