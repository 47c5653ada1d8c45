#pragma once

#include <xgrad/autograd/ops/op.h>

/// What the batch rules of several families have in common.
namespace xgrad::ops {

/// The inputs with the batch as first dimension, repeated where there is none.
TensorList batches_first(std::span<const Tensor> inputs, std::span<const std::int64_t> dims);

/// An operation along `op.dim`, of a tensor with one more dimension, moved to the front.
template <class Op>
auto batch_along(Op op, const Tensor& x, std::int64_t batch_dim) {
    const Tensor batched = x.movedim(batch_dim, 0);
    const bool numbers = batched.dim() == 1;
    op.dim = numbers ? 1 : op.dim + 1;
    auto result = detail_op::apply(op, numbers ? batched.unsqueeze(1) : batched);
    const auto finish = [&](const Tensor& y) { return Batched{numbers ? y.reshape(batched.sizes()) : y, 0}; };
    if constexpr (std::is_same_v<decltype(result), Tensor>)
        return finish(result);
    else
        return std::array<Batched, 2>{finish(result[0]), finish(result[1])};
}

}  // namespace xgrad::ops
