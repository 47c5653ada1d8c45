#include <xgrad/nn/loss.h>

#include <ostream>

#include <xgrad/nn/functional/loss.h>

namespace xgrad::nn {

namespace {

/// A handle of its own over the memory of a weight, so that a clone may be given other memory.
Tensor own(const Tensor& weight) { return weight.defined() ? weight.detach() : weight; }

}  // namespace

CrossEntropyLossImpl::CrossEntropyLossImpl(const CrossEntropyLossOptions& loss_options) : options(loss_options) {
    CrossEntropyLossImpl::reset();
}
void CrossEntropyLossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::CrossEntropyLoss()"; }
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) try {
    const ForwardScope scope(*this);
    return functional::cross_entropy(input, target, CrossEntropyLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

NLLLossImpl::NLLLossImpl(const NLLLossOptions& loss_options) : options(loss_options) { NLLLossImpl::reset(); }
void NLLLossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void NLLLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::NLLLoss()"; }
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) try {
    const ForwardScope scope(*this);
    return functional::nll_loss(input, target, NLLLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

BCELossImpl::BCELossImpl(const BCELossOptions& loss_options) : options(loss_options) { BCELossImpl::reset(); }
void BCELossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void BCELossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::BCELoss()"; }
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) try {
    const ForwardScope scope(*this);
    return functional::binary_cross_entropy(input, target, BCELossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

BCEWithLogitsLossImpl::BCEWithLogitsLossImpl(const BCEWithLogitsLossOptions& loss_options) : options(loss_options) {
    BCEWithLogitsLossImpl::reset();
}
void BCEWithLogitsLossImpl::reset() {
    weight = register_buffer("weight", own(options.weight()));
    pos_weight = register_buffer("pos_weight", own(options.pos_weight()));
}
void BCEWithLogitsLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::BCEWithLogitsLoss()"; }
Tensor BCEWithLogitsLossImpl::forward(const Tensor& input, const Tensor& target) try {
    const ForwardScope scope(*this);
    const auto with_weights = BCEWithLogitsLossOptions(options).weight(weight).pos_weight(pos_weight);
    return functional::binary_cross_entropy_with_logits(input, target, with_weights);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MSELossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::MSELoss()"; }
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) try {
    const ForwardScope scope(*this);
    return functional::mse_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
