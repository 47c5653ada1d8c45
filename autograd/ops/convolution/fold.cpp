#include <xgrad/autograd/ops/convolution/fold.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/indexing/groups.h>
#include <xgrad/autograd/ops/kernels/table.h>

namespace xgrad::ops {

using detail::kMaxRank;

namespace {

/// What folds the results of a fold.
Fold again(Fold kind) {
    switch (kind) {
        case Fold::kSumOfSquares:
        case Fold::kSumOfAbs:
            return Fold::kSum;
        case Fold::kMaxAbs:
            return Fold::kMax;
        case Fold::kMinAbs:
            return Fold::kMin;
        default:
            return kind;
    }
}

/// Folds each part.
void fold_parts(const FoldKernels& kernel, const std::byte* in, std::int64_t bytes, const Walk& w, std::byte* out) {
    w.for_each_part(
        [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t runs) {
            kernel.rows(in + from * bytes, w.outer_stride, n, out + to * bytes, runs);
        },
        [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t width) {
            kernel.columns(in + from * bytes, w.stride, n, out + to * bytes, width);
        });
}

void fold_walk(Fold kind, ScalarType dtype, const void* in, const Walk& w, void* out) {
    const FoldKernels& kernel = kernels().folds[static_cast<int>(kind)][static_cast<int>(dtype)];
    const std::int64_t bytes = element_size(dtype), parts = w.parts();
    const auto* source = static_cast<const std::byte*>(in);
    if (parts == 1) return fold_parts(kernel, source, bytes, w, static_cast<std::byte*>(out));
    const Tensor partial = empty({w.outer * parts * w.inner}, dtype);
    fold_parts(kernel, source, bytes, w, static_cast<std::byte*>(partial.data_ptr()));
    fold_walk(again(kind), dtype, partial.data_ptr(), {w.outer, parts, w.inner, parts * w.inner, w.inner}, out);
}

ScalarType kernel_dtype(ScalarType dtype) { return dtype == kBool ? kUInt8 : dtype; }

}  // namespace

Tensor fold(Fold kind, const Tensor& x, const Reduced& over) {
    if (x.sizes().size() > kMaxRank)
        raise<ShapeError>("reduce", "only tensors with up to ", kMaxRank, " dims are supported, got ", x.dim());
    if (const InMemoryOrder ordered(x, over); ordered.differs)
        return ordered.restore(fold(kind, ordered.x, ordered.over));
    Tensor out = empty(over.shape, x.dtype());
    if (out.numel() == 0) return out;
    if (x.numel() == 0) return kind == Fold::kProduct ? out.fill_(1) : out.zero_();
    const ScalarType dtype = kernel_dtype(x.dtype());
    Tensor source = x;
    Groups groups = groups_of(source, over);
    if (!groups.walkable()) {
        source = x.contiguous();
        groups = groups_of(source, over);
    }
    for (;; kind = again(kind)) {
        const Walk walk = groups.walk();
        const bool last = !groups.several();
        const Tensor target = last ? out : empty({walk.outer * walk.inner}, x.dtype());
        fold_walk(kind, dtype, source.data_ptr(), walk, target.data_ptr());
        if (last) return out;
        groups.remove_folded();
        source = target;
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
