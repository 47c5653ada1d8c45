#pragma once

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>

/// An element-wise row as an operation: the same few lines for all of them.
namespace xgrad::ops {

/// What a row's kernels need to know to run, without its type.
struct RowCall {
    const char* name;
    const void* row;
    const RowKernels* kernels;
    rows::Kind kind;
    bool selects;            // the first input takes no part in type promotion
    bool divides;            // integers must not be divided by 0
    const char* bool_error;  // why the row takes no bools; null if it does
};

/// The shape that `inputs` broadcast to. Throws ShapeError naming the operation.
detail::Dims common_shape(const char* name, std::span<const Tensor* const> inputs);
/// Runs the value kernel over the broadcast inputs, into a fresh tensor.
Tensor row_value(const RowCall& call, std::span<const Tensor* const> inputs);
/// The same into `self`, which is the first input.
void row_value_inplace(const RowCall& call, const Tensor& self, std::span<const Tensor* const> inputs);
/// gradient * derivative in one pass; `operands` are the gradient and the tensors that the derivative uses.
Tensor row_derivative(const RowCall& call, MapKernel const (&kernel)[2], std::span<const Tensor* const> operands);

/// gradient * derivative, where the derivative may be a plain number.
inline Tensor scale(const Tensor& gradient, const Tensor& derivative) { return gradient.mul(derivative); }
inline Tensor scale(const Tensor& gradient, double derivative) { return gradient.mul(Scalar(derivative)); }

// Of internal linkage, as the operations of other files are: some thousand functions of long names, which would each
// have a section of its own and take half of the library's size.
namespace {

template <class Row>
struct RowOp {
    using RowType = Row;
    static constexpr const char* name = Row::name;
    static constexpr std::size_t arity = std::size(Row::uses);
    static constexpr unsigned differentiable =
        Row::kind == rows::Kind::kComparison || Row::kind == rows::Kind::kIntegral ? 0 : 1;
    static constexpr std::array<Uses, arity> uses = [] {
        std::array<Uses, arity> masks{};
        for (std::size_t i = 0; i < arity; ++i)
            masks[i] = Row::uses[i] & ~(rows::kPassThrough | rows::kNoGradient | rows::kZero);
        return masks;
    }();

    Row row;

    template <class... In>
    Tensor forward(const In&... inputs) const {
        const Tensor* list[] = {&inputs...};
        return row_value(call(), list);
    }
    template <class... In>
    void forward_(Tensor& self, const In&... others) const {
        const Tensor* list[] = {&self, &others...};
        RowCall in_place = call();
        in_place.name = inplace_name<RowOp>.data();
        row_value_inplace(in_place, self, list);
    }

    void vjp(Vjp& b) const {
        if (!b.grad().defined()) return;
        [&]<std::size_t... I>(std::index_sequence<I...>) { (gradient<I>(b), ...); }
        (std::make_index_sequence<arity>());
    }

    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor& output) const {
        Tensor sum;
        [&]<std::size_t... I>(std::index_sequence<I...>) { (add_tangent<I>(sum, inputs, tangents[I], output), ...); }
        (std::make_index_sequence<arity>());
        return sum;
    }

    Batched batch(std::span<const Tensor> inputs, std::span<const std::int64_t> dims) const {
        const TensorList in = align_batches(inputs, dims);
        const Tensor result = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return detail_op::apply(*this, in[I]...);
        }
        (std::make_index_sequence<arity>());
        return {result, 0};
    }

  private:
    RowCall call() const {
        RowCall out{name, &row, &row_kernels<Row>(), Row::kind, false, false, nullptr};
        if constexpr (requires { Row::selects; }) out.selects = true;
        if constexpr (requires { Row::divides; }) out.divides = true;
        if constexpr (requires { Row::bool_error; }) out.bool_error = Row::bool_error;
        return out;
    }

    template <std::size_t I>
    void gradient(Vjp& b) const {
        if constexpr ((Row::uses[I] & rows::kNoGradient) == 0) {
            if (!b.needs(I)) return;
            if constexpr ((Row::uses[I] & rows::kPassThrough) != 0) {
                b.set(I, b.grad());
            } else if constexpr ((Row::uses[I] & rows::kZero) != 0) {
                b.set(I, zeros_like(b.grad()));
            } else {
                std::array<Tensor, arity + 1> x;
                const Tensor* operands[arity + 2] = {&b.grad()};
                std::size_t count = 1;
                bool any_wrapped = wrapped(b.grad());
                for (unsigned k = 0; k <= arity; ++k) {
                    if (k < arity && (uses[I] & in(k))) x[k] = b.input(k);
                    if (k == arity && (uses[I] & out())) x[k] = b.output();
                    if (!x[k].defined()) continue;
                    operands[count++] = &x[k];
                    any_wrapped |= wrapped(x[k]);
                }
                if (GradMode::is_enabled() || any_wrapped)
                    b.set(I, times_derivative<I>(b.grad(), x));
                else
                    b.set(I, row_derivative(call(), row_kernels<Row>().derivative[I], {operands, count}));
            }
        }
    }

    /// gradient * derivative to input I, by operations that are recorded.
    template <std::size_t I>
    Tensor times_derivative(const Tensor& gradient, const std::array<Tensor, arity + 1>& x) const {
        // 1 / b of integers would be computed in the default dtype.
        const auto operand = [&](std::size_t k) {
            const bool keep = !x[k].defined() || (k == 0 && requires { Row::selects; });
            return keep ? x[k] : x[k].to(gradient.dtype());
        };
        const auto derivative = [&]<std::size_t... K>(std::index_sequence<K...>) {
            return rows::derivative_of<I>(row, operand(K)...);
        }
        (std::make_index_sequence<arity + 1>());
        if constexpr (requires { Row::masks; })
            return where(derivative == 0.0, 0.0, scale(gradient, derivative));
        else
            return scale(gradient, derivative);
    }

    template <std::size_t I>
    void add_tangent(Tensor& sum, std::span<const Tensor> inputs, const Tensor& tangent, const Tensor& output) const {
        if constexpr ((Row::uses[I] & rows::kNoGradient) == 0) {
            if (!tangent.defined()) return;
            Tensor term = tangent;
            if constexpr ((Row::uses[I] & rows::kZero) != 0) {
                term = zeros_like(tangent);
            } else if constexpr ((Row::uses[I] & rows::kPassThrough) == 0) {
                std::array<Tensor, arity + 1> x;
                std::copy(inputs.begin(), inputs.end(), x.begin());
                x[arity] = output;
                term = times_derivative<I>(tangent, x);
            }
            if (term.sizes() != output.sizes()) term = term.expand(output.sizes());
            sum = sum.defined() ? sum + term : term;
        }
    }
};

}  // namespace

template <class List>
struct FamilyOfRows;
template <class... Rows>
struct FamilyOfRows<TypeList<Rows...>> {
    using Type = Family<RowOp<Rows>...>;
};
using ElementWise = FamilyOfRows<AllRows>::Type;

/// Applies a row to tensors: apply_row(rows::Add{}, a, b).
template <class Row, class... In>
Tensor apply_row(const Row& row, const In&... inputs) {
    return ElementWise::apply(RowOp<Row>{row}, inputs...);
}
template <class Row, class... In>
Tensor& apply_row_inplace(const Row& row, Tensor& self, const In&... others) {
    return ElementWise::apply_inplace(RowOp<Row>{row}, self, others...);
}

}  // namespace xgrad::ops
