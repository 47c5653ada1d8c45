#pragma once

#include <xgrad/autograd/tensor.h>

namespace xgrad::nn::functional {

/// x W^T + b for x (..., in), W (out, in) and, if defined, b (out).
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

}  // namespace xgrad::nn::functional
