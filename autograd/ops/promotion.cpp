#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/promotion.h>

namespace xgrad {

namespace {

int category(ScalarType t) { return t == kBool ? 0 : is_floating_point(t) ? 2 : 1; }

}  // namespace

namespace ops {

ScalarType result_type(std::span<const Tensor* const> inputs) {
    ScalarType with_dims = ScalarType::Undefined, without = ScalarType::Undefined;
    for (const Tensor* x : inputs) {
        ScalarType& kind = x->dim() > 0 ? with_dims : without;
        kind = kind == ScalarType::Undefined ? x->dtype() : promote_types(kind, x->dtype());
    }
    if (with_dims == ScalarType::Undefined) return without;
    if (without == ScalarType::Undefined || category(without) <= category(with_dims)) return with_dims;
    return promote_types(with_dims, without);
}

Tensor number_operand(const Tensor& x, const Scalar& number) { return full({}, number, xgrad::result_type(x, number)); }

}  // namespace ops

ScalarType result_type(const Tensor& a, const Tensor& b) {
    const Tensor* both[] = {&a, &b};
    return ops::result_type(both);
}

ScalarType result_type(const Tensor& a, const Scalar& b) {
    if (category(b.type()) <= category(a.dtype())) return a.dtype();
    return b.is_floating_point() ? get_default_dtype() : b.type();
}
ScalarType result_type(const Scalar& a, const Tensor& b) { return result_type(b, a); }
ScalarType result_type(const Scalar& a, const Scalar& b) {
    const ScalarType kind = promote_types(a.type(), b.type());
    return kind == kFloat64 ? get_default_dtype() : kind;
}

}  // namespace xgrad
