#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>
#include <xgrad/nn/options/reduction.h>

namespace xgrad::nn {

/// Options of L1Loss.
struct L1LossOptions {
    L1LossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
};

/// Options of MSELoss.
struct MSELossOptions {
    MSELossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
};

/// Options of SmoothL1Loss.
struct SmoothL1LossOptions {
    SmoothL1LossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
    /// The error from which on the loss is linear; 1 if it is not set.
    XGRAD_ARG(std::optional<double>, beta) = std::nullopt;
};

/// Options of HuberLoss.
struct HuberLossOptions {
    HuberLossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
    /// The error from which on the loss is linear.
    XGRAD_ARG(double, delta) = 1.0;
};

/// Options of GaussianNLLLoss.
struct GaussianNLLLossOptions {
    /// Whether the constant log(2 pi) / 2 is added.
    XGRAD_ARG(bool, full) = false;
    /// The smallest variance.
    XGRAD_ARG(double, eps) = 1e-6;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

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

/// Options of MultiMarginLoss.
struct MultiMarginLossOptions {
    /// The power, 1 or 2.
    XGRAD_ARG(std::int64_t, p) = 1;
    XGRAD_ARG(double, margin) = 1.0;
    /// A factor for each class.
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of MultiLabelMarginLoss.
struct MultiLabelMarginLossOptions {
    MultiLabelMarginLossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
};

/// Options of MultiLabelSoftMarginLoss.
struct MultiLabelSoftMarginLossOptions {
    /// A factor for each class.
    XGRAD_ARG(Tensor, weight) = {};
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of CTCLoss.
struct CTCLossOptions {
    /// The class index of no label.
    XGRAD_ARG(std::int64_t, blank) = 0;
    XGRAD_ARG(Reduction, reduction) = kMean;
    /// Whether infinite losses, of targets too long for their input, become 0.
    XGRAD_ARG(bool, zero_infinity) = false;
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

/// Options of KLDivLoss.
struct KLDivLossOptions {
    using reduction_t = std::variant<Reduction, BatchMean>;

    KLDivLossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    KLDivLossOptions(BatchMean) : reduction_(kBatchMean) {}
    /// Also kBatchMean, which fits the definition of the divergence.
    XGRAD_ARG(reduction_t, reduction);
    /// Whether the target is a logarithm too.
    XGRAD_ARG(bool, log_target) = false;
};

/// Options of PoissonNLLLoss.
struct PoissonNLLLossOptions {
    /// Whether the input is the logarithm of the mean.
    XGRAD_ARG(bool, log_input) = true;
    /// Whether Stirling's approximation of the term without the input is added.
    XGRAD_ARG(bool, full) = false;
    /// What is added to a mean before its logarithm is taken.
    XGRAD_ARG(double, eps) = 1e-8;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of SoftMarginLoss.
struct SoftMarginLossOptions {
    SoftMarginLossOptions(Reduction reduction = kMean) : reduction_(reduction) {}
    XGRAD_ARG(Reduction, reduction);
};

/// Options of HingeEmbeddingLoss.
struct HingeEmbeddingLossOptions {
    XGRAD_ARG(double, margin) = 1.0;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of MarginRankingLoss.
struct MarginRankingLossOptions {
    XGRAD_ARG(double, margin) = 0.0;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of CosineEmbeddingLoss.
struct CosineEmbeddingLossOptions {
    XGRAD_ARG(double, margin) = 0.0;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of TripletMarginLoss.
struct TripletMarginLossOptions {
    XGRAD_ARG(double, margin) = 1.0;
    /// Of the norm.
    XGRAD_ARG(double, p) = 2.0;
    /// What is added to differences.
    XGRAD_ARG(double, eps) = 1e-6;
    /// Whether the distance of positive and negative counts too.
    XGRAD_ARG(bool, swap) = false;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

/// Options of TripletMarginWithDistanceLoss.
struct TripletMarginWithDistanceLossOptions {
    using distance_function_t = std::function<Tensor(const Tensor&, const Tensor&)>;

    /// pairwise_distance if it is not set.
    XGRAD_ARG(std::optional<distance_function_t>, distance_function) = std::nullopt;
    XGRAD_ARG(double, margin) = 1.0;
    /// Whether the distance of positive and negative counts too.
    XGRAD_ARG(bool, swap) = false;
    XGRAD_ARG(Reduction, reduction) = kMean;
};

namespace functional {

using L1LossFuncOptions = L1LossOptions;
using MSELossFuncOptions = MSELossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using GaussianNLLLossFuncOptions = GaussianNLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using MultiMarginLossFuncOptions = MultiMarginLossOptions;
using MultilabelMarginLossFuncOptions = MultiLabelMarginLossOptions;
using MultilabelSoftMarginLossFuncOptions = MultiLabelSoftMarginLossOptions;
using CTCLossFuncOptions = CTCLossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
using PoissonNLLLossFuncOptions = PoissonNLLLossOptions;
using SoftMarginLossFuncOptions = SoftMarginLossOptions;
using HingeEmbeddingLossFuncOptions = HingeEmbeddingLossOptions;
using MarginRankingLossFuncOptions = MarginRankingLossOptions;
using CosineEmbeddingLossFuncOptions = CosineEmbeddingLossOptions;
using TripletMarginLossFuncOptions = TripletMarginLossOptions;
using TripletMarginWithDistanceLossFuncOptions = TripletMarginWithDistanceLossOptions;

}  // namespace functional

}  // namespace xgrad::nn
