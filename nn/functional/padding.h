#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/padding.h>

namespace xgrad::nn::functional {

/// See xgrad::pad: pad(x, PadFuncOptions({1, 2, 0, 0}).mode(kReplicate)).
Tensor pad(const Tensor& input, const PadFuncOptions& options);

}  // namespace xgrad::nn::functional
