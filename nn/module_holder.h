#pragma once

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/anomaly_mode.h>
#include <xgrad/autograd/error.h>

namespace xgrad {

namespace nn {
class Module;
}

namespace detail {

struct ModuleHolderIndicator {};

[[noreturn]] void raise_empty_holder();
void print_module(std::ostream& stream, const nn::Module& module);
/// The readable form of a mangled type name.
std::string demangle(const char* mangled);

}  // namespace detail

}  // namespace xgrad

namespace xgrad::nn {

/// A module type itself, not a holder.
template <class M>
concept ModuleType = std::derived_from<std::remove_cvref_t<M>, Module>;
template <class H>
concept ModuleHolderType = std::derived_from<std::remove_cvref_t<H>, detail::ModuleHolderIndicator>;

/// Stands at the beginning of a forward: under anomaly mode what is recorded in it bears the path of the module.
class ForwardScope {
  public:
    explicit ForwardScope(const Module& module) {
        if (autograd::AnomalyMode::is_enabled()) [[unlikely]]
            enter(module);
    }

  private:
    void enter(const Module& module);

    std::optional<detail::RecordingPlace> place_;
};

/// Shares a module: `Linear fc(784, 64)` makes a LinearImpl and holds it by shared_ptr; `fc(x)` calls its forward,
/// `fc->weight` reaches its members. Copies share the module. `Linear fc = nullptr` is empty; using it throws Error.
///
/// An error thrown in `fc(x)` gains the path of the module in its tree.
template <class Contained>
class ModuleHolder : public detail::ModuleHolderIndicator {
  public:
    using ContainedType = Contained;
    using Impl = Contained;

    ModuleHolder() requires std::default_initializable<Contained> : impl_(std::make_shared<Contained>()) {}
    ModuleHolder(std::nullptr_t) {}
    ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}
    /// Makes the module of these arguments.
    template <class Head, class... Tail>
    requires(sizeof...(Tail) > 0 ||
             !std::derived_from<std::remove_cvref_t<Head>, ModuleHolder>) explicit ModuleHolder(Head&& head,
                                                                                                Tail&&... tail)
        : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

    explicit operator bool() const { return !is_empty(); }
    bool is_empty() const { return impl_ == nullptr; }

    Contained* get() {
        check();
        return impl_.get();
    }
    const Contained* get() const {
        check();
        return impl_.get();
    }
    Contained* operator->() { return get(); }
    const Contained* operator->() const { return get(); }
    Contained& operator*() { return *get(); }
    const Contained& operator*() const { return *get(); }
    const std::shared_ptr<Contained>& ptr() const {
        check();
        return impl_;
    }

    /// The module's forward, if it has one.
    template <class... Args, class M = Contained>
    auto operator()(Args&&... args) -> decltype(std::declval<M&>().forward(std::forward<Args>(args)...)) {
        check();
        const ForwardScope scope(*impl_);
        try {
            return impl_->forward(std::forward<Args>(args)...);
        } catch (Error& error) {
            impl_->rethrow_with_path(error);
        }
    }
    /// The module's operator[].
    template <class Index>
    decltype(auto) operator[](const Index& index) {
        if constexpr (std::is_integral_v<Index>)
            return (*get())[static_cast<std::size_t>(index)];
        else
            return (*get())[index];
    }

  protected:
    std::shared_ptr<Contained> impl_;

  private:
    void check() const {
        if (!impl_) detail::raise_empty_holder();
    }
};

template <class Contained>
std::ostream& operator<<(std::ostream& stream, const ModuleHolder<Contained>& module) {
    detail::print_module(stream, *module);
    return stream;
}

}  // namespace xgrad::nn

/// Makes `Name` the holder of modules of class `ImplType`. An alias, so that holders cost nothing to a file that does
/// not use them.
#define XGRAD_MODULE_IMPL(Name, ImplType) using Name = ::xgrad::nn::ModuleHolder<ImplType>
/// Makes `Name` the holder of modules of class `NameImpl`.
#define XGRAD_MODULE(Name) XGRAD_MODULE_IMPL(Name, Name##Impl)
