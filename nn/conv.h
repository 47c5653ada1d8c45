#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/conv.h>

namespace xgrad::nn {

/// What convolutions of D dimensions have in common: the weight (out_channels, in_channels / groups, kernel), for a
/// transposed one (in_channels, out_channels / groups, kernel), and the bias (out_channels), both uniform in
/// +-1 / sqrt(fan in) at first.
template <std::size_t D, class Derived>
class ConvNdImpl : public Cloneable<Derived> {
  public:
    explicit ConvNdImpl(const detail::ConvNdOptions<D>& conv_options);

    void reset() override;
    /// Draws weight and bias anew, as PyTorch does and from the same random stream.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;

    detail::ConvNdOptions<D> options;
    Tensor weight;
    Tensor bias;  // undefined when switched off
};

/// See conv1d, conv2d and conv3d of <xgrad/autograd/functions/convolution.h>. Throws ValueError for channels that are
/// no multiple of the groups, and for kSame with a stride.
template <std::size_t D, class Derived>
class ConvLayerImpl : public ConvNdImpl<D, Derived> {
  public:
    ConvLayerImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
        : ConvLayerImpl(ConvOptions<D>(in_channels, out_channels, kernel_size)) {}
    explicit ConvLayerImpl(const ConvOptions<D>& conv_options);

    /// (N, in_channels, ...) or (in_channels, ...) to the same with out_channels.
    Tensor forward(const Tensor& input);
};

/// See conv_transpose1d, conv_transpose2d and conv_transpose3d.
template <std::size_t D, class Derived>
class ConvTransposeLayerImpl : public ConvNdImpl<D, Derived> {
  public:
    ConvTransposeLayerImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
        : ConvTransposeLayerImpl(ConvTransposeOptions<D>(in_channels, out_channels, kernel_size)) {}
    explicit ConvTransposeLayerImpl(const ConvTransposeOptions<D>& conv_options);

    /// With an `output_size`, of the last D dimensions or of all, the output padding is what makes it so.
    Tensor forward(const Tensor& input, OptionalIntArrayRef output_size = std::nullopt);
};

class Conv1dImpl : public ConvLayerImpl<1, Conv1dImpl> {
  public:
    using ConvLayerImpl::ConvLayerImpl;
};
XGRAD_MODULE(Conv1d);

class Conv2dImpl : public ConvLayerImpl<2, Conv2dImpl> {
  public:
    using ConvLayerImpl::ConvLayerImpl;
};
XGRAD_MODULE(Conv2d);

class Conv3dImpl : public ConvLayerImpl<3, Conv3dImpl> {
  public:
    using ConvLayerImpl::ConvLayerImpl;
};
XGRAD_MODULE(Conv3d);

class ConvTranspose1dImpl : public ConvTransposeLayerImpl<1, ConvTranspose1dImpl> {
  public:
    using ConvTransposeLayerImpl::ConvTransposeLayerImpl;
};
XGRAD_MODULE(ConvTranspose1d);

class ConvTranspose2dImpl : public ConvTransposeLayerImpl<2, ConvTranspose2dImpl> {
  public:
    using ConvTransposeLayerImpl::ConvTransposeLayerImpl;
};
XGRAD_MODULE(ConvTranspose2d);

class ConvTranspose3dImpl : public ConvTransposeLayerImpl<3, ConvTranspose3dImpl> {
  public:
    using ConvTransposeLayerImpl::ConvTransposeLayerImpl;
};
XGRAD_MODULE(ConvTranspose3d);

}  // namespace xgrad::nn
