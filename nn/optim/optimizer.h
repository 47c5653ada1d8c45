#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>

namespace xgrad::optim {

/// What an optimiser remembers of one parameter.
class OptimizerParamState {
  public:
    virtual ~OptimizerParamState() = default;
    virtual std::unique_ptr<OptimizerParamState> clone() const = 0;
};

template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
  public:
    std::unique_ptr<OptimizerParamState> clone() const override {
        return std::unique_ptr<OptimizerParamState>(new Derived(static_cast<const Derived&>(*this)));
    }
};

/// Options of an optimiser for a group of parameters.
class OptimizerOptions {
  public:
    virtual ~OptimizerOptions() = default;
    virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
    virtual double get_lr() const = 0;
    virtual void set_lr(double lr) = 0;
};

template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
  public:
    std::unique_ptr<OptimizerOptions> clone() const override {
        return std::unique_ptr<OptimizerOptions>(new Derived(static_cast<const Derived&>(*this)));
    }
};

/// Parameters that share options. Without options of its own a group takes the optimiser's.
class OptimizerParamGroup {
  public:
    OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}
    OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
        : params_(std::move(params)), options_(std::move(options)) {}
    OptimizerParamGroup(const OptimizerParamGroup& other)
        : params_(other.params_), options_(other.options_ ? other.options_->clone() : nullptr) {}
    OptimizerParamGroup(OptimizerParamGroup&&) = default;
    OptimizerParamGroup& operator=(OptimizerParamGroup other) noexcept {
        params_.swap(other.params_);
        options_.swap(other.options_);
        return *this;
    }
    ~OptimizerParamGroup() = default;

    bool has_options() const { return options_ != nullptr; }
    /// Throws Error when the group has none.
    OptimizerOptions& options();
    const OptimizerOptions& options() const;
    void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
    std::vector<Tensor>& params() { return params_; }
    const std::vector<Tensor>& params() const { return params_; }

  private:
    std::vector<Tensor> params_;
    std::unique_ptr<OptimizerOptions> options_;
};

/// Base of the algorithms that change parameters by their gradients.
class Optimizer {
  public:
    using LossClosure = std::function<Tensor()>;
    using State = std::unordered_map<void*, std::unique_ptr<OptimizerParamState>>;

    Optimizer(const std::vector<OptimizerParamGroup>& param_groups, std::unique_ptr<OptimizerOptions> defaults);
    Optimizer(const std::vector<Tensor>& parameters, std::unique_ptr<OptimizerOptions> defaults);
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;
    Optimizer(Optimizer&&) = default;
    virtual ~Optimizer() = default;

    /// Throws ValueError, adding nothing, for a parameter that is undefined, no leaf, or in the optimiser already.
    void add_param_group(const OptimizerParamGroup& param_group);
    /// Adds a group with the default options.
    void add_parameters(const std::vector<Tensor>& parameters);

    /// Changes every parameter that has a gradient. With a closure, which computes the loss and its gradients, calls it
    /// first and returns the loss.
    virtual Tensor step(LossClosure closure = nullptr) = 0;

    /// Undefines the gradients of all parameters, or else fills them with zeros.
    void zero_grad(bool set_to_none = true);

    /// The parameters of the first group.
    std::vector<Tensor>& parameters();
    const std::vector<Tensor>& parameters() const;
    /// Number of parameters (tensors) in all groups.
    std::size_t size() const;
    OptimizerOptions& defaults() { return *defaults_; }
    const OptimizerOptions& defaults() const { return *defaults_; }
    std::vector<OptimizerParamGroup>& param_groups() { return param_groups_; }
    const std::vector<OptimizerParamGroup>& param_groups() const { return param_groups_; }
    /// By address of the parameter: `state().at(p.unsafeGetTensorImpl())`.
    State& state() { return state_; }
    const State& state() const { return state_; }

  protected:
    /// The loss that a closure computes, with gradients on; undefined without a closure.
    static Tensor evaluate(const LossClosure& closure);

    std::vector<OptimizerParamGroup> param_groups_;
    State state_;
    std::unique_ptr<OptimizerOptions> defaults_;
};

}  // namespace xgrad::optim
