#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/module.h>

namespace xgrad::nn {

/// Gives parameters and buffers of a module the contents of other tensors for a scope. See func::functional_call.
class FunctionalScope {
  public:
    FunctionalScope(Module& module, const OrderedDict<std::string, Tensor>& tensors);
    /// In the order of module.parameters().
    FunctionalScope(Module& module, const TensorList& parameters);
    ~FunctionalScope();
    FunctionalScope(const FunctionalScope&) = delete;
    FunctionalScope& operator=(const FunctionalScope&) = delete;

  private:
    void exchange();

    std::vector<std::pair<Tensor, Tensor>> exchanged_;  // the module's own, and what holds the other contents
};

}  // namespace xgrad::nn

namespace xgrad::detail {

template <class M>
auto& module_of(M& module) {
    if constexpr (nn::ModuleType<M>)
        return module;
    else if constexpr (nn::ModuleHolderType<M>)
        return *module.ptr();
    else
        return *module;
}

template <class M, class Tensors, class... Inputs>
auto functional_call(M& module, const Tensors& tensors, Inputs&&... inputs) {
    const nn::FunctionalScope scope(module, tensors);
    return module.forward(std::forward<Inputs>(inputs)...);
}

}  // namespace xgrad::detail

namespace xgrad::func {

/// What `module` (a holder, a shared_ptr or a module itself) computes of `inputs` with other tensors in the place of
/// its parameters and buffers: named ones, as named_parameters() and named_buffers() name them, the others as they are;
/// or, given a list, all parameters in the order of parameters(). The tensors may be results, require gradients, or be
/// inside transforms, so that
///
///     auto loss = [&](const Tensor& weight, const Tensor& bias, const Tensor& x) {
///         return func::functional_call(net, {{"weight", weight}, {"bias", bias}}, x).pow(2).mean();
///     };
///     Tensor gradient = func::grad(loss)(w, b, x);
///
/// differentiates by them. A tensor registered at several places is given under one of its names. A buffer that the
/// forward modifies in place is the one that was given. Afterwards, and if forward throws, the module has its own
/// tensors again: they are exchanged in place, so that no other thread may use the module meanwhile.
///
/// Throws IndexError for an unknown name, ValueError for an undefined tensor, for different tensors in one place, or
/// when a list has not as many as there are parameters.
template <class M, class... Inputs>
auto functional_call(M&& module, const OrderedDict<std::string, Tensor>& parameters_and_buffers, Inputs&&... inputs) {
    return detail::functional_call(detail::module_of(module), parameters_and_buffers, std::forward<Inputs>(inputs)...);
}
template <class M, class... Inputs>
auto functional_call(M&& module, const TensorList& parameters, Inputs&&... inputs) {
    return detail::functional_call(detail::module_of(module), parameters, std::forward<Inputs>(inputs)...);
}
/// The names and tensors of a std::map or std::unordered_map.
template <class M, class Map, class... Inputs>
requires std::same_as<typename Map::mapped_type, Tensor>
auto functional_call(M&& module, const Map& parameters_and_buffers, Inputs&&... inputs) {
    OrderedDict<std::string, Tensor> tensors;
    for (const auto& [name, tensor] : parameters_and_buffers) tensors.insert(name, tensor);
    return detail::functional_call(detail::module_of(module), tensors, std::forward<Inputs>(inputs)...);
}

}  // namespace xgrad::func
