#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/gather.h>
#include <xgrad/autograd/ops/indexing/index.h>
#include <xgrad/autograd/ops/sorting/order.h>

#include <limits>

namespace xgrad {

using detail::wrap_dim;

namespace ops {

namespace {

enum class Reduce { kSum, kProd, kMean, kAmax, kAmin };

Reduce reduce_named(const char* operation, std::string_view name, bool with_sum) {
    if (name == "sum" && with_sum) return Reduce::kSum;
    if (name == "prod") return Reduce::kProd;
    if (name == "mean") return Reduce::kMean;
    if (name == "amax") return Reduce::kAmax;
    if (name == "amin") return Reduce::kAmin;
    raise<ValueError>(operation, "reduce argument must be ", with_sum ? "either sum, " : "",
                      "prod, mean, amax or amin, got ", name);
}

template <Reduce reduce, class T>
T first_operand() {
    using Limits = std::numeric_limits<T>;
    if constexpr (reduce == Reduce::kProd)
        return T(1);
    else if constexpr (std::is_floating_point_v<T>)
        return reduce == Reduce::kAmax ? -Limits::infinity() : Limits::infinity();
    else
        return reduce == Reduce::kAmax ? Limits::lowest() : Limits::max();
}
/// A NaN stays. Chosen by position: as good as random, a branch would be guessed wrong.
template <Reduce reduce, class T>
T combined(T a, T b) {
    if constexpr (reduce == Reduce::kProd) return static_cast<T>(a * b);
    const T both[] = {a, b};
    return both[(reduce == Reduce::kAmax ? b > a : b < a) | is_nan(b)];
}

template <Reduce reduce>
void reduce_lines(const Lines& lines, const Tensor& self, const Tensor& values, bool include_self) {
    visit_dtype(self.dtype(), [&](auto element) {
        using T = decltype(element);
        auto* target = self.data_ptr<T>();
        const auto* from = values.data_ptr<T>();
        if (!include_self)
            lines.for_each_in_order([=](std::int64_t at, std::int64_t) { target[at] = first_operand<reduce, T>(); });
        lines.for_each_in_order(
            [=](std::int64_t at, std::int64_t i) { target[at] = combined<reduce>(target[at], from[i]); });
    });
}

/// A product or an extreme of all that is scattered to a place and, with `include_self`, of what is there.
struct ScatterReduce {
    static constexpr Uses kAll = in(0) | in(1) | in(2) | out();
    static constexpr const char* name = "scatter_reduce";
    static constexpr Uses uses[] = {kAll, kNothing, kAll};

    std::int64_t dim;
    Reduce reduce;
    bool include_self;

    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
        const Tensor positions = apart_from(self, index), values = apart_from(self, source);
        check_positions(name, positions, dim, self.size(dim));
        const Lines lines(self, positions, dim);
        const auto run = reduce == Reduce::kProd   ? reduce_lines<Reduce::kProd>
                         : reduce == Reduce::kAmax ? reduce_lines<Reduce::kAmax>
                                                   : reduce_lines<Reduce::kAmin>;
        run(lines, self, values, include_self);
    }
    void vjp(Vjp& b) const {
        const Tensor self = b.input(0), index = b.input(1), source = b.input(2);
        if (reduce == Reduce::kProd)
            product_vjp(b, self, index, source);
        else
            extreme_vjp(b, self, index, source);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {detail_op::apply(ScatterReduce{dim + 1, reduce, include_self}, in[0], in[1], in[2]), 0};
    }

  private:
    Tensor again(const Tensor& self, const Tensor& index, const Tensor& source) const {
        return detail_op::apply(*this, self, index, source);
    }
    Tensor without_self(const Tensor& grad, const Tensor& index) const {
        return include_self ? grad : scatter(grad, dim, index, 0);
    }

    /// The product of the other factors: by division, but by multiplication where a factor is the only zero of its
    /// place. Of several zeros none has a gradient, though that of the gradient would be another matter.
    void product_vjp(Vjp& b, const Tensor& self, const Tensor& index, const Tensor& source) const {
        const Tensor grad = b.grad();
        if (b.needs(0)) {
            const Tensor factor = self.masked_fill(self == 0, 1);
            b.set(0, without_self(grad * again(factor, index, source) / factor, index));
        }
        if (!b.needs(2)) return;
        const Tensor zero = source == 0;
        const Tensor zeros_there =
            scatter_add(zeros(self.sizes(), kInt64), dim, index, zero.to(kInt64)).gather(dim, index);
        const Tensor several = zero & (zeros_there > 1);
        if (GradMode::is_enabled() && detail::innermost(several).any().item<bool>())
            raise<NotImplementedError>(name,
                                       "the second derivative of a product with more than one zero in src scattered "
                                       "to the same place is not implemented");
        const Tensor only_zero = zero & (zeros_there == 1);
        const Tensor others = again(self, index, source.masked_fill(only_zero, 1));
        b.set(2, where(only_zero, (grad * others).gather(dim, index),
                       (grad * b.output()).gather(dim, index) / source.masked_fill(zero, 1)));
    }

    /// Ties share.
    void extreme_vjp(Vjp& b, const Tensor& self, const Tensor& index, const Tensor& source) const {
        const Tensor y = b.output();
        const Tensor own = without_self((self == y).to(self.dtype()), index);
        const Tensor theirs = (source == y.gather(dim, index)).to(self.dtype());
        const Tensor share = b.grad() / scatter_add(own, dim, index, theirs);
        if (b.needs(0)) b.set(0, own * share);
        if (b.needs(2)) b.set(2, theirs * share.gather(dim, index));
    }
};

using ScatterReductions = Family<ScatterReduce>;

/// How many elements the mean at each place is of: 1 where there are none.
Tensor counts(const Tensor& self, std::int64_t dim, const Tensor& index, bool include_self) {
    const NoGradGuard constant;
    const Tensor one = ones({}, self.dtype());
    const Tensor own = include_self ? ones_like(self) : scatter(ones_like(self), dim, index, 0);
    return scatter_add(own, dim, index, one.expand(index.sizes())).clamp_min(1);
}

struct ReduceArguments {
    Reduce reduce;
    std::int64_t dim;
    Tensor source;
};

ReduceArguments reduce_arguments(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                                 std::string_view reduce) {
    constexpr const char* name = ScatterReduce::name;
    check_defined(name, self);
    const Reduce kind = reduce_named(name, reduce, true);
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    ReduceArguments out{kind, d, scatter_source(name, self, d, index, source)};
    if (index.numel() > 0) check_positions(name, index.contiguous(), d, self.dim() ? self.size(d) : 1);
    return out;
}

/// The index of index_reduce for scatter_reduce.
Tensor index_of_slices(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                       std::string_view reduce) {
    constexpr const char* name = "index_reduce";
    check_defined(name, self);
    check_defined(name, source);
    reduce_named(name, reduce, false);
    const Tensor vector = index_vector(name, index);
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    check_source_dtype(name, self, source);
    detail::Dims expected = self.sizes(), column(self.sizes().size(), 1);
    if (self.dim() == 0) return vector.view({});
    expected[static_cast<std::size_t>(d)] = column[static_cast<std::size_t>(d)] = vector.numel();
    if (source.sizes() != IntArrayRef(expected))
        raise<ShapeError>(name, "source of shape ", detail::shape_string(source.sizes()), " must have the shape ",
                          detail::shape_string(expected), ": that of self ", detail::shape_string(self.sizes()),
                          " with ", vector.numel(), " indices along dimension ", d);
    check_positions(name, vector.contiguous(), d, self.size(d));
    return vector.view(column).expand(expected);
}

}  // namespace

std::vector<OpInfo> scatter_reduce_operations() { return ScatterReductions::table(); }

}  // namespace ops

Tensor scatter_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                      std::string_view reduce, bool include_self) {
    const auto [kind, d, source] = ops::reduce_arguments(self, dim, index, src, reduce);
    if (index.numel() == 0) return self.clone();
    if (kind == ops::Reduce::kSum || kind == ops::Reduce::kMean) {
        Tensor sum = scatter_add(include_self ? self : scatter(self, d, index, 0), d, index, source);
        if (kind == ops::Reduce::kSum) return sum;
        const Tensor count = ops::counts(self, d, index, include_self);
        return self.is_floating_point() ? sum / count : sum.div(count, "floor");
    }
    const Tensor out = ops::ScatterReductions::apply(ops::ScatterReduce{d, kind, include_self}, ops::at_least_1d(self),
                                                     ops::at_least_1d(index), source);
    return self.dim() == 0 ? out.view({}) : out;
}

Tensor& Tensor::scatter_reduce_(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                                bool include_self) {
    const auto [kind, d, source] = ops::reduce_arguments(*this, dim, index, src, reduce);
    if (index.numel() == 0) return *this;
    if (kind == ops::Reduce::kSum || kind == ops::Reduce::kMean) {
        const Tensor places = index.is_alias_of(*this) ? index.clone() : index;
        const Tensor terms = source.is_alias_of(*this) ? source.clone() : source;
        if (!include_self) scatter_(d, places, 0);
        scatter_add_(d, places, terms);
        if (kind == ops::Reduce::kSum) return *this;
        const Tensor count = ops::counts(*this, d, places, include_self);
        return is_floating_point() ? div_(count) : div_(count, "floor");
    }
    const ops::ScatterReduce op{d, kind, include_self};
    if (this->dim() > 0) return ops::ScatterReductions::apply_inplace(op, *this, index, source);
    Tensor target = view({1});
    ops::ScatterReductions::apply_inplace(op, target, ops::at_least_1d(index), source);
    return *this;
}

Tensor index_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self) {
    const Tensor places = ops::index_of_slices(self, dim, index, source, reduce);
    return scatter_reduce(self, dim, places, source.reshape(places.sizes()), reduce, include_self);
}
Tensor& Tensor::index_reduce_(std::int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                              bool include_self) {
    const Tensor places = ops::index_of_slices(*this, dim, index, source, reduce);
    return scatter_reduce_(dim, places, source.reshape(places.sizes()), reduce, include_self);
}

Tensor Tensor::scatter_reduce(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                              bool include_self) const {
    return xgrad::scatter_reduce(*this, dim, index, src, reduce, include_self);
}
Tensor Tensor::index_reduce(std::int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                            bool include_self) const {
    return xgrad::index_reduce(*this, dim, index, source, reduce, include_self);
}

}  // namespace xgrad
