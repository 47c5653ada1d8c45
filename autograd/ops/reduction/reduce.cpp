#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/reduction/reduced.h>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

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

/// kMax or kMin. Ties share the gradient. To them belong, if `nan_ties` and the result is NaN, all that are NaN.
template <Fold kind>
struct Extreme {
    static constexpr const char* name = kind == Fold::kMax ? "amax" : "amin";
    static constexpr Uses uses[] = {in(0) | out()};

    Reduced over;
    bool nan_ties = false;

    Tensor forward(const Tensor& x) const { return fold(kind, x, over); }
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0);
        const auto [ties, count] = ties_of(x, b.output());
        b.set(0, ties * (restore(b.grad(), over, x.sizes()) / count));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        const auto [ties, count] = ties_of(x[0], y);
        return detail_op::apply(Sum{over}, ties / count * tangents[0]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }

  private:
    /// 1 where `x` is the result `y`, and how many share it.
    std::array<Tensor, 2> ties_of(const Tensor& x, const Tensor& y) const {
        const Tensor equal = x == restore(y, over, x.sizes());
        const Tensor ties = (nan_ties ? equal | x.isnan() : equal).to(x.dtype());
        return {ties, sum_kept(ties, over)};
    }
};

/// What `op`, which reduces one dimension, gives for a tensor with one more, moved to the front.
template <class Op>
auto batched_line(Op op, const Tensor& x, std::int64_t batch_dim) {
    Tensor batched = x.movedim(batch_dim, 0);
    if (batched.dim() == 1) {
        op.over = {2, batched.sizes()};
        op.dim = 1;
        return detail_op::apply(op, batched.unsqueeze(1));
    }
    ++op.dim;
    op.over.dims <<= 1;
    op.over.shape.insert(0, batched.size(0));
    return detail_op::apply(op, batched);
}

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
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, std::span<const Tensor> outputs) const {
        if (x[0].dim() == 0) return tangents[0];
        const Tensor& index = outputs[1];
        return tangents[0].gather(dim, restore(index, over, x[0].sizes())).reshape(index.sizes());
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const auto [values, index] = batched_line(*this, x[0], dims[0]);
        return {Batched{values, 0}, Batched{index, 0}};
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
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {batched_line(*this, x[0], dims[0]), 0};
    }
};

using Reductions = Family<Sum, Mean, Extreme<Fold::kMax>, Extreme<Fold::kMin>, ExtremeWithIndex<Fold::kMax>,
                          ExtremeWithIndex<Fold::kMin>, Position<Fold::kMax>, Position<Fold::kMin>>;

Tensor sum_over(const Tensor& x, OptionalIntArrayRef dims, bool keepdim, std::optional<ScalarType> dtype) {
    const ScalarType result = dtype.value_or(is_floating_point(x.dtype()) ? x.dtype() : kInt64);
    if (x.dtype() == kBool && result == kInt64) return count(x, reduced(Sum::name, x, dims, keepdim));
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
    const double count = count_of(x, over);
    return Reductions::apply(Mean{std::move(over), count}, terms);
}

template <Fold kind>
Tensor extreme(const char* name, const Tensor& x, IntArrayRef dims, bool keepdim, bool nan_ties = false) {
    Reduced over = reduced(name, x, dims, keepdim);
    check_choice(name, x, dims);
    return Reductions::apply(Extreme<kind>{std::move(over), nan_ties}, x);
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
Tensor nansum(const Tensor& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
    return ops::sum_over(self.is_floating_point() ? where(self.isnan(), 0, self) : self, dim, keepdim, dtype);
}
Tensor nanmean(const Tensor& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
    if (!self.is_floating_point())
        raise<DtypeError>("nanmean", "expected input to have floating point or complex dtype but got ", self.dtype());
    const Tensor sum = nansum(self, dim, keepdim, dtype);
    return sum / self.detach().isnan().logical_not().sum(dim, keepdim);
}
Tensor Tensor::sum(std::optional<ScalarType> dtype) const { return xgrad::sum(*this, dtype); }
Tensor Tensor::sum(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::sum(*this, dim, keepdim, dtype);
}
Tensor Tensor::mean(std::optional<ScalarType> dtype) const { return xgrad::mean(*this, dtype); }
Tensor Tensor::mean(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::mean(*this, dim, keepdim, dtype);
}
Tensor Tensor::nansum(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::nansum(*this, dim, keepdim, dtype);
}
Tensor Tensor::nanmean(OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::nanmean(*this, dim, keepdim, dtype);
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
Tensor max(const Tensor& self) { return ops::extreme<ops::Fold::kMax>("max", self, {}, false, true); }
Tensor min(const Tensor& self) { return ops::extreme<ops::Fold::kMin>("min", self, {}, false, true); }
std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::extreme_with_index<ops::Fold::kMax>(self, dim, keepdim);
}
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::extreme_with_index<ops::Fold::kMin>(self, dim, keepdim);
}
std::tuple<Tensor, Tensor> aminmax(const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
    const IntArrayRef dims = dim ? IntArrayRef(*dim) : IntArrayRef();
    return {ops::extreme<ops::Fold::kMin>("aminmax", self, dims, keepdim),
            ops::extreme<ops::Fold::kMax>("aminmax", self, dims, keepdim)};
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
std::tuple<Tensor, Tensor> Tensor::aminmax(std::optional<std::int64_t> dim, bool keepdim) const {
    return xgrad::aminmax(*this, dim, keepdim);
}
Tensor Tensor::argmax(std::optional<std::int64_t> dim, bool keepdim) const {
    return xgrad::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(std::optional<std::int64_t> dim, bool keepdim) const {
    return xgrad::argmin(*this, dim, keepdim);
}

}  // namespace xgrad
