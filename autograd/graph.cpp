#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

#include <algorithm>
#include <limits>
#include <thread>

namespace xgrad::autograd {

thread_local std::uint64_t Node::next_sequence_nr_ = 0;

static std::atomic<std::uint64_t> leaf_count = 0;

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

variable_list Node::operator()(const variable_list& grad_outputs) {
    if (grad_outputs.size() != num_inputs())
        raise<ValueError>(name().c_str(), "has ", num_inputs(), " outputs, got ", grad_outputs.size(), " gradients");
    variable_list grad_inputs(num_edges_);
    WantedEdges all;
    for (std::size_t i = 0; i < num_edges_; ++i) all.set(i);
    apply(grad_outputs, grad_inputs, all);
    return grad_inputs;
}

NodeHooks::~NodeHooks() = default;

NodeHooks& Node::hooks() {
    if (!hooks_if_any()) hooks_.store(new NodeHooks, std::memory_order_release);
    return *hooks_if_any();
}

namespace {

struct PreHookFunction final : FunctionPreHook {
    explicit PreHookFunction(std::function<variable_list(const variable_list&)> f) : call(std::move(f)) {}
    variable_list operator()(const variable_list& grads) override { return call(grads); }
    std::function<variable_list(const variable_list&)> call;
};

struct PostHookFunction final : FunctionPostHook {
    explicit PostHookFunction(std::function<variable_list(const variable_list&, const variable_list&)> f)
        : call(std::move(f)) {}
    variable_list operator()(const variable_list& results, const variable_list& grads) override {
        return call(results, grads);
    }
    std::function<variable_list(const variable_list&, const variable_list&)> call;
};

template <class Hook>
std::uintptr_t add_hook(std::vector<std::shared_ptr<Hook>>& hooks, std::unique_ptr<Hook> hook, const char* operation) {
    if (!hook) raise<ValueError>(operation, "the hook is null");
    return reinterpret_cast<std::uintptr_t>(hooks.emplace_back(std::move(hook)).get());
}

/// Takes a hook off a list and hands it to the caller: it may own tensors, which must not die under the lock.
template <class Hook>
std::shared_ptr<Hook> take_hook(std::vector<std::shared_ptr<Hook>>& hooks, std::uintptr_t key) {
    const auto at = std::ranges::find_if(
        hooks, [&](const auto& hook) { return reinterpret_cast<std::uintptr_t>(hook.get()) == key; });
    if (at == hooks.end()) return nullptr;
    std::shared_ptr<Hook> taken = std::move(*at);
    hooks.erase(at);
    return taken;
}

}  // namespace

std::uintptr_t Node::add_pre_hook(std::unique_ptr<FunctionPreHook> hook) {
    std::lock_guard lock(hooks_mutex());
    return add_hook(hooks().pre_hooks, std::move(hook), "add_pre_hook");
}
std::uintptr_t Node::add_post_hook(std::unique_ptr<FunctionPostHook> hook) {
    std::lock_guard lock(hooks_mutex());
    return add_hook(hooks().post_hooks, std::move(hook), "add_post_hook");
}
std::uintptr_t Node::add_pre_hook(std::function<variable_list(const variable_list&)> hook) {
    return add_pre_hook(std::unique_ptr<FunctionPreHook>(std::make_unique<PreHookFunction>(std::move(hook))));
}
std::uintptr_t Node::add_post_hook(std::function<variable_list(const variable_list&, const variable_list&)> hook) {
    return add_post_hook(std::unique_ptr<FunctionPostHook>(std::make_unique<PostHookFunction>(std::move(hook))));
}

bool Node::del_pre_hook(std::uintptr_t key) {
    std::shared_ptr<FunctionPreHook> taken;
    std::lock_guard lock(hooks_mutex());
    if (NodeHooks* of_this = hooks_if_any()) taken = take_hook(of_this->pre_hooks, key);
    return taken != nullptr;
}
bool Node::del_post_hook(std::uintptr_t key) {
    std::shared_ptr<FunctionPostHook> taken;
    std::lock_guard lock(hooks_mutex());
    if (NodeHooks* of_this = hooks_if_any()) taken = take_hook(of_this->post_hooks, key);
    return taken != nullptr;
}

void Node::remember_place() {
    if (std::string place = detail::RecordingPlace::current(); !place.empty()) hooks().recorded_in = std::move(place);
}

std::string Node::recorded_in() const {
    const NodeHooks* of_this = hooks_if_any();
    return of_this ? of_this->recorded_in : std::string();
}

std::mutex& Node::hooks_mutex() {
    static std::mutex mutex;
    return mutex;
}

// Leaves come last in the order of recording but first in that of execution: their gradients free memory.
AccumulateGrad::AccumulateGrad(detail::TensorImpl* variable)
    : Node(std::numeric_limits<std::uint64_t>::max()),
      variable_(variable),
      meta_{variable->sizes, variable->dtype},
      number_(leaf_count++) {
    set_metas(&meta_, 1);
    set_needs_no_lock();
}

std::uint64_t AccumulateGrad::count() { return leaf_count; }

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
    accumulate(leaf, incoming);
    if (!hooks_if_any()) return;
    std::vector<NodeHooks::PostAccumulateHook> calls;
    {
        std::lock_guard lock(hooks_mutex());
        calls = hooks().post_accumulate;
    }
    for (const auto& hook : calls) (*hook.call)(leaf);
}

void AccumulateGrad::accumulate(const Tensor& leaf, const Tensor& incoming) {
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

void NodeLock::wait() {
    constexpr std::int32_t kAlone = autograd::Node::kAlone;
    for (int tries = 0;; ++tries) {
        std::int32_t users = users_.load(std::memory_order_relaxed);
        const bool free = shared_ ? users != kAlone : users == 0;
        if (free && users_.compare_exchange_weak(users, shared_ ? users + 1 : kAlone, std::memory_order_acquire))
            return;
        if (tries > 100) std::this_thread::yield();
    }
}

AutogradMeta& autograd_meta(TensorImpl& impl) {
    if (!impl.meta) impl.meta = std::make_unique<AutogradMeta>();
    return *impl.meta;
}

}  // namespace xgrad::detail
