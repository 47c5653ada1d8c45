#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/vision.h>

/// Sampling at given positions. See <xgrad/autograd/functions/vision.h>.
namespace xgrad::nn::functional {

Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners = false);
Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options = {});

}  // namespace xgrad::nn::functional
