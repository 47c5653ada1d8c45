#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>

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

}  // namespace xgrad::nn
