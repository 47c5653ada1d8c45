#include <xgrad/nn/functional/normalization.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/vision/resample.h>

namespace xgrad::nn::functional {

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
    return xgrad::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(), options.eps());
}

Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
    return xgrad::group_norm(input, options.num_groups(), options.weight(), options.bias(), options.eps());
}

Tensor rms_norm(const Tensor& input, const RMSNormFuncOptions& options) {
    return xgrad::rms_norm(input, options.normalized_shape(), options.weight(), options.eps());
}

Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options) {
    constexpr const char* name = "local_response_norm";
    if (!input.defined()) raise(name, "an input is an undefined Tensor");
    if (input.dim() < 3)
        raise<ShapeError>(name, "Expected 3D or higher dimensionality input (got ", input.dim(), " dimensions)");
    if (!input.is_floating_point())
        raise<DtypeError>(name, "needs an input of floating point dtype, got ", input.dtype());
    const std::int64_t size = options.size();
    if (size < 1) raise<ValueError>(name, "needs at least one channel to take the mean of, got size ", size);
    const Tensor mean = ops::window_mean(input.square(), 1, size / 2, (size - 1) / 2);
    return input / (mean * options.alpha() + options.k()).pow(options.beta());
}

Tensor normalize(const Tensor& input, NormalizeFuncOptions options) {
    const Tensor y = input / input.norm(options.p(), {options.dim()}, true).clamp_min(options.eps());
    return options.out() ? options.out()->copy_(y) : y;
}

}  // namespace xgrad::nn::functional
