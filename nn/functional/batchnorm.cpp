#include <xgrad/nn/functional/batchnorm.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
    if (options.training() && input.dim() >= 2 && input.numel() == input.size(1) && input.numel() > 0)
        raise<ShapeError>("batch_norm", "Expected more than 1 value per channel when training, got input size ",
                          input.sizes());
    if (!options.momentum())
        raise<ValueError>("batch_norm", "needs a momentum: the functional form does not count batches");
    return xgrad::batch_norm(input, options.weight(), options.bias(), running_mean, running_var, options.training(),
                             *options.momentum(), options.eps());
}

Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options) {
    return xgrad::instance_norm(input, options.weight(), options.bias(), options.running_mean(), options.running_var(),
                                options.use_input_stats(), options.momentum(), options.eps());
}

}  // namespace xgrad::nn::functional
