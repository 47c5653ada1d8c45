#pragma once

#include <xgrad/autograd/graph.h>

/// How tensors, views and in-place operations are tied to the graph. Used by the operations, not by users.
namespace xgrad::detail {

/// True when the graph must record what is done with this tensor (grad mode aside).
bool requires_grad(const TensorImpl& impl);

/// Where the gradient of `tensor` goes; invalid when it requires none. The grad_fn of a view whose base was modified in
/// place since is made anew here.
autograd::Edge gradient_edge(const Tensor& tensor);

/// Makes `node` the grad_fn of a fresh result.
void set_history(const Tensor& result, const autograd::NodePtr& node, std::uint32_t output_nr);

/// Makes `node` the grad_fn of `self`, which it has just modified in place; when `self` is a view, the base takes the
/// history over. The node's input `self_input` is the old value of `self`.
void rebase_history(const Tensor& self, const autograd::NodePtr& node, std::size_t self_input = 0);

/// Throws GraphError when `self` may not be modified in place: expanded memory and, outside of InferenceMode, inference
/// tensors always; leaves that require grad, views of them and views that the graph does not know, when `recording`.
void check_writable(const char* operation, const Tensor& self, bool recording);
/// The same for memory that is to be written: that of a tensor inside jvp or vmap throws NotImplementedError.
void check_inplace(const char* operation, const Tensor& self, bool recording);

/// A tensor of another geometry over the storage of `source`, known as a view of it (or of its base).
Tensor make_view(const Tensor& source, std::int64_t offset, Dims sizes, Dims strides);
/// Gives `self` the geometry and the history of `view`, a view of it: the in-place forms of view operations.
void become_view(const Tensor& self, const Tensor& view);
/// Another accumulator for a leaf whose shape or dtype has changed; gradients on their way to the old one are lost.
void renew_accumulator(TensorImpl& impl);
/// The same without any tie to the graph: shares storage and version only.
Tensor make_alias(const Tensor& source);
/// The same values without history: an alias, of whatever kind.
Tensor without_history(const Tensor& tensor);

/// A node that gives the gradient of `base` from that of its view of this geometry.
autograd::NodePtr as_strided_node(const Tensor& base, std::int64_t offset, IntArrayRef sizes, IntArrayRef strides);

/// The gradients that arrive at the `wanted` ones of `edges` from `outputs`, each weighted by its gradient. The run
/// ends at the nodes of all valid edges, whose hooks are not called, and frees nothing.
TensorList gradients_at(std::span<const autograd::Edge> edges, autograd::WantedEdges wanted,
                        std::span<const Tensor> outputs, std::span<const Tensor> gradients, bool create_graph);

/// Throws the error of a second backward through a node that has freed what it kept.
[[noreturn]] void raise_freed(const autograd::Node& owner);

/// A tensor kept for backward with the version it had, without its history: that is given back when it is unpacked.
class SavedTensor {
  public:
    SavedTensor() = default;
    /// Throws GraphError, in the name of `operation`, for an inference tensor.
    SavedTensor(const Tensor& tensor, const char* operation);

    /// The tensor, with the history it had when it was saved if gradients are being recorded: that is `edge`. Throws
    /// GraphError when it has been modified since.
    Tensor unpack(const autograd::Node& owner, const autograd::Edge& edge) const;
    void reset() { impl_.reset(); }
    bool defined() const { return static_cast<bool>(impl_); }

  private:
    [[noreturn]] void raise_modified(const autograd::Node& owner, const autograd::Edge& edge) const;

    IntrusivePtr<TensorImpl> impl_;
    const Storage* storage_ = nullptr;  // what impl_ had then: set_data may give it another
    std::uint32_t version_ = 0;
};

}  // namespace xgrad::detail
