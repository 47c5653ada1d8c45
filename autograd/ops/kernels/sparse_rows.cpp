#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

using simd::detail::mul_add;

template <class T>
T value_at(const SparseRows& s, const T* values, std::int64_t p) {
    return values ? values[s.entries ? s.entries[p] : p] : T(1);
}

/// kLanes lanes of a row, from `at` on.
template <std::size_t kLanes, class T, class Count>
void sum_terms(const SparseRows& s, std::int64_t row, const T* values, const T* x, T* out, std::int64_t width,
               std::size_t at, Count count) {
    using L = Lane<T, NativeArch>;
    L sum[kLanes];
    for (L& lane : sum) lane = 0;
    for (std::int64_t p = s.starts[row]; p < s.starts[row + 1]; ++p) {
        const L value = static_cast<double>(value_at(s, values, p));
        const T* source = x + s.columns[p] * width + at;
        for (std::size_t k = 0; k < kLanes; ++k)
            sum[k] = mul_add(value, load_some<L>(source + k * L::size, count), sum[k]);
    }
    for (std::size_t k = 0; k < kLanes; ++k) store(out + at + k * L::size, sum[k], count);
}

template <class T>
void rows(const SparseRows& s, const void* values, const void* x, void* out, std::int64_t width) {
    using L = Lane<T, NativeArch>;
    constexpr std::size_t kAtOnce = 4;
    constexpr std::integral_constant<std::size_t, L::size> whole;
    const T* const v = static_cast<const T*>(values);
    const T* const from = static_cast<const T*>(x);
    const auto n = static_cast<std::size_t>(width);
    for (std::int64_t r = 0; r < s.rows; ++r) {
        T* const to = static_cast<T*>(out) + r * width;
        std::size_t at = 0;
        for (; at + kAtOnce * L::size <= n; at += kAtOnce * L::size)
            sum_terms<kAtOnce>(s, r, v, from, to, width, at, whole);
        for (; at + L::size <= n; at += L::size) sum_terms<1>(s, r, v, from, to, width, at, whole);
        if (at < n) sum_terms<1>(s, r, v, from, to, width, at, n - at);
    }
}

/// One vector; kTerms is the number of terms of each number, or -1 when they differ.
template <std::int64_t kTerms, class T>
void vector(const SparseRows& s, const T* values, const T* x, T* out) {
    for (std::int64_t r = 0; r < s.rows; ++r) {
        const std::int64_t begin = kTerms < 0 ? s.starts[r] : r * kTerms;
        const std::int64_t end = kTerms < 0 ? s.starts[r + 1] : begin + kTerms;
        T sum = 0;
        for (std::int64_t p = begin; p < end; ++p)
            sum += (kTerms < 0 ? value_at(s, values, p) : values[p]) * x[s.columns[p]];
        out[r] = sum;
    }
}

template <class T>
void vectors(const SparseRows& s, const void* values, const void* x, void* out, std::int64_t count,
             std::int64_t inputs) {
    const T* const v = static_cast<const T*>(values);
    const bool plain = v && !s.entries;
    for (std::int64_t i = 0; i < count; ++i) {
        const T* const from = static_cast<const T*>(x) + i * inputs;
        T* const to = static_cast<T*>(out) + i * s.rows;
        if (plain && s.terms == 1)
            vector<1>(s, v, from, to);
        else if (plain && s.terms == 2)
            vector<2>(s, v, from, to);
        else if (plain && s.terms == 4)
            vector<4>(s, v, from, to);
        else
            vector<-1>(s, v, from, to);
    }
}

}  // namespace

void fill_sparse_rows(KernelTable& table) {
    table.sparse_rows[0] = {rows<float>, vectors<float>};
    table.sparse_rows[1] = {rows<double>, vectors<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
