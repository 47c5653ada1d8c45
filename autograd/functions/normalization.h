#pragma once

#include <optional>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Normalisation. Weights and biases may be undefined and have the dtype of the input.
namespace xgrad {

/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and (biased) variance over the last dimensions, whose
/// sizes, and those of weight and bias, are `normalized_shape` (Ba et al., Layer Normalization, 2016).
Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// The same with what it was made from: the mean and 1 / sqrt(variance + eps), which have sizes of 1 in place of
/// `normalized_shape` and no gradient.
std::tuple<Tensor, Tensor, Tensor> native_layer_norm(const Tensor& input, IntArrayRef normalized_shape,
                                                     const Tensor& weight, const Tensor& bias, double eps);
/// x / sqrt(mean(x^2) + eps) * weight over the last dimensions (Zhang and Sennrich, 2019); without `eps` it is the
/// dtype's distance from 1 to the next number.
Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {},
                std::optional<double> eps = std::nullopt);
/// An input (N, C, ...) normalised over groups of C / num_groups channels with all that follows them; weight and bias
/// are (C) (Wu and He, Group Normalization, 2018).
Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);

}  // namespace xgrad
