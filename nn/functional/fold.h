#pragma once

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/options/fold.h>

namespace xgrad::nn::functional {

/// See xgrad::col2im: fold(columns, FoldFuncOptions({8, 8}, 3)).
Tensor fold(const Tensor& input, const FoldFuncOptions& options);
/// See xgrad::im2col: unfold(images, UnfoldFuncOptions(3).padding(1)).
Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options);

}  // namespace xgrad::nn::functional
