#include <xgrad/autograd/ops/kernels/tile.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// Longer sums are taken in blocks, added to C one after the other: the operands of a block stay in the first cache,
/// and rounding errors stay small.
constexpr std::int64_t kProductBlock = 256, kDotsBlock = 1152;

// Tiles of sums that fill the registers together with what they are made of: R rows of A by V lanes of X, and R rows of
// G by V rows of X.
constexpr std::int64_t kProductRows = kRegisters == 32 ? 8 : 4, kProductLanes = 3;
constexpr std::int64_t kDotsRows = kRegisters == 32 ? 6 : 3, kDotsColumns = 4;

/// Rows of A from `a` on, times V lanes of X from `column` on, along k in [from, to).
template <class T, std::int64_t R, std::int64_t V>
[[gnu::flatten]] void product_tile(const ShiftedProduct& p, std::int64_t row, std::int64_t from, std::int64_t to,
                                   std::int64_t column) {
    using L = Lane<T, NativeArch>;
    const T* a[R];
    T* c[R];
    each<R>([&](auto r) {
        a[r] = static_cast<const T*>(p.a) + (row + r) * p.a_stride;
        c[r] = static_cast<T*>(p.c) + (row + r) * p.c_stride + column;
    });
    const T* x = static_cast<const T*>(p.x) + column;
    L sums[R * V];
    if (from > 0)
        each<R * V>([&](auto i) { sums[i] = L::load(c[i / V] + i % V * kWidth<T>); });
    else if (p.bias)
        each<R * V>([&](auto i) { sums[i] = typename L::Batch(static_cast<const T*>(p.bias)[row + i / V]); });
    else
        each<R * V>([&](auto i) { sums[i] = 0.0; });
    for (std::int64_t k = from; k < to; ++k) {
        const T* at = x + p.offsets[k];
        L y[V];
        each<V>([&](auto v) { y[v] = loaded(L::load(at + v * kWidth<T>)); });
        each<R>([&](auto r) {
            const L u = loaded(L(typename L::Batch(a[r][k])));
            each<V>([&](auto v) { sums[r * V + v] = simd::detail::mul_add(u, y[v], sums[r * V + v]); });
        });
    }
    each<R * V>([&](auto i) { sums[i].store(c[i / V] + i % V * kWidth<T>); });
}

template <class T, std::int64_t R>
void product_rows(const ShiftedProduct& p, std::int64_t rows, std::int64_t row, std::int64_t from, std::int64_t to) {
    if constexpr (R <= kProductRows) {
        if (rows != R) return product_rows<T, R + 1>(p, rows, row, from, to);
        constexpr std::int64_t kColumns = kProductLanes * kWidth<T>;
        std::int64_t j = 0;
        for (; j + kColumns <= p.columns; j += kColumns) product_tile<T, R, kProductLanes>(p, row, from, to, j);
        for (; j < p.columns; j += kWidth<T>) product_tile<T, R, 1>(p, row, from, to, j);
    }
}

template <class T>
void product_kernel(const ShiftedProduct& p) {
    const std::int64_t blocks = (p.rows + kProductRows - 1) / kProductRows;
    for (std::int64_t block = 0, row = 0; block < blocks; ++block) {
        const std::int64_t next = (block + 1) * p.rows / blocks;
        for (std::int64_t at = 0; at == 0 || at < p.k; at += kProductBlock)
            product_rows<T, 1>(p, next - row, row, at, least(at + kProductBlock, p.k));
        row = next;
    }
}

/// The same address, in a register: GCC would compute several in one vector, and take them out again.
template <class T>
const T* kept(const T* address) {
#if defined(__GNUC__)
    asm("" : "+r"(address));
#endif
    return address;
}

/// R rows of G times the rows of X from `column` on, of which the last may not be there.
template <class T, std::int64_t R>
[[gnu::flatten]] void dots_tile(const ShiftedDots& p, std::int64_t row, std::int64_t column) {
    using L = Lane<T, NativeArch>;
    constexpr std::int64_t V = kDotsColumns;
    const std::int64_t columns = least(V, p.k - column);
    const T* g[R];
    const T* x[V];
    each<R>([&](auto r) { g[r] = kept(static_cast<const T*>(p.g) + (row + r) * p.g_stride); });
    each<V>(
        [&](auto v) { x[v] = kept(static_cast<const T*>(p.x) + p.offsets[column + (v < columns ? v : columns - 1)]); });
    L sums[R * V];
    each<R * V>([&](auto i) { sums[i] = 0.0; });
    const auto step = [&](auto load) {
        L y[R];
        each<R>([&](auto r) { y[r] = loaded(load(g[r])); });
        each<V>([&](auto v) {
            const L u = loaded(load(x[v]));
            each<R>([&](auto r) { sums[r * V + v] = simd::detail::mul_add(y[r], u, sums[r * V + v]); });
        });
    };
    for (std::int64_t segment = 0; segment < p.segments; ++segment) {
        std::int64_t at = 0;
        for (; at + kWidth<T> <= p.length; at += kWidth<T>) step([at](const T* from) { return L::load(from + at); });
        if (at < p.length) {
            const auto rest = static_cast<std::size_t>(p.length - at);
            const auto there = first_elements<L>(rest);
            step([&](const T* from) { return where(there, L::load_partial(from + at, rest), L(0.0)); });
        }
        each<R>([&](auto r) { g[r] += p.g_step; });
        each<V>([&](auto v) { x[v] += p.x_step; });
    }
    T* d = static_cast<T*>(p.d) + row * p.d_stride + column;
    alignas(NativeArch::alignment()) T totals[R][L::size < V ? V : L::size];
    each<R>([&](auto r) {
        if constexpr (L::size >= 4)
            fold_four(sums + r * V).v.store_aligned(totals[r]);
        else
            each<V>([&](auto v) { totals[r][v] = first_element(across<SumFold>(sums[r * V + v])); });
    });
    for (std::int64_t r = 0; r < R; ++r, d += p.d_stride) {
        if (columns == V)
            for (std::int64_t v = 0; v < V; ++v) d[v] += totals[r][v];
        else
            for (std::int64_t v = 0; v < columns; ++v) d[v] += totals[r][v];
    }
}

template <class T, std::int64_t R>
void dots_rows(const ShiftedDots& p, std::int64_t rows, std::int64_t row) {
    if constexpr (R <= kDotsRows) {
        if (rows != R) return dots_rows<T, R + 1>(p, rows, row);
        for (std::int64_t column = 0; column < p.k; column += kDotsColumns) dots_tile<T, R>(p, row, column);
    }
}

template <class T>
void dots_block(const ShiftedDots& p) {
    const std::int64_t blocks = (p.rows + kDotsRows - 1) / kDotsRows;
    for (std::int64_t block = 0, row = 0; block < blocks; ++block) {
        const std::int64_t next = (block + 1) * p.rows / blocks;
        dots_rows<T, 1>(p, next - row, row);
        row = next;
    }
}

/// `x` moved by `elements`.
template <class T>
const void* moved(const void* x, std::int64_t elements) {
    return static_cast<const T*>(x) + elements;
}

template <class T>
void dots_kernel(const ShiftedDots& whole) {
    // Long rows are cut, of short ones some are taken together.
    const std::int64_t cuts = (whole.length + kDotsBlock - 1) / kDotsBlock;
    const std::int64_t length = cuts > 1 ? (whole.length / cuts / kWidth<T> + 1) * kWidth<T> : whole.length;
    const std::int64_t at_once = length > 0 ? kDotsBlock / length : whole.segments;
    for (std::int64_t s = 0; s < whole.segments; s += at_once)
        for (std::int64_t at = 0; at < whole.length; at += length) {
            ShiftedDots p = whole;
            p.segments = cuts > 1 ? 1 : least(at_once, whole.segments - s);
            p.length = least(length, whole.length - at);
            p.g = moved<T>(whole.g, s * whole.g_step + at);
            p.x = moved<T>(whole.x, s * whole.x_step + at);
            dots_block<T>(p);
        }
}

template <class T>
void copy_row(const T* from, T* to, std::int64_t length) {
    using L = Lane<T, NativeArch>;
    if (length < kWidth<T>) {
        for (std::int64_t j = 0; j < length; ++j) to[j] = from[j];
        return;
    }
    std::int64_t j = 0;
    for (; j + kWidth<T> <= length; j += kWidth<T>) L::load(from + j).store(to + j);
    if (j < length) L::load(from + length - kWidth<T>).store(to + length - kWidth<T>);
}

template <class T>
void copy_kernel(const RowsCopy& copy) {
    const T* from = static_cast<const T*>(copy.from);
    T* to = static_cast<T*>(copy.to);
    for (std::int64_t row = 0; row < copy.rows; ++row, from += copy.from_row, to += copy.to_row) {
        if (copy.from_step == 1 && copy.to_step == 1) {
            copy_row(from, to, copy.length);
            continue;
        }
        for (std::int64_t j = 0; j < copy.length; ++j) to[j * copy.to_step] = from[j * copy.from_step];
    }
}

template <class T>
bool finite_kernel(const void* x, std::int64_t n) {
    using L = Lane<T, NativeArch>;
    const T* at = static_cast<const T*>(x);
    // 0 * x is NaN for all others.
    const L zeros = sum_lanes<L>(n, [at](std::size_t j, auto count) { return 0.0 * load_some<L>(at + j, count, 0); });
    return !any(zeros != zeros);
}

template <class T>
constexpr ConvolutionKernels kKernels{product_kernel<T>, dots_kernel<T>, copy_kernel<T>, finite_kernel<T>};

}  // namespace

void fill_convolution(KernelTable& table) {
    table.convolution[0] = kKernels<float>;
    table.convolution[1] = kKernels<double>;
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
