#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
// GCC 12 finds the deliberately undefined operands of its own AVX-512 intrinsics.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace xgrad::simd {

template <class T, class A>
struct Lane;

namespace detail {

template <class T>
using UintOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The bits of a lane, for shifts and masks.
template <class T, class A>
using Bits = xsimd::batch<UintOf<T>, A>;

template <class A>
inline constexpr bool kIsAvx512 = std::is_base_of_v<xsimd::avx512f, A>;

template <class A>
inline constexpr bool kHasFma = kIsAvx512<A>;
template <class A>
inline constexpr bool kHasFma<xsimd::fma3<A>> = true;
template <>
inline constexpr bool kHasFma<xsimd::neon64> = true;

template <class T>
inline constexpr T kSignBit = static_cast<T>(-0.0);

template <class T>
inline constexpr T kAbsBits = std::bit_cast<T>(static_cast<UintOf<T>>(~std::bit_cast<UintOf<T>>(kSignBit<T>)));

}  // namespace detail

/// One truth value a lane: what comparing two `Lane` yields and `where` takes.
template <class T, class A>
struct Mask {
    using Batch = xsimd::batch_bool<T, A>;
    static constexpr std::size_t size = Batch::size;

    Batch v;

    Mask(Batch b) : v(b) {}
    explicit Mask(bool b) : v(b) {}

    void store(bool* out) const { v.store_unaligned(out); }

    /// Stores the first n < size truth values.
    void store_partial(bool* out, std::size_t n) const {
        bool buffer[size];
        store(buffer);
        std::memcpy(out, buffer, n);
    }

    friend Mask operator&(Mask a, Mask b) { return a.v & b.v; }
    friend Mask operator|(Mask a, Mask b) { return a.v | b.v; }
    friend Mask operator!(Mask a) { return ~a.v; }
    // xsimd 8.1 computes "or" here on AVX-512.
    friend Mask operator^(Mask a, Mask b) { return (a | b) & !(a & b); }

    friend bool any(Mask a) { return xsimd::any(a.v); }
    friend bool all(Mask a) { return !any(!a); }
    friend Lane<T, A> where(Mask c, Lane<T, A> a, Lane<T, A> b) { return xsimd::select(c.v, a.v, b.v); }
};

/// A SIMD register of T (float or double) on the architecture A. Arithmetic is IEEE's, a double stands for a constant
/// (rounded to T), and every function is found by argument-dependent lookup, so that a generic formula
/// `template <class V> V f(V x)` serves lanes, plain scalars and tensors alike. The mathematics is in simd_math.h.
template <class T, class A>
struct Lane {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
    using Value = T;
    using Arch = A;
    using Batch = xsimd::batch<T, A>;
    static constexpr std::size_t size = Batch::size;

    Batch v;

    Lane() = default;
    Lane(Batch b) : v(b) {}
    Lane(double constant) : v(static_cast<T>(constant)) {}

    static Lane load(const T* p) { return Batch::load_unaligned(p); }
    void store(T* p) const { v.store_unaligned(p); }

    /// Loads n < size elements. The rest is 1: no special value that would take a slow path.
    static Lane load_partial(const T* p, std::size_t n) {
#if XSIMD_WITH_AVX512F
        if constexpr (detail::kIsAvx512<A> && sizeof(T) == 4)
            return Batch(_mm512_mask_loadu_ps(Batch(T(1)), static_cast<__mmask16>((1U << n) - 1), p));
        else if constexpr (detail::kIsAvx512<A>)
            return Batch(_mm512_mask_loadu_pd(Batch(T(1)), static_cast<__mmask8>((1U << n) - 1), p));
#endif
        alignas(A::alignment()) T buffer[size];
        Batch(T(1)).store_aligned(buffer);
        std::memcpy(buffer, p, n * sizeof(T));
        return Batch::load_aligned(buffer);
    }

    /// Stores the first n < size elements.
    void store_partial(T* p, std::size_t n) const {
#if XSIMD_WITH_AVX512F
        if constexpr (detail::kIsAvx512<A> && sizeof(T) == 4)
            return _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << n) - 1), v);
        else if constexpr (detail::kIsAvx512<A>)
            return _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1U << n) - 1), v);
#endif
        alignas(A::alignment()) T buffer[size];
        v.store_aligned(buffer);
        std::memcpy(p, buffer, n * sizeof(T));
    }

    friend Lane operator+(Lane a, Lane b) { return a.v + b.v; }
    friend Lane operator-(Lane a, Lane b) { return a.v - b.v; }
    friend Lane operator*(Lane a, Lane b) { return a.v * b.v; }
    friend Lane operator/(Lane a, Lane b) { return a.v / b.v; }
    friend Lane operator+(Lane a) { return a; }
    // xsimd 8.1 computes 0 - a on AVX-512, which has no negative zero.
    friend Lane operator-(Lane a) { return a.v ^ Batch(detail::kSignBit<T>); }
    Lane& operator+=(Lane b) { return *this = *this + b; }
    Lane& operator-=(Lane b) { return *this = *this - b; }
    Lane& operator*=(Lane b) { return *this = *this * b; }
    Lane& operator/=(Lane b) { return *this = *this / b; }

    friend Mask<T, A> operator<(Lane a, Lane b) { return a.v < b.v; }
    friend Mask<T, A> operator<=(Lane a, Lane b) { return a.v <= b.v; }
    friend Mask<T, A> operator>(Lane a, Lane b) { return a.v > b.v; }
    friend Mask<T, A> operator>=(Lane a, Lane b) { return a.v >= b.v; }
    friend Mask<T, A> operator==(Lane a, Lane b) { return a.v == b.v; }
    // xsimd 8.1 says NaN != NaN is false on AVX and AVX-512.
    friend Mask<T, A> operator!=(Lane a, Lane b) { return !(a == b); }

    friend Lane abs(Lane a) { return a.v & Batch(detail::kAbsBits<T>); }
    friend Lane sqrt(Lane a) { return xsimd::sqrt(a.v); }

    /// |a| with the sign of b.
    friend Lane copysign(Lane a, Lane b) { return abs(a).v | (b.v & Batch(detail::kSignBit<T>)); }

    /// The larger; NaN if either is NaN (torch).
    friend Lane maximum(Lane a, Lane b) { return where(a != a, a, xsimd::max(a.v, b.v)); }
    /// The smaller; NaN if either is NaN (torch).
    friend Lane minimum(Lane a, Lane b) { return where(a != a, a, xsimd::min(a.v, b.v)); }
    /// The larger; a NaN loses (C99).
    friend Lane fmax(Lane a, Lane b) { return where(b != b, a, xsimd::max(a.v, b.v)); }
    /// The smaller; a NaN loses (C99).
    friend Lane fmin(Lane a, Lane b) { return where(b != b, a, xsimd::min(a.v, b.v)); }
};

namespace detail {

/// a * b + c, rounded once where the architecture can and twice elsewhere.
template <class T, class A>
Lane<T, A> mul_add(Lane<T, A> a, Lane<T, A> b, Lane<T, A> c) {
#if XSIMD_WITH_AVX512F
    // xsimd 8.1 has no fused form for AVX-512.
    if constexpr (kIsAvx512<A> && sizeof(T) == 4)
        return xsimd::batch<T, A>(_mm512_fmadd_ps(a.v, b.v, c.v));
    else if constexpr (kIsAvx512<A>)
        return xsimd::batch<T, A>(_mm512_fmadd_pd(a.v, b.v, c.v));
    else
#endif
        return xsimd::fma(a.v, b.v, c.v);
}

template <class T, class A>
Bits<T, A> to_bits(Lane<T, A> x) {
    return xsimd::bitwise_cast<Bits<T, A>>(x.v);
}

template <class T, class A>
Lane<T, A> from_bits(Bits<T, A> b) {
    return xsimd::bitwise_cast<xsimd::batch<T, A>>(b);
}

/// f for each lane in turn, for what has no vector form. F takes and returns double.
template <class T, class A, class F, class... Rest>
Lane<T, A> each_lane(F f, Lane<T, A> x, Rest... rest) {
    constexpr std::size_t size = Lane<T, A>::size;
    constexpr std::size_t count = sizeof...(Rest) + 1;
    alignas(A::alignment()) T in[count][size];
    std::size_t row = 0;
    x.v.store_aligned(in[row]);
    (rest.v.store_aligned(in[++row]), ...);
    for (std::size_t i = 0; i < size; ++i) {
        if constexpr (count == 1)
            in[0][i] = static_cast<T>(f(in[0][i]));
        else if constexpr (count == 2)
            in[0][i] = static_cast<T>(f(in[0][i], in[1][i]));
        else
            in[0][i] = static_cast<T>(f(in[0][i], in[1][i], in[2][i]));
    }
    return xsimd::batch<T, A>::load_aligned(in[0]);
}

}  // namespace detail

}  // namespace xgrad::simd
