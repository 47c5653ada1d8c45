#pragma once

#include <xgrad/nn/optim/optimizer.h>

namespace xgrad::optim {

/// Options of SGD: SGDOptions(0.02).momentum(0.9).
class SGDOptions : public OptimizerCloneableOptions<SGDOptions> {
  public:
    SGDOptions(double lr) : lr_(lr) {}

    double get_lr() const override { return lr(); }
    void set_lr(double new_lr) override { lr(new_lr); }

    /// Learning rate: how far a step goes along the gradient.
    XGRAD_ARG(double, lr);
    /// How much of the last step's direction is kept.
    XGRAD_ARG(double, momentum) = 0;
    /// How much the gradient is damped before it joins the momentum.
    XGRAD_ARG(double, dampening) = 0;
    /// What multiple of the parameter is added to its gradient.
    XGRAD_ARG(double, weight_decay) = 0;
    /// Whether the step looks ahead along the momentum (Sutskever et al., 2013).
    XGRAD_ARG(bool, nesterov) = false;
};

/// The running direction of a parameter.
class SGDParamState : public OptimizerCloneableParamState<SGDParamState> {
    XGRAD_ARG(Tensor, momentum_buffer);
};

/// Stochastic gradient descent, PyTorch's rule: with gradient g, parameter p and its buffer b,
///
///     g += weight_decay * p
///     b  = momentum * b + (1 - dampening) * g,  in the first step b = g
///     p -= lr * d,  where d is g without momentum, g + momentum * b for nesterov, else b
///
/// in one pass over memory, in the precision of the parameter.
class SGD : public Optimizer {
  public:
    /// Throws ValueError for negative options, and for nesterov without momentum or with dampening.
    SGD(const std::vector<OptimizerParamGroup>& param_groups, const SGDOptions& defaults);
    SGD(const std::vector<Tensor>& params, const SGDOptions& defaults);

    /// Throws before it changes anything: ValueError for bad options of a group, ShapeError or DtypeError for a
    /// gradient that does not fit its parameter.
    Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace xgrad::optim
