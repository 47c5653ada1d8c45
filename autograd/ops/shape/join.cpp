#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/promotion.h>
#include <xgrad/autograd/pool_allocator.h>

namespace xgrad {

using detail::Dims;
using detail::PoolVector;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

/// What PyTorch's `cat` ignores, whatever the shapes of the others: the empty list of times long past.
bool is_legacy_empty(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

struct Cat {
    static constexpr const char* name = "cat";
    static constexpr bool linear = true;

    std::int64_t dim;
    Dims sizes;  // of the result
    ScalarType dtype;
    PoolVector<std::int64_t> lengths;  // of each input along dim; kSkipped for one that takes no part

    static constexpr std::int64_t kSkipped = -1;

    Tensor forward(const TensorList& inputs) const {
        Tensor out = empty(sizes, dtype);
        std::int64_t at = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (lengths[i] <= 0) continue;
            copy(out.narrow(dim, at, lengths[i]), inputs[i]);
            at += lengths[i];
        }
        return out;
    }
    void vjp(Vjp& b) const {
        std::int64_t at = 0;
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            if (b.needs(i))
                b.set(i, lengths[i] == kSkipped ? zeros({0}, b.grad().dtype()) : b.grad().narrow(dim, at, lengths[i]));
            if (lengths[i] != kSkipped) at += lengths[i];
        }
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        TensorList taking_part, all = batches_first(x, dims);
        for (std::size_t i = 0; i < all.size(); ++i)
            if (lengths[i] != kSkipped) taking_part.push_back(all[i]);
        return {cat(taking_part.empty() ? all : taking_part, dim + 1), 0};
    }
};

struct Stack {
    static constexpr const char* name = "stack";
    static constexpr bool linear = true;

    std::int64_t dim;
    ScalarType dtype;

    Tensor forward(const TensorList& inputs) const {
        Dims sizes = inputs[0].sizes();
        sizes.insert(static_cast<std::size_t>(dim), static_cast<std::int64_t>(inputs.size()));
        Tensor out = empty(sizes, dtype);
        for (std::size_t i = 0; i < inputs.size(); ++i) copy(out.select(dim, static_cast<std::int64_t>(i)), inputs[i]);
        return out;
    }
    void vjp(Vjp& b) const {
        for (std::size_t i = 0; i < b.num_inputs(); ++i)
            if (b.needs(i)) b.set(i, b.grad().select(dim, static_cast<std::int64_t>(i)));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {stack(batches_first(x, dims), dim + 1), 0};
    }
};

using Joins = Family<Cat, Stack>;

/// Checks the list and gives the dtype of the result.
ScalarType check_list(const char* operation, const TensorList& tensors) {
    if (tensors.empty()) raise<ValueError>(operation, "expected a non-empty list of Tensors");
    PoolVector<const Tensor*> list;
    for (const Tensor& x : tensors) {
        check_defined(operation, x);
        list.push_back(&x);
    }
    return result_type(list);
}

}  // namespace

std::vector<OpInfo> join_operations() { return Joins::table(); }

}  // namespace ops

Tensor cat(const TensorList& tensors, std::int64_t dim) {
    ops::Cat op{0, {}, ops::check_list("cat", tensors), {}};
    const Tensor* model = nullptr;
    std::size_t model_at = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const Tensor& x = tensors[i];
        if (x.dim() == 0)
            raise<ShapeError>("cat", "zero-dimensional tensor (at position ", i, ") cannot be concatenated");
        if (!model && !ops::is_legacy_empty(x)) {
            model = &x;
            model_at = i;
        }
    }
    if (!model) model = &tensors[0];
    op.dim = wrap_dim(dim, model->dim(), "cat");
    op.sizes = model->sizes();
    const auto along = static_cast<std::size_t>(op.dim);
    op.sizes[along] = 0;
    op.lengths.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const Tensor& x = tensors[i];
        if (ops::is_legacy_empty(x)) {
            op.lengths.push_back(ops::Cat::kSkipped);
            continue;
        }
        bool fits = x.dim() == model->dim();
        for (std::size_t d = 0; fits && d < op.sizes.size(); ++d) fits = d == along || x.sizes()[d] == op.sizes[d];
        if (!fits)
            raise<ShapeError>("cat", "Sizes of tensors must match except in dimension ", op.dim, ": got ",
                              shape_string(model->sizes()), " for tensor number ", model_at, " and ",
                              shape_string(x.sizes()), " for tensor number ", i, " in the list");
        op.lengths.push_back(x.sizes()[along]);
        op.sizes[along] += x.sizes()[along];
    }
    return ops::Joins::apply_list(op, tensors);
}

Tensor stack(const TensorList& tensors, std::int64_t dim) {
    const ScalarType dtype = ops::check_list("stack", tensors);
    for (std::size_t i = 1; i < tensors.size(); ++i)
        if (tensors[i].sizes() != tensors[0].sizes())
            raise<ShapeError>("stack", "expects each tensor to be equal size, but got ",
                              shape_string(tensors[0].sizes()), " at entry 0 and ", shape_string(tensors[i].sizes()),
                              " at entry ", i);
    return ops::Joins::apply_list(ops::Stack{wrap_dim(dim, tensors[0].dim() + 1, "stack"), dtype}, tensors);
}

}  // namespace xgrad
