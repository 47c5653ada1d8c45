#include <xgrad/nn/optim/adam.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/nn/optim/update.h>

#include <cmath>

namespace xgrad::optim {

namespace {

template <bool kDecoupled>
constexpr const char* kName = kDecoupled ? "AdamW" : "Adam";

template <bool kDecoupled>
const BasicAdamOptions<kDecoupled>& options_of(const OptimizerParamGroup& group) {
    return detail::options_of<BasicAdamOptions<kDecoupled>>(kName<kDecoupled>, group);
}

template <bool kDecoupled>
void check(const BasicAdamOptions<kDecoupled>& options) {
    constexpr const char* name = kName<kDecoupled>;
    detail::check_not_negative(name, "learning rate", options.lr());
    detail::check_not_negative(name, "epsilon value", options.eps());
    detail::check_not_negative(name, "weight_decay value", options.weight_decay());
    const auto check_beta = [](int index, double beta) {
        if (!(beta >= 0 && beta < 1))
            raise<ValueError>(name, "Invalid beta parameter at index ", index, ": ", beta,
                              "; it must be at least 0 and below 1");
    };
    check_beta(0, std::get<0>(options.betas()));
    check_beta(1, std::get<1>(options.betas()));
}

template <bool kDecoupled>
void check(const OptimizerParamGroup& group, const Optimizer::State& state) {
    constexpr const char* name = kName<kDecoupled>;
    check(options_of<kDecoupled>(group));
    for (const Tensor& param : group.params()) {
        if (!param.grad().defined()) continue;
        detail::check_param(name, param);
        const auto* of_param = detail::state_of<AdamParamState>(state, param);
        if (!of_param) continue;
        detail::check_like(name, "exp_avg", of_param->exp_avg(), param);
        detail::check_like(name, "exp_avg_sq", of_param->exp_avg_sq(), param);
        if (const Tensor& largest = of_param->max_exp_avg_sq(); largest.defined())
            detail::check_like(name, "max_exp_avg_sq", largest, param);
    }
}

/// What is remembered of a parameter, from zero when it is met first.
AdamParamState& prepare(std::unique_ptr<OptimizerParamState>& slot, const Tensor& param, bool amsgrad) {
    if (!slot) {
        auto fresh = std::make_unique<AdamParamState>();
        fresh->exp_avg(zeros(param.sizes(), param.dtype())).exp_avg_sq(zeros(param.sizes(), param.dtype()));
        slot = std::move(fresh);
    }
    auto& state = static_cast<AdamParamState&>(*slot);
    if (amsgrad && !state.max_exp_avg_sq().defined()) state.max_exp_avg_sq(zeros(param.sizes(), param.dtype()));
    return state;
}

template <bool kDecoupled>
ops::AdamStep kernel_step(const BasicAdamOptions<kDecoupled>& options, std::int64_t step) {
    const auto [beta1, beta2] = options.betas();
    const auto correction = [t = static_cast<double>(step)](double beta) { return 1 - std::pow(beta, t); };
    ops::AdamStep out;
    out.beta1 = beta1;
    out.beta2 = beta2;
    out.eps = options.eps();
    out.step_size = options.lr() / correction(beta1);
    out.root_scale = 1 / std::sqrt(correction(beta2));
    out.weight_decay = kDecoupled ? 0 : options.weight_decay();
    out.shrinkage = kDecoupled ? 1 - options.lr() * options.weight_decay() : 1;
    return out;
}

}  // namespace

template <bool kDecoupled>
BasicAdam<kDecoupled>::BasicAdam(const std::vector<OptimizerParamGroup>& param_groups, const Options& defaults)
    : Optimizer(param_groups, defaults.clone()) {
    check(defaults);
    for (const OptimizerParamGroup& group : param_groups_) check(options_of<kDecoupled>(group));
}

template <bool kDecoupled>
BasicAdam<kDecoupled>::BasicAdam(const std::vector<Tensor>& params, const Options& defaults)
    : Optimizer(params, defaults.clone()) {
    check(defaults);
}

template <bool kDecoupled>
Tensor BasicAdam<kDecoupled>::step(LossClosure closure) {
    Tensor loss = evaluate(closure);
    const NoGradGuard no_grad;
    for (const OptimizerParamGroup& group : param_groups_) check<kDecoupled>(group, state_);
    for (const OptimizerParamGroup& group : param_groups_) {
        const Options& options = options_of<kDecoupled>(group);
        for (const Tensor& param : group.params()) {
            if (!param.grad().defined()) continue;
            auto& state = prepare(state_[param.unsafeGetTensorImpl()], param, options.amsgrad());
            const ops::AdamStep step = kernel_step(options, ++state.step());
            const auto kernel = ops::kernels().adam[ops::float_index(param.dtype())];
            detail::update(
                param,
                [&](void* p, const void* g, void* m, void* v, void* largest, std::int64_t count) {
                    kernel(step, p, g, m, v, largest, count);
                },
                &state.exp_avg(), &state.exp_avg_sq(), options.amsgrad() ? &state.max_exp_avg_sq() : nullptr);
        }
    }
    return loss;
}

template class BasicAdam<false>;
template class BasicAdam<true>;

}  // namespace xgrad::optim
