#include <xgrad/nn/module.h>

#include <cxxabi.h>

#include <cstdlib>
#include <ostream>
#include <string_view>
#include <typeinfo>
#include <unordered_set>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

namespace xgrad::detail {

void raise_empty_holder() { raise("ModuleHolder", "accessing an empty ModuleHolder: it was made with nullptr"); }

std::string demangle(const char* mangled) {
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr),
                                                      std::free);
    return text ? text.get() : mangled;
}

void print_module(std::ostream& stream, const nn::Module& module) { stream << module; }

}  // namespace xgrad::detail

namespace xgrad::nn {

namespace {

using TensorDict = OrderedDict<std::string, Tensor>;

std::string join_name(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + '.' + name;
}

void check_name(const char* operation, const char* what, const std::string& name) {
    if (name.empty()) raise<ValueError>(operation, what, " name must not be empty");
    if (name.find('.') != std::string::npos)
        raise<ValueError>(operation, what, " name must not contain a dot (got '", name, "')");
}

void check_new(const char* operation, const char* what, const std::string& name, bool known) {
    check_name(operation, what, name);
    if (known) raise<ValueError>(operation, what, " '", name, "' already defined");
}

/// Lists tensors by their names, each once.
class Collector {
  public:
    void add(const std::string& prefix, const TensorDict& tensors) {
        for (const auto& item : tensors)
            if (item->defined() && seen_.insert(item->unsafeGetTensorImpl()).second)
                result_.insert(join_name(prefix, item.key()), *item);
    }
    TensorDict take() { return std::move(result_); }

  private:
    TensorDict result_;
    std::unordered_set<const void*> seen_;
};

void convert(const Tensor& tensor, Dtype dtype) {
    if (!tensor.is_floating_point() || tensor.dtype() == dtype) return;
    tensor.set_data(tensor.to(dtype));
    if (tensor.grad().defined()) tensor.mutable_grad() = tensor.grad().to(dtype);
}

}  // namespace

// --- Life. Children know their parent for the sake of messages; whoever owns them must keep that true.

Module::Module() = default;
Module::Module(std::string name) : given_name_(std::move(name)) {}

Module::Module(const Module& other)
    : std::enable_shared_from_this<Module>(other),
      parameters_(other.parameters_),
      buffers_(other.buffers_),
      children_(other.children_),
      given_name_(other.given_name_),
      is_training_(other.is_training_) {}

Module::Module(Module&& other) noexcept
    : parameters_(std::move(other.parameters_)),
      buffers_(std::move(other.buffers_)),
      children_(std::move(other.children_)),
      given_name_(std::move(other.given_name_)),
      is_training_(other.is_training_) {
    adopt_children(other);
}

Module& Module::operator=(const Module& other) {
    if (this != &other) *this = Module(other);
    return *this;
}

Module& Module::operator=(Module&& other) noexcept {
    release_children();
    parameters_ = std::move(other.parameters_);
    buffers_ = std::move(other.buffers_);
    children_ = std::move(other.children_);
    given_name_ = std::move(other.given_name_);
    is_training_ = other.is_training_;
    adopt_children(other);
    return *this;
}

Module::~Module() { release_children(); }

void Module::release_children() {
    for (auto& child : children_)
        if (child.value()->parent_ == this) child.value()->parent_ = nullptr;
}

void Module::adopt_children(const Module& former_parent) {
    for (auto& child : children_)
        if (child.value()->parent_ == &former_parent) child.value()->parent_ = this;
}

std::string Module::name() const {
    if (!given_name_.empty()) return given_name_;
    return detail::demangle(typeid(*this).name());
}

std::shared_ptr<Module> Module::shared_from_this_checked() const {
    auto self = weak_from_this().lock();
    if (!self)
        raise(
            "Module", "modules(), named_modules() and apply() of shared pointers need '", name(),
            "' to be owned by a shared_ptr, as a module holder or std::make_shared does; pass include_self = false for "
            "a module on the stack");
    return std::const_pointer_cast<Module>(self);
}

// --- Clones

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
    raise<NotImplementedError>("clone", "clone() has not been implemented for ", name(),
                               ". Subclass xgrad::nn::Cloneable<", name(),
                               "> instead of xgrad::nn::Module to inherit the ability to clone");
}

std::shared_ptr<Module> CloneableModule::clone(const std::optional<Device>& device) const {
    std::shared_ptr<Module> copy = copied_module();
    auto& own = static_cast<CloneableModule&>(*copy);
    own.clear_registered();
    own.reset();
    own.copy_state(*this, device);
    return copy;
}

void CloneableModule::clone_(Module& other, const std::optional<Device>& device) {
    if (!try_assign(*other.clone(device)))
        raise("clone", "attempted to clone submodule '", other.name(),
              "', but it is of a different type than the submodule it was to be cloned into");
}

void Module::clone_(Module&, const std::optional<Device>&) {
    raise<NotImplementedError>("clone", "submodule ", name(), " cannot be cloned: subclass xgrad::nn::Cloneable<",
                               name(), ">");
}

void Module::clear_registered() {
    parameters_.clear();
    buffers_.clear();
    children_.clear();
}

void Module::copy_state(const Module& source, const std::optional<Device>& device) {
    const auto check_count = [&](const char* what, const char* function, std::size_t own, std::size_t original) {
        if (own != original)
            raise("clone", "the cloned module of type ", name(), " has ", own, ' ', what,
                  " after calling reset(), the original ", original, ". Are you sure you called ", function,
                  " inside reset() and not the constructor?");
    };
    check_count("parameters", "register_parameter()", parameters_.size(), source.parameters_.size());
    check_count("buffers", "register_buffer()", buffers_.size(), source.buffers_.size());
    check_count("submodules", "register_module()", children_.size(), source.children_.size());
    const NoGradGuard no_grad;
    for (const auto& parameter : source.parameters_) {
        if (!parameter->defined()) continue;
        const Tensor& copy = parameters_[parameter.key()];
        copy.set_data(parameter->clone());
        copy.set_requires_grad(parameter->requires_grad());
    }
    for (const auto& buffer : source.buffers_)
        if (buffer->defined()) buffers_[buffer.key()].set_data(buffer->clone());
    for (const auto& child : source.children_) children_[child.key()]->clone_(*child.value(), device);
}

// --- The tree

void Module::apply(const ModuleApplyFunction& function) {
    function(*this);
    for (auto& child : children_) child.value()->apply(function);
}

void Module::apply(const ConstModuleApplyFunction& function) const {
    function(*this);
    for (const auto& child : children_) std::as_const(*child.value()).apply(function);
}

void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
    function(name_prefix, *this);
    for (auto& child : children_) child.value()->apply(function, join_name(name_prefix, child.key()));
}

void Module::apply(const ConstNamedModuleApplyFunction& function, const std::string& name_prefix) const {
    function(name_prefix, *this);
    for (const auto& child : children_)
        std::as_const(*child.value()).apply(function, join_name(name_prefix, child.key()));
}

void Module::apply(const ModulePointerApplyFunction& function) const {
    apply([&](const std::string&, const std::shared_ptr<Module>& module) { function(module); });
}

void Module::apply(const NamedModulePointerApplyFunction& function, const std::string& name_prefix) const {
    function(name_prefix, shared_from_this_checked());
    apply_to_submodules(function, name_prefix);
}

void Module::apply_to_submodules(const NamedModulePointerApplyFunction& function,
                                 const std::string& name_prefix) const {
    for (const auto& child : children_) {
        const std::string child_name = join_name(name_prefix, child.key());
        function(child_name, child.value());
        child.value()->apply_to_submodules(function, child_name);
    }
}

std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }

TensorDict Module::named_parameters(bool recurse) const {
    Collector collector;
    if (!recurse)
        collector.add({}, parameters_);
    else
        apply([&](const std::string& prefix, const Module& module) { collector.add(prefix, module.parameters_); });
    return collector.take();
}

std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }

TensorDict Module::named_buffers(bool recurse) const {
    Collector collector;
    if (!recurse)
        collector.add({}, buffers_);
    else
        apply([&](const std::string& prefix, const Module& module) { collector.add(prefix, module.buffers_); });
    return collector.take();
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
    std::vector<std::shared_ptr<Module>> result;
    if (include_self) result.push_back(shared_from_this_checked());
    apply_to_submodules([&](const std::string&, const std::shared_ptr<Module>& module) { result.push_back(module); },
                        {});
    return result;
}

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
    OrderedDict<std::string, std::shared_ptr<Module>> result;
    if (include_self) result.insert(name_prefix, shared_from_this_checked());
    apply_to_submodules(
        [&](const std::string& child, const std::shared_ptr<Module>& module) { result.insert(child, module); },
        name_prefix);
    return result;
}

// --- State

void Module::train(bool on) {
    for (auto& child : children_) child.value()->train(on);
    is_training_ = on;
}

void Module::to(Dtype dtype, bool non_blocking) {
    if (!xgrad::is_floating_point(dtype))
        raise<DtypeError>("Module::to", "modules take floating-point dtypes only, got ", dtype);
    for (auto& child : children_) child.value()->to(dtype, non_blocking);
    const NoGradGuard no_grad;
    for (const auto& parameter : parameters_)
        if (parameter->defined()) convert(*parameter, dtype);
    for (const auto& buffer : buffers_)
        if (buffer->defined()) convert(*buffer, dtype);
}

void Module::to(Device device, bool) { detail::check_device(device); }
void Module::to(Device device, Dtype dtype, bool non_blocking) {
    detail::check_device(device);
    to(dtype, non_blocking);
}

void Module::zero_grad(bool set_to_none) {
    for (auto& child : children_) child.value()->zero_grad(set_to_none);
    for (auto& parameter : parameters_) {
        if (!parameter->defined() || !parameter->grad().defined()) continue;
        Tensor& grad = parameter->mutable_grad();
        if (set_to_none)
            grad.reset();
        else
            grad.detach_(), grad.zero_();
    }
}

// --- Registration

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
    check_new("register_parameter", "Parameter", name, parameters_.contains(name));
    if (tensor.defined()) tensor.set_requires_grad(requires_grad);
    return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
    check_new("register_buffer", "Buffer", name, buffers_.contains(name));
    return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::check_child(const std::string& name, const Module* module) const {
    if (!module) raise<ValueError>("register_module", "submodule '", name, "' is null");
    if (module == this) raise<ValueError>("register_module", "a module cannot be its own submodule '", name, "'");
}

void Module::add_child(const std::string& name, std::shared_ptr<Module> module) {
    check_new("register_module", "Submodule", name, children_.contains(name));
    check_child(name, module.get());
    children_.insert(name, std::move(module))->parent_ = this;
}

void Module::set_child(const std::string& name, std::shared_ptr<Module> module) {
    check_child(name, module.get());
    std::shared_ptr<Module>& place = children_[name];
    if (place->parent_ == this) place->parent_ = nullptr;
    place = std::move(module);
    place->parent_ = this;
}

void Module::unregister_module(const std::string& name) {
    const std::shared_ptr<Module> module = children_[name];
    children_.erase(name);
    if (module->parent_ == this) module->parent_ = nullptr;
}

// --- Messages and printing

std::string Module::path() const {
    std::string path;
    const Module* module = this;
    for (; module->parent_; module = module->parent_)
        for (const auto& child : module->parent_->children_)
            if (child.value().get() == module) {
                if (!path.empty()) path.insert(0, 1, '.');
                path.insert(0, child.key());
                break;
            }
    const std::string& root = module->given_name_;
    return path.empty() ? root : join_name(root, path);
}

void Module::rethrow_with_path(Error& error) const {
    constexpr std::string_view kMark = " (in module ";
    const std::string where = path();
    const std::string_view message = error.what();
    // Assigning to the base exchanges the message alone: the object that flies on keeps its type.
    if (!where.empty() && message.find(kMark) == std::string_view::npos)
        error = Error(detail::join(message, kMark, where, ')'));
    throw;
}

void ForwardScope::enter(const Module& module) {
    std::string path = module.path();
    place_.emplace(path.empty() ? module.name() : std::move(path));
}

void Module::pretty_print(std::ostream& stream) const { stream << name(); }

void Module::print_recursive(std::ostream& stream, const std::string& indentation) const {
    pretty_print(stream);
    if (children_.is_empty()) return;
    const std::string next_indentation = indentation + "  ";
    stream << "(\n";
    for (const auto& child : children_) {
        stream << next_indentation << '(' << child.key() << "): ";
        child.value()->print_recursive(stream, next_indentation);
        stream << '\n';
    }
    stream << indentation << ')';
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
    module.print_recursive(stream, {});
    return stream;
}

}  // namespace xgrad::nn
