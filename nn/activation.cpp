#include <xgrad/nn/activation.h>

#include <ostream>

#include <xgrad/nn/functional/activation.h>

namespace xgrad::nn {

void SigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Sigmoid()"; }
Tensor SigmoidImpl::forward(const Tensor& input) try { return functional::sigmoid(input); } catch (Error& error) {
    rethrow_with_path(error);
}

void ImprovedSigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::ImprovedSigmoid()"; }
Tensor ImprovedSigmoidImpl::forward(const Tensor& input) try {
    return functional::improved_sigmoid(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void TanhImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Tanh()"; }
Tensor TanhImpl::forward(const Tensor& input) try { return functional::tanh(input); } catch (Error& error) {
    rethrow_with_path(error);
}

void ReLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ')';
}
Tensor ReLUImpl::forward(Tensor input) try {
    return functional::relu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftmaxImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Softmax(dim=" << options.dim() << ')';
}
Tensor SoftmaxImpl::forward(const Tensor& input) try {
    return functional::softmax(input, options.dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::LogSoftmax(dim=" << options.dim() << ')';
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) try {
    return functional::log_softmax(input, options.dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
