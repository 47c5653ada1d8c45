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

Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagFuncOptions& options) {
    constexpr const char* name = "embedding_bag";
    if (!input.defined()) raise(name, "an input is an undefined Tensor");
    Tensor indices = input, offsets = options.offsets(), weights = options.per_sample_weights();
    if (weights.defined() && input.sizes() != weights.sizes())
        raise<ShapeError>(name, "If per_sample_weights (", weights.sizes(),
                          ") is not null, then it must have the same shape as the input (", input.sizes(), ')');
    if (input.dim() == 2) {
        if (offsets.defined())
            raise<ShapeError>(name,
                              "If input is 2D, then offsets has to be null, as input is treated is a mini-batch "
                              "of fixed length sequences. However, found offsets of shape ",
                              offsets.sizes());
        offsets = arange(input.size(0)) * input.size(1);
        indices = input.reshape({-1});
        if (weights.defined()) weights = weights.reshape({-1});
    } else if (input.dim() != 1) {
        raise<ShapeError>(name, "input has to be 1D or 2D Tensor, but got Tensor of dimension ", input.dim());
    } else if (!offsets.defined()) {
        raise<ShapeError>(name, "offsets has to be a 1D Tensor but got null");
    }
    if (options.max_norm()) embedding_renorm_(weight, indices, *options.max_norm(), options.norm_type());
    return std::get<0>(xgrad::embedding_bag(weight, indices, offsets, options.scale_grad_by_freq(),
                                            options.mode().number(), options.sparse(), weights,
                                            options.include_last_offset(), options.padding_idx()));
}

}  // namespace xgrad::nn::functional
