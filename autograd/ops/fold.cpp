#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/fold.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad::ops {

using detail::Dims;

namespace {

// Where a long fold is cut, whatever the number of threads: the parts are folded in turn.
constexpr std::int64_t kElementsAtOnce = kGrain;
constexpr std::int64_t kRowsAtOnce = 128;
constexpr std::int64_t kColumnsAtOnce = 2048;  // as many results stay in the first-level cache
using detail::kMaxRank;

/// Neighbouring dimensions that can be walked as one.
struct Group {
    std::int64_t size, stride;
    bool folded;
};

struct Groups {
    Group list[kMaxRank + 1];
    std::size_t count = 0;

    std::size_t last_folded() const {
        std::size_t i = count;
        while (!list[--i].folded) {
        }
        return i;
    }
    bool several() const {
        return std::count_if(list, list + count, [](const Group& g) { return g.folded; }) > 1;
    }
    std::int64_t size_before(std::size_t end) const {
        std::int64_t n = 1;
        for (std::size_t i = 0; i < end; ++i) n *= list[i].size;
        return n;
    }
    /// True when the last folded group can be folded as it lies: one stride leads from each of its neighbours on the
    /// left to the next, and on the right the elements lie side by side.
    bool walkable() const {
        const std::size_t f = last_folded();
        for (std::size_t i = 0; i + 1 < f; ++i)
            if (list[i].stride != list[i + 1].stride * list[i + 1].size) return false;
        return f + 1 >= count ? list[f].stride == 1 || list[f].size == 1 : f + 2 == count && list[f + 1].stride == 1;
    }
};

void merge(Groups& groups) {
    std::size_t to = 0;
    for (std::size_t i = 1; i < groups.count; ++i) {
        Group& last = groups.list[to];
        const Group& next = groups.list[i];
        if (last.folded == next.folded && last.stride == next.stride * next.size)
            last = {last.size * next.size, next.stride, last.folded};
        else
            groups.list[++to] = next;
    }
    groups.count = to + 1;
}

Groups groups_of(const Tensor& x, const Reduced& over) {
    const IntArrayRef sizes = x.sizes(), strides = x.strides();
    Groups groups;
    for (std::size_t d = 0; d < sizes.size(); ++d)
        if (sizes[d] != 1) groups.list[groups.count++] = {sizes[d], strides[d], over.contains(d)};
    if (std::none_of(groups.list, groups.list + groups.count, [](const Group& g) { return g.folded; })) {
        std::copy_backward(groups.list, groups.list + groups.count, groups.list + groups.count + 1);
        groups.list[0] = {1, x.numel(), true};
        ++groups.count;
    }
    merge(groups);
    return groups;
}

/// The dimensions from the one with the longest steps in memory to that with the shortest; repeated elements come
/// first.
Dims memory_order(const Tensor& x) {
    Dims order(x.sizes().size());
    const auto steps_over = [&](std::int64_t a, std::int64_t b) {
        const std::int64_t sa = x.strides()[static_cast<std::size_t>(a)], sb = x.strides()[static_cast<std::size_t>(b)];
        return sa == 0 ? sb != 0 : sb != 0 && sa > sb;
    };
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = static_cast<std::int64_t>(i);
        for (std::size_t k = i; k > 0 && steps_over(order[k], order[k - 1]); --k) std::swap(order[k], order[k - 1]);
    }
    return order;
}

/// out[o][j] = fold over r of in[o * outer_stride + r * stride + j].
struct Walk {
    std::int64_t outer, n, inner, outer_stride, stride;

    bool by_rows() const { return inner == 1 && (stride == 1 || n == 1); }
    std::int64_t part() const { return by_rows() ? kElementsAtOnce : kRowsAtOnce; }
    std::int64_t parts() const { return (n + part() - 1) / part(); }
};

/// Folds each part: out[o][part][j].
void fold_parts(const FoldKernels& kernel, const std::byte* in, std::int64_t bytes, const Walk& w, std::byte* out) {
    const std::int64_t part = w.part(), parts = w.parts(), length = std::min(part, w.n);
    if (w.by_rows() && parts == 1) {
        detail::parallel_for(
            0, w.outer, std::max<std::int64_t>(kGrain / length, 1), [&](std::int64_t b, std::int64_t e) {
                kernel.rows(in + b * w.outer_stride * bytes, w.outer_stride, w.n, out + b * bytes, e - b);
            });
        return;
    }
    const std::int64_t width = std::min(w.inner, kColumnsAtOnce), strips = (w.inner + width - 1) / width;
    const std::int64_t units = w.outer * parts * strips;
    detail::parallel_for(0, units, std::max<std::int64_t>(kGrain / (length * width), 1),
                         [&](std::int64_t b, std::int64_t e) {
                             for (std::int64_t unit = b; unit < e; ++unit) {
                                 const std::int64_t row = unit / strips, first = unit % strips * width;
                                 const std::int64_t o = row / parts, from = row % parts * part;
                                 const std::byte* source = in + (o * w.outer_stride + from * w.stride + first) * bytes;
                                 std::byte* target = out + (row * w.inner + first) * bytes;
                                 const std::int64_t rows = std::min(part, w.n - from);
                                 if (w.by_rows())
                                     kernel.rows(source, 0, rows, target, 1);
                                 else
                                     kernel.columns(source, w.stride, rows, target, std::min(width, w.inner - first));
                             }
                         });
}

void fold_walk(Fold kind, ScalarType dtype, const void* in, const Walk& w, void* out) {
    const FoldKernels& kernel = kernels().folds[static_cast<int>(kind)][static_cast<int>(dtype)];
    const std::int64_t bytes = element_size(dtype), parts = w.parts();
    const auto* source = static_cast<const std::byte*>(in);
    if (parts == 1) return fold_parts(kernel, source, bytes, w, static_cast<std::byte*>(out));
    const Tensor partial = empty({w.outer * parts * w.inner}, dtype);
    fold_parts(kernel, source, bytes, w, static_cast<std::byte*>(partial.data_ptr()));
    const Fold again = kind == Fold::kSumOfSquares ? Fold::kSum : kind;
    fold_walk(again, dtype, partial.data_ptr(), {w.outer, parts, w.inner, parts * w.inner, w.inner}, out);
}

/// What is left when group f has been folded, contiguous.
void remove_folded(Groups& groups, std::size_t f) {
    std::copy(groups.list + f + 1, groups.list + groups.count, groups.list + f);
    --groups.count;
    std::int64_t step = 1;
    for (std::size_t i = groups.count; i-- > 0; step *= groups.list[i].size) groups.list[i].stride = step;
    merge(groups);
}

ScalarType kernel_dtype(ScalarType dtype) { return dtype == kBool ? kUInt8 : dtype; }

/// Folds in the order of memory and puts what is left into that of the dimensions.
Tensor fold_permuted(Fold kind, const Tensor& x, const Reduced& over, const Dims& order) {
    Reduced permuted;
    Dims kept;  // the dimensions that the result has, in the order of memory
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto d = static_cast<std::size_t>(order[i]);
        if (over.contains(d)) {
            permuted.dims |= std::uint64_t{1} << i;
        } else {
            permuted.shape.push_back(x.sizes()[d]);
            kept.push_back(order[i]);
        }
    }
    Dims back(kept.size());  // for each dimension of the result its place in `kept`
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const auto rank = std::count_if(kept.begin(), kept.end(), [&](std::int64_t d) { return d < kept[i]; });
        back[static_cast<std::size_t>(rank)] = static_cast<std::int64_t>(i);
    }
    return fold(kind, x.permute(order), permuted).permute(back).contiguous().view(over.shape);
}

}  // namespace

Tensor fold(Fold kind, const Tensor& x, const Reduced& over) {
    if (x.sizes().size() > kMaxRank)
        raise<ShapeError>("reduce", "only tensors with up to ", kMaxRank, " dims are supported, got ", x.dim());
    if (!x.is_contiguous()) {
        const Dims order = memory_order(x);
        if (!std::is_sorted(order.begin(), order.end())) return fold_permuted(kind, x, over, order);
    }
    Tensor out = empty(over.shape, x.dtype());
    if (out.numel() == 0) return out;
    if (x.numel() == 0) return out.zero_();
    const ScalarType dtype = kernel_dtype(x.dtype());
    Tensor source = x;
    Groups groups = groups_of(source, over);
    if (!groups.walkable()) {
        source = x.contiguous();
        groups = groups_of(source, over);
    }
    for (;;) {
        const std::size_t f = groups.last_folded();
        const Group& g = groups.list[f];
        Walk walk{groups.size_before(f), g.size, f + 1 < groups.count ? groups.list[f + 1].size : 1,
                  f > 0 ? groups.list[f - 1].stride : 0, g.stride};
        const bool last = !groups.several();
        const Tensor target = last ? out : empty({walk.outer * walk.inner}, x.dtype());
        fold_walk(kind, dtype, source.data_ptr(), walk, target.data_ptr());
        if (last) return out;
        remove_folded(groups, f);
        source = target;
        if (kind == Fold::kSumOfSquares) kind = Fold::kSum;
    }
}

Tensor find(const Tensor& x, std::int64_t dim, const Tensor& values) {
    Tensor index = empty(values.sizes(), kInt64);
    if (index.numel() == 0) return index;
    const IntArrayRef sizes = x.sizes();
    const auto d = static_cast<std::size_t>(dim);
    const std::int64_t n = sizes.empty() ? 1 : sizes[d];
    std::int64_t inner = 1;
    for (std::size_t i = d + 1; i < sizes.size(); ++i) inner *= sizes[i];
    const ScalarType dtype = kernel_dtype(x.dtype());
    const FindKernels& kernel = kernels().find[static_cast<int>(dtype)];
    const std::int64_t bytes = element_size(dtype);
    const auto* in = static_cast<const std::byte*>(x.data_ptr());
    const auto* wanted = static_cast<const std::byte*>(values.data_ptr());
    std::int64_t* found = index.data_ptr<std::int64_t>();
    if (inner == 1) {
        detail::parallel_for(0, index.numel(), std::max<std::int64_t>(kGrain / n, 1),
                             [&](std::int64_t b, std::int64_t e) {
                                 kernel.rows(in + b * n * bytes, n, wanted + b * bytes, found + b, e - b);
                             });
        return index;
    }
    const std::int64_t width = std::min(inner, kColumnsAtOnce), strips = (inner + width - 1) / width;
    detail::parallel_for(0, index.numel() / inner * strips, std::max<std::int64_t>(kGrain / (n * width), 1),
                         [&](std::int64_t b, std::int64_t e) {
                             for (std::int64_t unit = b; unit < e; ++unit) {
                                 const std::int64_t o = unit / strips, first = unit % strips * width;
                                 const std::int64_t at = o * inner + first;
                                 kernel.columns(in + (o * n * inner + first) * bytes, inner, n, wanted + at * bytes,
                                                found + at, std::min(width, inner - first));
                             }
                         });
    return index;
}

}  // namespace xgrad::ops
