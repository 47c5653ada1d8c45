#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/transform.h>

#include <algorithm>

namespace xgrad {

namespace detail {

TensorImpl::TensorImpl(IntrusivePtr<Storage> memory, std::int64_t first, Dims shape, Dims steps, ScalarType type)
    : storage(std::move(memory)), dtype(type) {
    set_geometry(first, std::move(shape), std::move(steps));
}

TensorImpl::TensorImpl(IntrusivePtr<Storage> memory, IntArrayRef shape, std::int64_t count, ScalarType type)
    : storage(std::move(memory)), sizes(shape), strides(contiguous_strides(shape)), numel(count), dtype(type) {}

void forget_retained_grad(TensorImpl& impl) {
    autograd::NodeHooks* hooks = impl.grad_fn ? impl.grad_fn->hooks_if_any() : nullptr;
    if (!hooks) return;
    std::lock_guard lock(autograd::Node::hooks_mutex());
    std::erase_if(hooks->retained, [&](const auto& r) { return r.tensor == &impl; });
}

TensorImpl::~TensorImpl() {
    if (!meta) return;
    if (meta->accumulator) meta->accumulator->forget_variable();
    if (meta->retains_grad) forget_retained_grad(*this);
}

void TensorImpl::destroy(TensorImpl* impl) noexcept { delete impl; }
void* TensorImpl::operator new(std::size_t bytes) { return detail::allocate(bytes); }
void TensorImpl::operator delete(void* p) noexcept { detail::deallocate(p, sizeof(TensorImpl)); }

void TensorImpl::set_geometry(std::int64_t new_offset, Dims new_sizes, Dims new_strides) {
    offset = new_offset;
    sizes = std::move(new_sizes);
    strides = std::move(new_strides);
    numel = 1;
    for (auto s : sizes) numel *= s;
    contiguous = is_contiguous(sizes, strides);
}

}  // namespace detail

void Tensor::raise_undefined() { raise("Tensor", "the tensor is undefined: it has no elements, shape or dtype"); }

void Tensor::raise_dtype(ScalarType asked) const {
    raise<DtypeError>("data_ptr", "expected scalar type ", asked, " but found ", dtype());
}

void* Tensor::data_ptr_void() const {
    if (checked().transform)
        raise<NotImplementedError>("data_ptr", "a tensor inside jvp or vmap has no memory of its own to look into");
    return impl_->data();
}

void Tensor::check_rank(std::size_t rank) const {
    if (sizes().size() != rank)
        raise<ShapeError>("accessor", "TensorAccessor expected ", rank, " dims but tensor has ", dim());
}

std::int64_t Tensor::size(std::int64_t d) const {
    if (dim() == 0) raise<IndexError>("size", "dimension specified as ", d, " but tensor has no dimensions");
    return sizes()[static_cast<std::size_t>(detail::wrap_dim(d, dim(), "size"))];
}

std::int64_t Tensor::stride(std::int64_t d) const {
    if (dim() == 0) raise<IndexError>("stride", "dimension specified as ", d, " but tensor has no dimensions");
    return strides()[static_cast<std::size_t>(detail::wrap_dim(d, dim(), "stride"))];
}

bool Tensor::is_nonzero() const {
    if (numel() != 1)
        raise<ShapeError>("is_nonzero", "Boolean value of Tensor with ",
                          numel() == 0 ? "no values" : "more than one value", " is ambiguous, the shape is ",
                          detail::shape_string(sizes()));
    const Scalar value = item();
    return value.is_floating_point() ? value.to_double() != 0 : value.to_long() != 0;
}

Scalar Tensor::item() const {
    if (numel() != 1) raise<ShapeError>("item", "a Tensor with ", numel(), " elements cannot be converted to Scalar");
    if (const auto* t = impl_->transform.get()) {
        if (t->kind == detail::TransformLevel::Kind::kForwardMode) return t->value.item();
        raise<NotImplementedError>("item",
                                   "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over "
                                   "calling .item() on a Tensor: it has a value for every example. Try where() in the "
                                   "place of branches on it");
    }
    const void* p = data_ptr_void();
    return visit_dtype(dtype(), [&](auto v) { return Scalar(*static_cast<const decltype(v)*>(p)); });
}

std::string Tensor::toString() const {
    return defined() ? detail::join(dtype(), ' ', sizes()) : std::string("UndefinedTensor");
}

Tensor Tensor::to(Device target, bool, bool copy) const {
    detail::check_device(target);
    return copy ? clone() : *this;
}
Tensor Tensor::to(Device target, ScalarType dtype, bool non_blocking, bool copy) const {
    detail::check_device(target);
    return to(dtype, non_blocking, copy);
}
Tensor Tensor::to(DeviceType target, bool non_blocking, bool copy) const {
    return to(Device(target), non_blocking, copy);
}

// --- The graph

bool Tensor::requires_grad() const { return detail::requires_grad(checked()); }

const Tensor& Tensor::requires_grad_(bool on) const {
    detail::TensorImpl& impl = const_cast<detail::TensorImpl&>(checked());
    if (!is_leaf()) {
        if (!on)
            raise<GraphError>("requires_grad_",
                              "you can only change requires_grad flags of leaf variables. If you want to "
                              "use a computed variable in a subgraph that doesn't require "
                              "differentiation use detach()");
        return *this;
    }
    if (on && !is_floating_point())
        raise<DtypeError>("requires_grad_", "only Tensors of floating point dtype can require gradients, got ",
                          dtype());
    if (on && impl.inference && !InferenceMode::is_enabled())
        raise<GraphError>("requires_grad_",
                          "Setting requires_grad=true on inference tensor outside InferenceMode is not allowed: make a "
                          "clone() and ask for its gradients");
    impl.requires_grad = on;
    if (!on) return *this;
    impl.base.reset();  // a leaf's history is its own, whosever memory it shares
    auto& meta = detail::autograd_meta(impl);
    if (!meta.accumulator)
        meta.accumulator = detail::IntrusivePtr<autograd::AccumulateGrad>::adopt(new autograd::AccumulateGrad(&impl));
    return *this;
}

bool Tensor::is_leaf() const {
    const auto& impl = checked();
    return impl.requires_grad || !detail::requires_grad(impl);
}

const Tensor& Tensor::grad() const {
    static const Tensor undefined;
    const auto& impl = checked();
    return impl.meta ? impl.meta->grad : undefined;
}

Tensor& Tensor::mutable_grad() const { return detail::autograd_meta(const_cast<detail::TensorImpl&>(checked())).grad; }

autograd::NodePtr Tensor::grad_fn() const {
    if (is_leaf()) return {};
    return detail::gradient_edge(*this).function;
}

std::uint32_t Tensor::_version() const {
    if (is_inference()) raise<GraphError>("_version", "Inference tensors do not track version counter");
    return impl_->storage->version();
}

bool Tensor::is_inference() const { return checked().inference; }

std::uint32_t Tensor::output_nr() const { return checked().output_nr; }

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<std::vector<Tensor>> inputs) const {
    const std::span<const Tensor> leaves = inputs ? std::span<const Tensor>(*inputs) : std::span<const Tensor>();
    autograd::backward(std::span(this, 1), std::span(&gradient, 1), retain_graph, create_graph, leaves);
}

void Tensor::retain_grad() const {
    if (!requires_grad()) raise<GraphError>("retain_grad", "can't retain_grad on Tensor that has requires_grad=false");
    if (is_leaf() || retains_grad()) return;
    const autograd::Edge edge = detail::gradient_edge(*this);
    std::lock_guard lock(autograd::Node::hooks_mutex());
    edge.function->hooks().retained.push_back({edge.input_nr, impl_.get()});
    detail::autograd_meta(*impl_).retains_grad = true;
}

bool Tensor::retains_grad() const { return checked().meta && impl_->meta->retains_grad; }

namespace {

/// Takes hook `id`, if it is there and `belongs`, off a list and hands it to the caller: it may own
/// tensors, which must not die under the lock.
template <class Hook, class Belongs>
auto take_hook(std::vector<Hook>& hooks, unsigned id, Belongs belongs) {
    decltype(Hook::call) taken;
    const auto at = std::ranges::find_if(hooks, [&](const Hook& hook) { return hook.id == id && belongs(hook); });
    if (at != hooks.end()) {
        taken = std::move(at->call);
        hooks.erase(at);
    }
    return taken;
}

}  // namespace

unsigned Tensor::add_hook(Hook hook) const {
    if (!requires_grad())
        raise<GraphError>("register_hook", "cannot register a hook on a tensor that doesn't require gradient");
    const autograd::Edge edge = detail::gradient_edge(*this);
    std::lock_guard lock(autograd::Node::hooks_mutex());
    autograd::NodeHooks& hooks = edge.function->hooks();
    hooks.tensor_hooks.push_back({edge.input_nr, hooks.next_id, std::make_shared<Hook>(std::move(hook))});
    return hooks.next_id++;
}

void Tensor::remove_hook(unsigned position) const {
    const autograd::Edge edge = detail::gradient_edge(*this);
    std::shared_ptr<Hook> removed;
    if (autograd::NodeHooks* hooks = edge.is_valid() ? edge.function->hooks_if_any() : nullptr) {
        std::lock_guard lock(autograd::Node::hooks_mutex());
        removed =
            take_hook(hooks->tensor_hooks, position, [&](const auto& hook) { return hook.output_nr == edge.input_nr; });
    }
    if (!removed) raise<IndexError>("remove_hook", "Invalid index, no hook at position ", position);
}

unsigned Tensor::register_post_accumulate_grad_hook(std::function<void(const Tensor&)> hook) const {
    constexpr const char* kName = "register_post_accumulate_grad_hook";
    if (!requires_grad()) raise<GraphError>(kName, "cannot register a hook on a tensor that doesn't require gradient");
    if (!is_leaf()) raise<GraphError>(kName, "post accumulate grad hooks cannot be registered on non-leaf tensors");
    const autograd::Edge edge = detail::gradient_edge(*this);
    std::lock_guard lock(autograd::Node::hooks_mutex());
    autograd::NodeHooks& hooks = edge.function->hooks();
    hooks.post_accumulate.push_back(
        {hooks.next_id, std::make_shared<std::function<void(const Tensor&)>>(std::move(hook))});
    return hooks.next_id++;
}

void Tensor::remove_post_accumulate_grad_hook(unsigned position) const {
    const autograd::Edge edge = detail::gradient_edge(*this);
    std::shared_ptr<std::function<void(const Tensor&)>> removed;
    if (autograd::NodeHooks* hooks = edge.is_valid() ? edge.function->hooks_if_any() : nullptr) {
        std::lock_guard lock(autograd::Node::hooks_mutex());
        removed = take_hook(hooks->post_accumulate, position, [](const auto&) { return true; });
    }
    if (!removed)
        raise<IndexError>("remove_post_accumulate_grad_hook", "Invalid index, no hook at position ", position);
}

Tensor Tensor::detach() const {
    checked();
    const auto* t = impl_->transform.get();
    if (!t) return detail::make_alias(*this);
    // A constant at every level: without tangent, its value without history. It is no other memory.
    Tensor out = detail::wrap({t->kind, t->level, t->value.detach(), {}, t->batch_dim, t->randomness});
    out.impl_->storage = impl_->storage;
    return out;
}
Tensor detach(const Tensor& self) { return self.detach(); }

const Tensor& Tensor::detach_() const {
    auto& impl = const_cast<detail::TensorImpl&>(checked());
    if (impl.base && detail::requires_grad(impl))
        raise<GraphError>("detach_", "Can't detach views in-place. Use detach() instead");
    if (impl.meta && impl.meta->retains_grad) {
        detail::forget_retained_grad(impl);
        impl.meta->retains_grad = false;
    }
    impl.grad_fn.reset();
    impl.output_nr = 0;
    impl.requires_grad = false;
    return *this;
}

void Tensor::set_data(const Tensor& other) const {
    auto& impl = const_cast<detail::TensorImpl&>(checked());
    const auto& from = other.checked();
    if (impl.transform || from.transform)
        raise<NotImplementedError>("set_data", "is not defined on a tensor inside jvp or vmap");
    if (impl.requires_grad && !xgrad::is_floating_point(from.dtype))
        raise<DtypeError>("set_data", "a tensor that requires grad needs floating-point data, got ", from.dtype);
    const bool same_kind = impl.dtype == from.dtype && impl.sizes == from.sizes;
    impl.storage = from.storage;
    impl.dtype = from.dtype;
    impl.set_geometry(from.offset, from.sizes, from.strides);
    if (!same_kind) detail::renew_accumulator(impl);
}

}  // namespace xgrad
