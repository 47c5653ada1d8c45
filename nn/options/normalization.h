#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of LayerNorm: LayerNormOptions({28, 28}).eps(1e-6).
struct LayerNormOptions {
    LayerNormOptions(std::vector<std::int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}
    /// Sizes of the last dimensions of the input: those that are normalised together.
    XGRAD_ARG(std::vector<std::int64_t>, normalized_shape);
    /// What is added to the variance.
    XGRAD_ARG(double, eps) = 1e-5;
    /// Whether there are a learned weight and bias, one of each for every element.
    XGRAD_ARG(bool, elementwise_affine) = true;
};

/// Options of GroupNorm.
struct GroupNormOptions {
    GroupNormOptions(std::int64_t num_groups, std::int64_t num_channels)
        : num_groups_(num_groups), num_channels_(num_channels) {}
    /// How many groups the channels are divided into.
    XGRAD_ARG(std::int64_t, num_groups);
    /// Size of dimension 1 of the input.
    XGRAD_ARG(std::int64_t, num_channels);
    /// What is added to the variance.
    XGRAD_ARG(double, eps) = 1e-5;
    /// Whether there are a learned weight and bias, one of each for every channel.
    XGRAD_ARG(bool, affine) = true;
};

namespace functional {

/// Options of functional::layer_norm.
struct LayerNormFuncOptions {
    LayerNormFuncOptions(std::vector<std::int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}
    XGRAD_ARG(std::vector<std::int64_t>, normalized_shape);
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Tensor, bias) = {};
    XGRAD_ARG(double, eps) = 1e-5;
};

/// Options of functional::group_norm.
struct GroupNormFuncOptions {
    GroupNormFuncOptions(std::int64_t num_groups) : num_groups_(num_groups) {}
    XGRAD_ARG(std::int64_t, num_groups);
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Tensor, bias) = {};
    XGRAD_ARG(double, eps) = 1e-5;
};

}  // namespace functional

}  // namespace xgrad::nn
