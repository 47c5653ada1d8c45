#pragma once

#include <cstdint>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>
#include <xgrad/nn/options/reduction.h>

namespace xgrad::nn {

/// Options of CrossEntropyLoss.
struct CrossEntropyLossOptions {
    /// A factor for each class; the mean is then the weighted one.
    XGRAD_ARG(Tensor, weight) = {};
    /// Targets of this class index do not count.
    XGRAD_ARG(std::int64_t, ignore_index) = -100;
    XGRAD_ARG(Reduction, reduction) = kMean;
    /// The share, from 0 to 1, of each target that is spread over all classes.
    XGRAD_ARG(double, label_smoothing) = 0.0;
};

/// Options of NLLLoss.
struct NLLLossOptions {
    /// A factor for each class; the mean is then the weighted one.
    XGRAD_ARG(Tensor, weight) = {};
    /// Targets of this class index do not count.
    XGRAD_ARG(std::int64_t, ignore_index) = -100;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of BCELoss.
struct BCELossOptions {
    /// A factor for each element; it broadcasts.
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of BCEWithLogitsLoss.
struct BCEWithLogitsLossOptions {
    /// A factor for each element; it broadcasts.
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Reduction, reduction) = kMean;
    /// A factor for the positive part of each element; it broadcasts.
    XGRAD_ARG(Tensor, pos_weight) = {};
};

/// Options of MSELoss.
struct MSELossOptions {
    MSELossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
};

}  // namespace xgrad::nn
