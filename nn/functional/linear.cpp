#include <xgrad/nn/functional/linear.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
    return xgrad::linear(input, weight, bias);
}

}  // namespace xgrad::nn::functional
