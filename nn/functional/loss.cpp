#include <xgrad/nn/functional/loss.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options) {
    return xgrad::l1_loss(input, target, options.reduction());
}

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
    return xgrad::mse_loss(input, target, options.reduction());
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options) {
    return xgrad::smooth_l1_loss(input, target, options.reduction(), options.beta().value_or(1.0));
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options, double beta) {
    if (options.beta())
        raise<ValueError>("smooth_l1_loss", "expected beta not to be provided in 'options', but got ", *options.beta());
    return xgrad::smooth_l1_loss(input, target, options.reduction(), beta);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossFuncOptions& options) {
    return xgrad::huber_loss(input, target, options.reduction(), options.delta());
}

Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                         const GaussianNLLLossFuncOptions& options) {
    return xgrad::gaussian_nll_loss(input, target, var, options.full(), options.eps(), options.reduction());
}

Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options) {
    return cross_entropy_loss(input, target, options.weight(), options.reduction(), options.ignore_index(),
                              options.label_smoothing());
}

Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
    return xgrad::nll_loss(input, target, options.weight(), options.reduction(), options.ignore_index());
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossFuncOptions& options) {
    return xgrad::multi_margin_loss(input, target, options.p(), options.margin(), options.weight(),
                                    options.reduction());
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultilabelMarginLossFuncOptions& options) {
    return xgrad::multilabel_margin_loss(input, target, options.reduction());
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultilabelSoftMarginLossFuncOptions& options) {
    if (input.dim() == 0)
        raise<ShapeError>("multilabel_soft_margin_loss",
                          "expects an input with a dimension of classes, got a 0-dim tensor");
    const Tensor each =
        xgrad::binary_cross_entropy_with_logits(input, target, options.weight(), {}, Reduction::None).mean(-1);
    return options.reduction() == kNone ? each : options.reduction() == kMean ? each.mean() : each.sum();
}

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CTCLossFuncOptions& options) {
    return xgrad::ctc_loss(log_probs, targets, input_lengths, target_lengths, options.blank(), options.reduction(),
                           options.zero_infinity());
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BinaryCrossEntropyFuncOptions& options) {
    return xgrad::binary_cross_entropy(input, target, options.weight(), options.reduction());
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
    return xgrad::binary_cross_entropy_with_logits(input, target, options.weight(), options.pos_weight(),
                                                   options.reduction());
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivFuncOptions& options) {
    if (const Reduction* reduction = std::get_if<Reduction>(&options.reduction()))
        return xgrad::kl_div(input, target, *reduction, options.log_target());
    const Tensor sum = xgrad::kl_div(input, target, kSum, options.log_target());
    return input.dim() == 0 ? sum : sum / input.size(0);
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossFuncOptions& options) {
    return xgrad::poisson_nll_loss(input, target, options.log_input(), options.full(), options.eps(),
                                   options.reduction());
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossFuncOptions& options) {
    return xgrad::soft_margin_loss(input, target, options.reduction());
}

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossFuncOptions& options) {
    return xgrad::hinge_embedding_loss(input, target, options.margin(), options.reduction());
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossFuncOptions& options) {
    if (input1.dim() != input2.dim() || input1.dim() != target.dim())
        raise<ShapeError>("margin_ranking_loss",
                          "All input tensors should have same dimension but got sizes: input1: ", input1.sizes(),
                          ", input2: ", input2.sizes(), ", target: ", target.sizes());
    return xgrad::margin_ranking_loss(input1, input2, target, options.margin(), options.reduction());
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossFuncOptions& options) {
    return xgrad::cosine_embedding_loss(input1, input2, target, options.margin(), options.reduction());
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossFuncOptions& options) {
    return xgrad::triplet_margin_loss(anchor, positive, negative, options.margin(), options.p(), options.eps(),
                                      options.swap(), options.reduction());
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossFuncOptions& options) {
    if (!options.distance_function())
        return xgrad::triplet_margin_loss(anchor, positive, negative, options.margin(), 2, 1e-6, options.swap(),
                                          options.reduction());
    const auto& distance = *options.distance_function();
    const Tensor near = distance(anchor, positive);
    Tensor far = distance(anchor, negative);
    if (options.swap()) far = minimum(far, distance(positive, negative));
    const Tensor each = (near - far + options.margin()).clamp_min(0);
    return options.reduction() == kNone ? each : options.reduction() == kMean ? each.mean() : each.sum();
}

}  // namespace xgrad::nn::functional
