#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/convolution/fold.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/loss/loss.h>
#include <xgrad/autograd/ops/normalization/softmax.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

void check_classes(const char* name, const Tensor& input, const Tensor& weight) {
    if (!input.is_floating_point())
        raise<DtypeError>(name, "needs an input of floating point dtype, got ", input.dtype());
    if (input.dim() == 0) raise<ShapeError>(name, "expects an input with a dimension of classes, got a 0-dim tensor");
    const std::int64_t classes = input.size(class_dim(input));
    if (!weight.defined()) return;
    if (weight.dim() != 1 || weight.numel() != classes)
        raise<ShapeError>(name, "weight tensor should be defined either for all ", classes,
                          " classes or no classes but got weight tensor of shape: ", weight.sizes());
    if (weight.dtype() != input.dtype())
        raise<DtypeError>(name, "expected a weight of dtype ", input.dtype(), " but found ", weight.dtype());
}

Tensor class_indices(const char* name, const Tensor& target) {
    if (target.dtype() != kInt64 && target.dtype() != kUInt8)
        raise<DtypeError>(name, "expected a target of class indices of dtype Long but found ", target.dtype());
    return target.to(kInt64);
}

void check_range(const char* name, const Tensor& target, std::int64_t classes, std::optional<std::int64_t> ignored) {
    const Tensor plain = detail::innermost(target).contiguous();
    const std::int64_t* t = plain.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < plain.numel(); ++i) {
        if ((t[i] >= 0 && t[i] < classes) || t[i] == ignored) continue;
        if (ignored)
            raise<IndexError>(name, "Target ", t[i], " is out of bounds: there are ", classes,
                              " classes, and the target to ignore is ", *ignored);
        raise<IndexError>(name, "Target ", t[i], " is out of bounds: there are ", classes, " classes");
    }
}

Tensor saved_constant(const Vjp& b, unsigned k) {
    const NoGradGuard constant;
    return b.output(k);
}

namespace {

/// What losses over classes have in common. `weight`, one number for each class, may be undefined.
struct ClassLoss {
    Tensor weight;
    Reduction reduction;
    std::int64_t ignore_index;
};

/// Checks that `target` has the shape of the classes of `input`.
void check_shape(const char* name, const Tensor& input, const Tensor& target) {
    Dims expected = input.sizes();
    expected.erase(static_cast<std::size_t>(class_dim(input)));
    if (target.sizes() == IntArrayRef(expected)) return;
    raise<ShapeError>(name, "an input of shape ", shape_string(input.sizes()), " needs a target of shape ",
                      shape_string(expected), ", got ", shape_string(target.sizes()));
}

/// Checks that `target` (int64) holds the classes of `input`.
void check_indices(const char* name, const Tensor& input, const Tensor& target, std::int64_t ignored) {
    check_shape(name, input, target);
    check_range(name, target, input.size(class_dim(input)), ignored);
}

/// The weight of each target: that of its class, 0 where it is ignored.
Tensor target_weights(const Tensor& target, const ClassLoss& loss, ScalarType dtype) {
    const Tensor plain = target.contiguous();
    Tensor out = empty(target.sizes(), dtype);
    const Tensor weight = loss.weight.defined() ? loss.weight.contiguous() : Tensor();
    const std::int64_t* t = plain.data_ptr<std::int64_t>();
    visit_floating(dtype, [&](auto v) {
        using T = decltype(v);
        T* w = out.data_ptr<T>();
        const T* of_class = weight.defined() ? weight.data_ptr<T>() : nullptr;
        for (std::int64_t i = 0; i < out.numel(); ++i)
            w[i] = t[i] == loss.ignore_index ? T(0) : of_class ? of_class[t[i]] : T(1);
    });
    return out;
}

/// Weighs the losses (of float32 or float64), in place, and reduces them: the result, and its derivative with respect
/// to each loss before (that of element i without a reduction).
std::array<Tensor, 2> weigh(const Tensor& losses, const Tensor& target, const ClassLoss& loss) {
    const Tensor scale = target_weights(target, loss, losses.dtype());
    const Reduced all{~std::uint64_t{0}, {}};
    Tensor result = losses;
    visit_floating(losses.dtype(), [&](auto v) {
        using T = decltype(v);
        T* each = losses.data_ptr<T>();
        T* w = scale.data_ptr<T>();
        const std::int64_t n = losses.numel();
        for (std::int64_t i = 0; i < n; ++i) each[i] *= w[i];
        if (loss.reduction == Reduction::None) return;
        result = fold(Fold::kSum, losses, all);
        if (loss.reduction == Reduction::Sum) return;
        const T total = *fold(Fold::kSum, scale, all).template data_ptr<T>();
        *result.data_ptr<T>() /= total;  // NaN when there is nothing to average; the gradient is 0 then
        for (std::int64_t i = 0; i < n && total != 0; ++i) w[i] /= total;
    });
    return {result, scale};
}

/// What `loss` makes of single losses and their weights (B, ...): for each of the B examples of vmap what `weigh`
/// returns.
std::tuple<Tensor, Tensor> reduce_examples(const Tensor& losses, const Tensor& weights, Reduction reduction) {
    if (reduction == Reduction::None) return {losses, weights};
    const auto sum = [](const Tensor& x) { return x.dim() > 1 ? x.flatten(1).sum(1) : x; };
    if (reduction == Reduction::Sum) return {sum(losses), weights};
    const Tensor total = sum(weights), none = total == 0, divisor = where(none, 1, total);
    Dims column(losses.sizes().size(), 1);
    column[0] = losses.size(0);
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    return {where(none, kNaN, sum(losses) / divisor), weights / divisor.view(column)};
}

/// vmap: the single losses of all examples at once, by the operation without a reduction; then that, for each example.
/// The loss is the first of its results, the weights are the last.
template <class Op>
auto batch_losses(const Op& op, std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    Op single = op;
    single.loss.reduction = Reduction::None;
    auto results = batch_rows(single, x, dims);
    Tensor &loss = results.front().value, &weights = results.back().value;
    std::tie(loss, weights) = reduce_examples(loss, weights, op.loss.reduction);
    return results;
}

/// Zeros of the shape `sizes` with `values` at the target classes. Values are 0 where the target is ignored.
Tensor at_targets(const Tensor& values, const Tensor& target, std::int64_t ignored, const Dims& sizes,
                  std::int64_t dim) {
    Tensor out = zeros(sizes, values.dtype());
    if (out.numel() == 0) return out;
    const Tensor index = where(target == ignored, 0, target);
    return scatter_add(out, dim, index.unsqueeze(dim), values.unsqueeze(dim));
}

/// -weight[t] x[t] of log-probabilities x.
struct NllLoss {
    static constexpr const char* name = "nll_loss";
    static constexpr Uses uses[] = {in(1) | out(1), kNothing};
    static constexpr unsigned differentiable = 1;

    ClassLoss loss;

    std::array<Tensor, 2> forward(const Tensor& input, const Tensor& target) const {
        check_classes(name, input, loss.weight);
        check_indices(name, input, target, loss.ignore_index);
        const Tensor x = input.contiguous(), classes = target.contiguous();
        const Tensor losses = empty(target.sizes(), x.dtype());
        const std::int64_t n = x.size(class_dim(x)), count = losses.numel();
        const std::int64_t inner = x.dim() > 1 && x.size(0) > 0 ? count / x.size(0) : 1;  // targets of one example
        const std::int64_t* t = classes.data_ptr<std::int64_t>();
        visit_floating(x.dtype(), [&](auto v) {
            using T = decltype(v);
            const T* p = x.data_ptr<T>();
            T* out = losses.data_ptr<T>();
            for (std::int64_t i = 0; i < count; ++i)
                out[i] = t[i] == loss.ignore_index ? T(0) : -p[(i / inner * n + t[i]) * inner + i % inner];
        });
        return weigh(losses, classes, loss);
    }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        const Tensor values = b.grad() * -saved_constant(b, 1);
        b.set(0, at_targets(values, b.input(1), loss.ignore_index, sizes, sizes.size() == 1 ? 0 : 1));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor>) const {
        return detail_op::apply(*this, t[0], x[1])[0];  // linear in the input
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_losses(*this, x, dims);
    }
};

/// Logits (N, C) and indices (N) in one pass. The outputs are the loss, the softmax of the logits (which the gradient
/// is computed from, to any order) and the scale of each row.
struct CrossEntropy {
    static constexpr const char* name = "cross_entropy";
    static constexpr Uses uses[] = {in(1) | out(1) | out(2), kNothing};
    static constexpr unsigned differentiable = 3;

    ClassLoss loss;

    std::array<Tensor, 3> forward(const Tensor& input, const Tensor& target) const {
        check_classes(name, input, loss.weight);
        check_indices(name, input, target, loss.ignore_index);
        const Tensor x = input.contiguous(), classes = target.contiguous();
        const Tensor probabilities = empty_like(x), losses = empty(target.sizes(), x.dtype());
        for_rows(x, [&](const SoftmaxKernels& k, std::int64_t row, std::int64_t rows, std::int64_t n) {
            k.cross_entropy(at(x, row * n), classes.data_ptr<std::int64_t>() + row, loss.ignore_index,
                            at(probabilities, row * n), at(losses, row), n, rows);
        });
        auto [reduced, scale] = weigh(losses, classes, loss);
        return {std::move(reduced), probabilities, std::move(scale)};
    }
    void vjp(Vjp& b) const {
        const Tensor p = b.output(1);
        Tensor gradient;
        if (b.grad(0).defined()) gradient = of_logits(b.grad(0) * saved_constant(b, 2), p, b.input(1));
        if (b.grad(1).defined()) {
            const Tensor through_softmax = softmax_backward(b.grad(1), p, 1);
            gradient = gradient.defined() ? gradient + through_softmax : through_softmax;
        }
        b.set(0, gradient);
    }
    std::array<Tensor, 2> jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor> y) const {
        // Of log(p) first, of which the loss takes the targets.
        const Tensor &p = y[1], change = t[0] - (t[0] * p).sum(1, true);
        return {detail_op::apply(NllLoss{loss}, change, x[1])[0], p * change};
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_losses(*this, x, dims);
    }

  private:
    static std::byte* at(const Tensor& x, std::int64_t element) {
        return static_cast<std::byte*>(x.data_ptr()) + element * x.element_size();
    }
    template <class F>
    static void for_rows(const Tensor& x, F f) {
        const SoftmaxKernels& k = kernels().softmax[float_index(x.dtype())];
        const std::int64_t n = x.size(1);
        detail::parallel_for(0, x.size(0), std::max<std::int64_t>(kGrain / std::max<std::int64_t>(n, 1), 1),
                             [&](std::int64_t b, std::int64_t e) { f(k, b, e - b, n); });
    }
    /// scale (p - 1 at the target), in one pass unless that is to be differentiated.
    Tensor of_logits(const Tensor& scale, const Tensor& p, const Tensor& target) const {
        if (GradMode::is_enabled() || any_wrapped(scale, p, target))
            return p * scale.unsqueeze(1) - at_targets(scale, target, loss.ignore_index, p.sizes(), 1);
        const Tensor factors = scale.contiguous(), classes = target.contiguous();
        Tensor out = empty_like(p);
        for_rows(p, [&](const SoftmaxKernels& k, std::int64_t row, std::int64_t rows, std::int64_t n) {
            k.cross_entropy_backward(at(p, row * n), classes.data_ptr<std::int64_t>() + row, loss.ignore_index,
                                     at(factors, row), at(out, row * n), n, rows);
        });
        return out;
    }
};

using ClassLosses = Family<NllLoss, CrossEntropy>;

/// The weights in the shape that broadcasts along the classes of `input`.
Tensor along_classes(const Tensor& weight, const Tensor& input) {
    Dims shape(static_cast<std::size_t>(input.dim()), 1);
    shape[static_cast<std::size_t>(class_dim(input))] = weight.numel();
    return weight.view(shape);
}

/// A share of `smoothing` of each target is spread over all classes (Szegedy et al., Rethinking the Inception
/// Architecture, 2016).
Tensor smoothed(const Tensor& input, const Tensor& target, const ClassLoss& loss, double smoothing) {
    const std::int64_t dim = class_dim(input), classes = input.size(dim);
    check_range(CrossEntropy::name, target, classes, loss.ignore_index);
    const Tensor x = log_softmax(input, dim);
    const auto [sharp, weights] =
        ClassLosses::apply(NllLoss{{loss.weight, Reduction::None, loss.ignore_index}}, x, target);
    const Tensor all = -(loss.weight.defined() ? x * along_classes(loss.weight, x) : x).sum(dim);
    const Tensor spread = where(target == loss.ignore_index, 0, all);
    const Tensor losses = sharp * (1 - smoothing) + spread * (smoothing / static_cast<double>(classes));
    return loss.reduction == Reduction::Mean ? losses.sum() / weights.sum() : reduce_losses(losses, loss.reduction);
}

Tensor of_probabilities(const Tensor& input, const Tensor& target, const ClassLoss& loss, double smoothing) {
    if (!target.is_floating_point())
        raise<DtypeError>(CrossEntropy::name, "Expected floating point type for target with class probabilities, got ",
                          target.dtype());
    if (loss.ignore_index >= 0)
        raise<ValueError>(CrossEntropy::name, "ignore_index is not supported for floating point target, got ",
                          loss.ignore_index);
    const std::int64_t dim = class_dim(input), classes = input.size(dim);
    const Tensor p = smoothing > 0 ? target * (1 - smoothing) + smoothing / static_cast<double>(classes) : target;
    const Tensor x = log_softmax(input, dim);
    const Tensor losses = -(loss.weight.defined() ? x * p * along_classes(loss.weight, x) : x * p).sum(dim);
    return reduce_losses(losses, loss.reduction);
}

Tensor cross_entropy(const Tensor& input, const Tensor& target, const ClassLoss& loss, double label_smoothing) {
    constexpr const char* name = CrossEntropy::name;
    if (!(label_smoothing >= 0 && label_smoothing <= 1))
        raise<ValueError>(name, "label_smoothing must be between 0.0 and 1.0. Got: ", label_smoothing);
    check_classes(name, input, loss.weight);
    if (input.sizes() == target.sizes()) return of_probabilities(input, target, loss, label_smoothing);
    const Tensor indices = class_indices(name, target);
    check_shape(name, input, indices);
    if (label_smoothing > 0) return smoothed(input, indices, loss, label_smoothing);
    if (input.dim() == 2) return ClassLosses::apply(CrossEntropy{loss}, input, indices)[0];
    const std::int64_t dim = class_dim(input);
    const Tensor rows = input.movedim(dim, -1).reshape({indices.numel(), input.size(dim)});
    const Tensor losses = ClassLosses::apply(CrossEntropy{loss}, rows, indices.reshape({-1}))[0];
    return loss.reduction == Reduction::None ? losses.reshape(indices.sizes()) : losses;
}

}  // namespace

std::vector<OpInfo> class_loss_operations() { return ClassLosses::table(); }

}  // namespace ops

Tensor cross_entropy_loss(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight,
                          Reduction reduction, std::int64_t ignore_index, double label_smoothing) {
    return ops::cross_entropy(self, target, {weight.value_or(Tensor()), reduction, ignore_index}, label_smoothing);
}

Tensor nll_loss(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight, Reduction reduction,
                std::int64_t ignore_index) {
    using Op = ops::NllLoss;
    return ops::ClassLosses::apply(Op{{weight.value_or(Tensor()), reduction, ignore_index}}, self,
                                   ops::class_indices(Op::name, target))[0];
}

Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight, Reduction reduction,
                   std::int64_t ignore_index) {
    return nll_loss(self, target, weight, reduction, ignore_index);
}

Tensor nll_loss2d(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight, Reduction reduction,
                  std::int64_t ignore_index) {
    if (self.dim() != 4 || target.dim() != 3)
        raise<ShapeError>("nll_loss2d",
                          "only batches of spatial targets supported: an input (N, C, H, W) and a target "
                          "(N, H, W), got ",
                          shape_string(self.sizes()), " and ", shape_string(target.sizes()));
    return nll_loss(self, target, weight, reduction, ignore_index);
}

}  // namespace xgrad
