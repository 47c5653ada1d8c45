#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/product/product.h>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

namespace {

bool is_one(const Scalar& x) { return x.to_double() == 1; }
bool is_zero(const Scalar& x) { return x.to_double() == 0; }

Tensor scaled(const Tensor& x, const Scalar& factor) { return is_one(factor) ? x : x * factor; }

/// beta self + alpha a b, for matrices (Rank 2) or batches of them (Rank 3).
template <int Rank>
struct AddProduct {
    static constexpr const char* name = Rank == 2 ? "addmm" : "baddbmm";
    static constexpr Uses uses[] = {kNothing, in(2), in(1)};

    Scalar beta, alpha;

    Tensor forward(const Tensor& self, const Tensor& a, const Tensor& b) const {
        const Dims sizes = check(self, a, b);
        if (!detail::is_expandable_to(self.sizes(), sizes))
            raise<ShapeError>(name, "the first argument of shape ", shape_string(self.sizes()),
                              " must broadcast to the shape of the product, ", shape_string(sizes));
        Tensor out = empty(sizes, self.dtype());
        if (!is_zero(beta)) copy(out, self);
        add_product(out, a, b);
        return out;
    }
    void forward_(Tensor& self, const Tensor& a, const Tensor& b) const {
        const Dims sizes = check(self, a, b);
        if (self.sizes() != IntArrayRef(sizes))
            raise<ShapeError>(inplace_name<AddProduct>.data(), "output with shape ", self.sizes(),
                              " doesn't match the shape of the product ", IntArrayRef(sizes));
        if (self.is_contiguous() && !self.is_alias_of(a) && !self.is_alias_of(b)) return add_product(self, a, b);
        copy(self, forward(self, a, b));
    }
    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        if (b.needs(0)) b.set(0, scaled(g, beta));
        if (b.needs(1)) b.set(1, scaled(g.matmul(b.input(2).mT()), alpha));
        if (b.needs(2)) b.set(2, scaled(b.input(1).mT().matmul(g), alpha));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& output) const {
        Tensor sum = t[0].defined() ? scaled(t[0], beta) : Tensor();
        if (t[1].defined() || t[2].defined()) {
            const Tensor product = scaled(
                bilinear_jvp(x.subspan(1), t.subspan(1), [](const Tensor& a, const Tensor& b) { return a.matmul(b); }),
                alpha);
            sum = sum.defined() ? sum + product : product;
        }
        return sum.expand(output.sizes());
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const auto batch_first = [&](std::size_t i) {
            Tensor y = dims[i] < 0 ? x[i].unsqueeze(0) : x[i].movedim(dims[i], 0);
            while (y.dim() < Rank + 1) y = y.unsqueeze(1);
            return y;
        };
        const Tensor product = scaled(batch_first(1).matmul(batch_first(2)), alpha);
        return {is_zero(beta) ? product : scaled(batch_first(0), beta) + product, 0};
    }

  private:
    /// The shape of the product.
    Dims check(const Tensor& self, const Tensor& a, const Tensor& b) const {
        if (a.dim() != Rank || b.dim() != Rank || (Rank == 3 && a.size(0) != b.size(0)))
            raise<ShapeError>(name,
                              Rank == 2 ? "expects matrices, got " : "expects two batches of as many matrices, got ",
                              shape_string(a.sizes()), " and ", shape_string(b.sizes()));
        check_inner(name, a, b);
        check_same_dtype(name, a, b);
        check_same_dtype(name, self, a);
        const bool integral = !xgrad::is_floating_point(self.dtype());
        if (integral && (beta.is_floating_point() || alpha.is_floating_point()))
            raise<DtypeError>(
                name, "For integral input tensors, arguments alpha and beta must not be floating point numbers");
        Dims sizes = a.sizes();
        sizes[Rank - 1] = b.size(-1);
        return sizes;
    }
    /// out = beta out + alpha a b.
    void add_product(const Tensor& out, const Tensor& a, const Tensor& b) const {
        if (xgrad::is_floating_point(out.dtype()) && !is_zero(alpha) && a.size(-1) > 0) {
            // The factor goes to the smaller operand.
            const bool left = a.numel() < b.numel();
            return multiply(left ? scaled(a, alpha) : a, left ? b : scaled(b, alpha), out, beta.to_double());
        }
        Tensor sum = is_zero(beta) ? zeros_like(out) : scaled(out, beta);
        if (!is_zero(alpha)) sum = sum + scaled(a.matmul(b), alpha);
        copy(out, sum);
    }
};

using AddProducts = Family<AddProduct<2>, AddProduct<3>>;

void check_addmv(const char* operation, const Tensor& self, const Tensor& mat, const Tensor& vec) {
    if (mat.dim() != 2 || vec.dim() != 1 || self.dim() > 1)
        raise<ShapeError>(operation, "vector + matrix @ vector expected, got ", self.dim(), ", ", mat.dim(), ", ",
                          vec.dim());
    if (mat.size(1) != vec.size(0))
        raise<ShapeError>(operation, "size mismatch, got input ", shape_string(self.sizes()), ", mat ",
                          shape_string(mat.sizes()), ", vec ", shape_string(vec.sizes()));
}

void check_addr(const char* operation, const Tensor& vec1, const Tensor& vec2) {
    if (vec1.dim() != 1 || vec2.dim() != 1)
        raise<ShapeError>(operation, "Expected 1-D arguments vec1 and vec2, but got ", vec1.dim(), "-D and ",
                          vec2.dim(), "-D");
}

/// Batches of matrices side by side: their product is the sum of the products.
struct SideBySide {
    SideBySide(const char* operation, const Tensor& batch1, const Tensor& batch2) {
        if (batch1.dim() != 3 || batch2.dim() != 3 || batch1.size(0) != batch2.size(0) ||
            batch1.size(2) != batch2.size(1))
            raise<ShapeError>(operation, "expects two batches of as many matrices that can be multiplied, got ",
                              shape_string(batch1.sizes()), " and ", shape_string(batch2.sizes()));
        const std::int64_t inner = batch1.size(0) * batch1.size(2);
        left = batch1.transpose(0, 1).reshape({batch1.size(1), inner});
        right = batch2.reshape({inner, batch2.size(2)});
    }

    Tensor left, right;
};

}  // namespace

std::vector<OpInfo> addmm_operations() { return AddProducts::table(); }

}  // namespace ops

Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) {
    return ops::AddProducts::apply(ops::AddProduct<2>{beta, alpha}, self, mat1, mat2);
}
Tensor& Tensor::addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) {
    return ops::AddProducts::apply_inplace(ops::AddProduct<2>{beta, alpha}, *this, mat1, mat2);
}

Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
               const Scalar& alpha) {
    return ops::AddProducts::apply(ops::AddProduct<3>{beta, alpha}, self, batch1, batch2);
}
Tensor& Tensor::baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) {
    return ops::AddProducts::apply_inplace(ops::AddProduct<3>{beta, alpha}, *this, batch1, batch2);
}

Tensor addmv(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) {
    ops::check_addmv("addmv", self, mat, vec);
    return addmm(self.dim() == 0 ? self : self.unsqueeze(1), mat, vec.unsqueeze(1), beta, alpha).squeeze(1);
}
Tensor& Tensor::addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) {
    ops::check_addmv("addmv_", *this, mat, vec);
    if (dim() == 0) raise<ShapeError>("addmv_", "a 0-dim tensor can't hold the product");
    unsqueeze(1).addmm_(mat, vec.unsqueeze(1), beta, alpha);
    return *this;
}

Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) {
    ops::check_addr("addr", vec1, vec2);
    const Tensor product = ops::scaled(outer(vec1, vec2), alpha);
    if (!detail::is_expandable_to(self.sizes(), product.sizes()))
        raise<ShapeError>("addr", "the first argument of shape ", shape_string(self.sizes()),
                          " must broadcast to the shape of the product, ", shape_string(product.sizes()));
    return ops::is_zero(beta) ? product : ops::scaled(self, beta) + product;
}
Tensor& Tensor::addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) {
    ops::check_addr("addr_", vec1, vec2);
    const Tensor product = ops::scaled(vec1.outer(vec2), alpha);
    if (product.sizes() != sizes())
        raise<ShapeError>("addr_", "output with shape ", sizes(), " doesn't match the shape of the product ",
                          product.sizes());
    if (ops::is_zero(beta)) return copy_(product);
    return (ops::is_one(beta) ? *this : mul_(beta)).add_(product);
}

Tensor addbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) {
    const ops::SideBySide factors("addbmm", batch1, batch2);
    return addmm(self, factors.left, factors.right, beta, alpha);
}
Tensor& Tensor::addbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) {
    const ops::SideBySide factors("addbmm_", batch1, batch2);
    return addmm_(factors.left, factors.right, beta, alpha);
}

Tensor Tensor::addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const {
    return xgrad::addmm(*this, mat1, mat2, beta, alpha);
}
Tensor Tensor::baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const {
    return xgrad::baddbmm(*this, batch1, batch2, beta, alpha);
}
Tensor Tensor::addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) const {
    return xgrad::addmv(*this, mat, vec, beta, alpha);
}
Tensor Tensor::addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) const {
    return xgrad::addr(*this, vec1, vec2, beta, alpha);
}
Tensor Tensor::addbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const {
    return xgrad::addbmm(*this, batch1, batch2, beta, alpha);
}

}  // namespace xgrad
