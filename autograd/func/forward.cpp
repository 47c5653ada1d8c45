#include <xgrad/autograd/error.h>
#include <xgrad/autograd/func/internal.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::detail {

namespace {

void check_tangents(const char* transform, const TensorList& inputs, const TensorList& tangents) {
    if (inputs.size() != tangents.size())
        raise<ValueError>(transform, "got ", inputs.size(), " inputs and ", tangents.size(), " tangents");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!tangents[i].defined()) continue;
        if (tangents[i].sizes() != inputs[i].sizes())
            raise<ShapeError>(transform, "tangent ", i, " has the shape ", shape_string(tangents[i].sizes()),
                              ", its input ", shape_string(inputs[i].sizes()));
        check_differentiable(transform, "input", i, inputs[i]);
        if (tangents[i].dtype() != inputs[i].dtype())
            raise<DtypeError>(transform, "Expected tangent ", i, " to have the dtype of its input, ", inputs[i].dtype(),
                              ", got ", tangents[i].dtype());
    }
}

}  // namespace

std::tuple<TensorList, TensorList> jvp(const char* transform, const func::ErasedFunction& function,
                                       const TensorList& inputs, const TensorList& tangents) {
    check_tangents(transform, inputs, tangents);
    const std::int64_t level = next_level();
    TensorList duals;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        duals.push_back(wrap({TransformLevel::Kind::kForwardMode, level, inputs[i], tangents[i]}));
    TensorList values = call_user(transform, function, duals), slopes;
    for (Tensor& value : values) {
        Tensor tangent;
        if (const TransformLevel* dual = at_level(value, level)) {
            tangent = dual->tangent;
            value = Tensor(dual->value);  // a copy first: the wrapper owns what it wraps
        }
        slopes.push_back(tangent.defined() ? tangent : zeros_like(value));
    }
    return {std::move(values), std::move(slopes)};
}

std::tuple<TensorList, TensorList> jvp(const func::ErasedFunction& function, const TensorList& inputs,
                                       const TensorList& tangents) {
    return jvp("jvp", function, inputs, tangents);
}

}  // namespace xgrad::detail

namespace xgrad::func {

std::tuple<Tensor, TensorList> hvp(Function function, const TensorList& inputs, const TensorList& vectors) {
    const std::vector<std::size_t> argnums = detail::differentiable_inputs(inputs);
    const auto gradients = [&](const TensorList& duals) {
        return detail::value_and_gradients("hvp", function.erased(), duals, argnums);
    };
    auto [values, slopes] = detail::jvp("hvp", gradients, inputs, vectors);
    TensorList products(inputs.size());
    for (std::size_t i = 0; i < argnums.size(); ++i) products[argnums[i]] = std::move(slopes[i + 1]);
    return {std::move(values[0]), std::move(products)};
}

}  // namespace xgrad::func
