#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::int64_t keys_seen(const AttentionRows& block, std::int64_t row) {
    const std::int64_t seen = block.first + row + 1;
    return block.causal && seen < block.n ? seen : block.n;
}

template <class T>
void clear(T* x, std::int64_t n) {
    using L = Lane<T, NativeArch>;
    for_each_lane<L>(n, [&](std::size_t at, auto count) { store(x + at, L(0.0), count); });
}

template <class T>
void weights(const AttentionRows& block, void* scores, const void* mask) {
    using L = Lane<T, NativeArch>;
    const L scale = block.scale;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        T* const x = static_cast<T*>(scores) + r * block.n;
        const T* const m = mask ? static_cast<const T*>(mask) + r * block.mask_stride : nullptr;
        const std::int64_t n = keys_seen(block, r);
        L some = -kInfinity;
        for_each_lane<L>(n, [&](std::size_t at, auto count) {
            L v = load_some<L>(x + at, count) * scale;
            if (m) v += load_some<L>(m + at, count);
            store(x + at, v, count);
            some = maximum(some, count == L::size ? v : where(first_elements<L>(count), v, L(-kInfinity)));
        });
        const L largest = across<MaxFold>(some);
        if (static_cast<double>(first_element(largest)) == -kInfinity) {
            clear(x, block.n);
            continue;
        }
        const L sum = across<SumFold>(sum_lanes<L>(n, [&](std::size_t at, auto count) {
            const L e = exp(load_some<L>(x + at, count, largest) - largest);
            store(x + at, e, count);
            return count == L::size ? e : where(first_elements<L>(count), e, L(0.0));
        }));
        const L factor = 1.0 / sum;
        for_each_lane<L>(
            n, [&](std::size_t at, auto count) { store(x + at, load_some<L>(x + at, count) * factor, count); });
        clear(x + n, block.n - n);
    }
}

template <class T>
void backward(const AttentionRows& block, const void* weights, void* gradient, void* dmask) {
    using L = Lane<T, NativeArch>;
    const L scale = block.scale;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const T* const w = static_cast<const T*>(weights) + r * block.n;
        T* const g = static_cast<T*>(gradient) + r * block.n;
        T* const dm = dmask ? static_cast<T*>(dmask) + r * block.mask_stride : nullptr;
        const L sum = across<SumFold>(sum_lanes<L>(block.n, [&](std::size_t at, auto count) {
            return load_some<L>(w + at, count, 0) * load_some<L>(g + at, count, 0);
        }));
        for_each_lane<L>(block.n, [&](std::size_t at, auto count) {
            const L d = load_some<L>(w + at, count) * (load_some<L>(g + at, count) - sum);
            if (dm) store(dm + at, d, count);
            store(g + at, d * scale, count);
        });
    }
}

}  // namespace

void fill_attention(KernelTable& table) {
    table.attention[0] = {weights<float>, backward<float>};
    table.attention[1] = {weights<double>, backward<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
