#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad {

namespace ops {

namespace {

std::string describe_minor(int code) {
    return "The factorization could not be completed because the input is not positive-definite (the leading minor of "
           "order " +
           std::to_string(code) + " is not positive-definite).";
}

/// L with L L^T = A, or U = L^T. With phi(X) the lower triangle of X, its diagonal halved, dL = L phi(inv(L) dA
/// inv(L)^T); the gradient is made symmetric. Also with LAPACK's codes; without, others than 0 throw.
template <bool kCodes>
struct Cholesky {
    static constexpr const char* name = kCodes ? "linalg_cholesky_ex" : "linalg_cholesky";
    static constexpr Uses uses[] = {out()};
    static constexpr unsigned differentiable = 1;

    bool upper;

    std::conditional_t<kCodes, std::array<Tensor, 2>, Tensor> forward(const Tensor& A) const {
        const std::int64_t n = A.size(-1);
        const int size = lapack_size(name, n);
        Tensor factor = rows_of(A);
        const Tensor info = empty(batch_sizes(A), kInt32);
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(A), n * n * n / 6, [&](std::int64_t i) {
                // What are rows here are columns to LAPACK: lower is upper.
                T* a = pointer<T>(factor) + i * n * n;
                pointer<int>(info)[i] = n == 0 ? 0 : lapack::potrf(upper ? 'L' : 'U', size, a);
                for (std::int64_t r = 0; r < n; ++r)
                    upper ? std::fill(a + r * n, a + r * n + r, T(0))
                          : std::fill(a + r * n + r + 1, a + (r + 1) * n, T(0));
            });
        });
        if constexpr (kCodes) {
            return {factor, info};
        } else {
            check_codes(name, info, describe_minor);
            return factor;
        }
    }
    void vjp(Vjp& b) const {
        const Tensor L = upper ? transposed(b.output()) : b.output(), g = upper ? transposed(b.grad()) : b.grad();
        const Tensor phi = transposed(L).matmul(g);
        const Tensor symmetric = (tril(phi) + transposed(tril(phi, -1))) * 0.5;
        const Tensor half = linalg_solve_triangular(transposed(L), symmetric, true);
        b.set(0, linalg_solve_triangular(L, half, false, false));
    }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> t, const Tensor& factor) const {
        const Tensor L = upper ? transposed(factor) : factor;
        const Tensor half = linalg_solve_triangular(L, (t[0] + transposed(t[0])) * 0.5, false);
        const Tensor X = linalg_solve_triangular(transposed(L), half, true, false);
        const Tensor dL = L.matmul((tril(X) + tril(X, -1)) * 0.5);
        return upper ? transposed(dL) : dL;
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

using Choleskys = Family<Cholesky<false>, Cholesky<true>>;

}  // namespace

std::vector<OpInfo> linalg_cholesky_operations() { return Choleskys::table(); }

}  // namespace ops

Tensor linalg_cholesky(const Tensor& self, bool upper) {
    ops::check_square("linalg_cholesky", self);
    return ops::Choleskys::apply(ops::Cholesky<false>{upper}, self);
}
Tensor cholesky(const Tensor& self, bool upper) { return linalg_cholesky(self, upper); }
Tensor Tensor::cholesky(bool upper) const { return linalg_cholesky(*this, upper); }

std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper, bool check_errors) {
    constexpr const char* name = "linalg_cholesky_ex";
    ops::check_square(name, self);
    auto [factor, info] = ops::Choleskys::apply(ops::Cholesky<true>{upper}, self);
    if (check_errors) ops::check_codes(name, info, ops::describe_minor);
    return {factor, info};
}

Tensor cholesky_solve(const Tensor& self, const Tensor& input2, bool upper) {
    constexpr const char* name = "cholesky_solve";
    ops::check_matrix(name, self, "b");
    ops::check_square(name, input2);
    const Tensor other = ops::transposed(input2), &L = upper ? other : input2, &Lt = upper ? input2 : other;
    return linalg_solve_triangular(Lt, linalg_solve_triangular(L, self, false), true);
}
Tensor Tensor::cholesky_solve(const Tensor& input2, bool upper) const {
    return xgrad::cholesky_solve(*this, input2, upper);
}

Tensor cholesky_inverse(const Tensor& self, bool upper) {
    ops::check_square("cholesky_inverse", self);
    return cholesky_solve(eye(self.size(-1), self.dtype()), self, upper);
}
Tensor Tensor::cholesky_inverse(bool upper) const { return xgrad::cholesky_inverse(*this, upper); }

}  // namespace xgrad
