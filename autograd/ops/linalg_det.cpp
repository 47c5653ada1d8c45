#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/linalg.h>
#include <xgrad/autograd/ops/op.h>

#include <cmath>

namespace xgrad {

namespace ops {

namespace {

/// Calls f(i, diagonal, sign) with the diagonal (stride n + 1) of U of each matrix and the sign of its permutation.
template <class T, class F>
void for_each_diagonal(const LuFactors& f, std::int64_t n, F call) {
    for (std::int64_t i = 0; i < f.info.numel(); ++i) {
        const int* pivots = pointer<int>(f.pivots) + i * n;
        int swaps = 0;
        for (std::int64_t k = 0; k < n; ++k) swaps += pivots[k] != k + 1;
        call(i, pointer<T>(f.lu) + i * n * n, swaps % 2 == 0 ? T(1) : T(-1));
    }
}

/// For each number the product of the others along the last dimension; that of zeros is differentiable.
Tensor products_of_others(const Tensor& s) {
    const TensorList parts = s.unbind(-1);
    const std::size_t n = parts.size();
    TensorList out(n);
    Tensor product = ones_like(parts[0]);
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = product;
        product = product * parts[i];
    }
    product = ones_like(parts[0]);
    for (std::size_t i = n; i-- > 0;) {
        out[i] = out[i] * product;
        product = product * parts[i];
    }
    return stack(out, -1);
}

/// The inverse, not finite for a singular matrix. (The function that returns codes too has no rule for vmap.)
Tensor unchecked_inverse(const Tensor& A) { return wrapped(A) ? linalg_inv(A) : std::get<0>(linalg_inv_ex(A)); }

/// The derivative of the determinant: det(A) inv(A)^T, or, of singular matrices, by way of A = U diag(s) Vh,
/// det(U) det(Vh) U diag(products of the other s) Vh.
Tensor cofactors(const Tensor& A, const Tensor& det) {
    const auto regular = [&](const Tensor& x) { return as_matrices(det) * transposed(unchecked_inverse(x)); };
    if (wrapped(A) || wrapped(det)) return regular(A);
    const Tensor singular = as_matrices(det.detach() == 0);
    if (A.numel() == 0 || !singular.any().item<bool>()) return regular(A);
    const std::int64_t n = A.size(-1);
    const Tensor other = diagonal_matrix(arange(1, n + 1, A.dtype()));  // what neither way minds
    const auto [U, S, Vh] = linalg_svd(where(singular, A, other), false);
    const Tensor sign = as_matrices((linalg_det(U.detach()) * linalg_det(Vh.detach())).round());
    const Tensor degenerate = sign * (U * products_of_others(S).unsqueeze(-2)).matmul(Vh);
    return where(singular, degenerate, regular(where(singular, other, A)));
}

struct Det {
    static constexpr const char* name = "linalg_det";
    static constexpr Uses uses[] = {in(0) | out()};

    Tensor forward(const Tensor& A) const {
        const LuFactors f = lu_factors(name, A);
        const std::int64_t n = A.size(-1);
        Tensor out = empty(batch_sizes(A), A.dtype());
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_diagonal<T>(f, n, [&](std::int64_t i, const T* u, T product) {
                for (std::int64_t k = 0; k < n; ++k) product *= u[k * (n + 1)];
                pointer<T>(out)[i] = product;
            });
        });
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, as_matrices(b.grad()) * cofactors(b.input(0), b.output())); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& det) const {
        return (cofactors(x[0], det) * t[0]).sum({-2, -1});
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {linalg_det(x[0].movedim(dims[0], 0)), 0};
    }
};

/// log |det|, and the sign, which has no gradient.
struct Slogdet {
    static constexpr const char* name = "linalg_slogdet";
    static constexpr Uses uses[] = {in(0)};
    static constexpr unsigned differentiable = 1;

    std::array<Tensor, 2> forward(const Tensor& A) const {
        const LuFactors f = lu_factors(name, A);
        const std::int64_t n = A.size(-1);
        const Tensor logarithm = empty(batch_sizes(A), A.dtype()), signs = empty(batch_sizes(A), A.dtype());
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_diagonal<T>(f, n, [&](std::int64_t i, const T* u, T sign) {
                T sum = 0;
                for (std::int64_t k = 0; k < n; ++k) {
                    const T pivot = u[k * (n + 1)];
                    sum += std::log(std::abs(pivot));
                    // Zero is of sign 0, NaN of sign NaN.
                    sign *= pivot > 0 ? T(1) : pivot < 0 ? T(-1) : pivot;
                }
                pointer<T>(logarithm)[i] = sum;
                pointer<T>(signs)[i] = sign;
            });
        });
        return {logarithm, signs};
    }
    void vjp(Vjp& b) const { b.set(0, as_matrices(b.grad()) * transposed(unchecked_inverse(b.input(0)))); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return (transposed(unchecked_inverse(x[0])) * t[0]).sum({-2, -1});
    }
};

using Determinants = Family<Det, Slogdet>;

}  // namespace

std::vector<OpInfo> linalg_det_operations() { return Determinants::table(); }

}  // namespace ops

Tensor linalg_det(const Tensor& A) {
    ops::check_square("linalg_det", A);
    return ops::Determinants::apply(ops::Det{}, A);
}
Tensor det(const Tensor& self) { return linalg_det(self); }
Tensor Tensor::det() const { return linalg_det(*this); }

std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) {
    ops::check_square("linalg_slogdet", A);
    auto [logarithm, sign] = ops::Determinants::apply(ops::Slogdet{}, A);
    return {std::move(sign), std::move(logarithm)};
}
std::tuple<Tensor, Tensor> slogdet(const Tensor& self) { return linalg_slogdet(self); }
std::tuple<Tensor, Tensor> Tensor::slogdet() const { return linalg_slogdet(*this); }

Tensor logdet(const Tensor& self) {
    const auto [sign, logarithm] = linalg_slogdet(self);
    return logarithm + sign.log();
}
Tensor Tensor::logdet() const { return xgrad::logdet(*this); }

}  // namespace xgrad
