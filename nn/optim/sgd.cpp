#include <xgrad/nn/optim/sgd.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/parallel.h>

namespace xgrad::optim {

namespace {

constexpr std::int64_t kGrain = 1 << 15;

void check(const SGDOptions& options) {
    const auto check_sign = [](const char* what, double value) {
        if (!(value >= 0)) raise<ValueError>("SGD", "Invalid ", what, ": ", value, "; it must not be negative");
    };
    check_sign("learning rate", options.lr());
    check_sign("momentum value", options.momentum());
    check_sign("weight_decay value", options.weight_decay());
    if (options.nesterov() && (options.momentum() <= 0 || options.dampening() != 0))
        raise<ValueError>("SGD", "Nesterov momentum requires a momentum and zero dampening, got momentum ",
                          options.momentum(), " and dampening ", options.dampening());
}

const SGDOptions& options_of(const OptimizerParamGroup& group) {
    const auto* options = dynamic_cast<const SGDOptions*>(&group.options());
    if (!options) raise<ValueError>("SGD", "the options of a parameter group are not SGDOptions");
    return *options;
}

void check_like(const char* what, const Tensor& tensor, const Tensor& param) {
    if (!(tensor.sizes() == param.sizes()))
        raise<ShapeError>("SGD", "the ", what, " of shape ", detail::shape_string(tensor.sizes()),
                          " must have the shape of its parameter, ", detail::shape_string(param.sizes()));
    if (tensor.dtype() != param.dtype())
        raise<DtypeError>("SGD", "the ", what, " of dtype ", tensor.dtype(), " must have the dtype of its parameter, ",
                          param.dtype());
}

const Tensor* buffer_of(const Optimizer::State& state, const Tensor& param) {
    const auto found = state.find(param.unsafeGetTensorImpl());
    if (found == state.end()) return nullptr;
    const Tensor& buffer = static_cast<const SGDParamState&>(*found->second).momentum_buffer();
    return buffer.defined() ? &buffer : nullptr;
}

void check(const OptimizerParamGroup& group, const Optimizer::State& state) {
    check(options_of(group));
    for (const Tensor& param : group.params()) {
        if (!param.grad().defined()) continue;
        detail::check_inplace("SGD", param, /*recording=*/false);
        check_like("gradient", param.grad(), param);
        if (const Tensor* buffer = buffer_of(state, param)) check_like("momentum buffer", *buffer, param);
    }
}

/// The kernel over contiguous memory; other layouts are brought into one and back.
void update(const ops::SgdStep& step, Tensor param, Tensor* buffer) {
    const Tensor values = param.contiguous(), grad = param.grad().contiguous();
    if (buffer) *buffer = buffer->contiguous();
    const auto kernel = ops::kernels().sgd[ops::float_index(param.dtype())];
    const std::int64_t width = param.element_size();
    auto* p = static_cast<std::byte*>(values.data_ptr());
    const auto* g = static_cast<const std::byte*>(grad.data_ptr());
    auto* b = buffer ? static_cast<std::byte*>(buffer->data_ptr()) : nullptr;
    detail::parallel_for(0, param.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = begin * width;
        kernel(step, p + at, g + at, b ? b + at : nullptr, end - begin);
    });
    if (values.is_same(param))
        param.unsafeGetTensorImpl()->storage->bump_version();
    else
        param.copy_(values);
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
