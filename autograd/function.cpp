#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/history.h>

#include <cxxabi.h>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace xgrad {

using autograd::Edge;
using autograd::NodePtr;
using autograd::TensorMeta;
using autograd::WantedEdges;

IValue::IValue(Tensor v) : kind_(Kind::Tensor), object_(std::make_shared<Tensor>(std::move(v))) {}
IValue::IValue(std::string v) : kind_(Kind::String), object_(std::make_shared<std::string>(std::move(v))) {}
IValue::IValue(const char* v) : IValue(std::string(v)) {}
IValue::IValue(std::vector<std::int64_t> v)
    : kind_(Kind::Ints), object_(std::make_shared<std::vector<std::int64_t>>(std::move(v))) {}
IValue::IValue(IntArrayRef v) : IValue(v.vec()) {}
IValue::IValue(std::vector<double> v)
    : kind_(Kind::Doubles), object_(std::make_shared<std::vector<double>>(std::move(v))) {}
IValue::IValue(std::vector<bool> v) : kind_(Kind::Bools), object_(std::make_shared<std::vector<bool>>(std::move(v))) {}
IValue::IValue(TensorList v) : kind_(Kind::Tensors), object_(std::make_shared<TensorList>(std::move(v))) {}
IValue::IValue(std::shared_ptr<const void> v) : kind_(Kind::Capsule), object_(std::move(v)) {}

IValue::IValue(const Scalar& v) {
    if (v.is_boolean())
        *this = v.to<bool>();
    else if (v.is_floating_point())
        *this = v.to_double();
    else
        *this = v.to_long();
}

namespace {

constexpr const char* kKindNames[] = {"None",    "Tensor",     "Int",      "Double",     "Bool",   "String",
                                      "IntList", "DoubleList", "BoolList", "TensorList", "Capsule"};

}  // namespace

void IValue::raise_kind(const char* asked) const {
    raise<DtypeError>("IValue", "expected ", asked, " but it holds ", kKindNames[static_cast<int>(kind_)]);
}

void IValue::check(Kind asked) const {
    if (kind_ != asked) raise_kind(kKindNames[static_cast<int>(asked)]);
}

template <class T>
const T& IValue::object(Kind asked) const {
    check(asked);
    return *static_cast<const T*>(object_.get());
}

const Tensor& IValue::toTensor() const { return object<Tensor>(Kind::Tensor); }
const std::string& IValue::toStringRef() const { return object<std::string>(Kind::String); }
const std::vector<std::int64_t>& IValue::toIntVector() const { return object<std::vector<std::int64_t>>(Kind::Ints); }
const std::vector<double>& IValue::toDoubleVector() const { return object<std::vector<double>>(Kind::Doubles); }
const std::vector<bool>& IValue::toBoolVector() const { return object<std::vector<bool>>(Kind::Bools); }
const TensorList& IValue::toTensorVector() const { return object<TensorList>(Kind::Tensors); }

std::int64_t IValue::toInt() const {
    check(Kind::Int);
    return number_.i;
}

double IValue::toDouble() const {
    check(Kind::Double);
    return number_.d;
}

bool IValue::toBool() const {
    check(Kind::Bool);
    return number_.b;
}

const std::shared_ptr<const void>& IValue::toCapsule() const {
    check(Kind::Capsule);
    return object_;
}

Scalar IValue::toScalar() const {
    if (isInt()) return toInt();
    if (isBool()) return toBool();
    if (isDouble()) return toDouble();
    raise_kind("Scalar");
}

namespace detail {

namespace {

/// "Scale" of "(anonymous namespace)::Scale<2>".
std::string short_name(const std::type_info& type) {
    const std::unique_ptr<char, void (*)(void*)> full(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr),
                                                      std::free);
    const std::string name = full ? full.get() : type.name();
    const std::size_t end = name.find('<'), colon = name.rfind("::", end);
    const std::size_t begin = colon == std::string::npos ? 0 : colon + 2;
    return name.substr(begin, end - begin);
}

std::ptrdiff_t position(const TensorList& list, const Tensor& tensor) {
    const auto at = std::find_if(list.begin(), list.end(), [&](const Tensor& x) { return x.is_same(tensor); });
    return at == list.end() ? -1 : at - list.begin();
}

bool shares_memory(const TensorList& list, const Tensor& tensor) {
    return std::any_of(list.begin(), list.end(), [&](const Tensor& x) { return x.defined() && x.is_alias_of(tensor); });
}

}  // namespace

class FunctionNode final : public autograd::Node {
  public:
    FunctionNode(const std::type_info& type, FunctionCall::Backward backward)
        : name_(short_name(type)), backward_(backward), context_(*this) {
        set_needs_no_lock();
    }

    std::string name() const override { return name_ + "Backward"; }
    void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) override;
    void release_saved() override {
        std::vector<Saved> doomed;  // destroyed without the lock
        std::lock_guard lock(mutex_);
        doomed = saved_;
        for (Saved& s : saved_) s.tensor.reset();
    }

    void add_argument(const Tensor& x) {
        is_tensor_.push_back(true);
        inputs_.push_back(x);
        edges_.push_back(x.defined() ? gradient_edge(x) : Edge());
    }
    void add_other_argument() { is_tensor_.push_back(false); }

    void finish(TensorList& outputs);
    TensorList saved() const;
    bool needs(std::size_t i) const;
    autograd::AutogradContext& context() { return context_; }

  private:
    struct Saved {
        SavedTensor tensor;
        bool defined = false;
        Edge history;                // of a tensor that is no output
        std::ptrdiff_t output = -1;  // which output it is, if one with a gradient
    };

    void check_marks(const TensorList& outputs) const;
    void wrap(TensorList& outputs);
    void set_output_history(Tensor& output, std::uint32_t k, bool dirty);
    void save(const TensorList& raw_outputs, const TensorList& outputs);
    TensorList gradients(TensorList grads);

    std::string name_;
    FunctionCall::Backward backward_;
    autograd::AutogradContext context_;
    TensorList inputs_;            // until the call is finished
    std::vector<bool> is_tensor_;  // of each argument of forward
    std::vector<Edge> edges_;      // of the tensors among them, like inputs_
    std::vector<TensorMeta> metas_;
    mutable std::mutex mutex_;  // of saved_: threads may share a graph
    std::vector<Saved> saved_;
};

namespace {

/// What the backward that this thread is in has been asked for. Threads may run one node at the same time.
struct Running {
    const FunctionNode* node = nullptr;
    WantedEdges wanted;
};
thread_local Running running;

class RunningScope {
  public:
    explicit RunningScope(Running now) : outer_(std::exchange(running, now)) {}
    ~RunningScope() { running = outer_; }
    RunningScope(const RunningScope&) = delete;
    RunningScope& operator=(const RunningScope&) = delete;

  private:
    Running outer_;
};

}  // namespace

void FunctionNode::apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, WantedEdges wanted) {
    const RunningScope scope({this, wanted});
    TensorList grads(grad_outputs.begin(), grad_outputs.end());
    for (std::size_t k = 0; k < grads.size(); ++k)
        if (!grads[k].defined() && context_.materialize_grads_ && metas_[k].dtype != ScalarType::Undefined)
            grads[k] = zeros(metas_[k].sizes, metas_[k].dtype);
    TensorList results = gradients(std::move(grads));
    for (std::size_t i = 0; i < results.size(); ++i)
        if (wanted[i]) grad_inputs[i] = std::move(results[i]);
}

/// What backward returns for the tensors among the arguments.
TensorList FunctionNode::gradients(TensorList grads) {
    TensorList all = backward_(&context_, std::move(grads)), out;
    for (std::size_t i = is_tensor_.size(); i < all.size(); ++i)
        if (all[i].defined())
            raise<GraphError>(name_.c_str(), "backward returned ", all.size(), " gradients, but forward has ",
                              is_tensor_.size(), " arguments");
    if (all.size() < is_tensor_.size())
        raise<GraphError>(name_.c_str(), "returned an incorrect number of gradients (expected ", is_tensor_.size(),
                          ", got ", all.size(), ")");
    for (std::size_t i = 0; i < is_tensor_.size(); ++i) {
        if (is_tensor_[i])
            out.push_back(std::move(all[i]));
        else if (all[i].defined())
            raise<GraphError>(name_.c_str(), "returned a gradient different than undefined at position ", i,
                              ", but the corresponding forward input was not a Tensor");
    }
    return out;
}

void FunctionNode::finish(TensorList& outputs) {
    const TensorList raw_outputs = outputs;
    check_marks(outputs);
    const bool recording =
        GradMode::is_enabled() && std::any_of(edges_.begin(), edges_.end(), [](const Edge& e) { return e.is_valid(); });
    if (recording) {
        set_edges(edges_.data(), edges_.size());
        wrap(outputs);
        save(raw_outputs, outputs);
    }
    inputs_.clear();
    context_.to_save_.clear();
    context_.dirty_.clear();
    context_.non_differentiable_.clear();
}

void FunctionNode::check_marks(const TensorList& outputs) const {
    for (const Tensor& x : context_.dirty_) {
        if (position(inputs_, x) < 0) raise<GraphError>(name_.c_str(), "a tensor marked dirty is not an input");
        if (position(outputs, x) < 0)
            raise<GraphError>(name_.c_str(), "a tensor marked dirty must be returned as an output");
    }
    for (const auto& [key, value] : context_.saved_data) {
        TensorList kept;
        if (value.isTensor()) kept = {value.toTensor()};
        if (value.isTensorList()) kept = value.toTensorVector();
        if (std::ranges::any_of(kept, [&](const Tensor& x) { return x.defined() && position(outputs, x) >= 0; }))
            raise<GraphError>(name_.c_str(), "saved_data[\"", key,
                              "\"] is an output, which would keep itself alive: use save_for_backward");
    }
}

/// Makes the outputs results of this node, each a tensor of its own.
void FunctionNode::wrap(TensorList& outputs) {
    metas_.resize(outputs.size());
    set_metas(metas_.data(), metas_.size());
    TensorList taken = inputs_;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        Tensor& output = outputs[k];
        if (!output.defined()) continue;
        const bool dirty = position(context_.dirty_, output) >= 0;
        const bool differentiable = position(context_.non_differentiable_, output) < 0 && output.is_floating_point();
        if (!dirty) {
            const NoGradGuard below_the_graph;
            if (shares_memory(taken, output))
                output = output.clone();
            else if (output.is_view() || detail::requires_grad(*output.impl()))
                output = output.detach();
        }
        taken.push_back(output);
        metas_[k] = {output.sizes(), output.dtype()};
        if (differentiable) set_output_history(output, static_cast<std::uint32_t>(k), dirty);
    }
}

void FunctionNode::set_output_history(Tensor& output, std::uint32_t k, bool dirty) {
    const NodePtr self = NodePtr::share(this);
    if (!dirty) return set_history(output, self, k);
    check_inplace(name_.c_str(), output, true);
    if (output.is_view() && metas_.size() > 1)
        raise<GraphError>(name_.c_str(),
                          "If your Function modifies inplace an input that is a view of another Tensor, your Function "
                          "cannot return more than one Tensor: it returned ",
                          metas_.size());
    output.impl()->storage->bump_version();
    rebase_history(output, self, static_cast<std::size_t>(position(inputs_, output)));
    if (output.is_view()) return;
    output.impl()->output_nr = k;
    if (output.retains_grad())
        for (auto& retained : hooks().retained)
            if (retained.tensor == output.unsafeGetTensorImpl()) retained.output_nr = k;
}

/// Saved tensors have no history of their own: it is given back when they are asked for, that of an output as this
/// node.
void FunctionNode::save(const TensorList& raw_outputs, const TensorList& outputs) {
    for (const Tensor& x : context_.to_save_) {
        Saved& s = saved_.emplace_back();
        if (!x.defined()) continue;
        s.defined = true;
        const std::ptrdiff_t input = position(context_.dirty_, x) < 0 ? position(inputs_, x) : -1;
        if (const std::ptrdiff_t k = position(raw_outputs, x); k >= 0 && input < 0) {
            const Tensor& output = outputs[static_cast<std::size_t>(k)];
            s.tensor = SavedTensor(output, name_.c_str());
            if (detail::requires_grad(*output.impl())) s.output = k;
        } else {
            s.tensor = SavedTensor(x, name_.c_str());
            s.history = input >= 0 ? edges_[static_cast<std::size_t>(input)] : gradient_edge(x);
        }
    }
}

TensorList FunctionNode::saved() const {
    const std::vector<Saved> kept = [&] {
        std::lock_guard lock(mutex_);
        return saved_;
    }();
    TensorList out;
    for (const Saved& s : kept) {
        Edge history = s.history;
        if (s.output >= 0)
            history = {NodePtr::share(const_cast<FunctionNode*>(this)), static_cast<std::uint32_t>(s.output)};
        out.push_back(s.defined ? s.tensor.unpack(*this, history) : Tensor());
    }
    return out;
}

bool FunctionNode::needs(std::size_t i) const {
    if (i >= edges_.size())
        raise<IndexError>("needs_input_grad", "there are ", edges_.size(),
                          " tensors among the arguments, asked for number ", i);
    return edges_[i].is_valid() && (running.node != this || running.wanted[i]);
}

FunctionCall::FunctionCall(const std::type_info& type, Backward backward)
    : node_(IntrusivePtr<FunctionNode>::adopt(new FunctionNode(type, backward))) {}
FunctionCall::~FunctionCall() = default;
void FunctionCall::add_argument(const Tensor& x) { node_->add_argument(x); }
void FunctionCall::add_other_argument() { node_->add_other_argument(); }
autograd::AutogradContext* FunctionCall::context() { return &node_->context(); }
void FunctionCall::finish(TensorList& outputs) { node_->finish(outputs); }

}  // namespace detail

namespace autograd {

tensor_list AutogradContext::get_saved_variables() const { return node_.saved(); }
bool AutogradContext::needs_input_grad(std::size_t i) const { return node_.needs(i); }

}  // namespace autograd
}  // namespace xgrad
