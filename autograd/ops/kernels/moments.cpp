#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

/// Sums of deviations and of their squares.
template <class L>
struct Deviations {
    L sum, squares;

    explicit Deviations(double both) : sum(both), squares(both) {}
    explicit Deviations(L d) : sum(d), squares(d * d) {}
    Deviations& operator+=(Deviations other) {
        sum += other.sum;
        squares += other.squares;
        return *this;
    }
};

/// Deviations do not add up to zero when they are from a rounded mean: this mends both results (Chan, Golub and
/// LeVeque, Algorithms for computing the sample variance, 1983).
void finish(double rounded, double sum, double squares, std::int64_t n, double& mean, double& squared) {
    const double count = static_cast<double>(n), rest = squares - sum * sum / count;
    mean = sum - sum == 0 ? rounded + sum / count : rounded;  // unless it is infinite or NaN
    squared = rest < 0 ? 0 : rest;
}

/// Whether squares of float32 may have left its range. If so, and not all deviations are zero (the usual reason for
/// small squares), they are summed once more, in double precision.
template <class T>
bool left_range(T rounded, T squares) {
    if (sizeof(T) == sizeof(double) || rounded - rounded != 0) return false;
    return squares - squares != 0 || squares < T(1e-30);
}

template <class T>
void sum_wide(const T* x, std::int64_t step, std::int64_t n, double rounded, double& sum, double& squares) {
    sum = squares = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        const double d = x[i * step] - rounded;
        sum += d;
        squares += d * d;
    }
}

template <class T>
void moment_rows(const void* in, std::int64_t stride, std::int64_t n, double* mean, double* squares,
                 std::int64_t rows) {
    using L = Lane<T, NativeArch>;
    const auto all = [](L sum) { return first_element(across<SumFold>(sum)); };
    const T* x = static_cast<const T*>(in);
    for (std::int64_t r = 0; r < rows; ++r, x += stride) {
        const L sum = sum_lanes<L>(n, [&](std::size_t at, auto count) { return load_some<L>(x + at, count, 0); });
        const L rounded = across<SumFold>(sum) / static_cast<double>(n);
        const auto deviation = [&](std::size_t at, auto count) {
            return load_some<L>(x + at, count, rounded) - rounded;
        };
        const auto d = sum_lanes<L>(n, [&](std::size_t at, auto count) { return Deviations<L>(deviation(at, count)); });
        const T about = first_element(rounded);
        double total = all(d.sum), total_squares = all(d.squares);
        if (left_range(about, all(d.squares)) &&
            all(sum_lanes<L>(n, [&](std::size_t at, auto count) { return abs(deviation(at, count)); })) != 0)
            sum_wide(x, 1, n, about, total, total_squares);
        finish(about, total, total_squares, n, mean[r], squares[r]);
    }
}

constexpr std::int64_t kStrip = 512;
constexpr std::int64_t kEight = 8;

/// The sum of term(0) ... term(7), made pairwise.
template <class S, class Term>
S sum_of_eight(Term term) {
    S pairs[4] = {S(term(0)), S(term(2)), S(term(4)), S(term(6))};
    for (std::int64_t i = 0; i < 4; ++i) pairs[i] += term(2 * i + 1);
    pairs[0] += pairs[1];
    pairs[2] += pairs[3];
    pairs[0] += pairs[2];
    return pairs[0];
}

/// add(at, count, sum) for the sum of term(r, at, count) over some rows, until that has been done for all n rows.
template <class L, class S, class Term, class Add>
void sum_columns(std::int64_t n, std::int64_t width, Term term, Add add) {
    std::int64_t r = 0;
    for (; r + kEight <= n; r += kEight)
        for_each_lane<L>(width, [&](std::size_t at, auto count) {
            add(at, count, sum_of_eight<S>([&](std::int64_t i) { return term(r + i, at, count); }));
        });
    for (; r < n; ++r) for_each_lane<L>(width, [&](std::size_t at, auto count) { add(at, count, term(r, at, count)); });
}

template <class T>
void moment_columns(const void* in, std::int64_t stride, std::int64_t n, double* mean, double* squares,
                    std::int64_t width) {
    using L = Lane<T, NativeArch>;
    alignas(64) T rounded[kStrip], sum[kStrip], sum_of_squares[kStrip], distance[kStrip];
    for (std::int64_t first = 0; first < width; first += kStrip) {
        const T* x = static_cast<const T*>(in) + first;
        const std::int64_t some = width - first < kStrip ? width - first : kStrip;
        const auto element = [&](std::int64_t r, std::size_t at, auto count) {
            return load_some<L>(x + r * stride + at, count);
        };
        const auto deviation = [&](std::int64_t r, std::size_t at, auto count) {
            return element(r, at, count) - load_some<L>(rounded + at, count);
        };
        const auto add_to = [](T* sums, std::size_t at, auto count, L more) {
            store(sums + at, load_some<L>(sums + at, count) + more, count);
        };
        for (std::int64_t j = 0; j < some; ++j) rounded[j] = sum[j] = sum_of_squares[j] = distance[j] = 0;
        sum_columns<L, L>(n, some, element, [&](std::size_t at, auto count, L s) { add_to(rounded, at, count, s); });
        for (std::int64_t j = 0; j < some; ++j) rounded[j] /= static_cast<T>(n);
        sum_columns<L, Deviations<L>>(
            n, some, [&](std::int64_t r, std::size_t at, auto count) { return Deviations<L>(deviation(r, at, count)); },
            [&](std::size_t at, auto count, Deviations<L> d) {
                add_to(sum, at, count, d.sum);
                add_to(sum_of_squares, at, count, d.squares);
            });
        bool any_left = false;
        for (std::int64_t j = 0; j < some; ++j) any_left |= left_range(rounded[j], sum_of_squares[j]);
        if (any_left)
            sum_columns<L, L>(
                n, some, [&](std::int64_t r, std::size_t at, auto count) { return abs(deviation(r, at, count)); },
                [&](std::size_t at, auto count, L s) { add_to(distance, at, count, s); });
        for (std::int64_t j = 0; j < some; ++j) {
            double total = sum[j], total_squares = sum_of_squares[j];
            if (distance[j] != 0 && left_range(rounded[j], sum_of_squares[j]))
                sum_wide(x + j, stride, n, rounded[j], total, total_squares);
            finish(rounded[j], total, total_squares, n, mean[first + j], squares[first + j]);
        }
    }
}

}  // namespace

void fill_moments(KernelTable& table) {
    table.moments[0] = {moment_rows<float>, moment_columns<float>};
    table.moments[1] = {moment_rows<double>, moment_columns<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
