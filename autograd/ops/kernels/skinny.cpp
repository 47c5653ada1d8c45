#include <xgrad/autograd/ops/kernels/tile.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// Longer sums are taken in blocks, added to C one after the other: the operands of a block stay in the first cache,
/// and rounding errors stay small.
constexpr std::int64_t kDotBlock = 4096, kPanelBlock = 256;

template <class T>
void add_to(T& to, T total, double beta) {
    to = beta == 0 ? total : total + static_cast<T>(beta) * to;
}

/// R rows of A times N rows of B (its columns as a factor), along k. Rows of A from `rows` on are not there.
template <class T, std::int64_t R, std::int64_t N>
[[gnu::flatten]] void dots_tile(const SkinnyProduct& p, std::int64_t rows, const T* a, const T* b, T* c) {
    using L = Lane<T, NativeArch>;
    static_assert(L::size >= 4);
    const T* x[R];
    const T* y[N];
    for (std::int64_t r = 0; r < R; ++r) x[r] = a + (r < rows ? r : rows - 1) * p.a_strides.row;
    for (std::int64_t j = 0; j < N; ++j) y[j] = b + j * p.b_strides.column;
    L sums[N * R];
    each<N * R>([&](auto i) { sums[i] = 0.0; });
    const auto step = [&](auto load) {
        L v[N];
        each<N>([&](auto j) { v[j] = loaded(load(y[j])); });
        each<R>([&](auto r) {
            const L u = load(x[r]);
            each<N>([&](auto j) { sums[j * R + r] = simd::detail::mul_add(u, v[j], sums[j * R + r]); });
        });
    };
    std::int64_t at = 0;
    for (; at + kWidth<T> <= p.k; at += kWidth<T>) step([at](const T* from) { return L::load(from + at); });
    if (at < p.k) {
        const auto rest = static_cast<std::size_t>(p.k - at);
        const auto there = first_elements<L>(rest);
        step([&](const T* from) { return where(there, L::load_partial(from + at, rest), L(0.0)); });
    }
    alignas(NativeArch::alignment()) T totals[N * R / 4][L::size];
    each<N * R / 4>([&](auto four) { fold_four(sums + 4 * four).v.store_aligned(totals[four]); });
    for (std::int64_t r = 0; r < rows; ++r, c += p.c_strides.row)
        for (std::int64_t j = 0; j < N; ++j) {
            const T total = totals[(j * R + r) / 4][r % 4];
            add_to(c[j * p.c_strides.column], total, p.beta);
        }
}

constexpr std::int64_t kDotColumns = kRegisters == 32 ? 6 : 3;

template <class T, std::int64_t N>
void dots_columns(const SkinnyProduct& p, std::int64_t columns, std::int64_t rows, const T* a, const T* b, T* c) {
    if constexpr (N <= kDotColumns) {
        if (columns == N) return dots_tile<T, 4, N>(p, rows, a, b, c);
        dots_columns<T, N + 1>(p, columns, rows, a, b, c);
    }
}

template <class T>
void dots_kernel(const SkinnyProduct& whole) {
    SkinnyProduct p = whole;
    const std::int64_t blocks = (p.n + kDotColumns - 1) / kDotColumns;
    const std::int64_t step = p.n == 1 ? 8 : 4;  // enough sums to hide the latency of an addition
    for (std::int64_t at = 0; at == 0 || at < whole.k; at += kDotBlock) {
        p.k = least(whole.k - at, kDotBlock);
        if (at > 0) p.beta = 1;
        const T* a = static_cast<const T*>(p.a) + at;
        const T* b = static_cast<const T*>(p.b) + at;
        T* c = static_cast<T*>(p.c);
        for (std::int64_t i = 0; i < p.m; i += step) {
            const T* rows = a + i * p.a_strides.row;
            T* to = c + i * p.c_strides.row;
            const std::int64_t count = least(step, p.m - i);
            if (p.n == 1) {
                dots_tile<T, 8, 1>(p, count, rows, b, to);
                continue;
            }
            for (std::int64_t block = 0, j = 0; block < blocks; ++block) {
                const std::int64_t next = (block + 1) * p.n / blocks;
                dots_columns<T, 1>(p, next - j, count, rows, b + j * p.b_strides.column, to + j * p.c_strides.column);
                j = next;
            }
        }
    }
}

/// Adds rows of `stride` totals to C.
template <class T>
[[gnu::noinline]] void add_block(const SkinnyProduct& p, std::int64_t rows, std::int64_t columns, const T* totals,
                                 std::int64_t stride, T* c) {
    for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t r = 0; r < rows; ++r)
            add_to(c[r * p.c_strides.row + j * p.c_strides.column], totals[r * stride + j], p.beta);
}

/// R rows of C in V lanes of B's columns, the first `columns` of which C has.
template <class T, std::int64_t R, std::int64_t V>
[[gnu::flatten]] void panel_tile(const SkinnyProduct& p, std::int64_t columns, const T* a, const T* b, T* c) {
    using L = Lane<T, NativeArch>;
    constexpr std::int64_t kColumns = V * kWidth<T>;
    L sums[R * V];
    each<R * V>([&](auto i) { sums[i] = 0.0; });
    for (std::int64_t k = 0; k < p.k; ++k, a += p.a_strides.column, b += p.b_strides.row) {
        L y[V];
        each<V>([&](auto v) {
            y[v] = L::load(b + v * kWidth<T>);
            // Of the next panel: the rows of B are too far apart for the processor to foresee it.
            __builtin_prefetch(b + kColumns + v * kWidth<T>, 0, 2);
        });
        each<R>([&](auto r) {
            const L x = typename L::Batch(a[r * p.a_strides.row]);
            each<V>([&](auto v) { sums[r * V + v] = simd::detail::mul_add(x, y[v], sums[r * V + v]); });
        });
    }
    if (columns == kColumns && p.c_strides.column == 1) {
        const L beta = p.beta;
        each<R>([&](auto r) {
            each<V>([&](auto v) {
                T* to = c + r * p.c_strides.row + v * kWidth<T>;
                const L total = sums[r * V + v];
                (p.beta == 0 ? total : total + beta * L::load(to)).store(to);
            });
        });
    } else {
        alignas(NativeArch::alignment()) T totals[R * kColumns];
        each<R * V>([&](auto i) { sums[i].v.store_aligned(totals + i * kWidth<T>); });
        add_block(p, R, columns, totals, kColumns, c);
    }
}

constexpr std::int64_t kPanelRows = kRegisters == 32 ? 12 : 6;

template <class T, std::int64_t R, std::int64_t V>
void panel_rows(const SkinnyProduct& p, std::int64_t rows, std::int64_t columns, const T* a, const T* b, T* c) {
    if constexpr (R <= kPanelRows) {
        if (rows == R) return panel_tile<T, R, V>(p, columns, a, b, c);
        panel_rows<T, R + 1, V>(p, rows, columns, a, b, c);
    }
}

template <class T, std::int64_t V>
void panel(const SkinnyProduct& p, std::int64_t columns, const T* a, const T* b, T* c) {
    const std::int64_t blocks = (p.m + kPanelRows - 1) / kPanelRows;
    for (std::int64_t block = 0, i = 0; block < blocks; ++block) {
        const std::int64_t next = (block + 1) * p.m / blocks;
        panel_rows<T, 1, V>(p, next - i, columns, a + i * p.a_strides.row, b, c + i * p.c_strides.row);
        i = next;
    }
}

/// The last columns, fewer than two lanes.
template <class T>
void last_panel(SkinnyProduct p, std::int64_t columns, const T* a, const T* b, T* c) {
    if (columns == kWidth<T>) return panel<T, 1>(p, columns, a, b, c);
    // A copy with whole lanes, since loading parts of them over and over is slow before AVX-512.
    using L = Lane<T, NativeArch>;
    const std::int64_t width = columns < kWidth<T> ? kWidth<T> : 2 * kWidth<T>;
    alignas(NativeArch::alignment()) T whole[kPanelBlock * 2 * kWidth<T>];
    for (std::int64_t k = 0; k < p.k; ++k, b += p.b_strides.row)
        for (std::int64_t j = 0; j < width; j += kWidth<T>)
            load_some<L>(b + j, static_cast<std::size_t>(least(columns - j, kWidth<T>))).store(whole + k * width + j);
    p.b_strides.row = width;
    (width == kWidth<T> ? panel<T, 1> : panel<T, 2>)(p, columns, a, whole, c);
}

template <class T>
void panels_kernel(const SkinnyProduct& whole) {
    constexpr std::int64_t kColumns = 2 * kWidth<T>;
    SkinnyProduct p = whole;
    for (std::int64_t at = 0; at == 0 || at < whole.k; at += kPanelBlock) {
        p.k = least(whole.k - at, kPanelBlock);
        if (at > 0) p.beta = 1;
        const T* a = static_cast<const T*>(p.a) + at * p.a_strides.column;
        const T* b = static_cast<const T*>(p.b) + at * p.b_strides.row;
        T* c = static_cast<T*>(p.c);
        std::int64_t j = 0;
        for (; j + kColumns <= p.n; j += kColumns) panel<T, 2>(p, kColumns, a, b + j, c + j * p.c_strides.column);
        if (j < p.n) last_panel(p, p.n - j, a, b + j, c + j * p.c_strides.column);
    }
}

template <class T>
void outer_kernel(const OuterProduct& p) {
    using L = Lane<T, NativeArch>;
    const T *a = static_cast<const T*>(p.a), *b = static_cast<const T*>(p.b);
    T* c = static_cast<T*>(p.c);
    for (std::int64_t i = 0; i < p.m; ++i, c += p.n) {
        const L factor(a[i * p.a_stride]);
        for_each_lane<L>(p.n, [&](std::size_t at, auto count) {
            store(c + at, factor * (count == L::size ? L::load(b + at) : L::load_partial(b + at, count)), count);
        });
    }
}

}  // namespace

void fill_skinny(KernelTable& table) {
    table.skinny[0] = {dots_kernel<float>, panels_kernel<float>, outer_kernel<float>};
    table.skinny[1].outer = outer_kernel<double>;
    // Four sums are folded at a time; a processor with shorter lanes leaves these products to BLAS.
    if constexpr (kWidth<double> >= 4)
        table.skinny[1] = {dots_kernel<double>, panels_kernel<double>, outer_kernel<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
