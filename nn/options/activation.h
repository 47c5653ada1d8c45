#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <xgrad/autograd/dtype.h>
#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of ReLU.
struct ReLUOptions {
    ReLUOptions(bool inplace = false) : inplace_(inplace) {}
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace);
};

/// Options of ReLU6.
struct ReLU6Options {
    ReLU6Options(bool inplace = false) : inplace_(inplace) {}
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace);
};

/// Options of SELU.
struct SELUOptions {
    SELUOptions(bool inplace = false) : inplace_(inplace) {}
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace);
};

/// Options of ELU.
struct ELUOptions {
    /// What the function falls to far below 0, negated.
    XGRAD_ARG(double, alpha) = 1.0;
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of CELU.
struct CELUOptions {
    XGRAD_ARG(double, alpha) = 1.0;
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of LeakyReLU.
struct LeakyReLUOptions {
    XGRAD_ARG(double, negative_slope) = 1e-2;
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of RReLU.
struct RReLUOptions {
    /// The slopes below 0 are drawn from [lower, upper].
    XGRAD_ARG(double, lower) = 1.0 / 8.0;
    XGRAD_ARG(double, upper) = 1.0 / 3.0;
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of PReLU.
struct PReLUOptions {
    /// 1, or the number of channels.
    XGRAD_ARG(std::int64_t, num_parameters) = 1;
    /// What the slopes start as.
    XGRAD_ARG(double, init) = 0.25;
};

/// Options of Hardtanh.
struct HardtanhOptions {
    XGRAD_ARG(double, min_val) = -1.0;
    XGRAD_ARG(double, max_val) = 1.0;
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of Threshold.
struct ThresholdOptions {
    ThresholdOptions(double threshold, double value) : threshold_(threshold), value_(value) {}
    XGRAD_ARG(double, threshold);
    /// What replaces inputs up to the threshold.
    XGRAD_ARG(double, value);
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of Hardshrink: [-lambda, lambda] becomes 0.
struct HardshrinkOptions {
    HardshrinkOptions(double lambda = 0.5) : lambda_(lambda) {}
    XGRAD_ARG(double, lambda);
};

/// Options of Softshrink: [-lambda, lambda] becomes 0.
struct SoftshrinkOptions {
    SoftshrinkOptions(double lambda = 0.5) : lambda_(lambda) {}
    XGRAD_ARG(double, lambda);
};

/// Options of Softplus.
struct SoftplusOptions {
    XGRAD_ARG(double, beta) = 1.0;
    /// Where beta x is larger, the result is x.
    XGRAD_ARG(double, threshold) = 20.0;
};

/// Options of GELU.
struct GELUOptions {
    /// "none" or "tanh".
    XGRAD_ARG(std::string, approximate) = "none";
};

/// Options of GLU: the dimension to halve.
struct GLUOptions {
    GLUOptions(std::int64_t dim = -1) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
};

/// Options of Softmin: the dimension along which the results sum to 1.
struct SoftminOptions {
    SoftminOptions(std::int64_t dim) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
};

/// Options of Softmax: the dimension along which the results sum to 1.
struct SoftmaxOptions {
    SoftmaxOptions(std::int64_t dim) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
};

/// Options of LogSoftmax.
struct LogSoftmaxOptions {
    LogSoftmaxOptions(std::int64_t dim) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
};

namespace functional {

using ReLUFuncOptions = ReLUOptions;
using ReLU6FuncOptions = ReLU6Options;
using SELUFuncOptions = SELUOptions;
using ELUFuncOptions = ELUOptions;
using CELUFuncOptions = CELUOptions;
using LeakyReLUFuncOptions = LeakyReLUOptions;
using HardtanhFuncOptions = HardtanhOptions;
using ThresholdFuncOptions = ThresholdOptions;
using HardshrinkFuncOptions = HardshrinkOptions;
using SoftshrinkFuncOptions = SoftshrinkOptions;
using SoftplusFuncOptions = SoftplusOptions;
using GELUFuncOptions = GELUOptions;
using GLUFuncOptions = GLUOptions;

/// Options of functional::softmax.
struct SoftmaxFuncOptions {
    SoftmaxFuncOptions(std::int64_t dim) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
    /// What the input is converted to first.
    XGRAD_ARG(std::optional<Dtype>, dtype) = std::nullopt;
};

/// Options of functional::log_softmax.
struct LogSoftmaxFuncOptions {
    LogSoftmaxFuncOptions(std::int64_t dim) : dim_(dim) {}
    XGRAD_ARG(std::int64_t, dim);
    XGRAD_ARG(std::optional<Dtype>, dtype) = std::nullopt;
};

/// Options of functional::softmin.
using SoftminFuncOptions = SoftmaxFuncOptions;

/// Options of functional::rrelu.
struct RReLUFuncOptions {
    XGRAD_ARG(double, lower) = 1.0 / 8.0;
    XGRAD_ARG(double, upper) = 1.0 / 3.0;
    /// Whether slopes are drawn; else all have the mean of the bounds.
    XGRAD_ARG(bool, training) = false;
    XGRAD_ARG(bool, inplace) = false;
};

/// Options of functional::gumbel_softmax.
struct GumbelSoftmaxFuncOptions {
    /// The temperature.
    XGRAD_ARG(double, tau) = 1.0;
    /// Whether the result is one-hot, with the gradient of the soft one.
    XGRAD_ARG(bool, hard) = false;
    XGRAD_ARG(int, dim) = -1;
};

}  // namespace functional

}  // namespace xgrad::nn
