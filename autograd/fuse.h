#pragma once

#include <concepts>
#include <cstring>
#include <memory>

#include <xgrad/autograd/ops/elementwise/fused.h>
#include <xgrad/autograd/ops/elementwise/fused_number.h>
#include <xgrad/autograd/pool_allocator.h>

/// Element-wise functions of one's own, as fast as a loop written by hand, with all their derivatives:
///
///     auto y = xgrad::fuse([](auto x, auto b) { return tanh(x * 2.0 + b) * x; }, x, b);
///
/// Opt-in: <xgrad.h> does not include this header, which needs those of xsimd (in CMake: find_package of xtl and of
/// xsimd, and the target xsimd). The loops are compiled with the flags of the file that includes it: -march=native, or
/// that of the machine where they are to run, gives them the speed of the library's own. Files for different
/// architectures may meet in one program; inline functions that call `fuse` need a namespace of their own for each, as
/// the entities here have.
namespace xgrad {
inline namespace XGRAD_FUSE_NAMESPACE {
namespace fused {

template <class F, class Life, std::size_t... I>
auto call(const F& f, const std::array<Number<Life>, sizeof...(I)>& x, std::index_sequence<I...>) {
    return f(x[I]...);
}

/// The result of `f` on N arguments of that life: a constant is a number too.
template <class F, class Life, std::size_t N>
[[gnu::always_inline]] inline auto call(const F& f, const std::array<Number<Life>, N>& x) {
    const auto result = call(f, x, std::make_index_sequence<N>());
    using Result = std::remove_const_t<decltype(result)>;
    static_assert(
        std::is_same_v<Result, Number<Life>> || std::is_same_v<Result, Truth<Life>> || std::is_arithmetic_v<Result>,
        "a fused function returns what its arguments are made into by operators and functions");
    if constexpr (std::is_arithmetic_v<Result>)
        return Number<Life>(static_cast<double>(result));
    else
        return result;
}

/// The copy that the graph keeps. Its type is named after the architecture, as must be all that code is made for.
template <class F>
struct Kept {
    F function;
};

/// A copy of the function that the compiler knows no store to change.
template <class F>
using Local = std::conditional_t<std::is_trivially_copyable_v<F>, const F, const F&>;

template <class L, std::size_t N, std::size_t... I>
[[gnu::always_inline]] inline auto load_inputs(const typename L::Value* const* in, std::size_t at,
                                               std::index_sequence<I...>) {
    using Life = Lanes<L, N>;
    return std::array<Number<Life>, sizeof...(I)>{Number<Life>(Life::input(L::load(in[I] + at), I))...};
}

/// Whole lanes of the value. One body serves all parts of a tensor: what it rounds, it rounds alike everywhere.
template <class F, class L, std::size_t N>
struct ValueLoop {
    static constexpr bool compares =
        std::is_same_v<decltype(call(std::declval<const F&>(), std::declval<std::array<Number<Lanes<L, 0>>, N>>())),
                       Truth<Lanes<L, 0>>>;
    using Out = std::conditional_t<compares, bool, typename L::Value>;
    static constexpr std::size_t inputs = N;
    static std::size_t outputs(unsigned) { return 1; }

    [[gnu::noinline, gnu::flatten]] static void run(const ops::FusedCall& fused, Out* const* out,
                                                    const typename L::Value* const* in, std::size_t n) {
        Local<F> f = *static_cast<const F*>(fused.function);
        const typename L::Value* from[N];
        for (std::size_t i = 0; i < N; ++i) from[i] = in[i];
        Out* const to = out[0];
        for (std::size_t at = 0; at < n; at += L::size) {
            const auto y = call(f, load_inputs<L, 0>(from, at, std::make_index_sequence<N>()));
            if constexpr (compares)
                y.mask().store(to + at);
            else
                y.value().v.store(to + at);
        }
    }
};

/// Whole lanes of gradient * derivative to each wanted input; in[0] is the gradient.
template <class F, class L, std::size_t N>
struct DerivativeLoop {
    using T = typename L::Value;
    using Out = T;
    static constexpr std::size_t inputs = N + 1;
    static std::size_t outputs(unsigned wanted) { return static_cast<std::size_t>(__builtin_popcount(wanted)); }

    [[gnu::noinline, gnu::flatten]] static void run(const ops::FusedCall& fused, T* const* out, const T* const* in,
                                                    std::size_t n) {
        Local<F> f = *static_cast<const F*>(fused.function);
        const T* from[N + 1];
        for (std::size_t i = 0; i <= N; ++i) from[i] = in[i];
        T* to[N] = {};
        for (std::size_t i = 0; i < N; ++i)
            if (fused.wanted >> i & 1) to[i] = *out++;
        for (std::size_t at = 0; at < n; at += L::size) {
            const L gradient = L::load(from[0] + at);
            const auto y = call(f, load_inputs<L, N>(from + 1, at, std::make_index_sequence<N>())).value();
            Lanes<L, N>::each_input([&](auto i) __attribute__((always_inline)) {
                if (to[i]) ((y.depends >> i & 1) ? gradient * y.slope[i] : L(0.0)).store(to[i] + at);
            });
        }
    }
};

/// Any number of elements: those that do not fill a lane pass through one that is filled up with ones.
template <class Loop, class L>
void kernel(const void* row, void* const* out, const void* const* in, std::int64_t count) {
    using T = typename L::Value;
    using Out = typename Loop::Out;
    const ops::FusedCall& fused = *static_cast<const ops::FusedCall*>(row);
    const std::size_t outputs = Loop::outputs(fused.wanted), n = static_cast<std::size_t>(count), rest = n % L::size;
    const T* from[Loop::inputs];
    Out* to[ops::kMaxMapOutputs];
    for (std::size_t k = 0; k < Loop::inputs; ++k) from[k] = static_cast<const T*>(in[k]);
    for (std::size_t k = 0; k < outputs; ++k) to[k] = static_cast<Out*>(out[k]);
    Loop::run(fused, to, from, n - rest);
    if (rest == 0) return;
    T filled[Loop::inputs][L::size];
    Out results[ops::kMaxMapOutputs][L::size];
    for (std::size_t k = 0; k < Loop::inputs; ++k) {
        L(1.0).store(filled[k]);
        std::memcpy(filled[k], from[k] + (n - rest), rest * sizeof(T));
        from[k] = filled[k];
    }
    for (std::size_t k = 0; k < outputs; ++k) to[k] = results[k];
    Loop::run(fused, to, from, L::size);
    for (std::size_t k = 0; k < outputs; ++k)
        std::memcpy(static_cast<Out*>(out[k]) + (n - rest), results[k], rest * sizeof(Out));
}

template <class F, std::size_t N, class T>
struct Kernels {
    using L = simd::Lane<T, xsimd::default_arch>;
    using Value = ValueLoop<F, L, N>;

    static constexpr ops::ManyMapKernel value = kernel<Value, L>;
    static constexpr ops::ManyMapKernel derivative() {
        if constexpr (Value::compares)
            return nullptr;
        else
            return kernel<DerivativeLoop<F, L, N>, L>;
    }
};

template <class F, std::size_t N>
Tensor on_tensors(const void* function, const Tensor* inputs) {
    const auto result = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return call(*static_cast<const F*>(function), std::array<Number<Tensors>, N>{Number<Tensors>(inputs[I])...});
    }
    (std::make_index_sequence<N>());
    if constexpr (std::is_same_v<decltype(result), const Truth<Tensors>>)
        return result.mask();
    else
        return result.value();
}

template <class F>
std::shared_ptr<const void> copy(const void* function) {
    using Copy = Kept<F>;
    const auto kept =
        std::allocate_shared<Copy>(xgrad::detail::PoolAllocator<Copy>(), Copy{*static_cast<const F*>(function)});
    return {kept, &kept->function};
}

template <class F, std::size_t N>
inline constexpr ops::FusedCode kCode = {Kernels<F, N, float>::Value::compares,
                                         {Kernels<F, N, float>::value, Kernels<F, N, double>::value},
                                         {Kernels<F, N, float>::derivative(), Kernels<F, N, double>::derivative()},
                                         on_tensors<F, N>,
                                         copy<F>};

}  // namespace fused

/// `function` of the elements of up to eight tensors, which broadcast, computed in one pass over memory. It is a
/// generic lambda (or function object) of as many arguments, made of what tensors have element-wise: operators,
/// functions called without a namespace, comparisons, `where(condition, a, b)`, constants, and what it captures (by
/// value, since the graph keeps a copy, and numbers only). Other control flow may not depend on its arguments.
///
/// Its derivative is made by the compiler: backward computes the gradients of all inputs in one pass, too, from the
/// inputs alone, which it keeps. When the graph of the gradient is wanted, and within jvp and vmap, the same function
/// is applied to the tensors instead, one operation after the other, which gives derivatives of every order.
///
/// All is computed in the dtype to which the inputs promote: float32 or float64. A function that returns a comparison
/// gives a tensor of bools. Values agree with those of the operations to rounding and do not depend on the number of
/// threads. Throws ShapeError for shapes that do not broadcast, DtypeError when no input is floating-point.
template <class F, std::same_as<Tensor>... In>
requires(sizeof...(In) >= 1 && sizeof...(In) <= ops::kMaxFusedInputs) Tensor
    fuse(const F& function, const In&... inputs) {
    const Tensor* const list[] = {&inputs...};
    return ops::fuse(fused::kCode<F, sizeof...(In)>, &function, list);
}

}  // namespace XGRAD_FUSE_NAMESPACE
}  // namespace xgrad

#undef XGRAD_FUSE_NAMESPACE
