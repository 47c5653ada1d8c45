#pragma once

#include <xgrad/autograd/ops/simd/simd_exp.h>

/// Circular functions and their inverses. Included through simd_math.h.
namespace xgrad::simd {

namespace detail {

/// |x| = r + quadrant pi / 2 with |r| <= pi / 4, and sine and cosine of r. Only the low bits of the quadrant count.
template <class T, class A>
struct Trig {
    using L = Lane<T, A>;
    L sine, cosine;
    Bits<T, A> quadrant;
    Mask<T, A> huge;  // too large for this reduction, or not finite

    explicit Trig(L x) : huge(!(abs(x) < pick<T>(12000, 1.6e6))) {
        const L a = abs(x);
        const L shifted = mul_add(a, L(2 / kPi), L(kRoundingShift<T>));
        quadrant = to_bits(shifted);
        const L k = shifted - kRoundingShift<T>;
        // pi / 2 in parts: with a fused step each may be full, else k times a part must be exact.
        L r;
        if constexpr (kSingle<T> && kHasFma<A>)
            r = subtract(a, k, 0x1.921fb4p+0, 0x1.4442dp-24, 0x1.846988p-48);
        else if constexpr (kSingle<T>)
            r = subtract(a, k, 0x1.92p+0, 0x1.fb4p-12, 0x1.444p-24, 0x1.68cp-39, 0x1.1a626331p-54);
        else if constexpr (kHasFma<A>)
            r = subtract(a, k, 0x1.921fb54442d18p+0, 0x1.1a62633145c06p-54, 0x1.c1cd129024e08p-107);
        else
            r = subtract(a, k, 0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104);
        const L z = r * r;
        L s, c;
        if constexpr (kSingle<T>) {
            s = horner(z, -0.166666642, 0.00833271723, -0.000195838555);
            c = horner(z, 0.0416666642, -0.00138882722, 2.45439387e-05);
        } else {
            s = horner(z, -0.16666666666666666, 0.0083333333333313088, -0.0001984126983708394, 2.7557316222483122e-06,
                       -2.5051151184630282e-08, 1.5919263271589534e-10);
            c = horner(z, 0.041666666666666664, -0.0013888888888887061, 2.4801587298460276e-05, -2.7557317158288904e-07,
                       2.0876127829049367e-09, -1.1381542350818266e-11);
        }
        sine = mul_add(r * z, s, r);
        const L h = 0.5 * z, w = 1 - h;
        cosine = w + mul_add(z * z, c, (1 - w) - h);
    }

    template <class... Parts>
    static L subtract(L a, L k, Parts... parts) {
        ((a = mul_add(k, L(-parts), a)), ...);
        return a;
    }

    /// Bit n of the quadrant in the sign.
    L sign_of_bit(int n) const { return from_bits<T, A>(quadrant << static_cast<int>(8 * sizeof(T) - 1) - n); }
    Mask<T, A> odd() const { return copysign(L(1), sign_of_bit(0)) < 0; }
};

/// asin(s) for s^2 = z <= 1/4.
template <class T, class A>
Lane<T, A> asin_reduced(Lane<T, A> s, Lane<T, A> z) {
    Lane<T, A> p;
    if constexpr (kSingle<T>)
        p = horner(z, 0.166666731, 0.0749878883, 0.0450138226, 0.0264765508, 0.0382399037);
    else
        p = horner(z, 0.16666666666666669, 0.07499999999998079, 0.044642857146863751, 0.030381944105801178,
                   0.022372174095492536, 0.017352368006034645, 0.013971554759894478, 0.011476030232428264,
                   0.010342296324121368, 0.0053774136036333423, 0.017610531636355401, -0.01516809808045355,
                   0.028966996779166553);
    return mul_add(s * z, p, s);
}

template <class T>
inline constexpr double kPiHigh = pick<T>(0x1.921fb4p+1, 0x1.921fb54442d18p+1);
template <class T>
inline constexpr double kPiLow = pick<T>(1.50995799097383e-07, 1.2246467991473532e-16);

/// count * pi + x.
template <class T, class A>
Lane<T, A> add_pi(Lane<T, A> count, Lane<T, A> x) {
    return mul_add(count, Lane<T, A>(kPiHigh<T>), mul_add(count, Lane<T, A>(kPiLow<T>), x));
}

}  // namespace detail

template <class T, class A>
Lane<T, A> sin(Lane<T, A> x) {
    const detail::Trig<T, A> t(x);
    Lane<T, A> y = detail::flip_sign(detail::flip_sign(where(t.odd(), t.cosine, t.sine), t.sign_of_bit(1)), x);
    if (any(t.huge)) y = where(t.huge, detail::each_lane([](double v) { return ::sin(v); }, x), y);
    return y;
}

template <class T, class A>
Lane<T, A> cos(Lane<T, A> x) {
    const detail::Trig<T, A> t(x);
    // The sign is that of bit 1 of quadrant + 1: the exclusive or of bits 0 and 1.
    Lane<T, A> y =
        detail::flip_sign(detail::flip_sign(where(t.odd(), t.sine, t.cosine), t.sign_of_bit(0)), t.sign_of_bit(1));
    if (any(t.huge)) y = where(t.huge, detail::each_lane([](double v) { return ::cos(v); }, x), y);
    return y;
}

template <class T, class A>
Lane<T, A> tan(Lane<T, A> x) {
    const detail::Trig<T, A> t(x);
    const Mask<T, A> odd = t.odd();
    Lane<T, A> y = where(odd, -t.cosine, t.sine) / where(odd, t.sine, t.cosine);
    y = detail::flip_sign(y, x);
    if (any(t.huge)) y = where(t.huge, detail::each_lane([](double v) { return ::tan(v); }, x), y);
    return y;
}

template <class T, class A>
Lane<T, A> asin(Lane<T, A> x) {
    const Lane<T, A> a = abs(x);
    const Mask<T, A> large = a > 0.5;
    const Lane<T, A> z = where(large, 0.5 * (1 - a), a * a);
    const Lane<T, A> y = detail::asin_reduced(where(large, sqrt(z), a), z);
    return copysign(where(large, detail::add_pi(Lane<T, A>(0.5), -2 * y), y), x);
}

template <class T, class A>
Lane<T, A> acos(Lane<T, A> x) {
    const Lane<T, A> a = abs(x);
    const Mask<T, A> large = a > 0.5;
    const Lane<T, A> z = where(large, 0.5 * (1 - a), a * a);
    const Lane<T, A> y = detail::flip_sign(detail::asin_reduced(where(large, sqrt(z), a), z), x);
    return detail::add_pi(where(large, where(x < 0, 1, 0), Lane<T, A>(0.5)), where(large, 2 * y, -y));
}

template <class T, class A>
Lane<T, A> atan(Lane<T, A> x) {
    using L = Lane<T, A>;
    // atan(a) = k pi / 4 + atan(r) with |r| <= tan(pi / 8)
    const L a = abs(x);
    const Mask<T, A> middle = a > 0.414213562373095049;
    const Mask<T, A> large = a > 2.41421356237309505;
    const L r = where(large, -1, where(middle, a - 1, a)) / where(large, a, where(middle, a + 1, 1));
    const L z = r * r;
    L p;
    if constexpr (detail::kSingle<T>)
        p = detail::horner(z, -0.333333313, 0.19999513, -0.142634392, 0.107400075, -0.0644275397);
    else
        p = detail::horner(z, -0.33333333333333331, 0.19999999999996149, -0.14285714284751577, 0.11111111020429973,
                           -0.090909047487284719, 0.076921865382575005, -0.066645522991546843, 0.058584618401255978,
                           -0.050869124132154844, 0.039269774106964271, -0.019219318907224198);
    return copysign(detail::add_pi(where(large, 0.5, where(middle, 0.25, 0)), detail::mul_add(r * z, p, r)), x);
}

}  // namespace xgrad::simd
