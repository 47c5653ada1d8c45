#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/distance.h>

/// Distances and similarities. The formulas stand in <xgrad/autograd/functions/distance.h>.
namespace xgrad::nn::functional {

Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, const CosineSimilarityFuncOptions& options = {});
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, const PairwiseDistanceFuncOptions& options = {});
Tensor pdist(const Tensor& input, double p = 2.0);

}  // namespace xgrad::nn::functional
