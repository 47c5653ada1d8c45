#pragma once

#include <cstdint>
#include <optional>
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

/// Options of RMSNorm: RMSNormOptions({64}).
struct RMSNormOptions {
    RMSNormOptions(std::vector<std::int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}
    /// Sizes of the last dimensions of the input: those that are normalised together.
    XGRAD_ARG(std::vector<std::int64_t>, normalized_shape);
    /// What is added to the mean square; nothing: the dtype's distance from 1 to the next number.
    XGRAD_ARG(std::optional<double>, eps) = std::nullopt;
    /// Whether there is a learned weight for every element.
    XGRAD_ARG(bool, elementwise_affine) = true;
};

/// Options of LocalResponseNorm: x / (k + alpha mean(x^2 of `size` neighbouring channels))^beta.
struct LocalResponseNormOptions {
    LocalResponseNormOptions(std::int64_t size) : size_(size) {}
    XGRAD_ARG(std::int64_t, size);
    XGRAD_ARG(double, alpha) = 1e-4;
    XGRAD_ARG(double, beta) = 0.75;
    XGRAD_ARG(double, k) = 1;
};

/// Options of CrossMapLRN2d: as those of LocalResponseNorm.
struct CrossMapLRN2dOptions {
    CrossMapLRN2dOptions(std::int64_t size) : size_(size) {}
    XGRAD_ARG(std::int64_t, size);
    XGRAD_ARG(double, alpha) = 1e-4;
    XGRAD_ARG(double, beta) = 0.75;
    XGRAD_ARG(std::int64_t, k) = 1;
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

using LocalResponseNormFuncOptions = LocalResponseNormOptions;

/// Options of functional::normalize.
struct NormalizeFuncOptions {
    /// The order of the norm.
    XGRAD_ARG(double, p) = 2.0;
    XGRAD_ARG(std::int64_t, dim) = 1;
    /// The least norm that is divided by.
    XGRAD_ARG(double, eps) = 1e-12;
    /// Where the result is written, if anywhere.
    XGRAD_ARG(std::optional<Tensor>, out) = std::nullopt;
};

/// Options of functional::rms_norm.
struct RMSNormFuncOptions {
    RMSNormFuncOptions(std::vector<std::int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}
    XGRAD_ARG(std::vector<std::int64_t>, normalized_shape);
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(std::optional<double>, eps) = std::nullopt;
};

}  // namespace functional

}  // namespace xgrad::nn
