#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/tensor.h>

/// What transforms take and give: functions of tensors in one form, whatever they looked like.
namespace xgrad::func {

/// Tensors in, tensors out.
using ErasedFunction = std::function<TensorList(const TensorList&)>;

template <class R>
class Callable;

}  // namespace xgrad::func

namespace xgrad::detail {

template <class R>
inline constexpr bool is_tensor_or_list = std::is_same_v<R, Tensor> || std::is_same_v<R, TensorList>;

template <class R, std::size_t... I>
constexpr bool is_result_tuple(std::index_sequence<I...>) {
    return (is_tensor_or_list<std::tuple_element_t<I, R>> && ...) &&
           (0 + ... + std::is_same_v<std::tuple_element_t<I, R>, TensorList>) <= 1;
}

/// What functions may return: a Tensor, a TensorList, or a tuple, pair or array of tensors and at most one TensorList.
template <class R>
concept FunctionResult = is_tensor_or_list<R> || requires {
    requires is_result_tuple<R>(std::make_index_sequence<std::tuple_size<R>::value>{});
};

/// A result as a list of tensors, and made of one again.
template <FunctionResult R>
TensorList pack_result(R result) {
    if constexpr (std::is_same_v<R, TensorList>) {
        return result;
    } else if constexpr (std::is_same_v<R, Tensor>) {
        return {std::move(result)};
    } else {
        TensorList list;
        const auto append = [&](auto& part) {
            for (const Tensor& tensor : pack_result(std::move(part))) list.push_back(tensor);
        };
        std::apply([&](auto&... parts) { (append(parts), ...); }, result);
        return list;
    }
}

template <FunctionResult R>
R unpack_result(TensorList list) {
    if constexpr (std::is_same_v<R, TensorList>) {
        return list;
    } else if constexpr (std::is_same_v<R, Tensor>) {
        return std::move(list[0]);
    } else {
        constexpr std::size_t parts = std::tuple_size_v<R>;
        auto next = list.begin();
        const auto take = [&]<class Part>(std::type_identity<Part>) -> Part {
            if constexpr (std::is_same_v<Part, Tensor>) {
                return std::move(*next++);
            } else {
                const auto first = next;
                next += static_cast<std::ptrdiff_t>(list.size() - (parts - 1));
                return TensorList(first, next);
            }
        };
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return R{take(std::type_identity<std::tuple_element_t<I, R>>())...};  // braces: from left to right
        }
        (std::make_index_sequence<parts>{});
    }
}

template <class F, class Indices>
struct CallWithTensors;
template <class F, std::size_t... I>
struct CallWithTensors<F, std::index_sequence<I...>> {
    template <std::size_t>
    using Argument = const Tensor&;
    static constexpr bool possible = std::is_invocable_v<F&, Argument<I>...>;
    static TensorList call(F& f, const TensorList& inputs) {
        return pack_result(std::decay_t<decltype(f(inputs[I]...))>(f(inputs[I]...)));
    }
    struct Result : std::invoke_result<F&, Argument<I>...> {};
};
template <class F, std::size_t N>
using CallWith = CallWithTensors<F, std::make_index_sequence<N>>;

inline constexpr std::size_t kMostArguments = 6;

/// The fewest tensors that F can be called with; 0 if it takes none of 1 to 6 of them.
template <class F, std::size_t N = 1>
constexpr std::size_t fewest_arguments() {
    if constexpr (N > kMostArguments)
        return 0;
    else if constexpr (CallWith<F, N>::possible)
        return N;
    else
        return fewest_arguments<F, N + 1>();
}

// Whether F takes a list is asked only when it takes no tensors: the body of a generic lambda of tensors may not
// compile with a list.
template <class F, std::size_t fewest = fewest_arguments<F>()>
struct ResultOfCall : CallWith<F, fewest>::Result {};
template <class F>
struct ResultOfCall<F, 0> : std::invoke_result<F&, const TensorList&> {};

[[noreturn]] void raise_argument_count(std::size_t fewest, std::size_t given);

template <class F>
func::ErasedFunction erase_function(F f) {
    if constexpr (fewest_arguments<F>() == 0)
        return [f = std::move(f)](const TensorList& inputs) mutable {
            return pack_result(std::decay_t<decltype(f(inputs))>(f(inputs)));
        };
    else
        return [f = std::move(f)](const TensorList& inputs) mutable {
            TensorList out;
            const auto call = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
                if constexpr (CallWith<F, N>::possible) {
                    if (inputs.size() != N) return false;
                    out = CallWith<F, N>::call(f, inputs);
                    return true;
                } else {
                    return false;
                }
            };
            const bool called = [&]<std::size_t... I>(std::index_sequence<I...>) {
                return (call(std::integral_constant<std::size_t, I + 1>()) || ...);
            }
            (std::make_index_sequence<kMostArguments>{});
            if (!called) raise_argument_count(fewest_arguments<F>(), inputs.size());
            return out;
        };
}
template <class R>
func::ErasedFunction erase_function(func::Callable<R> f) {
    return std::move(f).erased();
}

}  // namespace xgrad::detail

namespace xgrad::func {

/// What F returns when it is called with one to six tensors or with a TensorList.
template <class F>
using ResultOf = std::decay_t<typename detail::ResultOfCall<std::decay_t<F>>::type>;

/// A function of tensors: called with one to six of them, or with a TensorList of any length. It is made of anything
/// that can be called with tensors (`[](const Tensor& x, const Tensor& w) {...}`, `[](auto x) {...}`) or with a
/// `const TensorList&`, and returns a Tensor, a TensorList, or a tuple of them. What F returns is R, or anything of
/// these if R is TensorList.
///
/// Transforms take such functions and give such functions, so that they compose. Throws ValueError when called with a
/// number of tensors that the function does not take.
template <class R>
class Callable {
  public:
    using Result = R;

    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callable> &&
             requires {
                 requires detail::FunctionResult<ResultOf<F>>;
                 requires std::same_as<R, ResultOf<F>> || std::same_as<R, TensorList>;
             }) Callable(F&& function)
        : erased_(detail::erase_function(std::decay_t<F>(std::forward<F>(function)))) {}

    /// `function` must return as many tensors as an R has.
    static Callable of_erased(ErasedFunction function) { return Callable(std::move(function), Erased{}); }

    R operator()(const TensorList& inputs) const { return detail::unpack_result<R>(erased_(inputs)); }
    template <std::same_as<Tensor>... T>
    requires(sizeof...(T) > 0) R operator()(const T&... inputs) const { return (*this)(TensorList{inputs...}); }

    const ErasedFunction& erased() const& { return erased_; }
    ErasedFunction erased() && { return std::move(erased_); }

  private:
    struct Erased {};
    Callable(ErasedFunction function, Erased) : erased_(std::move(function)) {}

    ErasedFunction erased_;
};

using Function = Callable<Tensor>;
using ListFunction = Callable<TensorList>;

}  // namespace xgrad::func
