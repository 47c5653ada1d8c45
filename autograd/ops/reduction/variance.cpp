#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/indexing/groups.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/reduction/reduced.h>

#include <cmath>
#include <limits>

namespace xgrad {

namespace ops {

namespace {

/// Means and sums of squared deviations from them, of equally many elements each, in double precision.
struct Moments {
    explicit Moments(std::int64_t n) : means(empty({n}, kFloat64)), sums(empty({n}, kFloat64)) {}

    double* mean() const { return means.data_ptr<double>(); }
    double* squares() const { return sums.data_ptr<double>(); }

    Tensor means, sums;
};

/// How many elements went into each of several runs: `each`, and into the last one `last`.
struct Counts {
    std::int64_t each, last;
};

/// Moments [outer][runs][inner] of parts to moments [outer][inner] of the whole: the squares of a part are those from
/// its own mean, whose deviation from the common one is added.
Moments combine(const Moments& parts, std::int64_t outer, std::int64_t runs, std::int64_t inner, Counts counts) {
    Moments whole(outer * inner);
    const std::int64_t width = std::min(inner, kColumnsAtOnce), strips = (inner + width - 1) / width;
    const double total = static_cast<double>(counts.each * (runs - 1) + counts.last);
    const auto count_of_run = [&](std::int64_t r) {
        return static_cast<double>(r + 1 < runs ? counts.each : counts.last);
    };
    const auto unit = [&](std::int64_t o, std::int64_t first) {
        const std::int64_t n = std::min(width, inner - first), from = o * runs * inner + first, to = o * inner + first;
        const double* part_mean = parts.mean() + from;
        const double* part_squares = parts.squares() + from;
        double* mean = whole.mean() + to;
        double* squares = whole.squares() + to;
        std::fill_n(mean, n, 0);
        std::fill_n(squares, n, 0);
        for (std::int64_t r = 0; r < runs; ++r)
            for (std::int64_t j = 0; j < n; ++j) mean[j] += count_of_run(r) * part_mean[r * inner + j];
        for (std::int64_t j = 0; j < n; ++j) mean[j] /= total;
        for (std::int64_t r = 0; r < runs; ++r)
            for (std::int64_t j = 0; j < n; ++j) {
                const double off = part_mean[r * inner + j] - mean[j];
                squares[j] += part_squares[r * inner + j] + count_of_run(r) * off * off;
            }
    };
    detail::parallel_for(0, outer * strips, std::max<std::int64_t>(kGrain / (runs * width), 1),
                         [&](std::int64_t b, std::int64_t e) {
                             for (; b < e; ++b) unit(b / strips, b % strips * width);
                         });
    return whole;
}

/// The moments of the walk, [outer][inner].
Moments moments_of(const Tensor& x, const Walk& w) {
    const MomentKernels& kernel = kernels().moments[float_index(x.dtype())];
    const auto* in = static_cast<const std::byte*>(x.data_ptr());
    const std::int64_t bytes = x.element_size(), parts = w.parts();
    Moments m(w.outer * parts * w.inner);
    double* const mean = m.mean();
    double* const squares = m.squares();
    w.for_each_part(
        [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t runs) {
            kernel.rows(in + from * bytes, w.outer_stride, n, mean + to, squares + to, runs);
        },
        [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t width) {
            kernel.columns(in + from * bytes, w.stride, n, mean + to, squares + to, width);
        });
    if (parts == 1) return m;
    return combine(m, w.outer, parts, w.inner, {w.part(), w.n - (parts - 1) * w.part()});
}

/// The moments over the dimensions of `over`, of a tensor with elements in the order of memory.
Moments moments_of(const Tensor& x, const Reduced& over) {
    Tensor source = x;
    Groups groups = groups_of(source, over);
    if (!groups.walkable()) {
        source = x.contiguous();
        groups = groups_of(source, over);
    }
    Walk walk = groups.walk();
    Moments m = moments_of(source, walk);
    for (std::int64_t count = walk.n; groups.several(); count *= walk.n) {
        groups.remove_folded();
        walk = groups.walk();
        m = combine(m, walk.outer, walk.n, walk.inner, {count, count});
    }
    return m;
}

/// The variance, or with `kRoot` its square root s. With f = n - correction the derivative of the variance is
/// 2 (x - mean) / f, that of its root (x - mean) / (s f), taken as zero where s is.
template <bool kRoot>
struct Variance {
    static constexpr const char* name = kRoot ? "std" : "var";
    static constexpr Uses uses[] = {in(0) | (kRoot ? out() : kNothing)};

    Reduced over;
    double freedom;  // f; the variance is that of f = 0 below

    Tensor forward(const Tensor& x) const {
        if (const InMemoryOrder ordered(x, over); ordered.differs)
            return ordered.restore(Variance{ordered.over, freedom}.forward(ordered.x));
        Tensor out = empty(over.shape, x.dtype());
        if (x.numel() == 0) return out.fill_(std::numeric_limits<double>::quiet_NaN());
        const Moments m = moments_of(x, over);
        const auto write = [&, squares = m.squares()](auto* y) {
            using T = std::remove_reference_t<decltype(*y)>;
            detail::parallel_for(0, out.numel(), kGrain, [&](std::int64_t b, std::int64_t e) {
                for (; b < e; ++b) {
                    const double variance = squares[b] / std::max<double>(freedom, 0);
                    y[b] = static_cast<T>(kRoot ? std::sqrt(variance) : variance);
                }
            });
        };
        if (x.dtype() == kFloat32)
            write(out.data_ptr<float>());
        else
            write(out.data_ptr<double>());
        return out;
    }
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0);
        const Tensor y = kRoot ? b.output() : Tensor();
        b.set(0, (x - mean_kept(x, over)) * restore(slope(b.grad(), y), over, x.sizes()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        const Tensor sum = sum_kept((x[0] - mean_kept(x[0], over)) * tangents[0], over);
        return slope(sum.reshape(y.sizes()), y);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }

  private:
    /// g times what deviations are multiplied by.
    Tensor slope(const Tensor& g, const Tensor& y) const {
        if (!kRoot) return g * (2 / freedom);
        const Tensor zero = y == 0;
        return where(zero, 0, g / (where(zero, 1, y) * freedom));
    }
};

using Variances = Family<Variance<false>, Variance<true>>;

template <bool kRoot>
Tensor variance(const Tensor& x, OptionalIntArrayRef dims, const std::optional<Scalar>& correction, bool keepdim) {
    using Op = Variance<kRoot>;
    if (!x.is_floating_point())
        raise<DtypeError>(Op::name, "std and var only support floating point and complex dtypes, got ", x.dtype());
    Reduced over = reduced(Op::name, x, dims, keepdim);
    const double freedom = count_of(x, over) - (correction ? correction->to_double() : 1);
    return Variances::apply(Op{std::move(over), freedom}, x);
}

}  // namespace

std::vector<OpInfo> variance_operations() { return Variances::table(); }

}  // namespace ops

Tensor var(const Tensor& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
    return ops::variance<false>(self, dim, correction, keepdim);
}
Tensor std(const Tensor& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
    return ops::variance<true>(self, dim, correction, keepdim);
}
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, OptionalIntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
    return {var(self, dim, correction, keepdim), self.mean(dim, keepdim)};
}
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, OptionalIntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
    return {std(self, dim, correction, keepdim), self.mean(dim, keepdim)};
}
Tensor Tensor::var(OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) const {
    return xgrad::var(*this, dim, correction, keepdim);
}
Tensor Tensor::std(OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) const {
    return xgrad::std(*this, dim, correction, keepdim);
}

}  // namespace xgrad
