#include <xgrad/nn/functional/activation.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor sigmoid(const Tensor& input) { return xgrad::sigmoid(input); }
Tensor improved_sigmoid(const Tensor& input) { return xgrad::improved_sigmoid(input); }
Tensor tanh(const Tensor& input) { return xgrad::tanh(input); }
Tensor relu(Tensor input, const ReLUFuncOptions& options) { return options.inplace() ? input.relu_() : input.relu(); }

Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
    return xgrad::softmax(input, options.dim(), options.dtype());
}
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
    return xgrad::log_softmax(input, options.dim(), options.dtype());
}

}  // namespace xgrad::nn::functional
