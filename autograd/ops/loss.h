#pragma once

#include <xgrad/autograd/reduction.h>
#include <xgrad/autograd/tensor.h>

/// Losses as operations; nn::functional documents them and gives them options.
namespace xgrad::ops {

/// What losses over classes have in common. `weight`, one number for each class, may be undefined.
struct ClassLoss {
    Tensor weight;
    Reduction reduction = Reduction::Mean;
    std::int64_t ignore_index = -100;
};

/// Of logits (N, C), (C) or (N, C, d1, ...) and a target of class indices (int64, without the dimension C) or of
/// probabilities (the shape of the logits).
Tensor cross_entropy(const Tensor& input, const Tensor& target, const ClassLoss& loss, double label_smoothing);
/// Of log-probabilities and class indices.
Tensor nll_loss(const Tensor& input, const Tensor& target, const ClassLoss& loss);

/// `weight` and `pos_weight` may be undefined.
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight, Reduction reduction);
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target, const Tensor& weight,
                                        const Tensor& pos_weight, Reduction reduction);
Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction);

}  // namespace xgrad::ops
