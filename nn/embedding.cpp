#include <xgrad/nn/embedding.h>

#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/functional/embedding.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions& embedding_options) : options(embedding_options) {
    const std::int64_t rows = options.num_embeddings();
    if (rows < 0 || options.embedding_dim() < 0)
        raise<ValueError>("Embedding", "num_embeddings and embedding_dim must not be negative, got ", rows, " and ",
                          options.embedding_dim());
    if (auto& padding = options.padding_idx()) {
        if (*padding < -rows || *padding >= rows)
            raise<ValueError>("Embedding", "Padding_idx must be within num_embeddings, got ", *padding, " of ", rows);
        if (*padding < 0) *padding += rows;
    }
    EmbeddingImpl::reset();
}

void EmbeddingImpl::reset() {
    const Tensor& given = options._weight();
    if (!given.defined()) {
        weight = register_parameter("weight", empty({options.num_embeddings(), options.embedding_dim()}));
        return reset_parameters();
    }
    if (given.sizes() != IntArrayRef({options.num_embeddings(), options.embedding_dim()}))
        raise<ShapeError>("Embedding", "Shape of _weight does not match num_embeddings and embedding_dim: ",
                          detail::shape_string(given.sizes()), " and (", options.num_embeddings(), ", ",
                          options.embedding_dim(), ')');
    // A handle of its own over the memory, so that a clone may be given other memory.
    weight = register_parameter("weight", given.detach());
}

void EmbeddingImpl::reset_parameters() {
    init::normal_(weight);
    const NoGradGuard no_grad;
    if (options.padding_idx()) weight[*options.padding_idx()].fill_(0);
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Embedding(num_embeddings=" << options.num_embeddings()
           << ", embedding_dim=" << options.embedding_dim();
    if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
    if (options.max_norm()) stream << ", max_norm=" << *options.max_norm();
    if (options.norm_type() != 2) stream << ", norm_type=" << options.norm_type();
    if (options.scale_grad_by_freq()) stream << ", scale_grad_by_freq=true";
    if (options.sparse()) stream << ", sparse=true";
    stream << ')';
}

Tensor EmbeddingImpl::forward(const Tensor& indices) try {
    const ForwardScope scope(*this);
    return functional::embedding(indices, weight,
                                 functional::EmbeddingFuncOptions()
                                     .padding_idx(options.padding_idx())
                                     .max_norm(options.max_norm())
                                     .norm_type(options.norm_type())
                                     .scale_grad_by_freq(options.scale_grad_by_freq())
                                     .sparse(options.sparse()));
} catch (Error& error) {
    rethrow_with_path(error);
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options) {
    if (embeddings.dim() != 2)
        raise<ShapeError>("Embedding::from_pretrained",
                          "Embeddings parameter is expected to be 2-dimensional, got shape ",
                          detail::shape_string(embeddings.sizes()));
    Embedding embedding(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                            ._weight(embeddings)
                            .padding_idx(options.padding_idx())
                            .max_norm(options.max_norm())
                            .norm_type(options.norm_type())
                            .scale_grad_by_freq(options.scale_grad_by_freq())
                            .sparse(options.sparse()));
    embedding->weight.set_requires_grad(!options.freeze());
    return embedding;
}

}  // namespace xgrad::nn
