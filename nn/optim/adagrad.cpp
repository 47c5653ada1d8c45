#include <xgrad/nn/optim/adagrad.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/nn/optim/update.h>

namespace xgrad::optim {

namespace {

constexpr const char* kName = "Adagrad";

const AdagradOptions& options_of(const OptimizerParamGroup& group) {
    return detail::options_of<AdagradOptions>(kName, group);
}

void check(const AdagradOptions& options) {
    detail::check_not_negative(kName, "learning rate", options.lr());
    detail::check_not_negative(kName, "lr_decay value", options.lr_decay());
    detail::check_not_negative(kName, "weight_decay value", options.weight_decay());
    detail::check_not_negative(kName, "initial_accumulator_value value", options.initial_accumulator_value());
    detail::check_not_negative(kName, "epsilon value", options.eps());
}

void check(const OptimizerParamGroup& group, const Optimizer::State& state) {
    check(options_of(group));
    for (const Tensor& param : group.params()) {
        if (!param.grad().defined()) continue;
        detail::check_param(kName, param);
        if (const auto* of_param = detail::state_of<AdagradParamState>(state, param))
            detail::check_like(kName, "sum", of_param->sum(), param);
    }
}

AdagradParamState& prepare(std::unique_ptr<OptimizerParamState>& slot, const Tensor& param, double initial) {
    if (!slot) {
        auto fresh = std::make_unique<AdagradParamState>();
        fresh->sum(full(param.sizes(), initial, param.dtype()));
        slot = std::move(fresh);
    }
    return static_cast<AdagradParamState&>(*slot);
}

}  // namespace

Adagrad::Adagrad(const std::vector<OptimizerParamGroup>& param_groups, const AdagradOptions& defaults)
    : Optimizer(param_groups, defaults.clone()) {
    check(defaults);
    for (const OptimizerParamGroup& group : param_groups_) check(options_of(group));
}

Adagrad::Adagrad(const std::vector<Tensor>& params, const AdagradOptions& defaults)
    : Optimizer(params, defaults.clone()) {
    check(defaults);
}

Tensor Adagrad::step(LossClosure closure) {
    Tensor loss = evaluate(closure);
    const NoGradGuard no_grad;
    for (const OptimizerParamGroup& group : param_groups_) check(group, state_);
    for (const OptimizerParamGroup& group : param_groups_) {
        const AdagradOptions& options = options_of(group);
        for (const Tensor& param : group.params()) {
            if (!param.grad().defined()) continue;
            auto& state = prepare(state_[param.unsafeGetTensorImpl()], param, options.initial_accumulator_value());
            const double rate = options.lr() / (1 + static_cast<double>(state.step()++) * options.lr_decay());
            const ops::AdagradStep step{rate, options.eps(), options.weight_decay()};
            const auto kernel = ops::kernels().adagrad[ops::float_index(param.dtype())];
            detail::update(
                param, [&](void* p, const void* g, void* sum, std::int64_t count) { kernel(step, p, g, sum, count); },
                &state.sum());
        }
    }
    return loss;
}

}  // namespace xgrad::optim
