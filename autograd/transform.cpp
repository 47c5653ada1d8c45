#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/transform.h>

#include <algorithm>

namespace xgrad::detail {

Tensor wrap(TransformLevel level) {
    Dims sizes = level.value.sizes();
    if (level.kind == TransformLevel::Kind::kVmap) sizes.erase(static_cast<std::size_t>(level.batch_dim));
    auto impl = IntrusivePtr<TensorImpl>::adopt(
        new TensorImpl(Storage::allocate(0), sizes, checked_numel(sizes, "wrap"), level.value.dtype()));
    impl->transform = std::make_unique<TransformLevel>(std::move(level));
    return Tensor(std::move(impl));
}

Tensor transform_alias(const Tensor& wrapped) { return wrap(*wrapped.impl()->transform); }

void raise_inplace_transform(const char* operation) {
    raise<NotImplementedError>(operation,
                               "in-place operations on tensors inside jvp or vmap are not supported; use the form "
                               "without the trailing underscore");
}

}  // namespace xgrad::detail

namespace xgrad::transform {

using detail::TransformLevel;

namespace {

TensorList forward_mode(const Call& call, std::int64_t level, std::span<const Tensor> values,
                        std::span<const Tensor> tangents) {
    TensorList results = call.forward(call.op, values);
    const bool constant = std::ranges::none_of(tangents, [](const Tensor& t) { return t.defined(); });
    if (constant || !call.differentiable || !xgrad::is_floating_point(results[0].dtype())) return results;
    if (!call.jvp) raise<NotImplementedError>(call.name, "has no forward-mode derivative");
    Tensor tangent = call.jvp(call.op, values, tangents, results[0]);
    if (tangent.defined()) tangent = tangent.to(results[0].dtype());
    results[0] = detail::wrap({TransformLevel::Kind::kForwardMode, level, results[0], std::move(tangent)});
    return results;
}

TensorList batched(const Call& call, std::int64_t level, std::span<const Tensor> values,
                   std::span<const std::int64_t> dims) {
    if (!call.batch) raise<NotImplementedError>(call.name, "has no rule for vmap");
    ops::Batched result = call.batch(call.op, values, dims);
    return {detail::wrap({TransformLevel::Kind::kVmap, level, std::move(result.value), {}, result.dim})};
}

}  // namespace

TensorList zeros_where_undefined(std::span<const Tensor> inputs, std::span<const Tensor> tangents) {
    TensorList filled(tangents.begin(), tangents.end());
    for (std::size_t i = 0; i < filled.size(); ++i)
        if (!filled[i].defined()) filled[i] = zeros_like(inputs[i]);
    return filled;
}

TensorList dispatch(const Call& call, std::span<const Tensor> inputs) {
    std::int64_t level = 0;
    auto kind = TransformLevel::Kind::kForwardMode;
    for (const Tensor& input : inputs)
        if (const auto* t = input.impl()->transform.get(); t && t->level > level) {
            level = t->level;
            kind = t->kind;
        }
    TensorList values, tangents;
    std::vector<std::int64_t> dims;
    for (const Tensor& input : inputs) {
        const auto* t = input.impl()->transform.get();
        const bool here = t && t->level == level;
        values.push_back(here ? t->value : input);
        tangents.push_back(here ? t->tangent : Tensor());
        dims.push_back(here ? t->batch_dim : -1);
    }
    return kind == TransformLevel::Kind::kForwardMode ? forward_mode(call, level, values, tangents)
                                                      : batched(call, level, values, dims);
}

}  // namespace xgrad::transform
