#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <limits>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

namespace {

std::string describe_solver(int) { return "The solver failed because the input matrix is singular."; }

/// The inverse Y: dY = -Y dA Y. Also with LAPACK's codes as a second output; without, singular matrices throw.
template <bool kCodes>
struct Inverse {
    static constexpr const char* name = kCodes ? "linalg_inv_ex" : "linalg_inv";
    static constexpr Uses uses[] = {out()};
    static constexpr unsigned differentiable = 1;

    std::conditional_t<kCodes, std::array<Tensor, 2>, Tensor> forward(const Tensor& A) const {
        const LuFactors f = lu_factors(name, A);
        if (!kCodes) check_codes(name, f.info, describe_singular);
        const std::int64_t n = A.size(-1);
        const int size = lapack_size(name, n);
        Tensor Y = zeros(A.sizes(), A.dtype());
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(A), n * n * n, [&](std::int64_t i) {
                // A^T Y^T = I, by getrs: OpenBLAS's getri takes longer.
                T* y = pointer<T>(Y) + i * n * n;
                for (std::int64_t k = 0; k < n; ++k) y[k * (n + 1)] = 1;
                if (pointer<int>(f.info)[i] != 0)
                    std::fill(y, y + n * n, std::numeric_limits<T>::quiet_NaN());
                else if (n > 0)
                    lapack::getrs('N', size, size, pointer<T>(f.lu) + i * n * n, pointer<int>(f.pivots) + i * n, y);
            });
        });
        if constexpr (kCodes)
            return {Y, f.info};
        else
            return Y;
    }
    void vjp(Vjp& b) const {
        const Tensor Yt = transposed(b.output());
        b.set(0, -Yt.matmul(b.grad()).matmul(Yt));
    }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> t, const Tensor& Y) const {
        return -Y.matmul(t[0]).matmul(Y);
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

/// X with A X = B, or A^T X = B if `adjoint`: gB = inv(A)^T g, gA = -gB X^T. The factors of A serve forward and all
/// backward passes; under transforms, where there are none, every pass makes its own.
struct Solve {
    static constexpr const char* name = "linalg_solve";
    static constexpr Uses uses[] = {in(0) | out(), in(0)};

    LuFactors factors;
    bool adjoint;

    Tensor forward(const Tensor& A, const Tensor& B) const {
        LuFactors f = factors;
        if (!f.defined()) {
            f = lu_factors(name, A);
            check_codes(name, f.info, describe_solver);
        }
        const std::int64_t n = A.size(-1), columns = B.size(-1);
        const int size = lapack_size(name, n), count = lapack_size(name, columns);
        Dims sizes = detail::broadcast_shapes(batch_sizes(A), batch_sizes(B), name);
        const BroadcastIndex matrix(batch_sizes(A), sizes);
        sizes.push_back(n);
        sizes.push_back(columns);
        Tensor X = columns_of(B, sizes);
        if (X.numel() == 0) return X;
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(X), n * n * columns, [&](std::int64_t i) {
                const std::int64_t k = matrix(i);
                lapack::getrs(adjoint ? 'N' : 'T', size, count, pointer<T>(f.lu) + k * n * n,
                              pointer<int>(f.pivots) + k * n, pointer<T>(X) + i * n * columns);
            });
        });
        return X;
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& X) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const;
};

/// X with A X = B (X A = B unless `left`) for a triangle A: gB = inv(A)^T g, gA = the triangle of -gB X^T (-X^T gB).
struct SolveTriangular {
    static constexpr const char* name = "linalg_solve_triangular";
    static constexpr Uses uses[] = {in(0) | out(), in(0)};

    bool upper, left, unitriangular;

    Tensor forward(const Tensor& A, const Tensor& B) const {
        Dims sizes = detail::broadcast_shapes(batch_sizes(A), batch_sizes(B), name);
        const BroadcastIndex matrix(batch_sizes(A), sizes);
        const std::int64_t n = A.size(-1), rows = B.size(-2), columns = B.size(-1);
        sizes.push_back(rows);
        sizes.push_back(columns);
        Tensor X = rows_of(B, sizes);
        if (X.numel() == 0) return X;
        // BLAS sees the rows of X as columns, so it solves for X^T with A^T on the other side.
        const bool by_columns = !A.is_contiguous() && transposed(A).is_contiguous();
        const Tensor a = by_columns ? A : A.contiguous();
        const char side = left ? 'R' : 'L', uplo = upper == by_columns ? 'U' : 'L', trans = by_columns ? 'T' : 'N';
        const int m = lapack_size(name, columns), k = lapack_size(name, rows);
        visit_float(A.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for_each_matrix(matrix_count(X), n * rows * columns / 2, [&](std::int64_t i) {
                lapack::trsm(side, uplo, trans, unitriangular ? 'U' : 'N', m, k, pointer<T>(a) + matrix(i) * n * n,
                             pointer<T>(X) + i * rows * columns);
            });
        });
        return X;
    }
    void vjp(Vjp& b) const {
        const Tensor gB = linalg_solve_triangular(transposed(b.input(0)), b.grad(), !upper, left, unitriangular);
        if (b.needs(1)) b.set(1, gB);
        if (!b.needs(0)) return;
        const Tensor Xt = transposed(b.output());
        b.set(0, -triangle(left ? gB.matmul(Xt) : Xt.matmul(gB)));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& X) const {
        Tensor right = t[1];
        if (t[0].defined()) {
            const Tensor dA = triangle(t[0]), change = left ? dA.matmul(X) : X.matmul(dA);
            right = right.defined() ? right - change : -change;
        }
        return linalg_solve_triangular(x[0], right, upper, left, unitriangular);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const std::int64_t rank = std::max(x[0].dim() - (dims[0] >= 0), x[1].dim() - (dims[1] >= 0));
        return {linalg_solve_triangular(batch_in_front(x[0], dims[0], rank), batch_in_front(x[1], dims[1], rank), upper,
                                        left, unitriangular),
                0};
    }

  private:
    Tensor triangle(const Tensor& x) const {
        return upper ? triu(x, unitriangular ? 1 : 0) : tril(x, unitriangular ? -1 : 0);
    }
};

using Systems = Family<Inverse<false>, Inverse<true>, Solve, SolveTriangular>;

void Solve::vjp(Vjp& b) const {
    const Tensor gB = solve_factored(factors, b.input(0), b.grad(), !adjoint);
    if (b.needs(1)) b.set(1, gB);
    if (!b.needs(0)) return;
    const Tensor X = b.output();
    b.set(0, adjoint ? -X.matmul(transposed(gB)) : -gB.matmul(transposed(X)));
}

Tensor Solve::jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& X) const {
    Tensor right = t[1];
    if (t[0].defined()) {
        const Tensor change = (adjoint ? transposed(t[0]) : t[0]).matmul(X);
        right = right.defined() ? right - change : -change;
    }
    return solve_factored(factors, x[0], right, adjoint);
}

Batched Solve::batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
    const std::int64_t rank = std::max(x[0].dim() - (dims[0] >= 0), x[1].dim() - (dims[1] >= 0));
    const Tensor A = batch_in_front(x[0], dims[0], rank), B = batch_in_front(x[1], dims[1], rank);
    return {linalg_solve(adjoint ? transposed(A) : A, B), 0};
}

/// Whether B is a batch of vectors for A, as libtorch decides it.
bool is_vector(const Tensor& A, const Tensor& B) {
    return B.dim() == 1 || (A.dim() - 1 == B.dim() && A.sizes().slice(0, A.sizes().size() - 1) == B.sizes());
}

void check_system(const char* name, const Tensor& A, const Tensor& B, bool left) {
    if (A.size(-1) != B.size(left ? -2 : -1))
        raise<ShapeError>(name, "Incompatible shapes of A and B for the equation ", left ? "AX = B" : "XA = B", " (",
                          A.size(-2), "x", A.size(-1), " and ", B.size(-2), "x", B.size(-1), ")");
    detail::broadcast_shapes(batch_sizes(A), batch_sizes(B), name);
}

/// X and the codes, undefined under transforms. X is not valid where they are not 0.
std::array<Tensor, 2> solve(const char* name, const Tensor& A, const Tensor& B, bool left, bool check) {
    check_square(name, A);
    check_operand(name, A, B);
    const bool vector = is_vector(A, B);
    if (vector && !left)
        raise<ShapeError>(name,
                          "Vector broadcasting of the left hand side is not supported for left=False. In this "
                          "case linalg_solve is equivalent to B / A.squeeze(-1); A has the shape ",
                          shape_string(A.sizes()), ", B ", shape_string(B.sizes()));
    const Tensor matrix = vector ? B.unsqueeze(-1) : B;
    check_system(name, A, matrix, left);
    LuFactors f;
    if (!wrapped(A) && !wrapped(B)) {
        f = lu_factors(name, A.detach());
        if (check) check_codes(name, f.info, describe_solver);
    }
    const Tensor X = solve_factored(f, A, left ? matrix : transposed(matrix), !left);
    return {vector ? X.squeeze(-1) : left ? X : transposed(X), f.info};
}

}  // namespace

Tensor solve_factored(const LuFactors& factors, const Tensor& A, const Tensor& B, bool adjoint) {
    return Systems::apply(Solve{factors, adjoint}, A, B);
}

std::vector<OpInfo> linalg_solve_operations() { return Systems::table(); }

}  // namespace ops

// --- Inverses

Tensor linalg_inv(const Tensor& A) {
    ops::check_square("linalg_inv", A);
    return ops::Systems::apply(ops::Inverse<false>{}, A);
}
std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors) {
    constexpr const char* name = "linalg_inv_ex";
    ops::check_square(name, A);
    auto [inverse, info] = ops::Systems::apply(ops::Inverse<true>{}, A);
    if (check_errors) ops::check_codes(name, info, ops::describe_singular);
    return {inverse, info};
}
Tensor inverse(const Tensor& self) { return linalg_inv(self); }
Tensor Tensor::inverse() const { return linalg_inv(*this); }

Tensor linalg_tensorinv(const Tensor& self, std::int64_t ind) {
    constexpr const char* name = "linalg_tensorinv";
    if (ind <= 0) raise<ValueError>(name, "Expected a strictly positive integer for 'ind', but got ", ind);
    Dims sizes;
    std::int64_t front = 1, back = 1;
    for (std::int64_t d = 0; d < self.dim(); ++d) (d < ind ? front : back) *= self.size(d);
    if (front != back)
        raise<ShapeError>(name, "Expected self to satisfy the requirement prod(self.shape[ind:]) == ",
                          "prod(self.shape[:ind]), but got ", back, " != ", front);
    for (std::int64_t d = ind; d < self.dim(); ++d) sizes.push_back(self.size(d));
    for (std::int64_t d = 0; d < std::min(ind, self.dim()); ++d) sizes.push_back(self.size(d));
    return linalg_inv(self.reshape({back, front})).reshape(sizes);
}

// --- Systems of equations

Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left) {
    return ops::solve("linalg_solve", A, B, left, true)[0];
}
std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left, bool check_errors) {
    auto [X, info] = ops::solve("linalg_solve_ex", A, B, left, check_errors);
    return {X, info};
}

Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left, bool unitriangular) {
    constexpr const char* name = "linalg_solve_triangular";
    ops::check_square(name, A);
    ops::check_matrix(name, B, "B");
    ops::check_operand(name, A, B);
    ops::check_system(name, A, B, left);
    return ops::Systems::apply(ops::SolveTriangular{upper, left, unitriangular}, A, B);
}

std::tuple<Tensor, Tensor> triangular_solve(const Tensor& self, const Tensor& A, bool upper, bool transpose,
                                            bool unitriangular) {
    const Tensor matrix = transpose ? ops::transposed(A) : A;
    return {linalg_solve_triangular(matrix, self, upper != transpose, true, unitriangular), A.clone()};
}
std::tuple<Tensor, Tensor> Tensor::triangular_solve(const Tensor& A, bool upper, bool transpose,
                                                    bool unitriangular) const {
    return xgrad::triangular_solve(*this, A, upper, transpose, unitriangular);
}

Tensor linalg_tensorsolve(const Tensor& self, const Tensor& other, OptionalIntArrayRef dims) {
    constexpr const char* name = "linalg_tensorsolve";
    Dims order;
    if (dims) {
        const std::uint64_t moved = dims->empty() ? 0 : detail::dim_mask(*dims, self.dim(), name);
        for (std::int64_t d = 0; d < self.dim(); ++d)
            if (!(moved >> d & 1)) order.push_back(d);
        for (const auto d : *dims) order.push_back(detail::wrap_dim(d, self.dim(), name));
    }
    const Tensor A = dims ? self.permute(order) : self;
    Dims sizes;
    std::int64_t unknowns = 1, equations = 1;
    for (std::int64_t d = 0; d < A.dim(); ++d) {
        (d < other.dim() ? equations : unknowns) *= A.size(d);
        if (d >= other.dim()) sizes.push_back(A.size(d));
    }
    if (unknowns != equations)
        raise<ShapeError>(name, "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == ",
                          "prod(self.shape[:other.ndim]), but got ", unknowns, " != ", equations);
    return linalg_solve(A.reshape({equations, unknowns}), other.reshape({-1})).reshape(sizes);
}

}  // namespace xgrad
