#pragma once

#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Levels of forward mode and vmap. A tensor at a level wraps another one; an operation that meets wrapped tensors is
/// done by the rule of the highest level among them, on the values inside, which may be wrapped again or recorded.
///
/// Forward mode: by the operation's own rule (jvp, or itself if it is linear). One without is differentiated twice in
/// reverse: its gradient g(u) = J^T u is linear in u, so that the derivative of <g(u), t> by u is the tangent J t.
///
/// vmap: by the operation's own rule (batch). One without is applied to one example after the other, and the results
/// are stacked: they must have equal shapes, and there must be an example.
///
/// In place: `x.add_(y)` gives the wrapper x another value and tangent, those of `x.add(y)`; what x wrapped before, the
/// user's tensor perhaps, is not written. x must be wrapped at the level of y or at a higher one: a tensor that is the
/// same for all examples, or has no tangent, cannot become anything else. Nor is x to be a view of a wrapped tensor or
/// to have views, while these live: they would not see the change.
namespace xgrad::detail {

/// What functions that draw random numbers do for a tensor with a batch dimension: throw, or draw for each example, or
/// once for all of them. A shape says nothing of the batch: `rand({3})` is the same for all examples.
enum class Randomness { kError, kDifferent, kSame };

struct TransformLevel {
    enum class Kind { kForwardMode, kVmap };

    Kind kind;
    std::int64_t level;  // of inner transforms it is higher; used once in the life of the process
    Tensor value;
    Tensor tangent;                              // forward mode; undefined for zero
    std::int64_t batch_dim = 0;                  // vmap: the dimension of `value` that the wrapper hides
    Randomness randomness = Randomness::kError;  // vmap
};

/// The wrapper of `level.value` that operations see: its shape without the batch dimension. Its memory is empty; views
/// share it, as they share that of other tensors.
Tensor wrap(TransformLevel level);
/// Another wrapper of the same value, without history.
Tensor transform_alias(const Tensor& wrapped);
/// What is at the bottom of all levels: the values of all examples. `x` itself if it is not wrapped.
const Tensor& innermost(const Tensor& x);
/// Makes the wrapper `self` the tensor `result`, made of it by an operation: the in-place form of that operation.
void become_result(const Tensor& self, const Tensor& result);
[[noreturn]] void raise_inplace_transform(const char* operation);

}  // namespace xgrad::detail

namespace xgrad::ops {

/// A value with one more dimension than its caller knows of.
struct Batched {
    Tensor value;
    std::int64_t dim;
};

template <class Op>
constexpr unsigned differentiable_outputs();

}  // namespace xgrad::ops

namespace xgrad::ops::detail_op {

template <class Op, class... In>
concept HasForward = requires(const Op& op, const In&... inputs) {
    op.forward(inputs...);
};
template <class Op, class... In>
struct Result {
    using Type = Tensor;
};
template <class Op, class... In>
requires HasForward<Op, In...>
struct Result<Op, In...> {
    using Type = decltype(std::declval<const Op&>().forward(std::declval<const In&>()...));
};
template <class Op, class... In>
using ResultOf = typename Result<Op, In...>::Type;

template <class Op, class... In>
ResultOf<Op, In...> apply(const Op& op, const In&... inputs);
template <class Op>
Tensor apply_list(const Op& op, const TensorList& inputs);

}  // namespace xgrad::ops::detail_op

namespace xgrad::transform {

/// An operation as the levels see it: type-erased. A null function means that it has no such rule.
struct Call {
    const char* name;
    const void* op;
    unsigned differentiable;  // bit k: output k
    bool shares_memory;       // the output is a view of input 0
    TensorList (*forward)(const void* op, std::span<const Tensor> inputs);
    /// The tangents of the outputs, the last of which may be missing. An undefined tangent is zero; one at least of the
    /// inputs' is defined.
    TensorList (*jvp)(const void* op, std::span<const Tensor> inputs, std::span<const Tensor> tangents,
                      std::span<const Tensor> outputs);
    std::vector<ops::Batched> (*batch)(const void* op, std::span<const Tensor> inputs,
                                       std::span<const std::int64_t> dims, detail::Randomness randomness);
};

TensorList dispatch(const Call& call, std::span<const Tensor> inputs);
TensorList zeros_where_undefined(std::span<const Tensor> inputs, std::span<const Tensor> tangents);
/// Throws unless the in-place form of `operation` can give `self` another value, as said above.
void check_inplace(const char* operation, const Tensor& self, std::span<const Tensor> others, bool recording);

/// One thing, or an array of them, as a list.
template <class List, class T>
List list_of(T result) {
    if constexpr (std::is_same_v<T, typename List::value_type>)
        return List{std::move(result)};
    else
        return List(std::make_move_iterator(result.begin()), std::make_move_iterator(result.end()));
}

/// Applies `op` to N inputs (0: a list), some of which are wrapped.
template <class Result, class Op, std::size_t N>
Result apply(const Op& op, std::span<const Tensor> inputs) {
    using Tensors = std::span<const Tensor>;
    using Dims = std::span<const std::int64_t>;
    constexpr auto run = [](const void* self, Tensors in) {
        const Op& typed = *static_cast<const Op*>(self);
        if constexpr (N == 0)
            return ops::detail_op::apply_list(typed, TensorList(in.begin(), in.end()));
        else
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return ops::detail_op::apply(typed, in[I]...); }
        (std::make_index_sequence<N>());
    };
    constexpr bool single = std::is_same_v<Result, Tensor>;
    constexpr bool shares_memory = requires { Op::shares_memory; };
    Call call{Op::name, &op, ops::differentiable_outputs<Op>(), shares_memory, nullptr, nullptr, nullptr};
    call.forward = [](const void* self, Tensors in) { return list_of<TensorList>(decltype(run){}(self, in)); };
    if constexpr (requires(Tensors in) { op.jvp(in, in, in); })
        call.jvp = [](const void* self, Tensors in, Tensors tangents, Tensors outputs) {
            return list_of<TensorList>(static_cast<const Op*>(self)->jvp(in, tangents, outputs));
        };
    else if constexpr (requires { &Op::jvp; }) {
        static_assert(single || (ops::differentiable_outputs<Op>() & ~1u) == 0,
                      "jvp gives the tangent of output 0 alone");
        call.jvp = [](const void* self, Tensors in, Tensors tangents, Tensors outputs) {
            return TensorList{static_cast<const Op*>(self)->jvp(in, tangents, outputs[0])};
        };
    } else if constexpr (requires { Op::linear; })
        call.jvp = [](const void* self, Tensors in, Tensors tangents, Tensors) {
            return list_of<TensorList>(decltype(run){}(self, zeros_where_undefined(in, tangents)));
        };
    if constexpr (requires { &Op::batch; })
        call.batch = [](const void* self, Tensors in, Dims dims, [[maybe_unused]] detail::Randomness randomness) {
            const Op& typed = *static_cast<const Op*>(self);
            if constexpr (requires { typed.batch(in, dims, randomness); })
                return list_of<std::vector<ops::Batched>>(typed.batch(in, dims, randomness));
            else
                return list_of<std::vector<ops::Batched>>(typed.batch(in, dims));
        };
    TensorList results = dispatch(call, inputs);
    if constexpr (single) {
        return std::move(results[0]);
    } else {
        Result out;
        std::move(results.begin(), results.end(), out.begin());
        return out;
    }
}

}  // namespace xgrad::transform
