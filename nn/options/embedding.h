#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>
#include <xgrad/nn/options/reduction.h>

namespace xgrad {

/// The largest, where a reduction may also be kSum or kMean.
enum class Maximum { Max };
inline constexpr Maximum kMax = Maximum::Max;

}  // namespace xgrad

namespace xgrad::nn {

/// Options of Embedding: EmbeddingOptions(50000, 256).padding_idx(0).
struct EmbeddingOptions {
    EmbeddingOptions(std::int64_t num_embeddings, std::int64_t embedding_dim)
        : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
    /// Number of rows of the table.
    XGRAD_ARG(std::int64_t, num_embeddings);
    /// Size of a row.
    XGRAD_ARG(std::int64_t, embedding_dim);
    /// A row that starts at zero and has no gradient; negative counts from the end.
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
    /// Rows that are looked up and longer than this are scaled down to it first, in place.
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    /// The p of the p-norm that max_norm limits.
    XGRAD_ARG(double, norm_type) = 2;
    /// Whether a row's gradient is divided by how often the row is looked up.
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    /// Sparse gradients do not exist here: forward throws NotImplementedError when they are asked for.
    XGRAD_ARG(bool, sparse) = false;
    /// The table to begin with, instead of a random one.
    XGRAD_ARG(Tensor, _weight) = {};
};

/// Options of Embedding::from_pretrained: as those of Embedding.
struct EmbeddingFromPretrainedOptions {
    /// Whether the table is kept from learning.
    XGRAD_ARG(bool, freeze) = true;
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    XGRAD_ARG(double, norm_type) = 2;
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    XGRAD_ARG(bool, sparse) = false;
};

namespace functional {

/// Options of functional::embedding: as those of Embedding.
struct EmbeddingFuncOptions {
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    XGRAD_ARG(double, norm_type) = 2;
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    XGRAD_ARG(bool, sparse) = false;
};

}  // namespace functional

/// What becomes of the rows of a bag: kSum, kMean or kMax.
class EmbeddingBagMode {
  public:
    /// Throws ValueError for kNone.
    EmbeddingBagMode(Reduction reduction);
    constexpr EmbeddingBagMode(Maximum) : number_(2) {}

    /// As xgrad::embedding_bag takes it.
    std::int64_t number() const { return number_; }
    /// "kSum".
    const char* name() const;

  private:
    std::int64_t number_;
};

/// Options of EmbeddingBag: EmbeddingBagOptions(50000, 256).mode(kSum).
struct EmbeddingBagOptions {
    EmbeddingBagOptions(std::int64_t num_embeddings, std::int64_t embedding_dim)
        : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
    /// Number of rows of the table.
    XGRAD_ARG(std::int64_t, num_embeddings);
    /// Size of a row.
    XGRAD_ARG(std::int64_t, embedding_dim);
    /// Rows that are looked up and longer than this are scaled down to it first, in place.
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    /// The p of the p-norm that max_norm limits.
    XGRAD_ARG(double, norm_type) = 2;
    /// Whether a row's gradient is divided by how often the row is looked up.
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    XGRAD_ARG(EmbeddingBagMode, mode) = kMean;
    /// Sparse gradients do not exist here: forward throws NotImplementedError when they are asked for.
    XGRAD_ARG(bool, sparse) = false;
    /// The table to begin with, instead of a random one.
    XGRAD_ARG(Tensor, _weight) = {};
    /// Whether the offsets end with the number of indices.
    XGRAD_ARG(bool, include_last_offset) = false;
    /// A row that does not count; negative counts from the end.
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
};

/// Options of EmbeddingBag::from_pretrained: as those of EmbeddingBag.
struct EmbeddingBagFromPretrainedOptions {
    /// Whether the table is kept from learning.
    XGRAD_ARG(bool, freeze) = true;
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    XGRAD_ARG(double, norm_type) = 2;
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    XGRAD_ARG(EmbeddingBagMode, mode) = kMean;
    XGRAD_ARG(bool, sparse) = false;
    XGRAD_ARG(bool, include_last_offset) = false;
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
};

namespace functional {

/// Options of functional::embedding_bag: as those of EmbeddingBag.
struct EmbeddingBagFuncOptions {
    /// Where the bags begin, if the indices are one-dimensional.
    XGRAD_ARG(Tensor, offsets) = {};
    XGRAD_ARG(std::optional<double>, max_norm) = std::nullopt;
    XGRAD_ARG(double, norm_type) = 2;
    XGRAD_ARG(bool, scale_grad_by_freq) = false;
    XGRAD_ARG(EmbeddingBagMode, mode) = kMean;
    XGRAD_ARG(bool, sparse) = false;
    /// A factor for each index; sums only.
    XGRAD_ARG(Tensor, per_sample_weights) = {};
    XGRAD_ARG(bool, include_last_offset) = false;
    XGRAD_ARG(std::optional<std::int64_t>, padding_idx) = std::nullopt;
};

}  // namespace functional

}  // namespace xgrad::nn
