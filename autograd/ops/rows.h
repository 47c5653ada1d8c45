#pragma once

#include <xgrad/autograd/ops/scalar_math.h>
#include <xgrad/autograd/ops/type_list.h>

/// Element-wise operations, one row each: name, value, derivative, what the derivative uses, where to test it.
///
/// The formulas are generic. The compiler makes three things of them: the forward kernel and the fused backward kernel
/// on `simd::Lane`, and the differentiable backward on `Tensor`, which gives every higher order. Each names only what
/// all three understand: operators with double constants, functions found by argument-dependent lookup, and
/// `where(condition, a, b)`, which must be safe where a branch is not taken.
///
/// `derivative0` is that for the first input, called with all inputs and the output y; `uses` says which of them it
/// reads. A row that `masks` lets no gradient through where its derivative is 0, not even an infinite one. kPassThrough
/// stands for a derivative of 1: the gradient is handed on as it is; kNoGradient for no derivative at all.
// Formulas are written with double constants, which rows on integers compare with and cast from on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace xgrad::ops {

using Uses = unsigned;

namespace rows {

using namespace xgrad::simd;  // the functions of plain numbers; those of lanes and tensors are found by their arguments

inline constexpr Uses kNone = 0, kX = 1, kA = 1, kB = 2, kC = 4, kY = 1u << 16, kPassThrough = 1u << 31,
                      kNoGradient = 1u << 30;

/// What dtypes a row takes and gives.
enum class Kind {
    kFloating,    // integers are computed in the default dtype
    kArithmetic,  // integers stay integers
    kComparison,  // the result is bool and has no derivative
};

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

// A row reads as a table.
// clang-format off

// --- Functions of one tensor

struct Neg {
    XGRAD_ROW(neg, kArithmetic) XGRAD_USES(kNone) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, -x)
    XGRAD_DERIVATIVE1(x, y, -1.0)
};

struct Exp {
    XGRAD_ROW(exp, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, exp(x))
    XGRAD_DERIVATIVE1(x, y, y)
};

struct Log {
    XGRAD_ROW(log, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, log(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / x)
};

struct Sqrt {
    XGRAD_ROW(sqrt, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, sqrt(x))
    XGRAD_DERIVATIVE1(x, y, 0.5 / y)
};

struct Tanh {
    XGRAD_ROW(tanh, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, tanh(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 - y * y)
};

struct Sigmoid {
    XGRAD_ROW(sigmoid, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, sigmoid(x))
    XGRAD_DERIVATIVE1(x, y, y * (1.0 - y))
};

/// 1.7159 tanh(2x/3): LeCun et al., Efficient BackProp (1998), section 4.4.
struct ImprovedSigmoid {
    XGRAD_ROW(improved_sigmoid, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3})
    static constexpr double kScale = 1.7159, kSlope = 2.0 / 3.0;
    XGRAD_VALUE1(x, kScale * tanh(x * kSlope))
    XGRAD_DERIVATIVE1(x, y, kScale * kSlope - y * y * (kSlope / kScale))
};

struct Relu {
    static constexpr bool masks = true;
    XGRAD_ROW(relu, kArithmetic) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, where(x <= 0.0, V(0.0), x))  // NaN stays NaN
    XGRAD_DERIVATIVE1(x, y, where(y <= 0.0, 0.0, 1.0))
};

struct Abs {
    XGRAD_ROW(abs, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, abs(x))
    XGRAD_DERIVATIVE1(x, y, where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0)))
};

struct Square {
    XGRAD_ROW(square, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, x * x)
    XGRAD_DERIVATIVE1(x, y, 2.0 * x)
};

struct Reciprocal {
    XGRAD_ROW(reciprocal, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({0.4, 3})
    XGRAD_VALUE1(x, 1.0 / x)
    XGRAD_DERIVATIVE1(x, y, -y * y)
};

struct Sin {
    XGRAD_ROW(sin, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, sin(x))
    XGRAD_DERIVATIVE1(x, y, cos(x))
};

struct Cos {
    XGRAD_ROW(cos, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, cos(x))
    XGRAD_DERIVATIVE1(x, y, -sin(x))
};

struct LogicalNot {
    XGRAD_ROW(logical_not, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, x == 0.0)
};

struct IsNan {
    XGRAD_ROW(isnan, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, x != x)
};

// --- A tensor and numbers

struct AddScalar {
    XGRAD_ROW(add, kFloating) XGRAD_USES(kPassThrough) XGRAD_DOMAIN({-3, 3})
    double number = 0.7;
    XGRAD_VALUE1(x, x + number)
    XGRAD_DERIVATIVE1(x, y, 1.0)
};

struct RsubScalar {
    XGRAD_ROW(rsub, kFloating) XGRAD_USES(kNone) XGRAD_DOMAIN({-3, 3})
    double number = 0.7;
    XGRAD_VALUE1(x, number - x)
    XGRAD_DERIVATIVE1(x, y, -1.0)
};

struct MulScalar {
    XGRAD_ROW(mul, kFloating) XGRAD_USES(kNone) XGRAD_DOMAIN({-3, 3})
    double number = 0.7;
    XGRAD_VALUE1(x, x * number)
    XGRAD_DERIVATIVE1(x, y, number)
};

struct DivScalar {
    XGRAD_ROW(div, kFloating) XGRAD_USES(kNone) XGRAD_DOMAIN({-3, 3})
    double number = 0.7;
    XGRAD_VALUE1(x, x / number)
    XGRAD_DERIVATIVE1(x, y, 1.0 / number)
};

struct RdivScalar {
    XGRAD_ROW(rdiv, kFloating) XGRAD_USES(kX | kY) XGRAD_DOMAIN({0.4, 3})
    double number = 0.7;
    XGRAD_VALUE1(x, number / x)
    XGRAD_DERIVATIVE1(x, y, -y / x)
};

/// x^number. The derivative at number 0 is 0 * x^0: 0 everywhere.
struct PowScalar {
    XGRAD_ROW(pow, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    double number = 1.7;
    XGRAD_VALUE1(x, pow(x, number))
    XGRAD_DERIVATIVE1(x, y, number * pow(x, number == 0.0 ? 0.0 : number - 1.0))
};

/// number^x for a number other than 0.
struct PowBase {
    XGRAD_ROW(rpow, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    double number = 1.7;
    double log_number = 0.5306282510621704;
    XGRAD_VALUE1(x, pow(V(number), x))
    XGRAD_DERIVATIVE1(x, y, y * log_number)
};

/// NaN stays NaN. The upper bound wins if it is below the lower one; the gradient passes at the bounds.
struct Clamp {
    static constexpr bool masks = true;
    XGRAD_ROW(clamp, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-1.2, 1.2, 0.5})
    double low = -2, high = 0.5;
    XGRAD_VALUE1(x, minimum(maximum(x, V(low)), V(high)))
    XGRAD_DERIVATIVE1(x, y, where(x >= low, where(x <= high, 1.0, 0.0), 0.0))
};

// --- Two tensors

struct Add {
    XGRAD_ROW(add, kArithmetic) XGRAD_USES(kPassThrough, kPassThrough) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, a + b)
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
    XGRAD_DERIVATIVE2(1, a, b, y, 1.0)
};

struct Sub {
    XGRAD_ROW(sub, kArithmetic) XGRAD_USES(kPassThrough, kNone) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, a - b)
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
    XGRAD_DERIVATIVE2(1, a, b, y, -1.0)
};

/// a + alpha b.
struct AddScaled {
    XGRAD_ROW(add, kArithmetic) XGRAD_USES(kPassThrough, kNone) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    double alpha = 0.7;
    XGRAD_VALUE2(a, b, a + b * V(alpha))
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
    XGRAD_DERIVATIVE2(1, a, b, y, alpha)
};

struct Mul {
    XGRAD_ROW(mul, kArithmetic) XGRAD_USES(kB, kA) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, a* b)
    XGRAD_DERIVATIVE2(0, a, b, y, b)
    XGRAD_DERIVATIVE2(1, a, b, y, a)
};

struct Div {
    XGRAD_ROW(div, kFloating) XGRAD_USES(kB, kB | kY) XGRAD_DOMAIN({-3, 3}, {0.4, 3})
    XGRAD_VALUE2(a, b, a / b)
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0 / b)
    XGRAD_DERIVATIVE2(1, a, b, y, -y / b)
};

/// The derivative to the exponent is 0 at base 0 with an exponent >= 0, as PyTorch's; that to the base is 0 at exponent 0.
/// At base 0 with a negative exponent y log(a) is infinity of the other sign than y.
struct Pow {
    XGRAD_ROW(pow, kArithmetic) XGRAD_USES(kA | kB, kA | kB | kY) XGRAD_DOMAIN({0.3, 3}, {-2, 2})
    XGRAD_VALUE2(a, b, pow(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(b == 0.0, 0.0, b * pow(a, where(b == 0.0, 1.0, b - 1.0))))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a == 0.0, where(b >= 0.0, 0.0, -y), y * log(where(a == 0.0, 1.0, a))))
};

/// Ties share the gradient. With a NaN, no one has lost: it goes to both, as PyTorch's.
struct Maximum {
    static constexpr bool masks = true;
    XGRAD_ROW(maximum, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, maximum(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a < b, 0.0, where(a == b, 0.5, 1.0)))
    XGRAD_DERIVATIVE2(1, a, b, y, where(b < a, 0.0, where(a == b, 0.5, 1.0)))
};

struct Minimum {
    static constexpr bool masks = true;
    XGRAD_ROW(minimum, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, minimum(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a > b, 0.0, where(a == b, 0.5, 1.0)))
    XGRAD_DERIVATIVE2(1, a, b, y, where(b > a, 0.0, where(a == b, 0.5, 1.0)))
};

#define XGRAD_COMPARISON(Row, row_name, op)                                                      \
    struct Row {                                                                                 \
        XGRAD_ROW(row_name, kComparison) XGRAD_USES(kNoGradient, kNoGradient) XGRAD_DOMAIN({-1, 1}, {-1, 1}) \
        XGRAD_VALUE2(a, b, a op b)                                                               \
    };
XGRAD_COMPARISON(Eq, eq, ==)
XGRAD_COMPARISON(Ne, ne, !=)
XGRAD_COMPARISON(Lt, lt, <)
XGRAD_COMPARISON(Le, le, <=)
XGRAD_COMPARISON(Gt, gt, >)
XGRAD_COMPARISON(Ge, ge, >=)
#undef XGRAD_COMPARISON

// --- Three tensors

/// a where the condition (0 or 1) holds, else b.
struct Where {
    static constexpr bool masks = true;
    static constexpr bool selects = true;  // the first input takes no part in type promotion
    XGRAD_ROW(where, kArithmetic) XGRAD_USES(kNoGradient, kA, kA) XGRAD_DOMAIN({0, 1}, {-3, 3}, {-3, 3})
    template <class V>
    auto value(const V& condition, const V& a, const V& b) const {
        return where(condition != 0.0, a, b);
    }
    template <class V>
    auto derivative1(const V& condition, const V&, const V&, const V&) const {
        return where(condition != 0.0, 1.0, 0.0);
    }
    template <class V>
    auto derivative2(const V& condition, const V&, const V&, const V&) const {
        return where(condition != 0.0, 0.0, 1.0);
    }
};

// clang-format on

#undef XGRAD_ROW
#undef XGRAD_USES
#undef XGRAD_DOMAIN
#undef XGRAD_VALUE1
#undef XGRAD_VALUE2
#undef XGRAD_DERIVATIVE1
#undef XGRAD_DERIVATIVE2

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

/// All rows, by the number of tensors they take. A new row is listed here; kernels, graph and tests follow.
using UnaryRows = TypeList<rows::Neg, rows::Exp, rows::Log, rows::Sqrt, rows::Tanh, rows::Sigmoid,
                           rows::ImprovedSigmoid, rows::Relu, rows::Abs, rows::Square, rows::Reciprocal, rows::Sin,
                           rows::Cos, rows::LogicalNot, rows::IsNan, rows::AddScalar, rows::RsubScalar, rows::MulScalar,
                           rows::DivScalar, rows::RdivScalar, rows::PowScalar, rows::PowBase, rows::Clamp>;
using BinaryRows = TypeList<rows::Add, rows::Sub, rows::AddScaled, rows::Mul, rows::Div, rows::Pow, rows::Maximum,
                            rows::Minimum, rows::Eq, rows::Ne, rows::Lt, rows::Le, rows::Gt, rows::Ge>;
using TernaryRows = TypeList<rows::Where>;
using AllRows = Concat<UnaryRows, BinaryRows, TernaryRows>;

}  // namespace xgrad::ops

#pragma GCC diagnostic pop
