#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/dropout.h>

/// Dropout. The formulas stand in <xgrad/autograd/functions/dropout.h>.
namespace xgrad::nn::functional {

Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});
/// Whole channels of (N, C, H, W) or, without a batch, (C, H, W).
Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
/// Whole channels of (N, C, D, H, W) or, without a batch, (C, D, H, W).
Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options = {});
Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options = {});
/// Whole channels of (N, C, ...).
Tensor feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options = {});

}  // namespace xgrad::nn::functional
