#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include <algorithm>
#include <iterator>

namespace xgrad {

using detail::shape_string;
using detail::wrap_dim;

namespace {

constexpr std::string_view kInterpolations[] = {"linear", "lower", "higher", "midpoint", "nearest"};

void check(const char* name, const Tensor& self, const Tensor& q, std::string_view interpolation) {
    if (!self.defined() || !q.defined()) raise(name, "an input is an undefined Tensor");
    if (self.numel() == 0) raise<ShapeError>(name, "input tensor must be non-empty, got ", shape_string(self.sizes()));
    if (q.dim() > 1)
        raise<ShapeError>(name, "q must be a scalar or 1D tensor, but got a tensor of shape ", shape_string(q.sizes()));
    if (!self.is_floating_point())
        raise<DtypeError>(name, "input tensor must be either float or double dtype, got ", self.dtype());
    if (q.dtype() != self.dtype())
        raise<DtypeError>(name, "q tensor must be same dtype as the input tensor: ", q.dtype(), " and ", self.dtype());
    if (std::find(std::begin(kInterpolations), std::end(kInterpolations), interpolation) == std::end(kInterpolations))
        raise<ValueError>(name, "interpolation must be one of linear, lower, higher, midpoint or nearest, but got ",
                          interpolation);
    if (!((q >= 0) & (q <= 1)).all().item<bool>()) raise<ValueError>(name, "q values must be in the range [0, 1]");
}

/// The places (not whole numbers) of the quantiles in the sorted lines. A line with NaN, if these count, ends in it and
/// gives it.
Tensor ranks_of(const Tensor& sorted, const Tensor& q, bool ignore_nan) {
    const Tensor nan = sorted.isnan();
    if (ignore_nan) {
        const Tensor ranks = q * (nan.logical_not().sum({-1}, true) - 1).to(q.dtype());
        return where(ranks < 0, 0, ranks);
    }
    const auto last = static_cast<double>(sorted.size(-1) - 1);
    return where(nan.select(-1, -1).unsqueeze(-1), last, q * last);
}

/// By interpolation between neighbours in the sorted lines: made of operations, so that q has its gradient too.
Tensor quantile_of(const char* name, const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation, bool ignore_nan) {
    check(name, self, q, interpolation);
    const std::int64_t d = wrap_dim(dim.value_or(0), self.dim(), name);
    const Tensor lines = !dim || self.dim() == 0 ? self.reshape({-1}) : self.movedim(d, -1);
    const Tensor sorted = std::get<0>(lines.sort(-1));

    // Whole numbers have no gradient, so ranks.to(kInt64) ends there.
    Tensor ranks = ranks_of(sorted, q.reshape({-1}), ignore_nan);
    if (interpolation == "lower") ranks = ranks.floor();
    if (interpolation == "higher") ranks = ranks.ceil();
    if (interpolation == "nearest") ranks = ranks.round();
    const Tensor below = ranks.to(kInt64);
    Tensor out = sorted.gather(-1, below);
    if (interpolation == "linear" || interpolation == "midpoint") {
        const Tensor above = sorted.gather(-1, ranks.ceil().to(kInt64));
        out = interpolation == "linear" ? out.lerp(above, ranks - below) : out.lerp(above, 0.5);
    }

    out = q.dim() ? out.movedim(-1, 0) : out.select(-1, 0);
    if (keepdim && dim && self.dim() > 0) return out.unsqueeze(d + q.dim());
    for (std::int64_t i = 0; keepdim && i < self.dim(); ++i) out = out.unsqueeze(q.dim());
    return out;
}

}  // namespace

Tensor quantile(const Tensor& self, double q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
    return quantile_of("quantile", self, full({}, q, self.dtype()), dim, keepdim, interpolation, false);
}
Tensor quantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
    return quantile_of("quantile", self, q, dim, keepdim, interpolation, false);
}
Tensor nanquantile(const Tensor& self, double q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
    return quantile_of("nanquantile", self, full({}, q, self.dtype()), dim, keepdim, interpolation, true);
}
Tensor nanquantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
    return quantile_of("nanquantile", self, q, dim, keepdim, interpolation, true);
}

Tensor Tensor::quantile(double q, std::optional<std::int64_t> dim, bool keepdim, std::string_view interpolation) const {
    return xgrad::quantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::quantile(const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                        std::string_view interpolation) const {
    return xgrad::quantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::nanquantile(double q, std::optional<std::int64_t> dim, bool keepdim,
                           std::string_view interpolation) const {
    return xgrad::nanquantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::nanquantile(const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                           std::string_view interpolation) const {
    return xgrad::nanquantile(*this, q, dim, keepdim, interpolation);
}

}  // namespace xgrad
