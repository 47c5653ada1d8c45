#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/embedding.h>

namespace xgrad::nn {

/// A learned table: indices to its rows. The weight (num_embeddings, embedding_dim) starts standard normal, the row
/// padding_idx at zero.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
  public:
    EmbeddingImpl(std::int64_t num_embeddings, std::int64_t embedding_dim)
        : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
    /// Throws ValueError for a padding_idx that names no row, ShapeError for a _weight of another shape.
    explicit EmbeddingImpl(const EmbeddingOptions& embedding_options);

    void reset() override;
    /// Draws the weight anew, as PyTorch does and from the same random stream.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// Indices (int64 or int32) of any shape to that shape with (embedding_dim) appended.
    Tensor forward(const Tensor& indices);

    EmbeddingOptions options;
    Tensor weight;
};

/// A holder of EmbeddingImpl.
class Embedding : public ModuleHolder<EmbeddingImpl> {
  public:
    using ModuleHolder<EmbeddingImpl>::ModuleHolder;
    using Impl = EmbeddingImpl;

    /// A module over the memory of `embeddings` (n, d), frozen unless the options say otherwise.
    static Embedding from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options = {});
};

/// A learned table: bags of indices to the sum, mean or maximum of their rows. The weight is Embedding's.
class EmbeddingBagImpl : public Cloneable<EmbeddingBagImpl> {
  public:
    EmbeddingBagImpl(std::int64_t num_embeddings, std::int64_t embedding_dim)
        : EmbeddingBagImpl(EmbeddingBagOptions(num_embeddings, embedding_dim)) {}
    /// Throws ValueError for a padding_idx that names no row, ShapeError for a _weight of another shape.
    explicit EmbeddingBagImpl(const EmbeddingBagOptions& bag_options);

    void reset() override;
    /// Draws the weight anew, as PyTorch does and from the same random stream.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// Indices (bags, n), or (n) and where the bags begin in them, to (bags, embedding_dim).
    Tensor forward(const Tensor& input, const Tensor& offsets = {}, const Tensor& per_sample_weights = {});

    EmbeddingBagOptions options;
    Tensor weight;
};

/// A holder of EmbeddingBagImpl.
class EmbeddingBag : public ModuleHolder<EmbeddingBagImpl> {
  public:
    using ModuleHolder<EmbeddingBagImpl>::ModuleHolder;
    using Impl = EmbeddingBagImpl;

    /// A module over the memory of `embeddings` (n, d), frozen unless the options say otherwise.
    static EmbeddingBag from_pretrained(const Tensor& embeddings,
                                        const EmbeddingBagFromPretrainedOptions& options = {});
};

}  // namespace xgrad::nn
