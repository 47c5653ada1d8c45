#pragma once

#include <any>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <xgrad/nn/module.h>

namespace xgrad::detail {

[[noreturn]] void raise_bad_type(const char* operation, const char* what, const std::type_info& got,
                                 const std::type_info& wanted);

}  // namespace xgrad::detail

namespace xgrad::nn {

/// A value of any type, as it passes between type-erased modules. A Tensor needs no memory besides.
class AnyValue {
  public:
    AnyValue() = default;
    template <class T>
    explicit AnyValue(T value) : value_(std::move(value)) {}

    /// The value if it is a T, else null.
    template <class T>
    T* try_get() {
        return std::any_cast<T>(&value_);
    }
    /// The value. Throws Error when it is no T.
    template <class T>
    T& get() {
        if (T* value = try_get<T>()) return *value;
        detail::raise_bad_type("AnyValue", "attempted to cast", type_info(), typeid(T));
    }
    const std::type_info& type_info() const { return value_.type(); }

  private:
    std::any value_;
};

}  // namespace xgrad::nn

namespace xgrad::detail {

using nn::AnyValue;

/// How to call the forward of one type of module with values of any type.
struct AnyForward {
    using Call = AnyValue (*)(nn::Module& module, AnyValue* arguments);

    const std::type_info* module_type;
    const Call* calls;  // by number of arguments; null where forward cannot be called so
    std::size_t max_arguments;
};

template <class... A>
struct TypeList {};
template <class R, class C, class... A>
TypeList<A...> parameters_of(R (C::*)(A...));
template <class R, class C, class... A>
TypeList<A...> parameters_of(R (C::*)(A...) const);

/// The parameters of M::forward; an overloaded or generic forward is taken as that of one tensor.
template <class M>
constexpr auto forward_parameters() {
    if constexpr (requires { parameters_of(&M::forward); }) {
        return decltype(parameters_of(&M::forward))();
    } else {
        static_assert(
            requires(M & m, Tensor t) { m.forward(std::move(t)); }, "a type-erased module needs a forward");
        return TypeList<Tensor>();
    }
}

/// An argument as parameter type A wants it. The values are the call's own, so that they may be moved from.
template <class A>
decltype(auto) take_argument(AnyValue& value) {
    using T = std::remove_cvref_t<A>;
    T* stored = value.try_get<T>();
    if (!stored) raise_bad_type("AnyModule", "an argument of forward has", value.type_info(), typeid(T));
    if constexpr (std::is_lvalue_reference_v<A>)
        return static_cast<T&>(*stored);
    else
        return std::move(*stored);
}

template <class M, class... A>
constexpr AnyForward::Call make_call(TypeList<A...>) {
    if constexpr (requires(M & m, A && ... a) { m.forward(static_cast<A&&>(a)...); })
        return [](nn::Module& module, [[maybe_unused]] AnyValue* arguments) -> AnyValue {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                return AnyValue(static_cast<M&>(module).forward(take_argument<A>(arguments[I])...));
            }
            (std::index_sequence_for<A...>());
        };
    else
        return nullptr;
}

/// Parameters with default values may be left out: one entry for each number of leading arguments.
template <class M, class... Given, class... Rest>
constexpr void fill_calls(AnyForward::Call* calls, TypeList<Given...> given, TypeList<Rest...>) {
    calls[sizeof...(Given)] = make_call<M>(given);
    if constexpr (sizeof...(Rest) > 0)
        []<class Next, class... More>(AnyForward::Call* into, TypeList<Next, More...>) {
            fill_calls<M>(into, TypeList<Given..., Next>(), TypeList<More...>());
        }(calls, TypeList<Rest...>());
}

template <class... A>
constexpr std::size_t count(TypeList<A...>) {
    return sizeof...(A);
}

template <class M>
inline constexpr auto any_calls = [] {
    std::array<AnyForward::Call, count(forward_parameters<M>()) + 1> calls{};
    fill_calls<M>(calls.data(), TypeList<>(), forward_parameters<M>());
    return calls;
}();

template <class M>
inline constexpr AnyForward any_forward_of{&typeid(M), any_calls<M>.data(), any_calls<M>.size() - 1};

}  // namespace xgrad::detail

namespace xgrad::nn {

/// Holds a module of any type and calls its forward with arguments whose types are checked when it is called: they must
/// be the parameters' own, without conversions.
///
///     AnyModule any(Linear(3, 4));
///     Tensor y = any.forward(x);
class AnyModule {
  public:
    AnyModule() = default;
    template <ModuleType M>
    explicit AnyModule(std::shared_ptr<M> module) : module_(std::move(module)), forward_(&detail::any_forward_of<M>) {}
    template <ModuleType M>
    explicit AnyModule(M module) : AnyModule(std::make_shared<M>(std::move(module))) {}
    template <class M>
    explicit AnyModule(const ModuleHolder<M>& module) : AnyModule(module.ptr()) {}

    bool is_empty() const { return !module_; }
    /// Holds a clone of the module.
    AnyModule clone(const std::optional<Device>& device = std::nullopt) const;

    /// The result of forward, of whatever type.
    template <class... Args>
    AnyValue any_forward(Args&&... args) {
        std::array<AnyValue, sizeof...(Args)> values{AnyValue(std::forward<Args>(args))...};
        return call(values);
    }
    /// The result of forward. Throws Error when it is no Result.
    template <class Result = Tensor, class... Args>
    Result forward(Args&&... args) {
        AnyValue result = any_forward(std::forward<Args>(args)...);
        return std::move(result.template get<Result>());
    }
    /// any_forward of values that it may move from.
    AnyValue call(std::span<AnyValue> arguments);

    std::shared_ptr<Module> ptr() const;
    template <ModuleType M>
    std::shared_ptr<M> ptr() const {
        check_type(typeid(M));
        return std::static_pointer_cast<M>(module_);
    }
    /// The module as the type it was given as: `any.get<LinearImpl>()`, or in its holder: `any.get<Linear>()`.
    template <ModuleType M>
    M& get() const {
        check_type(typeid(M));
        return static_cast<M&>(*module_);
    }
    template <ModuleHolderType H>
    H get() const {
        return H(ptr<typename H::ContainedType>());
    }
    const std::type_info& type_info() const;

  private:
    void check_type(const std::type_info& asked) const;

    std::shared_ptr<Module> module_;
    const detail::AnyForward* forward_ = nullptr;
};

/// A module and the name it is to have: Sequential({{"fc", Linear(3, 4)}, {"relu", ReLU()}}).
class NamedAnyModule {
  public:
    template <class M>
    requires std::constructible_from<AnyModule, M> NamedAnyModule(std::string name, M&& module)
        : name_(std::move(name)), module_(std::forward<M>(module)) {}

    const std::string& name() const { return name_; }
    AnyModule& module() { return module_; }
    const AnyModule& module() const { return module_; }

  private:
    std::string name_;
    AnyModule module_;
};

}  // namespace xgrad::nn
