#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

/// What the pivots of matrices of `rows` rows do, as int64: row i of A is row k of L U where the first result has i at
/// k; the second is the inverse.
struct LuPermutation {
    static constexpr const char* name = "lu_permutation";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    std::int64_t rows;

    std::array<Tensor, 2> forward(const Tensor& pivots) const {
        Dims sizes = pivots.sizes();
        const std::int64_t steps = sizes.back();
        sizes[sizes.size() - 1] = rows;
        const Tensor from = empty(sizes, kInt64), to = empty(sizes, kInt64), swaps = pivots.contiguous();
        for (std::int64_t i = 0; i < (rows > 0 ? from.numel() / rows : 0); ++i) {
            std::int64_t* order = pointer<std::int64_t>(from) + i * rows;
            for (std::int64_t k = 0; k < rows; ++k) order[k] = k;
            for (std::int64_t k = 0; k < steps; ++k)
                std::swap(order[k], order[pointer<std::int32_t>(swaps)[i * steps + k] - 1]);
            for (std::int64_t k = 0; k < rows; ++k) pointer<std::int64_t>(to)[i * rows + order[k]] = k;
        }
        return {from, to};
    }
    void vjp(Vjp&) const {}
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

/// The rows of x in the given order, batch by batch.
Tensor permute_rows(const Tensor& x, const Tensor& order) {
    return x.gather(-2, order.unsqueeze(-1).expand(x.sizes()));
}

/// P L U = A, L and U in one matrix. With Lt, Ut the square parts of both: A_1 = P Lt Ut, and of what is wider or
/// taller, A_2 = P Lt U_2 or P L_2 Ut. From X = inv(P Lt) dA_1 inv(Ut), dLt = Lt tril(X, -1), dUt = triu(X) Ut.
struct LuFactor {
    static constexpr const char* name = "linalg_lu_factor";
    static constexpr Uses uses[] = {out(0) | out(1)};
    static constexpr unsigned differentiable = 1;

    std::array<Tensor, 3> forward(const Tensor& A) const {
        const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
        const int rows = lapack_size(name, m), columns = lapack_size(name, n);
        const Tensor lu = columns_of(A), pivots = empty(batch_sizes(A, k), kInt32);
        const Tensor info = empty(batch_sizes(A), kInt32);
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(A), m * n * k / 3, [&](std::int64_t i) {
                pointer<int>(info)[i] =
                    k == 0 ? 0 : lapack::getrf(rows, columns, pointer<T>(lu) + i * m * n, pointer<int>(pivots) + i * k);
            });
        });
        return {lu, pivots, info};
    }
    void vjp(Vjp& b) const {
        const Tensor LU = b.output(0), g = b.grad();
        const std::int64_t m = LU.size(-2), n = LU.size(-1), k = std::min(m, n);
        const auto square = [&](const Tensor& x) { return x.narrow(-2, 0, k).narrow(-1, 0, k); };
        const Tensor L = square(LU), &U = L, gLU = square(g);  // triangles of one matrix
        Tensor low = transposed(tril(L, -1)).matmul(tril(gLU, -1)) + tril(gLU, -1);
        Tensor high = triu(gLU).matmul(transposed(triu(U)));
        Tensor rest;  // the gradient of A_2
        if (m > k) {
            const Tensor gL2 = g.narrow(-2, k, m - k);
            high = high - transposed(LU.narrow(-2, k, m - k)).matmul(gL2);
            rest = linalg_solve_triangular(transposed(U), gL2, false, false);
        }
        if (n > k) {
            const Tensor gU2 = g.narrow(-1, k, n - k);
            low = low - gU2.matmul(transposed(LU.narrow(-1, k, n - k)));
            rest = linalg_solve_triangular(transposed(L), gU2, true, true, true);
        }
        const Tensor X = tril(low, -1) + triu(high);
        Tensor gA = linalg_solve_triangular(transposed(U), X, false, false);
        gA = linalg_solve_triangular(transposed(L), gA, true, true, true);
        if (rest.defined()) gA = cat({gA, rest}, m > k ? -2 : -1);
        b.set(0, permute_rows(gA, detail_op::apply(LuPermutation{m}, b.output(1))[1]));
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

using Lu = Family<LuFactor, LuPermutation>;

std::array<Tensor, 3> factor(const char* name, const Tensor& A, bool pivot) {
    check_matrix(name, A);
    if (!pivot) raise<NotImplementedError>(name, "LU without pivoting is not implemented on the CPU");
    return Lu::apply(LuFactor{}, A);
}

std::string describe_factor(int code) {
    const std::string u = "U[" + std::to_string(code) + "," + std::to_string(code) + "]";
    return u +
           " is zero and using it on lu_solve would result in a division by zero. If you still want to perform the "
           "factorization, consider calling linalg_lu(A, pivot) or linalg_lu_factor_ex(A, pivot)";
}

void check_pivots(const char* name, const Tensor& LU, const Tensor& pivots) {
    check_matrix(name, LU, "LU");
    check_defined(name, pivots);
    if (pivots.dtype() != kInt32)
        raise<DtypeError>(name, "pivots should be a Tensor of scalar type torch.int32, got ", pivots.dtype());
    const std::int64_t m = LU.size(-2), k = std::min(m, LU.size(-1));
    if (!pivots.sizes().equals(batch_sizes(LU, k)))
        raise<ShapeError>(name,
                          "Number of pivots per batch should be same as the dimension of the matrix: LU of shape ",
                          detail::shape_string(LU.sizes()), " needs pivots of shape ",
                          detail::shape_string(batch_sizes(LU, k)), ", got ", detail::shape_string(pivots.sizes()));
    const Tensor p = detail::innermost(pivots).contiguous();
    for (std::int64_t i = 0; i < p.numel(); ++i)
        if (const int row = pointer<int>(p)[i]; row < 1 || row > m)
            raise<ValueError>(name, "pivots passed to lu_unpack must be between 1 and ", m, ", got ", row);
}

}  // namespace

std::vector<OpInfo> linalg_lu_operations() { return Lu::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot, bool check_errors) {
    constexpr const char* name = "linalg_lu_factor_ex";
    auto [LU, pivots, info] = ops::factor(name, A, pivot);
    if (check_errors) ops::check_codes(name, info, ops::describe_factor);
    return {LU, pivots, info};
}
std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot) {
    constexpr const char* name = "linalg_lu_factor";
    auto [LU, pivots, info] = ops::factor(name, A, pivot);
    ops::check_codes(name, info, ops::describe_factor);
    return {LU, pivots};
}

std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data,
                                             bool unpack_pivots) {
    ops::check_pivots("lu_unpack", LU_data, LU_pivots);
    const std::int64_t m = LU_data.size(-2), n = LU_data.size(-1), k = std::min(m, n);
    const Tensor none = empty({0}, LU_data.dtype());
    Tensor P = none, L = none, U = none;
    if (unpack_data) {
        L = tril(LU_data.narrow(-1, 0, k), -1) + eye(m, k, LU_data.dtype());
        U = triu(LU_data.narrow(-2, 0, k));
    }
    if (unpack_pivots) {
        const Tensor from = ops::Lu::apply(ops::LuPermutation{m}, LU_pivots)[0];
        P = (arange(m, kInt64).unsqueeze(-1) == from.unsqueeze(-2)).to(LU_data.dtype());
    }
    return {P, L, U};
}

std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot) {
    const auto [LU, pivots, info] = ops::factor("linalg_lu", A, pivot);
    return lu_unpack(LU, pivots);
}

Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left, bool adjoint) {
    constexpr const char* name = "linalg_lu_solve";
    ops::check_square(name, LU, "LU");
    ops::check_pivots(name, LU, pivots);
    ops::check_matrix(name, B, "B");
    ops::check_operand(name, LU, B);
    // X A = B is A^T X^T = B^T.
    if (!left) return ops::transposed(linalg_lu_solve(LU, pivots, ops::transposed(B), true, !adjoint));
    const std::int64_t n = LU.size(-1);
    if (B.size(-2) != n)
        raise<ShapeError>(name, "Incompatible shapes of A and B for the equation AX = B (", n, "x", n, " and ",
                          B.size(-2), "x", B.size(-1), ")");
    Dims sizes = detail::broadcast_shapes(ops::batch_sizes(LU), ops::batch_sizes(B), name), order = sizes;
    sizes.push_back(n);
    sizes.push_back(B.size(-1));
    order.push_back(n);
    const auto [from, to] = ops::Lu::apply(ops::LuPermutation{n}, pivots);
    const auto permuted = [&](const Tensor& x, const Tensor& by) {
        return ops::permute_rows(x.expand(sizes), by.expand(order));
    };
    if (adjoint) {
        const Tensor y = linalg_solve_triangular(ops::transposed(LU), B, false);
        return permuted(linalg_solve_triangular(ops::transposed(LU), y, true, true, true), to);
    }
    const Tensor y = linalg_solve_triangular(LU, permuted(B, from), false, true, true);
    return linalg_solve_triangular(LU, y, true);
}
Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots) {
    return linalg_lu_solve(LU_data, LU_pivots, self);
}
Tensor Tensor::lu_solve(const Tensor& LU_data, const Tensor& LU_pivots) const {
    return xgrad::lu_solve(*this, LU_data, LU_pivots);
}

}  // namespace xgrad
