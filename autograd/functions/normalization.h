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
/// An input (N, C, ...) with each channel normalised: (x - mean) / sqrt(variance + eps) * weight + bias, everything
/// (C) (Ioffe and Szegedy, Batch Normalization, 2015). When training, mean and (biased) variance are those of the
/// input, over all but the channels, and the running ones, if defined, become (1 - momentum) old + momentum new, with
/// the unbiased variance; else mean and variance are the running ones.
Tensor batch_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                  const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var, bool training,
                  double momentum, double eps, bool cudnn_enabled = false);
/// The same with what it was made from: the mean and 1 / sqrt(variance + eps) of the input, which have no gradient; of
/// size 0 when not training.
std::tuple<Tensor, Tensor, Tensor> native_batch_norm(const Tensor& input, const std::optional<Tensor>& weight,
                                                     const std::optional<Tensor>& bias,
                                                     const std::optional<Tensor>& running_mean,
                                                     const std::optional<Tensor>& running_var, bool training,
                                                     double momentum, double eps);
/// As batch_norm of each example by itself (Ulyanov et al., Instance Normalization, 2016). The running statistics
/// learn from the mean over the examples; they are used, if not `use_input_stats`, for all.
Tensor instance_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                     const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var,
                     bool use_input_stats, double momentum, double eps, bool cudnn_enabled = false);

}  // namespace xgrad
