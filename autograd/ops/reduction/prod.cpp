#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/reduction/reduced.h>
#include <xgrad/autograd/ops/reduction/scan.h>

#include <limits>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

/// The product along one dimension.
struct Prod {
    static constexpr const char* name = "prod";
    static constexpr Uses uses[] = {in(0) | out()};

    std::int64_t dim;
    Reduced over;

    Tensor forward(const Tensor& x) const { return fold(Fold::kProduct, x, over); }

    /// g y / x if no element is or leads to zero or infinity. Otherwise the product is seen as the last one of the
    /// cumulative products, to whose gradient zeros are no exception.
    void vjp(Vjp& b) const {
        const Tensor x = b.input(0), y = b.output(), g = restore(b.grad(), over, x.sizes());
        if (x.numel() == 0) return b.set(0, zeros_like(x));
        if (divides(y)) return b.set(0, restore(y, over, x.sizes()) / x * g);
        Dims kept = x.sizes(), before = x.sizes();
        kept[static_cast<std::size_t>(dim)] = 1;
        before[static_cast<std::size_t>(dim)] -= 1;
        const Tensor last = cat({zeros(before, x.dtype()), g.expand(kept)}, dim);
        b.set(0, cumprod_backward(last, x, x.cumprod(dim), dim));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        if (x[0].numel() == 0) return zeros_like(y);
        return cumprod_forward(tangents[0], x[0], x[0].cumprod(dim), dim).select(dim, -1).reshape(y.sizes());
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        Prod next = *this;
        ++next.dim;
        return reduce_batch(next, x[0], dims[0]);
    }

  private:
    /// Whether all products are ordinary numbers.
    static bool divides(const Tensor& y) {
        const Tensor size = detail::innermost(y).detach().abs();
        const bool narrow = y.dtype() == kFloat32;
        const double smallest = narrow ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
        return ((size >= smallest) & (size < std::numeric_limits<double>::infinity())).all().item<bool>();
    }
};

using ProductReductions = Family<Prod>;

/// Without `dim`, or of a number, over the only dimension of a vector.
Tensor prod_over(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim, std::optional<ScalarType> dtype) {
    const std::int64_t d = dim ? detail::wrap_dim(*dim, x.dim(), Prod::name) : 0;
    const ScalarType result = dtype.value_or(x.is_floating_point() ? x.dtype() : kInt64);
    Tensor factors = x.to(result);
    if (!is_floating_point(result)) factors = factors.to(kInt64);
    const bool whole = !dim || x.dim() == 0;
    if (whole) factors = factors.reshape({-1});
    return ProductReductions::apply(Prod{d, reduced(Prod::name, factors, d, keepdim && !whole)}, factors).to(result);
}

}  // namespace

std::vector<OpInfo> prod_operations() { return ProductReductions::table(); }

}  // namespace ops

Tensor prod(const Tensor& self, std::optional<ScalarType> dtype) {
    return ops::prod_over(self, std::nullopt, false, dtype);
}
Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim, std::optional<ScalarType> dtype) {
    return ops::prod_over(self, dim, keepdim, dtype);
}
Tensor Tensor::prod(std::optional<ScalarType> dtype) const { return xgrad::prod(*this, dtype); }
Tensor Tensor::prod(std::int64_t dim, bool keepdim, std::optional<ScalarType> dtype) const {
    return xgrad::prod(*this, dim, keepdim, dtype);
}

}  // namespace xgrad
