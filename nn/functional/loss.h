#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/loss.h>

/// Losses of a prediction and a target. `reduction` makes of the single losses their mean (the default) or sum, or
/// leaves them. Shapes that do not fit throw ShapeError, dtypes DtypeError, class indices out of range IndexError.
namespace xgrad::nn::functional {

using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using MSELossFuncOptions = MSELossOptions;

/// -sum_c w_c p_c log(softmax(x)_c) of logits x of shape (N, C), (C) or (N, C, d1, ...). The target p is either a class
/// index (int64, the shape of x without C), which stands for the probability 1, or the probabilities of all classes
/// (the shape and dtype of x; they get a gradient too). The mean of indices is weighted by the w of the targets, that
/// of probabilities is over all losses.
Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options = {});

/// -w_t x_t of log-probabilities x and class indices t, shaped as those of cross_entropy.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options = {});

/// -w (t log(x) + (1 - t) log(1 - x)) of probabilities x and targets t in [0, 1] of the same shape. Logarithms are at
/// least -100. Throws ValueError when an x is outside [0, 1].
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BinaryCrossEntropyFuncOptions& options = {});

/// The same of the probabilities sigmoid(x), without overflow; the first summand times `pos_weight`.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options = {});

/// (x - t)^2; the shapes broadcast.
Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options = {});

}  // namespace xgrad::nn::functional
