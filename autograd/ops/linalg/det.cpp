#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
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

/// `scale` inv(A)^T.
Tensor scaled_inverse(const LuFactors& factors, const Tensor& A, const Tensor& scale) {
    return solve_factored(factors, A, as_matrices(scale) * eye(A.size(-1), A.dtype()), true);
}

/// The derivative of the determinant: det(A) inv(A)^T, or, of singular matrices, by way of A = U diag(s) Vh,
/// det(U) det(Vh) U diag(products of the other s) Vh.
Tensor cofactors(const LuFactors& factors, const Tensor& A, const Tensor& det) {
    const Tensor singular = as_matrices(det.detach() == 0);
    if (A.numel() == 0 || !detail::innermost(singular).any().item<bool>()) return scaled_inverse(factors, A, det);
    const std::int64_t n = A.size(-1);
    const Tensor other = diagonal_matrix(arange(1, n + 1, A.dtype()));  // what neither way minds
    const auto [U, S, Vh] = linalg_svd(where(singular, A, other), false);
    const Tensor sign = as_matrices((linalg_det(U.detach()) * linalg_det(Vh.detach())).round());
    const Tensor degenerate = sign * (U * products_of_others(S).unsqueeze(-2)).matmul(Vh);
    return where(singular, degenerate, scaled_inverse({}, where(singular, other, A), det));
}

/// Of this and the next the factors serve forward and backward; see Solve.
struct Det {
    static constexpr const char* name = "linalg_det";
    static constexpr Uses uses[] = {in(0) | out()};

    LuFactors factors;

    Tensor forward(const Tensor& A) const {
        const LuFactors f = factors.defined() ? factors : lu_factors(name, A);
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
    void vjp(Vjp& b) const { b.set(0, as_matrices(b.grad()) * cofactors(factors, b.input(0), b.output())); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& det) const {
        return (cofactors(factors, x[0], det) * t[0]).sum({-2, -1});
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

    LuFactors factors;

    std::array<Tensor, 2> forward(const Tensor& A) const {
        const LuFactors f = factors.defined() ? factors : lu_factors(name, A);
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
    void vjp(Vjp& b) const { b.set(0, scaled_inverse(factors, b.input(0), b.grad())); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return solve_factored(factors, x[0], t[0], false).diagonal(0, -2, -1).sum(-1);
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(Slogdet{}, x[0], dims[0]);
    }
};

using Determinants = Family<Det, Slogdet>;

/// The factors of A, none under transforms.
LuFactors factors_of(const char* name, const Tensor& A) {
    check_square(name, A);
    return wrapped(A) ? LuFactors{} : lu_factors(name, A.detach());
}

}  // namespace

std::vector<OpInfo> linalg_det_operations() { return Determinants::table(); }

}  // namespace ops

Tensor linalg_det(const Tensor& A) { return ops::Determinants::apply(ops::Det{ops::factors_of("linalg_det", A)}, A); }
Tensor det(const Tensor& self) { return linalg_det(self); }
Tensor Tensor::det() const { return linalg_det(*this); }

std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) {
    auto [logarithm, sign] = ops::Determinants::apply(ops::Slogdet{ops::factors_of("linalg_slogdet", A)}, A);
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
