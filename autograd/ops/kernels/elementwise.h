#pragma once

#include <array>
#include <bit>

#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/simd/simd_math.h>

/// The loops of element-wise rows. Included by kernel files only, each of which instantiates some of the rows.
namespace xgrad::ops::XGRAD_KERNEL_ARCH {

using simd::Lane;
using simd::Mask;
using NativeArch = xsimd::default_arch;

template <class T, class L>
void store(T* out, const L& lane, std::size_t n) {
    if (n == L::size)
        lane.store(out);
    else
        lane.store_partial(out, n);
}

/// A whole lane to where it is aligned, past the caches: for results so large that they would drive the operands out of
/// them. The loop that used it ends with fence_streams().
template <class T, class L>
void stream(T* out, const L& lane) {
    const typename L::Batch::register_type v = lane.v;
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof v == 64)
        return _mm512_stream_si512(reinterpret_cast<__m512i*>(out), std::bit_cast<__m512i>(v));
#endif
#if XSIMD_WITH_AVX
    if constexpr (sizeof v == 32)
        return _mm256_stream_si256(reinterpret_cast<__m256i*>(out), std::bit_cast<__m256i>(v));
#endif
    lane.store(out);
}

/// Makes streamed lanes visible to other threads as other stores are.
inline void fence_streams() {
#if XSIMD_WITH_SSE2
    _mm_sfence();
#endif
}

/// Constant derivatives and values are plain doubles.
template <class L>
void store(typename L::Value* out, double constant, std::size_t n) {
    store(out, L(constant), n);
}

template <class L, std::size_t N>
std::array<L, N> load(const void* const* in, std::size_t at, std::size_t n) {
    using T = typename L::Value;
    std::array<L, N> lanes;
    for (std::size_t k = 0; k < N; ++k) {
        const T* p = static_cast<const T*>(in[k]) + at;
        lanes[k] = n == L::size ? L::load(p) : L::load_partial(p, n);
    }
    return lanes;
}

// Of internal linkage, for the size of the library: see row_op.h.
namespace {

/// Steps of whole lanes and one partial lane at the end, computed by the same instructions.
template <class L, class Step>
void for_each_lane(std::int64_t count, Step step) {
    const auto n = static_cast<std::size_t>(count);
    std::size_t at = 0;
    for (; at + L::size <= n; at += L::size) step(at, std::integral_constant<std::size_t, L::size>{});
    if (at < n) step(at, n - at);
}

template <class Row, class T, std::size_t Arity>
void value_kernel(const void* row, void* out, const void* const* in, std::int64_t count) {
    const Row& r = *static_cast<const Row*>(row);
    constexpr bool compares = Row::kind == rows::Kind::kComparison;
    using Out = std::conditional_t<compares, bool, T>;
    const auto value = [&]<class V>(const std::array<V, Arity>& x) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return r.value(x[I]...); }
        (std::make_index_sequence<Arity>());
    };
    if constexpr (std::is_floating_point_v<T>) {
        using L = Lane<T, NativeArch>;
        for_each_lane<L>(count, [&](std::size_t at, auto n) {
            const auto y = value(load<L, Arity>(in, at, n));
            if constexpr (compares)
                store(static_cast<bool*>(out) + at, y, n);
            else
                store(static_cast<T*>(out) + at, L(y), n);
        });
    } else {
        for (std::int64_t i = 0; i < count; ++i) {
            std::array<T, Arity> x;
            for (std::size_t k = 0; k < Arity; ++k) x[k] = static_cast<const T*>(in[k])[i];
            static_cast<Out*>(out)[i] = static_cast<Out>(value(x));
        }
    }
}

/// out = gradient * derivative to input I, in one pass.
template <class Row, class T, std::size_t Arity, std::size_t I>
void derivative_kernel(const void* row, void* out, const void* const* in, std::int64_t count) {
    using L = Lane<T, NativeArch>;
    const Row& r = *static_cast<const Row*>(row);
    constexpr Uses uses = Row::uses[I];
    constexpr auto position = [](std::size_t k) {  // of argument k among the operands after the gradient
        std::size_t p = 1;
        for (std::size_t j = 0; j < k; ++j) p += uses >> j & 1;
        return p;
    };
    constexpr bool uses_output = (uses & rows::kY) != 0;
    for_each_lane<L>(count, [&](std::size_t at, auto n) {
        const auto get = [&](std::size_t p) {
            const T* x = static_cast<const T*>(in[p]) + at;
            return n == L::size ? L::load(x) : L::load_partial(x, n);
        };
        std::array<L, Arity + 1> x{};
        for (std::size_t k = 0; k < Arity; ++k)
            if (uses >> k & 1) x[k] = get(position(k));
        if constexpr (uses_output) x[Arity] = get(position(Arity));
        const L gradient = get(0);
        const L slope = [&]<std::size_t... K>(std::index_sequence<K...>) {
            return L(rows::derivative_of<I>(r, x[K]...));
        }
        (std::make_index_sequence<Arity + 1>());
        L product = gradient * slope;
        if constexpr (requires { Row::masks; }) product = where(slope == 0.0, L(0.0), product);
        store(static_cast<T*>(out) + at, product, n);
    });
}

template <class Row, std::size_t Arity, std::size_t I>
void fill_derivative(RowKernels& kernels) {
    if constexpr (I < Arity) {
        if constexpr (!(Row::uses[I] & (rows::kPassThrough | rows::kNoGradient | rows::kZero))) {
            kernels.derivative[I][0] = derivative_kernel<Row, float, Arity, I>;
            kernels.derivative[I][1] = derivative_kernel<Row, double, Arity, I>;
        }
        fill_derivative<Row, Arity, I + 1>(kernels);
    }
}

/// Fills the entries of all rows in `List`, which take `Arity` tensors each.
template <class List, std::size_t Arity>
void fill_rows(KernelTable& table) {
    List::for_each([&]<class Row>() {
        RowKernels& k = table.rows[AllRows::index<Row>()];
        if constexpr (Row::kind != rows::Kind::kIntegral) {
            k.value[static_cast<int>(kFloat32)] = value_kernel<Row, float, Arity>;
            k.value[static_cast<int>(kFloat64)] = value_kernel<Row, double, Arity>;
        }
        if constexpr (Row::kind != rows::Kind::kFloating) {
            k.value[static_cast<int>(kUInt8)] = value_kernel<Row, std::uint8_t, Arity>;
            k.value[static_cast<int>(kInt32)] = value_kernel<Row, std::int32_t, Arity>;
            k.value[static_cast<int>(kInt64)] = value_kernel<Row, std::int64_t, Arity>;
        }
        fill_derivative<Row, Arity, 0>(k);
    });
}

}  // namespace

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
