#pragma once

#include <xgrad/autograd/ops/op.h>

/// What rules for vmap and jvp share. A batch dimension of -1 means that an input has none.
namespace xgrad::ops {

/// a + b of tangents that are zero where they are undefined.
Tensor add_tangents(const Tensor& a, const Tensor& b);

/// The size of the batch dimension.
std::int64_t batch_size(std::span<const Tensor> x, std::span<const std::int64_t> dims);
/// `x` with its batch dimension, or, if it has none, repeated `count` times along a new one, as dimension `to`.
Tensor batched_at(std::int64_t to, const Tensor& x, std::int64_t dim, std::int64_t count);
/// Inputs that broadcast: batch dimensions in front, the others aligned for it.
TensorList align_batches(std::span<const Tensor> inputs, std::span<const std::int64_t> dims);
/// All inputs with the batch as dimension 0, those without it repeated.
TensorList batches_first(std::span<const Tensor> x, std::span<const std::int64_t> dims);
/// Each input i with the batch folded into its dimension at[i]: what the examples have along it, one after the other.
TensorList fold_batches(std::span<const Tensor> x, std::span<const std::int64_t> dims, IntArrayRef at);
/// `x` with a dimension divided into `count` parts of size `each`; they become a dimension in front of it.
Tensor split_dim(const Tensor& x, std::size_t dim, std::int64_t count, std::int64_t each);

/// The results of an operation, all with the batch as dimension 0.
inline Batched with_batch(Tensor result) { return {std::move(result), 0}; }
template <std::size_t K>
std::array<Batched, K> with_batch(const std::array<Tensor, K>& results) {
    std::array<Batched, K> out;
    for (std::size_t k = 0; k < K; ++k) out[k] = {results[k], 0};
    return out;
}

/// The same operation of a tensor with one more dimension, where all dimensions but the last ones are a batch anyway.
template <class Op>
auto lead_batch(const Op& op, const Tensor& x, std::int64_t dim) {
    return with_batch(detail_op::apply(op, x.movedim(dim, 0)));
}

template <class Op, std::size_t N>
inline constexpr bool takes_inputs = []<std::size_t... I>(std::index_sequence<I...>) {
    return requires(const Op& op, const Tensor& x) { op.forward((void(I), x)...); };
}
(std::make_index_sequence<N>());

/// `op` of as many inputs as there are, which is up to N.
template <class Op, std::size_t N = std::size(Op::uses)>
auto apply_to(const Op& op, std::span<const Tensor> x) {
    if constexpr (N > 1 && takes_inputs<Op, N - 1>)
        if (x.size() < N) return apply_to<Op, N - 1>(op, x);
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return detail_op::apply(op, x[I]...); }
    (std::make_index_sequence<N>());
}

/// An operation on several things, along dimension at[i] of input i and to[k] of result k: on those of all examples.
template <class Op>
auto batch_folded(const Op& op, std::span<const Tensor> x, std::span<const std::int64_t> dims, IntArrayRef at,
                  IntArrayRef to) {
    const std::int64_t count = batch_size(x, dims);
    const std::int64_t each = batched_at(0, x[0], dims[0], count).size(at[0] + 1);
    const auto results = apply_to(op, fold_batches(x, dims, at));
    const auto split = [&](const Tensor& y, std::size_t k) {
        return Batched{split_dim(y, static_cast<std::size_t>(to[k]), count, each), to[k]};
    };
    if constexpr (std::is_same_v<decltype(results), const Tensor>) {
        return split(results, 0);
    } else {
        std::array<Batched, std::tuple_size_v<std::remove_const_t<decltype(results)>>> out;
        for (std::size_t k = 0; k < out.size(); ++k) out[k] = split(results[k], k);
        return out;
    }
}

/// An operation along `op.dim`, of tensors of one shape with one more dimension, moved to the front; of numbers as of
/// vectors of one.
template <class Op>
auto batch_along(Op op, std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    TensorList in = batches_first(x, dims);
    const std::int64_t count = in[0].size(0);
    const bool numbers = in[0].dim() == 1;
    if (numbers)
        for (Tensor& each : in) each = each.unsqueeze(1);
    op.dim = numbers ? 1 : op.dim + 1;
    auto results = apply_to(op, in);
    if constexpr (std::is_same_v<decltype(results), Tensor>) {
        return with_batch(numbers ? results.reshape({count}) : results);
    } else {
        if (numbers)
            for (Tensor& y : results) y = y.reshape({count});
        return with_batch(results);
    }
}
template <class Op>
auto batch_along(Op op, const Tensor& x, std::int64_t dim) {
    return batch_along(std::move(op), std::span(&x, 1), std::span<const std::int64_t>(&dim, 1));
}

}  // namespace xgrad::ops
