#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <xgrad/autograd/anomaly_mode.h>
#include <xgrad/autograd/hooks.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::autograd {

class Node;
}  // namespace xgrad::autograd

namespace xgrad::detail {
class NodeLock;
}

namespace xgrad::autograd {

using NodePtr = detail::IntrusivePtr<Node>;

/// Where a gradient goes: input `input_nr` of `function`, that is the gradient of that output of its forward.
struct Edge {
    NodePtr function;
    std::uint32_t input_nr = 0;

    bool is_valid() const { return static_cast<bool>(function); }
};

/// Which of a node's input gradients are wanted. Beyond 64 inputs all of them are.
class WantedEdges {
  public:
    void set(std::size_t i) {
        if (i < 64) bits_ |= std::uint64_t{1} << i;
    }
    bool operator[](std::size_t i) const { return i >= 64 || (bits_ >> i & 1) != 0; }

  private:
    std::uint64_t bits_ = 0;
};

/// Shape and dtype of a tensor that a gradient must agree with.
struct TensorMeta {
    detail::Dims sizes;
    ScalarType dtype = ScalarType::Undefined;
};

/// A recorded operation: given the gradients of its outputs, computes those of its inputs. Nodes are destroyed without
/// recursion, so that graphs may be as deep as memory allows.
class Node : public detail::RefCounted {
  public:
    virtual ~Node() { delete hooks_.load(std::memory_order_relaxed); }
    static void destroy(Node* node) noexcept;
    static void* operator new(std::size_t bytes);
    static void operator delete(void* p, std::size_t bytes) noexcept;

    /// "TanhBackward0": as PyTorch names it.
    virtual std::string name() const = 0;
    /// `grad_outputs[i]` may be undefined (zero); fills those of `grad_inputs` that are wanted, undefined for zero.
    virtual void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) = 0;
    /// Frees what was saved for backward; a later apply of a node that saved something throws GraphError.
    virtual void release_saved() {}

    /// apply for the gradients of all inputs.
    variable_list operator()(const variable_list& grad_outputs);

    std::span<const Edge> next_edges() const { return {edges_, num_edges_}; }
    const Edge& next_edge(std::size_t i) const { return edges_[i]; }
    std::size_t num_outputs() const { return num_edges_; }
    std::size_t num_inputs() const { return num_metas_; }
    /// What the gradient of output `i` of the forward must look like.
    const TensorMeta& input_metadata(std::size_t i) const { return metas_[i]; }
    std::uint64_t sequence_nr() const { return sequence_nr_; }
    /// That of the next node which this thread records.
    static std::uint64_t next_sequence_nr() { return next_sequence_nr_; }

    /// Adds a hook that every backward through this node calls, in the order in which they were added. The returned key
    /// takes it away again.
    std::uintptr_t add_pre_hook(std::unique_ptr<FunctionPreHook> hook);
    std::uintptr_t add_post_hook(std::unique_ptr<FunctionPostHook> hook);
    /// The same for functions: of the gradients that arrive, and of the gradients of inputs and outputs.
    std::uintptr_t add_pre_hook(std::function<variable_list(const variable_list&)> hook);
    std::uintptr_t add_post_hook(std::function<variable_list(const variable_list&, const variable_list&)> hook);
    /// Whether there was such a hook.
    bool del_pre_hook(std::uintptr_t key);
    bool del_post_hook(std::uintptr_t key);

    /// Hooks of this node, made when first asked for. Guarded by hooks_mutex().
    NodeHooks& hooks();
    NodeHooks* hooks_if_any() const { return hooks_.load(std::memory_order_acquire); }
    static std::mutex& hooks_mutex();
    /// Takes over the hooks of a node that is given up in favour of this one.
    void take_hooks(Node& other) { hooks_.store(other.hooks_.exchange(nullptr)); }

    /// Where this node was recorded, if anomaly mode was on then: "net.layer2.fc1", else "".
    std::string recorded_in() const;

  protected:
    Node() : sequence_nr_(next_sequence_nr_++) {
        if (AnomalyMode::is_enabled()) [[unlikely]]
            remember_place();
    }
    explicit Node(std::uint64_t sequence_nr) : sequence_nr_(sequence_nr) {}
    void set_edges(Edge* edges, std::size_t n) {
        edges_ = edges;
        num_edges_ = static_cast<std::uint32_t>(n);
    }
    void set_metas(TensorMeta* metas, std::size_t n) {
        metas_ = metas;
        num_metas_ = static_cast<std::uint32_t>(n);
    }
    /// Says that threads may run apply and release_saved of this node at once: it saves nothing, or guards that by a
    /// lock of its own, as it must when apply calls functions of the user's, which may run backward themselves.
    void set_needs_no_lock() { users_.store(kNoLock, std::memory_order_relaxed); }
    bool needs_no_lock() const { return users_.load(std::memory_order_relaxed) == kNoLock; }

  private:
    friend class detail::NodeLock;
    static constexpr std::int32_t kAlone = -1, kNoLock = -2;
    void remember_place();

    static thread_local std::uint64_t next_sequence_nr_;

    std::atomic<std::int32_t> users_ = 0;  // threads that run this node: a number, or one that may free, or not counted
    std::uint64_t sequence_nr_;
    Edge* edges_ = nullptr;
    TensorMeta* metas_ = nullptr;
    std::uint32_t num_edges_ = 0;
    std::uint32_t num_metas_ = 0;
    std::atomic<NodeHooks*> hooks_ = nullptr;
};

/// Adds the gradient of a leaf into its grad(). Owned by the leaf; the leaf clears `variable` when it dies.
class AccumulateGrad final : public Node {
  public:
    explicit AccumulateGrad(detail::TensorImpl* variable);

    std::string name() const override { return "AccumulateGrad"; }
    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) override;

    /// The leaf, or an undefined tensor when it no longer exists.
    Tensor variable() const;
    void forget_variable();

    /// How many there were before this one, in all threads, and how many there have been.
    std::uint64_t number() const { return number_; }
    static std::uint64_t count();

  private:
    void accumulate(const Tensor& leaf, const Tensor& incoming);

    mutable std::mutex mutex_;
    detail::TensorImpl* variable_;
    TensorMeta meta_;
    std::uint64_t number_;
};

}  // namespace xgrad::autograd

namespace xgrad::detail {

/// Held while a node runs: by many threads at a time if they keep the graph, by one alone if it frees what the node has
/// saved. Nobody waits unless threads share a graph.
class NodeLock {
  public:
    NodeLock(autograd::Node& node, bool shared)
        : users_(node.users_), counted_(!node.needs_no_lock()), shared_(shared) {
        if (!counted_) return;
        std::int32_t none = 0;
        if (!users_.compare_exchange_strong(none, shared ? 1 : autograd::Node::kAlone, std::memory_order_acquire))
            wait();
    }
    ~NodeLock() {
        if (!counted_) return;
        if (shared_)
            users_.fetch_sub(1, std::memory_order_release);
        else
            users_.store(0, std::memory_order_release);
    }
    NodeLock(const NodeLock&) = delete;
    NodeLock& operator=(const NodeLock&) = delete;

  private:
    void wait();

    std::atomic<std::int32_t>& users_;
    bool counted_, shared_;
};

/// The part of a tensor's autograd state that most tensors never need.
struct AutogradMeta {
    Tensor grad;
    IntrusivePtr<autograd::AccumulateGrad> accumulator;  // of a leaf that requires grad
    bool retains_grad = false;
};

AutogradMeta& autograd_meta(TensorImpl& impl);
/// Takes a tensor off the list of those to whom its node hands the gradient.
void forget_retained_grad(TensorImpl& impl);

}  // namespace xgrad::detail
