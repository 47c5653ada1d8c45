#include <xgrad/autograd/ops/indexing/sparse_map.h>

#include <algorithm>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/parallel.h>

namespace xgrad::ops {

namespace {

/// How many terms each result has, or -1 when the numbers differ.
std::int64_t terms_of(const SparseMap& map) {
    const std::int64_t terms = map.rows() > 0 ? map.starts[1] : 0;
    for (std::size_t r = 1; r < map.starts.size(); ++r)
        if (map.starts[r] - map.starts[r - 1] != terms) return -1;
    return terms;
}

std::byte* at(const Tensor& x, std::int64_t element) {
    return static_cast<std::byte*>(x.data_ptr()) + element * x.element_size();
}

}  // namespace

SparseMap SparseMap::transposed() const {
    SparseMap out(rows());
    out.starts.assign(static_cast<std::size_t>(inputs) + 1, 0);
    for (const auto column : columns) ++out.starts[static_cast<std::size_t>(column) + 1];
    for (std::size_t r = 1; r < out.starts.size(); ++r) out.starts[r] += out.starts[r - 1];
    out.columns.resize(columns.size());
    out.entries.resize(columns.size());
    auto next = out.starts;
    for (std::int64_t r = 0; r < rows(); ++r)
        for (auto p = static_cast<std::size_t>(starts[static_cast<std::size_t>(r)]);
             p < static_cast<std::size_t>(starts[static_cast<std::size_t>(r) + 1]); ++p) {
            const auto place = static_cast<std::size_t>(next[static_cast<std::size_t>(columns[p])]++);
            out.columns[place] = r;
            out.entries[place] = entries.empty() ? static_cast<std::int64_t>(p) : entries[p];
        }
    return out;
}

SparseMap SparseMap::repeated(std::int64_t count, std::int64_t values) const {
    SparseMap out(inputs * count);
    for (std::int64_t i = 0; i < count; ++i)
        for (std::size_t r = 1; r < starts.size(); ++r) {
            for (auto p = static_cast<std::size_t>(starts[r - 1]); p < static_cast<std::size_t>(starts[r]); ++p)
                out.add(columns[p] + i * inputs,
                        (entries.empty() ? static_cast<std::int64_t>(p) : entries[p]) + i * values);
            out.end_row();
        }
    return out;
}

Tensor apply_map(const SparseMap& map, const Tensor& values, const Tensor& x, std::int64_t dim) {
    const Tensor source = x.contiguous(), factors = values.defined() ? values.contiguous() : values;
    detail::Dims sizes = x.sizes();
    std::int64_t outer = 1, inner = 1;
    for (std::int64_t d = 0; d < x.dim(); ++d)
        if (d != dim) (d < dim ? outer : inner) *= x.size(d);
    sizes[static_cast<std::size_t>(dim)] = map.rows();
    Tensor out = empty(sizes, x.dtype());
    if (out.numel() == 0) return out;
    const auto& kernel = kernels().sparse_rows[float_index(x.dtype())];
    const void* v = factors.defined() ? factors.data_ptr() : nullptr;
    const SparseRows all{map.starts.data(), map.columns.data(), map.entries.empty() ? nullptr : map.entries.data(),
                         map.rows(), terms_of(map)};
    const std::int64_t terms = std::max<std::int64_t>(static_cast<std::int64_t>(map.columns.size()) / map.rows(), 1);
    const auto grain = [&](std::int64_t numbers) { return std::max<std::int64_t>(kGrain / (numbers * terms), 1); };
    if (inner == 1) {
        detail::parallel_for(0, outer, grain(map.rows()), [&](std::int64_t begin, std::int64_t end) {
            kernel.vectors(all, v, at(source, begin * map.inputs), at(out, begin * map.rows()), end - begin,
                           map.inputs);
        });
        return out;
    }
    detail::parallel_for(0, outer * map.rows(), grain(inner), [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            const std::int64_t slab = begin / map.rows(), row = begin % map.rows();
            SparseRows some = all;
            some.starts += row;
            some.rows = std::min(map.rows() - row, end - begin);
            kernel.rows(some, v, at(source, slab * map.inputs * inner), at(out, begin * inner), inner);
            begin += some.rows;
        }
    });
    return out;
}

}  // namespace xgrad::ops
