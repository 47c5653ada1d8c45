#include <xgrad/nn/functional/normalization.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
    return xgrad::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(), options.eps());
}

Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
    return xgrad::group_norm(input, options.num_groups(), options.weight(), options.bias(), options.eps());
}

}  // namespace xgrad::nn::functional
