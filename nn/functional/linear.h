#pragma once

#include <xgrad/autograd/tensor.h>

namespace xgrad::nn::functional {

/// x W^T + b for x (..., in), W (out, in) and, if defined, b (out).
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
/// y_k = x1 W_k x2 + b_k for x1 (..., in1), x2 (..., in2), W (out, in1, in2) and, if defined, b (out).
Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = {});

}  // namespace xgrad::nn::functional
