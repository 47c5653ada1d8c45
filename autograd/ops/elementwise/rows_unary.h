#pragma once

#include <cstdint>

#include <xgrad/autograd/ops/elementwise/row.h>
#include <xgrad/autograd/ops/type_list.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // see row.h

/// Functions of one tensor. See row.h.
namespace xgrad::ops {
namespace rows {

// A row reads as a table.
// clang-format off

// --- Signs and powers

struct Neg {
    static constexpr const char* bool_error =
        "Negation, the `-` operator, on a bool tensor is not supported. Use logical_not() to invert a mask";
    XGRAD_ROW(neg, kArithmetic) XGRAD_USES(kNone) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, -x)
    XGRAD_DERIVATIVE1(x, y, -1.0)
};

struct Abs {
    XGRAD_ROW(abs, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, abs(x))
    XGRAD_DERIVATIVE1(x, y, where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0)))
};

struct Sign {
    XGRAD_ROW(sign, kArithmetic) XGRAD_USES(kZero) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, sign(x))
};

struct Square {
    XGRAD_ROW(square, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, x * x)
    XGRAD_DERIVATIVE1(x, y, 2.0 * x)
};

struct Sqrt {
    XGRAD_ROW(sqrt, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, sqrt(x))
    XGRAD_DERIVATIVE1(x, y, 0.5 / y)
};

struct Rsqrt {
    XGRAD_ROW(rsqrt, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, rsqrt(x))
    XGRAD_DERIVATIVE1(x, y, -0.5 * y * y * y)
};

struct Reciprocal {
    XGRAD_ROW(reciprocal, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({0.4, 3})
    XGRAD_VALUE1(x, 1.0 / x)
    XGRAD_DERIVATIVE1(x, y, -y * y)
};

// --- Exponentials and logarithms

struct Exp {
    XGRAD_ROW(exp, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, exp(x))
    XGRAD_DERIVATIVE1(x, y, y)
};

struct Exp2 {
    XGRAD_ROW(exp2, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, exp2(x))
    XGRAD_DERIVATIVE1(x, y, y * 0.6931471805599453)
};

struct Expm1 {
    XGRAD_ROW(expm1, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, expm1(x))
    XGRAD_DERIVATIVE1(x, y, y + 1.0)
};

struct Log {
    XGRAD_ROW(log, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, log(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / x)
};

struct Log2 {
    XGRAD_ROW(log2, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, log2(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / (x * 0.6931471805599453))
};

struct Log10 {
    XGRAD_ROW(log10, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, log10(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / (x * 2.302585092994046))
};

struct Log1p {
    XGRAD_ROW(log1p, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.7, 3})
    XGRAD_VALUE1(x, log1p(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / (x + 1.0))
};

struct Sigmoid {
    XGRAD_ROW(sigmoid, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, sigmoid(x))
    XGRAD_DERIVATIVE1(x, y, y * (1.0 - y))
};

/// log(x / (1 - x)), of x limited to [low, high] if it `clamps`; around 1/2 as 2 atanh(2x - 1), whose zero is exact.
/// Beyond the limits the derivative is `outside`.
struct Logit {
    XGRAD_ROW(logit, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.1, 0.9})
    double low = 0, high = 1, outside = simd::detail::kNan;
    bool clamps = false;
    template <class V>
    auto value(const V& x) const {
        const V z = clamps ? minimum(maximum(x, V(low)), V(high)) : x;
        const V t = 2.0 * z - 1.0;
        return where(abs(t) < 0.5, 2.0 * atanh(t), log(z / (1.0 - z)));
    }
    XGRAD_DERIVATIVE1(x, y, where(x < low, outside, where(x > high, outside, 1.0 / (x * (1.0 - x)))))
};

// --- Trigonometric and hyperbolic functions

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

struct Tan {
    XGRAD_ROW(tan, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-1.2, 1.2})
    XGRAD_VALUE1(x, tan(x))
    XGRAD_DERIVATIVE1(x, y, y * y + 1.0)
};

struct Asin {
    XGRAD_ROW(asin, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.8, 0.8})
    XGRAD_VALUE1(x, asin(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / sqrt(1.0 - x * x))
};

struct Acos {
    XGRAD_ROW(acos, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.8, 0.8})
    XGRAD_VALUE1(x, acos(x))
    XGRAD_DERIVATIVE1(x, y, -1.0 / sqrt(1.0 - x * x))
};

struct Atan {
    XGRAD_ROW(atan, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, atan(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / (x * x + 1.0))
};

struct Sinh {
    XGRAD_ROW(sinh, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, sinh(x))
    XGRAD_DERIVATIVE1(x, y, cosh(x))
};

struct Cosh {
    XGRAD_ROW(cosh, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, cosh(x))
    XGRAD_DERIVATIVE1(x, y, sinh(x))
};

struct Tanh {
    XGRAD_ROW(tanh, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, tanh(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 - y * y)
};

struct Asinh {
    XGRAD_ROW(asinh, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, asinh(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / sqrt(x * x + 1.0))
};

struct Acosh {
    XGRAD_ROW(acosh, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({1.3, 3})
    XGRAD_VALUE1(x, acosh(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / sqrt(x * x - 1.0))
};

struct Atanh {
    XGRAD_ROW(atanh, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.8, 0.8})
    XGRAD_VALUE1(x, atanh(x))
    XGRAD_DERIVATIVE1(x, y, 1.0 / (1.0 - x * x))
};

/// sin(pi x) / (pi x), and 1 at 0. The derivative is a Taylor series near 0, where the formula would cancel.
struct Sinc {
    XGRAD_ROW(sinc, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    static constexpr double kPi = 3.141592653589793;
    template <class V>
    auto value(const V& x) const {
        const V n = round(x), s = sin((x - n) * kPi);  // of an exact fraction, so that integers give 0
        return where(x == 0.0, V(1.0), where(round(n * 0.5) == n * 0.5, s, -s) / (x * kPi));
    }
    template <class V>
    auto derivative0(const V& x, const V&) const {
        const auto small = abs(x) < 0.16;
        const V t = where(small, x, 0.0) * kPi, u = where(small, 1.0, x) * kPi;
        const V q = t * t;
        const V series = q * (1 / 518918400.0) - 1 / 3991680.0;
        const V taylor = (((((series * q + 1 / 45360.0) * q - 1 / 840.0) * q + 1 / 30.0) * q - 1 / 3.0) * t);
        return where(small, taylor, (u * cos(u) - sin(u)) / (u * u)) * kPi;
    }
};

// --- Special functions

struct Erf {
    XGRAD_ROW(erf, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, erf(x))
    XGRAD_DERIVATIVE1(x, y, exp(-x * x) * 1.1283791670955126)
};

struct Erfc {
    XGRAD_ROW(erfc, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2, 2})
    XGRAD_VALUE1(x, erfc(x))
    XGRAD_DERIVATIVE1(x, y, exp(-x * x) * -1.1283791670955126)
};

struct Erfinv {
    XGRAD_ROW(erfinv, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-0.8, 0.8})
    XGRAD_VALUE1(x, erfinv(x))
    XGRAD_DERIVATIVE1(x, y, exp(y * y) * 0.886226925452758)
};

struct Lgamma {
    XGRAD_ROW(lgamma, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, lgamma(x))
    XGRAD_DERIVATIVE1(x, y, digamma(x))
};

struct Digamma {
    XGRAD_ROW(digamma, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.3, 3})
    XGRAD_VALUE1(x, digamma(x))
    XGRAD_DERIVATIVE1(x, y, polygamma(1, x))
};

/// The n-th derivative of digamma.
struct Polygamma {
    XGRAD_ROW(polygamma, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.4, 3})
    std::int64_t n = 1;
    XGRAD_VALUE1(x, polygamma(n, x))
    XGRAD_DERIVATIVE1(x, y, polygamma(n + 1, x))
};

// --- Rounding, and numbers that are none

struct Floor {
    XGRAD_ROW(floor, kArithmetic) XGRAD_USES(kZero) XGRAD_DOMAIN({0.1, 0.9})
    XGRAD_VALUE1(x, floor(x))
};

struct Ceil {
    XGRAD_ROW(ceil, kArithmetic) XGRAD_USES(kZero) XGRAD_DOMAIN({0.1, 0.9})
    XGRAD_VALUE1(x, ceil(x))
};

/// Ties to even.
struct Round {
    XGRAD_ROW(round, kArithmetic) XGRAD_USES(kZero) XGRAD_DOMAIN({0.6, 1.4})
    XGRAD_VALUE1(x, round(x))
};

struct Trunc {
    XGRAD_ROW(trunc, kArithmetic) XGRAD_USES(kZero) XGRAD_DOMAIN({0.1, 0.9})
    XGRAD_VALUE1(x, trunc(x))
};

struct Frac {
    XGRAD_ROW(frac, kFloating) XGRAD_USES(kPassThrough) XGRAD_DOMAIN({0.1, 0.9})
    XGRAD_VALUE1(x, x - trunc(x))
    XGRAD_DERIVATIVE1(x, y, 1.0)
};

struct NanToNum {
    static constexpr bool masks = true;
    XGRAD_ROW(nan_to_num, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    double nan = 0, posinf = 1, neginf = -1;
    XGRAD_VALUE1(x, where(isfinite(x), x, where(isnan(x), V(nan), where(x > 0.0, V(posinf), V(neginf)))))
    XGRAD_DERIVATIVE1(x, y, where(isfinite(x), 1.0, 0.0))
};

struct IsNan {
    XGRAD_ROW(isnan, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, x != x)
};

struct IsInf {
    XGRAD_ROW(isinf, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, isinf(x))
};

struct IsFinite {
    XGRAD_ROW(isfinite, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, isfinite(x))
};

struct LogicalNot {
    XGRAD_ROW(logical_not, kComparison) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-1, 1})
    XGRAD_VALUE1(x, x == 0.0)
};

struct BitwiseNot {
    XGRAD_ROW(bitwise_not, kIntegral) XGRAD_USES(kNoGradient) XGRAD_DOMAIN({-9, 9})
    XGRAD_VALUE1(x, ~x)
};

// clang-format on

}  // namespace rows

using ExpRows =
    TypeList<rows::Neg, rows::Abs, rows::Sign, rows::Square, rows::Sqrt, rows::Rsqrt, rows::Reciprocal, rows::Exp,
             rows::Exp2, rows::Expm1, rows::Log, rows::Log2, rows::Log10, rows::Log1p, rows::Sigmoid, rows::Logit>;
using TrigRows = TypeList<rows::Sin, rows::Cos, rows::Tan, rows::Asin, rows::Acos, rows::Atan, rows::Sinh, rows::Cosh,
                          rows::Tanh, rows::Asinh, rows::Acosh, rows::Atanh, rows::Sinc>;
using SpecialRows = TypeList<rows::Erf, rows::Erfc, rows::Erfinv, rows::Lgamma, rows::Digamma, rows::Polygamma,
                             rows::Floor, rows::Ceil, rows::Round, rows::Trunc, rows::Frac, rows::NanToNum, rows::IsNan,
                             rows::IsInf, rows::IsFinite, rows::LogicalNot, rows::BitwiseNot>;
using UnaryRows = Concat<ExpRows, TrigRows, SpecialRows>;

}  // namespace xgrad::ops

#pragma GCC diagnostic pop
