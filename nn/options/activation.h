#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/dtype.h>
#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of ReLU.
struct ReLUOptions {
    ReLUOptions(bool inplace = false) : inplace_(inplace) {}
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace);
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

}  // namespace functional

}  // namespace xgrad::nn
