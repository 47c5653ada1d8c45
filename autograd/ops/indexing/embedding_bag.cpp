#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/sparse_map.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <memory>

namespace xgrad {

namespace ops {

namespace {

enum Mode : std::int64_t { kSumMode, kMeanMode, kMaxMode };

/// Which rows of a table make which bags, or the other way round. Tensors are int64, one element for each index.
struct Bags {
    std::shared_ptr<const SparseMap> map;
    Tensor from, into;  // the rows it reads and those it writes
    Tensor ignored;     // true where the index does not count; undefined when all do
    Tensor frequency;   // by which the gradient of a row of the table is divided; undefined: it is not

    Bags turned() const { return {std::make_shared<SparseMap>(map->transposed()), into, from, ignored, {}}; }
    /// The bags of `count` tables and as many vectors of values, one after the other.
    Bags repeated(std::int64_t count) const {
        const Tensor number = arange(count).unsqueeze(1);
        return {std::make_shared<SparseMap>(map->repeated(count, from.numel())),
                (from + number * map->inputs).flatten(), (into + number * map->rows()).flatten(),
                ignored.defined() ? ignored.repeat({count}) : ignored,
                frequency.defined() ? frequency.repeat({count, 1}) : frequency};
    }
};

/// Sums of rows of a table, times the values, input 1, if they are there.
struct BagSum {
    static constexpr const char* name = "embedding_bag";
    static constexpr Uses uses[] = {in(1), in(0)};

    Bags bags;

    Tensor forward(const Tensor& table) const { return apply_map(*bags.map, {}, table, 0); }
    Tensor forward(const Tensor& table, const Tensor& values) const { return apply_map(*bags.map, values, table, 0); }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        if (x.size() == 1) return detail_op::apply(*this, t[0]);
        Tensor tangent;
        if (t[0].defined()) tangent = detail_op::apply(*this, t[0], x[1]);
        return t[1].defined() ? add_tangents(tangent, detail_op::apply(*this, x[0], t[1])) : tangent;
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const std::int64_t count = batch_size(x, dims);
        if (x.size() > 1 && dims[1] >= 0) {  // more bags
            const Tensor sums = apply_to(BagSum{bags.repeated(count)}, fold_batches(x, dims, {0, 0}));
            return {split_dim(sums, 0, count, bags.map->rows()), 0};
        }
        const Tensor tables = x[0].movedim(dims[0], 1), wide = tables.flatten(1, 2);  // wider rows
        const Tensor sums = x.size() > 1 ? detail_op::apply(*this, wide, x[1]) : detail_op::apply(*this, wide);
        return {split_dim(sums, 1, count, tables.size(2)), 1};
    }
};

/// The largest of the rows of each bag, of equal ones the first, and which they are; -1 for an empty bag, whose result
/// is 0.
struct BagMax {
    static constexpr const char* name = "embedding_bag_max";
    static constexpr Uses uses[] = {out(1)};
    static constexpr unsigned differentiable = 1;

    std::shared_ptr<const SparseMap> map;

    std::array<Tensor, 2> forward(const Tensor& table) const {
        const Tensor source = table.contiguous();
        Tensor largest = empty({map->rows(), table.size(1)}, table.dtype()), which = empty(largest.sizes(), kInt64);
        if (table.dtype() == kFloat32)
            run<float>(source, largest, which);
        else
            run<double>(source, largest, which);
        return {largest, which};
    }
    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const Tensor which = b.output(1), nothing = which < 0;
        const Tensor zero = zeros({}, g.dtype()).expand(b.meta(0).sizes);
        b.set(0, scatter_add(zero, 0, where(nothing, 0, which), where(nothing, 0, g)));
    }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> t, std::span<const Tensor> y) const {
        const Tensor &which = y[1], nothing = which < 0;
        return where(nothing, 0, t[0].gather(0, where(nothing, 0, which)));
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_folded(*this, x, dims, 1, {1, 1});  // wider rows
    }

  private:
    template <class T>
    void run(const Tensor& source, const Tensor& largest, const Tensor& which) const {
        const std::int64_t width = source.size(1);
        const std::int64_t work = std::max<std::int64_t>(
            width * static_cast<std::int64_t>(map->columns.size()) / std::max<std::int64_t>(map->rows(), 1), 1);
        const std::int64_t grain = std::max<std::int64_t>(kGrain / work, 1);
        detail::parallel_for(0, map->rows(), grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                T* best = largest.data_ptr<T>() + r * width;
                std::int64_t* row = which.data_ptr<std::int64_t>() + r * width;
                std::fill_n(best, width, T(0));
                std::fill_n(row, width, -1);
                const auto first = map->starts[static_cast<std::size_t>(r)];
                for (auto p = first; p < map->starts[static_cast<std::size_t>(r) + 1]; ++p) {
                    const std::int64_t column = map->columns[static_cast<std::size_t>(p)];
                    const T* x = source.data_ptr<T>() + column * width;
                    for (std::int64_t j = 0; j < width; ++j)
                        if (p == first || x[j] > best[j]) {
                            best[j] = x[j];
                            row[j] = column;
                        }
                }
            }
        });
    }
};

using EmbeddingBags = Family<BagSum, BagMax>;

void BagSum::vjp(Vjp& b) const {
    const Tensor& g = b.grad();
    const bool weighted = b.num_inputs() > 1;
    if (b.needs(0)) {
        const BagSum back{bags.turned()};
        const Tensor dtable = weighted ? EmbeddingBags::apply(back, g, b.input(1)) : EmbeddingBags::apply(back, g);
        b.set(0, bags.frequency.defined() ? dtable / bags.frequency.to(g.dtype()) : dtable);
    }
    if (!weighted || !b.needs(1)) return;
    const Tensor dvalues = (g.index_select(0, bags.into) * b.input(0).index_select(0, bags.from)).sum(-1);
    b.set(1, bags.ignored.defined() ? where(bags.ignored, 0, dvalues) : dvalues);
}

constexpr const char* kName = BagSum::name;

void check_arguments(const Tensor& weight, const Tensor& indices, const Tensor& offsets, const Tensor& values,
                     std::int64_t mode, bool scale_by_freq, bool sparse, bool last) {
    check_defined(kName, weight);
    check_defined(kName, indices);
    check_defined(kName, offsets);
    if (weight.dim() != 2) raise<ShapeError>(kName, "weight has to be a 2D Tensor, but got shape ", weight.sizes());
    if (!weight.is_floating_point())
        raise<DtypeError>(kName, "needs a weight of floating point dtype, got ", weight.dtype());
    for (const Tensor* x : {&indices, &offsets}) {
        if (x->dtype() != kInt64 && x->dtype() != kInt32)
            raise<DtypeError>(kName, "expected indices and offsets of dtype Long or Int, but got ", x->dtype());
        if (x->dim() != 1)
            raise<ShapeError>(kName, "input and offsets have to be 1D Tensors, but got shapes ", indices.sizes(),
                              " and ", offsets.sizes());
    }
    if (mode < kSumMode || mode > kMaxMode)
        raise<ValueError>(kName, "mode has to be 0 (sum), 1 (mean) or 2 (max), got ", mode);
    if (mode == kMaxMode && scale_by_freq)
        raise<ValueError>(kName, "max mode does not support scaling the gradient by the frequency");
    if (sparse)
        raise<NotImplementedError>(kName,
                                   "there are no sparse gradients: use sparse = false, which gives the same "
                                   "numbers in a dense one");
    if (last && offsets.numel() == 0)
        raise<ShapeError>(kName, "include_last_offset: number of offsets should be at least 1");
    if (!values.defined()) return;
    if (mode != kSumMode)
        raise<ValueError>(kName, "per_sample_weights only supported with mode='sum' (0), got mode ", mode);
    if (values.sizes() != indices.sizes())
        raise<ShapeError>(kName, "expected per_sample_weights to have the same shape as the input, got ",
                          values.sizes(), " and ", indices.sizes());
    if (values.dtype() != weight.dtype())
        raise<DtypeError>(kName, "expected per_sample_weights of dtype ", weight.dtype(), " but found ",
                          values.dtype());
}

/// Where bag b ends.
std::int64_t end_of(const std::int64_t* offsets, std::int64_t b, std::int64_t bags, std::int64_t given,
                    std::int64_t indices) {
    return b + 1 < bags || given > bags ? offsets[b + 1] : indices;
}

void check_positions(const Tensor& indices, const Tensor& offsets, std::int64_t bags, std::int64_t rows) {
    const std::int64_t n = indices.numel();
    const auto* start = offsets.data_ptr<std::int64_t>();
    if (offsets.numel() > 0 && start[0] != 0)
        raise<ValueError>(kName,
                          "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from ",
                          "position 0. However, got ", start[0]);
    for (std::int64_t b = 0; b < bags; ++b)
        if (const std::int64_t end = end_of(start, b, bags, offsets.numel(), n); end < start[b] || end > n)
            raise<ValueError>(kName, "offsets must not decrease, and offsets[-1] can not be greater than input's ",
                              "length ", n, ", but bag ", b, " goes from ", start[b], " to ", end);
    const auto* index = indices.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < n; ++i)
        if (index[i] < 0 || index[i] >= rows)
            raise<IndexError>(kName, "Expected idx >= 0 && idx < num_embeddings (", rows, ") but found idx to be ",
                              index[i]);
}

}  // namespace

std::vector<OpInfo> embedding_bag_operations() { return EmbeddingBags::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq,
                                                         std::int64_t mode, bool sparse,
                                                         const std::optional<Tensor>& per_sample_weights,
                                                         bool include_last_offset) {
    return embedding_bag(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights,
                         include_last_offset, std::nullopt);
}

std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq,
                                                         std::int64_t mode, bool sparse,
                                                         const std::optional<Tensor>& per_sample_weights,
                                                         bool include_last_offset,
                                                         std::optional<std::int64_t> padding_idx) {
    const Tensor values = per_sample_weights.value_or(Tensor());
    ops::check_arguments(weight, indices, offsets, values, mode, scale_grad_by_freq, sparse, include_last_offset);
    const std::int64_t rows = weight.size(0), n = indices.numel();
    std::int64_t padding = padding_idx.value_or(-1);
    if (padding_idx && (padding < -rows || padding >= rows))
        raise<ValueError>(ops::kName, "padding_idx must be within the number of embeddings, -", rows, " through ",
                          rows - 1, " but got ", padding);
    if (padding_idx && padding < 0) padding += rows;
    // Copies: the caller may change the indices before the backward pass.
    const Tensor places = indices.to(kInt64, false, true).contiguous(), starts = offsets.to(kInt64).contiguous();
    const std::int64_t bags = offsets.numel() - (include_last_offset ? 1 : 0);
    ops::check_positions(places, starts, bags, rows);
    auto map = std::make_shared<ops::SparseMap>(rows);
    map->columns.reserve(static_cast<std::size_t>(n));
    map->starts.reserve(static_cast<std::size_t>(bags) + 1);
    const Tensor bag_of = zeros({n}, kInt64), sizes = empty({bags}, kInt64);
    const auto* index = places.data_ptr<std::int64_t>();
    const auto* start = starts.data_ptr<std::int64_t>();
    for (std::int64_t b = 0; b < bags; ++b) {
        const std::int64_t end = ops::end_of(start, b, bags, starts.numel(), n);
        std::fill(bag_of.data_ptr<std::int64_t>() + start[b], bag_of.data_ptr<std::int64_t>() + end, b);
        if (!padding_idx) map->columns.insert(map->columns.end(), index + start[b], index + end);
        for (std::int64_t i = start[b]; padding_idx && i < end; ++i)
            if (index[i] != padding) map->add(index[i], i);
        map->end_row();
        sizes.data_ptr<std::int64_t>()[b] =
            map->starts[static_cast<std::size_t>(b) + 1] - map->starts[static_cast<std::size_t>(b)];
    }
    const auto none = [] { return empty({0}, kInt64); };
    if (mode == ops::kMaxMode) {
        const auto [largest, which] = ops::EmbeddingBags::apply(ops::BagMax{map}, weight);
        return {largest, bag_of, sizes, which.clamp_min(0)};
    }
    const std::int64_t used = bags > 0 ? ops::end_of(start, bags - 1, bags, starts.numel(), n) : 0;
    Tensor ignored = padding_idx ? places == padding : Tensor();
    if (used < n) {  // behind the last offset
        const Tensor behind = arange(n) >= used;
        ignored = ignored.defined() ? ignored | behind : behind;
    }
    Tensor frequency;
    if (scale_grad_by_freq) {
        frequency = zeros({rows, 1}, kInt64);
        for (const auto column : map->columns) ++frequency.data_ptr<std::int64_t>()[column];
        frequency = frequency.clamp_min(1);
    }
    const ops::BagSum op{{map, places, bag_of, ignored, frequency}};
    Tensor sum =
        values.defined() ? ops::EmbeddingBags::apply(op, weight, values) : ops::EmbeddingBags::apply(op, weight);
    if (mode == ops::kMeanMode) sum = sum / sizes.clamp_min(1).to(weight.dtype()).unsqueeze(1);
    return {sum, bag_of, sizes, none()};
}

}  // namespace xgrad
