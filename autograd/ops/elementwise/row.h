#pragma once

#include <xgrad/autograd/ops/simd/scalar_math.h>

/// The vocabulary of element-wise operations, which are one row each: name, value, derivative, what the derivative
/// uses, where to test it. The rows stand in rows_*.h, by family.
///
/// The formulas are generic. The compiler makes three things of them: the forward kernel and the fused backward kernel
/// on `simd::Lane`, and the differentiable backward on `Tensor`, which gives every higher order. Each names only what
/// all three understand: operators with double constants, functions found by argument-dependent lookup, and
/// `where(condition, a, b)`, which must be safe where a branch is not taken.
///
/// `derivative0` is that for the first input, called with all inputs and the output y; `uses` says which of them it
/// reads. A row that `masks` lets no gradient through where its derivative is 0, not even an infinite one. kPassThrough
/// stands for a derivative of 1: the gradient is handed on as it is; kZero for one of 0 everywhere, kNoGradient for no
/// derivative at all. A row on integers compares with double constants and casts from them on purpose.
namespace xgrad {

class Tensor;

namespace ops {

using Uses = unsigned;

namespace rows {

using namespace xgrad::simd;  // the functions of plain numbers; those of lanes and tensors are found by their arguments

inline constexpr Uses kNone = 0, kX = 1, kA = 1, kB = 2, kC = 4, kY = 1u << 16, kPassThrough = 1u << 31,
                      kNoGradient = 1u << 30, kZero = 1u << 29;

/// What dtypes a row takes and gives.
enum class Kind {
    kFloating,    // integers are computed in the default dtype
    kArithmetic,  // integers stay integers
    kIntegral,    // integers only
    kComparison,  // the result is bool and has no derivative
};

/// `value` in the dtype of x: where both branches of a `where` are numbers, tensors would take the default dtype, which
/// does for 0, 1 and the like only.
Tensor constant(const Tensor& x, double value);
template <class V>
V constant(const V&, double value) {
    return V(value);
}

/// Interval to draw test inputs of one argument from, away from kinks; `kink` is a point to keep a distance from.
struct Domain {
    double low, high;
    double kink = 1e300;
};

#define XGRAD_ROW(row_name, row_kind)              \
    static constexpr const char* name = #row_name; \
    static constexpr Kind kind = Kind::row_kind;
#define XGRAD_USES(...) static constexpr Uses uses[] = {__VA_ARGS__};
#define XGRAD_DOMAIN(...) static constexpr Domain domain[] = {__VA_ARGS__};
// Formulas are members, since they may read attributes of the row.
#define XGRAD_VALUE1(x, expression) \
    template <class V>              \
    auto value(const V& x) const {  \
        return expression;          \
    }
#define XGRAD_VALUE2(a, b, expression)         \
    template <class V>                         \
    auto value(const V& a, const V& b) const { \
        return expression;                     \
    }
#define XGRAD_VALUE3(a, b, c, expression)                  \
    template <class V>                                     \
    auto value(const V& a, const V& b, const V& c) const { \
        return expression;                                 \
    }
#define XGRAD_DERIVATIVE1(x, y, expression)                                            \
    template <class V>                                                                 \
    auto derivative0([[maybe_unused]] const V& x, [[maybe_unused]] const V& y) const { \
        return expression;                                                             \
    }
#define XGRAD_DERIVATIVE2(i, a, b, y, expression)                                                                     \
    template <class V>                                                                                                \
    auto derivative##i([[maybe_unused]] const V& a, [[maybe_unused]] const V& b, [[maybe_unused]] const V& y) const { \
        return expression;                                                                                            \
    }
#define XGRAD_DERIVATIVE3(i, a, b, c, y, expression)                                                          \
    template <class V>                                                                                        \
    auto derivative##i([[maybe_unused]] const V& a, [[maybe_unused]] const V& b, [[maybe_unused]] const V& c, \
                       [[maybe_unused]] const V& y) const {                                                   \
        return expression;                                                                                    \
    }

/// The derivative of `row` to input I; the arguments are the inputs and the output.
template <std::size_t I, class Row, class... X>
auto derivative_of(const Row& row, const X&... x) {
    if constexpr (I == 0)
        return row.derivative0(x...);
    else if constexpr (I == 1)
        return row.derivative1(x...);
    else
        return row.derivative2(x...);
}

}  // namespace rows
}  // namespace ops
}  // namespace xgrad
