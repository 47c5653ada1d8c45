#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/embedding.h>
#include <xgrad/nn/functional/embedding.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

EmbeddingBagMode::EmbeddingBagMode(Reduction reduction) : number_(reduction == kSum ? 0 : 1) {
    if (reduction == kNone) raise<ValueError>("EmbeddingBag", "mode has to be one of sum, mean or max");
}

const char* EmbeddingBagMode::name() const { return number_ == 0 ? "kSum" : number_ == 1 ? "kMean" : "kMax"; }

EmbeddingBagImpl::EmbeddingBagImpl(const EmbeddingBagOptions& bag_options) : options(bag_options) {
    const std::int64_t rows = options.num_embeddings();
    if (rows < 0 || options.embedding_dim() < 0)
        raise<ValueError>("EmbeddingBag", "num_embeddings and embedding_dim must not be negative, got ", rows, " and ",
                          options.embedding_dim());
    if (auto& padding = options.padding_idx()) {
        if (*padding < -rows || *padding >= rows)
            raise<ValueError>("EmbeddingBag", "Padding_idx must be within num_embeddings, got ", *padding, " of ",
                              rows);
        if (*padding < 0) *padding += rows;
    }
    EmbeddingBagImpl::reset();
}

void EmbeddingBagImpl::reset() {
    const Tensor& given = options._weight();
    if (!given.defined()) {
        weight = register_parameter("weight", empty({options.num_embeddings(), options.embedding_dim()}));
        return reset_parameters();
    }
    if (given.sizes() != IntArrayRef({options.num_embeddings(), options.embedding_dim()}))
        raise<ShapeError>("EmbeddingBag", "Shape of weight does not match num_embeddings and embedding_dim: ",
                          detail::shape_string(given.sizes()), " and (", options.num_embeddings(), ", ",
                          options.embedding_dim(), ')');
    // A handle of its own over the memory, so that a clone may be given other memory.
    weight = register_parameter("weight", given.detach());
}

void EmbeddingBagImpl::reset_parameters() {
    init::normal_(weight);
    const NoGradGuard no_grad;
    if (options.padding_idx()) weight[*options.padding_idx()].fill_(0);
}

void EmbeddingBagImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::EmbeddingBag(num_embeddings=" << options.num_embeddings()
           << ", embedding_dim=" << options.embedding_dim();
    if (options.max_norm()) stream << ", max_norm=" << *options.max_norm();
    if (options.norm_type() != 2) stream << ", norm_type=" << options.norm_type();
    if (options.scale_grad_by_freq()) stream << ", scale_grad_by_freq=true";
    if (options.sparse()) stream << ", sparse=true";
    if (options.mode().number() != 1) stream << ", mode=" << options.mode().name();
    if (options.include_last_offset()) stream << ", include_last_offset=true";
    if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
    stream << ')';
}

Tensor EmbeddingBagImpl::forward(const Tensor& input, const Tensor& offsets, const Tensor& per_sample_weights) try {
    const ForwardScope scope(*this);
    return functional::embedding_bag(input, weight,
                                     functional::EmbeddingBagFuncOptions()
                                         .offsets(offsets)
                                         .max_norm(options.max_norm())
                                         .norm_type(options.norm_type())
                                         .scale_grad_by_freq(options.scale_grad_by_freq())
                                         .mode(options.mode())
                                         .sparse(options.sparse())
                                         .per_sample_weights(per_sample_weights)
                                         .include_last_offset(options.include_last_offset())
                                         .padding_idx(options.padding_idx()));
} catch (Error& error) {
    rethrow_with_path(error);
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options) {
    if (embeddings.dim() != 2)
        raise<ShapeError>("EmbeddingBag::from_pretrained",
                          "Embeddings parameter is expected to be 2-dimensional, got shape ",
                          detail::shape_string(embeddings.sizes()));
    EmbeddingBag bag(EmbeddingBagOptions(embeddings.size(0), embeddings.size(1))
                         ._weight(embeddings)
                         .max_norm(options.max_norm())
                         .norm_type(options.norm_type())
                         .scale_grad_by_freq(options.scale_grad_by_freq())
                         .mode(options.mode())
                         .sparse(options.sparse())
                         .include_last_offset(options.include_last_offset())
                         .padding_idx(options.padding_idx()));
    bag->weight.set_requires_grad(!options.freeze());
    return bag;
}

}  // namespace xgrad::nn
