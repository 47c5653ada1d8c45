#include <xgrad/nn/functional/distance.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, const CosineSimilarityFuncOptions& options) {
    return xgrad::cosine_similarity(x1, x2, options.dim(), options.eps());
}
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, const PairwiseDistanceFuncOptions& options) {
    return xgrad::pairwise_distance(x1, x2, options.p(), options.eps(), options.keepdim());
}
Tensor pdist(const Tensor& input, double p) { return xgrad::pdist(input, p); }

}  // namespace xgrad::nn::functional
