#include <algorithm>
#include <memory>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/func/internal.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/recording.h>

namespace xgrad::detail {

using autograd::Edge;
using func::ErasedFunction;

namespace {

bool wraps_recorded(const Tensor& tensor);

/// Whether the graph knows `tensor` or something that it wraps.
bool is_recorded(const Tensor& tensor) {
    return tensor.defined() && (requires_grad(*tensor.impl()) || wraps_recorded(tensor));
}

bool wraps_recorded(const Tensor& tensor) {
    const TransformLevel* level = tensor.impl()->transform.get();
    return level && (is_recorded(level->value) || is_recorded(level->tangent));
}

/// The same values without any history, inside too.
Tensor constant(const Tensor& tensor) {
    if (!tensor.impl()->transform) return make_alias(tensor);
    TransformLevel level = *tensor.impl()->transform;
    level.value = constant(level.value);
    if (level.tangent.defined()) level.tangent = constant(level.tangent);
    return wrap(std::move(level));
}

/// A call of a function that recorded what it made of some of its inputs, for whom nobody outside need ask. There is
/// one graph for all that is nested: what keeps derivatives apart is that each call begins with input nodes of its own.
class RecordedCall {
  public:
    RecordedCall(const char* transform, const ErasedFunction& function, const TensorList& inputs,
                 const std::vector<std::size_t>& argnums);

    const TensorList& outputs() const { return outputs_; }
    /// The outputs as the caller may see them.
    TensorList released_outputs() const;
    /// The products of the cotangents, one for each output, with the Jacobians of the chosen inputs.
    TensorList gradients(const TensorList& cotangents) const;

  private:
    /// Whether the graph of the tensors leads to anything but the input nodes of this call.
    bool reaches_outside(const TensorList& tensors) const;
    /// Takes off a tensor the history in which nobody outside has a part.
    Tensor release(const Tensor& tensor) const;

    bool outside_records_;
    TensorList chosen_, outputs_;
    std::vector<Edge> edges_;  // to the input nodes
    RecordingMark mark_;
};

RecordedCall::RecordedCall(const char* transform, const ErasedFunction& function, const TensorList& inputs,
                           const std::vector<std::size_t>& argnums)
    : outside_records_(GradMode::is_enabled()) {
    const InferenceMode recording(false);  // whatever the mode outside
    TensorList own = inputs;
    for (const std::size_t i : argnums) {
        own[i] = through_input_node(inputs[i], outside_records_ ? gradient_edge(inputs[i]) : Edge());
        chosen_.push_back(inputs[i]);
        edges_.push_back(gradient_edge(own[i]));
    }
    mark_ = RecordingMark();
    outputs_ = call_user(transform, function, own);
}

bool RecordedCall::reaches_outside(const TensorList& tensors) const {
    return std::ranges::any_of(recording_boundary(tensors, mark_), [&](const Edge& edge) {
        const bool own = std::ranges::any_of(edges_, [&](const Edge& e) { return same_edge(e, edge); });
        return !own || edge.function->next_edge(0).is_valid();
    });
}

Tensor RecordedCall::release(const Tensor& tensor) const {
    if (!outside_records_) return is_recorded(tensor) ? constant(tensor) : tensor;
    return requires_grad(*tensor.impl()) && !reaches_outside({tensor}) ? without_history(tensor) : tensor;
}

TensorList RecordedCall::released_outputs() const {
    TensorList released;
    for (const Tensor& output : outputs_) released.push_back(release(output));
    return released;
}

TensorList RecordedCall::gradients(const TensorList& cotangents) const {
    TensorList recorded, weights;
    for (std::size_t i = 0; i < outputs_.size(); ++i)
        if (cotangents[i].defined() && requires_grad(*outputs_[i].impl())) {
            recorded.push_back(outputs_[i]);
            weights.push_back(cotangents[i]);
        }
    const bool records = outside_records_ && GradMode::is_enabled();
    const bool weights_recorded = records && std::ranges::any_of(weights, is_recorded);
    const bool create_graph =
        weights_recorded || (records && (std::ranges::any_of(recorded, wraps_recorded) || reaches_outside(recorded)));
    autograd::WantedEdges wanted;
    for (std::size_t i = 0; i < edges_.size(); ++i) wanted.set(i);
    TensorList results = gradients_at(edges_, wanted, recorded, weights, create_graph);
    for (std::size_t i = 0; i < results.size(); ++i)
        if (!results[i].defined())
            results[i] = zeros_like(chosen_[i]);
        else if (create_graph && !weights_recorded)
            results[i] = release(results[i]);
    return results;
}

std::vector<std::size_t> wrap_argnums(const char* transform, const std::vector<std::int64_t>& argnums,
                                      std::size_t count) {
    if (argnums.empty()) raise<ValueError>(transform, "argnums must be non-empty");
    std::vector<std::size_t> wrapped;
    for (const std::int64_t argnum : argnums) {
        const std::size_t index = wrap_argnum(transform, argnum, count);
        if (std::ranges::count(wrapped, index) > 0)
            raise<ValueError>(transform, "argnums elements must be unique, but input ", index, " is named twice");
        wrapped.push_back(index);
    }
    return wrapped;
}

/// For lists with the value in front.
ErasedFunction without_value(ErasedFunction function) {
    return [function = std::move(function)](const TensorList& inputs) {
        TensorList results = function(inputs);
        results.erase(results.begin());
        return results;
    };
}

ErasedFunction value_and_grad(const char* transform, func::Function function, std::vector<std::int64_t> argnums) {
    return [=, function = std::move(function).erased(), argnums = std::move(argnums)](const TensorList& inputs) {
        return value_and_gradients(transform, function, inputs, wrap_argnums(transform, argnums, inputs.size()));
    };
}

}  // namespace

TensorList value_and_gradients(const char* transform, const ErasedFunction& function, const TensorList& inputs,
                               const std::vector<std::size_t>& argnums) {
    for (const std::size_t i : argnums) check_differentiable(transform, "input", i, inputs[i]);
    const RecordedCall call(transform, function, inputs, argnums);
    const Tensor& value = call.outputs()[0];
    if (value.dim() != 0)
        raise<ShapeError>(transform, "Expected f(*args) to return a scalar tensor, got a tensor of shape ",
                          shape_string(value.sizes()), " with ", value.dim(),
                          " dims. Maybe you wanted to use the vjp or jacrev APIs instead? Or sum() the result");
    check_differentiable(transform, "output", 0, value);
    TensorList results = call.gradients({ones({}, value.dtype())});
    results.insert(results.begin(), call.released_outputs()[0]);
    return results;
}

std::tuple<TensorList, ErasedFunction> vjp(const char* transform, const ErasedFunction& function,
                                           const TensorList& inputs, const std::vector<std::size_t>& argnums) {
    auto call = std::make_shared<const RecordedCall>(transform, function, inputs, argnums);
    TensorList values = call->released_outputs();
    auto pullback = [transform, call = std::move(call)](const TensorList& cotangents) {
        const TensorList& outputs = call->outputs();
        if (cotangents.size() != outputs.size())
            raise<ValueError>(transform, "the function returned ", outputs.size(), " tensors, but got ",
                              cotangents.size(), " cotangents");
        for (std::size_t i = 0; i < outputs.size(); ++i)
            if (cotangents[i].defined() && cotangents[i].sizes() != outputs[i].sizes())
                raise<ShapeError>(transform, "cotangent ", i, " has the shape ", shape_string(cotangents[i].sizes()),
                                  ", its output ", shape_string(outputs[i].sizes()));
        return call->gradients(cotangents);
    };
    return {std::move(values), std::move(pullback)};
}

std::tuple<TensorList, ErasedFunction> vjp(const ErasedFunction& function, const TensorList& inputs) {
    const std::vector<std::size_t> argnums = differentiable_inputs(inputs);
    auto [values, pullback] = vjp("vjp", function, inputs, argnums);
    auto all = [argnums, count = inputs.size(), some = std::move(pullback)](const TensorList& cotangents) {
        TensorList results(count), gradients = some(cotangents);
        for (std::size_t i = 0; i < argnums.size(); ++i) results[argnums[i]] = std::move(gradients[i]);
        return results;
    };
    return {std::move(values), std::move(all)};
}

}  // namespace xgrad::detail

namespace xgrad::func {

Function grad(Function function, std::int64_t argnum) {
    return Function::of_erased(detail::without_value(detail::value_and_grad("grad", std::move(function), {argnum})));
}

ListFunction grad(Function function, std::vector<std::int64_t> argnums) {
    return ListFunction::of_erased(
        detail::without_value(detail::value_and_grad("grad", std::move(function), std::move(argnums))));
}

Callable<std::tuple<Tensor, Tensor>> value_and_grad(Function function, std::int64_t argnum) {
    return Callable<std::tuple<Tensor, Tensor>>::of_erased(
        detail::value_and_grad("value_and_grad", std::move(function), {argnum}));
}

Callable<std::tuple<Tensor, TensorList>> value_and_grad(Function function, std::vector<std::int64_t> argnums) {
    return Callable<std::tuple<Tensor, TensorList>>::of_erased(
        detail::value_and_grad("value_and_grad", std::move(function), std::move(argnums)));
}

}  // namespace xgrad::func
