#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include <xgrad/nn/any_module.h>

namespace xgrad::nn {

/// Modules called one after the other, each with what the one before returned:
///
///     Sequential net(Linear(784, 64), ReLU(), Linear(64, 10));
///     Sequential named({{"fc1", Linear(784, 64)}, {"relu", ReLU()}});
///
/// They are named by position ("0", "1" ...) unless names are given.
class SequentialImpl : public Cloneable<SequentialImpl> {
  public:
    using Iterator = std::vector<AnyModule>::iterator;
    using ConstIterator = std::vector<AnyModule>::const_iterator;

    SequentialImpl() = default;
    template <class First, class... Modules>
    requires std::constructible_from<AnyModule, First>
    explicit SequentialImpl(First&& first, Modules&&... modules) {
        push_back(std::forward<First>(first));
        (push_back(std::forward<Modules>(modules)), ...);
    }
    explicit SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
        for (const NamedAnyModule& module : modules) push_back(module.name(), module.module());
    }
    explicit SequentialImpl(const OrderedDict<std::string, AnyModule>& modules) {
        for (const auto& item : modules) push_back(item.key(), item.value());
    }
    SequentialImpl(const SequentialImpl&) = default;
    SequentialImpl(SequentialImpl&&) = default;
    SequentialImpl(SequentialImpl& other) : SequentialImpl(std::as_const(other)) {}
    SequentialImpl& operator=(const SequentialImpl&) = default;
    SequentialImpl& operator=(SequentialImpl&&) = default;

    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;

    /// Calls the first module with `inputs`; returns what the last one returns, which must be a Result. Throws Error
    /// when there are no modules.
    template <class Result = Tensor, class... Inputs>
    Result forward(Inputs&&... inputs) {
        std::array<AnyValue, sizeof...(Inputs)> values{AnyValue(std::forward<Inputs>(inputs))...};
        AnyValue result = run(values);
        return std::move(result.template get<Result>());
    }

    /// Adds a module (a holder, a shared_ptr, a module itself or an AnyModule) at the end.
    template <class M>
    requires std::constructible_from<AnyModule, M>
    void push_back(M&& module) { push_back(std::to_string(size()), std::forward<M>(module)); }
    template <class M>
    requires std::constructible_from<AnyModule, M>
    void push_back(const std::string& name, M&& module) { add(name, AnyModule(std::forward<M>(module))); }
    /// Adds the modules of a container.
    template <class Container>
    void extend(const Container& container) {
        for (const auto& module : container) push_back(module);
    }

    Iterator begin() { return modules_.begin(); }
    Iterator end() { return modules_.end(); }
    ConstIterator begin() const { return modules_.begin(); }
    ConstIterator end() const { return modules_.end(); }
    /// The module at a position, as type M: `net->at<LinearImpl>(0)`. Throws IndexError past the end.
    template <ModuleType M>
    M& at(std::size_t index) const {
        return checked(index).get<M>();
    }
    std::shared_ptr<Module> ptr(std::size_t index) const { return checked(index).ptr(); }
    template <ModuleType M>
    std::shared_ptr<M> ptr(std::size_t index) const {
        return checked(index).ptr<M>();
    }
    std::shared_ptr<Module> operator[](std::size_t index) const { return ptr(index); }
    std::size_t size() const { return modules_.size(); }
    bool is_empty() const { return modules_.empty(); }

  private:
    void add(const std::string& name, AnyModule module);
    const AnyModule& checked(std::size_t index) const;
    AnyValue run(std::span<AnyValue> inputs);

    std::vector<AnyModule> modules_;
};

/// Holder of SequentialImpl.
class Sequential : public ModuleHolder<SequentialImpl> {
  public:
    using ModuleHolder<SequentialImpl>::ModuleHolder;
    using Impl = SequentialImpl;

    Sequential() = default;
    Sequential(std::initializer_list<NamedAnyModule> modules)
        : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}
};

}  // namespace xgrad::nn
