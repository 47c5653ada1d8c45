#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

#include <limits>

namespace xgrad::autograd {

thread_local std::uint64_t Node::next_sequence_nr_ = 0;

void* Node::operator new(std::size_t bytes) { return detail::allocate(bytes); }
void Node::operator delete(void* p, std::size_t bytes) noexcept { detail::deallocate(p, bytes); }

namespace {
// Plain thread_local data: it may be used while other thread_local objects are being destroyed.
thread_local Node** doomed = nullptr;
thread_local std::size_t doomed_count = 0, doomed_capacity = 0;

void doom(Node* node) {
    if (doomed_count == doomed_capacity) {
        const std::size_t grown = doomed_capacity ? 2 * doomed_capacity : 64;
        auto** fresh = static_cast<Node**>(detail::allocate(grown * sizeof(Node*)));
        std::copy(doomed, doomed + doomed_count, fresh);
        if (doomed) detail::deallocate(doomed, doomed_capacity * sizeof(Node*));
        doomed = fresh;
        doomed_capacity = grown;
    }
    doomed[doomed_count++] = node;
}
}  // namespace

// Destroying a node drops its edges and saved tensors, whose nodes then arrive here too: they wait in a list, so the
// depth of the stack does not grow with that of the graph.
void Node::destroy(Node* node) noexcept {
    thread_local bool draining = false;
    if (draining) return doom(node);
    draining = true;
    delete node;
    while (doomed_count > 0) delete doomed[--doomed_count];
    if (doomed) {
        detail::deallocate(doomed, doomed_capacity * sizeof(Node*));
        doomed = nullptr;
        doomed_capacity = 0;
    }
    draining = false;
}

NodeHooks& Node::hooks() {
    if (!hooks_if_any()) hooks_.store(new NodeHooks, std::memory_order_release);
    return *hooks_if_any();
}

std::mutex& Node::hooks_mutex() {
    static std::mutex mutex;
    return mutex;
}

// Leaves come last in the order of recording but first in that of execution: their gradients free memory.
AccumulateGrad::AccumulateGrad(detail::TensorImpl* variable)
    : Node(std::numeric_limits<std::uint64_t>::max()), variable_(variable), meta_{variable->sizes, variable->dtype} {
    set_metas(&meta_, 1);
}

Tensor AccumulateGrad::variable() const {
    std::lock_guard lock(mutex_);
    if (!variable_ || !variable_->try_retain()) return {};
    return Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(variable_));
}

void AccumulateGrad::forget_variable() {
    std::lock_guard lock(mutex_);
    variable_ = nullptr;
}

void AccumulateGrad::apply(std::span<const Tensor> grad_outputs, std::span<Tensor>, WantedEdges) {
    const Tensor leaf = variable();
    const Tensor& incoming = grad_outputs[0];
    if (!leaf.defined() || !incoming.defined()) return;
    std::lock_guard lock(mutex_);
    Tensor& grad = detail::autograd_meta(*leaf.unsafeGetTensorImpl()).grad;
    const auto& impl = *incoming.unsafeGetTensorImpl();
    if (!grad.defined()) {
        // The buffer becomes the gradient itself when nobody else sees it.
        const bool sole = impl.use_count() == 1 && impl.storage->use_count() == 1 && !impl.grad_fn && !impl.transform;
        grad = sole && impl.contiguous ? incoming : incoming.clone();
    } else if (GradMode::is_enabled() || impl.transform) {
        grad = grad + incoming;
    } else {
        grad.add_(incoming);
    }
}

}  // namespace xgrad::autograd

namespace xgrad::detail {

AutogradMeta& autograd_meta(TensorImpl& impl) {
    if (!impl.meta) impl.meta = std::make_unique<AutogradMeta>();
    return *impl.meta;
}

}  // namespace xgrad::detail
