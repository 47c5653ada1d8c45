#pragma once

#include <tuple>

#include <xgrad/nn/optim/optimizer.h>

namespace xgrad::optim {

/// Options of Adam and AdamW: AdamOptions(1e-3).betas({0.9, 0.99}).
template <bool kDecoupled>
class BasicAdamOptions : public OptimizerCloneableOptions<BasicAdamOptions<kDecoupled>> {
  public:
    using betas_t = std::tuple<double, double>;

    BasicAdamOptions(double lr = 1e-3) : lr_(lr) {}

    double get_lr() const override { return lr(); }
    void set_lr(double new_lr) override { lr(new_lr); }

    /// Learning rate: about how far an element moves in a step.
    XGRAD_ARG(double, lr);
    /// What share of the running means of gradients and of their squares is kept in a step.
    XGRAD_ARG(betas_t, betas) = {0.9, 0.999};
    /// What is added to the root of the running mean of squares.
    XGRAD_ARG(double, eps) = 1e-8;
    /// Adam: what multiple of the parameter is added to its gradient. AdamW: what share of it, times lr, a step takes
    /// away.
    XGRAD_ARG(double, weight_decay) = kDecoupled ? 1e-2 : 0;
    /// Whether the step is divided by the largest running mean of squares so far, not the present one.
    XGRAD_ARG(bool, amsgrad) = false;
};
using AdamOptions = BasicAdamOptions<false>;
using AdamWOptions = BasicAdamOptions<true>;

/// The running means of a parameter's gradients and of their squares.
class AdamParamState : public OptimizerCloneableParamState<AdamParamState> {
    XGRAD_ARG(std::int64_t, step) = 0;
    XGRAD_ARG(Tensor, exp_avg);
    XGRAD_ARG(Tensor, exp_avg_sq);
    /// With amsgrad only.
    XGRAD_ARG(Tensor, max_exp_avg_sq) = {};
};
using AdamWParamState = AdamParamState;

/// Adam (Kingma and Ba, 2015; amsgrad: Reddi et al., 2018) and AdamW (Loshchilov and Hutter, Decoupled Weight Decay
/// Regularization, 2019), PyTorch's rule: in step t, with gradient g, parameter p and its means m and v from zero,
///
///     Adam: g += weight_decay * p       AdamW: p *= 1 - lr * weight_decay
///     m  = beta1 * m + (1 - beta1) * g
///     v  = beta2 * v + (1 - beta2) * g^2;  with amsgrad the largest v so far in its place below
///     p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///
/// in one pass over memory, in the precision of the parameter.
template <bool kDecoupled>
class BasicAdam : public Optimizer {
  public:
    using Options = BasicAdamOptions<kDecoupled>;

    /// Throws ValueError for negative options and for betas outside [0, 1).
    explicit BasicAdam(const std::vector<OptimizerParamGroup>& param_groups, const Options& defaults = {});
    explicit BasicAdam(const std::vector<Tensor>& params, const Options& defaults = {});

    /// Throws before it changes anything: ValueError for bad options of a group, ShapeError or DtypeError for a
    /// gradient that does not fit its parameter.
    Tensor step(LossClosure closure = nullptr) override;
};
using Adam = BasicAdam<false>;
using AdamW = BasicAdam<true>;

extern template class BasicAdam<false>;
extern template class BasicAdam<true>;

}  // namespace xgrad::optim
