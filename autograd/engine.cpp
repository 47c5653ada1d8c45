#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/pool_allocator.h>
#include <xgrad/autograd/warning.h>

#include <algorithm>

namespace xgrad::autograd {

namespace {

using detail::PoolVector;

/// What one run of the engine knows of a node.
struct Task {
    Node* node = nullptr;
    std::uint32_t dependencies = 0;  // edges into it that have not delivered yet
    std::uint32_t captures = 0;      // number + 1 of the last capture at this node; the captures are chained
    bool target = false;             // a leaf that backward was asked for
    bool needed = true;              // its gradient is: it is wanted itself, or the way to something wanted
    bool applies = true;             // it has a wanted successor, or is a leaf that accumulates
    bool boundary = false;           // its gradient is captured, the run goes no further and calls none of its hooks
    bool owned = false;              // `first` is a sum of ours, which may be added to in place
    Tensor first;                    // gradient of output 0; nearly all nodes have no other
    PoolVector<Tensor> others;       // of the outputs from 1 on
};

/// Index of a node's task: open addressing, since it is asked for at every edge.
class TaskTable {
  public:
    TaskTable() : slots_(64) {}

    std::vector<Task, detail::PoolAllocator<Task>> tasks;

    /// The task of `node` and whether it was made just now.
    std::pair<std::uint32_t, bool> find_or_add(Node* node) {
        if (2 * (tasks.size() + 1) > slots_.size()) grow();
        std::uint32_t& slot = slots_[probe(node)];
        if (slot) return {slot - 1, false};
        tasks.emplace_back().node = node;
        slot = static_cast<std::uint32_t>(tasks.size());
        return {slot - 1, true};
    }
    Task* find(Node* node) {
        const std::uint32_t slot = slots_[probe(node)];
        return slot ? &tasks[slot - 1] : nullptr;
    }

  private:
    std::size_t probe(const Node* node) const {
        const std::size_t mask = slots_.size() - 1;
        auto at = (reinterpret_cast<std::uintptr_t>(node) >> 6) * 0x9E3779B97F4A7C15u >> 20 & mask;
        while (slots_[at] && tasks[slots_[at] - 1].node != node) at = (at + 1) & mask;
        return at;
    }
    void grow() {
        slots_.assign(2 * slots_.size(), 0);
        for (std::uint32_t i = 0; i < tasks.size(); ++i) slots_[probe(tasks[i].node)] = i + 1;
    }

    PoolVector<std::uint32_t> slots_;  // task number + 1; 0 is free
};

/// One run over the graph: from the roots to the leaves, each node after all that deliver to it.
class Run {
  public:
    Run(bool keep_graph, bool create_graph) : keep_graph_(keep_graph), mode_(create_graph) {}

    void add_root(const Edge& root, Tensor gradient) {
        discover(root.function.get());
        roots_.push_back(root.function);
        deliver(root, std::move(gradient), *root.function, 0);
    }
    /// Ends the run at this node, which need not be a leaf. Before the roots are added.
    void stop_at(Node* node) {
        const std::uint32_t index = table_.find_or_add(node).first;
        table_.tasks[index].boundary = true;
    }
    /// Asks for the gradient that arrives at `edge`; the result lands in captured()[i] for the i-th call.
    void capture(const Edge& edge);
    /// Leaves that are to accumulate; without any (and without captures) all do.
    void accumulate_into(const Edge& edge);

    void execute();
    Tensor captured(std::size_t i) const { return captures_[i].gradient; }

  private:
    void discover(Node* root);
    void mark_needed();
    static Tensor* slot(Task& task, std::uint32_t nr);
    void run_hooks(Task& task);
    void apply(Node& node, std::span<Tensor> in, std::span<Tensor> out, WantedEdges wanted);
    void store_captures(Task& task);
    void deliver(const Edge& edge, Tensor gradient, const Node& from, std::size_t index);
    void step(std::uint32_t index);
    void push_if_ready(std::uint32_t index);

    bool keep_graph_;
    bool anomaly_ = AnomalyMode::is_enabled();
    AutoGradMode mode_;
    TaskTable table_;
    PoolVector<NodePtr> roots_;
    struct Capture {
        std::uint32_t input_nr;
        std::uint32_t next;  // number + 1 of another capture at the same node
        Tensor gradient;
    };
    PoolVector<Capture> captures_;
    bool restricted_ = false;                                    // to what is captured or accumulated into
    PoolVector<std::pair<std::uint64_t, std::uint32_t>> ready_;  // heap of (sequence number, task)
};

void Run::discover(Node* root) {
    if (!table_.find_or_add(root).second) return;
    PoolVector<Node*> stack{root};
    while (!stack.empty()) {
        Node* node = stack.back();
        stack.pop_back();
        for (const Edge& edge : node->next_edges()) {
            if (!edge.is_valid()) continue;
            const auto [next, fresh] = table_.find_or_add(edge.function.get());
            ++table_.tasks[next].dependencies;
            if (fresh) stack.push_back(edge.function.get());
        }
    }
}

void Run::capture(const Edge& edge) {
    restricted_ = true;
    captures_.push_back({edge.input_nr, 0, {}});
    if (Task* task = table_.find(edge.function.get())) {
        captures_.back().next = task->captures;
        task->captures = static_cast<std::uint32_t>(captures_.size());
    }
}

void Run::accumulate_into(const Edge& edge) {
    restricted_ = true;
    if (Task* task = table_.find(edge.function.get())) task->target = true;
}

/// Restricts the run to nodes from which a wanted one can be reached.
void Run::mark_needed() {
    for (Task& task : table_.tasks) {
        task.needed = task.target || task.captures > 0;
        task.applies = task.target && task.node->next_edges().empty();
    }
    // An edge leads to a node recorded earlier, or to a leaf: in the order of recording every successor comes first.
    // Custom nodes may break that order, so passes are repeated until nothing changes.
    PoolVector<std::uint32_t> order(table_.tasks.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return table_.tasks[i].node->sequence_nr() + 1; });
    for (bool changed = true; changed;) {
        changed = false;
        for (const std::uint32_t i : order) {
            Task& task = table_.tasks[i];
            if (task.applies || task.boundary) continue;
            task.applies = std::ranges::any_of(task.node->next_edges(), [&](const Edge& edge) {
                return edge.is_valid() && table_.find(edge.function.get())->needed;
            });
            changed |= task.applies;
            task.needed |= task.applies;
        }
    }
}

void Run::deliver(const Edge& edge, Tensor gradient, const Node& from, std::size_t index) {
    const TensorMeta& meta = edge.function->input_metadata(edge.input_nr);
    if (gradient.sizes() != IntArrayRef(meta.sizes)) {
        if (!detail::is_expandable_to(meta.sizes, gradient.sizes()))
            raise<ShapeError>(from.name().c_str(), "returned an invalid gradient at index ", index, " - got ",
                              gradient.sizes(), " but expected shape compatible with ", IntArrayRef(meta.sizes));
        gradient = gradient.sum_to_size(meta.sizes);
    }
    if (gradient.dtype() != meta.dtype) gradient = gradient.to(meta.dtype);

    Task& task = *table_.find(edge.function.get());
    if (edge.input_nr > 0 && task.others.size() < edge.input_nr) task.others.resize(edge.input_nr);
    Tensor& slot = edge.input_nr == 0 ? task.first : task.others[edge.input_nr - 1];
    if (!slot.defined()) {
        slot = std::move(gradient);
    } else if (edge.input_nr == 0 && task.owned && !GradMode::is_enabled() && !slot.impl()->transform) {
        slot.add_(gradient);
    } else {
        slot = slot + gradient;
        if (edge.input_nr == 0) task.owned = true;
    }
}

/// What a hook returns must be what the node expects of output `nr`.
void check_replacement(const Node& node, std::size_t nr, const Tensor& replaced) {
    const TensorMeta& meta = node.input_metadata(nr);
    if (!replaced.defined() || (replaced.sizes() == IntArrayRef(meta.sizes) && replaced.dtype() == meta.dtype)) return;
    raise<ShapeError>(node.name().c_str(), "hook has changed the size or type of value: the gradient was ", meta.dtype,
                      ' ', IntArrayRef(meta.sizes), ", the hook returned ", replaced.toString());
}

void Run::run_hooks(Task& task) {
    NodeHooks* hooks = task.node->hooks_if_any();
    if (!hooks) return;
    // Users' functions and the destructors of tensors may need the lock themselves: both are called without it.
    std::vector<NodeHooks::TensorHook> calls;
    std::vector<std::pair<std::uint32_t, Tensor>> retained;
    {
        std::lock_guard lock(Node::hooks_mutex());
        calls = hooks->tensor_hooks;
        for (const auto& kept : hooks->retained)
            if (kept.tensor->try_retain())
                retained.emplace_back(kept.output_nr,
                                      Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(kept.tensor)));
    }
    for (const auto& hook : calls) {
        Tensor* gradient = slot(task, hook.output_nr);
        if (!gradient || !gradient->defined()) continue;
        Tensor replaced = (*hook.call)(*gradient);
        if (!replaced.defined()) continue;
        check_replacement(*task.node, hook.output_nr, replaced);
        *gradient = std::move(replaced);
    }
    if (!captures_.empty()) return;  // gradients are returned, not stored
    for (const auto& [output_nr, tensor] : retained) {
        const Tensor* gradient = slot(task, output_nr);
        if (!gradient || !gradient->defined()) continue;
        Tensor& stored = tensor.mutable_grad();
        stored = stored.defined() ? stored + *gradient : gradient->clone();
    }
}

/// The gradient of output `nr` that has arrived, or null when none can have.
Tensor* Run::slot(Task& task, std::uint32_t nr) {
    if (nr == 0) return &task.first;
    return nr <= task.others.size() ? &task.others[nr - 1] : nullptr;
}

void Run::store_captures(Task& task) {
    for (std::uint32_t i = task.captures; i > 0; i = captures_[i - 1].next)
        if (const Tensor* gradient = slot(task, captures_[i - 1].input_nr)) captures_[i - 1].gradient = *gradient;
}

/// What hooks of a node return in place of `gradients`.
void replace_by(variable_list&& results, std::span<Tensor> gradients, const Node& node, const char* kind) {
    if (results.size() != gradients.size())
        raise<GraphError>(node.name().c_str(), "a ", kind, " hook returned ", results.size(), " gradients instead of ",
                          gradients.size());
    std::ranges::move(results, gradients.begin());
}

variable_list list_of(std::span<Tensor> gradients) { return {gradients.begin(), gradients.end()}; }

void check_nan(const Node& node, std::span<const Tensor> results) {
    const NoGradGuard no_grad;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Tensor& result = results[i];
        if (!result.defined() || !result.is_floating_point() || result.impl()->transform) continue;
        if (result.ne(result).any().item<bool>())
            raise<GraphError>(node.name().c_str(), "Function '", node.name(), "' returned nan values in its ", i,
                              "th output.");
    }
}

/// Throws on the error being handled, with the place where the node was recorded.
[[noreturn]] void rethrow_with_place(Error& error, const Node& node) {
    constexpr std::string_view kMark = " (in the backward of ";
    const std::string_view message = error.what();
    const std::string place = node.recorded_in();
    // Assigning to the base exchanges the message alone: the object that flies on keeps its type.
    if (message.find(kMark) == std::string_view::npos)
        error =
            Error(detail::join(message, kMark, node.name(), place.empty() ? "" : ", recorded in module ", place, ')'));
    throw;
}

void run_pre_hooks(Node& node, const NodeHooks& hooks, std::span<Tensor> gradients) {
    std::vector<std::shared_ptr<FunctionPreHook>> calls;
    {
        std::lock_guard lock(Node::hooks_mutex());
        calls = hooks.pre_hooks;
    }
    for (const auto& hook : calls) {
        replace_by((*hook)(list_of(gradients)), gradients, node, "pre");
        for (std::size_t i = 0; i < node.num_inputs(); ++i) check_replacement(node, i, gradients[i]);
    }
}

void run_post_hooks(Node& node, const NodeHooks& hooks, std::span<Tensor> results, std::span<Tensor> gradients) {
    std::vector<std::shared_ptr<FunctionPostHook>> calls;
    {
        std::lock_guard lock(Node::hooks_mutex());
        calls = hooks.post_hooks;
    }
    for (const auto& hook : calls) replace_by((*hook)(list_of(results), list_of(gradients)), results, node, "post");
}

void Run::apply(Node& node, std::span<Tensor> in, std::span<Tensor> out, WantedEdges wanted) try {
    const NodeHooks* hooks = node.hooks_if_any();
    if (hooks) run_pre_hooks(node, *hooks, in);
    {
        const detail::NodeLock lock(node, keep_graph_);
        node.apply(in, out, wanted);
        if (!keep_graph_) node.release_saved();
    }
    if (hooks) run_post_hooks(node, *hooks, out, in);
    if (anomaly_ && AnomalyMode::should_check_nan()) check_nan(node, out);
} catch (Error& error) {
    if (anomaly_) rethrow_with_place(error, node);
    throw;
}

void Run::push_if_ready(std::uint32_t index) {
    if (table_.tasks[index].dependencies > 0) return;
    ready_.emplace_back(table_.tasks[index].node->sequence_nr(), index);
    std::ranges::push_heap(ready_);
}

void Run::step(std::uint32_t index) {
    Task& task = table_.tasks[index];
    Node& node = *task.node;
    if (!task.boundary) run_hooks(task);
    store_captures(task);
    if (task.boundary) return;
    const auto edges = node.next_edges();

    Tensor few_in[3], few_out[4];
    PoolVector<Tensor> many_in, many_out;
    const std::size_t inputs = std::max<std::size_t>(node.num_inputs(), 1);
    if (inputs > std::size(few_in)) many_in.resize(inputs);
    if (edges.size() > std::size(few_out)) many_out.resize(edges.size());
    const std::span<Tensor> in(many_in.empty() ? few_in : many_in.data(), inputs);
    const std::span<Tensor> out(many_out.empty() ? few_out : many_out.data(), edges.size());
    bool any = task.first.defined();
    in[0] = std::move(task.first);
    for (std::size_t i = 0; i < task.others.size(); ++i) {
        any |= task.others[i].defined();
        in[i + 1] = std::move(task.others[i]);
    }
    if (task.applies && any) {
        WantedEdges wanted;
        for (std::size_t i = 0; i < edges.size(); ++i)
            if (edges[i].is_valid() && (!restricted_ || table_.find(edges[i].function.get())->needed)) wanted.set(i);
        apply(node, in, out, wanted);
    }
    for (auto& gradient : in) gradient.reset();
    for (std::size_t i = 0; i < edges.size(); ++i) {
        if (!edges[i].is_valid()) continue;
        const std::uint32_t next = table_.find_or_add(edges[i].function.get()).first;
        if (out[i].defined()) {
            if (table_.tasks[next].needed) deliver(edges[i], std::move(out[i]), node, i);
            out[i].reset();
        }
        --table_.tasks[next].dependencies;
        push_if_ready(next);
    }
}

void Run::execute() {
    if (restricted_) mark_needed();
    for (const auto& root : roots_) {
        const std::uint32_t index = table_.find_or_add(root.get()).first;
        const bool queued = std::ranges::any_of(ready_, [&](const auto& r) { return r.second == index; });
        if (!queued) push_if_ready(index);
    }
    while (!ready_.empty()) {
        std::ranges::pop_heap(ready_);
        const std::uint32_t index = ready_.back().second;
        ready_.pop_back();
        step(index);
    }
}

Tensor root_gradient(const char* operation, const Tensor& output, std::span<const Tensor> given, std::size_t i) {
    if (i < given.size() && given[i].defined()) {
        if (given[i].sizes() != output.sizes())
            raise<ShapeError>(operation, "Mismatch in shape: grad_output[", i, "] has a shape of ", given[i].sizes(),
                              " and output[", i, "] has a shape of ", output.sizes());
        return given[i];
    }
    if (output.numel() != 1)
        raise<GraphError>(operation, "grad can be implicitly created only for scalar outputs, but output ", i,
                          " has the shape ", detail::shape_string(output.sizes()));
    return ones_like(output);
}

void add_roots(Run& run, const char* operation, std::span<const Tensor> outputs, std::span<const Tensor> grads) {
    if (!grads.empty() && grads.size() != outputs.size())
        raise<ValueError>(operation, "got ", outputs.size(), " tensors and ", grads.size(), " gradients");
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const Edge edge = detail::gradient_edge(outputs[i]);
        if (!edge.is_valid())
            raise<GraphError>(operation, "element ", i,
                              " of tensors does not require grad and does not have a grad_fn");
        run.add_root(edge, root_gradient(operation, outputs[i], grads, i));
    }
}

}  // namespace

void backward(std::span<const Tensor> tensors, std::span<const Tensor> grad_tensors, std::optional<bool> retain_graph,
              bool create_graph, std::span<const Tensor> inputs) {
    static bool warned = false;
    if (create_graph && detail::warning_is_due(warned))
        warn(
            "[backward] Using backward() with create_graph=true will create a reference cycle between the parameter "
            "and its gradient which can cause a memory leak. We recommend using autograd::grad when creating the graph "
            "to avoid this. If you have to use this function, make sure to reset the .grad fields of your parameters "
            "after use to break the cycle and avoid the leak.");
    Run run(retain_graph.value_or(create_graph), create_graph);
    add_roots(run, "backward", tensors, grad_tensors);
    for (const Tensor& input : inputs) {
        const Edge edge = detail::gradient_edge(input);
        if (!edge.is_valid()) raise<GraphError>("backward", "One of the differentiated Tensors does not require grad");
        if (!input.is_leaf()) input.retain_grad();
        run.accumulate_into(edge);
    }
    run.execute();
}

void backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& grad_tensors,
              std::optional<bool> retain_graph, bool create_graph, const std::vector<Tensor>& inputs) {
    backward(std::span(tensors), std::span(grad_tensors), retain_graph, create_graph, std::span(inputs));
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& grad_outputs, std::optional<bool> retain_graph, bool create_graph,
                         bool allow_unused) {
    Run run(retain_graph.value_or(create_graph), create_graph);
    if (inputs.empty()) raise<ValueError>("grad", "requires non-empty inputs");
    add_roots(run, "grad", outputs, grad_outputs);
    for (const Tensor& input : inputs) {
        const Edge edge = detail::gradient_edge(input);
        if (!edge.is_valid()) raise<GraphError>("grad", "One of the differentiated Tensors does not require grad");
        run.capture(edge);
    }
    run.execute();
    std::vector<Tensor> out;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        out.push_back(run.captured(i));
        if (!out.back().defined() && !allow_unused)
            raise<GraphError>("grad", "One of the differentiated Tensors appears to not have been used in the graph: ",
                              "input ", i, " of shape ", detail::shape_string(inputs[i].sizes()),
                              ". Set allow_unused=true if this is the desired behavior");
    }
    return out;
}

}  // namespace xgrad::autograd

namespace xgrad::detail {

TensorList gradients_at(std::span<const autograd::Edge> edges, autograd::WantedEdges wanted,
                        std::span<const Tensor> outputs, std::span<const Tensor> gradients, bool create_graph) {
    autograd::Run run(/*keep_graph=*/true, create_graph);
    for (const autograd::Edge& edge : edges)
        if (edge.is_valid()) run.stop_at(edge.function.get());
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < edges.size(); ++i)
        if (edges[i].is_valid() && wanted[i]) {
            run.capture(edges[i]);
            asked.push_back(i);
        }
    for (std::size_t i = 0; i < outputs.size(); ++i) run.add_root(gradient_edge(outputs[i]), gradients[i]);
    if (!outputs.empty()) run.execute();
    TensorList arrived(edges.size());
    for (std::size_t i = 0; i < asked.size(); ++i) arrived[asked[i]] = run.captured(i);
    return arrived;
}

}  // namespace xgrad::detail
