#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/fold.h>
#include <xgrad/autograd/ops/loss.h>
#include <xgrad/autograd/ops/row_op.h>
#include <xgrad/autograd/ops/softmax.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad::ops {

namespace {

using detail::Dims;
using detail::shape_string;

std::int64_t class_dim(const Tensor& input) { return input.dim() == 1 ? 0 : 1; }

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

/// Checks that `target` holds the classes of `input`.
void check_indices(const char* name, const Tensor& input, const Tensor& target, std::int64_t ignored) {
    if (target.dtype() != kInt64)
        raise<DtypeError>(name, "expected a target of class indices of dtype Long but found ", target.dtype());
    Dims expected = input.sizes();
    expected.erase(static_cast<std::size_t>(class_dim(input)));
    if (target.sizes() != IntArrayRef(expected))
        raise<ShapeError>(name, "an input of shape ", shape_string(input.sizes()), " needs a target of shape ",
                          shape_string(expected), ", got ", shape_string(target.sizes()));
    const std::int64_t classes = input.size(class_dim(input));
    const Tensor plain = target.contiguous();
    const std::int64_t* t = plain.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < plain.numel(); ++i)
        if ((t[i] < 0 || t[i] >= classes) && t[i] != ignored)
            raise<IndexError>(name, "Target ", t[i], " is out of bounds: there are ", classes,
                              " classes, and the target to ignore is ", ignored);
}

/// The weight of each target: that of its class, 0 where it is ignored.
Tensor target_weights(const Tensor& target, const ClassLoss& loss, ScalarType dtype) {
    const Tensor out = empty(target.sizes(), dtype), plain = target.contiguous();
    const Tensor weight = loss.weight.defined() ? loss.weight.contiguous() : Tensor();
    const std::int64_t* t = plain.data_ptr<std::int64_t>();
    visit_dtype(dtype, [&](auto v) {
        using T = decltype(v);
        T* w = out.data_ptr<T>();
        const T* of_class = weight.defined() ? weight.data_ptr<T>() : nullptr;
        for (std::int64_t i = 0; i < out.numel(); ++i)
            w[i] = t[i] == loss.ignore_index ? T(0) : of_class ? of_class[t[i]] : T(1);
    });
    return out;
}

struct Reduced2 {
    Tensor loss;
    Tensor scale;  // the derivative of the loss (of element i without a reduction) with respect to the unweighted losses[i]
};

Reduced2 weigh(const Tensor& losses, const Tensor& target, const ClassLoss& loss) {
    const Tensor scale = target_weights(target, loss, losses.dtype());
    Tensor weighted = losses;
    weighted.mul_(scale);
    if (loss.reduction == Reduction::None) return {weighted, scale};
    const Reduced all{~std::uint64_t{0}, {}};
    Tensor sum = fold(Fold::kSum, weighted, all);
    if (loss.reduction == Reduction::Sum) return {sum, scale};
    const Tensor total = fold(Fold::kSum, scale, all);
    sum.div_(total);  // NaN when there is nothing to average
    if (total.item<double>() != 0) Tensor(scale).div_(total);
    return {sum, scale};
}

}  // namespace
}  // namespace xgrad::ops
