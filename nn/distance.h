#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/distance.h>

namespace xgrad::nn {

/// The cosine of the angle between vectors.
class CosineSimilarityImpl : public Cloneable<CosineSimilarityImpl> {
  public:
    explicit CosineSimilarityImpl(const CosineSimilarityOptions& distance_options = {}) : options(distance_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input1, const Tensor& input2);

    CosineSimilarityOptions options;
};
XGRAD_MODULE(CosineSimilarity);

/// The p-norm of the differences of vectors.
class PairwiseDistanceImpl : public Cloneable<PairwiseDistanceImpl> {
  public:
    explicit PairwiseDistanceImpl(const PairwiseDistanceOptions& distance_options = {}) : options(distance_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input1, const Tensor& input2);

    PairwiseDistanceOptions options;
};
XGRAD_MODULE(PairwiseDistance);

}  // namespace xgrad::nn
