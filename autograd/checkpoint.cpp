#include <xgrad/autograd/checkpoint.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/recording.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace xgrad::detail {

using autograd::AccumulateGrad;
using autograd::Edge;
using autograd::Node;
using autograd::NodePtr;
using autograd::TensorMeta;
using autograd::WantedEdges;

namespace {

constexpr const char* kName = "checkpoint";

/// Inputs that record what is done with them; `sources` are their histories.
TensorList through_input_nodes(const TensorList& inputs, std::span<const Edge> sources) {
    TensorList out = inputs;
    for (std::size_t i = 0; i < out.size(); ++i)
        if (sources[i].is_valid()) out[i] = through_input_node(inputs[i], sources[i]);
    return out;
}

std::vector<std::uint8_t> random_state() {
    std::lock_guard lock(default_generator().mutex());
    return default_generator().get_state();
}

void set_random_state(const std::vector<std::uint8_t>& state) {
    std::lock_guard lock(default_generator().mutex());
    default_generator().set_state(state);
}

/// Gives the default generator a state for a scope; an empty one leaves it alone.
class RandomStateScope {
  public:
    explicit RandomStateScope(const std::vector<std::uint8_t>& state) {
        if (state.empty()) return;
        outer_ = random_state();
        set_random_state(state);
    }
    ~RandomStateScope() {
        if (!outer_.empty()) set_random_state(outer_);
    }
    RandomStateScope(const RandomStateScope&) = delete;
    RandomStateScope& operator=(const RandomStateScope&) = delete;

  private:
    std::vector<std::uint8_t> outer_;
};

/// What the second call needs of the first.
struct Call {
    ListFunction function;
    std::vector<SavedTensor> inputs;
    std::vector<SavedTensor> leaves;   // others that it reached
    std::vector<std::uint8_t> random;  // state of the generator; empty if no numbers were drawn
};

class CheckpointNode final : public Node {
  public:
    /// `sources` are the histories of the inputs, `reached` those of other tensors.
    CheckpointNode(std::shared_ptr<const Call> call, std::vector<Edge> sources, const std::vector<Edge>& reached)
        : edges_(std::move(sources)), arguments_(edges_.size()), call_(std::move(call)) {
        edges_.insert(edges_.end(), reached.begin(), reached.end());
        set_edges(edges_.data(), edges_.size());
        set_needs_no_lock();
    }

    /// Makes the results of the function outputs of this node.
    void adopt_outputs(TensorList& outputs, const TensorList& inputs);

    std::string name() const override { return "CheckpointBackward"; }
    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) override;
    void release_saved() override {
        std::shared_ptr<const Call> doomed;  // destroyed without the lock
        std::lock_guard lock(mutex_);
        doomed.swap(call_);
    }

  private:
    std::shared_ptr<const Call> call() const;
    TensorList inputs(const Call& call) const;
    void check_same(const TensorList& again) const;

    std::vector<Edge> edges_;  // of the inputs, then of what else was reached
    std::size_t arguments_;
    std::vector<TensorMeta> metas_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Call> call_;  // until it is freed
};

void CheckpointNode::adopt_outputs(TensorList& outputs, const TensorList& inputs) {
    const auto shares_memory = [](const TensorList& others, const Tensor& x) {
        return std::ranges::any_of(others, [&](const Tensor& o) { return o.defined() && o.is_alias_of(x); });
    };
    metas_.resize(outputs.size());
    set_metas(metas_.data(), metas_.size());
    TensorList taken = inputs;
    for (const SavedTensor& leaf : call_->leaves) taken.push_back(leaf.unpack(*this, {}));
    for (std::uint32_t k = 0; k < outputs.size(); ++k) {
        Tensor& output = outputs[k];
        if (!output.defined()) continue;
        metas_[k] = {output.sizes(), output.dtype()};
        const bool recorded = requires_grad(*output.impl());
        if (shares_memory(taken, output)) {
            const NoGradGuard below_the_graph;
            output = output.clone();
        } else if (recorded || output.is_view()) {
            output = make_alias(output);
        }
        taken.push_back(output);
        if (recorded) set_history(output, NodePtr::share(this), k);
    }
}

std::shared_ptr<const Call> CheckpointNode::call() const {
    std::lock_guard lock(mutex_);
    if (!call_) raise_freed(*this);
    return call_;
}

/// Throws when an input or a leaf has been modified since.
TensorList CheckpointNode::inputs(const Call& call) const {
    for (const SavedTensor& leaf : call.leaves) leaf.unpack(*this, {});
    TensorList out;
    for (const SavedTensor& input : call.inputs) out.push_back(input.defined() ? input.unpack(*this, {}) : Tensor());
    return out;
}

void CheckpointNode::apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) {
    const bool create_graph = GradMode::is_enabled();
    const std::shared_ptr<const Call> first = call();
    const AutoGradMode recording(true);
    const TensorList own_inputs = through_input_nodes(inputs(*first), std::span(edges_).first(arguments_));
    const RecordingMark mark;
    const TensorList again = [&] {
        const RandomStateScope same_numbers(first->random);
        return first->function(own_inputs);
    }();
    std::vector<Edge> edges = edges_;
    for (std::size_t i = 0; i < arguments_; ++i)
        if (edges[i].is_valid()) edges[i] = gradient_edge(own_inputs[i]);
    check_same(again);
    for (const Edge& edge : recording_boundary(again, mark))
        if (std::ranges::none_of(edges, [&](const Edge& known) { return same_edge(known, edge); }))
            raise<GraphError>(kName, "the function reached a tensor (", edge.function->name(),
                              ") that it did not reach when it was called first: it must compute the same each time");

    TensorList outputs, gradients;
    for (std::size_t k = 0; k < again.size(); ++k) {
        if (!grad_outputs[k].defined() || !again[k].defined() || !requires_grad(*again[k].impl())) continue;
        outputs.push_back(again[k]);
        gradients.push_back(grad_outputs[k]);
    }
    const TensorList arrived = gradients_at(edges, wanted, outputs, gradients, create_graph);
    std::ranges::copy(arrived, grad_inputs.begin());
}

void CheckpointNode::check_same(const TensorList& again) const {
    bool same = again.size() == metas_.size();
    for (std::size_t k = 0; same && k < again.size(); ++k) {
        const bool was_defined = metas_[k].dtype != ScalarType::Undefined;
        same = again[k].defined() == was_defined;
        if (same && was_defined)
            same = again[k].sizes() == IntArrayRef(metas_[k].sizes) && again[k].dtype() == metas_[k].dtype;
    }
    if (!same)
        raise<GraphError>(kName,
                          "the function returned tensors of other shapes or dtypes than when it was called first: it "
                          "must compute the same each time");
}

}  // namespace

TensorList checkpoint(ListFunction function, const TensorList& inputs) {
    const bool transformed =
        std::ranges::any_of(inputs, [](const Tensor& x) { return x.defined() && x.impl()->transform; });
    if (!GradMode::is_enabled() || transformed) return function(inputs);
    auto call = std::make_shared<Call>();
    std::vector<Edge> sources;
    for (const Tensor& x : inputs) {
        sources.push_back(x.defined() ? gradient_edge(x) : Edge());
        call->inputs.push_back(x.defined() ? SavedTensor(x, kName) : SavedTensor());
    }

    // Recorded once, to see what it reaches besides its inputs; the graph is dropped at the end.
    call->random = random_state();
    const TensorList own_inputs = through_input_nodes(inputs, sources);
    const RecordingMark mark;
    TensorList outputs = function(own_inputs);
    if (call->random == random_state()) call->random.clear();
    std::vector<Edge> reached = recording_boundary(outputs, mark);
    if (reached.empty()) return outputs;
    std::erase_if(reached, [&](const Edge& edge) {
        return std::ranges::any_of(own_inputs, [&](const Tensor& x) {
            return x.defined() && requires_grad(*x.impl()) && same_edge(gradient_edge(x), edge);
        });
    });
    for (const Edge& edge : reached)
        if (const auto* leaf = dynamic_cast<const AccumulateGrad*>(edge.function.get()))
            if (const Tensor variable = leaf->variable(); variable.defined())
                call->leaves.emplace_back(variable, kName);
    call->function = std::move(function);
    auto* node = new CheckpointNode(std::move(call), std::move(sources), reached);
    const NodePtr owner = NodePtr::adopt(node);
    node->adopt_outputs(outputs, inputs);
    return outputs;
}

}  // namespace xgrad::detail
