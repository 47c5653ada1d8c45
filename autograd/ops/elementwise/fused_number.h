#pragma once

#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/rows_activation.h>
#include <xgrad/autograd/ops/elementwise/rows_arithmetic.h>
#include <xgrad/autograd/ops/elementwise/rows_unary.h>
#include <xgrad/autograd/ops/simd/simd_math.h>

/// What a fused function is called with. Included through <xgrad/autograd/fuse.h>.
///
/// Files compiled for different architectures may meet in one program: the namespace says for which one its entities
/// are, and how many bytes a register has, so that the linker does not take one for the other.
#if XSIMD_WITH_AVX512BW
#define XGRAD_FUSE_NAMESPACE avx512bw_64
#elif XSIMD_WITH_AVX512F
#define XGRAD_FUSE_NAMESPACE avx512f_64
#elif XSIMD_WITH_FMA3_AVX2
#define XGRAD_FUSE_NAMESPACE avx2_fma_32
#elif XSIMD_WITH_AVX2
#define XGRAD_FUSE_NAMESPACE avx2_32
#elif XSIMD_WITH_FMA3_AVX
#define XGRAD_FUSE_NAMESPACE avx_fma_32
#elif XSIMD_WITH_AVX
#define XGRAD_FUSE_NAMESPACE avx_32
#elif XSIMD_WITH_SSE4_2
#define XGRAD_FUSE_NAMESPACE sse4_2_16
#elif XSIMD_WITH_SSE4_1
#define XGRAD_FUSE_NAMESPACE sse4_1_16
#elif XSIMD_WITH_SSSE3
#define XGRAD_FUSE_NAMESPACE ssse3_16
#elif XSIMD_WITH_SSE3
#define XGRAD_FUSE_NAMESPACE sse3_16
#elif XSIMD_WITH_SSE2
#define XGRAD_FUSE_NAMESPACE sse2_16
#elif XSIMD_WITH_NEON64
#define XGRAD_FUSE_NAMESPACE neon64_16
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

#define XGRAD_FUSED(name, row, operation, ...)                          \
    [[gnu::always_inline]] friend auto name(__VA_ARGS__) {              \
        return apply(                                                   \
            row, [=](const Tensor& t) { return xgrad::operation; }, x); \
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
        // As the operation does, which is exact then.
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

}  // namespace fused
}  // namespace XGRAD_FUSE_NAMESPACE
}  // namespace xgrad
