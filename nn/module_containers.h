#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/module.h>
#include <xgrad/nn/ordered_dict.h>

namespace xgrad::nn {

/// Modules in a list, named by position, for a module whose forward goes through them by itself:
///
///     ModuleList layers(Linear(3, 4), Linear(4, 5));
///     for (const auto& layer : *layers) x = layer->as<Linear>()->forward(x);
class ModuleListImpl : public Cloneable<ModuleListImpl> {
  public:
    using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
    using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

    ModuleListImpl() = default;
    template <class First, class... Modules>
    requires(ModuleHolderType<First> || ModuleType<First> ||
             std::convertible_to<First, std::shared_ptr<Module>>) explicit ModuleListImpl(First&& first,
                                                                                          Modules&&... modules) {
        push_back(std::forward<First>(first));
        (push_back(std::forward<Modules>(modules)), ...);
    }
    ModuleListImpl(const ModuleListImpl&) = default;
    ModuleListImpl(ModuleListImpl&&) = default;
    ModuleListImpl(ModuleListImpl& other) : ModuleListImpl(std::as_const(other)) {}
    ModuleListImpl& operator=(const ModuleListImpl&) = default;
    ModuleListImpl& operator=(ModuleListImpl&&) = default;

    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;

    /// Adds a module (a holder, a shared_ptr or a module itself) at the end.
    void push_back(std::shared_ptr<Module> module);
    template <class M>
    void push_back(const ModuleHolder<M>& module) {
        push_back(std::shared_ptr<Module>(module.ptr()));
    }
    template <ModuleType M>
    void push_back(M&& module) {
        push_back(std::shared_ptr<Module>(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(module))));
    }
    /// Adds the modules of a container.
    template <class Container>
    void extend(const Container& container) {
        for (const auto& module : container) push_back(module);
    }
    /// Puts a module before the one at `index`, which may be one past the last. Throws IndexError beyond that.
    void insert(std::size_t index, std::shared_ptr<Module> module);
    template <class M>
    void insert(std::size_t index, const ModuleHolder<M>& module) {
        insert(index, std::shared_ptr<Module>(module.ptr()));
    }
    template <ModuleType M>
    void insert(std::size_t index, M&& module) {
        insert(index, std::shared_ptr<Module>(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(module))));
    }

    Iterator begin() { return modules_.begin(); }
    Iterator end() { return modules_.end(); }
    ConstIterator begin() const { return modules_.begin(); }
    ConstIterator end() const { return modules_.end(); }
    /// The module at a position, as type M. Throws IndexError past the end, Error when it is of another type.
    template <ModuleType M>
    M& at(std::size_t index) const {
        return *typed(dynamic_cast<M*>(ptr(index).get()), index);
    }
    std::shared_ptr<Module> ptr(std::size_t index) const;
    /// Null when the module is of another type.
    template <ModuleType M>
    std::shared_ptr<M> ptr(std::size_t index) const {
        return std::dynamic_pointer_cast<M>(ptr(index));
    }
    std::shared_ptr<Module> operator[](std::size_t index) const { return ptr(index); }
    std::size_t size() const { return modules_.size(); }
    bool is_empty() const { return modules_.empty(); }

  private:
    template <class M>
    M* typed(M* module, std::size_t index) const {
        if (!module) raise_type(index);
        return module;
    }
    [[noreturn]] void raise_type(std::size_t index) const;

    std::vector<std::shared_ptr<Module>> modules_;
};
XGRAD_MODULE(ModuleList);

/// Modules by name, in the order of insertion.
class ModuleDictImpl : public Cloneable<ModuleDictImpl> {
  public:
    using Modules = OrderedDict<std::string, std::shared_ptr<Module>>;
    using Iterator = Modules::Iterator;
    using ConstIterator = Modules::ConstIterator;

    ModuleDictImpl() = default;
    explicit ModuleDictImpl(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
        update(modules);
    }
    explicit ModuleDictImpl(const Modules& modules) { update(modules); }

    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;

    std::vector<std::pair<std::string, std::shared_ptr<Module>>> items() const { return modules_.pairs(); }
    std::vector<std::string> keys() const { return modules_.keys(); }
    std::vector<std::shared_ptr<Module>> values() const { return modules_.values(); }
    Iterator begin() { return modules_.begin(); }
    Iterator end() { return modules_.end(); }
    ConstIterator begin() const { return modules_.begin(); }
    ConstIterator end() const { return modules_.end(); }
    std::size_t size() const { return modules_.size(); }
    bool empty() const { return modules_.is_empty(); }
    bool contains(const std::string& key) const { return modules_.contains(key); }

    /// The module of a name. Throws IndexError when it is not there.
    std::shared_ptr<Module> operator[](const std::string& key) const { return modules_[key]; }
    /// The same as type M; throws Error when it is of another type.
    template <ModuleType M>
    M& at(const std::string& key) const {
        M* module = dynamic_cast<M*>(modules_[key].get());
        if (!module) raise_type(key);
        return *module;
    }
    /// Takes a module away and returns it. Throws IndexError when it is not there.
    std::shared_ptr<Module> pop(const std::string& key);
    void clear();
    /// Adds modules; those of names that are there are replaced.
    void update(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);
    void update(const Modules& modules) { update(modules.pairs()); }
    void update(const ModuleDictImpl& modules) { update(modules.items()); }

  private:
    void insert(const std::string& key, std::shared_ptr<Module> module);
    [[noreturn]] void raise_type(const std::string& key) const;

    Modules modules_{"Module"};
};
XGRAD_MODULE(ModuleDict);

}  // namespace xgrad::nn
