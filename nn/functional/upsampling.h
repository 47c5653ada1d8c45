#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/upsampling.h>

namespace xgrad::nn::functional {

/// (N, C, L), (N, C, H, W) or (N, C, D, H, W) resized. See <xgrad/autograd/functions/vision.h>. Throws ValueError
/// unless either sizes or factors are given and for align_corners with a mode that has none, ShapeError for a mode of
/// another number of dimensions.
Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& options = {});

}  // namespace xgrad::nn::functional
