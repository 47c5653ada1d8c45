#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/pool_allocator.h>

namespace xgrad {

namespace ops {

namespace {

/// A = Q R; Q square if `complete`, empty unless `with_q`. With X = Q^T dA inv(R) of the square part of R, Q^T dQ is
/// the antisymmetric matrix with the lower triangle of X (Walter and Lehmann, 2010; wide matrices: Roberts and Roberts,
/// 2020).
struct Qr {
    static constexpr const char* name = "linalg_qr";
    static constexpr Uses uses[] = {out(0) | out(1)};

    bool complete, with_q;

    std::array<Tensor, 2> forward(const Tensor& A) const {
        const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n), columns = complete ? m : k;
        const int rows = lapack_size(name, m), all = lapack_size(name, n), reflections = lapack_size(name, k);
        const Tensor factored = columns_of(A);
        const Tensor Q = with_q ? empty_columns(batch_sizes(A, {m, columns}), A.dtype()) : empty({0}, A.dtype());
        const Tensor R = zeros(batch_sizes(A, {columns, n}), A.dtype());
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(A), 2 * m * (n + columns) * k, [&](std::int64_t i) {
                T *a = pointer<T>(factored) + i * m * n, *r = pointer<T>(R) + i * columns * n;
                detail::PoolVector<T> tau(static_cast<std::size_t>(std::max<std::int64_t>(k, 1)));
                if (k > 0) lapack::geqrf(rows, all, a, tau.data());
                for (std::int64_t row = 0; row < k; ++row)
                    for (std::int64_t column = row; column < n; ++column) r[row * n + column] = a[column * m + row];
                if (!with_q) return;
                T* q = pointer<T>(Q) + i * m * columns;
                std::copy(a, a + m * k, q);
                std::fill(q + m * k, q + m * columns, T(0));
                if (columns > 0) lapack::orgqr(rows, static_cast<int>(columns), reflections, q, tau.data());
            });
        });
        return {Q, R};
    }
    void vjp(Vjp& b) const {
        const Tensor Q = b.output(0), R = b.output(1), &gQ = b.grad(0), &gR = b.grad(1);
        const std::int64_t m = Q.size(-2), n = R.size(-1);
        if (complete && m > n)
            raise<NotImplementedError>(name,
                                       "The QR decomposition is not differentiable when mode='complete' and nrows > "
                                       "ncols: here ",
                                       m, " > ", n);
        Tensor M;  // gR R^T - Q^T gQ
        if (gR.defined()) M = gR.matmul(transposed(R));
        if (gQ.defined()) M = M.defined() ? M - transposed(Q).matmul(gQ) : -transposed(Q).matmul(gQ);
        if (m >= n) {
            Tensor inner = Q.matmul(triu(M) + transposed(triu(M, 1)));
            if (gQ.defined()) inner = inner + gQ;
            return b.set(0, linalg_solve_triangular(transposed(R), inner, false, false));
        }
        const Tensor square = R.narrow(-1, 0, m);
        const Tensor X = linalg_solve_triangular(transposed(square), tril(transposed(M) - M, -1), false, false);
        const Tensor wide = cat({X, zeros(batch_sizes(X, {m, n - m}), X.dtype())}, -1);
        b.set(0, Q.matmul(gR.defined() ? wide + gR : wide));
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

using Qrs = Family<Qr>;

}  // namespace

std::vector<OpInfo> linalg_qr_operations() { return Qrs::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode) {
    constexpr const char* name = "linalg_qr";
    ops::check_matrix(name, A);
    if (mode != "reduced" && mode != "complete" && mode != "r")
        raise<ValueError>(name, "qr received unrecognized mode '", mode,
                          "' but expected one of 'reduced' (default), 'r', or 'complete'");
    // The gradient of R needs Q, and so does its tangent.
    const bool differentiated = ops::wrapped(A) || (GradMode::is_enabled() && ops::records(A));
    auto [Q, R] = ops::Qrs::apply(ops::Qr{mode == "complete", mode != "r" || differentiated}, A);
    return {mode == "r" ? empty({0}, A.dtype()) : Q, R};
}
std::tuple<Tensor, Tensor> qr(const Tensor& self, bool some) { return linalg_qr(self, some ? "reduced" : "complete"); }
std::tuple<Tensor, Tensor> Tensor::qr(bool some) const { return xgrad::qr(*this, some); }

Tensor linalg_householder_product(const Tensor& input, const Tensor& tau) {
    constexpr const char* name = "linalg_householder_product";
    ops::check_matrix(name, input, "input");
    ops::check_operand(name, input, tau);
    const std::int64_t m = input.size(-2), n = input.size(-1), k = tau.dim() > 0 ? tau.size(-1) : 0;
    if (m < n)
        raise<ShapeError>(name, "input.shape[-2] must be greater than or equal to input.shape[-1], the shape is ",
                          detail::shape_string(input.sizes()));
    if (k > n || !tau.sizes().equals(ops::batch_sizes(input, k)))
        raise<ShapeError>(name, "input.shape[-1] must be greater than or equal to tau.shape[-1] and the batches the ",
                          "same, but the shapes are ", detail::shape_string(input.sizes()), " and ",
                          detail::shape_string(tau.sizes()));
    const Tensor I = eye(m, n, input.dtype()), V = tril(input, -1) + I;
    Tensor Q = I.expand(input.sizes());
    for (std::int64_t i = k - 1; i >= 0; --i) {
        const Tensor v = V.narrow(-1, i, 1);
        Q = Q - (v * tau.narrow(-1, i, 1).unsqueeze(-1)).matmul(ops::transposed(v).matmul(Q));
    }
    return k > 0 ? Q : Q.clone();
}

}  // namespace xgrad
