#pragma once

#include <vector>

#include <xgrad/autograd/graph.h>

/// What a function records when it is called between inputs of its own and what else it reaches: for checkpoints and
/// transforms.
namespace xgrad::detail {

/// An alias of `input` that begins a part of the graph: its gradient can be told from those of other uses of `input`,
/// and goes on to `source`, which may be invalid.
Tensor through_input_node(const Tensor& input, autograd::Edge source);

/// What this thread had recorded when a function was called.
struct RecordingMark {
    std::uint64_t sequence_nr = autograd::Node::next_sequence_nr();
    std::uint64_t leaves = autograd::AccumulateGrad::count();
};

/// Where the graph of `outputs` (undefined ones are passed over) leaves what was recorded since `mark`, each place
/// once: the function's input nodes, made before, and other tensors that it reached.
std::vector<autograd::Edge> recording_boundary(const TensorList& outputs, const RecordingMark& mark);

inline bool same_edge(const autograd::Edge& a, const autograd::Edge& b) {
    return a.function == b.function && a.input_nr == b.input_nr;
}

}  // namespace xgrad::detail
