#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/module_holder.h>
#include <xgrad/nn/ordered_dict.h>

namespace xgrad::serialize {
class OutputArchive;
class InputArchive;
}  // namespace xgrad::serialize

namespace xgrad::nn {

/// A part of a network: parameters, buffers and submodules under names. Derive from it, register what belongs to it in
/// the constructor, and give it a `forward`:
///
///     struct NetImpl : nn::Module {
///         NetImpl() : fc1(register_module("fc1", nn::Linear(784, 64))), fc2(register_module("fc2", nn::Linear(64,
///         10))) {} Tensor forward(const Tensor& x) { return fc2(tanh(fc1(x))); } nn::Linear fc1, fc2;
///     };
///     XGRAD_MODULE(Net);
///
/// Trees of modules that are to be cloned derive from Cloneable.
class Module : public std::enable_shared_from_this<Module> {
  public:
    using ModuleApplyFunction = std::function<void(Module&)>;
    using ConstModuleApplyFunction = std::function<void(const Module&)>;
    using NamedModuleApplyFunction = std::function<void(const std::string&, Module&)>;
    using ConstNamedModuleApplyFunction = std::function<void(const std::string&, const Module&)>;
    using ModulePointerApplyFunction = std::function<void(const std::shared_ptr<Module>&)>;
    using NamedModulePointerApplyFunction = std::function<void(const std::string&, const std::shared_ptr<Module>&)>;

    /// A module without a name of its own is called by its type.
    Module();
    explicit Module(std::string name);
    /// A copy shares parameters, buffers and submodules with the original; see clone().
    Module(const Module& other);
    Module(Module&& other) noexcept;
    Module& operator=(const Module& other);
    Module& operator=(Module&& other) noexcept;
    virtual ~Module();

    /// The name given to the constructor, or that of the type.
    std::string name() const;
    /// A deep copy. Throws NotImplementedError unless the type derives from Cloneable.
    virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

    // --- The tree. Names of the whole tree are joined by dots: "layer2.fc1.weight".

    /// Calls `function` for this module and then for those below it, depth first. Functions of a `shared_ptr<Module>`
    /// need this module to be owned by one.
    void apply(const ModuleApplyFunction& function);
    void apply(const ConstModuleApplyFunction& function) const;
    void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = {});
    void apply(const ConstNamedModuleApplyFunction& function, const std::string& name_prefix = {}) const;
    void apply(const ModulePointerApplyFunction& function) const;
    void apply(const NamedModulePointerApplyFunction& function, const std::string& name_prefix = {}) const;

    /// Defined parameters of this module and, if `recurse`, of those below. One that is registered at several places is
    /// listed once, under its first name.
    std::vector<Tensor> parameters(bool recurse = true) const;
    OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
    /// The same for buffers.
    std::vector<Tensor> buffers(bool recurse = true) const;
    OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
    /// This module (owned by a shared_ptr, if it is to be included) and all below.
    std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
    OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = {},
                                                                    bool include_self = true) const;
    /// The modules registered with this one.
    std::vector<std::shared_ptr<Module>> children() const { return children_.values(); }
    OrderedDict<std::string, std::shared_ptr<Module>> named_children() const { return children_; }

    // --- State

    /// Training or evaluation, for this module and all below.
    virtual void train(bool on = true);
    void eval() { train(false); }
    virtual bool is_training() const { return is_training_; }

    /// Converts floating-point parameters, their gradients and floating-point buffers, in place: handles of them see
    /// it.
    virtual void to(Dtype dtype, bool non_blocking = false);
    virtual void to(Device device, bool non_blocking = false);
    virtual void to(Device device, Dtype dtype, bool non_blocking = false);
    /// Undefines the gradients of all parameters, or else fills them with zeros.
    virtual void zero_grad(bool set_to_none = true);

    /// Writes parameters, buffers and submodules under their names. See xgrad::save.
    virtual void save(serialize::OutputArchive& archive) const;
    /// Copies the values of an archive into parameters and buffers. Throws IndexError for a name that it lacks and
    /// ShapeError for a shape that differs, before anything is changed.
    virtual void load(serialize::InputArchive& archive);

    /// This module as type M (a module or its holder), or null if it is none.
    template <ModuleHolderType M>
    typename M::ContainedType* as() {
        return dynamic_cast<typename M::ContainedType*>(this);
    }
    template <ModuleHolderType M>
    const typename M::ContainedType* as() const {
        return dynamic_cast<const typename M::ContainedType*>(this);
    }
    template <ModuleType M>
    M* as() {
        return dynamic_cast<M*>(this);
    }
    template <ModuleType M>
    const M* as() const {
        return dynamic_cast<const M*>(this);
    }

    /// What operator<< writes for this module itself: its name, unless overridden.
    virtual void pretty_print(std::ostream& stream) const;

    // --- Registration. Names must be new, not empty and without dots: ValueError otherwise.

    /// Adds a parameter, which may be undefined (a bias that is switched off), and asks for its gradients.
    Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
    /// Adds a tensor that belongs to the state but is not trained.
    Tensor& register_buffer(std::string name, Tensor tensor);
    template <class M>
    std::shared_ptr<M> register_module(const std::string& name, const std::shared_ptr<M>& module) {
        add_child(name, module);
        return module;
    }
    template <class M>
    std::shared_ptr<M> register_module(const std::string& name, const ModuleHolder<M>& module) {
        return register_module(name, module.ptr());
    }
    /// Puts another module in the place of one that is registered.
    template <class M>
    std::shared_ptr<M> replace_module(const std::string& name, const std::shared_ptr<M>& module) {
        set_child(name, module);
        return module;
    }
    template <class M>
    std::shared_ptr<M> replace_module(const std::string& name, const ModuleHolder<M>& module) {
        return replace_module(name, module.ptr());
    }
    void unregister_module(const std::string& name);

    /// For use in a handler of `error` around a forward: adds this module's path ("net.layer2.fc1", the root by the
    /// name given to its constructor) to the message, unless a module further in has done so, and throws the error on.
    /// A module registered at several places has the path of the last.
    [[noreturn]] void rethrow_with_path(Error& error) const;

  protected:
    OrderedDict<std::string, Tensor> parameters_{"Parameter"};

  private:
    friend class CloneableModule;
    friend class ForwardScope;
    friend std::ostream& operator<<(std::ostream& stream, const Module& module);

    void add_child(const std::string& name, std::shared_ptr<Module> module);
    void set_child(const std::string& name, std::shared_ptr<Module> module);
    void check_child(const std::string& name, const Module* module) const;
    void release_children();
    void adopt_children(const Module& former_parent);
    std::string path() const;
    void check_archive(const serialize::InputArchive& archive, const std::string& prefix) const;
    std::shared_ptr<Module> shared_from_this_checked() const;
    void apply_to_submodules(const NamedModulePointerApplyFunction& function, const std::string& name_prefix) const;
    void print_recursive(std::ostream& stream, const std::string& indentation) const;
    void clear_registered();
    void copy_state(const Module& source, const std::optional<Device>& device);
    /// Makes this module a clone of `other`, which has the same type.
    virtual void clone_(Module& other, const std::optional<Device>& device);

    OrderedDict<std::string, Tensor> buffers_{"Buffer"};
    OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};
    const Module* parent_ = nullptr;  // where it was registered last; for paths in messages alone
    std::string given_name_;
    bool is_training_ = true;
};

/// Prints the tree as libtorch does.
std::ostream& operator<<(std::ostream& stream, const Module& module);

/// What Cloneable does for modules of every type.
class CloneableModule : public Module {
  public:
    using Module::Module;

    /// Registers all parameters, buffers and submodules anew.
    virtual void reset() = 0;
    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  private:
    /// A copy that shares what is registered.
    virtual std::unique_ptr<Module> copied_module() const = 0;
    /// Moves `other` here if it has the same type.
    virtual bool try_assign(Module& other) = 0;
    void clone_(Module& other, const std::optional<Device>& device) final;
};

/// A module that can be cloned. `reset()` registers all parameters, buffers and submodules anew; the constructor calls
/// it.
template <class Derived>
class Cloneable : public CloneableModule {
  public:
    using CloneableModule::CloneableModule;

  private:
    std::unique_ptr<Module> copied_module() const final {
        return std::unique_ptr<Module>(new Derived(static_cast<const Derived&>(*this)));
    }
    bool try_assign(Module& other) final {
        auto* same = dynamic_cast<Derived*>(&other);
        if (same) static_cast<Derived&>(*this) = std::move(*same);
        return same != nullptr;
    }
};

}  // namespace xgrad::nn
