#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/hooks.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad {

/// A value of one of a few types: what a custom function keeps from its forward for its backward. Asking for a type
/// that it does not hold throws DtypeError. Copies share what they hold, which never changes.
class IValue {
  public:
    IValue() = default;
    IValue(Tensor v);
    IValue(bool v) : kind_(Kind::Bool) { number_.b = v; }
    template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) IValue(T v) : kind_(Kind::Int) {
        number_.i = static_cast<std::int64_t>(v);
    }
    IValue(double v) : kind_(Kind::Double) { number_.d = v; }
    IValue(std::string v);
    IValue(const char* v);
    IValue(const Scalar& v);
    IValue(std::vector<std::int64_t> v);
    IValue(IntArrayRef v);
    IValue(std::vector<double> v);
    IValue(std::vector<bool> v);
    IValue(TensorList v);
    /// Anything else; who takes it out knows its type.
    IValue(std::shared_ptr<const void> v);

    bool isNone() const { return kind_ == Kind::None; }
    bool isTensor() const { return kind_ == Kind::Tensor; }
    bool isInt() const { return kind_ == Kind::Int; }
    bool isDouble() const { return kind_ == Kind::Double; }
    bool isBool() const { return kind_ == Kind::Bool; }
    bool isString() const { return kind_ == Kind::String; }
    bool isIntList() const { return kind_ == Kind::Ints; }
    bool isDoubleList() const { return kind_ == Kind::Doubles; }
    bool isBoolList() const { return kind_ == Kind::Bools; }
    bool isTensorList() const { return kind_ == Kind::Tensors; }
    bool isScalar() const { return isInt() || isDouble() || isBool(); }
    bool isCapsule() const { return kind_ == Kind::Capsule; }

    const Tensor& toTensor() const;
    std::int64_t toInt() const;
    double toDouble() const;
    bool toBool() const;
    const std::string& toStringRef() const;
    const std::vector<std::int64_t>& toIntVector() const;
    const std::vector<double>& toDoubleVector() const;
    const std::vector<bool>& toBoolVector() const;
    const TensorList& toTensorVector() const;
    /// An int, a double or a bool.
    Scalar toScalar() const;
    const std::shared_ptr<const void>& toCapsule() const;

  private:
    enum class Kind : std::uint8_t { None, Tensor, Int, Double, Bool, String, Ints, Doubles, Bools, Tensors, Capsule };

    [[noreturn]] void raise_kind(const char* asked) const;
    void check(Kind asked) const;
    template <class T>
    const T& object(Kind asked) const;

    Kind kind_ = Kind::None;
    union {
        std::int64_t i;
        double d;
        bool b;
    } number_ = {};
    std::shared_ptr<const void> object_;
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
