#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/vision/resample.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace xgrad {

namespace ops {

namespace {

/// How one dimension is resized. Positions are computed in T, as PyTorch computes them.
struct Axis {
    std::int64_t in, out;
    bool align_corners;
    std::optional<double> scale;  // output size over input size, as the caller gave it

    /// Input elements for one output element.
    template <class T>
    T step() const {
        if (align_corners) return out > 1 ? static_cast<T>(in - 1) / static_cast<T>(out - 1) : T(0);
        return scale && *scale > 0 ? static_cast<T>(1.0 / *scale) : static_cast<T>(in) / static_cast<T>(out);
    }
    /// Where the centre of output element i falls.
    template <class T>
    T position(std::int64_t i) const {
        const T at = static_cast<T>(i);
        return align_corners ? step<T>() * at : step<T>() * (at + T(0.5)) - T(0.5);
    }
};

/// The map of an axis and its factors.
struct AxisMap {
    explicit AxisMap(std::int64_t inputs) : map(std::make_shared<SparseMap>(inputs)) {}

    void add(std::int64_t column, double factor) {
        map->add(column);
        factors.push_back(factor);
    }

    std::shared_ptr<SparseMap> map;
    detail::PoolVector<double> factors;
};

struct Nearest {
    bool exact;

    template <class>
    void add(const Axis& axis, std::int64_t i, AxisMap& to) const {
        if (!exact && axis.out == axis.in) return to.add(i, 1);
        if (!exact && axis.out == 2 * axis.in) return to.add(i / 2, 1);
        const float at = (static_cast<float>(i) + (exact ? 0.5F : 0.0F)) * axis.step<float>();
        to.add(std::min(static_cast<std::int64_t>(std::floor(at)), axis.in - 1), 1);
    }
};

struct Linear {
    template <class T>
    void add(const Axis& axis, std::int64_t i, AxisMap& to) const {
        if (axis.in == axis.out) return to.add(i, 1);
        const T at = std::max(axis.position<T>(i), T(0));
        const std::int64_t first = std::min(static_cast<std::int64_t>(at), axis.in - 1);
        const T rest = std::clamp(at - static_cast<T>(first), T(0), T(1));
        to.add(first, static_cast<double>(T(1) - rest));
        to.add(std::min(first + 1, axis.in - 1), static_cast<double>(rest));
    }
};

/// Keys's cubic within a distance of 1 and from there to 2.
template <class T>
T cubic_near(T x, T a) {
    return ((a + 2) * x - (a + 3)) * x * x + 1;
}
template <class T>
T cubic_far(T x, T a) {
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

struct Cubic {
    template <class T>
    void add(const Axis& axis, std::int64_t i, AxisMap& to) const {
        constexpr T a = T(-0.75);
        const T at = axis.position<T>(i);
        const std::int64_t first = std::min(static_cast<std::int64_t>(std::floor(at)), axis.in - 1);
        const T rest = std::clamp(at - static_cast<T>(first), T(0), T(1));
        const T factors[] = {cubic_far(rest + 1, a), cubic_near(rest, a), cubic_near(1 - rest, a),
                             cubic_far(2 - rest, a)};
        for (std::int64_t k = 0; k < 4; ++k)
            to.add(std::clamp<std::int64_t>(first - 1 + k, 0, axis.in - 1), static_cast<double>(factors[k]));
    }
};

/// A filter widened by the step, so that no element is left out.
template <bool kCubic>
struct Antialiased {
    template <class T>
    static T filter(T x) {
        constexpr T a = T(-0.5);
        x = std::abs(x);
        if (x < 1) return kCubic ? cubic_near(x, a) : 1 - x;
        return kCubic && x < 2 ? cubic_far(x, a) : T(0);
    }
    template <class T>
    void add(const Axis& axis, std::int64_t i, AxisMap& to) const {
        const T step = axis.step<T>(), width = std::max(step, T(1)), support = (kCubic ? 2 : 1) * width;
        const T centre = step * (static_cast<T>(i) + T(0.5));
        const auto first = std::max(static_cast<std::int64_t>(centre - support + T(0.5)), std::int64_t{0});
        const auto end = std::min(static_cast<std::int64_t>(centre + support + T(0.5)), axis.in);
        T sum = 0;
        for (std::int64_t j = first; j < end; ++j) sum += filter((static_cast<T>(j) - centre + T(0.5)) / width);
        for (std::int64_t j = first; j < end; ++j)
            to.add(j, static_cast<double>(filter((static_cast<T>(j) - centre + T(0.5)) / width) / sum));
    }
};

struct Area {
    template <class>
    void add(const Axis& axis, std::int64_t i, AxisMap& to) const {
        const std::int64_t first = i * axis.in / axis.out, end = ((i + 1) * axis.in + axis.out - 1) / axis.out;
        for (std::int64_t j = first; j < end; ++j) to.add(j, 1 / static_cast<double>(end - first));
    }
};

template <class Method>
Tensor resize_axis(const Method& method, const Axis& axis, const Tensor& x, std::int64_t dim) {
    AxisMap to(axis.in);
    for (std::int64_t i = 0; i < axis.out; ++i) {
        if (x.dtype() == kFloat32)
            method.template add<float>(axis, i, to);
        else
            method.template add<double>(axis, i, to);
        to.map->end_row();
    }
    bool same = axis.in == axis.out && to.factors.size() == static_cast<std::size_t>(axis.in);
    for (std::size_t i = 0; same && i < to.factors.size(); ++i)
        same = to.factors[i] == 1 && to.map->columns[i] == static_cast<std::int64_t>(i);
    if (same) return x;
    const auto count = static_cast<std::int64_t>(to.factors.size());
    return resample(to.map, from_blob(to.factors.data(), {count}, kFloat64).to(x.dtype(), false, true), x, dim);
}

using Scales = std::array<std::optional<double>, 3>;

template <class Method>
Tensor resize(const char* name, const Method& method, const Tensor& x, IntArrayRef output_size, std::size_t dims,
              bool align_corners, const Scales& scales) {
    check_defined(name, x);
    if (output_size.size() != dims)
        raise<ShapeError>(name, "It is expected output_size equals to ", dims, ", but got size ", output_size.size());
    if (x.sizes().size() != dims + 2)
        raise<ShapeError>(name, "It is expected input_size equals to ", dims + 2, ", but got size ", x.dim());
    for (std::size_t d = 0; d < dims; ++d)
        if (x.sizes()[d + 2] <= 0 || output_size[d] <= 0)
            raise<ShapeError>(name, "Input and output sizes should be greater than 0, but got input ", x.sizes(),
                              " and output ", output_size);
    if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
    // What shrinks first, then what grows, the last dimension, for which there is no fast loop, before the others.
    std::array<std::size_t, 3> order{2, 1, 0};
    const auto growth = [&](std::size_t d) {
        return d < dims ? static_cast<double>(output_size[d]) / static_cast<double>(x.sizes()[d + 2]) : 1;
    };
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return growth(a) < growth(b); });
    Tensor y = x;
    for (const std::size_t d : order)
        if (d < dims)
            y = resize_axis(method, {x.sizes()[d + 2], output_size[d], align_corners, scales[d]}, y,
                            static_cast<std::int64_t>(d + 2));
    return y.is_same(x) ? x.clone() : y;
}

}  // namespace

Tensor upsample_area(const Tensor& x, IntArrayRef output_size) {
    return resize("adaptive_avg_pool", Area{}, x, output_size, output_size.size(), false, {});
}

}  // namespace ops

#define XGRAD_UPSAMPLE_1D(name, method)                                                                       \
    Tensor name(const Tensor& self, IntArrayRef output_size, std::optional<double> scales) {                  \
        return ops::resize(#name, method, self, output_size, 1, false, {scales, std::nullopt, std::nullopt}); \
    }
#define XGRAD_UPSAMPLE_2D(name, method)                                                                     \
    Tensor name(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_h,                \
                std::optional<double> scales_w) {                                                           \
        return ops::resize(#name, method, self, output_size, 2, false, {scales_h, scales_w, std::nullopt}); \
    }
#define XGRAD_UPSAMPLE_3D(name, method)                                                                 \
    Tensor name(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_d,            \
                std::optional<double> scales_h, std::optional<double> scales_w) {                       \
        return ops::resize(#name, method, self, output_size, 3, false, {scales_d, scales_h, scales_w}); \
    }
XGRAD_UPSAMPLE_1D(upsample_nearest1d, ops::Nearest{false})
XGRAD_UPSAMPLE_2D(upsample_nearest2d, ops::Nearest{false})
XGRAD_UPSAMPLE_3D(upsample_nearest3d, ops::Nearest{false})
XGRAD_UPSAMPLE_1D(_upsample_nearest_exact1d, ops::Nearest{true})
XGRAD_UPSAMPLE_2D(_upsample_nearest_exact2d, ops::Nearest{true})
XGRAD_UPSAMPLE_3D(_upsample_nearest_exact3d, ops::Nearest{true})
#undef XGRAD_UPSAMPLE_1D
#undef XGRAD_UPSAMPLE_2D
#undef XGRAD_UPSAMPLE_3D

Tensor upsample_linear1d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                         std::optional<double> scales) {
    return ops::resize("upsample_linear1d", ops::Linear{}, self, output_size, 1, align_corners,
                       {scales, std::nullopt, std::nullopt});
}
Tensor upsample_trilinear3d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                            std::optional<double> scales_d, std::optional<double> scales_h,
                            std::optional<double> scales_w) {
    return ops::resize("upsample_trilinear3d", ops::Linear{}, self, output_size, 3, align_corners,
                       {scales_d, scales_h, scales_w});
}
#define XGRAD_UPSAMPLE_IMAGE(name, method)                                                                \
    Tensor name(const Tensor& self, IntArrayRef output_size, bool align_corners, std::optional<double> h, \
                std::optional<double> w) {                                                                \
        return ops::resize(#name, method, self, output_size, 2, align_corners, {h, w, std::nullopt});     \
    }
XGRAD_UPSAMPLE_IMAGE(upsample_bilinear2d, ops::Linear{})
XGRAD_UPSAMPLE_IMAGE(upsample_bicubic2d, ops::Cubic{})
XGRAD_UPSAMPLE_IMAGE(_upsample_bilinear2d_aa, ops::Antialiased<false>{})
XGRAD_UPSAMPLE_IMAGE(_upsample_bicubic2d_aa, ops::Antialiased<true>{})
#undef XGRAD_UPSAMPLE_IMAGE

}  // namespace xgrad
