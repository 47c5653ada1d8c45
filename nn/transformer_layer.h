#pragma once

#include <xgrad/nn/attention.h>
#include <xgrad/nn/dropout.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/normalization.h>
#include <xgrad/nn/options/transformer.h>

/// The layers of a Transformer (Vaswani et al., Attention Is All You Need, 2017). Sequences are (length, N, d_model);
/// masks are those of MultiheadAttention.
namespace xgrad::nn {

/// Attention of a sequence to itself and two linear layers, each added to what went in and normalised.
class TransformerEncoderLayerImpl : public Cloneable<TransformerEncoderLayerImpl> {
  public:
    TransformerEncoderLayerImpl(std::int64_t d_model, std::int64_t nhead)
        : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, nhead)) {}
    explicit TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions& layer_options);

    void reset() override;
    void reset_parameters();
    Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});

    TransformerEncoderLayerOptions options;
    MultiheadAttention self_attn = nullptr;
    Linear linear1 = nullptr, linear2 = nullptr;
    LayerNorm norm1 = nullptr, norm2 = nullptr;
    Dropout dropout = nullptr, dropout1 = nullptr, dropout2 = nullptr;
};
XGRAD_MODULE(TransformerEncoderLayer);

/// The same with attention to a second sequence, `memory`, in between.
class TransformerDecoderLayerImpl : public Cloneable<TransformerDecoderLayerImpl> {
  public:
    TransformerDecoderLayerImpl(std::int64_t d_model, std::int64_t nhead)
        : TransformerDecoderLayerImpl(TransformerDecoderLayerOptions(d_model, nhead)) {}
    explicit TransformerDecoderLayerImpl(const TransformerDecoderLayerOptions& layer_options);

    void reset() override;
    void reset_parameters();
    Tensor forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                   const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});

    TransformerDecoderLayerOptions options;
    MultiheadAttention self_attn = nullptr, multihead_attn = nullptr;
    Linear linear1 = nullptr, linear2 = nullptr;
    LayerNorm norm1 = nullptr, norm2 = nullptr, norm3 = nullptr;
    Dropout dropout = nullptr, dropout1 = nullptr, dropout2 = nullptr, dropout3 = nullptr;
};
XGRAD_MODULE(TransformerDecoderLayer);

}  // namespace xgrad::nn
