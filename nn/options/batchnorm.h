#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of BatchNorm1d, 2d and 3d: BatchNorm2dOptions(64).momentum(std::nullopt).
struct BatchNormOptions {
    BatchNormOptions(std::int64_t num_features) : num_features_(num_features) {}
    /// Size of dimension 1 of the input.
    XGRAD_ARG(std::int64_t, num_features);
    /// What is added to the variance.
    XGRAD_ARG(double, eps) = 1e-5;
    /// The share of a batch in the running statistics; nothing: they are the mean over all batches.
    XGRAD_ARG(std::optional<double>, momentum) = 0.1;
    /// Whether there are a learned weight and bias, one of each for every channel.
    XGRAD_ARG(bool, affine) = true;
    /// Whether there are running statistics, which evaluation uses; else it uses those of its input.
    XGRAD_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;
using BatchNorm3dOptions = BatchNormOptions;

/// Options of InstanceNorm1d, 2d and 3d.
struct InstanceNormOptions {
    InstanceNormOptions(std::int64_t num_features) : num_features_(num_features) {}
    /// Size of the dimension of the channels.
    XGRAD_ARG(std::int64_t, num_features);
    /// What is added to the variance.
    XGRAD_ARG(double, eps) = 1e-5;
    /// The share of a batch in the running statistics.
    XGRAD_ARG(double, momentum) = 0.1;
    /// Whether there are a learned weight and bias, one of each for every channel.
    XGRAD_ARG(bool, affine) = false;
    /// Whether there are running statistics, which evaluation uses; else it uses those of its input.
    XGRAD_ARG(bool, track_running_stats) = false;
};
using InstanceNorm1dOptions = InstanceNormOptions;
using InstanceNorm2dOptions = InstanceNormOptions;
using InstanceNorm3dOptions = InstanceNormOptions;

namespace functional {

/// Options of functional::batch_norm.
struct BatchNormFuncOptions {
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Tensor, bias) = {};
    /// Whether the statistics are those of the input, and the running ones learn.
    XGRAD_ARG(bool, training) = false;
    XGRAD_ARG(std::optional<double>, momentum) = 0.1;
    XGRAD_ARG(double, eps) = 1e-5;
};

/// Options of functional::instance_norm.
struct InstanceNormFuncOptions {
    XGRAD_ARG(Tensor, running_mean) = {};
    XGRAD_ARG(Tensor, running_var) = {};
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Tensor, bias) = {};
    XGRAD_ARG(bool, use_input_stats) = true;
    XGRAD_ARG(double, momentum) = 0.1;
    XGRAD_ARG(double, eps) = 1e-5;
};

}  // namespace functional

}  // namespace xgrad::nn
