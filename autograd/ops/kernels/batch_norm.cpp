#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

using simd::detail::mul_add;

/// Examples whose sums are added one by one: few, so that rounding errors stay small.
constexpr std::int64_t kExamples = 64;

/// Loops over one channel. Numbers of the channel stand in every element of a lane.
template <class T>
struct Plane {
    using L = Lane<T, NativeArch>;

    const Channels& c;
    std::int64_t channel;

    L get(const void* p) const { return static_cast<double>(static_cast<const T*>(p)[channel]); }
    void put(void* p, L value) const { static_cast<T*>(p)[channel] = first_element(value); }

    /// The sum of term(at, count); beyond `count` a term is zero.
    template <class Term>
    auto sum(Term term) const {
        decltype(term(std::size_t{}, std::size_t{})) total(0);
        for (std::int64_t begin = 0; begin < c.batch; begin += kExamples) {
            decltype(total) part(0);
            const std::int64_t end = c.batch - begin < kExamples ? c.batch : begin + kExamples;
            for (std::int64_t n = begin; n < end; ++n)
                part += sum_lanes<L>(c.size,
                                     [&, row = start(n)](std::size_t at, auto count) { return term(row + at, count); });
            total += part;
        }
        return all_of(total);
    }
    template <class Step>
    void for_each(Step step) const {
        for (std::int64_t n = 0; n < c.batch; ++n)
            for_each_lane<L>(c.size, [&, row = start(n)](std::size_t at, auto count) { step(row + at, count); });
    }

  private:
    std::size_t start(std::int64_t n) const { return static_cast<std::size_t>((n * c.channels + channel) * c.size); }
    static L all_of(L sum) { return across<SumFold>(sum); }
    static Pair<L> all_of(Pair<L> sums) { return {across<SumFold>(sums.first), across<SumFold>(sums.second)}; }
};

/// Calls f with the loops over each channel, and with whether results may be streamed.
template <class T, class F>
void for_each_plane(const Channels& c, F f) {
    constexpr std::size_t kLane = Lane<T, NativeArch>::size;
    if (c.stream && static_cast<std::size_t>(c.size) % kLane == 0) {
        for (std::int64_t i = 0; i < c.count; ++i) f(Plane<T>{c, c.first + i}, std::true_type{});
        fence_streams();
    } else {
        for (std::int64_t i = 0; i < c.count; ++i) f(Plane<T>{c, c.first + i}, std::false_type{});
    }
}

/// Stores a lane, past the caches if `streams` (all lanes are whole then).
template <class T, class L, class Count, class Streams>
void put(T* out, const L& lane, Count count, Streams streams) {
    if constexpr (streams && !std::is_same_v<Count, std::size_t>)
        stream(out, lane);
    else
        store(out, lane, count);
}

template <class T>
void forward_planes(const Channels& c, double eps, const void* in, const void* weight, const void* bias, void* out) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    const double n = static_cast<double>(c.each());
    for_each_plane<T>(c, [&](const auto& channel, auto streams) {
        const L mean = channel.sum([&](std::size_t at, auto count) { return load_some<L>(x + at, count, 0); }) / n;
        const L var = channel.sum([&](std::size_t at, auto count) {
            const L d = load_some<L>(x + at, count, mean) - mean;
            return d * d;
        }) / n;
        const L rstd = 1.0 / sqrt(var + eps);
        channel.put(c.mean, mean);
        channel.put(c.var, var);
        channel.put(c.rstd, rstd);
        const L scale = weight ? rstd * channel.get(weight) : rstd, shift = bias ? channel.get(bias) : L(0);
        channel.for_each([&](std::size_t at, auto count) {
            put(y + at, mul_add(load_some<L>(x + at, count) - mean, scale, shift), count, streams);
        });
    });
}

template <class T>
void backward_planes(const Channels& c, const void* gradient, const void* in, const void* weight, void* out,
                     void* dweight, void* dbias) {
    using L = Lane<T, NativeArch>;
    const T* g = static_cast<const T*>(gradient);
    const T* x = static_cast<const T*>(in);
    T* dx = static_cast<T*>(out);
    const double n = static_cast<double>(c.each());
    for_each_plane<T>(c, [&](const auto& channel, auto streams) {
        const L mean = channel.get(c.mean), rstd = channel.get(c.rstd);
        const Pair<L> sums = channel.sum([&](std::size_t at, auto count) {
            const L h = load_some<L>(g + at, count, 0);
            return Pair<L>(h, h * (load_some<L>(x + at, count, mean) - mean));
        });
        channel.put(dbias, sums.first);
        channel.put(dweight, sums.second * rstd);
        if (!dx) return;
        const L scale = weight ? rstd * channel.get(weight) : rstd;
        const L shift = sums.first / n, slope = sums.second * rstd * rstd / n;
        channel.for_each([&](std::size_t at, auto count) {
            const L d = load_some<L>(x + at, count) - mean;
            put(dx + at, ((load_some<L>(g + at, count) - shift) - d * slope) * scale, count, streams);
        });
    });
}

template <class T>
void affine_planes(const Channels& c, const void* in, const void* scale, const void* shift, void* out) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    for_each_plane<T>(c, [&](const auto& channel, auto streams) {
        const L a = channel.get(scale), b = channel.get(shift);
        channel.for_each([&](std::size_t at, auto count) {
            put(y + at, mul_add(load_some<L>(x + at, count), a, b), count, streams);
        });
    });
}

// Channels of one number lie side by side in the rows of a matrix, of which some columns are gone through together.

constexpr std::int64_t kColumns = 512;

/// Calls f(first, width) for some channels at a time.
template <class F>
void for_some_columns(const Channels& c, F f) {
    for (std::int64_t done = 0; done < c.count; done += kColumns)
        f(c.first + done, c.count - done < kColumns ? c.count - done : kColumns);
}

/// Calls step(element, column, count) for all lanes of the rows from `begin` to `end`.
template <class L, class Step>
void for_each_in_rows(const Channels& c, std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t width,
                      Step step) {
    for (std::int64_t n = begin; n < end; ++n)
        for_each_lane<L>(width, [&, row = static_cast<std::size_t>(n * c.channels + first)](std::size_t j, auto count) {
            step(row + j, j, count);
        });
}

/// sums[k] = the sums of the terms(element, column, count)[k] over each column.
template <std::size_t K, class T, class Terms>
void sum_columns(const Channels& c, std::int64_t first, std::int64_t width, T (*sums)[kColumns], Terms terms) {
    using L = Lane<T, NativeArch>;
    T part[K][kColumns];
    const auto for_each_sum = [&](auto step) {
        for (std::size_t k = 0; k < K; ++k)
            for_each_lane<L>(width, [&](std::size_t j, auto count) { step(sums[k] + j, part[k] + j, count); });
    };
    for_each_sum([](T* sum, T*, auto count) { store(sum, L(0.0), count); });
    for (std::int64_t begin = 0; begin < c.batch; begin += kExamples) {
        for_each_sum([](T*, T* some, auto count) { store(some, L(0.0), count); });
        const std::int64_t end = c.batch - begin < kExamples ? c.batch : begin + kExamples;
        for_each_in_rows<L>(c, begin, end, first, width, [&](std::size_t at, std::size_t j, auto count) {
            const std::array<L, K> term = terms(at, j, count);
            for (std::size_t k = 0; k < K; ++k) store(part[k] + j, load_some<L>(part[k] + j, count) + term[k], count);
        });
        for_each_sum([](T* sum, T* some, auto count) {
            store(sum, load_some<L>(sum, count) + load_some<L>(some, count), count);
        });
    }
}

template <class T>
T* at(const void* p, std::int64_t i) {
    return static_cast<T*>(const_cast<void*>(p)) + i;
}

template <class T>
void forward_columns(const Channels& c, double eps, const void* in, const void* weight, const void* bias, void* out) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    const double n = static_cast<double>(c.each());
    for_some_columns(c, [&](std::int64_t first, std::int64_t width) {
        T sum[1][kColumns], scale[kColumns];
        T *mean = at<T>(c.mean, first), *var = at<T>(c.var, first), *rstd = at<T>(c.rstd, first);
        sum_columns<1>(c, first, width, sum,
                       [&](std::size_t i, std::size_t, auto count) { return std::array{load_some<L>(x + i, count)}; });
        for_each_lane<L>(
            width, [&](std::size_t j, auto count) { store(mean + j, load_some<L>(sum[0] + j, count) / n, count); });
        sum_columns<1>(c, first, width, sum, [&](std::size_t i, std::size_t j, auto count) {
            const L d = load_some<L>(x + i, count) - load_some<L>(mean + j, count);
            return std::array{d * d};
        });
        for_each_lane<L>(width, [&](std::size_t j, auto count) {
            const L v = load_some<L>(sum[0] + j, count) / n, r = 1.0 / sqrt(v + eps);
            store(var + j, v, count);
            store(rstd + j, r, count);
            store(scale + j, weight ? r * load_some<L>(at<T>(weight, first) + j, count) : r, count);
        });
        for_each_in_rows<L>(c, 0, c.batch, first, width, [&](std::size_t i, std::size_t j, auto count) {
            const L shift = bias ? load_some<L>(at<T>(bias, first) + j, count) : L(0.0);
            const L d = load_some<L>(x + i, count) - load_some<L>(mean + j, count);
            store(static_cast<T*>(out) + i, mul_add(d, load_some<L>(scale + j, count), shift), count);
        });
    });
}

template <class T>
void backward_columns(const Channels& c, const void* gradient, const void* in, const void* weight, void* out,
                      void* dweight, void* dbias) {
    using L = Lane<T, NativeArch>;
    const T *g = static_cast<const T*>(gradient), *x = static_cast<const T*>(in);
    const double n = static_cast<double>(c.each());
    for_some_columns(c, [&](std::int64_t first, std::int64_t width) {
        T sums[2][kColumns], scale[kColumns];
        T *const shift = sums[0], *const slope = sums[1];
        const T *mean = at<T>(c.mean, first), *rstd = at<T>(c.rstd, first);
        sum_columns<2>(c, first, width, sums, [&](std::size_t i, std::size_t j, auto count) {
            const L h = load_some<L>(g + i, count);
            return std::array{h, h * (load_some<L>(x + i, count) - load_some<L>(mean + j, count))};
        });
        for_each_lane<L>(width, [&](std::size_t j, auto count) {
            const L r = load_some<L>(rstd + j, count), sum = load_some<L>(sums[0] + j, count);
            const L along = load_some<L>(sums[1] + j, count);
            store(at<T>(dbias, first) + j, sum, count);
            store(at<T>(dweight, first) + j, along * r, count);
            store(scale + j, weight ? r * load_some<L>(at<T>(weight, first) + j, count) : r, count);
            store(shift + j, sum / n, count);
            store(slope + j, along * r * r / n, count);
        });
        if (!out) return;
        for_each_in_rows<L>(c, 0, c.batch, first, width, [&](std::size_t i, std::size_t j, auto count) {
            const L d = load_some<L>(x + i, count) - load_some<L>(mean + j, count);
            const L h = load_some<L>(g + i, count) - load_some<L>(shift + j, count);
            store(static_cast<T*>(out) + i, (h - d * load_some<L>(slope + j, count)) * load_some<L>(scale + j, count),
                  count);
        });
    });
}

template <class T>
void affine_columns(const Channels& c, const void* in, const void* scale, const void* shift, void* out) {
    using L = Lane<T, NativeArch>;
    for_each_in_rows<L>(c, 0, c.batch, c.first, c.count, [&](std::size_t i, std::size_t j, auto count) {
        const L a = load_some<L>(at<T>(scale, c.first) + j, count), b = load_some<L>(at<T>(shift, c.first) + j, count);
        store(static_cast<T*>(out) + i, mul_add(load_some<L>(static_cast<const T*>(in) + i, count), a, b), count);
    });
}

template <class T>
void forward(const Channels& c, double eps, const void* x, const void* weight, const void* bias, void* y) {
    (c.size == 1 ? forward_columns<T> : forward_planes<T>)(c, eps, x, weight, bias, y);
}

template <class T>
void backward(const Channels& c, const void* g, const void* x, const void* weight, void* dx, void* dweight,
              void* dbias) {
    (c.size == 1 ? backward_columns<T> : backward_planes<T>)(c, g, x, weight, dx, dweight, dbias);
}

template <class T>
void affine(const Channels& c, const void* x, const void* scale, const void* shift, void* y) {
    (c.size == 1 ? affine_columns<T> : affine_planes<T>)(c, x, scale, shift, y);
}

}  // namespace

void fill_batch_norm(KernelTable& table) {
    table.batch_norm[0] = {forward<float>, backward<float>, affine<float>};
    table.batch_norm[1] = {forward<double>, backward<double>, affine<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
