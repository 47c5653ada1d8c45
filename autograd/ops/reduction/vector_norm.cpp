#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/reduction/reduced.h>

#include <cmath>

namespace xgrad {

namespace ops {

namespace {

/// (sum |x|^p)^(1/p). With y the norm, its derivative is sign(x) (|x| / y)^(p - 1), and zero where x or y is.
struct Norm {
    static constexpr const char* name = "norm";
    static constexpr Uses uses[] = {in(0) | out()};

    double p;
    Reduced over;

    Tensor forward(const Tensor& x) const {
        if (p == 2) return fold(Fold::kSumOfSquares, x, over).sqrt_();
        if (p == 1) return fold(Fold::kSumOfAbs, x, over);
        if (p == 0) return fold(Fold::kSum, x.ne(0).to(x.dtype()), over);
        if (std::isinf(p)) return fold(p > 0 ? Fold::kMaxAbs : Fold::kMinAbs, x, over);
        return fold(Fold::kSum, x.abs().pow(p), over).pow_(1 / p);
    }
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0), g = restore(b.grad(), over, x.sizes());
        b.set(0, derivative(x, restore(b.output(), over, x.sizes()), g));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        const Tensor kept = restore(y, over, x[0].sizes());
        return sum_kept(derivative(x[0], kept, ones_like(kept)) * tangents[0], over).reshape(y.sizes());
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }

  private:
    /// g times the derivative of the norm y; both have the reduced dimensions.
    Tensor derivative(const Tensor& x, const Tensor& y, const Tensor& g) const {
        if (p == 0) return zeros_like(x);
        if (p == 1) return sign(x) * g;
        if (std::isinf(p)) {
            const Tensor ties = ((x.abs() == y) | x.isnan()).to(x.dtype());
            return sign(x) * ties * (g / sum_kept(ties, over));
        }
        const Tensor zero = y == 0, divisor = where(zero, 1, y);
        if (p == 2) return x * where(zero, 0, g / divisor);
        return sign(x) * where(x == 0, 1, x.abs()).pow(p - 1) * where(zero, 0, g * divisor.pow(1 - p));
    }
};

using VectorNorms = Family<Norm>;

Tensor norm_over(const Tensor& x, const std::optional<Scalar>& p, OptionalIntArrayRef dims, bool keepdim,
                 ScalarType dtype) {
    const Tensor terms = x.to(dtype);
    if (!terms.is_floating_point())
        raise<DtypeError>(Norm::name, "Expected a floating point tensor as input. Got ", dtype);
    const double order = p ? p->to_double() : 2;
    Reduced over = reduced(Norm::name, x, dims, keepdim);
    if (std::isinf(order)) check_choice(Norm::name, x, dims);
    return VectorNorms::apply(Norm{order, std::move(over)}, terms);
}

}  // namespace

std::vector<OpInfo> vector_norm_operations() { return VectorNorms::table(); }

}  // namespace ops

Tensor norm(const Tensor& self, const Scalar& p) { return ops::norm_over(self, p, std::nullopt, false, self.dtype()); }
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
    return ops::norm_over(self, p, dim, keepdim, self.dtype());
}
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, ScalarType dtype) {
    return ops::norm_over(self, p, std::nullopt, false, dtype);
}
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim, ScalarType dtype) {
    return ops::norm_over(self, p, dim, keepdim, dtype);
}
Tensor Tensor::norm(const Scalar& p) const { return xgrad::norm(*this, p); }
Tensor Tensor::norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) const {
    return xgrad::norm(*this, p, dim, keepdim);
}
Tensor Tensor::norm(const std::optional<Scalar>& p, ScalarType dtype) const { return xgrad::norm(*this, p, dtype); }
Tensor Tensor::norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim, ScalarType dtype) const {
    return xgrad::norm(*this, p, dim, keepdim, dtype);
}
Tensor Tensor::named_norm(std::string_view p, OptionalIntArrayRef dim, bool keepdim, ScalarType dtype) const {
    if (p != "fro")
        raise<ValueError>(ops::Norm::name, "the order must be a number or \"fro\" (Frobenius), got \"", p, '"');
    return ops::norm_over(*this, Scalar(2), dim, keepdim, dtype);
}

Tensor renorm(const Tensor& self, const Scalar& p, std::int64_t dim, const Scalar& maxnorm) {
    constexpr const char* kName = "renorm";
    constexpr double kTiny = 1e-7;  // PyTorch's guard against division by zero
    if (!(p.to_double() > 0)) raise<ValueError>(kName, "non-positive-norm not supported, got p=", p.to_double());
    if (!(maxnorm.to_double() >= 0))
        raise<ValueError>(kName, "expected maxnorm to be >= 0 but got ", maxnorm.to_double());
    if (self.dim() < 2) raise<ShapeError>(kName, "input needs at least 2 dimensions, got ", self.dim(), " dimensions");
    const std::int64_t kept = detail::wrap_dim(dim, self.dim(), kName);
    detail::Dims others;
    for (std::int64_t d = 0; d < self.dim(); ++d)
        if (d != kept) others.push_back(d);
    const Tensor length = norm(self, p, others, true);
    return self * where(length > maxnorm, maxnorm / (length + kTiny), 1);
}
Tensor Tensor::renorm(const Scalar& p, std::int64_t dim, const Scalar& maxnorm) const {
    return xgrad::renorm(*this, p, dim, maxnorm);
}
Tensor& Tensor::renorm_(const Scalar& p, std::int64_t dim, const Scalar& maxnorm) {
    return copy_(xgrad::renorm(clone(), p, dim, maxnorm));  // backward needs the old values
}

}  // namespace xgrad
