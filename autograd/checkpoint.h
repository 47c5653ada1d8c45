#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/tensor.h>

namespace xgrad::detail {

using ListFunction = std::function<TensorList(const TensorList&)>;

TensorList checkpoint(ListFunction function, const TensorList& inputs);

}  // namespace xgrad::detail

namespace xgrad::autograd {

/// The result of `function(inputs...)`, a Tensor or a TensorList. What lies between is not kept for backward, which
/// computes it anew with the same random numbers of the default generator: less memory for a second forward.
///
///     Tensor y = checkpoint([&](const Tensor& x) { return block->forward(x); }, x);
///
/// `inputs` are one TensorList or any number of Tensors. Tensors that `function` reaches otherwise, such as the
/// parameters of a network, get their gradients too. `function` is copied, must hold what it needs until backward, and
/// must compute the same each time; state that it changes is changed twice. backward throws GraphError for inputs or
/// parameters that were modified since, and for a second call that gives other shapes or dtypes or meets other leaves.
/// Calls nest; derivatives of higher order are exact.
template <class Function, class... Inputs>
auto checkpoint(Function function, const Inputs&... inputs) {
    constexpr bool list = sizeof...(Inputs) == 1 && (std::is_same_v<Inputs, TensorList> && ...);
    auto call = [function = std::move(function)](const TensorList& in) mutable {
        if constexpr (list)
            return function(in);
        else
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return function(in[I]...); }
        (std::index_sequence_for<Inputs...>());
    };
    constexpr bool single = std::is_same_v<std::invoke_result_t<decltype(call)&, const TensorList&>, Tensor>;
    detail::ListFunction erased = [call = std::move(call)](const TensorList& in) mutable -> TensorList {
        if constexpr (single)
            return {call(in)};
        else
            return call(in);
    };
    TensorList outputs;
    if constexpr (list)
        outputs = detail::checkpoint(std::move(erased), inputs...);
    else
        outputs = detail::checkpoint(std::move(erased), {inputs...});
    if constexpr (single)
        return Tensor(std::move(outputs[0]));
    else
        return outputs;
}

}  // namespace xgrad::autograd
