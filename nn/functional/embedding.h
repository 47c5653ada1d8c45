#pragma once

#include <xgrad/autograd/functions/indexing.h>
#include <xgrad/nn/options/embedding.h>

namespace xgrad::nn::functional {

/// The rows of `weight` (n, d) that `input` (int64 or int32, any shape) names; see xgrad::embedding. With max_norm rows
/// that are longer are scaled down in `weight` itself first. Throws ValueError for a padding_idx that names no row.
Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options = {});
/// See xgrad::one_hot.
inline Tensor one_hot(const Tensor& tensor, std::int64_t num_classes = -1) {
    return xgrad::one_hot(tensor, num_classes);
}

}  // namespace xgrad::nn::functional
