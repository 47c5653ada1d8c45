#include <xgrad/nn/pixelshuffle.h>

#include <ostream>

#include <xgrad/nn/functional/pixelshuffle.h>

namespace xgrad::nn {

void PixelShuffleImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::PixelShuffle(upscale_factor=" << options.upscale_factor() << ')';
}

Tensor PixelShuffleImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::pixel_shuffle(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void PixelUnshuffleImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::PixelUnshuffle(downscale_factor=" << options.downscale_factor() << ')';
}

Tensor PixelUnshuffleImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::pixel_unshuffle(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
