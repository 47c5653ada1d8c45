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

/// Mean square 1 over the last dimensions of each example, then a learned weight of their shape, which starts at 1
/// (Zhang and Sennrich, 2019).
class RMSNormImpl : public Cloneable<RMSNormImpl> {
  public:
    RMSNormImpl(std::vector<std::int64_t> normalized_shape)
        : RMSNormImpl(RMSNormOptions(std::move(normalized_shape))) {}
    explicit RMSNormImpl(const RMSNormOptions& layer_options);

    void reset() override;
    /// Sets the weight to 1.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// (..., normalized_shape) to the same.
    Tensor forward(const Tensor& input);

    RMSNormOptions options;
    Tensor weight;  // undefined without elementwise_affine
};
XGRAD_MODULE(RMSNorm);

/// Each channel divided by a mean over its neighbours. See functional::local_response_norm.
class LocalResponseNormImpl : public Cloneable<LocalResponseNormImpl> {
  public:
    LocalResponseNormImpl(std::int64_t size) : LocalResponseNormImpl(LocalResponseNormOptions(size)) {}
    explicit LocalResponseNormImpl(const LocalResponseNormOptions& norm_options) : options(norm_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    /// (N, C, ...) to the same.
    Tensor forward(const Tensor& input);

    LocalResponseNormOptions options;
};
XGRAD_MODULE(LocalResponseNorm);

/// The same of pictures, with (size - 1) / 2 neighbours on either side, and the sum over them divided by the size.
class CrossMapLRN2dImpl : public Cloneable<CrossMapLRN2dImpl> {
  public:
    CrossMapLRN2dImpl(std::int64_t size) : CrossMapLRN2dImpl(CrossMapLRN2dOptions(size)) {}
    explicit CrossMapLRN2dImpl(const CrossMapLRN2dOptions& norm_options) : options(norm_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    /// (N, C, H, W) to the same.
    Tensor forward(const Tensor& input);

    CrossMapLRN2dOptions options;
};
XGRAD_MODULE(CrossMapLRN2d);

}  // namespace xgrad::nn
