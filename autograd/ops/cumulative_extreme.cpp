#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/fold.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad {

namespace ops {

namespace {

/// Whether `x` takes the place of the `best` so far: equals do, and NaN does and stays.
template <Fold kind, class T>
bool takes(T x, T best) {
    if (x != x) return true;
    if (best != best) return false;
    return kind == Fold::kMax ? x >= best : x <= best;
}

/// Rows of `width` columns: each is the better of its own elements and of the row before.
template <Fold kind, class T>
void run_columns(const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, T* best, std::int64_t* index) {
    std::copy_n(x, width, best);
    std::fill_n(index, width, 0);
    for (std::int64_t k = 1; k < n; ++k) {
        x += inner;
        for (std::int64_t j = 0; j < width; ++j) {
            const bool better = takes<kind>(x[j], best[j]);
            best[inner + j] = better ? x[j] : best[j];
            index[inner + j] = better ? k : index[j];
        }
        best += inner;
        index += inner;
    }
}

/// The extreme so far along one dimension and where it stands last; that element gets the gradient.
template <Fold kind>
struct CumulativeExtreme {
    static constexpr const char* name = kind == Fold::kMax ? "cummax" : "cummin";
    static constexpr Uses uses[] = {out(1)};
    static constexpr unsigned differentiable = 1;

    std::int64_t dim;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const Tensor source = x.contiguous(), best = empty_like(source), index = empty(x.sizes(), kInt64);
        std::int64_t outer = 1, n = 1, inner = 1;
        for (std::int64_t d = 0; d < x.dim(); ++d) (d < dim ? outer : d == dim ? n : inner) *= x.size(d);
        if (x.numel() == 0) return {best, index};
        const std::int64_t width = std::min<std::int64_t>(inner, 512), strips = (inner + width - 1) / width;
        visit_dtype(x.dtype(), [&](auto type) {
            using T = decltype(type);
            const auto run = [&](std::int64_t unit) {
                const std::int64_t first = unit % strips * width, at = unit / strips * n * inner + first;
                run_columns<kind>(source.data_ptr<T>() + at, n, inner, std::min(width, inner - first),
                                  best.data_ptr<T>() + at, index.data_ptr<std::int64_t>() + at);
            };
            detail::parallel_for(0, outer * strips, std::max<std::int64_t>(kGrain / (n * width), 1),
                                 [&](std::int64_t b, std::int64_t e) {
                                     for (; b < e; ++b) run(b);
                                 });
        });
        return {best, index};
    }
    void vjp(Vjp& b) const {
        const TensorMeta& meta = b.meta(0);
        if (meta.sizes.empty()) return b.set(0, b.grad());
        b.set(0, scatter_add(zeros(meta.sizes, meta.dtype), dim, b.output(1), b.grad()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor&) const {
        if (x[0].dim() == 0) return tangents[0];
        const Tensor index = std::get<1>(kind == Fold::kMax ? cummax(x[0], dim) : cummin(x[0], dim));
        return tangents[0].gather(dim, index);
    }
};

using CumulativeExtremes = Family<CumulativeExtreme<Fold::kMax>, CumulativeExtreme<Fold::kMin>>;

template <Fold kind>
std::tuple<Tensor, Tensor> cumulative_extreme(const Tensor& x, std::int64_t dim) {
    using Op = CumulativeExtreme<kind>;
    auto [values, index] = CumulativeExtremes::apply(Op{detail::wrap_dim(dim, x.dim(), Op::name)}, x);
    return {std::move(values), std::move(index)};
}

}  // namespace

std::vector<OpInfo> cumulative_extreme_operations() { return CumulativeExtremes::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor> cummax(const Tensor& self, std::int64_t dim) {
    return ops::cumulative_extreme<ops::Fold::kMax>(self, dim);
}
std::tuple<Tensor, Tensor> cummin(const Tensor& self, std::int64_t dim) {
    return ops::cumulative_extreme<ops::Fold::kMin>(self, dim);
}
std::tuple<Tensor, Tensor> Tensor::cummax(std::int64_t dim) const { return xgrad::cummax(*this, dim); }
std::tuple<Tensor, Tensor> Tensor::cummin(std::int64_t dim) const { return xgrad::cummin(*this, dim); }

}  // namespace xgrad
