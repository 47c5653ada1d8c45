#pragma once

#include <tuple>

#include <xgrad/nn/options/attention.h>

namespace xgrad::nn::functional {

/// Attention of several heads (Vaswani et al., 2017): query (L, N, embed_dim), key (S, N, kdim) and value (S, N, vdim)
/// are projected, divided among the heads, put through scaled_dot_product_attention and projected again. Returns the
/// result (L, N, embed_dim) and the weights (N, L, S), or (N, num_heads, L, S) unless averaged; undefined, which is
/// faster, if they are not needed.
std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                        const MultiheadAttentionForwardFuncOptions& options);

}  // namespace xgrad::nn::functional
