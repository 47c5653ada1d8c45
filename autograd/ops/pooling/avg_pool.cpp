#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/pooling/pool.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

namespace xgrad {

using detail::PoolVector;

namespace ops {

namespace {

struct MeanShape : PoolShape {
    bool count_padding = true;
    std::int64_t divisor = 0;  // instead of the number of elements, unless 0

    /// The divisor of windows (a, b, c) is the product of both.
    std::int64_t divisor_of_rows(std::int64_t a, std::int64_t b) const {
        return divisor != 0 ? divisor : length(0, a, count_padding) * length(1, b, count_padding);
    }
    std::int64_t divisor_of_column(std::int64_t c) const { return divisor != 0 ? 1 : length(2, c, count_padding); }
    /// Calls f(plane) for each plane of `x`, with threads.
    template <class F>
    void for_planes(const Tensor& x, F f) const {
        const std::int64_t size = std::max<std::int64_t>(product(in), 1);
        detail::parallel_for(0, planes(x), std::max<std::int64_t>(kGrain / size, 1),
                             [&](std::int64_t i, std::int64_t end) {
                                 for (; i < end; ++i) f(i);
                             });
    }
    /// Calls f(first element) for each row that windows (a, b, ...) reach over.
    template <class F>
    void for_rows(std::int64_t a, std::int64_t b, F f) const {
        for (std::int64_t i = begin(0, a); i < end(0, a); ++i)
            for (std::int64_t j = begin(1, b); j < end(1, b); ++j) f((i * in[1] + j) * in[2]);
    }
};

template <class T>
void mean_plane(const MeanShape& s, const T* x, T* y) {
    PoolVector<std::int64_t> starts;
    PoolVector<const void*> rows;
    const auto window = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
        T sum = 0;
        for (const std::int64_t start : starts)
            for (std::int64_t i = start + s.begin(2, c); i < start + s.end(2, c); ++i) sum = static_cast<T>(sum + x[i]);
        y[c] = sum / static_cast<T>(s.divisor_of_rows(a, b) * s.divisor_of_column(c));
    };
    auto [first, last] = s.inner();
    if (!std::is_floating_point_v<T> || s.stride[2] > 2) first = last = 0;
    for (std::int64_t a = 0; a < s.out[0]; ++a)
        for (std::int64_t b = 0; b < s.out[1]; ++b, y += s.out[2]) {
            starts.clear();
            s.for_rows(a, b, [&](std::int64_t start) { starts.push_back(start); });
            for (std::int64_t c = 0; c < first; ++c) window(a, b, c);
            for (std::int64_t c = last; c < s.out[2]; ++c) window(a, b, c);
            if constexpr (std::is_floating_point_v<T>) {
                if (first >= last) continue;
                rows.clear();
                const std::int64_t begin = s.begin(2, first);
                for (const std::int64_t start : starts) rows.push_back(x + start + begin);
                kernels().pool[float_index(scalar_type_v<T>)].mean(
                    {rows.data(), static_cast<std::int64_t>(rows.size()), s.kernel[2], 1, s.stride[2], last - first,
                     s.in[2] - begin},
                    static_cast<double>(s.divisor_of_rows(a, b) * s.divisor_of_column(first)), y + first);
            }
        }
}

/// A window along the last dimension.
struct Column {
    std::int64_t begin, end, divisor;
};

/// Adds each element's share to all of its window.
template <class T>
void spread_plane(const MeanShape& s, const PoolVector<Column>& columns, const T* g, T* x) {
    PoolVector<T> shares(columns.size());
    std::fill_n(x, product(s.in), T(0));
    for (std::int64_t a = 0; a < s.out[0]; ++a)
        for (std::int64_t b = 0; b < s.out[1]; ++b, g += s.out[2]) {
            const std::int64_t rows = s.divisor_of_rows(a, b);
            for (std::size_t c = 0; c < columns.size(); ++c)
                shares[c] = g[c] / static_cast<T>(rows * columns[c].divisor);
            s.for_rows(a, b, [&](std::int64_t start) {
                for (std::size_t c = 0; c < columns.size(); ++c)
                    for (std::int64_t j = columns[c].begin; j < columns[c].end; ++j) x[start + j] += shares[c];
            });
        }
}

/// The means of windows, or sums over another divisor.
struct AvgPool {
    static constexpr const char* name = "avg_pool";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    MeanShape shape;

    Tensor forward(const Tensor& x) const {
        const Tensor from = x.contiguous();
        Tensor y = empty(with_last(x.sizes(), shape.out, shape.dims), x.dtype());
        const auto run = [&]<class T>(T) {
            shape.for_planes(x, [&](std::int64_t i) {
                mean_plane(shape, from.data_ptr<T>() + i * product(shape.in), y.data_ptr<T>() + i * product(shape.out));
            });
        };
        if (x.dtype() == kInt64)
            run(std::int64_t{});
        else
            visit_float(x.dtype(), run);
        return y;
    }
    void vjp(Vjp& b) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(*this, x[0].movedim(dims[0], 0)), 0};
    }
};

/// Each element divided and added to all of its window.
struct AvgPoolBackward {
    static constexpr const char* name = "avg_pool_backward";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    MeanShape shape;

    Tensor forward(const Tensor& g) const {
        const Tensor from = g.contiguous();
        Tensor x = empty(with_last(g.sizes(), shape.in, shape.dims), g.dtype());
        PoolVector<Column> columns;
        for (std::int64_t c = 0; c < shape.out[2]; ++c)
            columns.push_back({shape.begin(2, c), shape.end(2, c), shape.divisor_of_column(c)});
        visit_float(g.dtype(), [&]<class T>(T) {
            shape.for_planes(g, [&](std::int64_t i) {
                spread_plane(shape, columns, from.data_ptr<T>() + i * product(shape.out),
                             x.data_ptr<T>() + i * product(shape.in));
            });
        });
        return x;
    }
    void vjp(Vjp& b) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(*this, x[0].movedim(dims[0], 0)), 0};
    }
};

using AvgPools = Family<AvgPool, AvgPoolBackward>;

void AvgPool::vjp(Vjp& b) const { b.set(0, AvgPools::apply(AvgPoolBackward{shape}, b.grad())); }
void AvgPoolBackward::vjp(Vjp& b) const { b.set(0, AvgPools::apply(AvgPool{shape}, b.grad())); }

Tensor avg_pool(const char* name, std::size_t dims, const Tensor& x, IntArrayRef kernel, IntArrayRef stride,
                IntArrayRef padding, bool ceil_mode, bool count_include_pad, std::optional<std::int64_t> divisor) {
    const PoolShape shape = PoolRequest{name, dims}.sliding(x, kernel, stride, padding, 1, ceil_mode);
    if (divisor == 0) raise<ValueError>(name, "divisor must be not zero");
    if (!x.is_floating_point() && x.dtype() != kInt64)
        raise<DtypeError>(name, "needs an input of floating point dtype or Long, got ", x.dtype());
    return AvgPools::apply(AvgPool{{shape, count_include_pad, divisor.value_or(0)}}, x);
}

Tensor adaptive_avg_pool(const char* name, std::size_t dims, const Tensor& x, IntArrayRef out) {
    const PoolShape shape = PoolRequest{name, dims}.adaptive(x, out);
    if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
    if (product(shape.out) != 1) return AvgPools::apply(AvgPool{{shape, true, 0}}, x);
    static constexpr std::int64_t kLast[] = {-3, -2, -1};
    return x.mean(IntArrayRef(kLast + 3 - dims, dims), true);
}

}  // namespace

std::vector<OpInfo> avg_pool_operations() { return AvgPools::table(); }

}  // namespace ops

Tensor avg_pool1d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad) {
    return ops::avg_pool("avg_pool1d", 1, self, kernel_size, stride, padding, ceil_mode, count_include_pad,
                         std::nullopt);
}
Tensor avg_pool2d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<std::int64_t> divisor_override) {
    return ops::avg_pool("avg_pool2d", 2, self, kernel_size, stride, padding, ceil_mode, count_include_pad,
                         divisor_override);
}
Tensor avg_pool3d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<std::int64_t> divisor_override) {
    return ops::avg_pool("avg_pool3d", 3, self, kernel_size, stride, padding, ceil_mode, count_include_pad,
                         divisor_override);
}

Tensor adaptive_avg_pool1d(const Tensor& self, IntArrayRef output_size) {
    return ops::adaptive_avg_pool("adaptive_avg_pool1d", 1, self, output_size);
}
Tensor adaptive_avg_pool2d(const Tensor& self, IntArrayRef output_size) {
    return ops::adaptive_avg_pool("adaptive_avg_pool2d", 2, self, output_size);
}
Tensor adaptive_avg_pool3d(const Tensor& self, IntArrayRef output_size) {
    return ops::adaptive_avg_pool("adaptive_avg_pool3d", 3, self, output_size);
}

}  // namespace xgrad
