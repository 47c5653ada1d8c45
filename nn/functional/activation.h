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
/// The formulas of the following stand in <xgrad/autograd/elementwise.h>.
Tensor relu6(Tensor input, const ReLU6FuncOptions& options = {});
Tensor elu(Tensor input, const ELUFuncOptions& options = {});
Tensor selu(Tensor input, const SELUFuncOptions& options = {});
Tensor celu(Tensor input, const CELUFuncOptions& options = {});
Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options = {});
Tensor rrelu(Tensor input, const RReLUFuncOptions& options = {});
Tensor prelu(const Tensor& input, const Tensor& weight);
Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options = {});
Tensor threshold(Tensor input, const ThresholdFuncOptions& options);
Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options = {});
Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options = {});
Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options = {});
Tensor gelu(const Tensor& input, const GELUFuncOptions& options = {});
Tensor glu(const Tensor& input, const GLUFuncOptions& options = {});
Tensor silu(const Tensor& input);
Tensor mish(const Tensor& input);
Tensor softsign(const Tensor& input);
Tensor tanhshrink(const Tensor& input);
Tensor logsigmoid(const Tensor& input);
Tensor hardsigmoid(const Tensor& input);
Tensor hardswish(const Tensor& input);
/// exp(x) / sum(exp(x)) along a dimension.
Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
/// softmax(-x).
Tensor softmin(const Tensor& input, const SoftminFuncOptions& options);
/// Samples of the categorical distribution with these unnormalised logarithms of probabilities, relaxed so that there
/// is a gradient: softmax((logits + Gumbel noise) / tau) (Jang et al., 2016).
Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options = {});
/// log(softmax(x)), without overflow.
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);

}  // namespace xgrad::nn::functional
