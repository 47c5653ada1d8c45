#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

using simd::detail::mul_add;

template <class T>
struct Saved {
    explicit Saved(const NormRows& rows) : mean(static_cast<T*>(rows.mean)), rstd(static_cast<T*>(rows.rstd)) {}

    T* mean;
    T* rstd;
};

template <class T>
const T* row_of(const void* base, std::int64_t at) {
    return static_cast<const T*>(base) + at;
}

/// The mean of term(at, count) over a row, in every element.
template <class L, class Term>
L mean_of(std::int64_t n, Term term) {
    return across<SumFold>(sum_lanes<L>(n, term)) / static_cast<double>(n);
}

/// Stores a lane, past the caches if it is whole and `kStream`.
template <bool kStream, class T, class L, class Count>
void put(T* out, const L& lane, Count count) {
    if constexpr (kStream && !std::is_same_v<Count, std::size_t>)
        stream(out, lane);
    else
        store(out, lane, count);
}

template <class T, bool kStream>
void forward_rows(const NormRows& rows, double eps, const void* in, const void* weight, const void* bias, void* out) {
    using L = Lane<T, NativeArch>;
    const Saved<T> saved(rows);
    const T* w = static_cast<const T*>(weight);
    const T* b = static_cast<const T*>(bias);
    for (std::int64_t r = 0; r < rows.rows; ++r) {
        const T* x = row_of<T>(in, r * rows.n);
        T* y = static_cast<T*>(out) + r * rows.n;
        L mean = 0;
        if (saved.mean) {
            mean = mean_of<L>(rows.n, [&](std::size_t at, auto count) { return load_some<L>(x + at, count, 0); });
            saved.mean[r] = first_element(mean);
        }
        const L variance = mean_of<L>(rows.n, [&](std::size_t at, auto count) {
            const L d = load_some<L>(x + at, count, mean) - mean;
            return d * d;
        });
        const L rstd = 1.0 / sqrt(variance + eps);
        saved.rstd[r] = first_element(rstd);
        for_each_lane<L>(rows.n, [&](std::size_t at, auto count) {
            L v = (load_some<L>(x + at, count) - mean) * rstd;
            if (w) v = v * load_some<L>(w + at, count);
            if (b) v += load_some<L>(b + at, count);
            put<kStream>(y + at, v, count);
        });
    }
}

/// What the gradients of one row are made of.
template <class T>
struct Row {
    using L = Lane<T, NativeArch>;

    const T *g, *x;
    T* dx;
    L mean, rstd, shift, slope;

    /// With h = g weight: shift = mean(h), unless rows are not centred, and slope = mean(h xhat).
    void find_means(std::int64_t n, const T* weight, bool centred) {
        const Pair<L> sums = sum_lanes<L>(n, [&](std::size_t at, auto count) {
            L h = load_some<L>(g + at, count, 0);
            if (weight) h = h * load_some<L>(weight + at, count);
            return Pair<L>(h, h * (load_some<L>(x + at, count, mean) - mean));
        });
        const double length = static_cast<double>(n);
        shift = centred ? across<SumFold>(sums.first) / length : L(0);
        slope = across<SumFold>(sums.second) * rstd / length;
    }
};

/// dx = rstd (h - shift - xhat slope) of kRows rows; to dweight are added g xhat, to dbias g. Everything is loaded
/// before anything is stored: rows of a length that is a power of two share their addresses' low bits, and a load would
/// wait.
template <std::size_t kRows, bool kStream, class T>
void finish_rows(const Row<T>* rows, std::int64_t n, const T* weight, T* dweight, T* dbias) {
    using L = Lane<T, NativeArch>;
    for_each_lane<L>(n, [&](std::size_t at, auto count) {
        const L w = weight ? load_some<L>(weight + at, count) : L(1);
        L dw = 0, db = 0, dx[kRows];
        if (dweight) {
            dw = load_some<L>(dweight + at, count);
            db = load_some<L>(dbias + at, count);
        }
        for (std::size_t r = 0; r < kRows; ++r) {
            const Row<T>& row = rows[r];
            const L g = load_some<L>(row.g + at, count);
            const L xhat = (load_some<L>(row.x + at, count) - row.mean) * row.rstd;
            dx[r] = (mul_add(g, w, -row.shift) - xhat * row.slope) * row.rstd;
            dw = mul_add(g, xhat, dw);
            db += g;
        }
        for (std::size_t r = 0; r < kRows; ++r) put<kStream>(rows[r].dx + at, dx[r], count);
        if (dweight) {
            store(dweight + at, dw, count);
            store(dbias + at, db, count);
        }
    });
}

template <class T, bool kStream>
void backward_rows(const NormRows& rows, const void* gradient, std::int64_t g_stride, const void* in,
                   const void* weight, void* out, void* dweight, void* dbias) {
    constexpr std::int64_t kAtOnce = 2;
    const Saved<T> saved(rows);
    const T* w = static_cast<const T*>(weight);
    T* const dw = static_cast<T*>(dweight);
    T* const db = static_cast<T*>(dbias);
    for (std::int64_t j = 0; dw && j < rows.n; ++j) dw[j] = db[j] = 0;
    for (std::int64_t first = 0; first < rows.rows; first += kAtOnce) {
        const std::int64_t count = rows.rows - first < kAtOnce ? rows.rows - first : kAtOnce;
        Row<T> some[kAtOnce];
        for (std::int64_t k = 0; k < count; ++k) {
            const std::int64_t r = first + k;
            const T mean = saved.mean ? saved.mean[r] : T(0);
            some[k] = {row_of<T>(gradient, r * g_stride),
                       row_of<T>(in, r * rows.n),
                       static_cast<T*>(out) + r * rows.n,
                       static_cast<double>(mean),
                       static_cast<double>(saved.rstd[r]),
                       0,
                       0};
            some[k].find_means(rows.n, w, saved.mean);
        }
        if (count == kAtOnce)
            finish_rows<kAtOnce, kStream>(some, rows.n, w, dw, db);
        else
            finish_rows<1, kStream>(some, rows.n, w, dw, db);
    }
}

/// Whether the loop over `rows` may stream: every row begins at an aligned address then.
template <class T>
bool streams(const NormRows& rows) {
    constexpr std::size_t kAlign = Lane<T, NativeArch>::size * sizeof(T);
    return rows.stream && static_cast<std::size_t>(rows.n) * sizeof(T) % kAlign == 0;
}

template <class T>
void forward(const NormRows& rows, double eps, const void* x, const void* weight, const void* bias, void* y) {
    if (!streams<T>(rows)) return forward_rows<T, false>(rows, eps, x, weight, bias, y);
    forward_rows<T, true>(rows, eps, x, weight, bias, y);
    fence_streams();
}

template <class T>
void backward(const NormRows& rows, const void* g, std::int64_t g_stride, const void* x, const void* weight, void* dx,
              void* dweight, void* dbias) {
    if (!streams<T>(rows)) return backward_rows<T, false>(rows, g, g_stride, x, weight, dx, dweight, dbias);
    backward_rows<T, true>(rows, g, g_stride, x, weight, dx, dweight, dbias);
    fence_streams();
}

}  // namespace

void fill_norm(KernelTable& table) {
    table.norm[0] = {forward<float>, backward<float>};
    table.norm[1] = {forward<double>, backward<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
