#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/pixelshuffle.h>

namespace xgrad::nn::functional {

/// See xgrad::pixel_shuffle.
Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options);
/// Undoes pixel_shuffle.
Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options);

}  // namespace xgrad::nn::functional
