#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/index.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/promotion.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distances of the rows of batches of matrices (B, P, M) and (B, R, M): (B, P, R). With `product`, for p = 2, by a
/// matrix product.
struct Cdist {
    static constexpr const char* name = "cdist";
    static constexpr Uses uses[] = {in(0) | in(1) | out(), in(0) | in(1) | out()};

    double p;
    bool product;

    Tensor forward(const Tensor& a, const Tensor& b) const {
        if (product) return by_product(a, b);
        const Tensor x = a.contiguous(), y = b.contiguous();
        Tensor out = empty({a.size(0), a.size(1), b.size(1)}, a.dtype());
        for_each_row(x, y, [&](const DistanceRow& row, std::int64_t i, std::int64_t from) {
            distance_kernels(x).forward(row, at(x, i * row.m), at(y, from * row.m), at(out, i * row.count));
        });
        return out;
    }

    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const Tensor x = b.input(0), y = b.input(1), distances = b.output();
        if (p == 2 && (product || GradMode::is_enabled())) {
            const Tensor none = distances == 0, ratio = where(none, 0, g / where(none, 1, distances));
            if (b.needs(0)) b.set(0, x * ratio.sum(-1, true) - ratio.matmul(y));
            if (b.needs(1)) b.set(1, y * ratio.sum(-2).unsqueeze(-1) - ratio.transpose(-2, -1).matmul(x));
            return;
        }
        if (GradMode::is_enabled() || wrapped(g) || wrapped(x) || wrapped(y)) {
            const Tensor each = g.unsqueeze(-1) * slopes(x.unsqueeze(-2) - y.unsqueeze(-3), distances.unsqueeze(-1));
            if (b.needs(0)) b.set(0, each.sum(-2));
            if (b.needs(1)) b.set(1, -each.sum(-3));
            return;
        }
        if (b.needs(0)) b.set(0, gradient(g, distances, x, y));
        if (b.needs(1)) b.set(1, gradient(g.transpose(1, 2), distances.transpose(1, 2), y, x));
    }
    Tensor jvp(std::span<const Tensor> in, std::span<const Tensor> t, const Tensor& distances) const {
        const Tensor &x = in[0], &y = in[1], &dx = t[0], &dy = t[1];
        if (p == 2) {
            // The inner products of x - y and dx - dy.
            Tensor products;
            if (dx.defined()) products = (x * dx).sum(-1, true) - dx.matmul(y.mT());
            if (dy.defined()) products = add_tangents(products, (y * dy).sum(-1).unsqueeze(-2) - x.matmul(dy.mT()));
            const Tensor none = distances == 0;
            return where(none, 0, products / where(none, 1, distances));
        }
        Tensor change;
        if (dx.defined()) change = dx.unsqueeze(-2);
        if (dy.defined()) change = add_tangents(change, -dy.unsqueeze(-3));
        return (slopes(x.unsqueeze(-2) - y.unsqueeze(-3), distances.unsqueeze(-1)) * change).sum(-1);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_folded(*this, x, dims, {0, 0}, 0);
    }

  private:
    static const DistanceKernels& distance_kernels(const Tensor& x) {
        return kernels().distance[float_index(x.dtype())];
    }
    static void* at(const Tensor& x, std::int64_t element) {
        return static_cast<std::byte*>(x.data_ptr()) + element * x.element_size();
    }

    /// |x|^2 + |y|^2 - 2 x.y, all in one product.
    static Tensor by_product(const Tensor& x, const Tensor& y) {
        const auto square = [](const Tensor& v) { return v.square().sum(-1, true); };
        const auto one = [](const Tensor& v) { return ones({v.size(0), v.size(1), 1}, v.dtype()); };
        const Tensor left = cat({x * -2.0, square(x), one(x)}, -1), right = cat({y, one(y), square(y)}, -1);
        return left.matmul(right.transpose(-2, -1)).clamp_min_(0).sqrt_();
    }

    /// Calls f(row, i, from) for row i of all rows of x, to be compared with those of y from `from` on.
    template <class F>
    void for_each_row(const Tensor& x, const Tensor& y, F f) const {
        const std::int64_t rows = x.size(1), count = y.size(1), m = x.size(2);
        const std::int64_t grain = std::max<std::int64_t>(kGrain / std::max<std::int64_t>(count * m, 1), 1);
        detail::parallel_for(0, x.size(0) * rows, grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) f(DistanceRow{count, m, p}, i, i / rows * count);
        });
    }

    /// That of x; the tensors may lie anyhow.
    Tensor gradient(const Tensor& grad, const Tensor& distances, const Tensor& a, const Tensor& b) const {
        const Tensor g = grad.contiguous(), d = distances.contiguous(), x = a.contiguous(), y = b.contiguous();
        Tensor dx = empty_like(x);
        for_each_row(x, y, [&](const DistanceRow& row, std::int64_t i, std::int64_t from) {
            distance_kernels(x).backward(row, at(g, i * row.count), at(d, i * row.count), at(x, i * row.m),
                                         at(y, from * row.m), at(dx, i * row.m));
        });
        return dx;
    }

    /// The derivatives of distances by the differences, to be differentiated.
    Tensor slopes(const Tensor& difference, const Tensor& distance) const {
        if (p == 0) return zeros_like(difference);
        if (p == 1) return difference.sign();
        const Tensor length = difference.abs();
        if (p == kInfinity) return where(length == distance, difference.sign(), 0);
        const Tensor none = (length == 0) | (distance == 0);
        const Tensor share = where(none, 1, length) / where(none, 1, distance);
        return where(none, 0, difference.sign() * share.pow(p - 1));
    }
};

using Distances = Family<Cdist>;

void check_order(const char* name, double p) {
    if (!(p >= 0)) raise<ValueError>(name, "only supports non-negative p values, got ", p);
}

}  // namespace

std::vector<OpInfo> distance_operations() { return Distances::table(); }

}  // namespace ops

Tensor cdist(const Tensor& x1, const Tensor& x2, double p, std::optional<std::int64_t> compute_mode) {
    constexpr const char* name = ops::Cdist::name;
    ops::check_defined(name, x1);
    ops::check_defined(name, x2);
    if (x1.dim() < 2 || x2.dim() < 2)
        raise<ShapeError>(name, "only supports at least 2D tensors, X1 got: ", x1.dim(), "D and X2 got: ", x2.dim(),
                          "D");
    if (!x1.is_floating_point() || x1.dtype() != x2.dtype())
        raise<DtypeError>(name, "only supports floating-point dtypes, both the same: X1 got: ", x1.dtype(),
                          " and X2 got: ", x2.dtype());
    if (x1.size(-1) != x2.size(-1))
        raise<ShapeError>(name, "X1 and X2 must have the same number of columns. X1: ", x1.size(-1),
                          " X2: ", x2.size(-1));
    ops::check_order(name, p);
    const std::int64_t mode = compute_mode.value_or(0);
    if (mode < 0 || mode > 2) raise<ValueError>(name, "possible modes: 0, 1, 2, but was: ", mode);
    const std::int64_t rows = x1.size(-2), others = x2.size(-2), width = x1.size(-1);
    const bool product = p == 2 && (mode == 1 || (mode == 0 && (rows > 25 || others > 25)));
    const auto leading = [](const Tensor& x) { return x.sizes().slice(0, x.sizes().size() - 2); };
    const Dims lead = detail::broadcast_shapes(leading(x1), leading(x2), name);
    std::int64_t batch = 1;
    for (const auto s : lead) batch *= s;
    const auto flat = [&](const Tensor& x) {
        Dims sizes = lead;
        sizes.push_back(x.size(-2));
        sizes.push_back(width);
        return x.expand(sizes).reshape({batch, x.size(-2), width});
    };
    Dims sizes = lead;
    sizes.push_back(rows);
    sizes.push_back(others);
    return ops::Distances::apply(ops::Cdist{p, product}, flat(x1), flat(x2)).reshape(sizes);
}

Tensor pdist(const Tensor& self, double p) {
    constexpr const char* name = "pdist";
    ops::check_defined(name, self);
    if (self.dim() != 2) raise<ShapeError>(name, "only supports 2D tensors, got: ", self.dim(), "D");
    if (!self.is_floating_point()) raise<DtypeError>(name, "only supports floating-point dtypes, got ", self.dtype());
    ops::check_order(name, p);
    const std::int64_t n = self.size(0);
    const Tensor pairs = empty({n > 0 ? n * (n - 1) / 2 : 0}, kInt64);
    auto* next = pairs.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = i + 1; j < n; ++j) *next++ = i * n + j;
    const Tensor x = self.unsqueeze(0);
    return ops::Distances::apply(ops::Cdist{p, false}, x, x).reshape(-1).index_select(0, pairs);
}

Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p, double eps, bool keepdim) {
    constexpr const char* name = "pairwise_distance";
    ops::check_defined(name, x1);
    ops::check_defined(name, x2);
    const Tensor difference = x1 - x2 + eps;
    if (difference.dim() == 0) return difference.norm(p);
    return difference.norm(p, {-1}, keepdim);
}

Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, std::int64_t dim, double eps) {
    constexpr const char* name = "cosine_similarity";
    ops::check_defined(name, x1);
    ops::check_defined(name, x2);
    const ScalarType dtype = result_type(x1, x2);
    if (!is_floating_point(dtype))
        raise<DtypeError>(name, "expected common dtype to be floating point, yet common dtype is ", dtype);
    const Dims sizes = detail::broadcast_shapes(x1.sizes(), x2.sizes(), name);
    const std::int64_t along = detail::wrap_dim(dim, static_cast<std::int64_t>(sizes.size()), name);
    // Of a norm below eps the value is raised, not the derivative: so it is in PyTorch.
    const auto unit = [&](const Tensor& given) {
        const Tensor x = given.to(dtype).expand(sizes), norm = sizes.empty() ? x.abs() : x.norm(2, {along}, true);
        const Tensor value = norm.detach();
        return x / (norm + (value.clamp_min(eps) - value));
    };
    const Tensor product = unit(x1) * unit(x2);
    return sizes.empty() ? product : product.sum(along);
}
Tensor dist(const Tensor& self, const Tensor& other, const Scalar& p) { return norm(self - other, p); }
Tensor Tensor::dist(const Tensor& other, const Scalar& p) const { return xgrad::dist(*this, other, p); }

}  // namespace xgrad
