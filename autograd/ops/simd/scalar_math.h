#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

/// The functions of `Lane` under the same names for plain numbers, so that one generic formula serves both: a namespace
/// of formulas says `using namespace xgrad::simd`. Everything here has internal linkage and calls C functions only:
/// translation units compiled for different architectures must not share code.
namespace xgrad::simd {

template <class X>
concept Number = std::is_arithmetic_v<X>;

namespace detail {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// x (c[0] + x (c[1] + x (c[2] ...
template <int N>
static inline long double power_series(const long double (&c)[N], long double x) {
    long double sum = 0;
    for (int i = N - 1; i >= 0; --i) sum = (sum + c[i]) * x;
    return sum;
}

/// digamma, the derivative of lgamma: the recurrence up to 12, then the asymptotic series (DLMF 5.5.2 and 5.11.2),
/// reflection below 0 (DLMF 5.5.4), and a Taylor series at the positive zero. 0 gives infinity of the opposite sign,
/// other poles give NaN, as in torch.
static inline double digamma(double argument) {
    constexpr long double kPi = 3.14159265358979323846264338327950288L;
    long double x = argument;
    if (x == 0) return ::copysign(kInfinity, -argument);
    if (argument == kInfinity) return kInfinity;
    // The zero in two parts: near it the recurrence would cancel.
    const long double d = (x - 1.461632144968362341281L) + 1.82570963159634842146e-20L;
    if (d < 0x1p-5L && d > -0x1p-5L) {
        constexpr long double kTaylor[] = {
            0.9676722454476211704274L,  -0.4427631689835921060929L, 0.2584997609556510106244L,
            -0.1639427054424065275043L, 0.1078240506912623657572L,  -0.0721995612564547109261L,
            0.0488042881641431072251L,  -0.0331611264748473592923L, 0.0225976482322181020546L,
            -0.0154247659049448913388L, 0.0105387916166121753881L,  -0.0072045343863568682410L};
        return static_cast<double>(power_series(kTaylor, d));
    }
    long double sum = 0;
    if (x < 0) {
        const long double fraction = x - ::roundl(x);
        if (!(fraction != 0)) return kNan;  // a pole, or minus infinity
        sum = -kPi / ::tanl(kPi * fraction);
        x = 1 - x;
    }
    for (; x < 12; x += 1) sum -= 1 / x;
    constexpr long double kAsymptotic[] = {1 / 12.0L,  -1 / 120.0L,     1 / 252.0L, -1 / 240.0L,
                                           1 / 132.0L, -691 / 32760.0L, 1 / 12.0L,  -3617 / 8160.0L};
    return static_cast<double>(sum + ::logl(x) - 1 / (2 * x) - power_series(kAsymptotic, 1 / (x * x)));
}

/// erfinv, the inverse of erf: Winitzki's approximation, then Halley's iteration on erf or, near 1, on erfc.
static inline double erfinv(double y) {
    const double a = ::fabs(y);
    if (!(a < 1)) return a == 1 ? ::copysign(kInfinity, y) : kNan;
    constexpr double kHalfSqrtPi = 0.886226925452758013649;
    if (a < 1e-9) return y * kHalfSqrtPi;  // the next term is below one part in 1e18
    const double w = ::log1p(-a * a);
    const double b = 4.3307467508 + w / 2;  // 2 / (0.147 pi) + log(1 - a^2) / 2
    double x = ::sqrt(::sqrt(b * b - w / 0.147) - b);
    for (int i = 0; i < 3; ++i) {
        const double residual = a < 0.5 ? ::erf(x) - a : (1 - a) - ::erfc(x);
        const double step = residual * kHalfSqrtPi * ::exp(x * x);
        x -= step / (1 + x * step);
    }
    return ::copysign(x, y);
}

/// log |gamma(x)| without the global sign that lgamma writes, and from the next wider type: near its negative zeros
/// that of glibc is only good to 5 units in the last place.
static inline float lgamma(float x) {
    int sign;
    return static_cast<float>(::lgamma_r(static_cast<double>(x), &sign));
}
static inline double lgamma(double x) {
    int sign;
    return static_cast<double>(::lgammal_r(static_cast<long double>(x), &sign));
}

/// The sum of (x + k)^-s over k = 0, 1, 2 ... for x > 0 and s >= 2: terms up to 20, then the Euler-Maclaurin formula
/// (DLMF 25.11.43).
static inline long double hurwitz_zeta(long double s, long double x) {
    long double sum = 0;
    for (; x < 20 + s / 2; x += 1) {
        const long double term = ::powl(x, -s);
        if (!(term > sum * 1e-22L)) return sum;  // nor will what follows be seen in the sum
        sum += term;
    }
    // B_2k / (2k)!
    constexpr long double kBernoulli[] = {1 / 12.0L,          -1 / 720.0L,
                                          1 / 30240.0L,       -1 / 1209600.0L,
                                          1 / 47900160.0L,    -691 / 1307674368000.0L,
                                          1 / 74724249600.0L, -3617 / 10670622842880000.0L};
    const long double power = ::powl(x, -s);
    if (!(power > 0)) return sum;
    sum += x * power / (s - 1) + power / 2;
    long double factor = s * power / x;
    for (int k = 0; k < 8; ++k) {
        sum += kBernoulli[k] * factor;
        factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (x * x);
    }
    return sum;
}

/// polygamma, the n-th derivative of digamma: (-1)^(n+1) n! zeta(n + 1, x) (DLMF 5.15.1, 25.11.12). The terms with
/// x + k < 0 are finitely many, a difference of two values at positive arguments. Poles give infinity (torch).
template <class N>
static inline double polygamma(N n, double argument) {
    if (n == 0) return digamma(argument);
    const long double x = argument, s = static_cast<long double>(n) + 1;
    const bool odd = n % 2 != 0;
    if (argument != argument || argument == -kInfinity) return kNan;
    if (x <= 0 && x == ::floorl(x)) return odd ? kInfinity : -kInfinity;
    long double zeta;
    if (x > 0) {
        zeta = hurwitz_zeta(s, x);
    } else {
        const long double below = ::ceill(x) - x;  // to the next pole upwards: exact, however close
        const long double negative = hurwitz_zeta(s, below) - hurwitz_zeta(s, 1 - x);
        zeta = hurwitz_zeta(s, 1 - below) + (odd ? negative : -negative);
    }
    if (zeta == 0) return odd ? 0.0 : -0.0;
    return static_cast<double>((odd ? zeta : -zeta) * ::tgammal(s));
}

}  // namespace detail

#define XGRAD_UNARY(name)                                      \
    static inline float name(float x) { return ::name##f(x); } \
    static inline double name(double x) { return ::name(x); }

XGRAD_UNARY(exp)
XGRAD_UNARY(exp2)
XGRAD_UNARY(expm1)
XGRAD_UNARY(log)
XGRAD_UNARY(log2)
XGRAD_UNARY(log10)
XGRAD_UNARY(log1p)
XGRAD_UNARY(sqrt)
XGRAD_UNARY(sin)
XGRAD_UNARY(cos)
XGRAD_UNARY(tan)
XGRAD_UNARY(asin)
XGRAD_UNARY(acos)
XGRAD_UNARY(atan)
XGRAD_UNARY(sinh)
XGRAD_UNARY(cosh)
XGRAD_UNARY(tanh)
XGRAD_UNARY(asinh)
XGRAD_UNARY(acosh)
XGRAD_UNARY(atanh)
XGRAD_UNARY(erf)
XGRAD_UNARY(erfc)
#undef XGRAD_UNARY

#define XGRAD_SPECIAL(name)                                                           \
    static inline float name(float x) { return static_cast<float>(detail::name(x)); } \
    static inline double name(double x) { return detail::name(x); }

XGRAD_SPECIAL(lgamma)
XGRAD_SPECIAL(digamma)
XGRAD_SPECIAL(erfinv)
#undef XGRAD_SPECIAL

template <class N, std::floating_point X>
static inline X polygamma(N n, X x) {
    return static_cast<X>(detail::polygamma(n, static_cast<double>(x)));
}

#define XGRAD_ROUNDING(name, function)                             \
    static inline float name(float x) { return ::function##f(x); } \
    static inline double name(double x) { return ::function(x); }  \
    template <std::integral X>                                     \
    static constexpr X name(X x) {                                 \
        return x;                                                  \
    }

XGRAD_ROUNDING(floor, floor)
XGRAD_ROUNDING(ceil, ceil)
XGRAD_ROUNDING(trunc, trunc)
XGRAD_ROUNDING(round, nearbyint)
#undef XGRAD_ROUNDING

/// The type two numbers meet in where the result is a fraction: that of the wider one, double for two integers.
template <class X, class Y>
using FloatOf =
    std::conditional_t<std::is_floating_point_v<std::common_type_t<X, Y>>, std::common_type_t<X, Y>, double>;

#define XGRAD_BINARY(name)                                  \
    template <Number X, Number Y>                           \
    static inline FloatOf<X, Y> name(X x, Y y) {            \
        const auto a = static_cast<FloatOf<X, Y>>(x);       \
        const auto b = static_cast<FloatOf<X, Y>>(y);       \
        if constexpr (std::is_same_v<FloatOf<X, Y>, float>) \
            return ::name##f(a, b);                         \
        else                                                \
            return ::name(a, b);                            \
    }

XGRAD_BINARY(atan2)
XGRAD_BINARY(copysign)
XGRAD_BINARY(fmax)
XGRAD_BINARY(fmin)
XGRAD_BINARY(hypot)
XGRAD_BINARY(nextafter)

namespace detail {
XGRAD_BINARY(fmod)
XGRAD_BINARY(pow)
}  // namespace detail
#undef XGRAD_BINARY

/// x to the power y. Two integers stay integers, modulo 2^bits; a negative exponent then gives the truncated reciprocal
/// (torch).
template <Number X, Number Y>
static constexpr auto pow(X x, Y y) {
    if constexpr (std::is_integral_v<X> && std::is_integral_v<Y>) {
        using Common = std::common_type_t<X, Y>;
        using Uint = std::make_unsigned_t<Common>;
        if (y < 0) {
            const bool minus_one = std::is_signed_v<X> && x + 1 == 0;
            return static_cast<Common>(x == 1 ? 1 : minus_one ? 1 - 2 * static_cast<int>(y % 2 != 0) : 0);
        }
        Uint power = 1, base = static_cast<Uint>(x);
        for (Uint n = static_cast<Uint>(y); n != 0; n = static_cast<Uint>(n / 2)) {
            if (n % 2 == 1) power = static_cast<Uint>(power * base);
            base = static_cast<Uint>(base * base);
        }
        return static_cast<Common>(power);
    } else {
        return detail::pow(x, y);
    }
}

/// The quotient of integers towards 0, where the processor would trap modulo 2^bits.
template <std::integral X>
static constexpr X trunc_divide(X x, X y) {
    if constexpr (std::is_signed_v<X>)
        if (y == -1) return static_cast<X>(0 - static_cast<std::make_unsigned_t<X>>(x));
    return static_cast<X>(x / y);
}

/// The quotient of integers downwards.
template <std::integral X>
static constexpr X floor_divide(X x, X y) {
    const X q = trunc_divide(x, y);
    if constexpr (std::is_signed_v<X>)
        if (y != -1 && x % y != 0 && (x < 0) != (y < 0)) return static_cast<X>(q - 1);
    return q;
}

/// The remainder with the sign of x, exactly.
template <Number X, Number Y>
static constexpr auto fmod(X x, Y y) {
    if constexpr (std::is_integral_v<X> && std::is_integral_v<Y>) {
        using Common = std::common_type_t<X, Y>;
        if constexpr (std::is_signed_v<Y>)
            if (y == -1) return Common(0);
        return static_cast<Common>(static_cast<Common>(x) % static_cast<Common>(y));
    } else {
        return detail::fmod(x, y);
    }
}

template <std::integral X>
static constexpr X fmax(X x, X y) {
    return x < y ? y : x;
}
template <std::integral X>
static constexpr X fmin(X x, X y) {
    return y < x ? y : x;
}

/// x 2^n; 0 when n is negative or no smaller than the number of bits.
template <std::integral X>
static constexpr X shift_left(X x, X n) {
    if (n < 0 || n >= static_cast<X>(8 * sizeof(X))) return 0;
    return static_cast<X>(static_cast<std::make_unsigned_t<X>>(x) << n);
}

/// x / 2^n downwards; a shift by a negative number or by all bits leaves the sign.
template <std::integral X>
static constexpr X shift_right(X x, X n) {
    constexpr X kMost = static_cast<X>(8 * sizeof(X) - (std::is_signed_v<X> ? 1 : 0));
    if (n < 0 || n >= kMost) return std::is_signed_v<X> && x < 0 ? static_cast<X>(-1) : X(0);
    return static_cast<X>(x >> n);
}

/// |x|, where that of the smallest integer fits.
template <std::integral X>
static constexpr std::make_unsigned_t<X> magnitude(X x) {
    using Uint = std::make_unsigned_t<X>;
    return x < 0 ? static_cast<Uint>(0 - static_cast<Uint>(x)) : static_cast<Uint>(x);
}

/// The greatest common divisor, by Euclid; gcd(0, 0) is 0.
template <std::integral X>
static constexpr X gcd(X x, X y) {
    auto a = magnitude(x), b = magnitude(y);
    while (b != 0) {
        const auto rest = static_cast<decltype(b)>(a % b);
        a = b;
        b = rest;
    }
    return static_cast<X>(a);
}

/// The least common multiple, modulo 2^bits; that with 0 is 0.
template <std::integral X>
static constexpr X lcm(X x, X y) {
    if (x == 0 || y == 0) return 0;
    using Uint = std::make_unsigned_t<X>;
    const auto product = static_cast<X>(magnitude(x) / static_cast<Uint>(gcd(x, y)) * magnitude(y));
    return static_cast<X>(magnitude(product));
}

static inline float fma(float x, float y, float z) { return ::fmaf(x, y, z); }
static inline double fma(double x, double y, double z) { return ::fma(x, y, z); }

template <Number X, Number Y>
static constexpr std::common_type_t<X, Y> where(bool condition, X a, Y b) {
    using Common = std::common_type_t<X, Y>;
    return condition ? static_cast<Common>(a) : static_cast<Common>(b);
}

template <Number X>
static constexpr bool isnan(X x) {
    return x != x;
}

template <Number X>
static constexpr bool isinf(X x) {
    return static_cast<double>(x) == detail::kInfinity || static_cast<double>(x) == -detail::kInfinity;
}

template <Number X>
static constexpr bool isfinite(X x) {
    return !isnan(x) && !isinf(x);
}

/// |x|. The smallest integer is its own, as in torch.
template <Number X>
static constexpr X abs(X x) {
    if constexpr (std::is_floating_point_v<X>)
        return x <= 0 ? 0 - x : x;  // -0 becomes 0
    else if constexpr (std::is_unsigned_v<X>)
        return x;
    else
        return x < 0 ? static_cast<X>(0 - static_cast<std::make_unsigned_t<X>>(x)) : x;
}

template <Number X, Number Y>
static constexpr std::common_type_t<X, Y> maximum(X x, Y y) {
    const auto a = static_cast<std::common_type_t<X, Y>>(x), b = static_cast<std::common_type_t<X, Y>>(y);
    return a != a || a > b ? a : b;
}

template <Number X, Number Y>
static constexpr std::common_type_t<X, Y> minimum(X x, Y y) {
    const auto a = static_cast<std::common_type_t<X, Y>>(x), b = static_cast<std::common_type_t<X, Y>>(y);
    return a != a || a < b ? a : b;
}

template <Number X>
static constexpr X square(X x) {
    return static_cast<X>(x * x);
}

template <Number X>
static constexpr X sign(X x) {
    return static_cast<X>((x > 0) - (x < 0));
}

template <std::floating_point X>
static inline X reciprocal(X x) {
    return 1 / x;
}

template <std::floating_point X>
static inline X rsqrt(X x) {
    return 1 / sqrt(x);
}

template <std::floating_point X>
static inline X sigmoid(X x) {
    const X e = exp(-abs(x));
    return (x < 0 ? e : X(1)) / (1 + e);
}

template <std::floating_point X>
static inline X log1pexp(X x) {
    return maximum(x, X(0)) + log1p(exp(-abs(x)));
}

}  // namespace xgrad::simd
