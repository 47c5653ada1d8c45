#include <xgrad/nn/attention.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/attention.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& attention_options)
    : Cloneable("xgrad::nn::MultiheadAttention"), options(attention_options) {
    MultiheadAttentionImpl::reset();
}

void MultiheadAttentionImpl::reset() {
    const std::int64_t width = options.embed_dim(), heads = options.num_heads();
    _qkv_same_embed_dim = options.kdim() == width && options.vdim() == width;
    head_dim = heads > 0 ? width / heads : 0;
    if (head_dim * heads != width)
        raise<ValueError>("MultiheadAttention", "embed_dim must be divisible by num_heads, got ", width, " and ",
                          heads);
    const auto parameter = [this](const char* name, bool exists, IntArrayRef sizes) {
        return register_parameter(name, exists ? empty(sizes) : Tensor(), exists);
    };
    in_proj_weight = parameter("in_proj_weight", _qkv_same_embed_dim, {3 * width, width});
    q_proj_weight = parameter("q_proj_weight", !_qkv_same_embed_dim, {width, width});
    k_proj_weight = parameter("k_proj_weight", !_qkv_same_embed_dim, {width, options.kdim()});
    v_proj_weight = parameter("v_proj_weight", !_qkv_same_embed_dim, {width, options.vdim()});
    in_proj_bias = parameter("in_proj_bias", options.bias(), {3 * width});
    out_proj = register_module("out_proj", Linear(LinearOptions(width, width).bias(options.bias())));
    bias_k = parameter("bias_k", options.add_bias_kv(), {1, 1, width});
    bias_v = parameter("bias_v", options.add_bias_kv(), {1, 1, width});
    _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
    for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight})
        if (weight.defined()) init::xavier_uniform_(weight);
    if (in_proj_bias.defined()) {
        init::zeros_(in_proj_bias);
        init::zeros_(out_proj->bias);
    }
    for (const Tensor& bias : {bias_k, bias_v})
        if (bias.defined()) init::xavier_normal_(bias);
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                           const Tensor& key_padding_mask, bool need_weights,
                                                           const Tensor& attn_mask, bool average_attn_weights) try {
    const ForwardScope scope(*this);
    return functional::multi_head_attention_forward(
        query, key, value,
        functional::MultiheadAttentionForwardFuncOptions(options.embed_dim(), options.num_heads(), in_proj_weight,
                                                         in_proj_bias, bias_k, bias_v, options.add_zero_attn(),
                                                         options.dropout(), out_proj->weight, out_proj->bias)
            .training(is_training())
            .key_padding_mask(key_padding_mask)
            .need_weights(need_weights)
            .attn_mask(attn_mask)
            .use_separate_proj_weight(!_qkv_same_embed_dim)
            .q_proj_weight(q_proj_weight)
            .k_proj_weight(k_proj_weight)
            .v_proj_weight(v_proj_weight)
            .average_attn_weights(average_attn_weights));
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
