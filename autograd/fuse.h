#pragma once

#include <array>
#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/fused.h>
#include <xgrad/autograd/ops/rows_activation.h>
#include <xgrad/autograd/ops/rows_arithmetic.h>
#include <xgrad/autograd/ops/rows_unary.h>
#include <xgrad/autograd/ops/simd_math.h>
#include <xgrad/autograd/pool_allocator.h>

/// Element-wise functions of one's own, as fast as a loop written by hand, with all their derivatives:
///
///     auto y = xgrad::fuse([](auto x, auto b) { return tanh(x * 2.0 + b) * x; }, x, b);
///
/// Opt-in: <xgrad.h> does not include this header, which needs that of xsimd. The loops are compiled with the flags of
/// the file that includes it, to which -march=native, or that of the machine where it is to run, gives the speed of the
/// library's own.
///
/// Files compiled for different architectures may meet in one program: the namespace says for which one its entities
/// are, so that the linker does not take one for the other. Inline functions that call `fuse` need such a namespace
/// too.
#if XSIMD_WITH_AVX512F
#define XGRAD_FUSE_NAMESPACE avx512_64
#elif XSIMD_WITH_FMA3_AVX2
#define XGRAD_FUSE_NAMESPACE avx2_fma_32
#elif XSIMD_WITH_AVX2
#define XGRAD_FUSE_NAMESPACE avx2_32
#elif XSIMD_WITH_AVX
#define XGRAD_FUSE_NAMESPACE avx_32
#elif XSIMD_WITH_SSE2
#define XGRAD_FUSE_NAMESPACE sse_16
#else
#define XGRAD_FUSE_NAMESPACE simd_16
#endif

namespace xgrad {
inline namespace XGRAD_FUSE_NAMESPACE {
namespace fused {

namespace rows = ops::rows;

/// The first life of a function: its value on SIMD registers, and the derivatives to N inputs beside it (dual numbers;
/// N is 0 where only the value is wanted). Values and derivatives are those of the library's rows.
template <class L, std::size_t N>
struct Lanes {
    using Mask = simd::Mask<typename L::Value, typename L::Arch>;

    struct Value {
        L v;
        unsigned depends;  // bit i: on input i. A derivative to others is not even multiplied: 0 * inf is no 0
        std::array<L, N> slope;
    };

    [[gnu::always_inline]] static Value constant(L v) { return {v, 0, zeros(Inputs())}; }
    [[gnu::always_inline]] static Value input(L v, std::size_t i) {
        Value x = constant(v);
        if constexpr (N > 0) {
            x.depends = 1u << i;
            x.slope[i] = L(1.0);
        }
        return x;
    }

    template <class Row, class F, class... X>
    [[gnu::always_inline]] static Value apply(const Row& row, const F&, const X&... x) {
        static_assert(Row::kind != rows::Kind::kIntegral, "fuse computes floating-point numbers, which have no bits");
        Value y = constant(L(row.value(x.v...)));
        if constexpr (N > 0) chain(std::index_sequence_for<X...>(), y, row, x...);
        return y;
    }
    template <class Row, class F, class... X>
    [[gnu::always_inline]] static Mask compare(const Row& row, const F&, const X&... x) {
        return row.value(x.v...);
    }
    [[gnu::always_inline]] static Value where(const Mask& condition, const Value& a, const Value& b) {
        Value y = constant(where_lanes(condition, a.v, b.v));
        y.depends = a.depends | b.depends;
        each_input([&](auto i)
                       __attribute__((always_inline)) { y.slope[i] = where_lanes(condition, a.slope[i], b.slope[i]); });
        return y;
    }

    /// f(i) for each of the N.
    template <class F>
    [[gnu::always_inline]] static void each_input(const F& f) {
        each_input(f, Inputs());
    }

  private:
    using Inputs = std::make_index_sequence<N>;

    template <std::size_t... I>
    [[gnu::always_inline]] static std::array<L, N> zeros(std::index_sequence<I...>) {
        return {(static_cast<void>(I), L(0.0))...};
    }
    [[gnu::always_inline]] static L where_lanes(const Mask& condition, L a, L b) {
        return xsimd::select(condition.v, a.v, b.v);
    }
    template <class F, std::size_t... I>
    [[gnu::always_inline]] static void each_input(const F& f, std::index_sequence<I...>) {
        (f(std::integral_constant<std::size_t, I>()), ...);
    }

    template <std::size_t... I, class Row, class... X>
    [[gnu::always_inline]] static void chain(std::index_sequence<I...>, Value& y, const Row& row, const X&... x) {
        (chain<I>(y, x, row, x.v..., y.v), ...);
    }
    /// Adds what y owes to x, which is argument I of the row.
    template <std::size_t I, class Row, class... V>
    [[gnu::always_inline]] static void chain(Value& y, const Value& x, const Row& row, const V&... values) {
        if constexpr ((Row::uses[I] & (rows::kNoGradient | rows::kZero)) == 0) {
            if (x.depends == 0) return;
            L factor(1.0);
            if constexpr ((Row::uses[I] & rows::kPassThrough) == 0) factor = L(rows::derivative_of<I>(row, values...));
            each_input([&](auto i) __attribute__((always_inline)) {
                if ((x.depends >> i & 1) == 0) return;
                L term = x.slope[i];
                if constexpr ((Row::uses[I] & rows::kPassThrough) == 0) term = factor * term;
                if constexpr (requires { Row::masks; }) term = where_lanes((factor == 0.0).v, L(0.0), term);
                y.slope[i] = (y.depends >> i & 1) ? y.slope[i] + term : term;
            });
            y.depends |= x.depends;
        }
    }
};

/// The other life: operations on tensors, which are recorded and transformed like any, for derivatives of higher order.
struct Tensors {
    using Value = Tensor;
    using Mask = Tensor;

    /// Without dimensions, so that it does not raise the dtype.
    static Tensor constant(double c) { return full({}, c, kFloat64); }
    template <class Row, class F, class... X>
    static Tensor apply(const Row&, const F& operation, const X&... x) {
        return operation(x...);
    }
    template <class Row, class F, class... X>
    static Tensor compare(const Row&, const F& operation, const X&... x) {
        return operation(x...);
    }
    static Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
        return xgrad::where(condition, a, b);
    }
};

template <class Life>
class Number;

/// A truth value: what comparisons yield and `where` takes.
template <class Life>
class Truth {
  public:
    explicit Truth(typename Life::Mask mask) : mask_(std::move(mask)) {}
    const typename Life::Mask& mask() const { return mask_; }

    friend Truth operator&(const Truth& a, const Truth& b) { return Truth(a.mask_ & b.mask_); }
    friend Truth operator|(const Truth& a, const Truth& b) { return Truth(a.mask_ | b.mask_); }
    friend Truth operator^(const Truth& a, const Truth& b) { return Truth(a.mask_ ^ b.mask_); }
    friend Truth operator!(const Truth& a) { return Truth(!a.mask_); }
    friend Truth operator~(const Truth& a) { return Truth(!a.mask_); }

    /// a where the condition holds, else b. No gradient flows to the side not taken.
    [[gnu::always_inline]] friend Number<Life> where(const Truth& condition, const Number<Life>& a,
                                                     const Number<Life>& b) {
        return Number<Life>(Life::where(condition.mask_, a.value(), b.value()));
    }

  private:
    typename Life::Mask mask_;
};

/// What a fused function is called with: has the operators and the element-wise functions of tensors, found by
/// argument-dependent lookup. A double, float or integer stands for a constant.
template <class Life>
class Number {
  public:
    using Value = typename Life::Value;

    Number(double constant) : value_(Life::constant(constant)) {}
    [[gnu::always_inline]] explicit Number(Value value) : value_(std::move(value)) {}
    [[gnu::always_inline]] const Value& value() const { return value_; }

#define XGRAD_FUSED(name, row, operation, ...)                                           \
    [[gnu::always_inline]] friend auto name(__VA_ARGS__) {                               \
        return apply(                                                                    \
            row, [=]([[maybe_unused]] const Tensor& t) { return xgrad::operation; }, x); \
    }
#define XGRAD_FUSED_BINARY(name, Row, operation)                                            \
    [[gnu::always_inline]] friend auto name(const Number& a, const Number& b) {             \
        return apply(                                                                       \
            rows::Row{}, [](const Tensor& s, const Tensor& t) { return operation; }, a, b); \
    }

    // The functions of a regular form.
#define XGRAD_PREDICATE(name, Row) XGRAD_FUSED(name, rows::Row{}, name(t), const Number& x)
#define XGRAD_UNARY(name, Row) XGRAD_PREDICATE(name, Row)
#define XGRAD_BINARY(name, Row) XGRAD_FUSED_BINARY(name, Row, xgrad::name(s, t))
#define XGRAD_BINARY_INPLACE(name, Row) XGRAD_BINARY(name, Row)
#define XGRAD_BINARY_NUMBER(name, Row) XGRAD_BINARY(name, Row)
#include <xgrad/autograd/elementwise.inc>

    XGRAD_FUSED_BINARY(operator+, Add, s + t)
    XGRAD_FUSED_BINARY(operator-, Sub, s - t)
    XGRAD_FUSED_BINARY(operator*, Mul, s* t)
    XGRAD_FUSED_BINARY(operator/, Div, s / t)
    XGRAD_FUSED_BINARY(operator%, Remainder, s % t)
    XGRAD_FUSED_BINARY(operator==, Eq, s == t)
    XGRAD_FUSED_BINARY(operator!=, Ne, s != t)
    XGRAD_FUSED_BINARY(operator<, Lt, s < t)
    XGRAD_FUSED_BINARY(operator<=, Le, s <= t)
    XGRAD_FUSED_BINARY(operator>, Gt, s > t)
    XGRAD_FUSED_BINARY(operator>=, Ge, s >= t)
    XGRAD_FUSED(operator-, rows::Neg{}, neg(t), const Number& x)
    friend Number operator+(const Number& x) { return x; }
    Number& operator+=(const Number& b) { return *this = *this + b; }
    Number& operator-=(const Number& b) { return *this = *this - b; }
    Number& operator*=(const Number& b) { return *this = *this * b; }
    Number& operator/=(const Number& b) { return *this = *this / b; }

    XGRAD_FUSED_BINARY(pow, Pow, xgrad::pow(s, t))
    [[gnu::always_inline]] friend Number pow(const Number& x, double exponent) {
        if (exponent == 2) return square(x);
        if (exponent == 0.5) return sqrt(x);
        return apply(
            rows::PowScalar{exponent}, [=](const Tensor& t) { return xgrad::pow(t, exponent); }, x);
    }
    XGRAD_FUSED_BINARY(clamp_min, ClampMin, xgrad::clamp_min(s, t))
    XGRAD_FUSED_BINARY(clamp_max, ClampMax, xgrad::clamp_max(s, t))
    [[gnu::always_inline]] friend Number clamp(const Number& x, const Number& low, const Number& high) {
        return apply(
            rows::ClampBetween{},
            [](const Tensor& t, const Tensor& min, const Tensor& max) {
                return xgrad::clamp(t, std::optional(min), std::optional(max));
            },
            x, low, high);
    }
    [[gnu::always_inline]] friend Number lerp(const Number& a, const Number& b, const Number& weight) {
        return apply(
            rows::Lerp{}, [](const Tensor& s, const Tensor& t, const Tensor& w) { return xgrad::lerp(s, t, w); }, a, b,
            weight);
    }

    XGRAD_FUSED(round, rows::Round{}, round(t), const Number& x)
    XGRAD_FUSED(polygamma, rows::Polygamma{n}, polygamma(n, t), std::int64_t n, const Number& x)
    XGRAD_FUSED(logit, rows::Logit{}, logit(t), const Number& x)
    XGRAD_FUSED(logit, (rows::Logit{eps, 1 - eps, 0, true}), logit(t, eps), const Number& x, double eps)

    // Activations, with the defaults of the library's.
    XGRAD_FUSED(improved_sigmoid, rows::ImprovedSigmoid{}, improved_sigmoid(t), const Number& x)
    XGRAD_FUSED(hardtanh, (rows::Hardtanh{low, high}), hardtanh(t, low, high), const Number& x, double low = -1,
                double high = 1)
    XGRAD_FUSED(relu6, (rows::Hardtanh{0, 6}), relu6(t), const Number& x)
    XGRAD_FUSED(leaky_relu, rows::LeakyRelu{slope}, leaky_relu(t, slope), const Number& x, double slope = 0.01)
    XGRAD_FUSED(elu, (rows::Elu{alpha, scale, input_scale}), elu(t, alpha, scale, input_scale), const Number& x,
                double alpha = 1, double scale = 1, double input_scale = 1)
    XGRAD_FUSED(celu, (rows::Elu{alpha, 1, 1 / alpha}), celu(t, alpha), const Number& x, double alpha = 1)
    XGRAD_FUSED(selu, (rows::Elu{rows::kSeluAlpha, rows::kSeluScale, 1}), selu(t), const Number& x)
    XGRAD_FUSED(gelu, rows::Gelu{}, gelu(t), const Number& x)
    XGRAD_FUSED(silu, rows::Silu{}, silu(t), const Number& x)
    XGRAD_FUSED(mish, rows::Mish{}, mish(t), const Number& x)
    XGRAD_FUSED(softplus, (rows::Softplus{beta, limit}), softplus(t, beta, limit), const Number& x, double beta = 1,
                double limit = 20)
    XGRAD_FUSED(softsign, rows::Softsign{}, softsign(t), const Number& x)
    XGRAD_FUSED(tanhshrink, rows::Tanhshrink{}, tanhshrink(t), const Number& x)
    XGRAD_FUSED(softshrink, rows::Softshrink{lambda}, softshrink(t, lambda), const Number& x, double lambda = 0.5)
    XGRAD_FUSED(hardshrink, rows::Hardshrink{lambda}, hardshrink(t, lambda), const Number& x, double lambda = 0.5)
    XGRAD_FUSED(threshold, (rows::Threshold{limit, number}), threshold(t, limit, number), const Number& x, double limit,
                double number)
    XGRAD_FUSED(hardsigmoid, rows::Hardsigmoid{}, hardsigmoid(t), const Number& x)
    XGRAD_FUSED(hardswish, rows::Hardswish{}, hardswish(t), const Number& x)
    XGRAD_FUSED(log_sigmoid, rows::LogSigmoid{}, log_sigmoid(t), const Number& x)
#undef XGRAD_FUSED
#undef XGRAD_FUSED_BINARY

  private:
    template <class Row, class F, class... X>
    [[gnu::always_inline]] static auto apply(const Row& row, const F& operation, const X&... x) {
        if constexpr (Row::kind == rows::Kind::kComparison)
            return Truth<Life>(Life::compare(row, operation, x.value()...));
        else
            return Number(Life::apply(row, operation, x.value()...));
    }

    Value value_;
};

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
