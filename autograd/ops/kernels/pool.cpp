#include <xgrad/autograd/ops/kernels/tile.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

template <class L, std::size_t... I>
L evens(L x, L y, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v, w = y.v;
    return typename L::Batch(__builtin_shufflevector(v, w, (2 * I)...));
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
        // All of a lane, so that the loop has no end to look for.
        std::int64_t found[L::size];
        for (std::size_t i = 0; i < L::size; ++i) {
            const auto place_in_window = static_cast<std::int32_t>(places[i]);
            found[i] = from + static_cast<std::int64_t>(i) * w.stride + place_in_window;
        }
        for (std::size_t i = 0; i < count; ++i) indices[at + i] = found[i];
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

}  // namespace

void fill_pool(KernelTable& table) {
    table.pool[0] = {max_kernel<float>, mean_kernel<float>};
    table.pool[1] = {max_kernel<double>, mean_kernel<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
