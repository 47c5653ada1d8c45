#pragma once

#include <xgrad/autograd/ops/kernels/fold.h>

/// What kernels that keep a tile of sums in registers are made of. Included by kernel files only.
namespace xgrad::ops::XGRAD_KERNEL_ARCH {

template <class T>
constexpr auto kWidth = static_cast<std::int64_t>(Lane<T, NativeArch>::size);

constexpr std::int64_t kRegisters = simd::detail::kIsAvx512<NativeArch> ? 32 : 16;

constexpr std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

/// f(0), f(1) ... f(N - 1), as constants: what they index stays in registers where all is inlined.
template <std::int64_t N, class F>
void each(F f) {
    [&]<std::int64_t... I>(std::integer_sequence<std::int64_t, I...>) {
        (f(std::integral_constant<std::int64_t, I>()), ...);
    }
    (std::make_integer_sequence<std::int64_t, N>());
}

/// The same lane, in a register: GCC would load what is used several times as many times, in the operands of the uses.
template <class L>
L loaded(L x) {
#if defined(__x86_64__)
    typename L::Batch::register_type v = x.v;
    asm("" : "+v"(v));
    return typename L::Batch(v);
#else
    return x;
#endif
}

template <bool kOther, std::size_t Distance, class L, std::size_t... I>
L interleave(L x, L y, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v, w = y.v;
    return typename L::Batch(
        __builtin_shufflevector(v, w, ((I & Distance ? sizeof...(I) : 0) + (kOther ? I ^ Distance : I))...));
}

/// Sums of elements `Distance` apart: those of x where that bit of the position is 0, those of y elsewhere.
template <std::size_t Distance, class L>
L merge(L x, L y) {
    constexpr std::make_index_sequence<L::size> positions;
    return interleave<false, Distance>(x, y, positions) + interleave<true, Distance>(x, y, positions);
}

template <std::size_t Distance, class L>
L fold_from(L x) {
    if constexpr (Distance >= L::size)
        return x;
    else
        return fold_from<2 * Distance>(x + exchange<Distance>(x, std::make_index_sequence<L::size>()));
}

/// The sums of the elements of four lanes, in the first four elements of the result.
template <class L>
L fold_four(const L* x) {
    return fold_from<4>(merge<2>(merge<1>(x[0], x[1]), merge<1>(x[2], x[3])));
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
