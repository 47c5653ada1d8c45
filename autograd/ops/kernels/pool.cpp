#include <xgrad/autograd/ops/kernels/tile.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

template <class L, std::size_t... I>
L evens(L x, L y, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v, w = y.v;
    return typename L::Batch(__builtin_shufflevector(v, w, (2 * I)...));
}

/// The elements from `Begin` on of x[0], y[0], x[1], y[1] and so on.
template <std::size_t Begin, class L, std::size_t... I>
L alternate(L x, L y, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v, w = y.v;
    return typename L::Batch(__builtin_shufflevector(v, w, ((Begin + I) / 2 + (I % 2) * sizeof...(I))...));
}

/// Every element or every other one from `x` on: `count` for a lane, of which no more than `readable` may be touched.
template <class L>
L load_strided(const typename L::Value* x, std::int64_t stride, std::size_t count, std::int64_t readable) {
    if (stride == 1) return load_some<L>(x, count);
    constexpr auto kSize = static_cast<std::int64_t>(L::size);
    if (readable >= 2 * kSize) return evens(L::load(x), L::load(x + kSize), std::make_index_sequence<L::size>());
    const L low = readable >= kSize ? L::load(x) : L::load_partial(x, static_cast<std::size_t>(readable));
    const L high = readable > kSize ? L::load_partial(x + kSize, static_cast<std::size_t>(readable - kSize)) : low;
    return evens(low, high, std::make_index_sequence<L::size>());
}

/// Calls f(row, column in the window, elements) for all that the windows from `at` on hold.
template <class L, class F>
void for_each_element(const PoolWindows& w, std::size_t at, std::size_t count, F f) {
    for (std::int64_t r = 0; r < w.row_count; ++r)
        for (std::int64_t j = 0; j < w.kernel; ++j) {
            const std::int64_t from = static_cast<std::int64_t>(at) * w.stride + j * w.dilation;
            f(r, j,
              load_strided<L>(static_cast<const typename L::Value*>(w.rows[r]) + from, w.stride, count,
                              w.readable - from));
        }
}

template <class T>
void max_kernel(const PoolWindows& w, const std::int64_t* offsets, std::int64_t first, void* y, std::int64_t* indices) {
    using L = Lane<T, NativeArch>;
    for_each_lane<L>(w.count, [&](std::size_t at, auto count) {
        L largest, place = 0.0;
        for_each_element<L>(w, at, count, [&](std::int64_t r, std::int64_t j, L x) {
            if (r == 0 && j == 0) {
                largest = x;
                return;
            }
            const auto larger = (x > largest) | (x != x);
            largest = where(larger, x, largest);
            place = where(larger, L(static_cast<double>(offsets[r] + j * w.dilation)), place);
        });
        store(static_cast<T*>(y) + at, largest, count);
        alignas(NativeArch::alignment()) T places[L::size];
        place.v.store_aligned(places);
        const std::int64_t from = first + static_cast<std::int64_t>(at) * w.stride;
        for (std::size_t i = 0; i < count; ++i)
            indices[at + i] = from + static_cast<std::int64_t>(i) * w.stride +
                              static_cast<std::int64_t>(static_cast<std::int32_t>(places[i]));
    });
}

template <class T>
void mean_kernel(const PoolWindows& w, double divisor, void* y) {
    using L = Lane<T, NativeArch>;
    for_each_lane<L>(w.count, [&](std::size_t at, auto count) {
        L sum = 0.0;
        for_each_element<L>(w, at, count, [&](std::int64_t, std::int64_t, L x) { sum += x; });
        store(static_cast<T*>(y) + at, sum / divisor, count);
    });
}

template <class T>
void spread_kernel(const PoolSpread& s) {
    using L = Lane<T, NativeArch>;
    constexpr std::make_index_sequence<L::size> kPositions;
    T* out = static_cast<T*>(s.out);
    for_each_lane<L>(s.count, [&](std::size_t at, auto count) {
        alignas(NativeArch::alignment()) T places[L::size] = {};
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t place = s.indices[at + i] - s.first - 2 * static_cast<std::int64_t>(at + i);
            places[i] = static_cast<T>(static_cast<std::int32_t>(place));
        }
        const L place = L::Batch::load_aligned(places);
        const L g = load_some<L>(static_cast<const T*>(s.g) + at, count);
        const L even = where(place == 0.0, g, L(0.0)), odd = where(place == 1.0, g, L(0.0));
        const std::size_t elements = 2 * count;
        store(out + 2 * at, alternate<0>(even, odd, kPositions), elements < L::size ? elements : L::size);
        if (elements > L::size)
            store(out + 2 * at + L::size, alternate<L::size>(even, odd, kPositions), elements - L::size);
    });
}

}  // namespace

void fill_pool(KernelTable& table) {
    table.pool[0] = {max_kernel<float>, mean_kernel<float>, spread_kernel<float>};
    table.pool[1] = {max_kernel<double>, mean_kernel<double>, spread_kernel<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
