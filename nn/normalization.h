#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/normalization.h>

namespace xgrad::nn {

/// Mean 0 and variance 1 over the last dimensions of each example, then a learned weight and bias of their shape, which
/// start at 1 and 0 (Ba et al., Layer Normalization, 2016).
class LayerNormImpl : public Cloneable<LayerNormImpl> {
  public:
    LayerNormImpl(std::vector<std::int64_t> normalized_shape)
        : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
    explicit LayerNormImpl(const LayerNormOptions& layer_options);

    void reset() override;
    /// Sets the weight to 1 and the bias to 0.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// (..., normalized_shape) to the same.
    Tensor forward(const Tensor& input);

    LayerNormOptions options;
    Tensor weight;  // undefined, as the bias, without elementwise_affine
    Tensor bias;
};
XGRAD_MODULE(LayerNorm);

/// Mean 0 and variance 1 over each group of channels of each example, then a learned weight and bias for each channel,
/// which start at 1 and 0 (Wu and He, Group Normalization, 2018).
class GroupNormImpl : public Cloneable<GroupNormImpl> {
  public:
    GroupNormImpl(std::int64_t num_groups, std::int64_t num_channels)
        : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}
    explicit GroupNormImpl(const GroupNormOptions& group_options);

    void reset() override;
    /// Sets the weight to 1 and the bias to 0.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// (N, num_channels, ...) to the same.
    Tensor forward(const Tensor& input);

    GroupNormOptions options;
    Tensor weight;  // undefined, as the bias, without affine
    Tensor bias;
};
XGRAD_MODULE(GroupNorm);

}  // namespace xgrad::nn
