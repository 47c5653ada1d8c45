#include <xgrad/autograd/ops/reduction/scan.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/blocks.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/reduction/reduced.h>

#include <cmath>
#include <limits>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Calls scan(at, runs) for parts of the contiguous `x`, walked along `dim`; `at` finds the first element of a part.
template <class Scan>
void scan_parts(const Tensor& x, std::int64_t dim, bool reverse, Scan scan) {
    const Blocks blocks(x, dim);
    const std::int64_t start = reverse ? (blocks.n - 1) * blocks.inner : 0, bytes = x.element_size();
    blocks.for_each([&](std::int64_t from, std::int64_t runs, std::int64_t spread) {
        const auto at = [&](const Tensor& t, std::int64_t more = 0) {
            return static_cast<std::byte*>(t.data_ptr()) + (from + start + more) * bytes;
        };
        scan(at, ScanRuns{blocks.n, reverse ? -blocks.inner : blocks.inner, runs, spread});
    });
}

using OneInput = void (*)(const void*, void*, const ScanRuns&);

Tensor run(OneInput ScanKernels::*kernel, const Tensor& x, std::int64_t dim, bool reverse) {
    const ScalarType dtype = x.is_floating_point() ? x.dtype() : kInt64;
    const Tensor source = x.to(dtype).contiguous(), out = empty_like(source);
    const OneInput scan = kernels().scans[static_cast<int>(dtype)].*kernel;
    scan_parts(source, dim, reverse, [&](auto at, const ScanRuns& runs) { scan(at(source), at(out), runs); });
    return out.to(x.dtype());
}

/// out[i] = y[i-1] along `dim` and out[0] = fill; or `back`, out[i] = y[i+1] and `fill` in the last one.
Tensor shifted(const Tensor& y, std::int64_t dim, double fill, bool back = false) {
    if (y.dim() == 0) return full_like(y, fill);
    const std::int64_t n = y.size(dim);
    if (n == 0) return y;
    Dims one = y.sizes();
    one[static_cast<std::size_t>(dim)] = 1;
    const Tensor end = full(one, fill, y.dtype()), others = y.narrow(dim, back ? 1 : 0, n - 1);
    return back ? cat({others, end}, dim) : cat({end, others}, dim);
}

struct CumSum {
    static constexpr const char* name = "cumsum";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t dim;
    bool reverse = false;

    Tensor forward(const Tensor& x) const { return run(&ScanKernels::sum, x, dim, reverse); }
    void vjp(Vjp& b) const { b.set(0, detail_op::apply(CumSum{dim, !reverse}, b.grad())); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

struct CumProd {
    static constexpr const char* name = "cumprod";
    static constexpr Uses uses[] = {in(0) | out()};

    std::int64_t dim;

    Tensor forward(const Tensor& x) const { return run(&ScanKernels::product, x, dim, false); }
    void vjp(Vjp& b) const { b.set(0, cumprod_backward(b.grad(), b.input(0), b.output(), dim)); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        return cumprod_forward(tangents[0], x[0], y, dim);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

struct LinearRecurrence {
    static constexpr const char* name = "linear_recurrence";
    static constexpr Uses uses[] = {in(1), in(1) | out()};

    std::int64_t dim;
    bool reverse;

    Tensor forward(const Tensor& g, const Tensor& a) const {
        const Tensor terms = g.contiguous(), links = a.contiguous();
        Tensor out = empty_like(terms);
        const auto scan = kernels().scans[static_cast<int>(g.dtype())].recurrence;
        scan_parts(terms, dim, reverse, [&](auto at, const ScanRuns& runs) {
            scan(at(terms), at(links, reverse ? -runs.step : 0), at(out), runs);
        });
        return out;
    }
    void vjp(Vjp& b) const {
        const Tensor w = linear_recurrence(b.grad(), b.input(1), dim, !reverse);
        if (b.needs(0)) b.set(0, w);
        if (!b.needs(1)) return;
        const Tensor s = b.output();
        b.set(1, reverse ? shifted(w, dim, 0) * s : w * shifted(s, dim, 0));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& s) const {
        Tensor terms = tangents[0];
        if (tangents[1].defined()) {
            const Tensor more = reverse ? shifted(tangents[1] * s, dim, 0, true) : tangents[1] * shifted(s, dim, 0);
            terms = terms.defined() ? terms + more : more;
        }
        return linear_recurrence(terms, x[1], dim, reverse);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const std::size_t known = dims[0] < 0 ? 1 : 0;
        const Dims sizes = x[known].movedim(dims[known], 0).sizes();
        const auto batched = [&](std::size_t i) { return dims[i] < 0 ? x[i].expand(sizes) : x[i].movedim(dims[i], 0); };
        if (sizes.size() == 1) return {batched(0), 0};  // numbers
        return {linear_recurrence(batched(0), batched(1), dim + 1, reverse), 0};
    }
};

/// y[i] = log(exp(x[0]) + ... + exp(x[i])). With w = exp(x - y) and a[i] = exp(y[i-1] - y[i]), none above 1, the
/// derivative is dy[i] = a[i] dy[i-1] + w[i] dx[i].
struct LogCumSumExp {
    static constexpr const char* name = "logcumsumexp";
    static constexpr Uses uses[] = {in(0) | out()};

    std::int64_t dim;

    Tensor forward(const Tensor& x) const;
    void vjp(Vjp& b) const {
        const auto [w, a] = weights(b.input(0), b.output());
        b.set(0, w * linear_recurrence(b.grad(), a, dim, true));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        const auto [w, a] = weights(x[0], y);
        return linear_recurrence(w * tangents[0], a, dim, false);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }

  private:
    std::array<Tensor, 2> weights(const Tensor& x, const Tensor& y) const {
        // The weight of -inf is 0, also where there has been nothing else.
        const auto ratio = [&y](const Tensor& part) { return where(part == -kInf, -kInf, part - y).exp(); };
        return {ratio(x), ratio(shifted(y, dim, -kInf))};
    }
};

/// The sum of exponentials so far as (1 + rest) exp(largest), so that what small terms add is not lost.
struct ExponentialSum {
    double largest = -kInf, rest = 0;

    void add(double x) {
        if (x == -kInf) return;
        if (x <= largest) {
            rest += x == largest ? 1 : std::exp(x - largest);
        } else {
            rest = largest == -kInf ? 0 : (1 + rest) * std::exp(largest - x);
            largest = x;
        }
    }
    double log() const { return largest + std::log1p(rest); }
};

template <class T>
void log_cumulative(const Tensor& x, std::int64_t dim, const Tensor& y) {
    const Blocks blocks(x, dim);
    const T* in = x.data_ptr<T>();
    T* out = y.data_ptr<T>();
    blocks.for_each_strip([&](std::int64_t from, std::int64_t width) {
        ExponentialSum sums[Blocks::kColumns];
        for (std::int64_t k = 0; k < blocks.n; ++k)
            for (std::int64_t j = 0; j < width; ++j) {
                const std::int64_t at = from + k * blocks.inner + j;
                sums[j].add(in[at]);
                out[at] = static_cast<T>(sums[j].log());
            }
    });
}

Tensor LogCumSumExp::forward(const Tensor& x) const {
    const Tensor source = x.contiguous();
    Tensor out = empty_like(source);
    if (x.dtype() == kFloat32)
        log_cumulative<float>(source, dim, out);
    else
        log_cumulative<double>(source, dim, out);
    return out;
}

using Scans = Family<CumSum, CumProd, LinearRecurrence, LogCumSumExp>;

/// The dtype of a cumulative sum or product.
ScalarType result_dtype(const Tensor& x, std::optional<ScalarType> dtype) {
    return dtype.value_or(x.is_floating_point() ? x.dtype() : kInt64);
}

void check_own_dtype(const char* name, const Tensor& self, std::optional<ScalarType> dtype) {
    if (dtype.value_or(self.dtype()) != self.dtype())
        raise<DtypeError>(name, "provided dtype must match the dtype of self tensor. Got ", self.dtype(), " and ",
                          *dtype);
}

}  // namespace

Tensor linear_recurrence(const Tensor& g, const Tensor& a, std::int64_t dim, bool reverse) {
    return Scans::apply(LinearRecurrence{dim, reverse}, g, a);
}

Tensor cumprod_backward(const Tensor& g, const Tensor& x, const Tensor& y, std::int64_t dim) {
    return shifted(y, dim, 1) * linear_recurrence(g, x, dim, true);
}

Tensor cumprod_forward(const Tensor& t, const Tensor& x, const Tensor& y, std::int64_t dim) {
    return linear_recurrence(shifted(y, dim, 1) * t, x, dim, false);
}

std::vector<OpInfo> scan_operations() { return Scans::table(); }

}  // namespace ops

Tensor cumsum(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype) {
    const std::int64_t d = wrap_dim(dim, self.dim(), ops::CumSum::name);
    return ops::Scans::apply(ops::CumSum{d}, self.to(ops::result_dtype(self, dtype)));
}
Tensor cumprod(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype) {
    const std::int64_t d = wrap_dim(dim, self.dim(), ops::CumProd::name);
    return ops::Scans::apply(ops::CumProd{d}, self.to(ops::result_dtype(self, dtype)));
}
Tensor logcumsumexp(const Tensor& self, std::int64_t dim) {
    using Op = ops::LogCumSumExp;
    const std::int64_t d = wrap_dim(dim, self.dim(), Op::name);
    if (!self.is_floating_point()) raise<DtypeError>(Op::name, "not implemented for '", self.dtype(), '\'');
    return ops::Scans::apply(Op{d}, self);
}
Tensor Tensor::cumsum(std::int64_t dim, std::optional<ScalarType> dtype) const {
    return xgrad::cumsum(*this, dim, dtype);
}
Tensor& Tensor::cumsum_(std::int64_t dim, std::optional<ScalarType> dtype) {
    const std::int64_t d = wrap_dim(dim, this->dim(), "cumsum_");
    ops::check_own_dtype("cumsum_", *this, dtype);
    return ops::Scans::apply_inplace(ops::CumSum{d}, *this);
}
Tensor Tensor::cumprod(std::int64_t dim, std::optional<ScalarType> dtype) const {
    return xgrad::cumprod(*this, dim, dtype);
}
Tensor& Tensor::cumprod_(std::int64_t dim, std::optional<ScalarType> dtype) {
    const std::int64_t d = wrap_dim(dim, this->dim(), "cumprod_");
    ops::check_own_dtype("cumprod_", *this, dtype);
    return ops::Scans::apply_inplace(ops::CumProd{d}, *this);
}
Tensor Tensor::logcumsumexp(std::int64_t dim) const { return xgrad::logcumsumexp(*this, dim); }

}  // namespace xgrad
