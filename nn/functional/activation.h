#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/activation.h>

namespace xgrad::nn::functional {

/// 1 / (1 + exp(-x)).
Tensor sigmoid(const Tensor& input);
/// 1.7159 tanh(2x/3) (LeCun et al., Efficient BackProp, 1998): about the identity near 0, +-1 at +-1.
Tensor improved_sigmoid(const Tensor& input);
Tensor tanh(const Tensor& input);
/// max(x, 0).
Tensor relu(Tensor input, const ReLUFuncOptions& options = {});
/// exp(x) / sum(exp(x)) along a dimension.
Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
/// log(softmax(x)), without overflow.
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);

}  // namespace xgrad::nn::functional
