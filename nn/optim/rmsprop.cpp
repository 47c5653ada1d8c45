#include <xgrad/nn/optim/rmsprop.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/nn/optim/update.h>

namespace xgrad::optim {

namespace {

constexpr const char* kName = "RMSprop";

const RMSpropOptions& options_of(const OptimizerParamGroup& group) {
    return detail::options_of<RMSpropOptions>(kName, group);
}

void check(const RMSpropOptions& options) {
    detail::check_not_negative(kName, "learning rate", options.lr());
    detail::check_not_negative(kName, "epsilon value", options.eps());
    detail::check_not_negative(kName, "momentum value", options.momentum());
    detail::check_not_negative(kName, "weight_decay value", options.weight_decay());
    detail::check_not_negative(kName, "alpha value", options.alpha());
}

void check(const OptimizerParamGroup& group, const Optimizer::State& state) {
    check(options_of(group));
    for (const Tensor& param : group.params()) {
        if (!param.grad().defined()) continue;
        detail::check_param(kName, param);
        const auto* of_param = detail::state_of<RMSpropParamState>(state, param);
        if (!of_param) continue;
        detail::check_like(kName, "square_avg", of_param->square_avg(), param);
        if (const Tensor& buffer = of_param->momentum_buffer(); buffer.defined())
            detail::check_like(kName, "momentum_buffer", buffer, param);
        if (const Tensor& mean = of_param->grad_avg(); mean.defined())
            detail::check_like(kName, "grad_avg", mean, param);
    }
}

/// What is remembered of a parameter, from zero when it is needed first.
RMSpropParamState& prepare(std::unique_ptr<OptimizerParamState>& slot, const Tensor& param,
                           const RMSpropOptions& options) {
    if (!slot) slot = std::make_unique<RMSpropParamState>();
    auto& state = static_cast<RMSpropParamState&>(*slot);
    const auto start = [&](Tensor& x) {
        if (!x.defined()) x = zeros(param.sizes(), param.dtype());
    };
    start(state.square_avg());
    if (options.momentum() > 0) start(state.momentum_buffer());
    if (options.centered()) start(state.grad_avg());
    return state;
}

}  // namespace

RMSprop::RMSprop(const std::vector<OptimizerParamGroup>& param_groups, const RMSpropOptions& defaults)
    : Optimizer(param_groups, defaults.clone()) {
    check(defaults);
    for (const OptimizerParamGroup& group : param_groups_) check(options_of(group));
}

RMSprop::RMSprop(const std::vector<Tensor>& params, const RMSpropOptions& defaults)
    : Optimizer(params, defaults.clone()) {
    check(defaults);
}

Tensor RMSprop::step(LossClosure closure) {
    Tensor loss = evaluate(closure);
    const NoGradGuard no_grad;
    for (const OptimizerParamGroup& group : param_groups_) check(group, state_);
    for (const OptimizerParamGroup& group : param_groups_) {
        const RMSpropOptions& options = options_of(group);
        const ops::RmspropStep step{options.lr(), options.alpha(), options.eps(), options.weight_decay(),
                                    options.momentum()};
        for (const Tensor& param : group.params()) {
            if (!param.grad().defined()) continue;
            auto& state = prepare(state_[param.unsafeGetTensorImpl()], param, options);
            ++state.step();
            const auto kernel = ops::kernels().rmsprop[ops::float_index(param.dtype())];
            detail::update(
                param,
                [&](void* p, const void* g, void* square, void* mean, void* buffer, std::int64_t count) {
                    kernel(step, p, g, square, mean, buffer, count);
                },
                &state.square_avg(), options.centered() ? &state.grad_avg() : nullptr,
                options.momentum() > 0 ? &state.momentum_buffer() : nullptr);
        }
    }
    return loss;
}

}  // namespace xgrad::optim
