#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/loss.h>

/// Losses of a prediction and a target as modules. The formulas stand in <xgrad/nn/functional/loss.h>; weights are
/// buffers.
namespace xgrad::nn {

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

/// Squared error.
class MSELossImpl : public Cloneable<MSELossImpl> {
  public:
    explicit MSELossImpl(const MSELossOptions& loss_options = {}) : options(loss_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& target);

    MSELossOptions options;
};
XGRAD_MODULE(MSELoss);

}  // namespace xgrad::nn
