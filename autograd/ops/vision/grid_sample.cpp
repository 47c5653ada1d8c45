#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

enum Interpolation : std::int64_t { kBilinearMode, kNearestMode, kBicubicMode };
enum Padding : std::int64_t { kZerosPadding, kBorderPadding, kReflectionPadding };

/// A position along one axis and its derivative by the number in the grid.
template <class T>
struct Position {
    T at, slope;
};

struct Sampling {
    std::int64_t mode, padding;
    bool align_corners;

    /// In elements, where the grid counts from -1 to 1.
    template <class T>
    Position<T> position(T x, std::int64_t size) const {
        const T extent = static_cast<T>(align_corners ? size - 1 : size) / 2;
        return {(x + 1) * extent + (align_corners ? T(0) : T(-0.5)), extent};
    }

    /// The position brought inside by the rule of the padding; zeros leave it.
    template <class T>
    Position<T> inside(Position<T> p, std::int64_t size) const {
        if (padding == kReflectionPadding) {
            const T low = align_corners ? T(0) : T(-0.5), span = static_cast<T>(align_corners ? size - 1 : size);
            if (span == 0) return {T(0), T(0)};
            const T distance = p.at - low, away = std::abs(distance), extra = std::fmod(away, span);
            const bool turned = static_cast<std::int64_t>(std::floor(away / span)) % 2 != 0;
            p.at = turned ? span - extra + low : extra + low;
            if (turned != (distance < 0)) p.slope = -p.slope;
        }
        if (padding != kZerosPadding) {
            const T last = static_cast<T>(size - 1);
            // Beyond the edges nothing moves; NaN goes to the first element.
            if (!(p.at > 0)) return {T(0), T(0)};
            if (p.at >= last) return {last, T(0)};
        }
        return p;
    }

    /// Infinities and numbers that no integer holds are outside.
    template <class T>
    static std::int64_t integer(T x) {
        return x > T(-1e9) && x < T(1e9) ? static_cast<std::int64_t>(x) : -100;
    }
};

/// Some elements along one axis with their factors and the derivatives of these by the position.
template <class T>
struct Taps {
    int count = 0;
    std::array<std::int64_t, 4> index{};  // -1: outside
    std::array<T, 4> factor{}, slope{};

    void add(std::int64_t i, std::int64_t size, T f, T s) {
        const auto k = static_cast<std::size_t>(count++);
        index[k] = i >= 0 && i < size ? i : -1;
        factor[k] = f;
        slope[k] = s;
    }
};

template <class T>
Taps<T> taps_of(const Sampling& how, T x, std::int64_t size) {
    Taps<T> taps;
    const Position<T> given = how.position(x, size);
    if (how.mode == kBicubicMode) {
        // Each neighbour is brought inside by itself.
        constexpr T a = T(-0.75);
        const T whole = std::floor(given.at), t = given.at - whole;
        const auto near = [](T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
        const auto far = [](T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
        const auto near_slope = [](T d) { return (3 * (a + 2) * d - 2 * (a + 3)) * d; };
        const auto far_slope = [](T d) { return (3 * a * d - 10 * a) * d + 8 * a; };
        const T factor[] = {far(t + 1), near(t), near(1 - t), far(2 - t)};
        const T slope[] = {far_slope(t + 1), near_slope(t), -near_slope(1 - t), -far_slope(2 - t)};
        for (std::size_t k = 0; k < 4; ++k) {
            const Position<T> p = how.inside(Position<T>{whole + static_cast<T>(k) - 1, T(1)}, size);
            taps.add(Sampling::integer(p.at), size, factor[k], slope[k] * given.slope);
        }
        return taps;
    }
    const Position<T> p = how.inside(given, size);
    if (how.mode == kNearestMode) {
        taps.add(Sampling::integer(std::nearbyint(p.at)), size, T(1), T(0));
        return taps;
    }
    const T whole = std::floor(p.at);
    const std::int64_t first = Sampling::integer(whole);
    const T rest = p.at - whole;
    taps.add(first, size, 1 - rest, -p.slope);
    taps.add(first + 1, size, rest, p.slope);
    return taps;
}

/// The taps of a point: those of its axes, the last axis of the input first (x, y, z).
template <class T>
using Point = std::array<Taps<T>, 3>;

/// An input (N, C, D, H, W) and a grid (N, points, axes), both contiguous.
struct Geometry {
    Geometry(const Tensor& x, const Tensor& grid)
        : axes(static_cast<std::size_t>(grid.size(-1))),
          batch(x.size(0)),
          channels(x.size(1)),
          points(batch > 0 ? grid.numel() / (batch * grid.size(-1)) : 0) {
        for (std::size_t a = 0; a < axes; ++a) sizes[a] = x.size(-1 - static_cast<std::int64_t>(a));
    }

    std::int64_t plane() const { return sizes[0] * sizes[1] * sizes[2]; }

    template <class T>
    Point<T> point(const Sampling& how, const T* grid) const {
        Point<T> out;
        for (std::size_t a = 0; a < 3; ++a) {
            if (a < axes)
                out[a] = taps_of(how, grid[a], sizes[a]);
            else
                out[a].add(0, 1, T(1), T(0));
        }
        return out;
    }

    std::size_t axes;
    std::int64_t batch, channels, points;
    std::array<std::int64_t, 3> sizes{1, 1, 1};
};

/// The taps of some points side by side: the elements of a plane and their factors, and of these the derivatives by the
/// positions along the axes. An offset of -1 is outside.
template <class T>
struct TapBlock {
    static constexpr std::int64_t kPoints = 64;

    /// `slopes`: whether derivatives are asked for.
    TapBlock(const Geometry& g, const Sampling& how, const T* grid, std::int64_t points, bool slopes) : count(points) {
        for (std::int64_t at = 0; at < points; ++at) {
            const Point<T> p = g.point(how, grid + at * static_cast<std::int64_t>(g.axes));
            const auto taps_along = [&](std::size_t a) { return static_cast<std::size_t>(p[a].count); };
            const auto n = static_cast<std::size_t>(at);
            taps = 0;
            for (std::size_t k = 0; k < taps_along(2); ++k)
                for (std::size_t j = 0; j < taps_along(1); ++j)
                    for (std::size_t i = 0; i < taps_along(0); ++i, ++taps) {
                        const bool in = p[0].index[i] >= 0 && p[1].index[j] >= 0 && p[2].index[k] >= 0;
                        const T fx = p[0].factor[i], fy = p[1].factor[j], fz = p[2].factor[k];
                        offset[taps][n] =
                            in ? (p[2].index[k] * g.sizes[1] + p[1].index[j]) * g.sizes[0] + p[0].index[i] : -1;
                        factor[taps][n] = fx * fy * fz;
                        if (!slopes) continue;
                        slope[taps][0][n] = p[0].slope[i] * fy * fz;
                        slope[taps][1][n] = fx * p[1].slope[j] * fz;
                        slope[taps][2][n] = fx * fy * p[2].slope[k];
                    }
        }
    }

    std::int64_t count;
    std::size_t taps = 0;
    std::int64_t offset[16][kPoints];
    T factor[16][kPoints];
    T slope[16][3][kPoints];
};

/// The result's sizes: (N, C) and those of the grid's points.
Dims sampled_sizes(const Tensor& x, const Tensor& grid) {
    Dims sizes{x.size(0), x.size(1)};
    for (std::int64_t d = 1; d < grid.dim() - 1; ++d) sizes.push_back(grid.size(d));
    return sizes;
}

template <class T>
void sample(const Sampling& how, const Tensor& x, const Tensor& grid, const Tensor& out) {
    const Geometry g(x, grid);
    constexpr std::int64_t kPoints = TapBlock<T>::kPoints;
    const std::int64_t blocks = (g.points + kPoints - 1) / kPoints;
    const std::int64_t grain = std::max<std::int64_t>(kGrain / (kPoints * (4 * g.channels + 16)), 1);
    detail::parallel_for(0, g.batch * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t at = begin; at < end; ++at) {
            const std::int64_t n = at / blocks, first = at % blocks * kPoints;
            const T* positions = grid.data_ptr<T>() + (n * g.points + first) * static_cast<std::int64_t>(g.axes);
            const TapBlock<T> block(g, how, positions, std::min(kPoints, g.points - first), false);
            for (std::int64_t c = 0; c < g.channels; ++c) {
                const T* from = x.data_ptr<T>() + (n * g.channels + c) * g.plane();
                T* to = out.data_ptr<T>() + (n * g.channels + c) * g.points + first;
                for (std::int64_t p = 0; p < block.count; ++p) to[p] = 0;
                for (std::size_t t = 0; t < block.taps; ++t)
                    for (std::int64_t p = 0; p < block.count; ++p)
                        if (const std::int64_t place = block.offset[t][p]; place >= 0)
                            to[p] += block.factor[t][p] * from[place];
            }
        }
    });
}

/// The gradients of the input (zeros at first; undefined: not wanted) and of the grid. One thread has an example.
template <class T>
void sample_backward(const Sampling& how, const Tensor& grad, const Tensor& x, const Tensor& grid, const Tensor& dx,
                     const Tensor& dgrid) {
    const Geometry g(x, grid);
    constexpr std::int64_t kPoints = TapBlock<T>::kPoints;
    const auto axes = static_cast<std::int64_t>(g.axes);
    const auto do_block = [&](std::int64_t n, std::int64_t first) {
        const std::int64_t at = (n * g.points + first) * axes;
        const TapBlock<T> block(g, how, grid.data_ptr<T>() + at, std::min(kPoints, g.points - first), true);
        T sums[16][kPoints] = {};  // of the gradients times the input, over the channels
        for (std::int64_t c = 0; c < g.channels; ++c) {
            const std::int64_t plane = (n * g.channels + c) * g.plane();
            const T* from = x.data_ptr<T>() + plane;
            const T* gradient = grad.data_ptr<T>() + (n * g.channels + c) * g.points + first;
            T* to = dx.defined() ? dx.data_ptr<T>() + plane : nullptr;
            for (std::size_t t = 0; t < block.taps; ++t)
                for (std::int64_t p = 0; p < block.count; ++p) {
                    const std::int64_t place = block.offset[t][p];
                    if (place < 0) continue;
                    if (to) to[place] += block.factor[t][p] * gradient[p];
                    sums[t][p] += gradient[p] * from[place];
                }
        }
        if (!dgrid.defined()) return;
        for (std::int64_t p = 0; p < block.count; ++p)
            for (std::int64_t a = 0; a < axes; ++a) {
                T sum = 0;
                for (std::size_t t = 0; t < block.taps; ++t)
                    if (block.offset[t][p] >= 0) sum += block.slope[t][a][p] * sums[t][p];
                dgrid.data_ptr<T>()[at + p * axes + a] = sum;
            }
    };
    detail::parallel_for(0, g.batch, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n)
            for (std::int64_t first = 0; first < g.points; first += kPoints) do_block(n, first);
    });
}

/// Positions along an axis as Sampling has them, of tensors and to be differentiated.
Tensor positions(const Sampling& how, const Tensor& x, std::int64_t size) {
    const double extent = static_cast<double>(how.align_corners ? size - 1 : size) / 2;
    return (x + 1.0) * extent - (how.align_corners ? 0.0 : 0.5);
}
Tensor inside(const Sampling& how, Tensor at, std::int64_t size) {
    if (how.padding == kReflectionPadding) {
        const double low = how.align_corners ? 0 : -0.5,
                     span = static_cast<double>(how.align_corners ? size - 1 : size);
        if (span == 0) return at * 0.0;
        const Tensor away = (at - low).abs(), turns = (away / span).floor(), extra = away - turns * span;
        at = where(turns.remainder(2) == 0, extra, span - extra) + low;
    }
    return how.padding == kZerosPadding ? at : at.clamp(0, static_cast<double>(size - 1));
}

/// The value at the product of one tap of each axis; `taps` counts through them.
struct TensorTap {
    Tensor index;  // int64
    Tensor factor;
};

std::vector<TensorTap> tensor_taps(const Sampling& how, const Tensor& x, std::int64_t size) {
    std::vector<TensorTap> taps;
    const auto add = [&](const Tensor& at, const Tensor& factor) {
        const Tensor in = (at >= 0) & (at <= static_cast<double>(size - 1));
        taps.push_back({where(in, at, 0).to(kInt64), where(in, factor, 0)});
    };
    const Tensor given = positions(how, x, size);
    if (how.mode == kBicubicMode) {
        constexpr double a = -0.75;
        const Tensor whole = given.floor(), t = given - whole;
        const auto near = [](const Tensor& d) { return ((a + 2) * d - (a + 3)) * d * d + 1.0; };
        const auto far = [](const Tensor& d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
        const Tensor factors[] = {far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)};
        for (int k = 0; k < 4; ++k) add(inside(how, whole + (k - 1.0), size).trunc(), factors[k]);
        return taps;
    }
    const Tensor at = inside(how, given, size);
    if (how.mode == kNearestMode) {
        add(at.round(), ones_like(at));
        return taps;
    }
    const Tensor whole = at.floor(), rest = at - whole;
    add(whole, 1.0 - rest);
    add(whole + 1.0, rest);
    return taps;
}

/// The same as the operation, made of others.
Tensor composed(const Sampling& how, const Tensor& x, const Tensor& grid) {
    const std::int64_t axes = grid.size(-1), channels = x.size(1);
    const Tensor flat = x.flatten(2), points = grid.flatten(1, -2);  // (N, C, elements), (N, points, axes)
    const std::vector<TensorTap> one{{zeros({}, kInt64), ones({}, x.dtype())}};
    std::array<std::vector<TensorTap>, 3> taps{one, one, one};
    for (std::int64_t a = 0; a < axes; ++a)
        taps[static_cast<std::size_t>(a)] = tensor_taps(how, points.select(-1, a), x.size(-1 - a));
    const std::int64_t width = x.size(-1), height = x.size(-2);
    Tensor sum;
    for (const TensorTap& tz : taps[2])
        for (const TensorTap& ty : taps[1])
            for (const TensorTap& tx : taps[0]) {
                const Tensor place = ((tz.index * height + ty.index) * width + tx.index).unsqueeze(1);
                const Tensor factor = (tz.factor * ty.factor * tx.factor).unsqueeze(1);
                const Tensor term = flat.gather(2, place.expand({x.size(0), channels, points.size(1)})) * factor;
                sum = sum.defined() ? sum + term : term;
            }
    return sum.reshape(sampled_sizes(x, grid));
}

struct GridSample {
    static constexpr const char* name = "grid_sampler";
    static constexpr Uses uses[] = {in(0) | in(1), in(0) | in(1)};

    Sampling how;

    Tensor forward(const Tensor& x, const Tensor& grid) const {
        Tensor out = empty(sampled_sizes(x, grid), x.dtype());
        if (out.numel() == 0) return out;
        if (x.dtype() == kFloat32)
            sample<float>(how, x.contiguous(), grid.contiguous(), out);
        else
            sample<double>(how, x.contiguous(), grid.contiguous(), out);
        return out;
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const auto function = [this](const TensorList& in) { return composed(how, in[0], in[1]); };
        return std::get<1>(func::jvp(function, {x[0], x[1]}, {t[0], t[1]}));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        if (dims[1] >= 0) return batch_folded(*this, x, dims, {0, 0}, 0);
        const Tensor images = x[0].movedim(dims[0], 1);  // more channels at the same positions
        const Tensor y = detail_op::apply(*this, images.flatten(1, 2), x[1]);
        return {split_dim(y, 1, images.size(1), images.size(2)), 1};
    }
    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const Tensor x = b.input(0), grid = b.input(1);
        if (GradMode::is_enabled() || wrapped(g) || wrapped(x) || wrapped(grid)) {
            // Views of their own, so that only this step is differentiated, wherever the inputs come from.
            const AutoGradMode record(true);
            const Tensor own_x = x.requires_grad() ? x.view_as(x) : x.detach().requires_grad_();
            const Tensor own_grid = grid.requires_grad() ? grid.view_as(grid) : grid.detach().requires_grad_();
            const auto found =
                autograd::grad({composed(how, own_x, own_grid)}, {own_x, own_grid}, {g}, true, true, true);
            if (b.needs(0)) b.set(0, found[0]);
            if (b.needs(1)) b.set(1, found[1]);
            return;
        }
        const Tensor dx = b.needs(0) ? zeros(x.sizes(), x.dtype()) : Tensor();
        const Tensor dgrid = b.needs(1) ? zeros(grid.sizes(), grid.dtype()) : Tensor();
        if (g.numel() > 0 && x.dtype() == kFloat32)
            sample_backward<float>(how, g.contiguous(), x.contiguous(), grid.contiguous(), dx, dgrid);
        else if (g.numel() > 0)
            sample_backward<double>(how, g.contiguous(), x.contiguous(), grid.contiguous(), dx, dgrid);
        if (dx.defined()) b.set(0, dx);
        if (dgrid.defined()) b.set(1, dgrid);
    }
};

using GridSamples = Family<GridSample>;

Tensor grid_sample(const char* name, const Tensor& x, const Tensor& grid, const Sampling& how, std::int64_t axes) {
    check_defined(name, x);
    check_defined(name, grid);
    if (x.dim() != axes + 2 || grid.dim() != x.dim())
        raise<ShapeError>(name, "expected ", axes + 2,
                          "D input and grid with same number of dimensions, but got input ", "with sizes ", x.sizes(),
                          " and grid with sizes ", grid.sizes());
    if (!x.is_floating_point() || x.dtype() != grid.dtype())
        raise<DtypeError>(name, "expected input and grid to have same dtype, a floating point one, but input has ",
                          x.dtype(), " and grid has ", grid.dtype());
    if (x.size(0) != grid.size(0))
        raise<ShapeError>(name, "expected grid and input to have same batch size, but got input with sizes ", x.sizes(),
                          " and grid with sizes ", grid.sizes());
    if (grid.size(-1) != axes)
        raise<ShapeError>(name, "expected grid to have size ", axes, " in last dimension, but got grid with sizes ",
                          grid.sizes());
    for (std::int64_t d = 2; d < x.dim(); ++d)
        if (x.size(d) <= 0)
            raise<ShapeError>(name, "expected input to have non-empty spatial dimensions, but input has sizes ",
                              x.sizes(), " with dimension ", d, " being empty");
    if (how.mode < kBilinearMode || how.mode > kBicubicMode || (how.mode == kBicubicMode && axes == 3))
        raise<ValueError>(name, "interpolation mode must be 0 (bilinear), 1 (nearest) or, for 4D input, 2 (bicubic), ",
                          "got ", how.mode);
    if (how.padding < kZerosPadding || how.padding > kReflectionPadding)
        raise<ValueError>(name, "padding mode must be 0 (zeros), 1 (border) or 2 (reflection), got ", how.padding);
    return GridSamples::apply(GridSample{how}, x, grid);
}

}  // namespace

std::vector<OpInfo> grid_sample_operations() { return GridSamples::table(); }

}  // namespace ops

Tensor grid_sampler_2d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners) {
    return ops::grid_sample("grid_sampler_2d", input, grid, {interpolation_mode, padding_mode, align_corners}, 2);
}
Tensor grid_sampler_3d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners) {
    return ops::grid_sample("grid_sampler_3d", input, grid, {interpolation_mode, padding_mode, align_corners}, 3);
}
Tensor grid_sampler(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode, std::int64_t padding_mode,
                    bool align_corners) {
    ops::check_defined("grid_sampler", input);
    const std::int64_t axes = input.dim() == 5 ? 3 : 2;
    return ops::grid_sample("grid_sampler", input, grid, {interpolation_mode, padding_mode, align_corners}, axes);
}

Tensor affine_grid_generator(const Tensor& theta, IntArrayRef size, bool align_corners) {
    constexpr const char* name = "affine_grid_generator";
    ops::check_defined(name, theta);
    if (!theta.is_floating_point())
        raise<DtypeError>(name, "Expected theta to have floating point type, but got ", theta.dtype());
    if (size.size() != 4 && size.size() != 5)
        raise<ShapeError>(
            name, "only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size ", size);
    const auto axes = static_cast<std::int64_t>(size.size()) - 2;
    if (theta.dim() != 3 || theta.size(0) != size[0] || theta.size(1) != axes || theta.size(2) != axes + 1)
        raise<ShapeError>(name, "Expected a batch of ", axes, "D affine matrices of shape Nx", axes, 'x', axes + 1,
                          " for size ", size, ". Got ", theta.sizes(), '.');
    for (const auto s : size)
        if (s <= 0) raise<ValueError>(name, "Expected non-zero, positive output size. Got ", size);
    // The centres of the elements from -1 to 1, x first, and a one.
    const Dims points = IntArrayRef(size).slice(2, static_cast<std::size_t>(axes));
    TensorList coordinates;
    for (std::int64_t a = 0; a < axes; ++a) {
        const std::int64_t dim = axes - 1 - a, n = points[static_cast<std::size_t>(dim)];
        Tensor line = n > 1 ? linspace(-1, 1, n, theta.dtype()) : zeros({n}, theta.dtype());
        if (!align_corners) line = line * (static_cast<double>(n - 1) / static_cast<double>(n));
        Dims shape(static_cast<std::size_t>(axes), 1);
        shape[static_cast<std::size_t>(dim)] = n;
        coordinates.push_back(line.view(shape).expand(points));
    }
    coordinates.push_back(ones(points, theta.dtype()));
    const Tensor base = stack(coordinates, -1).reshape({-1, axes + 1});
    Dims sizes{size[0]};
    for (const auto s : points) sizes.push_back(s);
    sizes.push_back(axes);
    return matmul(base, theta.transpose(1, 2)).reshape(sizes);
}

}  // namespace xgrad
