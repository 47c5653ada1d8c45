#pragma once

#include <cstdint>

#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of Linear: LinearOptions(784, 64).bias(false).
struct LinearOptions {
    LinearOptions(std::int64_t in_features, std::int64_t out_features)
        : in_features_(in_features), out_features_(out_features) {}
    /// Size of the last dimension of the input.
    XGRAD_ARG(std::int64_t, in_features);
    /// Size of the last dimension of the output.
    XGRAD_ARG(std::int64_t, out_features);
    /// Whether a learned vector is added.
    XGRAD_ARG(bool, bias) = true;
};

/// Options of Flatten: the dimensions from start_dim to end_dim, both included, become one.
struct FlattenOptions {
    XGRAD_ARG(std::int64_t, start_dim) = 1;
    XGRAD_ARG(std::int64_t, end_dim) = -1;
};

}  // namespace xgrad::nn
