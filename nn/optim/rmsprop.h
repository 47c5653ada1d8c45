#pragma once

#include <xgrad/nn/optim/optimizer.h>

namespace xgrad::optim {

/// Options of RMSprop: RMSpropOptions(1e-3).momentum(0.9).
class RMSpropOptions : public OptimizerCloneableOptions<RMSpropOptions> {
  public:
    RMSpropOptions(double lr = 1e-2) : lr_(lr) {}

    double get_lr() const override { return lr(); }
    void set_lr(double new_lr) override { lr(new_lr); }

    /// Learning rate: about how far an element moves in a step.
    XGRAD_ARG(double, lr);
    /// What share of the running mean of squares is kept in a step.
    XGRAD_ARG(double, alpha) = 0.99;
    /// What is added to the root of the running mean of squares.
    XGRAD_ARG(double, eps) = 1e-8;
    /// What multiple of the parameter is added to its gradient.
    XGRAD_ARG(double, weight_decay) = 0;
    /// How much of the last step is kept.
    XGRAD_ARG(double, momentum) = 0;
    /// Whether the step is divided by the standard deviation of the gradients, not the root of their mean square.
    XGRAD_ARG(bool, centered) = false;
};

/// The running means of a parameter's gradients and of their squares, and its momentum.
class RMSpropParamState : public OptimizerCloneableParamState<RMSpropParamState> {
    XGRAD_ARG(std::int64_t, step) = 0;
    XGRAD_ARG(Tensor, square_avg);
    /// With momentum only.
    XGRAD_ARG(Tensor, momentum_buffer) = {};
    /// If centered only.
    XGRAD_ARG(Tensor, grad_avg) = {};
};

/// RMSprop (Tieleman and Hinton, 2012; centered: Graves, Generating Sequences with Recurrent Neural Networks, 2013),
/// PyTorch's rule: with gradient g, parameter p and its v, m and b from zero,
///
///     g += weight_decay * p
///     v  = alpha * v + (1 - alpha) * g^2
///     m  = alpha * m + (1 - alpha) * g,  if centered; r = v - m^2, at least 0, else r = v
///     b  = momentum * b + g / (sqrt(r) + eps)
///     p -= lr * b
///
/// in one pass over memory, in the precision of the parameter.
class RMSprop : public Optimizer {
  public:
    /// Throws ValueError for negative options.
    explicit RMSprop(const std::vector<OptimizerParamGroup>& param_groups, const RMSpropOptions& defaults = {});
    explicit RMSprop(const std::vector<Tensor>& params, const RMSpropOptions& defaults = {});

    /// Throws before it changes anything: ValueError for bad options of a group, ShapeError or DtypeError for a
    /// gradient that does not fit its parameter.
    Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace xgrad::optim
