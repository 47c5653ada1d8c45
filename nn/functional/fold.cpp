#include <xgrad/nn/functional/fold.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor fold(const Tensor& input, const FoldFuncOptions& options) {
    return col2im(input, options.output_size(), options.kernel_size(), options.dilation(), options.padding(),
                  options.stride());
}

Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options) {
    return im2col(input, options.kernel_size(), options.dilation(), options.padding(), options.stride());
}

}  // namespace xgrad::nn::functional
