#pragma once

#include <cstdint>

#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of CosineSimilarity.
struct CosineSimilarityOptions {
    /// The dimension of the vectors.
    XGRAD_ARG(std::int64_t, dim) = 1;
    /// The least norm that is divided by.
    XGRAD_ARG(double, eps) = 1e-8;
};

/// Options of PairwiseDistance.
struct PairwiseDistanceOptions {
    /// The order of the norm.
    XGRAD_ARG(double, p) = 2.0;
    /// What is added to every difference.
    XGRAD_ARG(double, eps) = 1e-6;
    XGRAD_ARG(bool, keepdim) = false;
};

namespace functional {

using CosineSimilarityFuncOptions = CosineSimilarityOptions;
using PairwiseDistanceFuncOptions = PairwiseDistanceOptions;

}  // namespace functional

}  // namespace xgrad::nn
