#pragma once

#include <cstdint>
#include <vector>

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

/// Options of Unflatten: dimension `dim` becomes several of the given sizes, one of which may be -1.
struct UnflattenOptions {
    UnflattenOptions(std::int64_t dim, std::vector<std::int64_t> sizes) : dim_(dim), sizes_(std::move(sizes)) {}
    XGRAD_ARG(std::int64_t, dim);
    XGRAD_ARG(std::vector<std::int64_t>, sizes);
};

/// Options of Bilinear.
struct BilinearOptions {
    BilinearOptions(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features)
        : in1_features_(in1_features), in2_features_(in2_features), out_features_(out_features) {}
    /// Sizes of the last dimensions of the two inputs.
    XGRAD_ARG(std::int64_t, in1_features);
    XGRAD_ARG(std::int64_t, in2_features);
    /// Size of the last dimension of the output.
    XGRAD_ARG(std::int64_t, out_features);
    /// Whether a learned vector is added.
    XGRAD_ARG(bool, bias) = true;
};

}  // namespace xgrad::nn
