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

/// A module that applies a function with options and has no parameters.
template <class Derived, class Options>
class Activation : public Cloneable<Derived> {
  public:
    explicit Activation(const Options& activation_options = {}) : options(activation_options) {}

    void reset() override {}

    Options options;
};

/// The class of a function without options, and of one with them; what may work in place takes its input by value.
#define XGRAD_PLAIN_ACTIVATION(Name)                            \
    class Name##Impl : public Cloneable<Name##Impl> {           \
      public:                                                   \
        void reset() override {}                                \
        void pretty_print(std::ostream& stream) const override; \
        Tensor forward(const Tensor& input);                    \
    };                                                          \
    XGRAD_MODULE(Name)
#define XGRAD_ACTIVATION(Name, Input)                                 \
    class Name##Impl : public Activation<Name##Impl, Name##Options> { \
      public:                                                         \
        using Activation<Name##Impl, Name##Options>::Activation;      \
        void pretty_print(std::ostream& stream) const override;       \
        Tensor forward(Input input);                                  \
    };                                                                \
    XGRAD_MODULE(Name)

/// x sigmoid(x).
XGRAD_PLAIN_ACTIVATION(SiLU);
/// x tanh(log(1 + exp(x))).
XGRAD_PLAIN_ACTIVATION(Mish);
/// log(sigmoid(x)).
XGRAD_PLAIN_ACTIVATION(LogSigmoid);
/// x / (1 + |x|).
XGRAD_PLAIN_ACTIVATION(Softsign);
/// x - tanh(x).
XGRAD_PLAIN_ACTIVATION(Tanhshrink);
/// (x + 3) / 6 limited to [0, 1].
XGRAD_PLAIN_ACTIVATION(Hardsigmoid);
/// x hardsigmoid(x).
XGRAD_PLAIN_ACTIVATION(Hardswish);
/// softmax over the channels of (N, C, H, W) or (C, H, W).
XGRAD_PLAIN_ACTIVATION(Softmax2d);

/// x limited to [0, 6].
XGRAD_ACTIVATION(ReLU6, Tensor);
/// x above 0, alpha (exp(x) - 1) below.
XGRAD_ACTIVATION(ELU, Tensor);
/// ELU with the constants that keep mean 0 and variance 1.
XGRAD_ACTIVATION(SELU, Tensor);
/// x above 0, alpha (exp(x / alpha) - 1) below.
XGRAD_ACTIVATION(CELU, Tensor);
/// x above 0, negative_slope x below.
XGRAD_ACTIVATION(LeakyReLU, Tensor);
/// LeakyReLU with a slope drawn for each element in training, and their mean in evaluation.
XGRAD_ACTIVATION(RReLU, Tensor);
/// x beyond [-lambda, lambda], else 0.
XGRAD_ACTIVATION(Hardshrink, const Tensor&);
/// x without the part of it in [-lambda, lambda].
XGRAD_ACTIVATION(Softshrink, const Tensor&);
/// log(1 + exp(beta x)) / beta.
XGRAD_ACTIVATION(Softplus, const Tensor&);
/// x Phi(x), Phi being the normal distribution.
XGRAD_ACTIVATION(GELU, const Tensor&);
/// a sigmoid(b) of the halves of the input.
XGRAD_ACTIVATION(GLU, const Tensor&);
/// softmax(-x).
XGRAD_ACTIVATION(Softmin, const Tensor&);
#undef XGRAD_PLAIN_ACTIVATION
#undef XGRAD_ACTIVATION

/// x limited to [min_val, max_val].
class HardtanhImpl : public Cloneable<HardtanhImpl> {
  public:
    /// Throws ValueError unless min_val < max_val.
    explicit HardtanhImpl(const HardtanhOptions& hardtanh_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(Tensor input);

    HardtanhOptions options;
};
XGRAD_MODULE(Hardtanh);

/// x above the threshold, else `value`.
class ThresholdImpl : public Activation<ThresholdImpl, ThresholdOptions> {
  public:
    ThresholdImpl(double threshold, double value) : ThresholdImpl(ThresholdOptions(threshold, value)) {}
    explicit ThresholdImpl(const ThresholdOptions& threshold_options) : Activation(threshold_options) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(Tensor input);
};
XGRAD_MODULE(Threshold);

/// LeakyReLU with slopes that are learnt: one, or one for each channel.
class PReLUImpl : public Cloneable<PReLUImpl> {
  public:
    explicit PReLUImpl(const PReLUOptions& prelu_options = {});

    void reset() override;
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    PReLUOptions options;
    Tensor weight;  // (num_parameters)
};
XGRAD_MODULE(PReLU);

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
