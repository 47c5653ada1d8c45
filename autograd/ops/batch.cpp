#include <xgrad/autograd/ops/batch.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::ops {

Tensor add_tangents(const Tensor& a, const Tensor& b) {
    if (!a.defined()) return b;
    return b.defined() ? a + b : a;
}

std::int64_t batch_size(std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    for (std::size_t i = 0; i < x.size(); ++i)
        if (dims[i] >= 0) return x[i].size(dims[i]);
    return 0;
}

Tensor batched_at(std::int64_t to, const Tensor& x, std::int64_t dim, std::int64_t count) {
    if (dim >= 0) return x.movedim(dim, to);
    detail::Dims sizes = x.sizes();
    sizes.insert(static_cast<std::size_t>(to), count);
    return x.unsqueeze(to).expand(sizes);
}

TensorList batches_first(std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    const std::int64_t count = batch_size(x, dims);
    TensorList out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(batched_at(0, x[i], dims[i], count));
    return out;
}

TensorList fold_batches(std::span<const Tensor> x, std::span<const std::int64_t> dims, IntArrayRef at) {
    const std::int64_t count = batch_size(x, dims);
    TensorList out;
    for (std::size_t i = 0; i < x.size(); ++i)
        out.push_back(batched_at(at[i], x[i], dims[i], count).flatten(at[i], at[i] + 1));
    return out;
}

TensorList align_batches(std::span<const Tensor> inputs, std::span<const std::int64_t> dims) {
    std::int64_t rank = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) rank = std::max(rank, inputs[i].dim() - (dims[i] >= 0));
    TensorList out;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        Tensor x = inputs[i];
        if (dims[i] >= 0) {
            detail::Dims order{dims[i]};
            for (std::int64_t d = 0; d < x.dim(); ++d)
                if (d != dims[i]) order.push_back(d);
            x = x.permute(order);
            while (x.dim() < rank + 1) x = x.unsqueeze(1);
        }
        out.push_back(std::move(x));
    }
    return out;
}

Tensor split_dim(const Tensor& x, std::size_t dim, std::int64_t count, std::int64_t each) {
    detail::Dims sizes = x.sizes();
    sizes[dim] = each;
    sizes.insert(dim, count);
    return x.reshape(sizes);
}

}  // namespace xgrad::ops
