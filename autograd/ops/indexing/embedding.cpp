#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/index.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <utility>

namespace xgrad {

using detail::shape_string;

namespace ops {

namespace {

constexpr IndexedDims kRows{0, 1};

/// A table of rows that are looked up, or several one after the other.
struct Table {
    std::int64_t rows;
    std::int64_t padding;  // the row of each table whose gradient is zero, or -1
    std::int64_t tables = 1;

    Table repeated(std::int64_t times) const { return {rows, padding, tables * times}; }
    std::int64_t all_rows() const { return rows * tables; }
    bool is_padding(std::int64_t row) const { return padding >= 0 && row % rows == padding; }
};

/// The places in the list of indices at which each row is looked up, as a chain in ascending order.
struct Lookups {
    Lookups(const Tensor& indices, const Table& table)
        : first(static_cast<std::size_t>(table.all_rows()), -1), next(static_cast<std::size_t>(indices.numel())) {
        const auto* row = indices.data_ptr<std::int64_t>();
        for (std::size_t i = next.size(); i-- > 0;)
            if (!table.is_padding(row[i]))
                next[i] = std::exchange(first[static_cast<std::size_t>(row[i])], static_cast<std::int64_t>(i));
    }

    detail::PoolVector<std::int64_t> first, next;
};

/// How often the row of each index is looked up, with a last dimension of 1.
Tensor frequencies(const Tensor& indices, const Table& table, ScalarType dtype) {
    const NoGradGuard constant;
    const Tensor places = indices.reshape({-1});
    const Tensor one = ones({}, dtype).expand(places.sizes());
    const Tensor counts = index_add(zeros({table.all_rows()}, dtype), 0, places, one);
    return counts.index_select(0, places).view(indices.sizes()).unsqueeze(-1);
}

struct Embedding {
    static constexpr const char* name = "embedding";
    static constexpr Uses uses[] = {in(1), kNothing};

    Table table;
    bool scale_by_freq;

    Tensor forward(const Tensor& weight, const Tensor& indices) const {
        return copy_slices(name, weight, kRows, indices);
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? take_slices(tangents[0], kRows, inputs[1]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        if (dims[0] < 0 && !scale_by_freq) return {detail_op::apply(*this, x[0], x[1].movedim(dims[1], 0)), 0};
        const TensorList in = batches_first(x, dims);
        const Embedding batched{table.repeated(in[0].size(0)), scale_by_freq};
        const Tensor places = positions_in_batch(name, in[1], 0, table.all_rows());
        return {detail_op::apply(batched, in[0].flatten(0, 1), places), 0};
    }
};

/// Rows of a gradient summed where they belong in a tensor of zeros. Each row is written once and whole, by one thread
/// and in the order of the indices: most are zero, and they are many.
struct EmbeddingDenseBackward {
    static constexpr const char* name = "embedding_dense_backward";
    static constexpr Uses uses[] = {in(1), kNothing};

    Table table;

    Tensor forward(const Tensor& grad, const Tensor& indices) const {
        const Tensor g = grad.contiguous(), places = indices.contiguous();
        const std::int64_t width = g.size(-1);
        Tensor out = empty({table.all_rows(), width}, g.dtype());
        const Lookups lookups(places, table);
        const bool stream = out.nbytes() >= kStreamFrom;
        const auto sum = kernels().row_sums[float_index(g.dtype())];
        const std::int64_t grain = kGrain / std::max<std::int64_t>(width, 1);
        detail::parallel_for(0, table.all_rows(), grain, [&](std::int64_t begin, std::int64_t end) {
            auto* target = static_cast<std::byte*>(out.data_ptr()) + begin * width * out.element_size();
            sum({lookups.first.data() + begin, lookups.next.data(), end - begin, width, stream}, g.data_ptr(), target);
        });
        return out;
    }
    void vjp(Vjp& b) const {
        const Tensor indices = b.input(1), g = take_slices(b.grad(), kRows, indices);
        b.set(0, table.padding < 0 ? g : where((indices % table.rows == table.padding).unsqueeze(-1), 0, g));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? detail_op::apply(*this, tangents[0], inputs[1]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        const EmbeddingDenseBackward batched{table.repeated(in[0].size(0))};
        const Tensor places = positions_in_batch(name, in[1], 0, table.all_rows());
        const Tensor sums = detail_op::apply(batched, in[0], places);
        return {sums.view({in[0].size(0), table.all_rows(), sums.size(-1)}), 0};
    }
};

using Embeddings = Family<Embedding, EmbeddingDenseBackward>;

void Embedding::vjp(Vjp& b) const {
    const Tensor indices = b.input(1);
    const Tensor g = scale_by_freq ? b.grad() / frequencies(indices, table, b.grad().dtype()) : b.grad();
    b.set(0, Embeddings::apply(EmbeddingDenseBackward{table}, g, indices));
}

void check_indices(const char* name, const Tensor& weight, const Tensor& indices) {
    check_defined(name, weight);
    check_defined(name, indices);
    if (weight.dim() != 2) raise<ShapeError>(name, "'weight' must be 2-D, got shape ", shape_string(weight.sizes()));
    if (indices.dtype() != kInt64 && indices.dtype() != kInt32)
        raise<DtypeError>(name, "expected indices of dtype Long or Int, but got ", indices.dtype());
}

}  // namespace

std::vector<OpInfo> embedding_operations() { return Embeddings::table(); }

Tensor sum_rows(const Tensor& source, const Tensor& positions, std::int64_t rows) {
    return Embeddings::apply(EmbeddingDenseBackward{{rows, -1}}, source, positions);
}

}  // namespace ops

Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx, bool scale_grad_by_freq,
                 bool sparse) {
    constexpr const char* name = "embedding";
    ops::check_indices(name, weight, indices);
    if (sparse)
        raise<NotImplementedError>(name,
                                   "there are no sparse gradients: use sparse = false, which gives the same "
                                   "numbers in a dense one");
    const std::int64_t count = weight.size(0), padding = padding_idx >= 0 && padding_idx < count ? padding_idx : -1;
    return ops::Embeddings::apply(ops::Embedding{{count, padding}, scale_grad_by_freq}, weight, indices.to(kInt64));
}

Tensor embedding_renorm_(Tensor weight, const Tensor& indices, double max_norm, double norm_type) {
    ops::check_indices("embedding_renorm_", weight, indices);
    const NoGradGuard no_grad;
    const Tensor rows = indices.reshape({-1}).to(kInt64), values = weight.index_select(0, rows);
    const Tensor norms = values.norm(norm_type, {1}, true);
    // The small number is PyTorch's: a norm that rounding leaves above the limit would shrink again the next time.
    ops::put_slices(weight, ops::kRows, rows, where(norms > max_norm, values * (max_norm / (norms + 1e-7)), values));
    return weight;
}

}  // namespace xgrad
