#pragma once

#include <xgrad/autograd/ops/simd/scalar_math.h>
#include <xgrad/autograd/ops/simd/simd_exp.h>
#include <xgrad/autograd/ops/simd/simd_trig.h>

/// The mathematics of `Lane`: values as IEEE and libm give them, within 4 units in the last place, special values
/// included. Every function looks at its own lane only, so a value does not depend on its position or its neighbours.
namespace xgrad::simd {

template <class T, class A>
Lane<T, A> square(Lane<T, A> x) {
    return x * x;
}

template <class T, class A>
Lane<T, A> reciprocal(Lane<T, A> x) {
    return 1 / x;
}

template <class T, class A>
Lane<T, A> rsqrt(Lane<T, A> x) {
    return 1 / sqrt(x);
}

/// -1, 0 or 1; 0 for NaN (torch).
template <class T, class A>
Lane<T, A> sign(Lane<T, A> x) {
    return where(x > 0, 1, where(x < 0, -1, 0));
}

namespace detail {

/// Sign, exponent and the upper half of the fraction: a number whose square is exact.
template <class T>
inline constexpr UintOf<T> kUpperHalf = static_cast<UintOf<T>>(~UintOf<T>(0)
                                                               << (std::numeric_limits<T>::digits / 2 + 1));

/// erf(x) for |x| <= 1.
template <class T, class A>
Lane<T, A> erf_small(Lane<T, A> x) {
    const Lane<T, A> z = x * x;
    Lane<T, A> p;
    if constexpr (kSingle<T>)
        p = horner(z, 0.128379166, -0.376126289, 0.112836182, -0.0268551242, 0.0051907259, -0.000803065428,
                   7.91990169e-05);
    else
        p = horner(z, 0.12837916709551256, -0.37612638903183471, 0.11283791670943219, -0.026866170643026575,
                   0.0052239776057290289, -0.000854832591965114, 0.0001205529346521502, -1.4924712509522804e-05,
                   1.6447154868122808e-06, -1.6206608356867929e-07, 1.3712628814674872e-08, -7.7830720472567541e-10);
    return mul_add(x, p, x);
}

}  // namespace detail

template <class T, class A>
Lane<T, A> erf(Lane<T, A> x) {
    using L = Lane<T, A>;
    const L a = detail::clamp(abs(x), 0, detail::pick<T>(4, 6));
    const L u = a - 2;
    L g;  // -log(erfc(a)) from 1 on
    if constexpr (detail::kSingle<T>)
        g = detail::horner(u, 5.36494112, 4.41815996, 0.923754513, 0.0164871886, -0.00354797067, 0.000707503234,
                           -0.000187493119);
    else
        g = detail::horner(u, 5.3649412646166361, 4.4181608059944111, 0.92375084182394018, 0.016465118137459479,
                           -0.0035707563476368985, 0.00073239937756126763, -0.00013530933227108441,
                           2.0706471176841746e-05, -1.9521824325201201e-06, -2.037267365904713e-07,
                           1.7316536179621387e-07, -5.7697603222385457e-08, 1.3994858188573269e-08,
                           -2.6088199375441291e-09, 2.5483696313655512e-10, 7.1569348446154213e-11,
                           -3.6240969652173635e-11, 4.7852185893305362e-12);
    return copysign(where(a < 1, detail::erf_small(a), 1 - exp(-g)), x);
}

template <class T, class A>
Lane<T, A> erfc(Lane<T, A> x) {
    using L = Lane<T, A>;
    // erfc(a) = exp(-a^2) p(q) / (1 + 2 a) with q = (a - c) / (a + c), which takes [0, infinity) to [-1, 1].
    constexpr double c = detail::pick<T>(2, 4);
    const L a = detail::clamp(abs(x), 0, detail::pick<T>(11, 28));
    const L q = (a - c) / (a + c);
    L p;
    if constexpr (detail::kSingle<T>)
        p = detail::horner(q, 1.27697837, -0.0927640423, -0.166030884, 0.164056554, -0.0542075671, -0.00806623232,
                           0.00863741618, 0.00132473547, -0.00123149413, -0.000405170955);
    else
        p = detail::horner(q, 1.2329951186255526, -0.13962111684056289, 0.01537965210261477, 0.068097054254735792,
                           -0.10103906603613733, 0.093732834996878192, -0.066330365815056927, 0.037167515560609696,
                           -0.01619773402739581, 0.0050319697774767027, -0.0007577735118133918, -0.00019925564946366624,
                           0.00015062281049963385, -2.4402602634284239e-05, -1.1225945063838285e-05,
                           5.7164903212134669e-06, 3.0269355082933417e-07, -8.3308416152149812e-07,
                           6.2046430144388727e-08, 1.1364025006791548e-07, -7.8691346019309248e-09,
                           -1.3073771423134619e-08, -1.6043681415668012e-09);
    // a^2 exactly, in two parts: high has half of the bits.
    const L high = detail::from_bits<T, A>(detail::to_bits(a) & detail::Bits<T, A>(detail::kUpperHalf<T>));
    const L f = p / (2 * a + 1);
    const L y = detail::exp_times(-high * high, detail::mul_add(detail::expm1_reduced((high - a) * (high + a)), f, f));
    return where(a < 0.5, 1 - detail::erf_small(x), where(x < 0, 2 - y, y));
}

template <class T, class A>
Lane<T, A> lgamma(Lane<T, A> x) {
    return detail::each_lane([](T v) { return detail::lgamma(v); }, x);
}

template <class T, class A>
Lane<T, A> digamma(Lane<T, A> x) {
    return detail::each_lane([](double v) { return detail::digamma(v); }, x);
}

/// The n-th derivative of digamma.
template <class N, class T, class A>
Lane<T, A> polygamma(N n, Lane<T, A> x) {
    return detail::each_lane([n](double v) { return detail::polygamma(n, v); }, x);
}

template <class T, class A>
Lane<T, A> erfinv(Lane<T, A> x) {
    return detail::each_lane([](double v) { return detail::erfinv(v); }, x);
}

namespace detail {

/// Rounding keeps the sign of a zero, which xsimd's generic forms lose.
template <class T, class A>
Lane<T, A> with_sign(Lane<T, A> rounded, Lane<T, A> x) {
    return rounded.v | (x.v & Lane<T, A>(kSignBit<T>).v);
}

}  // namespace detail

template <class T, class A>
Lane<T, A> floor(Lane<T, A> x) {
    return detail::with_sign<T, A>(xsimd::floor(x.v), x);
}

template <class T, class A>
Lane<T, A> ceil(Lane<T, A> x) {
    return detail::with_sign<T, A>(xsimd::ceil(x.v), x);
}

template <class T, class A>
Lane<T, A> trunc(Lane<T, A> x) {
    return detail::with_sign<T, A>(xsimd::trunc(x.v), x);
}

/// The nearest integer, ties to even (torch).
template <class T, class A>
Lane<T, A> round(Lane<T, A> x) {
    return detail::with_sign<T, A>(xsimd::nearbyint(x.v), x);
}

template <class T, class A>
Mask<T, A> isnan(Lane<T, A> x) {
    return x != x;
}

template <class T, class A>
Mask<T, A> isinf(Lane<T, A> x) {
    return abs(x) == detail::kInf<T>;
}

template <class T, class A>
Mask<T, A> isfinite(Lane<T, A> x) {
    return abs(x) < detail::kInf<T>;
}

/// a * b + c, rounded once.
template <class T, class A>
Lane<T, A> fma(Lane<T, A> a, Lane<T, A> b, Lane<T, A> c) {
    if constexpr (detail::kHasFma<A>)
        return detail::mul_add(a, b, c);
    else
        return detail::each_lane([](T x, T y, T z) { return simd::fma(x, y, z); }, a, b, c);
}

namespace detail {

/// Two lanes or a lane and a constant: the type of the lane.
template <class X, class Y>
struct LaneOf {};
template <class T, class A>
struct LaneOf<Lane<T, A>, Lane<T, A>> {
    using Type = Lane<T, A>;
};
template <class T, class A, class Y>
requires std::is_arithmetic_v<Y>
struct LaneOf<Lane<T, A>, Y> {
    using Type = Lane<T, A>;
};
template <class X, class T, class A>
requires std::is_arithmetic_v<X>
struct LaneOf<X, Lane<T, A>> {
    using Type = Lane<T, A>;
};

template <class X, class Y>
concept LanePair = requires {
    typename LaneOf<X, Y>::Type;
};

/// x^y = exp(y log|x|) for float, through double. The magnitude of every special value but two comes out of the
/// formula.
template <class A>
Lane<float, A> pow_float(Lane<float, A> x, Lane<float, A> y) {
    using L = Lane<float, A>;
    using Wide = Lane<double, A>;
    float a[L::size], b[L::size];
    double log_a[L::size], exponent[L::size];
    abs(x).store(a);
    y.store(b);
    for (std::size_t i = 0; i < L::size; ++i) log_a[i] = static_cast<double>(a[i]);
    for (std::size_t i = 0; i < L::size; ++i) exponent[i] = static_cast<double>(b[i]);
    for (std::size_t i = 0; i < L::size; i += Wide::size)
        exp(Wide::load(exponent + i) * log(Wide::load(log_a + i))).store(log_a + i);
    for (std::size_t i = 0; i < L::size; ++i) a[i] = static_cast<float>(log_a[i]);
    L result = L::load(a);
    const Mask<float, A> integer = round(y) == y;
    const Mask<float, A> odd = integer & (round(0.5 * y) != 0.5 * y);
    result = where(odd, flip_sign(result, x), result);
    result = where((x < 0) & !integer & (x != -kInf<float>), kNan, result);
    return where((x == 1) | (y == 0) | ((x == -1) & isinf(y)), 1, result);
}

}  // namespace detail

// Two arguments: two lanes, or a lane and a number.

template <class X, class Y>
requires detail::LanePair<X, Y>
auto pow(const X& x, const Y& y) {
    using L = typename detail::LaneOf<X, Y>::Type;
    if constexpr (detail::kSingle<typename L::Value> && detail::kHasFma<typename L::Arch>)
        return detail::pow_float(L(x), L(y));
    else
        return detail::each_lane([](double a, double b) { return ::pow(a, b); }, L(x), L(y));
}

template <class X, class Y>
requires detail::LanePair<X, Y>
auto atan2(const X& y, const Y& x) {
    using L = typename detail::LaneOf<X, Y>::Type;
    return detail::each_lane([](double a, double b) { return ::atan2(a, b); }, L(y), L(x));
}

template <class X, class Y>
requires detail::LanePair<X, Y>
auto nextafter(const X& x, const Y& y) {
    using L = typename detail::LaneOf<X, Y>::Type;
    using T = typename L::Value;
    return detail::each_lane([](T a, T b) { return simd::nextafter(a, b); }, L(x), L(y));
}

/// The remainder with the sign of x, exactly (C99).
template <class X, class Y>
requires detail::LanePair<X, Y>
auto fmod(const X& x, const Y& y) {
    using L = typename detail::LaneOf<X, Y>::Type;
    return detail::each_lane([](double a, double b) { return ::fmod(a, b); }, L(x), L(y));
}

/// The quotient towards 0.
template <class T, class A>
Lane<T, A> trunc_divide(Lane<T, A> x, Lane<T, A> y) {
    return trunc(x / y);
}

/// The quotient downwards, exact where x / y rounds up to an integer; x / 0 is as IEEE's.
template <class T, class A>
Lane<T, A> floor_divide(Lane<T, A> x, Lane<T, A> y) {
    using L = Lane<T, A>;
    const L m = fmod(x, y);
    const L q = (x - m) / y - where((m != 0) & ((y < 0) ^ (m < 0)), L(1), L(0));
    const L below = floor(q);
    const L quotient = where(q == 0, copysign(L(0), x / y), below + where(q - below > 0.5, L(1), L(0)));
    return where(y == 0, x / y, quotient);
}

/// sqrt(x^2 + y^2) without overflow on the way.
template <class X, class Y>
requires detail::LanePair<X, Y>
auto hypot(const X& x, const Y& y) {
    using L = typename detail::LaneOf<X, Y>::Type;
    using T = typename L::Value;
    const L a = abs(L(x)), b = abs(L(y));
    const L largest = fmax(a, b);
    const auto large = largest > detail::pick<T>(0x1p62, 0x1p510);
    const auto small = largest < detail::pick<T>(0x1p-40, 0x1p-480);
    constexpr double kDown = detail::pick<T>(0x1p-66, 0x1p-514), kUp = detail::pick<T>(0x1p100, 0x1p600);
    const L s = where(large, kDown, where(small, kUp, 1));
    const L u = a * s, w = b * s;
    const L root = sqrt(detail::mul_add(u, u, w * w)) * where(large, 1 / kDown, where(small, 1 / kUp, 1));
    return where(largest == detail::kInf<T>, detail::kInf<T>, root);
}

}  // namespace xgrad::simd
