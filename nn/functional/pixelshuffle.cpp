#include <xgrad/nn/functional/pixelshuffle.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options) {
    return xgrad::pixel_shuffle(input, options.upscale_factor());
}
Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options) {
    return xgrad::pixel_unshuffle(input, options.downscale_factor());
}

}  // namespace xgrad::nn::functional
