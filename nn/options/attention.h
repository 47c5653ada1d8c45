#pragma once

#include <cstdint>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of MultiheadAttention: MultiheadAttentionOptions(512, 8).dropout(0.1).
struct MultiheadAttentionOptions {
    MultiheadAttentionOptions(std::int64_t embed_dim, std::int64_t num_heads)
        : embed_dim_(embed_dim), num_heads_(num_heads), kdim_(embed_dim), vdim_(embed_dim) {}
    /// Size of the queries and of the result; a multiple of num_heads.
    XGRAD_ARG(std::int64_t, embed_dim);
    XGRAD_ARG(std::int64_t, num_heads);
    /// The probability with which a weight is dropped in training.
    XGRAD_ARG(double, dropout) = 0;
    /// Whether projections have a learned vector added.
    XGRAD_ARG(bool, bias) = true;
    /// Whether a learned key and value are added to those given.
    XGRAD_ARG(bool, add_bias_kv) = false;
    /// Whether a key and value of zeros are.
    XGRAD_ARG(bool, add_zero_attn) = false;
    /// Sizes of the keys and the values.
    XGRAD_ARG(std::int64_t, kdim);
    XGRAD_ARG(std::int64_t, vdim);
};

namespace functional {

/// Options of functional::multi_head_attention_forward: the parameters of a MultiheadAttention and what it does.
struct MultiheadAttentionForwardFuncOptions {
    MultiheadAttentionForwardFuncOptions(std::int64_t embed_dim_to_check, std::int64_t num_heads, Tensor in_proj_weight,
                                         Tensor in_proj_bias, Tensor bias_k, Tensor bias_v, bool add_zero_attn,
                                         double dropout_p, Tensor out_proj_weight, Tensor out_proj_bias)
        : embed_dim_to_check_(embed_dim_to_check),
          num_heads_(num_heads),
          in_proj_weight_(std::move(in_proj_weight)),
          in_proj_bias_(std::move(in_proj_bias)),
          bias_k_(std::move(bias_k)),
          bias_v_(std::move(bias_v)),
          add_zero_attn_(add_zero_attn),
          dropout_p_(dropout_p),
          out_proj_weight_(std::move(out_proj_weight)),
          out_proj_bias_(std::move(out_proj_bias)) {}
    XGRAD_ARG(std::int64_t, embed_dim_to_check);
    XGRAD_ARG(std::int64_t, num_heads);
    /// The projections of queries, keys and values, one below the other: (3 embed_dim, embed_dim) and (3 embed_dim).
    XGRAD_ARG(Tensor, in_proj_weight);
    XGRAD_ARG(Tensor, in_proj_bias);
    /// A key and value that are added to those given: (1, 1, embed_dim).
    XGRAD_ARG(Tensor, bias_k);
    XGRAD_ARG(Tensor, bias_v);
    /// Whether a key and value of zeros are added.
    XGRAD_ARG(bool, add_zero_attn);
    XGRAD_ARG(double, dropout_p);
    XGRAD_ARG(Tensor, out_proj_weight);
    XGRAD_ARG(Tensor, out_proj_bias);
    /// Whether weights are dropped.
    XGRAD_ARG(bool, training) = true;
    /// (N, S): true, or not zero, where a key is no key.
    XGRAD_ARG(Tensor, key_padding_mask) = {};
    /// Whether the weights are returned.
    XGRAD_ARG(bool, need_weights) = true;
    /// (L, S) or (N num_heads, L, S): numbers to be added to the scores, or true where a key is no key.
    XGRAD_ARG(Tensor, attn_mask) = {};
    /// Whether the projections are the following three.
    XGRAD_ARG(bool, use_separate_proj_weight) = false;
    XGRAD_ARG(Tensor, q_proj_weight) = {};
    XGRAD_ARG(Tensor, k_proj_weight) = {};
    XGRAD_ARG(Tensor, v_proj_weight) = {};
    /// Keys and values (N num_heads, S, embed_dim / num_heads) in place of the projected ones.
    XGRAD_ARG(Tensor, static_k) = {};
    XGRAD_ARG(Tensor, static_v) = {};
    /// Whether the weights are the means over the heads.
    XGRAD_ARG(bool, average_attn_weights) = true;
};

}  // namespace functional

}  // namespace xgrad::nn
