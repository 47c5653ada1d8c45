#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/activation.h>

/// Element-wise functions and softmax as modules. The formulas stand in <xgrad/nn/functional/activation.h>.
namespace xgrad::nn {

/// 1 / (1 + exp(-x)).
class SigmoidImpl : public Cloneable<SigmoidImpl> {
  public:
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(Sigmoid);

/// 1.7159 tanh(2x/3).
class ImprovedSigmoidImpl : public Cloneable<ImprovedSigmoidImpl> {
  public:
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(ImprovedSigmoid);

/// Hyperbolic tangent.
class TanhImpl : public Cloneable<TanhImpl> {
  public:
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(Tanh);

/// max(x, 0).
class ReLUImpl : public Cloneable<ReLUImpl> {
  public:
    explicit ReLUImpl(const ReLUOptions& relu_options = {}) : options(relu_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(Tensor input);

    ReLUOptions options;
};
XGRAD_MODULE(ReLU);

/// exp(x) / sum(exp(x)) along the dimension of the options.
class SoftmaxImpl : public Cloneable<SoftmaxImpl> {
  public:
    explicit SoftmaxImpl(std::int64_t dim) : SoftmaxImpl(SoftmaxOptions(dim)) {}
    explicit SoftmaxImpl(const SoftmaxOptions& softmax_options) : options(softmax_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    SoftmaxOptions options;
};
XGRAD_MODULE(Softmax);

/// log(softmax(x)) along the dimension of the options.
class LogSoftmaxImpl : public Cloneable<LogSoftmaxImpl> {
  public:
    explicit LogSoftmaxImpl(std::int64_t dim) : LogSoftmaxImpl(LogSoftmaxOptions(dim)) {}
    explicit LogSoftmaxImpl(const LogSoftmaxOptions& softmax_options) : options(softmax_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    LogSoftmaxOptions options;
};
XGRAD_MODULE(LogSoftmax);

}  // namespace xgrad::nn
