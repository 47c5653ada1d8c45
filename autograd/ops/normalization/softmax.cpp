#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/normalization/softmax.h>
#include <xgrad/autograd/ops/reduction/reduced.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

const SoftmaxKernels& softmax_kernels(const Tensor& x) { return kernels().softmax[float_index(x.dtype())]; }

Tensor rows_of(const Tensor& x, std::int64_t dim) { return x.movedim(dim, -1).contiguous(); }

/// Calls f(first row, number of rows, n) for parts of the rows of length n that the contiguous `x` consists of.
template <class F>
void for_each_part(const Tensor& x, F f) {
    const std::int64_t n = x.dim() > 0 ? x.size(-1) : 1;
    if (x.numel() == 0) return;
    detail::parallel_for(0, x.numel() / n, std::max<std::int64_t>(kGrain / n, 1),
                         [&](std::int64_t b, std::int64_t e) { f(b, e - b, n); });
}

std::byte* at(const Tensor& x, std::int64_t element) {
    return static_cast<std::byte*>(x.data_ptr()) + element * x.element_size();
}

Tensor run(SoftmaxKernels::Rows kernel, const Tensor& x, std::int64_t dim) {
    const Tensor source = rows_of(x, dim), out = empty_like(source);
    for_each_part(source, [&](std::int64_t row, std::int64_t rows, std::int64_t n) {
        kernel(at(source, row * n), at(out, row * n), n, rows);
    });
    return out.movedim(-1, dim).contiguous();
}

Tensor run(SoftmaxKernels::Backward kernel, const Tensor& grad, const Tensor& output, std::int64_t dim) {
    const Tensor g = rows_of(grad, dim), y = rows_of(output, dim), out = empty_like(y);
    for_each_part(y, [&](std::int64_t row, std::int64_t rows, std::int64_t n) {
        kernel(at(g, row * n), at(y, row * n), at(out, row * n), n, rows);
    });
    return out.movedim(-1, dim).contiguous();
}

/// y = exp(x) / sum(exp(x)); grad_x = y (g - sum(g y)).
struct Softmax {
    static constexpr const char* name = "softmax";
    static constexpr Uses uses[] = {out()};

    std::int64_t dim;

    Tensor forward(const Tensor& x) const { return run(softmax_kernels(x).softmax, x, dim); }
    void vjp(Vjp& b) const { b.set(0, softmax_backward(b.grad(), b.output(), dim)); }
    // The Jacobian is symmetric.
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, const Tensor& y) const {
        return softmax_backward(tangents[0], y, dim);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

struct SoftmaxBackward {
    static constexpr const char* name = "softmax_backward";
    static constexpr Uses uses[] = {in(1), in(0) | in(1)};

    std::int64_t dim;

    Tensor forward(const Tensor& grad, const Tensor& y) const {
        return run(softmax_kernels(y).softmax_backward, grad, y, dim);
    }
    void vjp(Vjp& b) const {
        const Tensor& v = b.grad();
        const Tensor y = b.input(1);
        if (b.needs(0)) b.set(0, softmax_backward(v, y, dim));
        if (!b.needs(1)) return;
        const Tensor g = b.input(0);
        b.set(1, v * (g - (g * y).sum(dim, true)) - g * (v * y).sum(dim, true));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const Tensor &g = x[0], &y = x[1];
        Tensor tangent;
        if (t[0].defined()) tangent = softmax_backward(t[0], y, dim);
        if (!t[1].defined()) return tangent;
        return add_tangents(tangent, t[1] * (g - (g * y).sum(dim, true)) - y * (g * t[1]).sum(dim, true));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x, dims);
    }
};

/// y = x - log(sum(exp(x))); grad_x = g - exp(y) sum(g).
struct LogSoftmax {
    static constexpr const char* name = "log_softmax";
    static constexpr Uses uses[] = {out()};

    std::int64_t dim;

    Tensor forward(const Tensor& x) const { return run(softmax_kernels(x).log_softmax, x, dim); }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, const Tensor& y) const {
        return tangents[0] - (tangents[0] * y.exp()).sum(dim, true);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

struct LogSoftmaxBackward {
    static constexpr const char* name = "log_softmax_backward";
    static constexpr Uses uses[] = {in(1), in(0) | in(1)};

    std::int64_t dim;

    Tensor forward(const Tensor& grad, const Tensor& y) const {
        return run(softmax_kernels(y).log_softmax_backward, grad, y, dim);
    }
    void vjp(Vjp& b) const {
        const Tensor& v = b.grad();
        const Tensor p = b.input(1).exp();
        if (b.needs(0)) b.set(0, v - (v * p).sum(dim, true));
        if (b.needs(1)) b.set(1, -(v * p * b.input(0).sum(dim, true)));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const Tensor &g = x[0], p = x[1].exp();
        Tensor tangent;
        if (t[0].defined()) tangent = t[0] - p * t[0].sum(dim, true);
        return t[1].defined() ? add_tangents(tangent, -(p * t[1] * g.sum(dim, true))) : tangent;
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x, dims);
    }
};

/// Over the last dimension. The gradient is that of the sum, exp(x - y).
struct LogSumExp {
    static constexpr const char* name = "logsumexp";
    static constexpr Uses uses[] = {in(0) | out()};

    Tensor forward(const Tensor& x) const {
        const Tensor source = x.contiguous();
        Dims kept = x.sizes();
        kept.erase(kept.size() - 1);
        Tensor out = empty(kept, x.dtype());
        if (x.numel() == 0) return full_like(out, -std::numeric_limits<double>::infinity());
        for_each_part(source, [&](std::int64_t row, std::int64_t rows, std::int64_t n) {
            softmax_kernels(x).logsumexp(at(source, row * n), at(out, row), n, rows);
        });
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().unsqueeze(-1) * (b.input(0) - b.output().unsqueeze(-1)).exp()); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        return (tangents[0] * (x[0] - y.unsqueeze(-1)).exp()).sum(-1);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(*this, x[0].movedim(dims[0], 0)), 0};
    }
};

using SoftmaxFamily = Family<Softmax, SoftmaxBackward, LogSoftmax, LogSoftmaxBackward, LogSumExp>;

void LogSoftmax::vjp(Vjp& b) const { b.set(0, SoftmaxFamily::apply(LogSoftmaxBackward{dim}, b.grad(), b.output())); }

template <class Op>
Tensor apply_along(const Tensor& x, std::int64_t dim, std::optional<ScalarType> dtype) {
    const Tensor source = x.to(dtype.value_or(x.dtype()));
    if (!source.is_floating_point()) raise<DtypeError>(Op::name, "needs a floating point dtype, got ", source.dtype());
    return SoftmaxFamily::apply(Op{wrap_dim(dim, x.dim(), Op::name)}, source);
}

}  // namespace

Tensor softmax_backward(const Tensor& grad, const Tensor& output, std::int64_t dim) {
    return SoftmaxFamily::apply(SoftmaxBackward{dim}, grad, output);
}

std::vector<OpInfo> softmax_operations() { return SoftmaxFamily::table(); }

}  // namespace ops

Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype) {
    return ops::apply_along<ops::Softmax>(self, dim, dtype);
}
Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype) {
    return ops::apply_along<ops::LogSoftmax>(self, dim, dtype);
}
Tensor softmin(const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype) {
    return softmax(-self, dim, dtype);
}
Tensor Tensor::softmax(std::int64_t dim, std::optional<ScalarType> dtype) const {
    return xgrad::softmax(*this, dim, dtype);
}
Tensor Tensor::log_softmax(std::int64_t dim, std::optional<ScalarType> dtype) const {
    return xgrad::log_softmax(*this, dim, dtype);
}

Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim) {
    const std::uint64_t folded = detail::dim_mask(dim, self.dim(), ops::LogSumExp::name);
    const Tensor x = self.is_floating_point() ? self : self.to(get_default_dtype());
    // The kept dimensions first, the others behind them as one.
    Dims order, shape, flat;
    std::int64_t n = 1;
    for (std::int64_t d = 0; d < x.dim(); ++d) {
        const bool goes = folded >> d & 1;
        if (!goes) order.push_back(d);
        if (!goes) flat.push_back(x.size(d));
        if (goes) n *= x.size(d);
        if (!goes || keepdim) shape.push_back(goes ? 1 : x.size(d));
    }
    for (std::int64_t d = 0; d < x.dim(); ++d)
        if (folded >> d & 1) order.push_back(d);
    flat.push_back(n);
    return ops::SoftmaxFamily::apply(ops::LogSumExp{}, x.permute(order).reshape(flat)).reshape(shape);
}
Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const { return xgrad::logsumexp(*this, dim, keepdim); }

}  // namespace xgrad
