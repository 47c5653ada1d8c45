#pragma once

#include <cstddef>
#include <type_traits>

namespace xgrad::ops {

/// A list of types to run through at compile time.
template <class... Ts>
struct TypeList {
    static constexpr std::size_t size = sizeof...(Ts);

    /// Position of T; the size of the list when it is not there.
    template <class T>
    static constexpr std::size_t index() {
        std::size_t i = 0;
        (void)((std::is_same_v<T, Ts> ? true : (++i, false)) || ...);
        return i;
    }
    template <class T>
    static constexpr bool contains = (std::is_same_v<T, Ts> || ...);

    /// Calls f.template operator()<T>() for each.
    template <class F>
    static void for_each(F&& f) {
        (f.template operator()<Ts>(), ...);
    }
};

template <class... Lists>
struct ConcatOf;
template <class... As>
struct ConcatOf<TypeList<As...>> {
    using Type = TypeList<As...>;
};
template <class... As, class... Bs, class... Rest>
struct ConcatOf<TypeList<As...>, TypeList<Bs...>, Rest...> {
    using Type = typename ConcatOf<TypeList<As..., Bs...>, Rest...>::Type;
};
template <class... Lists>
using Concat = typename ConcatOf<Lists...>::Type;

}  // namespace xgrad::ops
