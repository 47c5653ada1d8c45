#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/transform.h>

#include <algorithm>

namespace xgrad::detail {

using autograd::Edge;
using autograd::Node;
using autograd::NodePtr;
using autograd::TensorMeta;

namespace {

void move_retained_grad(TensorImpl& impl, Node* from, Node* to, std::uint32_t to_output) {
    std::lock_guard lock(Node::hooks_mutex());
    if (from)
        if (auto* hooks = from->hooks_if_any())
            std::erase_if(hooks->retained, [&](const auto& r) { return r.tensor == &impl; });
    if (to) to->hooks().retained.push_back({to_output, &impl});
}

/// The gradient of a base one of whose views was modified in place by `inner`: the part under the view goes through
/// `inner`, whose input `self` is the old value of the view, the rest passes by.
class CopySlices final : public Node {
  public:
    CopySlices(const Tensor& base, const Tensor& view, NodePtr inner, std::size_t self)
        : inner_(std::move(inner)),
          self_(self),
          base_strides_(base.strides()),
          view_sizes_(view.sizes()),
          view_strides_(view.strides()),
          view_offset_(view.storage_offset() - base.storage_offset()),
          meta_{base.sizes(), base.dtype()},
          edges_(inner_->next_edges().begin(), inner_->next_edges().end()) {
        edges_[self_] = gradient_edge(base);
        set_edges(edges_.data(), edges_.size());
        set_metas(&meta_, 1);
        set_needs_no_lock();
    }

    std::string name() const override { return "CopySlices"; }

    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs,
               autograd::WantedEdges wanted) override {
        if (!grad_outputs[0].defined()) return;
        Tensor result = empty_strided(meta_.sizes, base_strides_, meta_.dtype);
        result.copy_(grad_outputs[0]);
        Tensor slice = result.as_strided(view_sizes_, view_strides_, view_offset_);
        slice.unsafeGetTensorImpl()->origin = ViewOrigin::kRecorded;  // check_inplace has seen that it stays inside
        const Tensor incoming[] = {slice.clone()};
        {
            const NodeLock lock(*inner_, /*shared=*/true);
            inner_->apply(incoming, grad_inputs, wanted);
        }
        Tensor& grad_self = grad_inputs[self_];
        if (grad_self.defined())
            slice.copy_(grad_self);
        else
            slice.zero_();
        grad_self = edges_[self_].is_valid() ? result : Tensor();
    }

    void release_saved() override {
        const NodeLock lock(*inner_, /*shared=*/false);
        inner_->release_saved();
    }

  private:
    NodePtr inner_;
    std::size_t self_;
    Dims base_strides_, view_sizes_, view_strides_;
    std::int64_t view_offset_;
    TensorMeta meta_;
    std::vector<Edge> edges_;
};

/// Whether the base knows more of a view's history than the view: it was modified in place since.
bool base_has_history(const TensorImpl& impl) {
    const bool known = impl.origin == ViewOrigin::kRecorded || impl.origin == ViewOrigin::kOutsideBase;
    return impl.is_stale_view() && impl.base->grad_fn && known;
}

/// Remakes the grad_fn of such a view.
void refresh_view(TensorImpl& impl) {
    static std::mutex mutex;
    std::lock_guard lock(mutex);
    if (!impl.is_stale_view()) return;
    NodePtr fresh = as_strided_node(Tensor(impl.base), impl.offset, impl.sizes, impl.strides);
    if (impl.meta && impl.meta->retains_grad) move_retained_grad(impl, impl.grad_fn.get(), fresh.get(), 0);
    impl.grad_fn = std::move(fresh);
    impl.output_nr = 0;
    // Published last: who sees the version current sees the grad_fn that belongs to it.
    impl.grad_fn_version.store(impl.storage->version(), std::memory_order_release);
}

}  // namespace

bool requires_grad(const TensorImpl& impl) { return impl.requires_grad || base_has_history(impl) || impl.grad_fn; }

Edge gradient_edge(const Tensor& tensor) {
    if (!tensor.defined()) raise("autograd", "an undefined tensor has no gradient");
    TensorImpl& impl = *tensor.unsafeGetTensorImpl();
    if (base_has_history(impl)) refresh_view(impl);
    if (impl.grad_fn) return {impl.grad_fn, impl.output_nr};
    if (!impl.requires_grad) return {};
    auto& meta = autograd_meta(impl);
    return {IntrusivePtr<Node>::share(meta.accumulator.get()), 0};
}

void set_history(const Tensor& result, const NodePtr& node, std::uint32_t output_nr) {
    TensorImpl& impl = *result.unsafeGetTensorImpl();
    impl.grad_fn = node;
    impl.output_nr = output_nr;
    impl.grad_fn_version = impl.base ? impl.storage->version() : 0;
}

void rebase_history(const Tensor& self, const NodePtr& node, std::size_t self_input) {
    TensorImpl& impl = *self.unsafeGetTensorImpl();
    TensorImpl& owner = impl.base ? *impl.base : impl;
    NodePtr fresh = node;
    if (impl.base) fresh = NodePtr::adopt(new CopySlices(Tensor(impl.base), self, node, self_input));
    if (owner.meta && owner.meta->retains_grad) move_retained_grad(owner, owner.grad_fn.get(), fresh.get(), 0);
    owner.grad_fn = std::move(fresh);
    owner.output_nr = 0;
}

void check_inplace(const char* operation, const Tensor& self, bool recording) {
    if (self.impl()->transform) raise_inplace_transform(operation);
    check_writable(operation, self, recording);
}

void check_writable(const char* operation, const Tensor& self, bool recording) {
    const TensorImpl& impl = *self.unsafeGetTensorImpl();
    if (!impl.contiguous && has_overlap(impl.sizes, impl.strides))
        raise<GraphError>(operation,
                          "unsupported operation: more than one element of the written-to tensor refers to a single "
                          "memory location. Please clone() the tensor of shape ",
                          shape_string(impl.sizes), " and strides ", shape_string(impl.strides),
                          " before performing the operation");
    if (impl.inference && !InferenceMode::is_enabled())
        raise<GraphError>(operation,
                          "Inplace update to inference tensor outside InferenceMode is not allowed. You can make a "
                          "clone to get a normal tensor before doing inplace update");
    if (!recording) return;
    if (impl.base && !impl.base->contiguous && has_overlap(impl.base->sizes, impl.base->strides))
        raise<GraphError>(operation, "the tensor is a view of one of shape ", shape_string(impl.base->sizes),
                          " and strides ", shape_string(impl.base->strides),
                          " that shows memory locations more than once. Please clone() that one before recording a "
                          "modification of it");
    if (impl.requires_grad && !impl.grad_fn)
        raise<GraphError>(operation, "a leaf Variable that requires grad is being used in an in-place operation");
    if (!impl.base) return;
    if (impl.base->requires_grad && !impl.base->grad_fn)
        raise<GraphError>(operation,
                          "a view of a leaf Variable that requires grad is being used in an in-place operation");
    switch (impl.origin) {
        case ViewOrigin::kRecorded:
            break;
        case ViewOrigin::kNoGradMode:
        case ViewOrigin::kInferenceMode:
            raise<GraphError>(operation, "A view was created in ",
                              impl.origin == ViewOrigin::kNoGradMode ? "no_grad" : "inference",
                              " mode and is being modified inplace with grad mode enabled: the graph does not know it "
                              "as a view. Create the view with grad mode enabled, or modify it under NoGradGuard");
        case ViewOrigin::kOutsideBase:
            raise<GraphError>(operation, "a view made by as_strided may show memory outside of the tensor of shape ",
                              shape_string(impl.base->sizes), " and storage offset ", impl.base->offset,
                              " that keeps its history, and cannot be modified inplace with grad mode enabled. "
                              "Make the view of a tensor that shows the whole memory, or modify it under NoGradGuard");
    }
}

Tensor make_view(const Tensor& source, std::int64_t offset, Dims sizes, Dims strides) {
    const auto& from = *source.unsafeGetTensorImpl();
    auto view = IntrusivePtr<TensorImpl>::adopt(
        new TensorImpl(from.storage, offset, std::move(sizes), std::move(strides), from.dtype));
    view->base = from.base ? from.base : source.impl();
    view->grad_fn_version = from.storage->version();
    view->origin = from.origin;
    view->inference = from.inference;
    return Tensor(std::move(view));
}

void renew_accumulator(TensorImpl& impl) {
    if (!impl.meta || !impl.meta->accumulator) return;
    const auto outdated = impl.meta->accumulator;
    impl.meta->accumulator = IntrusivePtr<autograd::AccumulateGrad>::adopt(new autograd::AccumulateGrad(&impl));
    outdated->forget_variable();
    std::lock_guard lock(autograd::Node::hooks_mutex());
    impl.meta->accumulator->take_hooks(*outdated);
}

void become_view(const Tensor& self, const Tensor& view) {
    TensorImpl& impl = *self.unsafeGetTensorImpl();
    const TensorImpl& seen = *view.unsafeGetTensorImpl();
    impl.set_geometry(seen.offset, seen.sizes, seen.strides);
    if (impl.requires_grad) {
        renew_accumulator(impl);
        impl.storage->bump_version();  // nodes that saved this leaf have it, not a copy of its old geometry
    }
    if (!seen.grad_fn) return;
    if (impl.meta && impl.meta->retains_grad)
        move_retained_grad(impl, impl.grad_fn.get(), seen.grad_fn.get(), seen.output_nr);
    set_history(self, seen.grad_fn, seen.output_nr);
}

Tensor make_alias(const Tensor& source) {
    const auto& from = *source.unsafeGetTensorImpl();
    auto alias = IntrusivePtr<TensorImpl>::adopt(
        new TensorImpl(from.storage, from.offset, from.sizes, from.strides, from.dtype));
    alias->inference = from.inference;
    return Tensor(std::move(alias));
}

Tensor without_history(const Tensor& tensor) {
    return tensor.impl()->transform ? transform_alias(tensor) : make_alias(tensor);
}

// A leaf that requires grad is kept as it is: nothing recorded can become part of it. Anything else could be modified
// in place by an operation whose node leads back here, and would then keep itself alive.
SavedTensor::SavedTensor(const Tensor& tensor, const char* operation)
    : impl_(tensor.impl()->requires_grad ? tensor.impl() : without_history(tensor).impl()),
      storage_(impl_->storage.get()),
      version_(storage_->version()) {
    if (impl_->inference) [[unlikely]]
        raise<GraphError>(operation,
                          "Inference tensors cannot be saved for backward. To work around you can make a clone to get "
                          "a normal tensor and use it in autograd");
}

void raise_freed(const Node& owner) {
    raise<GraphError>(owner.name().c_str(),
                      "Trying to backward through the graph a second time (or directly access saved tensors after "
                      "they have already been freed). Saved intermediate values of the graph are freed when you call "
                      ".backward() or autograd::grad(). Specify retain_graph=true if you need to backward through "
                      "the graph a second time");
}

void SavedTensor::raise_modified(const Node& owner, const Edge& edge) const {
    std::string which;
    if (edge.is_valid() && !edge.function->next_edges().empty())
        which = join(", which is output ", edge.input_nr, " of ", edge.function->name(), ',');
    raise<GraphError>(owner.name().c_str(),
                      "one of the variables needed for gradient computation has been modified by an inplace "
                      "operation: [",
                      Tensor(impl_).toString(), "]", which, " is at version ", impl_->storage->version(),
                      "; expected version ", version_,
                      " instead. Hint: clone() it before it is modified, or enable anomaly detection to find the "
                      "operation that failed to compute its gradient, with autograd::set_detect_anomaly(true)");
}

Tensor SavedTensor::unpack(const Node& owner, const Edge& edge) const {
    if (!impl_) raise_freed(owner);
    if (impl_->storage.get() != storage_ || storage_->version() != version_) raise_modified(owner, edge);
    Tensor kept(impl_);
    if (!GradMode::is_enabled() || impl_->requires_grad || !edge.is_valid()) return kept;
    Tensor out = without_history(kept);
    set_history(out, edge.function, edge.input_nr);
    return out;
}

}  // namespace xgrad::detail
