#pragma once

#include <utility>

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/loss.h>

/// Losses of a prediction and a target as modules. The formulas stand in <xgrad/autograd/functions/loss.h>; weights are
/// buffers.
namespace xgrad::nn {

namespace detail {

/// A loss that has nothing but options.
template <class Derived, class Options>
class PlainLoss : public Cloneable<Derived> {
  public:
    explicit PlainLoss(Options loss_options = {}) : options(std::move(loss_options)) {}

    void reset() override {}

    Options options;
};

}  // namespace detail

/// Absolute error.
class L1LossImpl : public detail::PlainLoss<L1LossImpl, L1LossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(L1Loss);

/// Squared error.
class MSELossImpl : public detail::PlainLoss<MSELossImpl, MSELossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(MSELoss);

/// Squared error up to a bound, absolute error beyond.
class SmoothL1LossImpl : public detail::PlainLoss<SmoothL1LossImpl, SmoothL1LossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(SmoothL1Loss);

/// Smooth L1 loss times its bound.
class HuberLossImpl : public detail::PlainLoss<HuberLossImpl, HuberLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(HuberLoss);

/// Negative log-likelihood of normal distributions with given variances.
class GaussianNLLLossImpl : public detail::PlainLoss<GaussianNLLLossImpl, GaussianNLLLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target, const Tensor& var);
};
XGRAD_MODULE(GaussianNLLLoss);

/// Negative log-likelihood of the softmax of logits; targets are class indices or probabilities.
class CrossEntropyLossImpl : public Cloneable<CrossEntropyLossImpl> {
  public:
    explicit CrossEntropyLossImpl(const CrossEntropyLossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    CrossEntropyLossOptions options;
    Tensor weight;
};
XGRAD_MODULE(CrossEntropyLoss);

/// Negative log-likelihood of log-probabilities; targets are class indices.
class NLLLossImpl : public Cloneable<NLLLossImpl> {
  public:
    explicit NLLLossImpl(const NLLLossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    NLLLossOptions options;
    Tensor weight;
};
XGRAD_MODULE(NLLLoss);

/// Hinge loss of the margins between one class and all others.
class MultiMarginLossImpl : public Cloneable<MultiMarginLossImpl> {
  public:
    explicit MultiMarginLossImpl(const MultiMarginLossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    MultiMarginLossOptions options;
    Tensor weight;
};
XGRAD_MODULE(MultiMarginLoss);

/// Hinge loss of the margins between several classes and all others.
class MultiLabelMarginLossImpl : public detail::PlainLoss<MultiLabelMarginLossImpl, MultiLabelMarginLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(MultiLabelMarginLoss);

/// Binary cross entropy of the sigmoid of logits, its mean over the classes.
class MultiLabelSoftMarginLossImpl : public Cloneable<MultiLabelSoftMarginLossImpl> {
  public:
    explicit MultiLabelSoftMarginLossImpl(const MultiLabelSoftMarginLossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    MultiLabelSoftMarginLossOptions options;
    Tensor weight;
};
XGRAD_MODULE(MultiLabelSoftMarginLoss);

/// Connectionist temporal classification of sequences.
class CTCLossImpl : public detail::PlainLoss<CTCLossImpl, CTCLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                   const Tensor& target_lengths);
};
XGRAD_MODULE(CTCLoss);

/// Binary cross entropy of probabilities.
class BCELossImpl : public Cloneable<BCELossImpl> {
  public:
    explicit BCELossImpl(const BCELossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    BCELossOptions options;
    Tensor weight;
};
XGRAD_MODULE(BCELoss);

/// Binary cross entropy of the sigmoid of logits.
class BCEWithLogitsLossImpl : public Cloneable<BCEWithLogitsLossImpl> {
  public:
    explicit BCEWithLogitsLossImpl(const BCEWithLogitsLossOptions& loss_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    BCEWithLogitsLossOptions options;
    Tensor weight;
    Tensor pos_weight;
};
XGRAD_MODULE(BCEWithLogitsLoss);

/// Kullback-Leibler divergence of log-probabilities from targets.
class KLDivLossImpl : public detail::PlainLoss<KLDivLossImpl, KLDivLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(KLDivLoss);

/// Negative log-likelihood of Poisson distributions.
class PoissonNLLLossImpl : public detail::PlainLoss<PoissonNLLLossImpl, PoissonNLLLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(PoissonNLLLoss);

/// Logistic loss of targets 1 and -1.
class SoftMarginLossImpl : public detail::PlainLoss<SoftMarginLossImpl, SoftMarginLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(SoftMarginLoss);

/// Distances where the target is 1, their margins where it is -1.
class HingeEmbeddingLossImpl : public detail::PlainLoss<HingeEmbeddingLossImpl, HingeEmbeddingLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);
};
XGRAD_MODULE(HingeEmbeddingLoss);

/// Hinge loss of the order of two inputs.
class MarginRankingLossImpl : public detail::PlainLoss<MarginRankingLossImpl, MarginRankingLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target);
};
XGRAD_MODULE(MarginRankingLoss);

/// Cosines of vectors that belong together or do not.
class CosineEmbeddingLossImpl : public detail::PlainLoss<CosineEmbeddingLossImpl, CosineEmbeddingLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target);
};
XGRAD_MODULE(CosineEmbeddingLoss);

/// Hinge loss of the distances of an anchor to two others.
class TripletMarginLossImpl : public detail::PlainLoss<TripletMarginLossImpl, TripletMarginLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);
};
XGRAD_MODULE(TripletMarginLoss);

/// The same with a distance of choice.
class TripletMarginWithDistanceLossImpl
    : public detail::PlainLoss<TripletMarginWithDistanceLossImpl, TripletMarginWithDistanceLossOptions> {
  public:
    using PlainLoss::PlainLoss;

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);
};
XGRAD_MODULE(TripletMarginWithDistanceLoss);

}  // namespace xgrad::nn
