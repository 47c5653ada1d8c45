#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// What a scan over T carries.
template <class T>
using Carry = std::conditional_t<std::is_integral_v<T>, T, double>;

// So many columns are scanned row by row, so many rows side by side to hide the latency of each step.
constexpr std::int64_t kColumns = 512;
constexpr std::int64_t kRows = 8;

/// Scans `kRuns` runs, or fewer if their number is not fixed: carry = next(carry, k, offset of the element).
template <class T, std::int64_t kRuns, bool kFixed, class Next>
void scan_some(T* y, const ScanRuns& r, std::int64_t count, std::int64_t spread, Next next) {
    Carry<T> carry[kRuns];
    const std::int64_t runs = kFixed ? kRuns : count;
    for (std::int64_t j = 0; j < runs; ++j) {
        carry[j] = next.first(j * spread);
        y[j * spread] = static_cast<T>(carry[j]);
    }
    for (std::int64_t k = 1; k < r.n; ++k)
        for (std::int64_t j = 0; j < runs; ++j) {
            const std::int64_t at = k * r.step + j * spread;
            carry[j] = next(carry[j], at);
            y[at] = static_cast<T>(carry[j]);
        }
}

template <class T, class Next>
void scan(T* y, const ScanRuns& r, Next next) {
    if (r.spread == 1) {
        for (std::int64_t j = 0; j < r.runs; j += kColumns, next.advance(kColumns), y += kColumns)
            scan_some<T, kColumns, false>(y, r, r.runs - j < kColumns ? r.runs - j : kColumns, 1, next);
        return;
    }
    std::int64_t j = 0;
    for (; j + kRows <= r.runs; j += kRows, next.advance(kRows * r.spread), y += kRows * r.spread)
        scan_some<T, kRows, true>(y, r, kRows, r.spread, next);
    for (; j < r.runs; ++j, next.advance(r.spread), y += r.spread) scan_some<T, 1, true>(y, r, 1, 0, next);
}

template <class T>
struct First {
    const T* x;

    Carry<T> first(std::int64_t at) const { return static_cast<Carry<T>>(x[at]); }
    void advance(std::int64_t n) { x += n; }
};

template <class T>
struct Sum : First<T> {
    Carry<T> operator()(Carry<T> carry, std::int64_t at) const { return carry + static_cast<Carry<T>>(this->x[at]); }
};

template <class T>
struct Product : First<T> {
    Carry<T> operator()(Carry<T> carry, std::int64_t at) const { return carry * static_cast<Carry<T>>(this->x[at]); }
};

template <class T>
struct Recurrence : First<T> {
    const T* a;

    double operator()(double carry, std::int64_t at) const { return this->x[at] + a[at] * carry; }
    void advance(std::int64_t n) {
        First<T>::advance(n);
        a += n;
    }
};

/// x[i - Distance], and zero in the first ones.
template <std::size_t Distance, class L, std::size_t... I>
L moved_up(L x, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v, zeros = L(0.0).v;
    return typename L::Batch(__builtin_shufflevector(v, zeros, (I < Distance ? L::size : I - Distance)...));
}

template <class L, std::size_t... I>
L last_in_all(L x, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v;
    return typename L::Batch(__builtin_shufflevector(v, v, (I - I + L::size - 1)...));
}

/// The sums of the first one, two, ... elements of a lane.
template <std::size_t Distance = 1, class L>
L running_sums(L x) {
    if constexpr (Distance >= L::size)
        return x;
    else
        return running_sums<2 * Distance>(x + moved_up<Distance>(x, std::make_index_sequence<L::size>()));
}

/// Lines one by one, a lane at a time: the latency is that of one addition for a lane.
template <class T>
void sum_lines(const T* x, T* y, const ScanRuns& r) {
    using L = Lane<double, NativeArch>;
    constexpr std::int64_t kAtOnce = 256;
    alignas(64) double buffer[kAtOnce] = {};
    for (std::int64_t j = 0; j < r.runs; ++j, x += r.spread, y += r.spread) {
        L carry = 0;
        for (std::int64_t begin = 0; begin < r.n; begin += kAtOnce) {
            const std::int64_t some = r.n - begin < kAtOnce ? r.n - begin : kAtOnce;
            for (std::int64_t i = 0; i < some; ++i) buffer[i] = x[(begin + i) * r.step];
            for (std::int64_t i = 0; i < some; i += static_cast<std::int64_t>(L::size)) {
                const L sums = running_sums(L::load(buffer + i)) + carry;
                sums.store(buffer + i);
                carry = last_in_all(sums, std::make_index_sequence<L::size>());
            }
            for (std::int64_t i = 0; i < some; ++i) y[(begin + i) * r.step] = static_cast<T>(buffer[i]);
        }
    }
}

template <class T>
void sum(const void* x, void* y, const ScanRuns& runs) {
    if constexpr (std::is_floating_point_v<T>)
        if (runs.spread != 1 && runs.n > 1) return sum_lines(static_cast<const T*>(x), static_cast<T*>(y), runs);
    scan(static_cast<T*>(y), runs, Sum<T>{{static_cast<const T*>(x)}});
}

template <class T>
void product(const void* x, void* y, const ScanRuns& runs) {
    scan(static_cast<T*>(y), runs, Product<T>{{static_cast<const T*>(x)}});
}

template <class T>
void recurrence(const void* g, const void* a, void* s, const ScanRuns& runs) {
    scan(static_cast<T*>(s), runs, Recurrence<T>{{static_cast<const T*>(g)}, static_cast<const T*>(a)});
}

}  // namespace

void fill_scan(KernelTable& table) {
    const auto of = [&](ScalarType dtype) -> ScanKernels& { return table.scans[static_cast<int>(dtype)]; };
    of(kFloat32) = {sum<float>, product<float>, recurrence<float>};
    of(kFloat64) = {sum<double>, product<double>, recurrence<double>};
    of(kInt64) = {sum<std::int64_t>, product<std::int64_t>, nullptr};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
