#pragma once

#include <initializer_list>
#include <optional>
#include <tuple>
#include <vector>

#include <xgrad/autograd/func/callable.h>
#include <xgrad/autograd/transform.h>

/// Transforms of functions of tensors, as those of torch.func. A function is anything that can be called with one to
/// six tensors or with a TensorList (see Callable); what a transform gives is called the same way, so that transforms
/// compose: `grad(grad(f))`, `vmap(grad(f))`, `jacfwd(grad(f))`.
///
/// Functions should be pure: what they return depends on their inputs and on what they captured alone. Results can be
/// differentiated in turn, with respect to the inputs and to captured tensors, if these are recorded outside or an
/// outer transform asks for it, and carry no graph otherwise. An outer NoGradGuard makes them constants for what is
/// outside but does not turn a transform off; one inside the function is respected. Functions may use autograd::grad.
///
/// A function that computes something else than was asked for throws a typed error: ValueError when it returns an
/// undefined Tensor, ShapeError, DtypeError and IndexError as the transforms say.
namespace xgrad::func {

// --- Reverse mode

/// The gradient of `function`, which returns a tensor without dimensions, with respect to input `argnum`: a function of
/// the same inputs. `argnum` is counted from the end when negative. An input that the value does not depend on has a
/// gradient of zeros. The result throws IndexError when there is no such input, DtypeError when input or value are not
/// floating-point, ShapeError when the value is no scalar.
Function grad(Function function, std::int64_t argnum = 0);
/// With respect to several inputs: their gradients in this order.
ListFunction grad(Function function, std::vector<std::int64_t> argnums);
inline ListFunction grad(Function function, std::initializer_list<std::int64_t> argnums) {
    return grad(std::move(function), std::vector<std::int64_t>(argnums));
}

/// The same with the value: `auto [value, gradient] = value_and_grad(f)(x)`.
Callable<std::tuple<Tensor, Tensor>> value_and_grad(Function function, std::int64_t argnum = 0);
Callable<std::tuple<Tensor, TensorList>> value_and_grad(Function function, std::vector<std::int64_t> argnums);
inline Callable<std::tuple<Tensor, TensorList>> value_and_grad(Function function,
                                                               std::initializer_list<std::int64_t> argnums) {
    return value_and_grad(std::move(function), std::vector<std::int64_t>(argnums));
}

/// The value of `function` at `inputs` and the function that gives, from a cotangent v of each result's shape, the
/// products v^T J with the Jacobians of the inputs (undefined for those of integer dtype): it may be called any number
/// of times. It throws ValueError or ShapeError when the cotangents are not as many as the results or not of their
/// shapes.
template <class F>
std::tuple<ResultOf<F>, ListFunction> vjp(F function, const TensorList& inputs);
template <class F, std::same_as<Tensor> T>
std::tuple<ResultOf<F>, ListFunction> vjp(F function, const T& input) {
    return vjp(std::move(function), TensorList{input});
}

// --- Forward mode

/// The value of `function` at `inputs` and its derivative along `tangents` (of the same shapes; an undefined one is
/// zero), computed together in forward mode: (value, J t). Throws ValueError, ShapeError or DtypeError when a tangent
/// does not fit its input.
template <class F>
std::tuple<ResultOf<F>, ResultOf<F>> jvp(F function, const TensorList& inputs, const TensorList& tangents);
template <class F, std::same_as<Tensor> T>
std::tuple<ResultOf<F>, ResultOf<F>> jvp(F function, const T& input, const T& tangent) {
    return jvp(std::move(function), TensorList{input}, TensorList{tangent});
}

// --- Vectorisation

/// Which dimension of each tensor is that of the examples: one number for all of them, or one for each, std::nullopt
/// for a tensor that has none. Counted from the end when negative.
class BatchDims {
  public:
    BatchDims(std::int64_t all = 0) : all_(all) {}
    BatchDims(std::initializer_list<std::optional<std::int64_t>> each) : each_(each) {}
    BatchDims(std::vector<std::optional<std::int64_t>> each) : each_(std::move(each)) {}

    std::optional<std::int64_t> operator[](std::size_t i) const { return each_ ? (*each_)[i] : all_; }
    /// How many tensors these are for, if that is said.
    std::optional<std::size_t> count() const { return each_ ? std::optional(each_->size()) : std::nullopt; }

  private:
    std::int64_t all_ = 0;
    std::optional<std::vector<std::optional<std::int64_t>>> each_;
};

/// What functions that draw random numbers do under vmap, for tensors with a batch dimension: kError (throw),
/// kDifferent (other numbers for each example) or kSame.
using detail::Randomness;

/// A function that applies `function`, written for one example, to a batch: `in_dims` names the dimension of the
/// examples of each input, `out_dims` that of each result. Operations run once on the whole batch. A result that does
/// not depend on the batch is repeated, or returned as it is where its out_dim is std::nullopt.
///
/// Per-example gradients are `vmap(grad(f), {std::nullopt, 0, 0}, 0)` for a function of weights, image and label.
///
/// The result throws ValueError when no input has such a dimension or the dims are not as many as the tensors,
/// IndexError when a dim is out of range, ShapeError when batch sizes differ.
template <class F>
Callable<ResultOf<F>> vmap(F function, BatchDims in_dims = {}, BatchDims out_dims = {},
                           Randomness randomness = Randomness::kError);

// --- Matrices of derivatives

enum class JacobianMode { kAutomatic, kForward, kReverse };

/// The Jacobian of `function` with respect to input `argnum`: a function of the same inputs that gives a tensor of
/// shape `output.shape + input.shape`. Forward mode costs about as many evaluations as the input has elements, reverse
/// mode as the output has, all of them at once by vmap (in parts, when there are very many); by default the cheaper one
/// is taken, for which the function is called once more. Throws as grad does, for results of any shape.
Function jacobian(Function function, std::int64_t argnum = 0, JacobianMode mode = JacobianMode::kAutomatic);
/// jacobian in forward and in reverse mode.
Function jacfwd(Function function, std::int64_t argnum = 0);
Function jacrev(Function function, std::int64_t argnum = 0);

/// The second derivatives of `function` with respect to input `argnum`, forward mode over reverse mode: a function of
/// the same inputs that gives a tensor of shape `output.shape + input.shape + input.shape`.
Function hessian(Function function, std::int64_t argnum = 0);

/// The value of `function`, a scalar, at `inputs` and the products of its Hessian with `vectors` (one for each input,
/// of its shape; an undefined one is zero), forward mode over reverse mode: the cost of a few gradients. Throws as grad
/// and jvp do.
std::tuple<Tensor, TensorList> hvp(Function function, const TensorList& inputs, const TensorList& vectors);
/// With one input: the value and the product.
template <std::same_as<Tensor> T>
std::tuple<Tensor, Tensor> hvp(Function function, const T& input, const T& vector) {
    auto [value, products] = hvp(std::move(function), TensorList{input}, TensorList{vector});
    return {std::move(value), std::move(products[0])};
}

}  // namespace xgrad::func

namespace xgrad::detail {

std::tuple<TensorList, func::ErasedFunction> vjp(const func::ErasedFunction& function, const TensorList& inputs);
std::tuple<TensorList, TensorList> jvp(const func::ErasedFunction& function, const TensorList& inputs,
                                       const TensorList& tangents);
func::ErasedFunction vmap(func::ErasedFunction function, func::BatchDims in_dims, func::BatchDims out_dims,
                          Randomness randomness);

}  // namespace xgrad::detail

namespace xgrad::func {

template <class F>
std::tuple<ResultOf<F>, ListFunction> vjp(F function, const TensorList& inputs) {
    auto [values, pullback] = detail::vjp(detail::erase_function(std::move(function)), inputs);
    return {detail::unpack_result<ResultOf<F>>(std::move(values)), ListFunction::of_erased(std::move(pullback))};
}

template <class F>
std::tuple<ResultOf<F>, ResultOf<F>> jvp(F function, const TensorList& inputs, const TensorList& tangents) {
    auto [values, slopes] = detail::jvp(detail::erase_function(std::move(function)), inputs, tangents);
    return {detail::unpack_result<ResultOf<F>>(std::move(values)),
            detail::unpack_result<ResultOf<F>>(std::move(slopes))};
}

template <class F>
Callable<ResultOf<F>> vmap(F function, BatchDims in_dims, BatchDims out_dims, Randomness randomness) {
    return Callable<ResultOf<F>>::of_erased(
        detail::vmap(detail::erase_function(std::move(function)), std::move(in_dims), std::move(out_dims), randomness));
}

}  // namespace xgrad::func
