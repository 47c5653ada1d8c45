#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/pixelshuffle.h>

namespace xgrad::nn {

/// (..., C r^2, H, W) to (..., C, H r, W r), r being the upscale factor.
class PixelShuffleImpl : public Cloneable<PixelShuffleImpl> {
  public:
    explicit PixelShuffleImpl(const PixelShuffleOptions& shuffle_options) : options(shuffle_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    PixelShuffleOptions options;
};
XGRAD_MODULE(PixelShuffle);

/// Undoes PixelShuffle.
class PixelUnshuffleImpl : public Cloneable<PixelUnshuffleImpl> {
  public:
    explicit PixelUnshuffleImpl(const PixelUnshuffleOptions& unshuffle_options) : options(unshuffle_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    PixelUnshuffleOptions options;
};
XGRAD_MODULE(PixelUnshuffle);

}  // namespace xgrad::nn
