#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
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

const Tensor& innermost(const Tensor& x) {
    const auto* level = x.unsafeGetTensorImpl()->transform.get();
    return level ? innermost(level->value) : x;
}

void raise_inplace_transform(const char* operation) {
    raise<NotImplementedError>(operation,
                               "in-place operations on tensors inside jvp or vmap are not supported; use the form "
                               "without the trailing underscore");
}

void become_result(const Tensor& self, const Tensor& result) {
    if (self.is_same(result)) return;
    TensorImpl& impl = *self.unsafeGetTensorImpl();
    const TensorImpl& made = *result.unsafeGetTensorImpl();
    TransformLevel& own = *impl.transform;
    if (made.transform && made.transform->level == own.level) {
        own = *made.transform;
    } else {  // forward mode, and it has no tangent
        own.value = result;
        own.tangent.reset();
    }
    impl.set_geometry(0, made.sizes, contiguous_strides(made.sizes));
    impl.storage->bump_version();
    if (!GradMode::is_enabled()) return;
    if (made.grad_fn)
        rebase_history(self, made.grad_fn);
    else
        self.detach_();
}

}  // namespace xgrad::detail

namespace xgrad::transform {

using detail::TransformLevel;

namespace {

bool forward_mode(const TransformLevel& level) { return level.kind == TransformLevel::Kind::kForwardMode; }

/// The highest level among tensors, or null.
const TransformLevel* highest_level(std::span<const Tensor> tensors) {
    const TransformLevel* highest = nullptr;
    for (const Tensor& x : tensors)
        if (const auto* t = x.impl()->transform.get(); t && (!highest || t->level > highest->level)) highest = t;
    return highest;
}

/// Another tensor of the same value, of which gradients can be asked, and that depends on `x` if that is recorded.
Tensor separate_root(const Tensor& x) {
    if (detail::requires_grad(*x.impl())) return x.view(x.sizes());
    return detail::without_history(x).requires_grad_();
}

/// The tangents of an operation without a rule, from its gradient: see the head of transform.h.
TensorList tangents_by_reverse(const Call& call, std::span<const Tensor> values, std::span<const Tensor> tangents) {
    const bool recording = GradMode::is_enabled();
    const AutoGradMode on(true);
    TensorList inputs(values.begin(), values.end()), roots, directions;
    bool recorded = false;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        recorded |= detail::requires_grad(*values[i].impl());
        if (!tangents[i].defined()) continue;
        recorded |= detail::requires_grad(*tangents[i].impl());
        inputs[i] = separate_root(values[i]);
        roots.push_back(inputs[i]);
        directions.push_back(tangents[i]);
    }
    const TensorList outputs = call.forward(call.op, inputs);
    TensorList results(outputs.size()), ends, u;
    std::vector<std::size_t> numbers;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        if (!outputs[k].defined() || !outputs[k].requires_grad()) continue;
        ends.push_back(outputs[k]);
        u.push_back(detail::without_history(outputs[k]).requires_grad_());  // any values will do
        numbers.push_back(k);
    }
    if (ends.empty()) return results;
    const TensorList g = autograd::grad(ends, roots, u, true, true, true);
    TensorList gradients, along;
    for (std::size_t i = 0; i < g.size(); ++i) {
        if (!g[i].defined() || !g[i].requires_grad()) continue;
        gradients.push_back(g[i]);
        along.push_back(directions[i]);
    }
    if (gradients.empty()) return results;
    const TensorList derivatives = autograd::grad(gradients, u, along, recording, recording, true);
    for (std::size_t i = 0; i < derivatives.size(); ++i)
        if (derivatives[i].defined())
            results[numbers[i]] = recorded ? derivatives[i] : detail::without_history(derivatives[i]);
    return results;
}

TensorList with_tangents(const Call& call, const TransformLevel& level, std::span<const Tensor> values,
                         std::span<const Tensor> tangents) {
    TensorList results = call.forward(call.op, values);
    const bool constant = std::ranges::none_of(tangents, [](const Tensor& t) { return t.defined(); });
    const auto has_tangent = [&](std::size_t k) {
        return (call.differentiable >> k & 1) != 0 && results[k].defined() && results[k].is_floating_point();
    };
    bool any = false;
    for (std::size_t k = 0; k < results.size(); ++k) any |= has_tangent(k);
    if (constant || !any) return results;
    TensorList out =
        call.jvp ? call.jvp(call.op, values, tangents, results) : tangents_by_reverse(call, values, tangents);
    out.resize(results.size());
    for (std::size_t k = 0; k < results.size(); ++k) {
        if (!has_tangent(k)) continue;
        if (out[k].defined()) out[k] = out[k].to(results[k].dtype());
        results[k] = detail::wrap({level.kind, level.level, results[k], std::move(out[k])});
    }
    return results;
}

/// The results of `call` for one example after the other, stacked.
std::vector<ops::Batched> looped(const Call& call, std::span<const Tensor> values, std::span<const std::int64_t> dims) {
    std::vector<TensorList> examples(values.size()), columns;
    std::size_t count = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (dims[i] >= 0) {
            examples[i] = values[i].unbind(dims[i]);
            count = examples[i].size();
        }
    if (count == 0)
        raise<ShapeError>(call.name,
                          "vmap applies this operation to one example after the other: in a batch of size 0 there is "
                          "none that would give the shape of the result");
    for (std::size_t n = 0; n < count; ++n) {
        TensorList inputs;
        for (std::size_t i = 0; i < values.size(); ++i) inputs.push_back(dims[i] >= 0 ? examples[i][n] : values[i]);
        TensorList results = call.forward(call.op, inputs);
        columns.resize(results.size());
        for (std::size_t k = 0; k < results.size(); ++k) columns[k].push_back(std::move(results[k]));
    }
    std::vector<ops::Batched> out;
    for (const TensorList& column : columns) {
        for (const Tensor& x : column)
            if (x.defined() && x.sizes() != column[0].sizes())
                raise<ShapeError>(call.name, "vmap cannot stack results whose shapes depend on the values: ",
                                  detail::shape_string(column[0].sizes()), " for the first example and ",
                                  detail::shape_string(x.sizes()), " for another");
        out.push_back({column[0].defined() ? stack(column) : Tensor(), 0});
    }
    return out;
}

TensorList with_batch(const Call& call, const TransformLevel& level, std::span<const Tensor> values,
                      std::span<const std::int64_t> dims) {
    TensorList results;
    for (ops::Batched& r :
         call.batch ? call.batch(call.op, values, dims, level.randomness) : looped(call, values, dims))
        results.push_back(r.value.defined()
                              ? detail::wrap({level.kind, level.level, std::move(r.value), {}, r.dim, level.randomness})
                              : Tensor());
    return results;
}

}  // namespace

TensorList zeros_where_undefined(std::span<const Tensor> inputs, std::span<const Tensor> tangents) {
    TensorList filled(tangents.begin(), tangents.end());
    for (std::size_t i = 0; i < filled.size(); ++i)
        if (!filled[i].defined()) filled[i] = zeros_like(inputs[i]);
    return filled;
}

TensorList dispatch(const Call& call, std::span<const Tensor> inputs) {
    const TransformLevel& level = *highest_level(inputs);
    TensorList values, tangents;
    std::vector<std::int64_t> dims;
    for (const Tensor& input : inputs) {
        const auto* t = input.impl()->transform.get();
        const bool here = t && t->level == level.level;
        values.push_back(here ? t->value : input);
        tangents.push_back(here ? t->tangent : Tensor());
        dims.push_back(here ? t->batch_dim : -1);
    }
    TensorList results =
        forward_mode(level) ? with_tangents(call, level, values, tangents) : with_batch(call, level, values, dims);
    if (call.shares_memory) {
        detail::TensorImpl& made = *results[0].unsafeGetTensorImpl();
        if (made.transform && made.transform->level == level.level) made.storage = inputs[0].impl()->storage;
    }
    return results;
}

void check_inplace(const char* operation, const Tensor& self, std::span<const Tensor> others, bool recording) {
    const auto* own = self.impl()->transform.get();
    const auto* highest = highest_level(others);
    if (highest && (!own || own->level < highest->level)) {
        if (forward_mode(*highest))
            raise<GraphError>(
                operation,
                "jvp: an operand has a tangent and the tensor written to has no place for one: it was not "
                "made of the inputs of the function. Use the form without the trailing underscore");
        raise<ShapeError>(
            operation,
            "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor "
            "`other` in extra_args that has more elements than `self`. This happened due to `other` being "
            "vmapped over but `self` not being vmapped over, with shape ",
            detail::shape_string(self.sizes()), " for all examples. Use the form without the trailing underscore");
    }
    if (self.impl()->storage->use_count() > 1)
        raise<GraphError>(
            operation,
            "a tensor inside jvp or vmap that is a view, or of which there are views, cannot be modified "
            "in place: the others would not see it. Use index_put_ on the whole tensor or the form without "
            "the trailing underscore, or clone() the view first");
    detail::check_writable(operation, self, recording);
}

}  // namespace xgrad::transform
