#pragma once

#include <xgrad/autograd/functional.h>

/// What the transforms share.
namespace xgrad::detail {

/// A level that no other transform has, whatever the thread: a tensor that outlives its transform is none of another's.
std::int64_t next_level();

/// What `tensor` wraps at this level, or null.
const TransformLevel* at_level(const Tensor& tensor, std::int64_t level);

/// The results of `function`, a user's. Throws ValueError, in the name of `transform`, for an undefined one.
TensorList call_user(const char* transform, const func::ErasedFunction& function, const TensorList& inputs);

/// The input that `argnum` means among `count`. Throws IndexError.
std::size_t wrap_argnum(const char* transform, std::int64_t argnum, std::size_t count);

void check_differentiable(const char* transform, const char* what, std::size_t which, const Tensor& tensor);

// As the public functions without `transform`, in whose name they throw.

/// `argnums` are the inputs to differentiate by; the second function gives their gradients alone.
std::tuple<TensorList, func::ErasedFunction> vjp(const char* transform, const func::ErasedFunction& function,
                                                 const TensorList& inputs, const std::vector<std::size_t>& argnums);
std::tuple<TensorList, TensorList> jvp(const char* transform, const func::ErasedFunction& function,
                                       const TensorList& inputs, const TensorList& tangents);
/// The value of a scalar function followed by its gradients.
TensorList value_and_gradients(const char* transform, const func::ErasedFunction& function, const TensorList& inputs,
                               const std::vector<std::size_t>& argnums);

/// The inputs of floating-point dtype.
std::vector<std::size_t> differentiable_inputs(const TensorList& inputs);

}  // namespace xgrad::detail
