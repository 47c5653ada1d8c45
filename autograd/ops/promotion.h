#pragma once

#include <span>

#include <xgrad/autograd/elementwise.h>

namespace xgrad::ops {

ScalarType result_type(std::span<const Tensor* const> inputs);
/// `number` as a tensor without dimensions that takes part in an operation with `x` as a number would.
Tensor number_operand(const Tensor& x, const Scalar& number);

}  // namespace xgrad::ops
