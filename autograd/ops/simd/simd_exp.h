#pragma once

#include <limits>

#include <xgrad/autograd/ops/simd/lane.h>
#include <xgrad/autograd/ops/simd/scalar_math.h>

/// Exponentials, logarithms and what is made of them: sigmoid, softplus and the hyperbolic functions. Included through
/// simd_math.h.
///
/// Polynomials here and in the neighbouring files are weighted least squares fits on Chebyshev nodes whose coefficients
/// were rounded one by one, from the lowest, and the rest refitted.
namespace xgrad::simd {

namespace detail {

template <class T>
inline constexpr bool kSingle = sizeof(T) == sizeof(float);

/// One constant for float and one for double.
template <class T>
consteval double pick(double for_float, double for_double) {
    return kSingle<T> ? for_float : for_double;
}

template <class T>
inline constexpr int kMantissaBits = std::numeric_limits<T>::digits - 1;
template <class T>
inline constexpr int kExponentBias = std::numeric_limits<T>::max_exponent - 1;
/// Adding it leaves no bits for a fraction: the sum is rounded to an integer, which stands in its low bits.
template <class T>
inline constexpr T kRoundingShift = static_cast<T>(pick<T>(0x1.8p23, 0x1.8p52));
template <class T>
inline constexpr double kInf = static_cast<double>(std::numeric_limits<T>::infinity());
inline constexpr double kPi = 3.14159265358979324;

/// c[0] + x c[1] + x^2 c[2] ...
template <class L>
L horner(L, double c) {
    return c;
}
template <class L, class... C>
L horner(L x, double c, C... rest) {
    return mul_add(x, horner(x, rest...), L(c));
}

/// The nearest integer, ties to even, for |x| < 2^22 (float) or 2^51 (double).
template <class T, class A>
Lane<T, A> round_small(Lane<T, A> x) {
    return (x + kRoundingShift<T>)-kRoundingShift<T>;
}

/// 2^k for an integer k from -127 to 128 (float) or -1023 to 1024 (double); the ends give 0 and infinity.
template <class T, class A>
Lane<T, A> power_of_two(Lane<T, A> k) {
    return from_bits<T, A>(to_bits(k + (kRoundingShift<T> + kExponentBias<T>)) << kMantissaBits<T>);
}

/// y * 2^k in two steps, so that denormals and the largest numbers come out rounded once.
template <class T, class A>
Lane<T, A> scale(Lane<T, A> y, Lane<T, A> k) {
    const Lane<T, A> half = round_small(k * 0.5);
    return y * power_of_two(half) * power_of_two(k - half);
}

/// x within [low, high]; NaN stays (the second operand of xsimd's min and max).
template <class T, class A>
Lane<T, A> clamp(Lane<T, A> x, double low, double high) {
    return xsimd::max(Lane<T, A>(low).v, xsimd::min(Lane<T, A>(high).v, x.v));
}

template <class T, class A>
Lane<T, A> flip_sign(Lane<T, A> x, Lane<T, A> by_sign_of) {
    return x.v ^ (by_sign_of.v & Lane<T, A>(kSignBit<T>).v);
}

template <class T>
inline constexpr double kLn2High = pick<T>(0.693359375, 0x1.62e42feep-1);
template <class T>
inline constexpr double kLn2Low = pick<T>(-2.12194440054690583e-4, 1.90821492927058770e-10);
inline constexpr double kLog2E = 1.44269504088896341;
inline constexpr double kLn2 = 0.693147180559945309;

/// expm1(r) for |r| <= ln(2) / 2.
template <class T, class A>
Lane<T, A> expm1_reduced(Lane<T, A> r) {
    Lane<T, A> p;
    if constexpr (kSingle<T>)
        p = horner(r, 0.5, 0.166666672, 0.0416665077, 0.0083331801, 0.00139308686, 0.000199696849);
    else
        p = horner(r, 0.5, 0.16666666666666671, 0.041666666666666671, 0.0083333333333258843, 0.0013888888888882087,
                   0.00019841269875471522, 2.4801587330337287e-05, 2.7557254733507992e-06, 2.7557268481819224e-07,
                   2.5105452447341929e-08, 2.0916557006976227e-09);
    return mul_add(r * r, p, r);
}

/// x - k ln(2).
template <class T, class A>
Lane<T, A> reduce_ln2(Lane<T, A> x, Lane<T, A> k) {
    return mul_add(k, Lane<T, A>(-kLn2Low<T>), mul_add(k, Lane<T, A>(-kLn2High<T>), x));
}

/// factor exp(x), where exp(x) alone may overflow or lose bits as a denormal.
template <class T, class A>
Lane<T, A> exp_times(Lane<T, A> x, Lane<T, A> factor) {
    x = clamp(x, pick<T>(-110, -760), pick<T>(91, 711));
    const Lane<T, A> k = round_small(x * kLog2E);
    return scale(mul_add(expm1_reduced(reduce_ln2(x, k)), factor, factor), k);
}

/// A finite positive x = m 2^k with sqrt(1/2) <= m < sqrt(2).
template <class T, class A>
struct Split {
    Lane<T, A> m, k;

    explicit Split(Lane<T, A> x) {
        using Uint = UintOf<T>;
        constexpr double kUp = pick<T>(0x1p25, 0x1p54);
        constexpr Uint kOne = std::bit_cast<Uint>(T(1));
        constexpr Uint kLow = std::bit_cast<Uint>(static_cast<T>(pick<T>(0x1.6a09e6p-1, 0x1.6a09e667f3bcdp-1)));
        constexpr Uint kFraction = (Uint(1) << kMantissaBits<T>)-1;
        constexpr T kInteger = static_cast<T>(pick<T>(0x1p23, 0x1p52));  // its unit is 1
        constexpr Uint kIntegerBits = std::bit_cast<Uint>(kInteger);
        constexpr double kSmallestNormal = static_cast<double>(std::numeric_limits<T>::min());
        const Mask<T, A> denormal = x < kSmallestNormal;
        x = where(denormal, x * kUp, x);
        const Bits<T, A> bits = to_bits(x) + Bits<T, A>(kOne - kLow);
        m = from_bits<T, A>((bits & Bits<T, A>(kFraction)) + Bits<T, A>(kLow));
        k = from_bits<T, A>((bits >> kMantissaBits<T>) | Bits<T, A>(kIntegerBits));
        k = k - (static_cast<double>(kInteger) + kExponentBias<T>);
        k = where(denormal, k - pick<T>(25, 54), k);
    }
};

/// log(1 + f) = f - (h - s (h + r)) with h = f^2 / 2, s = f / (2 + f) and r = log((1 + s) / (1 - s)) / s - 2.
template <class T, class A>
struct LogParts {
    Lane<T, A> f, h, t;  // t = s (h + r)

    explicit LogParts(Lane<T, A> fraction) : f(fraction), h(f * f * 0.5) {
        const Lane<T, A> s = f / (f + 2);
        const Lane<T, A> z = s * s;
        Lane<T, A> r;
        if constexpr (kSingle<T>)
            r = z * horner(z, 0.666666687, 0.399995536, 0.28589341, 0.225840703);
        else
            r = z * horner(z, 0.66666666666666696, 0.39999999999899444, 0.28571428626140538, 0.22222211099862471,
                           0.18182891928772019, 0.15331624238356023, 0.14617678675939233);
        t = s * (h + r);
    }
    Lane<T, A> value() const { return f - (h - t); }
    /// k ln(2) + log(1 + f).
    Lane<T, A> value(Lane<T, A> k) const {
        return mul_add(k, Lane<T, A>(kLn2High<T>), f - (h - mul_add(k, Lane<T, A>(kLn2Low<T>), t)));
    }
};

/// What a logarithm of x is at and beyond the ends of its domain, `value` within.
template <class T, class A>
Lane<T, A> log_specials(Lane<T, A> x, Lane<T, A> value) {
    value = where(x < kInf<T>, value, x);
    value = where(x == 0, -kInf<T>, value);
    return where(x < 0, kNan, value);
}

}  // namespace detail

template <class T, class A>
Lane<T, A> exp(Lane<T, A> x) {
    x = detail::clamp(x, detail::pick<T>(-105, -747), detail::pick<T>(89, 710));
    const Lane<T, A> k = detail::round_small(x * detail::kLog2E);
    return detail::scale(detail::expm1_reduced(detail::reduce_ln2(x, k)) + 1, k);
}

template <class T, class A>
Lane<T, A> exp2(Lane<T, A> x) {
    x = detail::clamp(x, detail::pick<T>(-152, -1077), detail::pick<T>(129, 1025));
    const Lane<T, A> k = detail::round_small(x);
    return detail::scale(detail::expm1_reduced((x - k) * detail::kLn2) + 1, k);
}

template <class T, class A>
Lane<T, A> expm1(Lane<T, A> x) {
    const Lane<T, A> c = detail::clamp(x, detail::pick<T>(-18, -38), detail::pick<T>(89, 710));
    const Lane<T, A> k = detail::round_small(c * detail::kLog2E);
    const Lane<T, A> r = detail::expm1_reduced(detail::reduce_ln2(c, k));
    // 2^k (r + 1) - 1, halved: 2^k itself may overflow.
    const Lane<T, A> half = detail::power_of_two(k - 1);
    return copysign(where(k == 0, r, 2 * detail::mul_add(half, r, half - 0.5)), x);
}

template <class T, class A>
Lane<T, A> log(Lane<T, A> x) {
    const detail::Split<T, A> split(x);
    return detail::log_specials(x, detail::LogParts<T, A>(split.m - 1).value(split.k));
}

template <class T, class A>
Lane<T, A> log2(Lane<T, A> x) {
    const detail::Split<T, A> split(x);
    const Lane<T, A> fraction = detail::LogParts<T, A>(split.m - 1).value();
    return detail::log_specials(x, detail::mul_add(fraction, Lane<T, A>(detail::kLog2E), split.k));
}

template <class T, class A>
Lane<T, A> log10(Lane<T, A> x) {
    using L = Lane<T, A>;
    constexpr double kHigh = detail::pick<T>(0.301025390625, 0.30102999554947019);  // log10(2) in two parts
    constexpr double kLow = detail::pick<T>(4.6050389811952138e-06, 1.1451100898021838e-10);
    const detail::Split<T, A> split(x);
    const L fraction = detail::LogParts<T, A>(split.m - 1).value();
    const L low = detail::mul_add(fraction, L(0.434294481903251828), split.k * kLow);
    return detail::log_specials(x, detail::mul_add(split.k, L(kHigh), low));
}

template <class T, class A>
Lane<T, A> log1p(Lane<T, A> x) {
    const Lane<T, A> u = x + 1;
    // What the sum lost, exactly; it is added to the fraction, where it still counts.
    const Lane<T, A> v = u - 1;
    const Lane<T, A> lost = (1 - (u - v)) + (x - v);
    const detail::Split<T, A> split(u);
    const Lane<T, A> f = detail::mul_add(lost, 0.5 * detail::power_of_two(1 - split.k), split.m - 1);
    return copysign(detail::log_specials(u, detail::LogParts<T, A>(f).value(split.k)), x);
}

/// 1 / (1 + exp(-x)).
template <class T, class A>
Lane<T, A> sigmoid(Lane<T, A> x) {
    const Lane<T, A> e = exp(-abs(x));
    return where(x < 0, e, 1) / (e + 1);
}

/// log(1 + exp(x)), the softplus function.
template <class T, class A>
Lane<T, A> log1pexp(Lane<T, A> x) {
    // log1p(e) for e from 0 to 1: 1 + e = 2^k (1 + f)
    const Lane<T, A> e = exp(-abs(x));
    const Mask<T, A> large = e > 0.414213562373095049;
    const detail::LogParts<T, A> parts(where(large, 0.5 * (e - 1), e));
    return maximum(x, 0) + parts.value(where(large, 1, 0));
}

/// log(sigmoid(x)).
template <class T, class A>
Lane<T, A> log_sigmoid(Lane<T, A> x) {
    return -log1pexp(-x);
}

template <class T, class A>
Lane<T, A> tanh(Lane<T, A> x) {
    // expm1(2 |x|) for an argument that needs no care for overflow.
    const Lane<T, A> a = 2 * detail::clamp(abs(x), 0, 20);
    const Lane<T, A> k = detail::round_small(a * detail::kLog2E);
    const Lane<T, A> r = detail::expm1_reduced(detail::reduce_ln2(a, k));
    const Lane<T, A> p = detail::power_of_two(k);
    const Lane<T, A> e = detail::mul_add(p, r, p - 1);
    return copysign(e / (e + 2), x);
}

template <class T, class A>
Lane<T, A> sinh(Lane<T, A> x) {
    const Lane<T, A> a = abs(x);
    const Lane<T, A> e = expm1(detail::clamp(a, 0, 22));
    return copysign(where(a > 22, detail::exp_times(a, Lane<T, A>(0.5)), 0.5 * (e + e / (e + 1))), x);
}

template <class T, class A>
Lane<T, A> cosh(Lane<T, A> x) {
    const Lane<T, A> half = detail::exp_times(abs(x), Lane<T, A>(0.5));
    return half + 0.25 / half;
}

template <class T, class A>
Lane<T, A> asinh(Lane<T, A> x) {
    const Lane<T, A> a = abs(x);
    const Mask<T, A> large = a > detail::pick<T>(0x1p28, 0x1p56);
    const Lane<T, A> y = log1p(where(large, a, a + a * a / (1 + sqrt(a * a + 1))));
    return copysign(y + where(large, detail::kLn2, 0), x);
}

template <class T, class A>
Lane<T, A> acosh(Lane<T, A> x) {
    const Mask<T, A> large = x > detail::pick<T>(0x1p28, 0x1p56);
    const Lane<T, A> t = x - 1;
    const Lane<T, A> y = log1p(where(large, x, t + sqrt(t * (t + 2))));
    return where(x < 1, detail::kNan, y + where(large, detail::kLn2, 0));
}

template <class T, class A>
Lane<T, A> atanh(Lane<T, A> x) {
    const Lane<T, A> a = abs(x);
    return copysign(0.5 * log1p(2 * a / (1 - a)), x);
}

}  // namespace xgrad::simd
