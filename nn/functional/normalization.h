#pragma once

#include <xgrad/nn/options/normalization.h>

namespace xgrad::nn::functional {

/// The last dimensions, of the sizes `normalized_shape`, shifted and scaled to mean 0 and variance 1, then times the
/// weight plus the bias, if there are any. See xgrad::layer_norm.
Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);

/// The same over groups of channels and all that follows them of an input (N, C, ...). See xgrad::group_norm.
Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);

/// The last dimensions divided by the root of their mean square. See xgrad::rms_norm.
Tensor rms_norm(const Tensor& input, const RMSNormFuncOptions& options);

/// x / (k + alpha mean(x^2))^beta of (N, C, ...) with at least three dimensions, where the mean is over `size` channels
/// around each, beyond the edges zeros (Krizhevsky et al., 2012).
Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options);

/// x / max(|x|, eps) with the p-norm along a dimension.
Tensor normalize(const Tensor& input, NormalizeFuncOptions options = {});

}  // namespace xgrad::nn::functional
