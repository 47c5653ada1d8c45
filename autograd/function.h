#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/hooks.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad {

/// A value of one of a few types: what a custom function keeps from its forward for its backward. Asking for a type
/// that it does not hold throws DtypeError.
class IValue {
  public:
    IValue() = default;
    IValue(Tensor v) : value_(std::move(v)) {}
    IValue(bool v) : value_(v) {}
    template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) IValue(T v) : value_(static_cast<std::int64_t>(v)) {}
    IValue(double v) : value_(v) {}
    IValue(std::string v) : value_(std::move(v)) {}
    IValue(const char* v) : value_(std::string(v)) {}
    IValue(const Scalar& v);
    IValue(std::vector<std::int64_t> v) : value_(std::move(v)) {}
    IValue(IntArrayRef v) : value_(v.vec()) {}
    IValue(std::vector<double> v) : value_(std::move(v)) {}
    IValue(std::vector<bool> v) : value_(std::move(v)) {}
    IValue(TensorList v) : value_(std::move(v)) {}
    /// Anything else; who takes it out knows its type.
    IValue(std::shared_ptr<const void> v) : value_(std::move(v)) {}

    bool isNone() const { return value_.index() == 0; }
    bool isTensor() const { return std::holds_alternative<Tensor>(value_); }
    bool isInt() const { return std::holds_alternative<std::int64_t>(value_); }
    bool isDouble() const { return std::holds_alternative<double>(value_); }
    bool isBool() const { return std::holds_alternative<bool>(value_); }
    bool isString() const { return std::holds_alternative<std::string>(value_); }
    bool isIntList() const { return std::holds_alternative<std::vector<std::int64_t>>(value_); }
    bool isDoubleList() const { return std::holds_alternative<std::vector<double>>(value_); }
    bool isBoolList() const { return std::holds_alternative<std::vector<bool>>(value_); }
    bool isTensorList() const { return std::holds_alternative<TensorList>(value_); }
    bool isScalar() const { return isInt() || isDouble() || isBool(); }
    bool isCapsule() const { return std::holds_alternative<std::shared_ptr<const void>>(value_); }

    const Tensor& toTensor() const { return get<Tensor>("Tensor"); }
    std::int64_t toInt() const { return get<std::int64_t>("Int"); }
    double toDouble() const { return get<double>("Double"); }
    bool toBool() const { return get<bool>("Bool"); }
    const std::string& toStringRef() const { return get<std::string>("String"); }
    const std::vector<std::int64_t>& toIntVector() const { return get<std::vector<std::int64_t>>("IntList"); }
    const std::vector<double>& toDoubleVector() const { return get<std::vector<double>>("DoubleList"); }
    const std::vector<bool>& toBoolVector() const { return get<std::vector<bool>>("BoolList"); }
    const TensorList& toTensorVector() const { return get<TensorList>("TensorList"); }
    /// An int, a double or a bool.
    Scalar toScalar() const;
    const std::shared_ptr<const void>& toCapsule() const { return get<std::shared_ptr<const void>>("Capsule"); }

  private:
    template <class T>
    const T& get(const char* asked) const {
        if (const T* v = std::get_if<T>(&value_)) return *v;
        raise_type(asked);
    }
    [[noreturn]] void raise_type(const char* asked) const;

    std::variant<std::monostate, Tensor, std::int64_t, double, bool, std::string, std::vector<std::int64_t>,
                 std::vector<double>, std::vector<bool>, TensorList, std::shared_ptr<const void>>
        value_;
};

namespace detail {
class FunctionNode;
class FunctionCall;
}  // namespace detail

namespace autograd {

using tensor_list = TensorList;

/// What the forward of a custom function hands to its backward.
class AutogradContext {
  public:
    AutogradContext(const AutogradContext&) = delete;
    AutogradContext& operator=(const AutogradContext&) = delete;

    /// Anything that is not a tensor of the graph. An output of the function kept here would never be freed: that is an
    /// error, save_for_backward is the place for it.
    std::map<std::string, IValue> saved_data;

    /// Keeps inputs, outputs or other tensors; undefined ones too. Replaces what was kept before.
    void save_for_backward(tensor_list tensors) { to_save_ = std::move(tensors); }
    /// In backward: what was kept, with its history when gradients are being recorded. Throws GraphError when a tensor
    /// has been modified in place since, or has been freed by an earlier backward.
    tensor_list get_saved_variables() const;

    /// Inputs that forward modifies in place; they must be among its outputs. A view must be the only output.
    void mark_dirty(const tensor_list& inputs) { dirty_ = inputs; }
    /// Outputs that get no gradient. Integer ones need no mark.
    void mark_non_differentiable(const tensor_list& outputs) { non_differentiable_ = outputs; }
    /// Whether backward sees zeros (the default) or an undefined tensor where no gradient arrived.
    void set_materialize_grads(bool on) { materialize_grads_ = on; }
    /// Whether the gradient of the i-th tensor among the arguments of forward is wanted.
    bool needs_input_grad(std::size_t i) const;

  private:
    friend class detail::FunctionNode;
    explicit AutogradContext(detail::FunctionNode& node) : node_(node) {}

    detail::FunctionNode& node_;
    tensor_list to_save_, dirty_, non_differentiable_;
    bool materialize_grads_ = true;
};

}  // namespace autograd

namespace detail {

/// One call of a custom function, whatever its type.
class FunctionCall {
  public:
    using Backward = TensorList (*)(autograd::AutogradContext*, TensorList);

    FunctionCall(const std::type_info& type, Backward backward);
    ~FunctionCall();
    FunctionCall(const FunctionCall&) = delete;
    FunctionCall& operator=(const FunctionCall&) = delete;

    void add_argument(const Tensor& x);
    void add_argument(const TensorList& list) {
        for (const Tensor& x : list) add_argument(x);
    }
    void add_argument(const std::optional<Tensor>& x) { add_argument(x.value_or(Tensor())); }
    template <class T>
    void add_argument(const T&) {
        add_other_argument();
    }

    autograd::AutogradContext* context();
    /// Ties the outputs of forward to the graph.
    void finish(TensorList& outputs);

  private:
    void add_other_argument();

    IntrusivePtr<FunctionNode> node_;
};

}  // namespace detail

namespace autograd {

/// An operation with a derivative of one's own:
///
///     struct Scale : Function<Scale> {
///         static Tensor forward(AutogradContext* ctx, const Tensor& x, double factor) {
///             ctx->saved_data["factor"] = factor;
///             return x * factor;
///         }
///         static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
///             return {grads[0] * ctx->saved_data["factor"].toDouble(), Tensor()};
///         }
///     };
///     Tensor y = Scale::apply(x, 2.0);
///
/// forward takes the context and any arguments and returns a Tensor or a tensor_list; nothing is recorded inside.
/// backward gets the gradients of the outputs and returns one for each argument (each tensor of a list), undefined for
/// those that are not tensors. Written with tensor operations it can be differentiated in turn. An output that shares
/// memory with an argument which is not marked dirty is copied.
template <class T>
struct Function {
    template <class X = T, class... Args>
    static auto apply(Args&&... args) {
        detail::FunctionCall call(typeid(X), [](AutogradContext* ctx, tensor_list grads) -> tensor_list {
            return X::backward(ctx, std::move(grads));
        });
        (call.add_argument(args), ...);
        auto result = [&] {
            const NoGradGuard below_the_graph;
            return X::forward(call.context(), std::forward<Args>(args)...);
        }();
        if constexpr (std::is_same_v<decltype(result), Tensor>) {
            tensor_list outputs{std::move(result)};
            call.finish(outputs);
            return std::move(outputs[0]);
        } else {
            call.finish(result);
            return result;
        }
    }
};

}  // namespace autograd
}  // namespace xgrad
