#pragma once

#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// The gradient of softmax's input from that of its output and the output itself: y (g - sum(g y)) over `dim`.
Tensor softmax_backward(const Tensor& grad, const Tensor& output, std::int64_t dim);

}  // namespace xgrad::ops
