#include <xgrad/nn/loss.h>

#include <ostream>

#include <xgrad/autograd/error.h>
#include <xgrad/nn/functional/loss.h>

namespace xgrad::nn {

namespace {

/// A handle of its own over the memory of a weight, so that a clone may be given other memory.
Tensor own(const Tensor& weight) { return weight.defined() ? weight.detach() : weight; }

const char* name_of(Reduction reduction) {
    return reduction == kNone ? "kNone" : reduction == kMean ? "kMean" : "kSum";
}

}  // namespace

void L1LossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::L1Loss()"; }
Tensor L1LossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::l1_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MSELossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::MSELoss()"; }
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::mse_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SmoothL1LossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::SmoothL1Loss"; }
Tensor SmoothL1LossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::smooth_l1_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void HuberLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::HuberLoss"; }
Tensor HuberLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::huber_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void GaussianNLLLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::GaussianNLLLoss()"; }
Tensor GaussianNLLLossImpl::forward(const Tensor& input, const Tensor& target, const Tensor& var) try {
    return functional::gaussian_nll_loss(input, target, var, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

CrossEntropyLossImpl::CrossEntropyLossImpl(const CrossEntropyLossOptions& loss_options) : options(loss_options) {
    CrossEntropyLossImpl::reset();
}
void CrossEntropyLossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::CrossEntropyLoss()"; }
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::cross_entropy(input, target, CrossEntropyLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

NLLLossImpl::NLLLossImpl(const NLLLossOptions& loss_options) : options(loss_options) { NLLLossImpl::reset(); }
void NLLLossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void NLLLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::NLLLoss()"; }
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::nll_loss(input, target, NLLLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

MultiMarginLossImpl::MultiMarginLossImpl(const MultiMarginLossOptions& loss_options) : options(loss_options) {
    MultiMarginLossImpl::reset();
}
void MultiMarginLossImpl::reset() {
    if (options.p() != 1 && options.p() != 2)
        raise<ValueError>("MultiMarginLoss", "only p == 1 and p == 2 supported, got ", options.p());
    if (options.weight().defined() && options.weight().dim() != 1)
        raise<ShapeError>("MultiMarginLoss", "weight must be one-dimensional, got the shape ",
                          options.weight().sizes());
    weight = register_buffer("weight", own(options.weight()));
}
void MultiMarginLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::MultiMarginLoss(p=" << options.p() << ", margin=" << options.margin() << ", weight=" << weight
           << ", reduction=" << name_of(options.reduction()) << ')';
}
Tensor MultiMarginLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::multi_margin_loss(input, target, MultiMarginLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

void MultiLabelMarginLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::MultiLabelMarginLoss()";
}
Tensor MultiLabelMarginLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::multilabel_margin_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

MultiLabelSoftMarginLossImpl::MultiLabelSoftMarginLossImpl(const MultiLabelSoftMarginLossOptions& loss_options)
    : options(loss_options) {
    MultiLabelSoftMarginLossImpl::reset();
}
void MultiLabelSoftMarginLossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void MultiLabelSoftMarginLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::MultiLabelSoftMarginLoss()";
}
Tensor MultiLabelSoftMarginLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::multilabel_soft_margin_loss(input, target,
                                                   MultiLabelSoftMarginLossOptions(options).weight(weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

void CTCLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::CTCLoss()"; }
Tensor CTCLossImpl::forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                            const Tensor& target_lengths) try {
    return functional::ctc_loss(log_probs, targets, input_lengths, target_lengths, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

BCELossImpl::BCELossImpl(const BCELossOptions& loss_options) : options(loss_options) { BCELossImpl::reset(); }
void BCELossImpl::reset() { weight = register_buffer("weight", own(options.weight())); }
void BCELossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::BCELoss()"; }
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) try {
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
    return functional::binary_cross_entropy_with_logits(
        input, target, BCEWithLogitsLossOptions(options).weight(weight).pos_weight(pos_weight));
} catch (Error& error) {
    rethrow_with_path(error);
}

void KLDivLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::KLDivLoss()"; }
Tensor KLDivLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::kl_div(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void PoissonNLLLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::PoissonNLLLoss()"; }
Tensor PoissonNLLLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::poisson_nll_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftMarginLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::SoftMarginLoss()"; }
Tensor SoftMarginLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::soft_margin_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void HingeEmbeddingLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::HingeEmbeddingLoss(margin=" << options.margin() << ')';
}
Tensor HingeEmbeddingLossImpl::forward(const Tensor& input, const Tensor& target) try {
    return functional::hinge_embedding_loss(input, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MarginRankingLossImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::MarginRankingLoss()"; }
Tensor MarginRankingLossImpl::forward(const Tensor& input1, const Tensor& input2, const Tensor& target) try {
    return functional::margin_ranking_loss(input1, input2, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void CosineEmbeddingLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::CosineEmbeddingLoss(margin=" << options.margin() << ')';
}
Tensor CosineEmbeddingLossImpl::forward(const Tensor& input1, const Tensor& input2, const Tensor& target) try {
    return functional::cosine_embedding_loss(input1, input2, target, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void TripletMarginLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::TripletMarginLoss(margin=" << options.margin() << ", p=" << options.p()
           << ", eps=" << options.eps() << ", swap=" << (options.swap() ? "true" : "false") << ')';
}
Tensor TripletMarginLossImpl::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) try {
    return functional::triplet_margin_loss(anchor, positive, negative, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void TripletMarginWithDistanceLossImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::TripletMarginWithDistanceLoss(margin=" << options.margin()
           << ", swap=" << (options.swap() ? "true" : "false") << ')';
}
Tensor TripletMarginWithDistanceLossImpl::forward(const Tensor& anchor, const Tensor& positive,
                                                  const Tensor& negative) try {
    return functional::triplet_margin_with_distance_loss(anchor, positive, negative, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
