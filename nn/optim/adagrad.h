#pragma once

#include <xgrad/nn/optim/optimizer.h>

namespace xgrad::optim {

/// Options of Adagrad: AdagradOptions(0.1).lr_decay(1e-3).
class AdagradOptions : public OptimizerCloneableOptions<AdagradOptions> {
  public:
    AdagradOptions(double lr = 1e-2) : lr_(lr) {}

    double get_lr() const override { return lr(); }
    void set_lr(double new_lr) override { lr(new_lr); }

    /// Learning rate: how far an element moves in the first step.
    XGRAD_ARG(double, lr);
    /// In step t the rate is lr / (1 + (t - 1) * lr_decay).
    XGRAD_ARG(double, lr_decay) = 0;
    /// What multiple of the parameter is added to its gradient.
    XGRAD_ARG(double, weight_decay) = 0;
    /// What the sums of squares begin with.
    XGRAD_ARG(double, initial_accumulator_value) = 0;
    /// What is added to the root of the sum of squares.
    XGRAD_ARG(double, eps) = 1e-10;
};

/// The sum of the squares of a parameter's gradients.
class AdagradParamState : public OptimizerCloneableParamState<AdagradParamState> {
    XGRAD_ARG(Tensor, sum);
    XGRAD_ARG(std::int64_t, step) = 0;
};

/// Adagrad (Duchi, Hazan and Singer, 2011), PyTorch's rule: in step t, with gradient g, parameter p and its sum s,
///
///     g += weight_decay * p
///     s += g^2
///     p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)
///
/// in one pass over memory, in the precision of the parameter.
class Adagrad : public Optimizer {
  public:
    /// Throws ValueError for negative options.
    explicit Adagrad(const std::vector<OptimizerParamGroup>& param_groups, const AdagradOptions& defaults = {});
    explicit Adagrad(const std::vector<Tensor>& params, const AdagradOptions& defaults = {});

    /// Throws before it changes anything: ValueError for bad options of a group, ShapeError or DtypeError for a
    /// gradient that does not fit its parameter.
    Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace xgrad::optim
