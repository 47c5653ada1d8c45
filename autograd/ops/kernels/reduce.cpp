#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// Blocks of lanes, joined two by two as the carries of a binary counter go.
template <class F, class L>
L fold_blocks(const typename L::Value* x, std::size_t n) {
    constexpr std::size_t kBlock = 64 * L::size;
    L sums[64];
    std::size_t depth = 0, at = 0;
    for (std::size_t block = 0; at + kBlock <= n; ++block, at += kBlock) {
        L s = fold_lanes<F, L>(x + at, kBlock);
        for (std::size_t carry = block; carry & 1; carry >>= 1) s = F::join(sums[--depth], s);
        sums[depth++] = s;
    }
    L s = fold_lanes<F, L>(x + at, n - at);
    while (depth > 0) s = F::join(sums[--depth], s);
    return s;
}

template <class F, class T>
void fold_rows(const void* in, std::int64_t stride, std::int64_t n, void* out, std::int64_t rows) {
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    for (std::int64_t r = 0; r < rows; ++r, x += stride) {
        if constexpr (std::is_floating_point_v<T>) {
            using L = Lane<T, NativeArch>;
            y[r] = first_element(across<F>(fold_blocks<F, L>(x, static_cast<std::size_t>(n))));
        } else {
            T total = F::template kUnit<T>;
            for (std::int64_t i = 0; i < n; ++i) total = F::join(total, F::first(x[i]));
            y[r] = total;
        }
    }
}

constexpr std::int64_t kRowsAtOnce = 8;

/// kRowsAtOnce rows of a lane's width, joined pairwise.
template <class F, class L>
L fold_eight(const typename L::Value* x, std::int64_t stride, std::size_t n) {
    const auto row = [&](std::int64_t r) { return F::first(load_some<L>(x + r * stride, n)); };
    const L low = F::join(F::join(row(0), row(1)), F::join(row(2), row(3)));
    return F::join(low, F::join(F::join(row(4), row(5)), F::join(row(6), row(7))));
}

template <class F, class T>
void fold_columns(const void* in, std::int64_t stride, std::int64_t n, void* out, std::int64_t width) {
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    std::int64_t r = 0;
    if constexpr (std::is_floating_point_v<T>) {
        using L = Lane<T, NativeArch>;
        for (; r + kRowsAtOnce <= n; r += kRowsAtOnce)
            for_each_lane<L>(width, [&](std::size_t at, auto count) {
                L total = fold_eight<F, L>(x + r * stride + at, stride, count);
                if (r > 0) total = F::join(load_some<L>(y + at, count), total);
                store(y + at, total, count);
            });
        for (; r < n; ++r)
            for_each_lane<L>(width, [&](std::size_t at, auto count) {
                L total = F::first(load_some<L>(x + r * stride + at, count));
                if (r > 0) total = F::join(load_some<L>(y + at, count), total);
                store(y + at, total, count);
            });
    } else {
        for (std::int64_t j = 0; j < width; ++j) y[j] = F::first(x[j]);
        for (r = 1; r < n; ++r)
            for (std::int64_t j = 0; j < width; ++j) y[j] = F::join(y[j], F::first(x[r * stride + j]));
    }
}

/// Equal, NaN included.
template <class T>
bool same(T a, T b) {
    return a == b || (a != a && b != b);
}

template <class T>
void find_rows(const void* in, std::int64_t n, const void* value, std::int64_t* index, std::int64_t rows) {
    const T* x = static_cast<const T*>(in);
    for (std::int64_t r = 0; r < rows; ++r, x += n) {
        const T wanted = static_cast<const T*>(value)[r];
        std::int64_t at = 0;
        if constexpr (std::is_floating_point_v<T>) {
            using L = Lane<T, NativeArch>;
            constexpr auto kStep = static_cast<std::int64_t>(L::size);
            const L w = static_cast<double>(wanted);
            while (at + kStep <= n) {
                const L v = L::load(x + at);
                if (any((v == w) | ((v != v) & (w != w)))) break;
                at += kStep;
            }
        }
        while (at < n - 1 && !same(x[at], wanted)) ++at;
        index[r] = at;
    }
}

template <class T>
void find_columns(const void* in, std::int64_t stride, std::int64_t n, const void* value, std::int64_t* index,
                  std::int64_t width) {
    const T* x = static_cast<const T*>(in);
    const T* v = static_cast<const T*>(value);
    for (std::int64_t j = 0; j < width; ++j) index[j] = 0;
    for (std::int64_t r = n; r-- > 0;)  // the first one is written last
        for (std::int64_t j = 0; j < width; ++j) index[j] = same(x[r * stride + j], v[j]) ? r : index[j];
}

template <class F, class... Ts>
void fill_fold(KernelTable& table, Fold fold) {
    FoldKernels* kernels = table.folds[static_cast<int>(fold)];
    ((kernels[static_cast<int>(scalar_type_v<Ts>)] = {fold_rows<F, Ts>, fold_columns<F, Ts>}), ...);
}

template <class... Ts>
void fill_find(KernelTable& table) {
    ((table.find[static_cast<int>(scalar_type_v<Ts>)] = {find_rows<Ts>, find_columns<Ts>}), ...);
}

}  // namespace

void fill_reduce(KernelTable& table) {
    fill_fold<SumFold, float, double, std::int64_t>(table, Fold::kSum);
    fill_fold<SumOfSquaresFold, float, double>(table, Fold::kSumOfSquares);
    fill_fold<OfAbs<SumFold>, float, double>(table, Fold::kSumOfAbs);
    fill_fold<OfAbs<MaxFold>, float, double>(table, Fold::kMaxAbs);
    fill_fold<OfAbs<MinFold>, float, double>(table, Fold::kMinAbs);
    fill_fold<ProductFold, float, double, std::int64_t>(table, Fold::kProduct);
    fill_fold<MaxFold, float, double, std::uint8_t, std::int32_t, std::int64_t>(table, Fold::kMax);
    fill_fold<MinFold, float, double, std::uint8_t, std::int32_t, std::int64_t>(table, Fold::kMin);
    fill_find<float, double, std::uint8_t, std::int32_t, std::int64_t>(table);
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
