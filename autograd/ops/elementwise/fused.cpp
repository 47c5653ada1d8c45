#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/fused.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/promotion.h>

namespace xgrad::ops {

namespace {

constexpr const char* kName = "fuse";

/// The function made of operations, which are recorded, or transformed, each for itself. As in the kernels, all is
/// computed in `dtype`.
Tensor on_tensors(const FusedCode& code, const void* function, const TensorList& inputs, IntArrayRef shape,
                  ScalarType dtype) {
    TensorList same;
    for (const Tensor& input : inputs) same.push_back(input.to(dtype));
    Tensor result = code.on_tensors(function, same.data());
    if (!code.compares) result = result.to(dtype);
    return result.sizes() == shape ? result : result.expand(shape);
}

/// A recorded call. The kernels of the derivative compute the function anew, so that the inputs are all it keeps.
class FuseNode final : public OpNode {
  public:
    FuseNode(const FusedCode& code, const void* function, std::span<const Tensor* const> inputs, const Tensor& result)
        : OpNode(kName), code_(code), function_(code.copy(function)), meta_{result.sizes(), result.dtype()} {
        set_edges(edges_.data(), inputs.size());
        set_metas(&meta_, 1);
        set_slots(std::span(slots_).first(inputs.size()));
        for (unsigned i = 0; i < inputs.size(); ++i) {
            edges_[i] = detail::gradient_edge(*inputs[i]);
            save(in(i), *inputs[i]);
        }
    }

    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs,
               autograd::WantedEdges wanted) override {
        Vjp b(*this, grad_outputs, grad_inputs, wanted);
        if (!b.grad().defined()) return;
        TensorList inputs;
        bool any_wrapped = wrapped(b.grad());
        for (unsigned i = 0; i < b.num_inputs(); ++i) {
            inputs.push_back(b.input(i));
            any_wrapped |= wrapped(inputs.back());
        }
        if (GradMode::is_enabled() || any_wrapped)
            differentiate_operations(b, inputs);
        else
            run_derivative(b, inputs);
    }

  private:
    /// All wanted gradients in one pass, each of the shape of the result: the engine sums it down.
    void run_derivative(Vjp& b, const TensorList& inputs) const {
        FusedCall call{function_.get(), 0};
        std::array<Tensor, kMaxFusedInputs> results;
        std::array<const Tensor*, kMaxMapInputs> operands{&b.grad()};
        std::size_t count = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            operands[1 + i] = &inputs[i];
            if (!b.needs(i)) continue;
            call.wanted |= 1u << i;
            results[count++] = empty(meta_.sizes, meta_.dtype);
        }
        map_many(code_.derivative[float_index(meta_.dtype)], &call, meta_.dtype, meta_.dtype,
                 std::span(results).first(count), std::span(operands).first(1 + inputs.size()));
        for (std::size_t i = inputs.size(); i-- > 0;)
            if (b.needs(i)) b.set(i, std::move(results[--count]));
    }

    /// The gradients by operations, recorded if the graph of the gradient is wanted.
    void differentiate_operations(Vjp& b, TensorList inputs) const {
        const bool create_graph = GradMode::is_enabled();
        const InferenceMode recording(false);
        std::array<Edge, kMaxFusedInputs> edges;
        autograd::WantedEdges wanted;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (!b.needs(i)) continue;
            // Tensors of its own: one may be passed twice, or be made of another.
            inputs[i] = create_graph ? inputs[i].view_as(inputs[i]) : inputs[i].detach().requires_grad_();
            edges[i] = detail::gradient_edge(inputs[i]);
            wanted.set(i);
        }
        const Tensor result = on_tensors(code_, function_.get(), inputs, meta_.sizes, meta_.dtype);
        if (!records(result)) return;
        TensorList gradients = detail::gradients_at(std::span(edges).first(inputs.size()), wanted, {&result, 1},
                                                    {&b.grad(), 1}, create_graph);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            if (b.needs(i)) b.set(i, std::move(gradients[i]));
    }

    const FusedCode& code_;
    std::shared_ptr<const void> function_;
    std::array<Edge, kMaxFusedInputs> edges_;
    TensorMeta meta_;
    std::array<Slot, kMaxFusedInputs> slots_;
};

}  // namespace

Tensor fuse(const FusedCode& code, const void* function, std::span<const Tensor* const> inputs) {
    bool any_wrapped = false, recording = false;
    for (const Tensor* input : inputs) {
        check_defined(kName, *input);
        any_wrapped |= wrapped(*input);
        recording |= records(*input);
    }
    const ScalarType dtype = result_type(inputs);
    if (!is_floating_point(dtype))
        raise<DtypeError>(kName, "computes in float32 or float64, but all inputs are of integers or bools (", dtype,
                          "): convert one by to(kFloat32)");
    const detail::Dims shape = common_shape(kName, inputs);
    if (any_wrapped) {
        TensorList list;
        for (const Tensor* input : inputs) list.push_back(*input);
        return on_tensors(code, function, list, shape, dtype);
    }
    Tensor result;
    {
        const NoGradGuard below_the_graph;
        const ScalarType produce = code.compares ? kBool : dtype;
        const FusedCall call{function, 0};
        result = empty(shape, produce);
        map_many(code.value[float_index(dtype)], &call, dtype, produce, {&result, 1}, inputs);
    }
    if (GradMode::is_enabled() && recording && !code.compares)
        detail::set_history(result, NodePtr::adopt(new FuseNode(code, function, inputs, result)), 0);
    return result;
}

}  // namespace xgrad::ops
