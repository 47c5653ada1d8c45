#include <xgrad/nn/optim/update.h>

#include <xgrad/autograd/history.h>

namespace xgrad::optim::detail {

void check_not_negative(const char* optimizer, const char* what, double value) {
    if (!(value >= 0)) raise<ValueError>(optimizer, "Invalid ", what, ": ", value, "; it must not be negative");
}

void check_like(const char* optimizer, const char* what, const Tensor& tensor, const Tensor& param) {
    if (!(tensor.sizes() == param.sizes()))
        raise<ShapeError>(optimizer, "the ", what, " of shape ", xgrad::detail::shape_string(tensor.sizes()),
                          " must have the shape of its parameter, ", xgrad::detail::shape_string(param.sizes()));
    if (tensor.dtype() != param.dtype())
        raise<DtypeError>(optimizer, "the ", what, " of dtype ", tensor.dtype(),
                          " must have the dtype of its parameter, ", param.dtype());
}

void check_param(const char* optimizer, const Tensor& param) {
    if (!param.is_floating_point())
        raise<DtypeError>(optimizer, "a parameter must be of floating-point dtype to be updated, got ", param.dtype());
    xgrad::detail::check_inplace(optimizer, param, /*recording=*/false);
    check_like(optimizer, "gradient", param.grad(), param);
}

void finish_update(Tensor param, const Tensor& values) {
    if (values.is_same(param))
        param.unsafeGetTensorImpl()->storage->bump_version();
    else
        param.copy_(values);
}

}  // namespace xgrad::optim::detail
