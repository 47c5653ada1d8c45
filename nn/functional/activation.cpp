#include <xgrad/nn/functional/activation.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor sigmoid(const Tensor& input) { return xgrad::sigmoid(input); }
Tensor improved_sigmoid(const Tensor& input) { return xgrad::improved_sigmoid(input); }
Tensor tanh(const Tensor& input) { return xgrad::tanh(input); }
Tensor relu(Tensor input, const ReLUFuncOptions& options) { return options.inplace() ? input.relu_() : input.relu(); }

Tensor relu6(Tensor input, const ReLU6FuncOptions& options) {
    return options.inplace() ? xgrad::relu6_(input) : xgrad::relu6(input);
}
Tensor elu(Tensor input, const ELUFuncOptions& options) {
    return options.inplace() ? xgrad::elu_(input, options.alpha()) : xgrad::elu(input, options.alpha());
}
Tensor selu(Tensor input, const SELUFuncOptions& options) {
    return options.inplace() ? xgrad::selu_(input) : xgrad::selu(input);
}
Tensor celu(Tensor input, const CELUFuncOptions& options) {
    return options.inplace() ? xgrad::celu_(input, options.alpha()) : xgrad::celu(input, options.alpha());
}
Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options) {
    return options.inplace() ? xgrad::leaky_relu_(input, options.negative_slope())
                             : xgrad::leaky_relu(input, options.negative_slope());
}
Tensor rrelu(Tensor input, const RReLUFuncOptions& options) {
    return options.inplace() ? xgrad::rrelu_(input, options.lower(), options.upper(), options.training())
                             : xgrad::rrelu(input, options.lower(), options.upper(), options.training());
}
Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options) {
    return options.inplace() ? xgrad::hardtanh_(input, options.min_val(), options.max_val())
                             : xgrad::hardtanh(input, options.min_val(), options.max_val());
}
Tensor threshold(Tensor input, const ThresholdFuncOptions& options) {
    return options.inplace() ? xgrad::threshold_(input, options.threshold(), options.value())
                             : xgrad::threshold(input, options.threshold(), options.value());
}
Tensor prelu(const Tensor& input, const Tensor& weight) { return xgrad::prelu(input, weight); }
Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options) {
    return xgrad::hardshrink(input, options.lambda());
}
Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options) {
    return xgrad::softshrink(input, options.lambda());
}
Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options) {
    return xgrad::softplus(input, options.beta(), options.threshold());
}
Tensor gelu(const Tensor& input, const GELUFuncOptions& options) { return xgrad::gelu(input, options.approximate()); }
Tensor glu(const Tensor& input, const GLUFuncOptions& options) { return xgrad::glu(input, options.dim()); }
Tensor silu(const Tensor& input) { return xgrad::silu(input); }
Tensor mish(const Tensor& input) { return xgrad::mish(input); }
Tensor softsign(const Tensor& input) { return xgrad::softsign(input); }
Tensor tanhshrink(const Tensor& input) { return xgrad::tanhshrink(input); }
Tensor hardsigmoid(const Tensor& input) { return xgrad::hardsigmoid(input); }
Tensor hardswish(const Tensor& input) { return xgrad::hardswish(input); }
Tensor logsigmoid(const Tensor& input) { return xgrad::log_sigmoid(input); }

Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
    return xgrad::softmax(input, options.dim(), options.dtype());
}
Tensor softmin(const Tensor& input, const SoftminFuncOptions& options) {
    return xgrad::softmin(input, options.dim(), options.dtype());
}
Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options) {
    const Tensor noise = -empty_like(logits).exponential_().log();
    Tensor soft = xgrad::softmax((logits + noise) / options.tau(), options.dim());
    if (!options.hard()) return soft;
    // One-hot, with the gradient of the soft samples.
    const Tensor index = std::get<1>(soft.detach().max(options.dim(), true));
    const Tensor hard = zeros_like(logits).scatter_add_(options.dim(), index, ones(index.sizes(), logits.dtype()));
    return hard - soft.detach() + soft;
}
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
    return xgrad::log_softmax(input, options.dim(), options.dtype());
}

}  // namespace xgrad::nn::functional
