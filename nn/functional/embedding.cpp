#include <xgrad/nn/functional/embedding.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options) {
    std::int64_t padding = -1;
    if (options.padding_idx()) {
        const std::int64_t count = weight.size(0);
        padding = *options.padding_idx() + (*options.padding_idx() < 0 ? count : 0);
        if (padding < 0 || padding >= count)
            raise<ValueError>("embedding", "Padding_idx must be within num_embeddings, got ", *options.padding_idx(),
                              " of ", count);
    }
    if (options.max_norm()) embedding_renorm_(weight, input, *options.max_norm(), options.norm_type());
    return xgrad::embedding(weight, input, padding, options.scale_grad_by_freq(), options.sparse());
}

}  // namespace xgrad::nn::functional
