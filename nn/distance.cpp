#include <xgrad/nn/distance.h>

#include <ostream>

#include <xgrad/nn/functional/distance.h>

namespace xgrad::nn {

void CosineSimilarityImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::CosineSimilarity(dim=" << options.dim() << ", eps=" << options.eps() << ')';
}
Tensor CosineSimilarityImpl::forward(const Tensor& input1, const Tensor& input2) try {
    const ForwardScope scope(*this);
    return functional::cosine_similarity(input1, input2, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void PairwiseDistanceImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::PairwiseDistance(p=" << options.p() << ", eps=" << options.eps()
           << ", keepdim=" << (options.keepdim() ? "true" : "false") << ')';
}
Tensor PairwiseDistanceImpl::forward(const Tensor& input1, const Tensor& input2) try {
    const ForwardScope scope(*this);
    return functional::pairwise_distance(input1, input2, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
