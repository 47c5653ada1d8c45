#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/ops/operations.h>
#include <xgrad/autograd/transform.h>

/// The one entry of operations.
///
/// An operation is a struct. Its members are its attributes; besides it has
///
///     static constexpr const char* name                      as users call it
///     static constexpr Uses uses[]                           what the gradient of input i needs: in(0) | out() ...
///     Tensor forward(const Tensor& a, const Tensor& b) const  checks and computes; records nothing. Several outputs:
///                                                            an std::array<Tensor, K>
///     void vjp(Vjp& b) const                                 sets the gradient of each input that b.needs(i), built of
///                                                            operations, so that it can be differentiated in turn
///
/// and where it applies
///
///     static constexpr unsigned differentiable               bit k: output k has gradients (all by default)
///     Tensor forward_(Tensor& self, const Tensor&...) const  the result written into `self` (else it is copied there);
///                                                            without a forward it is done on a copy too
///     Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor& output) const
///                                                            forward mode; an undefined tangent is zero. Several
///                                                            outputs: takes a std::span<const Tensor> of them, and
///                                                            where others than the first have gradients, returns an
///                                                            array
///     static constexpr bool linear                           jvp is the operation itself
///     Batched batch(std::span<const Tensor> inputs, std::span<const std::int64_t> dims) const
///                                                            vmap; a dim of -1: no batch. Several outputs: a
///                                                            std::array<Batched, K>. One that draws random numbers
///                                                            takes a detail::Randomness too
///     static constexpr bool shares_memory                    the output is a view of the input
///
/// A family lists its operations and applies them:
/// `using Reductions = Family<Sum, Mean>; Reductions::apply(Sum{...}, x)`.
namespace xgrad::ops {

using autograd::Edge;
using autograd::NodePtr;
using autograd::TensorMeta;
using detail::SavedTensor;

/// A set of inputs and outputs.
using Uses = std::uint32_t;
constexpr Uses kNothing = 0;
constexpr Uses in(unsigned i) { return 1u << i; }
constexpr Uses out(unsigned k = 0) { return 1u << (16 + k); }

/// A graph node of an operation: what all of them share, whatever the operation.
class OpNode : public autograd::Node {
  public:
    explicit OpNode(const char* op_name) : op_name_(op_name) {}

    std::string name() const override;
    void release_saved() override;

    /// Keeps `tensor` under the bit `which` of Uses.
    void save(Uses which, const Tensor& tensor);
    Tensor saved(Uses which) const;

  protected:
    struct Slot {
        Uses which = 0;
        SavedTensor tensor;
    };
    void set_slots(std::span<Slot> slots) { slots_ = slots; }

    const char* op_name_;

  private:
    std::span<Slot> slots_;
};

/// What vjp sees: the gradients that arrive, the tensors that were saved, and where to put the results.
class Vjp {
  public:
    Vjp(const OpNode& node, std::span<const Tensor> grads, std::span<Tensor> results, autograd::WantedEdges wanted)
        : node_(node), grads_(grads), results_(results), wanted_(wanted) {}

    /// Gradient of output k; undefined when nothing arrived there.
    const Tensor& grad(std::size_t k = 0) const { return grads_[k]; }
    /// Whether the gradient of input i is wanted.
    bool needs(std::size_t i) const { return node_.next_edge(i).is_valid() && wanted_[i]; }
    Tensor input(unsigned i) const { return node_.saved(in(i)); }
    Tensor output(unsigned k = 0) const { return node_.saved(out(k)); }
    /// Shape and dtype of an input that needs a gradient.
    const TensorMeta& meta(std::size_t i) const {
        const Edge& edge = node_.next_edge(i);
        return edge.function->input_metadata(edge.input_nr);
    }
    std::size_t num_inputs() const { return results_.size(); }
    /// The result for input i. It may have the broadcast shape: the engine sums it down.
    void set(std::size_t i, Tensor gradient) { results_[i] = std::move(gradient); }

  private:
    const OpNode& node_;
    std::span<const Tensor> grads_;
    std::span<Tensor> results_;
    autograd::WantedEdges wanted_;
};

/// All that the gradients of `Op` use.
template <class Op>
constexpr Uses all_uses() {
    Uses all = 0;
    for (const Uses uses : Op::uses) all |= uses;
    return all;
}

template <class Op>
constexpr unsigned differentiable_outputs() {
    if constexpr (requires { Op::differentiable; })
        return Op::differentiable;
    else
        return ~0u;
}

/// The node of `Op` with N inputs and K outputs.
template <class Op, std::size_t N, std::size_t K>
class OpNodeOf final : public OpNode {
  public:
    explicit OpNodeOf(const Op& op) : OpNode(Op::name), op_(op) {
        set_edges(edges_.data(), N);
        set_metas(metas_.data(), K);
        set_slots(slots_);
        if constexpr (all_uses<Op>() == kNothing) set_needs_no_lock();
    }

    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs,
               autograd::WantedEdges wanted) override {
        // Nothing arrived, as from a gradient that is zero: nothing goes on.
        if (std::none_of(grad_outputs.begin(), grad_outputs.end(), [](const Tensor& g) { return g.defined(); })) return;
        Vjp b(*this, grad_outputs, grad_inputs, wanted);
        op_.vjp(b);
    }

    /// Connects the node to its inputs and saves those that the gradients need. Before an in-place operation writes.
    void record_inputs(const std::array<const Tensor*, N>& inputs) {
        for (std::size_t i = 0; i < N; ++i) {
            edges_[i] = detail::gradient_edge(*inputs[i]);
            if (edges_[i].is_valid()) uses_ |= Op::uses[i];
        }
        for (unsigned i = 0; i < N; ++i)
            if (uses_ & in(i)) save(in(i), *inputs[i]);
    }
    void record_outputs(std::span<const Tensor> outputs) {
        for (unsigned k = 0; k < K; ++k) {
            metas_[k] = {outputs[k].sizes(), outputs[k].dtype()};
            if (uses_ & out(k)) save(out(k), outputs[k]);
        }
    }

  private:
    Op op_;
    Uses uses_ = 0;
    std::array<Edge, N> edges_;
    std::array<TensorMeta, K> metas_;
    std::array<Slot, std::popcount(all_uses<Op>())> slots_;
};

/// The node of an operation on a list of tensors. It saves nothing but its attributes.
template <class Op>
class ListNode final : public OpNode {
  public:
    ListNode(const Op& op, const TensorList& inputs, const Tensor& output)
        : OpNode(Op::name), op_(op), meta_{output.sizes(), output.dtype()} {
        edges_.reserve(inputs.size());
        for (const Tensor& input : inputs) edges_.push_back(detail::gradient_edge(input));
        set_edges(edges_.data(), edges_.size());
        set_metas(&meta_, 1);
        set_needs_no_lock();
    }
    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs,
               autograd::WantedEdges wanted) override {
        Vjp b(*this, grad_outputs, grad_inputs, wanted);
        op_.vjp(b);
    }

  private:
    Op op_;
    std::vector<Edge> edges_;
    TensorMeta meta_;
};

inline bool records(const Tensor& x) { return detail::requires_grad(*x.unsafeGetTensorImpl()); }
/// Also for a view that the graph does not know of a base that it does know: its modification must not go unseen.
inline bool records_inplace(const Tensor& self) {
    const detail::TensorImpl* base = self.unsafeGetTensorImpl()->base.get();
    return records(self) || (base && detail::requires_grad(*base));
}
inline bool wrapped(const Tensor& x) { return static_cast<bool>(x.unsafeGetTensorImpl()->transform); }
/// Of tensors that may be undefined.
template <class... T>
bool any_wrapped(const T&... x) {
    return ((x.defined() && wrapped(x)) || ...);
}
inline void check_defined(const char* operation, const Tensor& x) {
    if (!x.defined()) raise(operation, "an input is an undefined Tensor");
}

/// "add_" for "add": the operation as its in-place form is called.
template <class Op>
inline constexpr auto inplace_name = [] {
    constexpr std::string_view name = Op::name;
    std::array<char, name.size() + 2> out{};
    std::copy(name.begin(), name.end(), out.begin());
    if (name.back() != '_') out[name.size()] = '_';
    return out;
}();

template <class T>
inline constexpr std::size_t output_count = 1;
template <std::size_t K>
inline constexpr std::size_t output_count<std::array<Tensor, K>> = K;

namespace detail_op {

/// The in-place form of an operation that has no other.
template <class Op, class... In>
Tensor forward_on_copy(const Op& op, const Tensor& self, const In&... others) {
    Tensor out = self.clone();
    op.forward_(out, others...);
    return out;
}

template <class Op, class... In>
ResultOf<Op, In...> forward(const Op& op, const In&... inputs) {
    if ((wrapped(inputs) || ...)) [[unlikely]] {
        const Tensor list[] = {inputs...};
        return transform::apply<ResultOf<Op, In...>, Op, sizeof...(In)>(op, list);
    }
    NoGradGuard below_the_graph;
    if constexpr (HasForward<Op, In...>)
        return op.forward(inputs...);
    else
        return forward_on_copy(op, inputs...);
}

template <class Op, class... In>
ResultOf<Op, In...> apply(const Op& op, const In&... inputs) {
    (check_defined(Op::name, inputs), ...);
    auto result = forward(op, inputs...);
    constexpr std::size_t N = sizeof...(In), K = output_count<decltype(result)>;
    if (!GradMode::is_enabled()) {
        if constexpr (std::is_same_v<decltype(result), Tensor>)
            if (result.is_view())
                result.unsafeGetTensorImpl()->origin =
                    InferenceMode::is_enabled() ? detail::ViewOrigin::kInferenceMode : detail::ViewOrigin::kNoGradMode;
        return result;
    }
    if (!(records(inputs) || ...)) return result;
    const std::span<Tensor> outputs(reinterpret_cast<Tensor*>(&result), K);
    if (!xgrad::is_floating_point(outputs[0].dtype())) return result;
    auto* node = new OpNodeOf<Op, N, K>(op);
    const auto owner = NodePtr::adopt(node);
    node->record_inputs({&inputs...});
    node->record_outputs(outputs);
    for (unsigned k = 0; k < K; ++k)
        if (differentiable_outputs<Op>() >> k & 1) detail::set_history(outputs[k], owner, k);
    return result;
}

template <class Op>
Tensor apply_list(const Op& op, const TensorList& inputs) {
    bool recording = false, any_wrapped = false;
    for (const Tensor& input : inputs) {
        check_defined(Op::name, input);
        recording |= records(input);
        any_wrapped |= wrapped(input);
    }
    Tensor result;
    if (any_wrapped) {
        result = transform::apply<Tensor, Op, 0>(op, inputs);
    } else {
        NoGradGuard below_the_graph;
        result = op.forward(inputs);
    }
    if (GradMode::is_enabled() && recording && result.is_floating_point())
        detail::set_history(result, NodePtr::adopt(new ListNode<Op>(op, inputs, result)), 0);
    return result;
}

/// A copy of the present values of `self` with its history: what gradients need of a tensor about to be overwritten.
Tensor snapshot(const Tensor& self);
/// Writes `source` into `self` (same shape), converting, without any record.
void copy_elements(Tensor& self, const Tensor& source);
/// Checks that a result of `sizes` and `dtype` may be stored into `self`.
void check_fits(const char* operation, const Tensor& self, IntArrayRef sizes, ScalarType dtype);
/// `input` or, if its memory overlaps that of `self` in part, an error.
void check_partial_overlap(const char* operation, const Tensor& self, const Tensor& input);

template <class Op, class... In>
Tensor& apply_inplace(const Op& op, Tensor& self, const In&... others) {
    constexpr const char* name = inplace_name<Op>.data();
    check_defined(name, self);
    (check_defined(name, others), ...);
    const bool recording = GradMode::is_enabled() && (records_inplace(self) || ... || records(others));
    if ((wrapped(self) || ... || wrapped(others))) [[unlikely]] {
        const TensorList operands{others...};
        transform::check_inplace(name, self, operands, recording);
        const Tensor result = apply(op, self, others...);
        check_fits(name, self, result.sizes(), result.dtype());
        detail::become_result(self, result.to(self.dtype()));
        return self;
    }
    detail::check_inplace(name, self, recording);
    (check_partial_overlap(name, self, others), ...);
    constexpr std::size_t N = 1 + sizeof...(In);
    OpNodeOf<Op, N, 1>* node = nullptr;
    NodePtr owner;
    if (recording && self.is_floating_point()) {
        owner = NodePtr::adopt(node = new OpNodeOf<Op, N, 1>(op));
        const Tensor* inputs[] = {&self, &others...};
        bool saves_self = false;
        for (std::size_t i = 0; i < N; ++i) saves_self |= (Op::uses[i] & in(0)) != 0 && records(*inputs[i]);
        const Tensor old = saves_self ? snapshot(self) : self;
        node->record_inputs({&old, &others...});
    }
    {
        NoGradGuard below_the_graph;
        if constexpr (requires { op.forward_(self, others...); }) {
            op.forward_(self, others...);
        } else {
            const Tensor result = op.forward(self, others...);
            check_fits(name, self, result.sizes(), result.dtype());
            copy_elements(self, result);
        }
    }
    self.unsafeGetTensorImpl()->storage->bump_version();
    if (node) {
        node->record_outputs({&self, 1});
        detail::rebase_history(self, owner);
    }
    return self;
}

}  // namespace detail_op

template <class Op>
constexpr OpInfo op_info() {
    constexpr bool row = requires { typename Op::RowType; };
    constexpr bool jvp = requires { &Op::jvp; };
    constexpr bool linear = requires { Op::linear; };
    constexpr bool batch = requires { &Op::batch; };
    return {Op::name, differentiable_outputs<Op>() != 0, row, row || jvp || linear, row || batch};
}

/// The operations of one file. Only listed ones can be applied, so the list that drives the tests is complete.
template <class... Ops>
struct Family {
    template <class Op>
    static constexpr bool contains = (std::is_same_v<Op, Ops> || ...);

    template <class Op, class... In>
    static auto apply(const Op& op, const In&... inputs) {
        static_assert(contains<Op>, "list the operation in its family");
        return detail_op::apply(op, inputs...);
    }
    template <class Op>
    static Tensor apply_list(const Op& op, const TensorList& inputs) {
        static_assert(contains<Op>, "list the operation in its family");
        return detail_op::apply_list(op, inputs);
    }
    template <class Op, class... In>
    static Tensor& apply_inplace(const Op& op, Tensor& self, const In&... others) {
        static_assert(contains<Op>, "list the operation in its family");
        return detail_op::apply_inplace(op, self, others...);
    }
    static std::vector<OpInfo> table() { return {op_info<Ops>()...}; }
};

}  // namespace xgrad::ops
