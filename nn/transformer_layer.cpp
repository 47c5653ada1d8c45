#include <xgrad/nn/transformer_layer.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn {

TransformerActivation::TransformerActivation(init::Nonlinearity relu)
    : function_([](const Tensor& x) { return xgrad::relu(x); }) {
    if (relu != kReLU) raise<ValueError>("Transformer", "the activation must be kReLU, kGELU or a function");
}
TransformerActivation::TransformerActivation(GELUActivation) : function_([](const Tensor& x) { return gelu(x); }) {}

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions& layer_options)
    : options(layer_options) {
    TransformerEncoderLayerImpl::reset();
}

void TransformerEncoderLayerImpl::reset() {
    const std::int64_t width = options.d_model(), hidden = options.dim_feedforward();
    const double p = options.dropout();
    self_attn =
        register_module("self_attn", MultiheadAttention(MultiheadAttentionOptions(width, options.nhead()).dropout(p)));
    linear1 = register_module("linear1", Linear(width, hidden));
    dropout = register_module("dropout", Dropout(p));
    linear2 = register_module("linear2", Linear(hidden, width));
    norm1 = register_module("norm1", LayerNorm(LayerNormOptions({width})));
    norm2 = register_module("norm2", LayerNorm(LayerNormOptions({width})));
    dropout1 = register_module("dropout1", Dropout(p));
    dropout2 = register_module("dropout2", Dropout(p));
}

void TransformerEncoderLayerImpl::reset_parameters() {
    self_attn->_reset_parameters();
    linear1->reset_parameters();
    linear2->reset_parameters();
    norm1->reset_parameters();
    norm2->reset_parameters();
}

Tensor TransformerEncoderLayerImpl::forward(const Tensor& src, const Tensor& src_mask,
                                            const Tensor& src_key_padding_mask) try {
    const ForwardScope scope(*this);
    const Tensor attended = std::get<0>(self_attn(src, src, src, src_key_padding_mask, false, src_mask));
    const Tensor x = norm1(src + dropout1(attended));
    return norm2(x + dropout2(linear2(dropout(options.activation()(linear1(x))))));
} catch (Error& error) {
    rethrow_with_path(error);
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(const TransformerDecoderLayerOptions& layer_options)
    : options(layer_options) {
    TransformerDecoderLayerImpl::reset();
}

void TransformerDecoderLayerImpl::reset() {
    const std::int64_t width = options.d_model(), hidden = options.dim_feedforward();
    const double p = options.dropout();
    const auto attention = MultiheadAttentionOptions(width, options.nhead()).dropout(p);
    self_attn = register_module("self_attn", MultiheadAttention(attention));
    dropout1 = register_module("dropout1", Dropout(p));
    norm1 = register_module("norm1", LayerNorm(LayerNormOptions({width})));
    multihead_attn = register_module("multihead_attn", MultiheadAttention(attention));
    dropout2 = register_module("dropout2", Dropout(p));
    norm2 = register_module("norm2", LayerNorm(LayerNormOptions({width})));
    linear1 = register_module("linear1", Linear(width, hidden));
    dropout = register_module("dropout", Dropout(p));
    linear2 = register_module("linear2", Linear(hidden, width));
    dropout3 = register_module("dropout3", Dropout(p));
    norm3 = register_module("norm3", LayerNorm(LayerNormOptions({width})));
}

void TransformerDecoderLayerImpl::reset_parameters() {
    self_attn->_reset_parameters();
    multihead_attn->_reset_parameters();
    linear1->reset_parameters();
    linear2->reset_parameters();
    norm1->reset_parameters();
    norm2->reset_parameters();
    norm3->reset_parameters();
}

Tensor TransformerDecoderLayerImpl::forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask,
                                            const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                            const Tensor& memory_key_padding_mask) try {
    const ForwardScope scope(*this);
    Tensor attended = std::get<0>(self_attn(tgt, tgt, tgt, tgt_key_padding_mask, false, tgt_mask));
    tgt = norm1(tgt + dropout1(attended));
    attended = std::get<0>(multihead_attn(tgt, memory, memory, memory_key_padding_mask, false, memory_mask));
    tgt = norm2(tgt + dropout2(attended));
    return norm3(tgt + dropout3(linear2(dropout(options.activation()(linear1(tgt))))));
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
