#include <xgrad/autograd/history.h>
#include <xgrad/autograd/recording.h>

#include <algorithm>
#include <unordered_set>

namespace xgrad::detail {

using autograd::AccumulateGrad;
using autograd::Edge;
using autograd::Node;

namespace {

class InputNode final : public Node {
  public:
    InputNode(Edge source, const Tensor& input) : edge_(std::move(source)), meta_{input.sizes(), input.dtype()} {
        set_edges(&edge_, 1);
        set_metas(&meta_, 1);
        set_needs_no_lock();
    }
    std::string name() const override { return "FunctionInput"; }
    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, autograd::WantedEdges) override {
        grad_inputs[0] = grad_outputs[0];
    }

  private:
    Edge edge_;
    autograd::TensorMeta meta_;
};

}  // namespace

Tensor through_input_node(const Tensor& input, Edge source) {
    Tensor alias = without_history(input);
    set_history(alias, autograd::NodePtr::adopt(new InputNode(std::move(source), input)), 0);
    return alias;
}

std::vector<Edge> recording_boundary(const TensorList& outputs, const RecordingMark& mark) {
    std::vector<Edge> found, open;
    std::unordered_set<const Node*> seen;
    for (const Tensor& output : outputs)
        if (output.defined()) open.push_back(gradient_edge(output));
    while (!open.empty()) {
        const Edge edge = std::move(open.back());
        open.pop_back();
        if (!edge.is_valid()) continue;
        const Node* node = edge.function.get();
        const auto* leaf = dynamic_cast<const AccumulateGrad*>(node);
        if (leaf && leaf->number() >= mark.leaves) continue;  // made by the function itself
        if (leaf || node->sequence_nr() < mark.sequence_nr) {
            if (std::ranges::none_of(found, [&](const Edge& e) { return same_edge(e, edge); })) found.push_back(edge);
        } else if (seen.insert(node).second) {
            open.insert(open.end(), node->next_edges().begin(), node->next_edges().end());
        }
    }
    return found;
}

}  // namespace xgrad::detail
