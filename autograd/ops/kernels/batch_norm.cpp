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

/// The same over a lane of channels, of size 1, side by side.
template <class T, class Count>
struct Columns {
    using L = Lane<T, NativeArch>;

    const Channels& c;
    std::int64_t channel;  // the first
    Count count;

    L get(const void* p) const { return load_some<L>(static_cast<const T*>(p) + channel, count); }
    void put(void* p, L value) const { store(static_cast<T*>(p) + channel, value, count); }

    template <class Term>
    auto sum(Term term) const {
        decltype(term(std::size_t{}, count)) total(0);
        for (std::int64_t begin = 0; begin < c.batch; begin += kExamples) {
            decltype(total) part(0);
            const std::int64_t end = c.batch - begin < kExamples ? c.batch : begin + kExamples;
            for (std::int64_t n = begin; n < end; ++n) part += term(start(n), count);
            total += part;
        }
        return total;
    }
    template <class Step>
    void for_each(Step step) const {
        for (std::int64_t n = 0; n < c.batch; ++n) step(start(n), count);
    }

  private:
    std::size_t start(std::int64_t n) const { return static_cast<std::size_t>(n * c.channels + channel); }
};

/// Calls f with the loops over each channel or lane of channels, and with whether results may be streamed.
template <class T, class F>
void for_each_channel(const Channels& c, F f) {
    constexpr std::size_t kLane = Lane<T, NativeArch>::size;
    if (c.size == 1) {
        for_each_lane<Lane<T, NativeArch>>(c.count, [&](std::size_t at, auto count) {
            f(Columns<T, decltype(count)>{c, c.first + static_cast<std::int64_t>(at), count}, std::false_type{});
        });
    } else if (c.stream && static_cast<std::size_t>(c.size) % kLane == 0) {
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
void forward(const Channels& c, double eps, const void* in, const void* weight, const void* bias, void* out) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    const double n = static_cast<double>(c.each());
    for_each_channel<T>(c, [&](const auto& channel, auto streams) {
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
void backward(const Channels& c, const void* gradient, const void* in, const void* weight, void* out, void* dweight,
              void* dbias) {
    using L = Lane<T, NativeArch>;
    const T* g = static_cast<const T*>(gradient);
    const T* x = static_cast<const T*>(in);
    T* dx = static_cast<T*>(out);
    const double n = static_cast<double>(c.each());
    for_each_channel<T>(c, [&](const auto& channel, auto streams) {
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
void affine(const Channels& c, const void* in, const void* scale, const void* shift, void* out) {
    using L = Lane<T, NativeArch>;
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(out);
    for_each_channel<T>(c, [&](const auto& channel, auto streams) {
        const L a = channel.get(scale), b = channel.get(shift);
        channel.for_each([&](std::size_t at, auto count) {
            put(y + at, mul_add(load_some<L>(x + at, count), a, b), count, streams);
        });
    });
}

}  // namespace

void fill_batch_norm(KernelTable& table) {
    table.batch_norm[0] = {forward<float>, backward<float>, affine<float>};
    table.batch_norm[1] = {forward<double>, backward<double>, affine<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
