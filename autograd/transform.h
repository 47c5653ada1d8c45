#pragma once

#include <span>
#include <utility>

#include <xgrad/autograd/tensor.h>

/// Levels of forward mode and vmap. A tensor at a level wraps another one; an operation that meets wrapped tensors is
/// done by the rule of the highest level among them, on the values inside, which may be wrapped again or recorded.
namespace xgrad::detail {

struct TransformLevel {
    enum class Kind { kForwardMode, kVmap };

    Kind kind;
    std::int64_t level;  // of inner transforms it is higher; used once in the life of the process
    Tensor value;
    Tensor tangent;              // forward mode; undefined for zero
    std::int64_t batch_dim = 0;  // vmap: the dimension of `value` that the wrapper hides
};

/// The wrapper of `level.value` that operations see: its shape without the batch dimension.
Tensor wrap(TransformLevel level);
/// Another wrapper of the same value, without history.
Tensor transform_alias(const Tensor& wrapped);
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
using ResultOf = decltype(std::declval<const Op&>().forward(std::declval<const In&>()...));

template <class Op, class... In>
ResultOf<Op, In...> apply(const Op& op, const In&... inputs);
template <class Op>
Tensor apply_list(const Op& op, const TensorList& inputs);

}  // namespace xgrad::ops::detail_op

namespace xgrad::transform {

/// An operation as the levels see it: type-erased. A null function means that there is no such rule; operations with
/// several outputs have none for vmap, those with several differentiable ones none for forward mode.
struct Call {
    const char* name;
    const void* op;
    bool differentiable;  // any of its outputs
    TensorList (*forward)(const void* op, std::span<const Tensor> inputs);
    /// The tangent of output 0. An undefined tangent is zero; one at least is defined.
    Tensor (*jvp)(const void* op, std::span<const Tensor> inputs, std::span<const Tensor> tangents,
                  const Tensor& output);
    ops::Batched (*batch)(const void* op, std::span<const Tensor> inputs, std::span<const std::int64_t> dims);
};

TensorList dispatch(const Call& call, std::span<const Tensor> inputs);
TensorList zeros_where_undefined(std::span<const Tensor> inputs, std::span<const Tensor> tangents);

/// Applies `op` to N inputs (0: a list), some of which are wrapped.
template <class Result, class Op, std::size_t N>
Result apply(const Op& op, std::span<const Tensor> inputs) {
    constexpr auto run = [](const void* self, std::span<const Tensor> in) {
        const Op& typed = *static_cast<const Op*>(self);
        if constexpr (N == 0)
            return ops::detail_op::apply_list(typed, TensorList(in.begin(), in.end()));
        else
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return ops::detail_op::apply(typed, in[I]...); }
        (std::make_index_sequence<N>());
    };
    constexpr bool single = std::is_same_v<Result, Tensor>;
    constexpr unsigned differentiable = ops::differentiable_outputs<Op>();
    constexpr bool one_tangent = single || (differentiable & ~1u) == 0;
    Call call{Op::name, &op, differentiable != 0, nullptr, nullptr, nullptr};
    call.forward = [](const void* self, std::span<const Tensor> in) {
        auto result = decltype(run){}(self, in);
        if constexpr (single)
            return TensorList{std::move(result)};
        else
            return TensorList(result.begin(), result.end());
    };
    if constexpr (one_tangent && requires { &Op::jvp; })
        call.jvp = [](const void* self, std::span<const Tensor> in, std::span<const Tensor> tangents, const Tensor& y) {
            return static_cast<const Op*>(self)->jvp(in, tangents, y);
        };
    else if constexpr (single && requires { Op::linear; })
        call.jvp = [](const void* self, std::span<const Tensor> in, std::span<const Tensor> tangents, const Tensor&) {
            return decltype(run){}(self, zeros_where_undefined(in, tangents));
        };
    if constexpr (single && requires { &Op::batch; })
        call.batch = [](const void* self, std::span<const Tensor> in, std::span<const std::int64_t> dims) {
            return static_cast<const Op*>(self)->batch(in, dims);
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
