#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/blocks.h>
#include <xgrad/autograd/ops/convolution/fold.h>

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

template <Fold kind, class T>
void run_line(const T* x, std::int64_t n, std::int64_t step, T* best, std::int64_t* index) {
    T so_far = x[0];
    std::int64_t at = 0;
    for (std::int64_t k = 0; k < n; ++k) {
        const bool better = takes<kind>(x[k * step], so_far);
        so_far = better ? x[k * step] : so_far;
        at = better ? k : at;
        best[k * step] = so_far;
        index[k * step] = at;
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
        const Blocks blocks(x, dim);
        visit_dtype(x.dtype(), [&](auto type) {
            using T = decltype(type);
            const T* in = source.data_ptr<T>();
            T* out = best.data_ptr<T>();
            std::int64_t* at = index.data_ptr<std::int64_t>();
            blocks.for_each_strip([&](std::int64_t from, std::int64_t width) {
                if (width == 1)
                    run_line<kind>(in + from, blocks.n, blocks.inner, out + from, at + from);
                else
                    run_columns<kind>(in + from, blocks.n, blocks.inner, width, out + from, at + from);
            });
        });
        return {best, index};
    }
    void vjp(Vjp& b) const {
        const TensorMeta& meta = b.meta(0);
        if (meta.sizes.empty()) return b.set(0, b.grad());
        b.set(0, scatter_add(zeros(meta.sizes, meta.dtype), dim, b.output(1), b.grad()));
    }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, std::span<const Tensor> outputs) const {
        return tangents[0].gather(dim, outputs[1]);
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
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
