#pragma once

#include <xgrad/autograd/ops/elementwise/row.h>
#include <xgrad/autograd/ops/type_list.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // see row.h

/// Arithmetic, comparison and choice. See row.h.
namespace xgrad::ops {
namespace rows {

// A row reads as a table.
// clang-format off

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
    double alpha = 2;
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

/// The quotient towards 0.
struct DivTrunc {
    static constexpr bool divides = true;
    XGRAD_ROW(div, kArithmetic) XGRAD_USES(kZero, kZero) XGRAD_DOMAIN({2.1, 2.4}, {1.3, 1.9})
    XGRAD_VALUE2(a, b, trunc_divide(a, b))
};

/// The quotient downwards.
struct DivFloor {
    static constexpr bool divides = true;
    XGRAD_ROW(div, kArithmetic) XGRAD_USES(kZero, kZero) XGRAD_DOMAIN({2.1, 2.4}, {1.3, 1.9})
    XGRAD_VALUE2(a, b, floor_divide(a, b))
};

/// a - b floor(a / b): the sign of b.
struct Remainder {
    static constexpr bool divides = true;
    XGRAD_ROW(remainder, kArithmetic) XGRAD_USES(kPassThrough, kA | kB) XGRAD_DOMAIN({2.1, 2.4}, {1.3, 1.9})
    template <class V>
    auto value(const V& a, const V& b) const {
        const V m = fmod(a, b);
        return where((m != 0.0) & ((b < 0.0) ^ (m < 0.0)), m + b, m);
    }
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
    XGRAD_DERIVATIVE2(1, a, b, y, -floor_divide(a, b))
};

/// a - b trunc(a / b): the sign of a.
struct Fmod {
    static constexpr bool divides = true;
    XGRAD_ROW(fmod, kArithmetic) XGRAD_USES(kPassThrough, kA | kB) XGRAD_DOMAIN({2.1, 2.4}, {1.3, 1.9})
    XGRAD_VALUE2(a, b, fmod(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
    XGRAD_DERIVATIVE2(1, a, b, y, -trunc(a / b))
};

/// A NaN loses. The first of equals takes the gradient.
struct Fmax {
    static constexpr bool masks = true;
    XGRAD_ROW(fmax, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, fmax(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a >= b, 1.0, where(b != b, 1.0, 0.0)))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a >= b, 0.0, where(b != b, 0.0, 1.0)))
};

struct Fmin {
    static constexpr bool masks = true;
    XGRAD_ROW(fmin, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, fmin(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a <= b, 1.0, where(b != b, 1.0, 0.0)))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a <= b, 0.0, where(b != b, 0.0, 1.0)))
};

/// Limits that are tensors: unlike those of maximum and minimum, the input takes the gradient of ties.
struct ClampMin {
    static constexpr bool masks = true;
    XGRAD_ROW(clamp, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, maximum(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a >= b, 1.0, 0.0))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a < b, 1.0, 0.0))
};

struct ClampMax {
    static constexpr bool masks = true;
    XGRAD_ROW(clamp, kArithmetic) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, minimum(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a <= b, 1.0, 0.0))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a > b, 1.0, 0.0))
};

struct Atan2 {
    XGRAD_ROW(atan2, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({0.4, 3}, {0.4, 3})
    XGRAD_VALUE2(a, b, atan2(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, b / (a * a + b * b))
    XGRAD_DERIVATIVE2(1, a, b, y, -a / (a * a + b * b))
};

struct Hypot {
    XGRAD_ROW(hypot, kFloating) XGRAD_USES(kA | kY, kB | kY) XGRAD_DOMAIN({0.4, 3}, {0.4, 3})
    XGRAD_VALUE2(a, b, hypot(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, a / y)
    XGRAD_DERIVATIVE2(1, a, b, y, b / y)
};

/// |a| with the sign of b.
struct Copysign {
    XGRAD_ROW(copysign, kFloating) XGRAD_USES(kA | kB, kZero) XGRAD_DOMAIN({0.4, 3}, {0.4, 3})
    XGRAD_VALUE2(a, b, copysign(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a == 0.0, 0.0, copysign(constant(b, 1.0), b) * sign(a)))
};

/// log(exp(a) + exp(b)); the first case is for equal infinities.
struct Logaddexp {
    XGRAD_ROW(logaddexp, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, where(a == b, a + 0.6931471805599453, maximum(a, b) + log1p(exp(-abs(a - b)))))
    XGRAD_DERIVATIVE2(0, a, b, y, sigmoid(a - b))
    XGRAD_DERIVATIVE2(1, a, b, y, sigmoid(b - a))
};

/// log2(2^a + 2^b); the first case is for equal infinities.
struct Logaddexp2 {
    XGRAD_ROW(logaddexp2, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, where(a == b, a + 1.0, maximum(a, b) + log1p(exp2(-abs(a - b))) * 1.4426950408889634))
    XGRAD_DERIVATIVE2(0, a, b, y, sigmoid((a - b) * 0.6931471805599453))
    XGRAD_DERIVATIVE2(1, a, b, y, sigmoid((b - a) * 0.6931471805599453))
};

/// The next number after a towards b: as a function of a, a itself but for rounding.
struct Nextafter {
    XGRAD_ROW(nextafter, kFloating) XGRAD_USES(kPassThrough, kZero) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, nextafter(a, b))
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0)
};

/// a log(b), and 0 at a = 0.
struct Xlogy {
    XGRAD_ROW(xlogy, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-2, 2}, {0.3, 3})
    XGRAD_VALUE2(a, b, where(a == 0.0, where(b != b, b, V(0.0)), a * log(b)))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a == 0.0, where(b <= 0.0, 0.0, log(where(b <= 0.0, 1.0, b))), log(b)))
    XGRAD_DERIVATIVE2(1, a, b, y, a / b)
};

/// a + weight (b - a), exact at both ends.
struct LerpNumber {
    XGRAD_ROW(lerp, kFloating) XGRAD_USES(kNone, kNone) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    double weight = 0.3;
    XGRAD_VALUE2(a, b, weight < 0.5 && weight > -0.5 ? a + (b - a) * weight : b - (b - a) * (1.0 - weight))
    XGRAD_DERIVATIVE2(0, a, b, y, 1.0 - weight)
    XGRAD_DERIVATIVE2(1, a, b, y, weight)
};

// --- Comparisons, logic and bits

#define XGRAD_COMPARISON(Row, row_name, expression)                                                      \
    struct Row {                                                                                 \
        XGRAD_ROW(row_name, kComparison) XGRAD_USES(kNoGradient, kNoGradient) XGRAD_DOMAIN({-1, 1}, {-1, 1}) \
        XGRAD_VALUE2(a, b, expression)                                                               \
    };
XGRAD_COMPARISON(Eq, eq, a == b)
XGRAD_COMPARISON(Ne, ne, a != b)
XGRAD_COMPARISON(Lt, lt, a < b)
XGRAD_COMPARISON(Le, le, a <= b)
XGRAD_COMPARISON(Gt, gt, a > b)
XGRAD_COMPARISON(Ge, ge, a >= b)
XGRAD_COMPARISON(LogicalAnd, logical_and, (a != 0.0) & (b != 0.0))
XGRAD_COMPARISON(LogicalOr, logical_or, (a != 0.0) | (b != 0.0))
XGRAD_COMPARISON(LogicalXor, logical_xor, (a != 0.0) ^ (b != 0.0))
#undef XGRAD_COMPARISON

#define XGRAD_BITWISE(Row, row_name, expression)                                                              \
    struct Row {                                                                                              \
        XGRAD_ROW(row_name, kIntegral) XGRAD_USES(kNoGradient, kNoGradient) XGRAD_DOMAIN({-9, 9}, {0, 6})      \
        XGRAD_VALUE2(a, b, expression)                                                                        \
    };
XGRAD_BITWISE(BitwiseAnd, bitwise_and, a & b)
XGRAD_BITWISE(BitwiseOr, bitwise_or, a | b)
XGRAD_BITWISE(BitwiseXor, bitwise_xor, a ^ b)
XGRAD_BITWISE(ShiftLeft, bitwise_left_shift, shift_left(a, b))
XGRAD_BITWISE(ShiftRight, bitwise_right_shift, shift_right(a, b))
XGRAD_BITWISE(Gcd, gcd, gcd(a, b))
XGRAD_BITWISE(Lcm, lcm, lcm(a, b))
#undef XGRAD_BITWISE

// --- Three tensors

/// a where the condition (0 or 1) holds, else b.
struct Where {
    static constexpr bool masks = true;
    static constexpr bool selects = true;
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

/// a + weight (b - a), exact at both ends.
struct Lerp {
    XGRAD_ROW(lerp, kFloating) XGRAD_USES(kC, kC, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3}, {0, 1})
    XGRAD_VALUE3(a, b, c, where(abs(c) < 0.5, a + (b - a) * c, b - (b - a) * (1.0 - c)))
    XGRAD_DERIVATIVE3(0, a, b, c, y, 1.0 - c)
    XGRAD_DERIVATIVE3(1, a, b, c, y, c)
    XGRAD_DERIVATIVE3(2, a, b, c, y, b - a)
};

/// a + factor b c.
struct Addcmul {
    XGRAD_ROW(addcmul, kArithmetic) XGRAD_USES(kPassThrough, kC, kB) XGRAD_DOMAIN({-2, 2}, {-2, 2}, {-2, 2})
    double factor = 2;
    XGRAD_VALUE3(a, b, c, a + V(factor) * b * c)
    XGRAD_DERIVATIVE3(0, a, b, c, y, 1.0)
    XGRAD_DERIVATIVE3(1, a, b, c, y, c * factor)
    XGRAD_DERIVATIVE3(2, a, b, c, y, b * factor)
};

/// a + factor b / c.
struct Addcdiv {
    XGRAD_ROW(addcdiv, kFloating) XGRAD_USES(kPassThrough, kC, kB | kC) XGRAD_DOMAIN({-2, 2}, {-2, 2}, {0.5, 2})
    double factor = 0.7;
    XGRAD_VALUE3(a, b, c, a + factor * b / c)
    XGRAD_DERIVATIVE3(0, a, b, c, y, 1.0)
    XGRAD_DERIVATIVE3(1, a, b, c, y, factor / c)
    XGRAD_DERIVATIVE3(2, a, b, c, y, -factor * (b / c) / c)
};

/// a limited to [b, c]; c wins where it is the smaller one.
struct ClampBetween {
    static constexpr bool masks = true;
    XGRAD_ROW(clamp, kArithmetic) XGRAD_USES(kA | kB | kC, kA | kB | kC, kA | kB | kC)
    XGRAD_DOMAIN({-2, 2}, {-1, -0.2}, {0.3, 1})
    XGRAD_VALUE3(a, b, c, minimum(maximum(a, b), c))
    XGRAD_DERIVATIVE3(0, a, b, c, y, where(a >= b, where(a <= c, 1.0, 0.0), 0.0))
    XGRAD_DERIVATIVE3(1, a, b, c, y, where(b < c, where(a < b, 1.0, 0.0), 0.0))
    XGRAD_DERIVATIVE3(2, a, b, c, y, where(a > c, 1.0, where(c < b, 1.0, 0.0)))
};

// clang-format on

}  // namespace rows

using NumberRows = TypeList<rows::AddScalar, rows::RsubScalar, rows::MulScalar, rows::DivScalar, rows::RdivScalar,
                            rows::PowScalar, rows::PowBase, rows::Clamp>;
using BinaryRows = TypeList<rows::Add, rows::Sub, rows::AddScaled, rows::Mul, rows::Div, rows::DivTrunc, rows::DivFloor,
                            rows::Remainder, rows::Fmod, rows::Pow, rows::Maximum, rows::Minimum, rows::Fmax,
                            rows::Fmin, rows::ClampMin, rows::ClampMax, rows::Atan2, rows::Hypot, rows::Copysign,
                            rows::Logaddexp, rows::Logaddexp2, rows::Nextafter, rows::Xlogy, rows::LerpNumber>;
using LogicRows = TypeList<rows::Eq, rows::Ne, rows::Lt, rows::Le, rows::Gt, rows::Ge, rows::LogicalAnd,
                           rows::LogicalOr, rows::LogicalXor, rows::BitwiseAnd, rows::BitwiseOr, rows::BitwiseXor,
                           rows::ShiftLeft, rows::ShiftRight, rows::Gcd, rows::Lcm>;
using TernaryRows = TypeList<rows::Where, rows::Lerp, rows::Addcmul, rows::Addcdiv, rows::ClampBetween>;

}  // namespace xgrad::ops

#pragma GCC diagnostic pop
