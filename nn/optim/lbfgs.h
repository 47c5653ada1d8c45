#pragma once

#include <deque>
#include <optional>
#include <string>

#include <xgrad/nn/optim/optimizer.h>

namespace xgrad::optim {

/// Options of LBFGS: LBFGSOptions(1).line_search_fn("strong_wolfe").
class LBFGSOptions : public OptimizerCloneableOptions<LBFGSOptions> {
  public:
    LBFGSOptions(double lr = 1) : lr_(lr) {}

    double get_lr() const override { return lr(); }
    void set_lr(double new_lr) override { lr(new_lr); }

    /// Step length, or with a line search the first one that is tried.
    XGRAD_ARG(double, lr);
    /// Most iterations in a step.
    XGRAD_ARG(std::int64_t, max_iter) = 20;
    /// Most evaluations of the loss in a step: 5/4 max_iter unless it is set.
    XGRAD_ARG(std::optional<std::int64_t>, max_eval) = std::nullopt;
    /// A step ends when no element of the gradient is larger.
    XGRAD_ARG(double, tolerance_grad) = 1e-7;
    /// A step ends when the loss or every parameter changes by less.
    XGRAD_ARG(double, tolerance_change) = 1e-9;
    /// How many changes of parameters and gradients are remembered.
    XGRAD_ARG(std::int64_t, history_size) = 100;
    /// "strong_wolfe" or none.
    XGRAD_ARG(std::optional<std::string>, line_search_fn) = std::nullopt;
};

/// What is remembered between steps; parameters and gradients count as one vector.
class LBFGSParamState : public OptimizerCloneableParamState<LBFGSParamState> {
    XGRAD_ARG(std::int64_t, func_evals) = 0;
    XGRAD_ARG(std::int64_t, n_iter) = 0;
    /// Length of the last step, and the loss before it.
    XGRAD_ARG(double, t) = 0;
    XGRAD_ARG(double, prev_loss) = 0;
    /// The last direction, the diagonal of the first estimate of the inverse Hessian, the gradient before the step.
    XGRAD_ARG(Tensor, d) = {};
    XGRAD_ARG(double, H_diag) = 1;
    XGRAD_ARG(Tensor, prev_flat_grad) = {};
    /// Changes of the gradient and of the parameters, and the reciprocals of their products.
    XGRAD_ARG(std::deque<Tensor>, old_dirs) = {};
    XGRAD_ARG(std::deque<Tensor>, old_stps) = {};
    XGRAD_ARG(std::deque<double>, ro) = {};
};

/// L-BFGS (Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and, for the line search, 3.5 and 3.6), as
/// PyTorch has it. A step iterates, evaluating the loss several times; it takes all parameters together, in one group.
class LBFGS : public Optimizer {
  public:
    /// Throws ValueError for several groups or bad options.
    explicit LBFGS(const std::vector<OptimizerParamGroup>& param_groups, const LBFGSOptions& defaults = {});
    explicit LBFGS(const std::vector<Tensor>& params, const LBFGSOptions& defaults = {});

    /// Returns the first loss. Throws ValueError without a closure or for bad options, ShapeError or DtypeError for a
    /// gradient that does not fit its parameter.
    Tensor step(LossClosure closure) override;
};

}  // namespace xgrad::optim
