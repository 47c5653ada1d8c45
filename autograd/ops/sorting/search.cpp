#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/promotion.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad {

using detail::shape_string;

namespace ops {

namespace {

/// By bisection, without branches that depend on the numbers; behind whatever does not compare, as PyTorch does it.
template <bool right, class T>
std::int64_t insertion_place(const T* sorted, std::int64_t n, T value) {
    const auto before = [value](T x) { return right ? !(x > value) : !(x >= value); };
    const T* begin = sorted;
    for (; n > 1; n -= n / 2) begin += before(begin[n / 2 - 1]) * (n / 2);
    return begin - sorted + (n == 1 && before(*begin));
}

/// Inputs of one dtype; the sequences are one, or one for each line of the values.
struct SearchSorted {
    static constexpr const char* name = "searchsorted";
    static constexpr Uses uses[] = {kNothing, kNothing};
    static constexpr unsigned differentiable = 0;

    bool right;
    ScalarType result;

    Tensor forward(const Tensor& sequences, const Tensor& values) const {
        const Tensor sorted = sequences.contiguous(), x = values.contiguous();
        Tensor out = empty(x.sizes(), kInt64);
        const std::int64_t n = sorted.size(-1), line = sorted.dim() > 1 ? x.size(-1) : 0;
        auto* place = out.data_ptr<std::int64_t>();
        visit_dtype(x.dtype(), [&](auto element) {
            using T = decltype(element);
            const auto *from = sorted.data_ptr<T>(), *value = x.data_ptr<T>();
            const auto find = right ? insertion_place<true, T> : insertion_place<false, T>;
            detail::parallel_for(0, x.numel(), kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    place[i] = find(from + (line ? i / line * n : 0), n, value[i]);
            });
        });
        return out.to(result);
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        if (dims[0] < 0 && x[0].dim() == 1) return {detail_op::apply(*this, x[0], x[1].movedim(dims[1], 0)), 0};
        const TensorList in = batches_first(x, dims);
        if (in[0].dim() > 2) return {detail_op::apply(*this, in[0], in[1]), 0};
        const Tensor lines = in[1].unsqueeze(-1).flatten(1);  // one for each sequence
        return {detail_op::apply(*this, in[0], lines).view(in[1].sizes()), 0};
    }
};

/// How many elements lie in each of `bins` parts of [low, high]; the last part holds its end.
struct Histogram {
    static constexpr const char* name = "histc";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    std::int64_t bins;
    double low, high;

    Tensor forward(const Tensor& x) const {
        const Tensor values = x.contiguous();
        Tensor counts = zeros({bins}, kInt64);
        auto* count = counts.data_ptr<std::int64_t>();
        visit_dtype(x.dtype(), [&](auto element) {
            using T = decltype(element);
            if constexpr (std::is_floating_point_v<T>) {
                const auto* value = values.data_ptr<T>();
                const T from = static_cast<T>(low), to = static_cast<T>(high);
                for (std::int64_t i = 0; i < values.numel(); ++i) {
                    if (!(value[i] >= from && value[i] <= to)) continue;
                    // Not a number where the range overflows.
                    const T bin = (value[i] - from) * static_cast<T>(bins) / (to - from);
                    ++count[bin < static_cast<T>(bins) ? static_cast<std::int64_t>(bin) : bins - 1];
                }
            }
        });
        return counts.to(x.dtype());
    }
    void vjp(Vjp&) const {}
};

using Searches = Family<SearchSorted, Histogram>;

/// The sequence in order: sorted by the positions in `sorter`.
Tensor in_order(const Tensor& sequence, const std::optional<Tensor>& sorter) {
    if (!sorter || !sorter->defined()) return sequence;
    if (sorter->sizes() != sequence.sizes())
        raise<ShapeError>(SearchSorted::name, "boundary and sorter must have the same size, but got boundary tensor ",
                          shape_string(sequence.sizes()), " and got sorter tensor ", shape_string(sorter->sizes()));
    if (sorter->dtype() != kInt64)
        raise<DtypeError>(SearchSorted::name, "sorter must be a tensor of long dtype but got dtype ", sorter->dtype());
    return sequence.gather(-1, *sorter);
}

void check_sequence(const char* name, const Tensor& sequence, const Tensor& values) {
    const std::int64_t rank = sequence.dim();
    bool fits = rank == 1 || (rank > 1 && rank == values.dim());
    for (std::int64_t d = 0; fits && rank > 1 && d < rank - 1; ++d) fits = sequence.size(d) == values.size(d);
    if (!fits)
        raise<ShapeError>(name,
                          "boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
                          "and input value tensor must match, but we got boundaries tensor ",
                          shape_string(sequence.sizes()), " and input value tensor ", shape_string(values.sizes()));
}

Tensor search(const char* name, const Tensor& sequence, const Tensor& values, bool out_int32, bool right,
              const std::optional<Tensor>& sorter) {
    check_sequence(name, sequence, values);
    if (out_int32 && sequence.size(-1) > std::numeric_limits<std::int32_t>::max())
        raise<ValueError>(name, "the size of boundaries' last dimension should be less than 2^31 with out_int32, got ",
                          sequence.size(-1));
    const ScalarType common = result_type(sequence, values);
    return Searches::apply(SearchSorted{right, out_int32 ? kInt32 : kInt64}, in_order(sequence, sorter).to(common),
                           values.to(common));
}

/// `right`, or what `side` says.
bool to_the_right(bool right, std::optional<std::string_view> side) {
    constexpr const char* name = SearchSorted::name;
    if (!side) return right;
    if (*side != "left" && *side != "right")
        raise<ValueError>(name, "side can only be 'left' or 'right' but got ", *side);
    if (right && *side == "left")
        raise<ValueError>(name, "side and right can't be set to opposites, got side of left while right was True");
    return *side == "right";
}

/// The limits of a histogram: those given or, if they are equal, those of the elements.
std::pair<double, double> histogram_range(const Tensor& x, double low, double high) {
    constexpr const char* name = Histogram::name;
    if (low == high && x.numel() > 0) {
        low = x.min().item<double>();
        high = x.max().item<double>();
    }
    if (low == high) {
        low -= 1;
        high += 1;
    }
    if (!std::isfinite(low) || !std::isfinite(high))
        raise<ValueError>(name, "range of [", low, ", ", high, "] is not finite");
    if (low > high) raise<ValueError>(name, "max must be larger than min, got min ", low, " and max ", high);
    return {low, high};
}

}  // namespace

std::vector<OpInfo> search_operations() { return Searches::table(); }

}  // namespace ops

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& self, bool out_int32, bool right,
                    std::optional<std::string_view> side, const std::optional<Tensor>& sorter) {
    ops::check_defined("searchsorted", sorted_sequence);
    ops::check_defined("searchsorted", self);
    return ops::search("searchsorted", sorted_sequence, self, out_int32, ops::to_the_right(right, side), sorter);
}
Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& self, bool out_int32, bool right,
                    std::optional<std::string_view> side, const std::optional<Tensor>& sorter) {
    ops::check_defined("searchsorted", sorted_sequence);
    return searchsorted(sorted_sequence, ops::number_operand(sorted_sequence, self), out_int32, right, side, sorter);
}

Tensor bucketize(const Tensor& self, const Tensor& boundaries, bool out_int32, bool right) {
    ops::check_defined("bucketize", self);
    ops::check_defined("bucketize", boundaries);
    if (boundaries.dim() != 1)
        raise<ShapeError>("bucketize", "boundaries tensor must be 1 dimension, but got dim(", boundaries.dim(), ")");
    return ops::search("bucketize", boundaries, self, out_int32, right, std::nullopt);
}
Tensor bucketize(const Scalar& self, const Tensor& boundaries, bool out_int32, bool right) {
    ops::check_defined("bucketize", boundaries);
    return bucketize(ops::number_operand(boundaries, self), boundaries, out_int32, right);
}

Tensor bincount(const Tensor& self, const std::optional<Tensor>& weights, std::int64_t minlength) {
    constexpr const char* name = "bincount";
    ops::check_defined(name, self);
    if (minlength < 0) raise<ValueError>(name, "minlength should be >= 0, got ", minlength);
    if (self.dim() != 1 || !is_integral(self.dtype()))
        raise(name, "only supports 1-d non-negative integral inputs, got ", self.dtype(), ' ',
              shape_string(self.sizes()));
    const bool weighted = weights && weights->defined();
    if (weighted && weights->sizes() != self.sizes())
        raise<ShapeError>(name, "weights should be 1-d and have the same length as input, got shape ",
                          shape_string(weights->sizes()), " for ", self.numel(), " elements");
    const ScalarType dtype = !weighted ? kInt64 : weights->dtype() == kFloat32 ? kFloat32 : kFloat64;
    if (self.numel() == 0) return zeros({minlength}, kInt64);
    if (const auto smallest = self.min().item<std::int64_t>(); smallest < 0)
        raise<ValueError>(name, "only supports 1-d non-negative integral inputs, got ", smallest);
    const NoGradGuard constant;
    const std::int64_t size = std::max(minlength, self.max().item<std::int64_t>() + 1);
    const Tensor terms = weighted ? weights->to(dtype) : ones({}, dtype).expand(self.sizes());
    return zeros({size}, dtype).index_add_(0, self.to(kInt64), terms);
}

Tensor histc(const Tensor& self, std::int64_t bins, const Scalar& min, const Scalar& max) {
    constexpr const char* name = ops::Histogram::name;
    ops::check_defined(name, self);
    if (bins <= 0) raise<ValueError>(name, "bins must be > 0, got ", bins);
    if (!self.is_floating_point()) raise<DtypeError>(name, "takes floating-point tensors, got ", self.dtype());
    const auto [low, high] = ops::histogram_range(self, min.to_double(), max.to_double());
    return ops::Searches::apply(ops::Histogram{bins, low, high}, self);
}

Tensor Tensor::bincount(const std::optional<Tensor>& weights, std::int64_t minlength) const {
    return xgrad::bincount(*this, weights, minlength);
}
Tensor Tensor::histc(std::int64_t bins, const Scalar& min, const Scalar& max) const {
    return xgrad::histc(*this, bins, min, max);
}

}  // namespace xgrad
