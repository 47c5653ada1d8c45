#pragma once

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/nn/optim/optimizer.h>

/// What the steps of optimisers have in common. For their sources only.
namespace xgrad::optim::detail {

/// Throws ValueError, naming the optimiser, for a negative option or NaN.
void check_not_negative(const char* optimizer, const char* what, double value);

/// Throws, naming the optimiser, unless `tensor` has the shape and dtype of the parameter it belongs to.
void check_like(const char* optimizer, const char* what, const Tensor& tensor, const Tensor& param);

/// Throws, naming the optimiser, unless the parameter may be changed and its gradient fits.
void check_param(const char* optimizer, const Tensor& param);

/// The options of a group; throws ValueError if they are another optimiser's.
template <class Options>
const Options& options_of(const char* optimizer, const OptimizerParamGroup& group) {
    const auto* options = dynamic_cast<const Options*>(&group.options());
    if (!options) raise<ValueError>(optimizer, "the options of a parameter group are not ", optimizer, "Options");
    return *options;
}

/// What the optimiser remembers of a parameter, or null.
template <class ParamState>
ParamState* state_of(const Optimizer::State& state, const Tensor& param) {
    const auto found = state.find(param.unsafeGetTensorImpl());
    return found == state.end() ? nullptr : static_cast<ParamState*>(found->second.get());
}

/// The parameter after an update of `values`, its elements in one piece.
void finish_update(Tensor param, const Tensor& values);

/// Calls kernel(param, grad, state..., count) for parts of a parameter, its gradient and the state of the same shape
/// that is updated with it (a null pointer stays one). Memory is contiguous: other layouts are brought into one and
/// back.
template <class Kernel, class... State>
void update(const Tensor& param, Kernel kernel, State*... state) {
    constexpr std::int64_t kGrain = 1 << 16;  // a smaller update is done before another thread would be awake
    const Tensor values = param.contiguous(), grad = param.grad().contiguous();
    ((state ? static_cast<void>(*state = state->contiguous()) : void()), ...);
    const std::int64_t width = param.element_size();
    const auto at = [=](const Tensor* x, std::int64_t i) {
        return x ? static_cast<void*>(static_cast<std::byte*>(x->data_ptr()) + i * width) : nullptr;
    };
    xgrad::detail::parallel_for(0, param.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernel(at(&values, begin), at(&grad, begin), at(state, begin)..., end - begin);
    });
    finish_update(param, values);
}

}  // namespace xgrad::optim::detail
