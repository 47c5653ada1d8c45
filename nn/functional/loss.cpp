#include <xgrad/autograd/ops/loss.h>
#include <xgrad/nn/functional/loss.h>

namespace xgrad::nn::functional {

Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options) {
    return ops::cross_entropy(input, target, {options.weight(), options.reduction(), options.ignore_index()},
                              options.label_smoothing());
}

Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
    return ops::nll_loss(input, target, {options.weight(), options.reduction(), options.ignore_index()});
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BinaryCrossEntropyFuncOptions& options) {
    return ops::binary_cross_entropy(input, target, options.weight(), options.reduction());
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
    return ops::binary_cross_entropy_with_logits(input, target, options.weight(), options.pos_weight(),
                                                 options.reduction());
}

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
    return ops::mse_loss(input, target, options.reduction());
}

}  // namespace xgrad::nn::functional
