#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/promotion.h>

namespace xgrad::ops {

namespace {

struct RowTypes {
    ScalarType compute, produce, result;
};

/// The dtypes of a row on these inputs, which it must be able to take.
RowTypes types_of(const RowCall& call, std::span<const Tensor* const> inputs) {
    ScalarType t = result_type(call.selects ? inputs.subspan(1) : inputs);
    if (t == kBool && call.bool_error) raise<DtypeError>(call.name, call.bool_error);
    if (call.divides && !is_floating_point(t) && inputs[1]->eq(0).any().item<bool>())
        raise<ValueError>(call.name, "ZeroDivisionError: integers are divided by 0");
    if (call.kind == rows::Kind::kFloating && !is_floating_point(t)) t = get_default_dtype();
    const ScalarType compute = t == kBool ? kUInt8 : t;  // kernels have no bool arithmetic
    const ScalarType produce = call.kind == rows::Kind::kComparison ? kBool : compute;
    return {compute, produce, call.kind == rows::Kind::kComparison ? kBool : t};
}

MapKernel value_kernel(const RowCall& call, ScalarType compute) {
    const MapKernel kernel = call.kernels->value[static_cast<int>(compute)];
    if (!kernel) raise<DtypeError>(call.name, "not implemented for '", compute, "': only for integers and bools");
    return kernel;
}

}  // namespace

Tensor rows::constant(const Tensor& x, double value) { return full({}, value, x.dtype()); }

detail::Dims common_shape(const char* name, std::span<const Tensor* const> inputs) {
    detail::Dims shape = inputs[0]->sizes();
    for (const Tensor* x : inputs.subspan(1))
        if (x->sizes() != IntArrayRef(shape)) shape = detail::broadcast_shapes(shape, x->sizes(), name);
    return shape;
}

Tensor row_value(const RowCall& call, std::span<const Tensor* const> inputs) {
    const RowTypes types = types_of(call, inputs);
    Tensor result = empty(common_shape(call.name, inputs), types.result);
    map(value_kernel(call, types.compute), call.row, types.compute, types.produce, result, inputs);
    return result;
}

void row_value_inplace(const RowCall& call, const Tensor& self, std::span<const Tensor* const> inputs) {
    const RowTypes types = types_of(call, inputs);
    detail_op::check_fits(call.name, self, common_shape(call.name, inputs), types.result);
    map(value_kernel(call, types.compute), call.row, types.compute, types.produce, self, inputs);
}

Tensor row_derivative(const RowCall& call, MapKernel const (&kernel)[2], std::span<const Tensor* const> operands) {
    const ScalarType dtype = operands[0]->dtype();
    Tensor result = empty(common_shape(call.name, operands), dtype);
    map(kernel[float_index(dtype)], call.row, dtype, dtype, result, operands);
    return result;
}

}  // namespace xgrad::ops
