#pragma once

#include <xgrad/nn/options/batchnorm.h>

namespace xgrad::nn::functional {

/// Each channel of (N, C, ...) normalised over the batch or by the running statistics. See xgrad::batch_norm. Throws
/// ShapeError when training with one value for each channel, ValueError without a momentum.
Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options = {});

/// Each channel of each example of (N, C, ...) normalised. See xgrad::instance_norm.
Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options = {});

}  // namespace xgrad::nn::functional
