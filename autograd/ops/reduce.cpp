#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/fold.h>
#include <xgrad/autograd/ops/op.h>

#include <cmath>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

Reduced reduced(const char* name, const Tensor& x, OptionalIntArrayRef dims, bool keepdim) {
    Reduced over{detail::dim_mask(dims, x.dim(), name), {}};
    for (std::size_t d = 0; d < x.sizes().size(); ++d) {
        if (!over.contains(d))
            over.shape.push_back(x.sizes()[d]);
        else if (keepdim)
            over.shape.push_back(1);
    }
    return over;
}

/// A result, or its gradient, with a dimension of size 1 for each that was taken away: it broadcasts with the input.
Tensor restore(const Tensor& result, const Reduced& over, const Dims& sizes) {
    if (result.dim() == 0 || result.sizes().size() == sizes.size()) return result;
    Dims kept = sizes;
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (over.contains(d)) kept[d] = 1;
    return result.view(kept);
}

/// Sums over the dimensions of `over` and keeps them.
Tensor sum_kept(const Tensor& x, const Reduced& over) {
    Dims kept = x.sizes();
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (over.contains(d)) kept[d] = 1;
    return x.sum_to_size(kept);
}

/// The same reduction of a tensor with one more dimension, moved to the front.
template <class Op>
Batched reduce_batch(const Op& op, const Tensor& x, std::int64_t dim) {
    Op batched = op;
    batched.over.dims <<= 1;
    batched.over.shape.insert(0, x.size(dim));
    return {detail_op::apply(batched, x.movedim(dim, 0)), 0};
}

struct Sum {
    static constexpr const char* name = "sum";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Reduced over;

    Tensor forward(const Tensor& x) const { return fold(Fold::kSum, x, over); }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        b.set(0, restore(b.grad(), over, sizes).expand(sizes));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }
};

struct Mean {
    static constexpr const char* name = "mean";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Reduced over;
    double count;

    Tensor forward(const Tensor& x) const { return fold(Fold::kSum, x, over).div_(count); }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        b.set(0, restore(b.grad() / count, over, sizes).expand(sizes));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }
};

/// kMax or kMin. Ties share the gradient.
template <Fold kind>
struct Extreme {
    static constexpr const char* name = kind == Fold::kMax ? "amax" : "amin";
    static constexpr Uses uses[] = {in(0) | out()};

    Reduced over;

    Tensor forward(const Tensor& x) const { return fold(kind, x, over); }
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0);
        const Dims sizes = x.sizes();
        const Tensor ties = (x == restore(b.output(), over, sizes)).to(x.dtype());
        b.set(0, ties * (restore(b.grad(), over, sizes) / sum_kept(ties, over)));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }
};

/// The extreme along one dimension and where it stands first; that element gets the gradient.
template <Fold kind>
struct ExtremeWithIndex {
    static constexpr const char* name = kind == Fold::kMax ? "max" : "min";
    static constexpr Uses uses[] = {out(1)};
    static constexpr unsigned differentiable = 1;

    std::int64_t dim;
    Reduced over;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const Tensor source = x.contiguous();
        const Tensor values = fold(kind, source, over);
        return {values, find(source, dim, values)};
    }
    void vjp(Vjp& b) const {
        const TensorMeta& meta = b.meta(0);
        if (meta.sizes.empty()) return b.set(0, b.grad());
        Dims kept = meta.sizes;
        kept[static_cast<std::size_t>(dim)] = 1;
        b.set(0, scatter_add(zeros(meta.sizes, meta.dtype), dim, b.output(1).view(kept), b.grad().reshape(kept)));
    }
};

/// argmax and argmin.
template <Fold kind>
struct Position {
    static constexpr const char* name = kind == Fold::kMax ? "argmax" : "argmin";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    std::int64_t dim;
    Reduced over;

    Tensor forward(const Tensor& x) const {
        const Tensor source = x.contiguous();
        return find(source, dim, fold(kind, source, over));
    }
    void vjp(Vjp&) const {}
};

/// any (kMax) and all (kMin).
template <Fold kind>
struct Quantifier {
    static constexpr const char* name = kind == Fold::kMax ? "any" : "all";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Tensor forward(const Tensor& x) const {
        const ScalarType result = x.dtype() == kUInt8 ? kUInt8 : kBool;
        if (x.numel() == 0) return full({}, kind == Fold::kMin, result);
        const Tensor truth = x.dtype() == kBool ? x : x.ne(0);
        return fold(kind, truth, reduced(name, x, std::nullopt, false)).to(result);
    }
    void vjp(Vjp&) const {}
};

/// (sum |x|^p)^(1/p). With y the norm, its derivative is sign(x) (|x| / y)^(p - 1), and zero where x or y is.
struct Norm {
    static constexpr const char* name = "norm";
    static constexpr Uses uses[] = {in(0) | out()};

    double p;
    Reduced over;

    Tensor forward(const Tensor& x) const {
        if (p == 2) return fold(Fold::kSumOfSquares, x, over).sqrt_();
        if (p == 1) return fold(Fold::kSum, x.abs(), over);
        if (p == 0) return fold(Fold::kSum, x.ne(0).to(x.dtype()), over);
        if (std::isinf(p)) return fold(p > 0 ? Fold::kMax : Fold::kMin, x.abs(), over);
        return fold(Fold::kSum, x.abs().pow(p), over).pow_(1 / p);
    }
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0), y = restore(b.output(), over, x.sizes()), g = restore(b.grad(), over, x.sizes());
        if (p == 0) return b.set(0, zeros_like(x));
        if (p == 1) return b.set(0, sign(x) * g);
        if (std::isinf(p)) {
            const Tensor ties = (x.abs() == y).to(x.dtype());
            return b.set(0, sign(x) * ties * (g / sum_kept(ties, over)));
        }
        const Tensor zero = y == 0, divisor = where(zero, 1, y);
        if (p == 2) return b.set(0, x * where(zero, 0, g / divisor));
        b.set(0, sign(x) * where(x == 0, 1, x.abs()).pow(p - 1) * where(zero, 0, g * divisor.pow(1 - p)));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }
};

using Reductions = Family<Sum, Mean, Extreme<Fold::kMax>, Extreme<Fold::kMin>, ExtremeWithIndex<Fold::kMax>,
                          ExtremeWithIndex<Fold::kMin>, Position<Fold::kMax>, Position<Fold::kMin>,
                          Quantifier<Fold::kMax>, Quantifier<Fold::kMin>, Norm>;

Tensor sum_over(const Tensor& x, OptionalIntArrayRef dims, bool keepdim, std::optional<ScalarType> dtype) {
    const ScalarType result = dtype.value_or(is_floating_point(x.dtype()) ? x.dtype() : kInt64);
    // Integers are added as int64, which holds the sum modulo the range of every smaller one.
    const Tensor source = x.to(result), terms = is_floating_point(result) ? source : source.to(kInt64);
    return Reductions::apply(Sum{reduced(Sum::name, x, dims, keepdim)}, terms).to(result);
}

Tensor mean_over(const Tensor& x, OptionalIntArrayRef dims, bool keepdim, std::optional<ScalarType> dtype) {
    const Tensor terms = x.to(dtype.value_or(x.dtype()));
    if (!terms.is_floating_point())
        raise<DtypeError>(Mean::name, "could not infer output dtype. Input dtype must be a floating point dtype. Got: ",
                          terms.dtype());
    Reduced over = reduced(Mean::name, x, dims, keepdim);
    double count = 1;
    for (std::size_t d = 0; d < x.sizes().size(); ++d)
        if (over.contains(d)) count *= static_cast<double>(x.sizes()[d]);
    return Reductions::apply(Mean{std::move(over), count}, terms);
}

/// Throws unless there are elements to choose from.
void check_choice(const char* name, const Tensor& x, OptionalIntArrayRef dims) {
    if (x.numel() > 0) return;
    if (!dims || dims->empty())
        raise<IndexError>(name,
                          "Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                          "with the 'dim' argument");
    for (const auto dim : *dims)
        if (x.dim() > 0 && x.size(dim) == 0)
            raise<IndexError>(name, "Expected reduction dim ", dim, " to have non-zero size, the shape is ",
                              detail::shape_string(x.sizes()));
}

template <Fold kind>
Tensor extreme(const char* name, const Tensor& x, IntArrayRef dims, bool keepdim) {
    Reduced over = reduced(name, x, dims, keepdim);
    check_choice(name, x, dims);
    return Reductions::apply(Extreme<kind>{std::move(over)}, x);
}

template <Fold kind>
std::tuple<Tensor, Tensor> extreme_with_index(const Tensor& x, std::int64_t dim, bool keepdim) {
    using Op = ExtremeWithIndex<kind>;
    const std::int64_t d = wrap_dim(dim, x.dim(), Op::name);
    check_choice(Op::name, x, dim);
    auto [values, index] = Reductions::apply(Op{d, reduced(Op::name, x, dim, keepdim)}, x);
    return {std::move(values), std::move(index)};
}

template <Fold kind>
Tensor position(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
    using Op = Position<kind>;
    const Tensor source = dim ? x : x.reshape({-1});
    const std::int64_t d = wrap_dim(dim.value_or(0), source.dim(), Op::name);
    check_choice(Op::name, source, dim ? OptionalIntArrayRef(*dim) : std::nullopt);
    const Tensor index = Reductions::apply(Op{d, reduced(Op::name, source, d, keepdim && dim)}, source);
    return keepdim && !dim ? index.reshape(Dims(x.sizes().size(), 1)) : index;
}

Tensor norm_over(const Tensor& x, const std::optional<Scalar>& p, IntArrayRef dims, bool keepdim) {
    if (!x.is_floating_point())
        raise<DtypeError>(Norm::name, "Expected a floating point tensor as input. Got ", x.dtype());
    const double order = p ? p->to_double() : 2;
    Reduced over = reduced(Norm::name, x, dims, keepdim);
    if (std::isinf(order)) check_choice(Norm::name, x, dims);
    return Reductions::apply(Norm{order, std::move(over)}, x);
}

}  // namespace

std::vector<OpInfo> reduction_operations() { return Reductions::table(); }

}  // namespace ops

// --- Sums and means

Tensor sum(const Tensor& self, std::optional<ScalarType> dtype) {
    return ops::sum_over(self, std::nullopt, false, dtype);
}
Tensor sum(const Tensor& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
    return ops::sum_over(self, dim, keepdim, dtype);
}
Tensor mean(const Tensor& self, std::optional<ScalarType> dtype) {
    return ops::mean_over(self, std::nullopt, false, dtype);
}
Tensor mean(const Tensor& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
    return ops::mean_over(self, dim, keepdim, dtype);
}
Tensor Tensor::sum(std::optional<ScalarType> dtype) const { return xgrad::sum(*this, dtype); }
Tensor Tensor::sum(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::sum(*this, dim, keepdim, dtype);
}
Tensor Tensor::mean(std::optional<ScalarType> dtype) const { return xgrad::mean(*this, dtype); }
Tensor Tensor::mean(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::mean(*this, dim, keepdim, dtype);
}

Tensor Tensor::sum_to_size(IntArrayRef size) const {
    if (sizes() == size) return *this;
    if (!detail::is_expandable_to(size, sizes()))
        raise<ShapeError>("sum_to_size", "size ", size, " is not expandable to size ", sizes());
    const std::size_t fresh = sizes().size() - size.size();
    ops::Reduced over{0, size};
    for (std::size_t d = 0; d < sizes().size(); ++d)
        if (d < fresh || (size[d - fresh] == 1 && sizes()[d] != 1)) over.dims |= std::uint64_t{1} << d;
    return ops::Reductions::apply(ops::Sum{std::move(over)}, *this);
}

// --- The largest and the smallest

Tensor amax(const Tensor& self, IntArrayRef dim, bool keepdim) {
    return ops::extreme<ops::Fold::kMax>("amax", self, dim, keepdim);
}
Tensor amin(const Tensor& self, IntArrayRef dim, bool keepdim) {
    return ops::extreme<ops::Fold::kMin>("amin", self, dim, keepdim);
}
Tensor max(const Tensor& self) { return ops::extreme<ops::Fold::kMax>("max", self, {}, false); }
Tensor min(const Tensor& self) { return ops::extreme<ops::Fold::kMin>("min", self, {}, false); }
std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::extreme_with_index<ops::Fold::kMax>(self, dim, keepdim);
}
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::extreme_with_index<ops::Fold::kMin>(self, dim, keepdim);
}
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
    return ops::position<ops::Fold::kMax>(self, dim, keepdim);
}
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
    return ops::position<ops::Fold::kMin>(self, dim, keepdim);
}
Tensor Tensor::amax(IntArrayRef dim, bool keepdim) const { return xgrad::amax(*this, dim, keepdim); }
Tensor Tensor::amin(IntArrayRef dim, bool keepdim) const { return xgrad::amin(*this, dim, keepdim); }
Tensor Tensor::max() const { return xgrad::max(*this); }
Tensor Tensor::min() const { return xgrad::min(*this); }
std::tuple<Tensor, Tensor> Tensor::max(std::int64_t dim, bool keepdim) const { return xgrad::max(*this, dim, keepdim); }
std::tuple<Tensor, Tensor> Tensor::min(std::int64_t dim, bool keepdim) const { return xgrad::min(*this, dim, keepdim); }
Tensor Tensor::argmax(std::optional<std::int64_t> dim, bool keepdim) const {
    return xgrad::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(std::optional<std::int64_t> dim, bool keepdim) const {
    return xgrad::argmin(*this, dim, keepdim);
}

// --- Norms and truth

Tensor norm(const Tensor& self, const Scalar& p) { return ops::norm_over(self, p, {}, false); }
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
    return ops::norm_over(self, p, dim, keepdim);
}
Tensor any(const Tensor& self) { return ops::Reductions::apply(ops::Quantifier<ops::Fold::kMax>{}, self); }
Tensor all(const Tensor& self) { return ops::Reductions::apply(ops::Quantifier<ops::Fold::kMin>{}, self); }
Tensor Tensor::norm(const Scalar& p) const { return xgrad::norm(*this, p); }
Tensor Tensor::norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) const {
    return xgrad::norm(*this, p, dim, keepdim);
}
Tensor Tensor::any() const { return xgrad::any(*this); }
Tensor Tensor::all() const { return xgrad::all(*this); }

}  // namespace xgrad
