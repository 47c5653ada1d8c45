#pragma once

#include <optional>

#include <xgrad/autograd/tensor.h>

/// Attention.
namespace xgrad {

/// softmax(scale query key^T + mask) value (Vaswani et al., Attention Is All You Need, 2017) for query (..., L, E), key
/// (..., S, E) and value (..., S, Ev), whose leading dimensions broadcast; the result is (..., L, Ev). `attn_mask`
/// broadcasts to (..., L, S): true where a key takes part, or numbers to be added; `is_causal` stands for the mask
/// whose lower triangle is true. `dropout_p` is the probability with which a weight is dropped. The scale is
/// 1 / sqrt(E) unless given. With `enable_gqa` the heads (dimension -3) of key and value are repeated to match those of
/// the query. A row without any key gives zeros.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const std::optional<Tensor>& attn_mask = {}, double dropout_p = 0.0,
                                    bool is_causal = false, std::optional<double> scale = std::nullopt,
                                    bool enable_gqa = false);

}  // namespace xgrad
