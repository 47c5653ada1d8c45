#pragma once

#include <xgrad/nn/options/normalization.h>

namespace xgrad::nn::functional {

/// The last dimensions, of the sizes `normalized_shape`, shifted and scaled to mean 0 and variance 1, then times the
/// weight plus the bias, if there are any. See xgrad::layer_norm.
Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);

/// The same over groups of channels and all that follows them of an input (N, C, ...). See xgrad::group_norm.
Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);

}  // namespace xgrad::nn::functional
