#include <xgrad/nn/optim/sgd.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/nn/optim/update.h>

namespace xgrad::optim {

namespace {

void check(const SGDOptions& options) {
    detail::check_not_negative("SGD", "learning rate", options.lr());
    detail::check_not_negative("SGD", "momentum value", options.momentum());
    detail::check_not_negative("SGD", "weight_decay value", options.weight_decay());
    if (options.nesterov() && (options.momentum() <= 0 || options.dampening() != 0))
        raise<ValueError>("SGD", "Nesterov momentum requires a momentum and zero dampening, got momentum ",
                          options.momentum(), " and dampening ", options.dampening());
}

const SGDOptions& options_of(const OptimizerParamGroup& group) { return detail::options_of<SGDOptions>("SGD", group); }

const Tensor* buffer_of(const Optimizer::State& state, const Tensor& param) {
    const auto* of_param = detail::state_of<SGDParamState>(state, param);
    return of_param && of_param->momentum_buffer().defined() ? &of_param->momentum_buffer() : nullptr;
}

void check(const OptimizerParamGroup& group, const Optimizer::State& state) {
    check(options_of(group));
    for (const Tensor& param : group.params()) {
        if (!param.grad().defined()) continue;
        detail::check_param("SGD", param);
        if (const Tensor* buffer = buffer_of(state, param))
            detail::check_like("SGD", "momentum buffer", *buffer, param);
    }
}

void update(const ops::SgdStep& step, const Tensor& param, Tensor* buffer) {
    const auto kernel = ops::kernels().sgd[ops::float_index(param.dtype())];
    detail::update(
        param, [&](void* p, const void* g, void* b, std::int64_t count) { kernel(step, p, g, b, count); }, buffer);
}

}  // namespace

SGD::SGD(const std::vector<OptimizerParamGroup>& param_groups, const SGDOptions& defaults)
    : Optimizer(param_groups, defaults.clone()) {
    check(defaults);
    for (const OptimizerParamGroup& group : param_groups_) check(options_of(group));
}

SGD::SGD(const std::vector<Tensor>& params, const SGDOptions& defaults) : Optimizer(params, defaults.clone()) {
    check(defaults);
}

Tensor SGD::step(LossClosure closure) {
    Tensor loss = evaluate(closure);
    const NoGradGuard no_grad;
    for (const OptimizerParamGroup& group : param_groups_) check(group, state_);
    for (const OptimizerParamGroup& group : param_groups_) {
        const SGDOptions& options = options_of(group);
        ops::SgdStep step{options.lr(),           options.momentum(), options.dampening(),
                          options.weight_decay(), options.nesterov(),
                          /*first=*/false};
        for (const Tensor& param : group.params()) {
            if (!param.grad().defined()) continue;
            if (options.momentum() == 0) {
                update(step, param, nullptr);
                continue;
            }
            step.first = !buffer_of(state_, param);
            auto& state = state_[param.unsafeGetTensorImpl()];
            if (!state) state = std::make_unique<SGDParamState>();
            Tensor& buffer = static_cast<SGDParamState&>(*state).momentum_buffer();
            if (step.first) buffer = empty(param.sizes(), param.dtype());
            update(step, param, &buffer);
        }
    }
    return loss;
}

}  // namespace xgrad::optim
