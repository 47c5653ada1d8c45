#include <cmath>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/pooling/pool.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

namespace xgrad {

using detail::PoolVector;

namespace ops {

namespace {

/// Calls f(first, last) for ranges of planes of `size` elements.
template <class F>
void for_planes(std::int64_t planes, std::int64_t size, F f) {
    detail::parallel_for(0, planes, std::max<std::int64_t>(kGrain / std::max<std::int64_t>(size, 1), 1), f);
}

template <class T>
bool is_nan([[maybe_unused]] T x) {
    if constexpr (std::is_floating_point_v<T>)
        return std::isnan(x);
    else
        return false;
}

/// The largest elements of the windows of some planes.
template <class T>
class MaxPlanes {
  public:
    explicit MaxPlanes(const PoolShape& shape) : s_(shape), inner_(shape.inner()) {
        // The kernels keep places in a window as numbers of type T.
        const std::int64_t reach =
            ((s_.kernel[0] * s_.dilation[0] + 1) * s_.in[1] + s_.kernel[1] * s_.dilation[1] + 1) * s_.in[2];
        if (!std::is_floating_point_v<T> || s_.stride[2] > 2 || reach > kExact) inner_ = {0, 0};
    }

    void plane(const T* x, T* y, std::int64_t* indices) {
        for (std::int64_t a = 0; a < s_.out[0]; ++a)
            for (std::int64_t b = 0; b < s_.out[1]; ++b) {
                row(x, a, b, y, indices);
                y += s_.out[2];
                indices += s_.out[2];
            }
    }

  private:
    static constexpr std::int64_t kExact = std::int64_t{1} << 23;

    void row(const T* x, std::int64_t a, std::int64_t b, T* y, std::int64_t* indices) {
        rows_.clear();
        starts_.clear();
        for (std::int64_t i = s_.begin(0, a); i < s_.end(0, a); i += s_.dilation[0])
            for (std::int64_t j = s_.begin(1, b); j < s_.end(1, b); j += s_.dilation[1])
                starts_.push_back((i * s_.in[1] + j) * s_.in[2]);
        const auto [first, last] = inner_;
        for (std::int64_t c = 0; c < first; ++c) window(x, c, y, indices);
        if constexpr (std::is_floating_point_v<T>)
            if (first < last) inner_windows(x, first, last, y, indices);
        for (std::int64_t c = last; c < s_.out[2]; ++c) window(x, c, y, indices);
    }

    void window(const T* x, std::int64_t c, T* y, std::int64_t* indices) const {
        const std::int64_t begin = s_.begin(2, c), end = s_.end(2, c);
        std::int64_t place = starts_[0] + begin;
        T largest = x[place];
        for (const std::int64_t start : starts_)
            for (std::int64_t i = start + begin; i < start + end; i += s_.dilation[2])
                if (x[i] > largest || is_nan(x[i])) {
                    largest = x[i];
                    place = i;
                }
        y[c] = largest;
        indices[c] = place;
    }

    void inner_windows(const T* x, std::int64_t first, std::int64_t last, T* y, std::int64_t* indices) {
        const std::int64_t begin = s_.begin(2, first), origin = starts_[0];
        for (std::int64_t& start : starts_) {
            rows_.push_back(x + start + begin);
            start -= origin;
        }
        kernels().pool[float_index(scalar_type_v<T>)].max(
            {rows_.data(), static_cast<std::int64_t>(rows_.size()), s_.kernel[2], s_.dilation[2], s_.stride[2],
             last - first, s_.in[2] - begin},
            starts_.data(), origin + begin, y + first, indices + first);
        for (std::int64_t& start : starts_) start += origin;
    }

    PoolShape s_;
    std::array<std::int64_t, 2> inner_;
    PoolVector<const void*> rows_;
    PoolVector<std::int64_t> starts_;  // of the rows that a window reaches over
};

/// Planes of elements and the places in them, with other values, of elements of the planes of another tensor.
struct Planes {
    Planes(const PoolShape& s, const Tensor& small)
        : count(s.planes(small)), size(product(s.in)), places(product(s.out)) {}
    std::int64_t count, size, places;
};

enum class Spread { kAdd, kSet };

/// Elements put at places of zero planes: added, as gradients are, or set.
template <Spread kSpread>
struct PoolSpreadTo {
    static constexpr const char* name = kSpread == Spread::kAdd ? "max_pool_backward" : "max_unpool";
    static constexpr Uses uses[] = {in(1), kNothing};

    PoolShape shape;

    Tensor forward(const Tensor& g, const Tensor& indices) const {
        const Tensor from = g.contiguous(), places = indices.contiguous();
        Tensor out = empty(with_last(g.sizes(), shape.in, shape.dims), g.dtype());
        const Planes planes(shape, g);
        visit_dtype(g.dtype(), [&](auto v) {
            using T = decltype(v);
            for_planes(planes.count, planes.size, [&](std::int64_t i, std::int64_t end) {
                for (; i < end; ++i)
                    plane(planes, from.data_ptr<T>() + i * planes.places,
                          places.data_ptr<std::int64_t>() + i * planes.places, out.data_ptr<T>() + i * planes.size);
            });
        });
        return out;
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return t[0].defined() ? detail_op::apply(*this, t[0], x[1]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {detail_op::apply(*this, in[0], in[1]), 0};
    }

  private:
    template <class T>
    void plane(const Planes& planes, const T* g, const std::int64_t* places, T* out) const {
        std::fill_n(out, planes.size, T(0));
        for (std::int64_t k = 0; k < planes.places; ++k) {
            if constexpr (kSpread == Spread::kAdd)
                out[places[k]] = static_cast<T>(out[places[k]] + g[k]);
            else
                out[places[k]] = g[k];
        }
    }
};

/// The elements of planes at places.
struct PoolGather {
    static constexpr const char* name = "max_pool_gather";
    static constexpr Uses uses[] = {in(1), kNothing};

    PoolShape shape;

    Tensor forward(const Tensor& x, const Tensor& indices) const {
        const Tensor from = x.contiguous(), places = indices.contiguous();
        Tensor out = empty(indices.sizes(), x.dtype());
        const Planes planes(shape, out);
        visit_dtype(x.dtype(), [&](auto v) {
            using T = decltype(v);
            const T* elements = from.data_ptr<T>();
            const auto* place = places.data_ptr<std::int64_t>();
            T* to = out.data_ptr<T>();
            for_planes(planes.count, planes.places, [&](std::int64_t i, std::int64_t end) {
                for (; i < end; ++i)
                    for (std::int64_t k = i * planes.places; k < (i + 1) * planes.places; ++k)
                        to[k] = elements[i * planes.size + place[k]];
            });
        });
        return out;
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return t[0].defined() ? detail_op::apply(*this, t[0], x[1]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {detail_op::apply(*this, in[0], in[1]), 0};
    }
};

/// The largest elements of windows and their places.
struct MaxPool {
    static constexpr const char* name = "max_pool_with_indices";
    static constexpr Uses uses[] = {out(1)};
    static constexpr unsigned differentiable = 1;

    PoolShape shape;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const Tensor from = x.contiguous();
        const detail::Dims sizes = with_last(x.sizes(), shape.out, shape.dims);
        const Tensor y = empty(sizes, x.dtype()), indices = empty(sizes, kInt64);
        const std::int64_t size = product(shape.in), windows = product(shape.out);
        if (windows == 0) return {y, indices};
        visit_dtype(x.dtype(), [&](auto v) {
            using T = decltype(v);
            for_planes(shape.planes(x), size, [&](std::int64_t i, std::int64_t end) {
                MaxPlanes<T> planes(shape);
                for (; i < end; ++i)
                    planes.plane(from.data_ptr<T>() + i * size, y.data_ptr<T>() + i * windows,
                                 indices.data_ptr<std::int64_t>() + i * windows);
            });
        });
        return {y, indices};
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, std::span<const Tensor> outputs) const {
        return detail_op::apply(PoolGather{shape}, tangents[0], outputs[1]);
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const auto [y, places] = detail_op::apply(*this, x[0].movedim(dims[0], 0));
        return {Batched{y, 0}, Batched{places, 0}};
    }
};

using MaxPools = Family<MaxPool, PoolSpreadTo<Spread::kAdd>, PoolSpreadTo<Spread::kSet>, PoolGather>;

template <Spread kSpread>
void PoolSpreadTo<kSpread>::vjp(Vjp& b) const {
    b.set(0, MaxPools::apply(PoolGather{shape}, b.grad(), b.input(1)));
}
void PoolGather::vjp(Vjp& b) const {
    b.set(0, MaxPools::apply(PoolSpreadTo<Spread::kAdd>{shape}, b.grad(), b.input(1)));
}
void MaxPool::vjp(Vjp& b) const { b.set(0, MaxPools::apply(PoolSpreadTo<Spread::kAdd>{shape}, b.grad(), b.output(1))); }

std::tuple<Tensor, Tensor> max_pool_of(const char* name, const PoolShape& shape, const Tensor& x) {
    if (x.dtype() == kBool) raise<DtypeError>(name, "not implemented for 'Bool'");
    const auto [y, places] = MaxPools::apply(MaxPool{shape}, x);
    return {y, places};
}

std::tuple<Tensor, Tensor> max_pool(const char* name, std::size_t dims, const Tensor& x, IntArrayRef kernel,
                                    IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
    return max_pool_of(name, PoolRequest{name, dims}.sliding(x, kernel, stride, padding, dilation, ceil_mode), x);
}

std::tuple<Tensor, Tensor> adaptive_max_pool(const char* name, std::size_t dims, const Tensor& x, IntArrayRef out) {
    return max_pool_of(name, PoolRequest{name, dims}.adaptive(x, out), x);
}

Tensor max_unpool(const char* name, std::size_t dims, const Tensor& x, const Tensor& indices, IntArrayRef size) {
    check_defined(name, x);
    check_defined(name, indices);
    if (indices.dtype() != kInt64)
        raise<DtypeError>(name, "elements in indices should be type int64 but got: ", indices.dtype());
    if (size.size() != dims)
        raise<ValueError>(name, "There should be exactly ", dims, " elements in output_size, got ", size);
    const std::size_t rank = x.sizes().size();
    if (rank != dims + 1 && rank != dims + 2)
        raise<ShapeError>(name, "Input to ", name, " should be a ", dims + 1, "d or ", dims + 2,
                          "d Tensor, but got sizes ", x.sizes());
    if (indices.sizes() != x.sizes())
        raise<ShapeError>(name, "Expected shape of indices to be same as that of the input tensor (", x.sizes(),
                          ") but got indices tensor with shape: ", indices.sizes());
    const PoolShape shape{dims, true, expand_triple(size, dims, 1), last_triple(x.sizes(), dims), {}, {}, {}, {}};
    for (const std::int64_t n : size)
        if (n < 0) raise<ValueError>(name, "output_size must not be negative, got ", size);
    const std::int64_t room = product(shape.in);
    if (!wrapped(indices)) {
        const Tensor places = indices.contiguous();
        for (std::int64_t i = 0; i < places.numel(); ++i)
            if (const std::int64_t place = places.data_ptr<std::int64_t>()[i]; place < 0 || place >= room)
                raise<IndexError>(name, "Found an invalid max index: ", place, " (output volumes are of size ", size,
                                  ')');
    }
    return MaxPools::apply(PoolSpreadTo<Spread::kSet>{shape}, x, indices);
}

}  // namespace

std::vector<OpInfo> max_pool_operations() { return MaxPools::table(); }

}  // namespace ops

#define XGRAD_MAX_POOL(dims, digit)                                                                                  \
    std::tuple<Tensor, Tensor> max_pool##digit##_with_indices(const Tensor& self, IntArrayRef kernel_size,           \
                                                              IntArrayRef stride, IntArrayRef padding,               \
                                                              IntArrayRef dilation, bool ceil_mode) {                \
        return ops::max_pool("max_pool" #digit, dims, self, kernel_size, stride, padding, dilation, ceil_mode);      \
    }                                                                                                                \
    Tensor max_pool##digit(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,     \
                           IntArrayRef dilation, bool ceil_mode) {                                                   \
        return std::get<0>(max_pool##digit##_with_indices(self, kernel_size, stride, padding, dilation, ceil_mode)); \
    }                                                                                                                \
    std::tuple<Tensor, Tensor> adaptive_max_pool##digit(const Tensor& self, IntArrayRef output_size) {               \
        return ops::adaptive_max_pool("adaptive_max_pool" #digit, dims, self, output_size);                          \
    }
XGRAD_MAX_POOL(1, 1d)
XGRAD_MAX_POOL(2, 2d)
XGRAD_MAX_POOL(3, 3d)
#undef XGRAD_MAX_POOL

Tensor max_unpool2d(const Tensor& self, const Tensor& indices, IntArrayRef output_size) {
    return ops::max_unpool("max_unpool2d", 2, self, indices, output_size);
}

Tensor max_unpool3d(const Tensor& self, const Tensor& indices, IntArrayRef output_size, IntArrayRef stride,
                    IntArrayRef padding) {
    constexpr const char* name = "max_unpool3d";
    if (stride.size() != 3 || padding.size() != 3)
        raise<ValueError>(name, "There should be exactly three elements in stride and padding, got ", stride, " and ",
                          padding);
    for (const std::int64_t s : stride)
        if (s < 1) raise<ValueError>(name, "strides should be greater than zero, but got stride: ", stride);
    return ops::max_unpool(name, 3, self, indices, output_size);
}

}  // namespace xgrad
