#pragma once

#include <functional>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Transforms of functions of tensors. They nest, and what they compute is recorded like anything else.
namespace xgrad::func {

using Function = std::function<Tensor(const TensorList&)>;

/// The value of `function` at `inputs` and its derivative along `tangents` (of the same shapes; an undefined one is
/// zero), computed together in forward mode. Throws ShapeError when a tangent does not fit its input,
/// NotImplementedError when an operation on the way has no rule.
std::tuple<Tensor, Tensor> jvp(const Function& function, const TensorList& inputs, const TensorList& tangents);

/// A function that applies `function`, written for one example, to a batch: `in_dims` names the batch dimension of each
/// input (-1: none, the same for every example; missing ones are 0), `out_dim` that of the result. Operations run once
/// on the whole batch. Throws ShapeError when batch sizes differ, NotImplementedError when an operation has no rule.
Function vmap(Function function, std::vector<std::int64_t> in_dims = {}, std::int64_t out_dim = 0);

}  // namespace xgrad::func
