#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/loss/loss.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>

namespace xgrad {

using detail::shape_string;

namespace ops {

namespace {

void check_rows_of_classes(const char* name, const Tensor& input) {
    check_classes(name, input, {});
    if (input.dim() > 2 || input.size(-1) == 0)
        raise<ShapeError>(name, "Expected non-empty vector or matrix with optional 0-dim batch size, but got: ",
                          shape_string(input.sizes()));
}

/// The sum over labels t and other classes c of max(0, 1 - x_t + x_c) / C, for each row. It is piecewise linear: the
/// slopes are a second result, counted while the losses are, and the gradient of any order comes from them.
struct MultilabelMargin {
    static constexpr const char* name = "multilabel_margin_loss";
    static constexpr Uses uses[] = {out(1), kNothing};
    static constexpr unsigned differentiable = 1;

    std::array<Tensor, 2> forward(const Tensor& input, const Tensor& target) const {
        check_rows_of_classes(name, input);
        if (target.sizes() != input.sizes())
            raise<ShapeError>(name, "inconsistent target size: an input of shape ", shape_string(input.sizes()),
                              " needs the same, got ", shape_string(target.sizes()));
        check_range(name, target, input.size(-1), -1);
        const Tensor x = input.contiguous(), labels = target.contiguous(), slopes = empty_like(x);
        detail::Dims sizes = x.sizes();
        sizes.erase(sizes.size() - 1);
        Tensor losses = empty(sizes, x.dtype());
        const std::int64_t n = x.size(-1);
        visit_floating(x.dtype(), [&](auto v) {
            using T = decltype(v);
            detail::parallel_for(0, losses.numel(), kGrain / (n * n), [&](std::int64_t begin, std::int64_t end) {
                detail::PoolVector<unsigned char> is_label(static_cast<std::size_t>(n));
                for (; begin < end; ++begin)
                    losses.data_ptr<T>()[begin] =
                        row(x.data_ptr<T>() + begin * n, labels.data_ptr<std::int64_t>() + begin * n,
                            slopes.data_ptr<T>() + begin * n, n, is_label);
            });
        });
        return {losses, slopes};
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().unsqueeze(-1) * saved_constant(b, 1)); }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> t, std::span<const Tensor> y) const {
        return (t[0] * y[1]).sum(-1);
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_rows(*this, x, dims);
    }

  private:
    template <class T>
    static T row(const T* x, const std::int64_t* labels, T* slopes, std::int64_t n,
                 detail::PoolVector<unsigned char>& is_label) {
        const std::int64_t* last = std::find(labels, labels + n, -1);
        std::fill(is_label.begin(), is_label.end(), 0);
        for (const std::int64_t* t = labels; t != last; ++t) is_label[static_cast<std::size_t>(*t)] = 1;
        std::fill(slopes, slopes + n, T(0));
        T sum = 0;
        for (const std::int64_t* t = labels; t != last; ++t)
            for (std::int64_t c = 0; c < n; ++c) {
                const T excess = 1 - x[*t] + x[c];
                if (is_label[static_cast<std::size_t>(c)] || excess <= 0) continue;  // NaN counts
                sum += excess;
                slopes[*t] -= 1;
                slopes[c] += 1;
            }
        for (std::int64_t c = 0; c < n; ++c) slopes[c] /= static_cast<T>(n);
        return sum / static_cast<T>(n);
    }
};

using MarginLosses = Family<MultilabelMargin>;

}  // namespace

std::vector<OpInfo> margin_loss_operations() { return MarginLosses::table(); }

}  // namespace ops

Tensor multilabel_margin_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
    using Op = ops::MultilabelMargin;
    const Tensor labels = ops::class_indices(Op::name, target);
    return ops::reduce_losses(ops::MarginLosses::apply(Op{}, self, labels)[0], reduction);
}

Tensor multi_margin_loss(const Tensor& self, const Tensor& target, const Scalar& p, const Scalar& margin,
                         const std::optional<Tensor>& weight, Reduction reduction) {
    constexpr const char* name = "multi_margin_loss";
    if (p.to_double() != 1 && p.to_double() != 2)
        raise<ValueError>(name, "only p == 1 and p == 2 supported, got ", p.to_double());
    ops::check_rows_of_classes(name, self);
    const Tensor x = self.dim() == 1 ? self.unsqueeze(0) : self, labels = ops::class_indices(name, target);
    if (labels.dim() > 1 || labels.numel() != x.size(0))
        raise<ShapeError>(name, "inconsistent target size: an input of shape ", shape_string(self.sizes()), " needs ",
                          x.size(0), " targets, got the shape ", shape_string(target.sizes()));
    ops::check_classes(name, x, weight.value_or(Tensor()));
    ops::check_range(name, labels, x.size(1), std::nullopt);

    const Tensor own = labels.reshape({-1, 1}), others = arange(x.size(1), kInt64) != own;
    Tensor excess = where(others, x - x.gather(1, own) + margin, 0).relu();
    if (p.to_double() == 2) excess = excess.square();
    if (weight && weight->defined()) excess = excess * weight->index_select(0, own.flatten()).unsqueeze(1);
    return ops::reduce_losses(excess.mean(1).reshape(labels.sizes()), reduction);
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin,
                             Reduction reduction) {
    constexpr const char* name = "cosine_embedding_loss";
    const std::int64_t dim = target.dim();
    if (dim > 1)
        raise<ShapeError>(name, "0D or 1D target tensor expected, multi-target not supported; got the shape ",
                          shape_string(target.sizes()));
    if (input1.dim() != dim + 1 || input2.dim() != dim + 1)
        raise<ShapeError>(name, dim, "D target tensor expects ", dim + 1,
                          "D input tensors, but found inputs with sizes ", input1.sizes(), " and ", input2.sizes());
    constexpr double kEps = 1e-12;
    const auto sum = [&](const Tensor& products) { return products.sum(dim); };
    const Tensor lengths = ((sum(input1.square()) + kEps) * (sum(input2.square()) + kEps)).sqrt();
    const Tensor cosine = sum(input1 * input2) / lengths;
    const Tensor together = where(target == 1, 1 - cosine, 0),
                 apart = where(target == -1, (cosine - margin).clamp_min(0), 0);
    return ops::reduce_losses(together + apart, reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin,
                           double p, double eps, bool swap, Reduction reduction) {
    if (anchor.dim() != positive.dim() || positive.dim() != negative.dim())
        raise<ShapeError>("triplet_margin_loss",
                          "The anchor, positive, and negative tensors are expected to have the same number of "
                          "dimensions, but got: anchor ",
                          anchor.dim(), "D, positive ", positive.dim(), "D, and negative ", negative.dim(),
                          "D inputs: All inputs should have same dimension");
    const Tensor near = pairwise_distance(anchor, positive, p, eps);
    Tensor far = pairwise_distance(anchor, negative, p, eps);
    if (swap) far = minimum(far, pairwise_distance(positive, negative, p, eps));
    return ops::reduce_losses((near - far + margin).clamp_min(0), reduction);
}

}  // namespace xgrad
