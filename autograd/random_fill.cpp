#include <xgrad/autograd/error.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/mt19937.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <numbers>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace xgrad::detail {

namespace {

/// A generator's state under its lock, and the stream in bulk.
class Stream {
  public:
    explicit Stream(const Generator& generator)
        : state_(GeneratorAccess::state(generator.defined() ? generator : default_generator())), lock_(state_.mutex) {}

    /// f(i, the next 32 bits) for i = 0 .. n-1.
    template <class F>
    void draw32(std::int64_t n, F f) {
        std::array<std::uint32_t, kChunk> words;
        for (std::int64_t begin = 0; begin < n; begin += kChunk) {
            const std::int64_t m = std::min(kChunk, n - begin);
            state_.engine.generate(words.data(), static_cast<std::size_t>(m));
            for (std::int64_t i = 0; i < m; ++i) f(begin + i, words[static_cast<std::size_t>(i)]);
        }
    }

    /// f(i, the next 64 bits) for i = 0 .. n-1; the first draw of two is the high half.
    template <class F>
    void draw64(std::int64_t n, F f) {
        std::array<std::uint32_t, 2 * kChunk> words;
        for (std::int64_t begin = 0; begin < n; begin += kChunk) {
            const std::int64_t m = std::min(kChunk, n - begin);
            state_.engine.generate(words.data(), static_cast<std::size_t>(2 * m));
            for (std::int64_t i = 0; i < m; ++i) {
                const auto j = static_cast<std::size_t>(2 * i);
                f(begin + i, (static_cast<std::uint64_t>(words[j]) << 32) | words[j + 1]);
            }
        }
    }

    /// f(i, x) for i = 0 .. n-1 with x uniform on [0, 1): 24 of 32 bits in float, 53 of 64 in double.
    template <class T, class F>
    void draw_uniform(std::int64_t n, F f) {
        if constexpr (std::is_same_v<T, float>) {
            // By way of a signed integer, whose conversion exists as a vector instruction.
            draw32(n, [&](std::int64_t i, std::uint32_t r) {
                f(i, static_cast<float>(static_cast<std::int32_t>(r & 0xffffffu)) * 0x1p-24f);
            });
        } else {
            draw64(n, [&](std::int64_t i, std::uint64_t r) {
                f(i, static_cast<double>(static_cast<std::int64_t>(r & 0x1fffffffffffffu)) * 0x1p-53);
            });
        }
    }

    /// Passes over the draws that `n` uniform numbers of type T take.
    template <class T>
    void skip_uniform(std::int64_t n) {
        state_.engine.discard(static_cast<std::size_t>(n) * (sizeof(T) / sizeof(std::uint32_t)));
    }

    double uniform() {
        double result = 0;
        draw_uniform<double>(1, [&](std::int64_t, double x) { result = x; });
        return result;
    }

    std::optional<double>& next_double() { return state_.next_double; }

  private:
    static constexpr std::int64_t kChunk = 512;

    GeneratorState& state_;
    std::lock_guard<std::mutex> lock_;
};

/// Natural logarithm of x in [2^-24, 1]: Cephes' logf without the branches.
inline float log_unit(float x) {
    constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
    const std::int32_t bits = std::bit_cast<std::int32_t>(x) - kSqrtHalf;
    const auto exponent = static_cast<float>(bits >> 23);
    const float f = std::bit_cast<float>((bits & 0x007fffff) + kSqrtHalf) - 1.0f;
    const float z = f * f;
    float y = 7.0376836292e-2f;
    y = y * f - 1.1514610310e-1f;
    y = y * f + 1.1676998740e-1f;
    y = y * f - 1.2420140846e-1f;
    y = y * f + 1.4249322787e-1f;
    y = y * f - 1.6668057665e-1f;
    y = y * f + 2.0000714765e-1f;
    y = y * f - 2.4999993993e-1f;
    y = y * f + 3.3333331174e-1f;
    y = y * f * z + exponent * -2.12194440e-4f - 0.5f * z;
    return f + y + exponent * 0.693359375f;
}

struct SinCos {
    float sin, cos;
};

/// Sine and cosine of x in [0, 2 pi]: Cephes' sinf and cosf without the branches.
inline SinCos sin_cos(float x) {
    constexpr float kTwoOverPi = 2.0f * std::numbers::inv_pi_v<float>;
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): PyTorch rounds so, and its bits are wanted
    const auto quadrant = static_cast<std::int32_t>(x * kTwoOverPi + 0.5f);
    const auto q = static_cast<float>(quadrant);
    // pi/2 in three parts, the first two short enough for exact products.
    const float r = ((x - q * 1.5703125f) - q * 4.837512969970703125e-4f) - q * 7.54978995489188216e-8f;
    const float z = r * r;
    const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
    const float c =
        ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
    const bool swap = (quadrant & 1) != 0;
    const float sign_sin = (quadrant & 2) != 0 ? -1.0f : 1.0f;
    const float sign_cos = ((quadrant + 1) & 2) != 0 ? -1.0f : 1.0f;
    return {sign_sin * (swap ? c : s), sign_cos * (swap ? s : c)};
}

/// Box and Muller (1958): turns m pairs of uniform numbers into m pairs of normal ones of the given mean
/// and standard deviation, in place.
void box_muller(float* a, float* b, std::size_t m, float mean, float std) {
    for (std::size_t i = 0; i < m; ++i) {
        const float radius = std::sqrt(-2.0f * log_unit(1.0f - a[i]));
        const SinCos t = sin_cos(2.0f * std::numbers::pi_v<float> * b[i]);
        a[i] = radius * t.cos * std + mean;
        b[i] = radius * t.sin * std + mean;
    }
}

void box_muller(double* a, double* b, std::size_t m, double mean, double std) {
    for (std::size_t i = 0; i < m; ++i) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - a[i]));
        const double theta = 2.0 * std::numbers::pi * b[i];
        a[i] = radius * std::cos(theta) * std + mean;
        b[i] = radius * std::sin(theta) * std + mean;
    }
}

/// Whole blocks of 16: in each, the first eight uniform numbers are paired with the last eight.
template <class T>
void normal_blocks(T* out, std::int64_t blocks, T mean, T std, Stream& stream) {
    constexpr std::int64_t kBlocks = 32;
    std::array<T, 8 * kBlocks> a, b;
    for (; blocks > 0; blocks -= kBlocks, out += 16 * kBlocks) {
        const std::int64_t m = std::min(blocks, kBlocks);
        stream.draw_uniform<T>(16 * m, [=](std::int64_t i, T x) { out[i] = x; });
        for (std::int64_t k = 0; k < m; ++k) {
            std::copy_n(out + 16 * k, 8, a.begin() + 8 * k);
            std::copy_n(out + 16 * k + 8, 8, b.begin() + 8 * k);
        }
        box_muller(a.data(), b.data(), static_cast<std::size_t>(8 * m), mean, std);
        for (std::int64_t k = 0; k < m; ++k) {
            std::copy_n(a.begin() + 8 * k, 8, out + 16 * k);
            std::copy_n(b.begin() + 8 * k, 8, out + 16 * k + 8);
        }
    }
}

/// f(i, x) for i = 0 .. n-1 with x standard normal, by pairs of which the second is kept for the next draw.
template <class F>
void draw_normal_pairs(std::int64_t n, Stream& stream, F f) {
    std::optional<double>& kept = stream.next_double();
    for (std::int64_t i = 0; i < n; ++i) {
        double x;
        if (kept) {
            x = *kept;
            kept.reset();
        } else {
            const double u1 = stream.uniform();
            const double u2 = stream.uniform();
            const double radius = std::sqrt(-2.0 * std::log1p(-u2));
            const double theta = 2.0 * std::numbers::pi * u1;
            kept = radius * std::sin(theta);
            x = radius * std::cos(theta);
        }
        f(i, x);
    }
}

template <class T>
void normal_pairs(T* out, std::int64_t n, double mean, double std, Stream& stream) {
    draw_normal_pairs(n, stream, [=](std::int64_t i, double x) { out[i] = static_cast<T>(x * std + mean); });
}

void check_std(double std) {
    if (!(std >= 0)) raise<ValueError>("normal_", "normal expects std >= 0.0, but found std ", std);
}

}  // namespace

template <class T>
void uniform(T* out, std::int64_t n, double from, double to, const Generator& generator) {
    const T low = static_cast<T>(from);
    const T span = static_cast<T>(to) - low;
    if (!(from <= to)) {
        raise<ValueError>("uniform_", "expects to return a [from, to) range, but found from=", from, " > to=", to);
    }
    if (!(span <= std::numeric_limits<T>::max())) {
        raise<ValueError>("uniform_", "expects to - from to be finite in the dtype, but found from=", from,
                          " and to=", to);
    }
    Stream stream(generator);
    if (low == 0 && span == 1) {
        stream.draw_uniform<T>(n, [=](std::int64_t i, T x) { out[i] = x; });
    } else {
        // PyTorch's kernels are compiled with fused multiply-add; the last bit shows it.
        stream.draw_uniform<T>(n, [=](std::int64_t i, T x) { out[i] = std::fma(x, span, low); });
    }
}

template <class T>
void normal(T* out, std::int64_t n, double mean, double std, const Generator& generator) {
    check_std(std);
    Stream stream(generator);
    if (n < 16) {
        normal_pairs(out, n, mean, std, stream);
        return;
    }
    normal_blocks(out, n / 16, static_cast<T>(mean), static_cast<T>(std), stream);
    if (n % 16 != 0) {
        stream.skip_uniform<T>(n % 16);
        normal_blocks(out + n - 16, 1, static_cast<T>(mean), static_cast<T>(std), stream);
    }
}

template <class T>
void normal_by_pairs(T* out, std::int64_t n, double mean, double std, const Generator& generator) {
    check_std(std);
    Stream stream(generator);
    normal_pairs(out, n, mean, std, stream);
}

template <class T>
void exponential(T* out, std::int64_t n, double lambda, const Generator& generator) {
    if (!(lambda > 0)) raise<ValueError>("exponential_", "expects lambda > 0.0, but found lambda=", lambda);
    Stream(generator).draw_uniform<double>(
        n, [=](std::int64_t i, double x) { out[i] = static_cast<T>(-1.0 / lambda * std::log1p(-x)); });
}

template <class T>
void log_normal(T* out, std::int64_t n, double mean, double std, const Generator& generator) {
    if (!(std > 0)) raise<ValueError>("log_normal_", "expects std > 0.0, but found std=", std);
    Stream stream(generator);
    draw_normal_pairs(n, stream, [=](std::int64_t i, double x) { out[i] = static_cast<T>(std::exp(x * std + mean)); });
}

template <class T>
void cauchy(T* out, std::int64_t n, double median, double sigma, const Generator& generator) {
    if (!(sigma > 0)) raise<ValueError>("cauchy_", "expects sigma > 0.0, but found sigma=", sigma);
    Stream(generator).draw_uniform<double>(n, [=](std::int64_t i, double x) {
        out[i] = static_cast<T>(median + sigma * std::tan(std::numbers::pi * (x - 0.5)));
    });
}

template <class T>
void geometric(T* out, std::int64_t n, double p, const Generator& generator) {
    if (!(p > 0 && p < 1)) raise<ValueError>("geometric_", "expects p to be in (0, 1), but got p=", p);
    Stream(generator).draw_uniform<double>(n, [=](std::int64_t i, double x) {
        const double trials = std::ceil(std::log(x) / std::log1p(-p));
        if constexpr (std::is_floating_point_v<T>)
            out[i] = static_cast<T>(trials);
        else
            out[i] = static_cast<T>(static_cast<std::int64_t>(std::min(trials, 0x1p62)));  // infinite for x = 0
    });
}

template <class T>
void random_from_to(T* out, std::int64_t n, std::uint64_t range, std::int64_t base, const Generator& generator) {
    if (range == 0) {
        raise<ValueError>("random_", "expects 'from' to be less than 'to', but got from=", base, " >= to=", base);
    }
    const auto start = static_cast<std::uint64_t>(base);
    const auto last = static_cast<std::int64_t>(start + (range - 1));
    bool fits = last >= base;
    if constexpr (std::is_integral_v<T>) {
        fits = fits && base >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
               last <= static_cast<std::int64_t>(std::numeric_limits<T>::max());
    }
    if (!fits) {
        raise<ValueError>("random_", "from=", base, " or to - 1=", last,
                          " is out of bounds for the dtype, which holds ", +std::numeric_limits<T>::lowest(), " to ",
                          +std::numeric_limits<T>::max());
    }
    const auto place = [=](std::int64_t i, std::uint64_t r) {
        out[i] = static_cast<T>(static_cast<std::int64_t>(start + r));
    };
    Stream stream(generator);
    // From 2^28 on the remainder of 32 bits would be visibly skewed.
    if (range >= std::uint64_t{1} << 28) {
        stream.draw64(n, [=](std::int64_t i, std::uint64_t r) { place(i, r % range); });
    } else {
        const auto range32 = static_cast<std::uint32_t>(range);
        stream.draw32(n, [=](std::int64_t i, std::uint32_t r) { place(i, r % range32); });
    }
}

template <class T>
void random_full(T* out, std::int64_t n, const Generator& generator) {
    Stream stream(generator);
    if constexpr (std::is_same_v<T, double>) {
        constexpr std::uint64_t kValues = (std::uint64_t{1} << std::numeric_limits<T>::digits) + 1;
        stream.draw64(n, [=](std::int64_t i, std::uint64_t r) { out[i] = static_cast<T>(r % kValues); });
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        constexpr auto kMask = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
        stream.draw64(n, [=](std::int64_t i, std::uint64_t r) { out[i] = static_cast<T>(r & kMask); });
    } else if constexpr (std::is_same_v<T, float>) {
        constexpr std::uint32_t kValues = (std::uint32_t{1} << std::numeric_limits<T>::digits) + 1;
        stream.draw32(n, [=](std::int64_t i, std::uint32_t r) { out[i] = static_cast<T>(r % kValues); });
    } else {
        constexpr auto kMask = static_cast<std::uint32_t>(std::numeric_limits<T>::max());
        stream.draw32(n, [=](std::int64_t i, std::uint32_t r) { out[i] = static_cast<T>(r & kMask); });
    }
}

template <class T>
void randperm(T* out, std::int64_t n, const Generator& generator) {
    if (n < 0) raise<ValueError>("randperm", "n must be non-negative, got ", n);
    if (static_cast<std::uint64_t>(n) > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
        raise<ValueError>("randperm", "n is too large for the dtype: ", n, " > ", +std::numeric_limits<T>::max());
    }
    Stream stream(generator);
    if (n < std::numeric_limits<std::uint32_t>::max() / 20) {
        std::iota(out, out + n, T{0});
        stream.draw32(n - 1, [=](std::int64_t i, std::uint32_t r) {
            std::swap(out[i], out[i + static_cast<std::int64_t>(r % static_cast<std::uint32_t>(n - i))]);
        });
        return;
    }
    // The inside-out shuffle, on 64 bits against the skew of the remainder.
    stream.draw64(n, [=](std::int64_t i, std::uint64_t r) {
        const auto z = static_cast<std::int64_t>(r % static_cast<std::uint64_t>(i + 1));
        out[i] = static_cast<T>(i);
        out[i] = out[z];
        out[z] = static_cast<T>(i);
    });
}

template <class T>
void bernoulli(T* out, std::int64_t n, double p, const Generator& generator) {
    if (!(p >= 0 && p <= 1)) raise<ValueError>("bernoulli_", "expects p to be in [0, 1], but got p=", p);
    Stream(generator).draw_uniform<double>(n, [=](std::int64_t i, double x) { out[i] = static_cast<T>(x < p); });
}

template <class T, class P>
void bernoulli_tensor(T* out, const P* p, std::int64_t n, const Generator& generator) {
    const P* const bad = std::find_if(p, p + n, [](P x) { return !(x >= 0 && x <= 1); });
    if (bad != p + n) {
        raise<ValueError>("bernoulli", "expects every p to be in [0, 1], but got p=", *bad, " at element ", bad - p);
    }
    Stream(generator).draw_uniform<P>(n, [=](std::int64_t i, P x) { out[i] = static_cast<T>(x < p[i]); });
}

namespace {

template <class T>
void check_multinomial(const T* weights, std::int64_t rows, std::int64_t categories, std::int64_t samples,
                       bool replacement) {
    const auto fail = [](const auto&... parts) { raise<ValueError>("multinomial", parts...); };
    constexpr std::int64_t kMaxCategories = std::int64_t{1} << 24;
    if (samples <= 0) fail("cannot sample n_sample <= 0 samples, got ", samples);
    if (categories > kMaxCategories) fail("number of categories cannot exceed 2^24, got ", categories);
    if (!replacement && samples > categories) {
        fail("cannot sample n_sample > prob_dist.size(-1) samples without replacement: ", samples, " > ", categories);
    }
    for (std::int64_t row = 0; row < rows; ++row, weights += categories) {
        T sum = 0;
        for (std::int64_t i = 0; i < categories; ++i) {
            if (!(weights[i] >= 0 && std::isfinite(weights[i]))) {
                fail("probability tensor contains either `inf`, `nan` or element < 0: ", weights[i], " in row ", row,
                     ", category ", i);
            }
            sum += weights[i];
        }
        if (!(sum > 0)) fail("invalid multinomial distribution (sum of probabilities <= 0) in row ", row);
        if (!std::isfinite(sum)) fail("the sum of probabilities in row ", row, " overflows");
    }
}

/// The category whose stretch of the cumulative weights a uniform number falls into.
template <class T>
void sample_with_replacement(std::int64_t* out, const T* weights, std::vector<T>& cumulative, std::int64_t samples,
                             Stream& stream) {
    const auto categories = static_cast<std::ptrdiff_t>(cumulative.size());
    std::partial_sum(weights, weights + categories, cumulative.begin());
    const T sum = cumulative.back();
    for (T& c : cumulative) c /= sum;
    cumulative.back() = 1;
    stream.draw_uniform<double>(samples, [&](std::int64_t i, double x) {
        const auto slot = std::lower_bound(cumulative.begin(), cumulative.end(), x);
        out[i] = slot - cumulative.begin();
    });
}

/// The categories of the largest weight / q, q exponential: the Gumbel trick, exponentiated.
template <class T>
void sample_distinct(std::int64_t* out, const T* weights, std::vector<T>& keys, std::int64_t samples, Stream& stream) {
    const auto categories = static_cast<std::int64_t>(keys.size());
    stream.draw_uniform<double>(categories, [&](std::int64_t i, double x) {
        const T q = static_cast<T>(-std::log1p(-x));
        keys[static_cast<std::size_t>(i)] = weights[i] > 0 ? weights[i] / q : T{0};
    });
    std::vector<std::int64_t> order(keys.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::partial_sort(order.begin(), order.begin() + samples, order.end(), [&](std::int64_t a, std::int64_t b) {
        const T ka = keys[static_cast<std::size_t>(a)], kb = keys[static_cast<std::size_t>(b)];
        return ka > kb || (ka == kb && a < b);
    });
    std::copy_n(order.begin(), samples, out);
}

}  // namespace

template <class T>
void multinomial(std::int64_t* out, const T* weights, std::int64_t rows, std::int64_t categories, std::int64_t samples,
                 bool replacement, const Generator& generator) {
    check_multinomial(weights, rows, categories, samples, replacement);
    std::vector<T> scratch(static_cast<std::size_t>(categories));
    Stream stream(generator);
    for (std::int64_t row = 0; row < rows; ++row, weights += categories, out += samples) {
        if (replacement && samples > 1) {
            sample_with_replacement(out, weights, scratch, samples, stream);
        } else {
            sample_distinct(out, weights, scratch, samples, stream);
        }
    }
}

#define XGRAD_INSTANTIATE_REAL(T)                                                                      \
    template void uniform(T*, std::int64_t, double, double, const Generator&);                         \
    template void normal(T*, std::int64_t, double, double, const Generator&);                          \
    template void normal_by_pairs(T*, std::int64_t, double, double, const Generator&);                 \
    template void exponential(T*, std::int64_t, double, const Generator&);                             \
    template void log_normal(T*, std::int64_t, double, double, const Generator&);                      \
    template void cauchy(T*, std::int64_t, double, double, const Generator&);                          \
    template void multinomial(std::int64_t*, const T*, std::int64_t, std::int64_t, std::int64_t, bool, \
                              const Generator&);
XGRAD_INSTANTIATE_REAL(float)
XGRAD_INSTANTIATE_REAL(double)
#undef XGRAD_INSTANTIATE_REAL

#define XGRAD_INSTANTIATE_ANY(T)                                                                   \
    template void random_from_to(T*, std::int64_t, std::uint64_t, std::int64_t, const Generator&); \
    template void random_full(T*, std::int64_t, const Generator&);                                 \
    template void geometric(T*, std::int64_t, double, const Generator&);                           \
    template void bernoulli(T*, std::int64_t, double, const Generator&);                           \
    template void bernoulli_tensor(T*, const float*, std::int64_t, const Generator&);              \
    template void bernoulli_tensor(T*, const double*, std::int64_t, const Generator&);
XGRAD_INSTANTIATE_ANY(float)
XGRAD_INSTANTIATE_ANY(double)
XGRAD_INSTANTIATE_ANY(std::int64_t)
XGRAD_INSTANTIATE_ANY(std::int32_t)
XGRAD_INSTANTIATE_ANY(std::uint8_t)
XGRAD_INSTANTIATE_ANY(bool)
#undef XGRAD_INSTANTIATE_ANY

template void randperm(std::int64_t*, std::int64_t, const Generator&);
template void randperm(std::int32_t*, std::int64_t, const Generator&);
template void randperm(std::uint8_t*, std::int64_t, const Generator&);

}  // namespace xgrad::detail
