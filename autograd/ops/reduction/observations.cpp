#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/warning.h>

#include <algorithm>

/// Differences, integrals and covariances of sampled data: compositions, whose gradients are those of their parts.
namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

// --- Differences

namespace {

/// `self` between the tensors to be joined to its ends.
Tensor joined(const Tensor& self, std::int64_t dim, const std::optional<Tensor>& prepend,
              const std::optional<Tensor>& append) {
    TensorList parts;
    for (const std::optional<Tensor>& part : {prepend, std::optional(self), append}) {
        if (!part || !part->defined()) continue;
        if (part->dim() != self.dim())
            raise<ShapeError>("diff", "expects prepend or append to be the same dimension as input, got shapes ",
                              shape_string(part->sizes()), " and ", shape_string(self.sizes()));
        parts.push_back(*part);
    }
    return parts.size() == 1 ? self : cat(parts, dim);
}

}  // namespace

Tensor diff(const Tensor& self, std::int64_t n, std::int64_t dim, const std::optional<Tensor>& prepend,
            const std::optional<Tensor>& append) {
    ops::check_defined("diff", self);
    if (self.dim() == 0) raise<ShapeError>("diff", "expects input to be at least one-dimensional");
    if (n < 0) raise<ValueError>("diff", "order must be non-negative but got ", n);
    const std::int64_t d = wrap_dim(dim, self.dim(), "diff");
    Tensor x = joined(self, d, prepend, append);
    for (n = std::min(n, x.size(d)); n > 0; --n) {
        const Tensor right = x.slice(d, 1), left = x.slice(d, 0, -1);
        x = x.dtype() == kBool ? logical_xor(right, left) : right - left;
    }
    return x;
}
Tensor Tensor::diff(std::int64_t n, std::int64_t dim, const std::optional<Tensor>& prepend,
                    const std::optional<Tensor>& append) const {
    return xgrad::diff(*this, n, dim, prepend, append);
}

// --- Integrals

namespace {

std::int64_t check_samples(const char* name, const Tensor& y, std::int64_t dim) {
    ops::check_defined(name, y);
    if (y.dtype() == kBool) raise<DtypeError>(name, "received a bool input for `y`, but bool is not supported");
    if (y.dim() == 0) raise<IndexError>(name, "Dimension specified as ", dim, " but tensor has no dimensions");
    return wrap_dim(dim, y.dim(), name);
}

/// x[i + 1] - x[i] along `dim`, in a shape that broadcasts with the intervals of y.
Tensor widths(const char* name, const Tensor& y, const Tensor& x, std::int64_t dim) {
    ops::check_defined(name, x);
    if (x.dtype() == kBool) raise<DtypeError>(name, "received a bool input for `x`, but bool is not supported");
    Dims shape(static_cast<std::size_t>(std::max(y.dim(), x.dim())), 1);
    const auto at = static_cast<std::size_t>(dim + std::max<std::int64_t>(x.dim() - y.dim(), 0));
    if (x.dim() == 1)
        shape[at] = x.size(0);
    else
        std::copy_backward(x.sizes().begin(), x.sizes().end(), shape.end());
    if (shape[at] != y.size(dim))
        raise<ShapeError>(name, "There must be one `x` value for each sample point, got shapes ",
                          shape_string(x.sizes()), " for x and ", shape_string(y.sizes()), " for y");
    return x.reshape(shape).diff(1, static_cast<std::int64_t>(at));
}

/// Twice the mean heights of the intervals.
Tensor heights(const Tensor& y, std::int64_t dim) { return y.slice(dim, 0, -1) + y.slice(dim, 1); }

}  // namespace

Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim) {
    const std::int64_t d = check_samples("trapezoid", y, dim);
    return (heights(y, d) * widths("trapezoid", y, x, d)).sum(d - y.dim()) / 2;
}
Tensor trapezoid(const Tensor& y, const Scalar& dx, std::int64_t dim) {
    const std::int64_t d = check_samples("trapezoid", y, dim);
    return heights(y, d).sum(d) * (dx.to_double() / 2);
}
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim) {
    const std::int64_t d = check_samples("cumulative_trapezoid", y, dim);
    return (heights(y, d) * widths("cumulative_trapezoid", y, x, d)).cumsum(d - y.dim()) / 2;
}
Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx, std::int64_t dim) {
    const std::int64_t d = check_samples("cumulative_trapezoid", y, dim);
    return (heights(y, d) * (dx.to_double() / 2)).cumsum(d);
}

// --- Covariances

namespace {

Tensor check_observations(const char* name, const Tensor& x) {
    ops::check_defined(name, x);
    if (x.dim() > 2)
        raise<ShapeError>(name, "expected input to have two or fewer dimensions but got an input with ", x.dim(),
                          " dimensions");
    if (x.dtype() == kBool) raise<DtypeError>(name, "bool dtype is not supported for input");
    return x.dim() == 2 ? x : x.reshape({1, -1});
}

void check_weights(const char* which, const Tensor& w, bool integers, std::int64_t observations) {
    if (integers ? !is_integral(w.dtype()) : !w.is_floating_point())
        raise<DtypeError>("cov", "expected ", which, " to have ", integers ? "integral" : "floating point",
                          " dtype but got ", w.dtype());
    if (w.dim() > 1 || w.numel() != observations)
        raise<ShapeError>("cov", "expected ", which, " to be a vector of as many elements as there are observations (",
                          observations, "), got the shape ", shape_string(w.sizes()));
    if (w.lt(0).any().item<bool>()) raise<ValueError>("cov", which, " cannot be negative");
}

bool given(const std::optional<Tensor>& w) { return w && w->defined(); }

}  // namespace

Tensor cov(const Tensor& self, std::int64_t correction, const std::optional<Tensor>& fweights,
           const std::optional<Tensor>& aweights) {
    const Tensor x = check_observations("cov", self);
    const std::int64_t observations = x.size(1);
    Tensor w;
    if (given(fweights)) {
        check_weights("fweights", *fweights, true, observations);
        w = *fweights;
    }
    if (given(aweights)) {
        check_weights("aweights", *aweights, false, observations);
        w = w.defined() ? w * *aweights : *aweights;
    }
    const Tensor total = w.defined() ? w.sum() : scalar_tensor(observations, kInt64);
    if (w.defined() && total.item<double>() == 0) raise<ValueError>("cov", "weights sum to zero, can't be normalized");

    const auto weighted = [&](const Tensor& values) { return w.defined() ? values * w : values; };
    const Tensor from_mean = x - (weighted(x).sum(1) / total).unsqueeze(1);
    // With weights that are no counts the correction is that of the number of observations they amount to.
    const Tensor lost = given(aweights) && correction != 0 ? (w * *aweights).sum() / total * correction
                                                           : scalar_tensor(correction, kInt64);
    const Tensor freedom = total - lost;
    if (freedom.item<double>() <= 0)
        warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.");
    return (from_mean.mm(weighted(from_mean).t()) / freedom.clamp_min(0)).squeeze();
}
Tensor Tensor::cov(std::int64_t correction, const std::optional<Tensor>& fweights,
                   const std::optional<Tensor>& aweights) const {
    return xgrad::cov(*this, correction, fweights, aweights);
}

Tensor corrcoef(const Tensor& self) {
    check_observations("corrcoef", self);
    const Tensor c = cov(self);
    if (c.dim() == 0) return c / c;
    const Tensor deviations = c.diagonal().sqrt();
    return (c / deviations.unsqueeze(1) / deviations).clamp(-1, 1);
}
Tensor Tensor::corrcoef() const { return xgrad::corrcoef(*this); }

}  // namespace xgrad
