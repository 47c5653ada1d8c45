#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// out = value(at) over a row, whole lanes only and past the caches if `kStream`.
template <bool kStream, class T, class Value>
void fill_row(T* out, std::int64_t width, Value value) {
    using L = Lane<T, NativeArch>;
    for_each_lane<L>(width, [&](std::size_t at, auto count) {
        if constexpr (kStream)
            stream(out + at, L(value(at, count)));
        else
            store(out + at, L(value(at, count)), count);
    });
}

template <bool kStream, class T>
void sum_row(const RowSums& sums, std::int64_t place, const T* g, T* out) {
    using L = Lane<T, NativeArch>;
    const auto term = [&](std::int64_t from) {
        return [row = g + from * sums.width](std::size_t at, auto count) {
            return count == L::size ? L::load(row + at) : L::load_partial(row + at, count);
        };
    };
    if (place < 0) return fill_row<kStream>(out, sums.width, [](std::size_t, auto) { return 0.0; });
    std::int64_t next = sums.next[place];
    if (next < 0) return fill_row<kStream>(out, sums.width, term(place));
    fill_row<false>(out, sums.width, term(place));
    for (; next >= 0; next = sums.next[next])
        for_each_lane<L>(sums.width, [&, add = term(next)](std::size_t at, auto count) {
            const L sum = count == L::size ? L::load(out + at) : L::load_partial(out + at, count);
            store(out + at, sum + add(at, count), count);
        });
}

template <class T>
void sum_rows(const RowSums& sums, const void* g, void* out) {
    constexpr std::size_t kLane = Lane<T, NativeArch>::size;
    const bool streams = sums.stream && static_cast<std::size_t>(sums.width) % kLane == 0;
    const auto sum = streams ? sum_row<true, T> : sum_row<false, T>;
    for (std::int64_t r = 0; r < sums.rows; ++r)
        sum(sums, sums.first[r], static_cast<const T*>(g), static_cast<T*>(out) + r * sums.width);
    if (streams) fence_streams();
}

}  // namespace

void fill_embedding(KernelTable& table) {
    table.row_sums[0] = sum_rows<float>;
    table.row_sums[1] = sum_rows<double>;
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
