#pragma once

#include <span>

#include <xgrad/autograd/tensor.h>

namespace xgrad {

/// The dtype of an operation on both, by PyTorch's rules: a tensor without dimensions raises the dtype only when it is
/// of a higher category (bool, integer, floating-point), a number only so too and then to the default dtype.
ScalarType result_type(const Tensor& a, const Tensor& b);
ScalarType result_type(const Tensor& a, const Scalar& b);

namespace ops {

ScalarType result_type(std::span<const Tensor* const> inputs);
/// `number` as a tensor without dimensions that takes part in an operation with `x` as a number would.
Tensor number_operand(const Tensor& x, const Scalar& number);

}  // namespace ops
}  // namespace xgrad
