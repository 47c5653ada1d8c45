#pragma once

#include <tuple>

#include <xgrad/nn/linear.h>
#include <xgrad/nn/module.h>
#include <xgrad/nn/options/attention.h>

namespace xgrad::nn {

/// Attention of several heads (Vaswani et al., Attention Is All You Need, 2017). See
/// functional::multi_head_attention_forward. Projections start Xavier-uniform, their biases at 0.
class MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
  public:
    MultiheadAttentionImpl(std::int64_t embed_dim, std::int64_t num_heads)
        : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
    /// Throws ValueError unless embed_dim is a multiple of num_heads.
    explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& attention_options);

    void reset() override;
    /// Draws the projections anew, as PyTorch does and from the same random stream.
    void _reset_parameters();
    /// Query (L, N, embed_dim), key (S, N, kdim) and value (S, N, vdim) to (L, N, embed_dim) and, if needed, weights.
    /// Masks are as in functional::MultiheadAttentionForwardFuncOptions.
    std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                       const Tensor& key_padding_mask = {}, bool need_weights = true,
                                       const Tensor& attn_mask = {}, bool average_attn_weights = true);

    MultiheadAttentionOptions options;
    bool _qkv_same_embed_dim = true;
    Tensor in_proj_weight;  // undefined, as the bias without one, when sizes differ: then there are the three below
    Tensor in_proj_bias;
    Tensor bias_k, bias_v;  // undefined without add_bias_kv
    Linear out_proj = nullptr;
    Tensor q_proj_weight, k_proj_weight, v_proj_weight;
    std::int64_t head_dim = 0;
};
XGRAD_MODULE(MultiheadAttention);

}  // namespace xgrad::nn
