#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The largest element of a row in every element of the lane.
template <class L>
L row_max(const typename L::Value* x, std::int64_t n) {
    return across<MaxFold>(fold_lanes<MaxFold, L>(x, static_cast<std::size_t>(n)));
}

/// The sum of exp(x - shift) in every element; `use(at, count, exponentials)` sees the terms.
template <class L, class Use>
L sum_exp(const typename L::Value* x, std::int64_t n, L shift, Use use) {
    return across<SumFold>(sum_lanes<L>(n, [&](std::size_t at, auto count) {
        // exp(0) beyond the end: an exponential that underflows takes many times as long
        const L e = exp(load_some<L>(x + at, count, shift) - shift);
        use(at, count, e);
        return count == L::size ? e : where(first_elements<L>(count), e, 0);
    }));
}
template <class L>
L sum_exp(const typename L::Value* x, std::int64_t n, L shift) {
    return sum_exp(x, n, shift, [](std::size_t, auto, L) {});
}

/// y = softmax(x), where softmax is exp(x - largest) / sum; returns the sum.
template <class L>
L softmax_row(const typename L::Value* x, typename L::Value* y, std::int64_t n, L& largest) {
    if (const auto count = static_cast<std::size_t>(n); count <= L::size) {  // the row stays in a register
        const auto row = first_elements<L>(count);
        const L v = load_some<L>(x, count);
        largest = across<MaxFold>(where(row, v, -kInfinity));
        const L e = exp(where(row, v, largest) - largest), sum = across<SumFold>(where(row, e, 0));
        store(y, e / sum, count);
        return sum;
    }
    largest = row_max<L>(x, n);
    const L sum = sum_exp(x, n, largest, [&](std::size_t at, auto count, L e) { store(y + at, e, count); });
    for_each_lane<L>(n, [&](std::size_t at, auto count) { store(y + at, load_some<L>(y + at, count) / sum, count); });
    return sum;
}

template <class T>
void softmax(const void* in, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    L largest;
    for (std::int64_t r = 0; r < rows; ++r)
        softmax_row<L>(static_cast<const T*>(in) + r * n, static_cast<T*>(out) + r * n, n, largest);
}

/// Rows whose logarithms are taken together: as many as fit a lane, unless they would leave the cache meanwhile.
constexpr std::int64_t kRowsAtOnce = 16;
std::int64_t rows_at_once(std::int64_t n) {
    const std::int64_t fit = 32768 / (n + 1);
    return fit < 1 ? 1 : fit > kRowsAtOnce ? kRowsAtOnce : fit;
}

template <class L>
void take_logarithms(typename L::Value* x, std::int64_t n) {
    for_each_lane<L>(n, [&](std::size_t at, auto count) { store(x + at, log(load_some<L>(x + at, count)), count); });
}

template <class T>
void log_softmax(const void* in, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    T largest[kRowsAtOnce], log_sum[kRowsAtOnce];
    const std::int64_t step = rows_at_once(n);
    for (std::int64_t done = 0; done < rows; done += step, x += step * n, y += step * n) {
        const std::int64_t part = rows - done < step ? rows - done : step;
        for (std::int64_t r = 0; r < part; ++r) {
            const L shift = row_max<L>(x + r * n, n);
            largest[r] = first_element(shift);
            log_sum[r] = first_element(sum_exp(x + r * n, n, shift));
        }
        take_logarithms<L>(log_sum, part);
        for (std::int64_t r = 0; r < part; ++r) {
            const L a = static_cast<double>(largest[r]), b = static_cast<double>(log_sum[r]);
            for_each_lane<L>(n, [&](std::size_t at, auto count) {
                store(y + r * n + at, (load_some<L>(x + r * n + at, count) - a) - b, count);
            });
        }
    }
}

template <class T>
void logsumexp(const void* in, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* x = static_cast<const T*>(in) + r * n;
        const L largest = row_max<L>(x, n);
        const L shift = where(isinf(largest), 0, largest);
        static_cast<T*>(out)[r] = first_element(log(sum_exp(x, n, shift)) + shift);
    }
}

template <class T>
void softmax_backward(const void* gradient, const void* output, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* g = static_cast<const T*>(gradient) + r * n;
        const T* y = static_cast<const T*>(output) + r * n;
        T* dx = static_cast<T*>(out) + r * n;
        const L sum = across<SumFold>(sum_lanes<L>(n, [&](std::size_t at, auto count) {
            return load_some<L>(g + at, count, 0) * load_some<L>(y + at, count, 0);
        }));
        for_each_lane<L>(n, [&](std::size_t at, auto count) {
            store(dx + at, load_some<L>(y + at, count) * (load_some<L>(g + at, count) - sum), count);
        });
    }
}

template <class T>
void log_softmax_backward(const void* gradient, const void* output, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* g = static_cast<const T*>(gradient) + r * n;
        const T* y = static_cast<const T*>(output) + r * n;
        T* dx = static_cast<T*>(out) + r * n;
        const L sum = across<SumFold>(
            sum_lanes<L>(n, [&](std::size_t at, auto count) { return load_some<L>(g + at, count, 0); }));
        for_each_lane<L>(n, [&](std::size_t at, auto count) {
            store(dx + at, load_some<L>(g + at, count) - exp(load_some<L>(y + at, count)) * sum, count);
        });
    }
}

template <class T>
void cross_entropy(const void* in, const std::int64_t* target, std::int64_t ignored, void* probabilities, void* losses,
                   std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* loss = static_cast<T*>(losses);
    T distance[kRowsAtOnce];  // of the target's element from the largest
    for (std::int64_t done = 0; done < rows; done += kRowsAtOnce, loss += kRowsAtOnce) {
        const std::int64_t part = rows - done < kRowsAtOnce ? rows - done : kRowsAtOnce;
        for (std::int64_t r = 0; r < part; ++r) {
            const std::int64_t row = (done + r) * n, t = target[done + r];
            L largest;
            const L sum = softmax_row<L>(x + row, static_cast<T*>(probabilities) + row, n, largest);
            loss[r] = t == ignored ? T(1) : first_element(sum);
            distance[r] = t == ignored ? T(0) : first_element(largest) - x[row + t];
        }
        take_logarithms<L>(loss, part);
        for (std::int64_t r = 0; r < part; ++r) loss[r] += distance[r];
    }
}

template <class T>
void cross_entropy_backward(const void* probabilities, const std::int64_t* target, std::int64_t ignored,
                            const void* scale, void* out, std::int64_t n, std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* p = static_cast<const T*>(probabilities) + r * n;
        T* dx = static_cast<T*>(out) + r * n;
        const T s = static_cast<const T*>(scale)[r];
        const L factor = static_cast<double>(s);
        for_each_lane<L>(
            n, [&](std::size_t at, auto count) { store(dx + at, load_some<L>(p + at, count) * factor, count); });
        if (target[r] != ignored) dx[target[r]] -= s;
    }
}

template <class T>
void fill(SoftmaxKernels& k) {
    k = {softmax<T>,       log_softmax<T>,           logsumexp<T>, softmax_backward<T>, log_softmax_backward<T>,
         cross_entropy<T>, cross_entropy_backward<T>};
}

}  // namespace

void fill_softmax(KernelTable& table) {
    fill<float>(table.softmax[0]);
    fill<double>(table.softmax[1]);
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
