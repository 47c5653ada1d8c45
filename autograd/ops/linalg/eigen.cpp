#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <limits>

namespace xgrad {

namespace ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string describe_convergence(const char* values, int code) {
    return "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated " +
           std::string(values) + " (error code: " + std::to_string(code) + ").";
}
std::string describe_eigenvalues(int code) { return describe_convergence("eigenvalues", code); }
std::string describe_singular_values(int code) { return describe_convergence("singular values", code); }

/// Eigenvalues of the matrices whose rows are one after the other in A's memory. If `vectors`, its columns are the
/// eigenvectors after that.
Tensor eigenvalues_in_place(const char* name, const Tensor& A, bool upper, bool vectors) {
    const std::int64_t n = A.size(-1);
    const int size = lapack_size(name, n);
    Tensor values = empty(batch_sizes(A, n), A.dtype());
    const Tensor info = zeros(batch_sizes(A), kInt32);
    if (n == 0) return values;
    visit_float(A.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for_each_matrix(matrix_count(A), (vectors ? 9 : 2) * n * n * n, [&](std::int64_t i) {
            // Rows are columns to LAPACK: lower is upper.
            pointer<int>(info)[i] = lapack::syevd(vectors ? 'V' : 'N', upper ? 'L' : 'U', size,
                                                  pointer<T>(A) + i * n * n, pointer<T>(values) + i * n);
        });
    });
    check_codes(name, info, describe_eigenvalues);
    return values;
}

/// The triangle that is read, so that what is not finite elsewhere does no harm.
void check_finite_triangle(const char* name, const Tensor& A, bool upper) {
    check_finite(name, upper ? triu(A) : tril(A));
}

/// A = V diag(L) V^T: dL = diag(V^T dA V), V^T dV = E o (V^T dA V) with E_ij = 1 / (L_j - L_i) off the diagonal (Giles,
/// 3.1).
struct Eigh {
    static constexpr const char* name = "linalg_eigh";
    static constexpr Uses uses[] = {out(0) | out(1)};

    bool upper;

    std::array<Tensor, 2> forward(const Tensor& A) const {
        check_finite_triangle(name, A, upper);
        const Tensor V = empty_columns(A.sizes(), A.dtype());
        copy(transposed(V), A);
        return {eigenvalues_in_place(name, V, upper, true), V};
    }
    void vjp(Vjp& b) const {
        const Tensor L = b.output(0), V = b.output(1), Vt = transposed(V);
        if (!b.grad(1).defined()) return b.set(0, (V * b.grad(0).unsqueeze(-2)).matmul(Vt));
        // V^T dV is antisymmetric: so is what counts of V^T gV, and the gradient of A is symmetric.
        const Tensor VtgV = Vt.matmul(b.grad(1));
        Tensor inner = (VtgV - transposed(VtgV)) * 0.5 / gaps(L);
        if (b.grad(0).defined()) inner = inner + diagonal_matrix(b.grad(0));
        b.set(0, V.matmul(inner).matmul(Vt));
    }
    std::array<Tensor, 2> jvp(std::span<const Tensor>, std::span<const Tensor> t, std::span<const Tensor> y) const {
        const Tensor &L = y[0], &V = y[1], M = transposed(V).matmul(t[0]).matmul(V);
        return {M.diagonal(0, -2, -1), V.matmul((M + transposed(M)) * 0.5 / gaps(L))};
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }

  private:
    /// 1 / E.
    static Tensor gaps(const Tensor& L) {
        const std::int64_t n = L.size(-1);
        return where(diagonal_mask(n, n), kInfinity, L.unsqueeze(-2) - L.unsqueeze(-1));
    }
};

/// Eigenvalues alone: dL = diag(V^T dA V). Where a gradient is to be expected there is memory for the eigenvectors V,
/// and forward fills it; a gradient that is recorded computes them anew, with a gradient of theirs.
struct Eigvalsh {
    static constexpr const char* name = "linalg_eigvalsh";
    static constexpr Uses uses[] = {in(0)};

    bool upper;
    Tensor memory;

    Tensor forward(const Tensor& A) const {
        check_finite_triangle(name, A, upper);
        const Tensor work = memory.defined() ? memory : empty_columns(A.sizes(), A.dtype());
        copy(transposed(work), A);
        return eigenvalues_in_place(name, work, upper, memory.defined());
    }
    void vjp(Vjp& b) const {
        const Tensor V = memory.defined() && !GradMode::is_enabled() ? memory : vectors(b.input(0));
        b.set(0, (V * b.grad().unsqueeze(-2)).matmul(transposed(V)));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const Tensor V = vectors(x[0]);
        return (V * t[0].matmul(V)).sum(-2);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {linalg_eigvalsh(x[0].movedim(dims[0], 0), upper ? "U" : "L"), 0};
    }

  private:
    Tensor vectors(const Tensor& A) const { return std::get<1>(linalg_eigh(A, upper ? "U" : "L")); }
};

/// Singular values and, unless job is 'N', vectors ('A': all of them, 'S': the first ones), all in rows. The rows of A
/// are columns to LAPACK, which sees A^T = V S U^T: so its results are U and Vh in rows.
void singular_values(const char* name, char job, const Tensor& A, const Tensor& U, const Tensor& S, const Tensor& Vh) {
    const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
    const int rows = lapack_size(name, m), columns = lapack_size(name, n);
    const bool vectors = job != 'N';
    const std::int64_t u = vectors ? U.size(-1) : 0, v = vectors ? Vh.size(-2) : 0;
    const Tensor info = zeros(batch_sizes(A), kInt32);
    visit_float(A.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto decompose = [&](auto routine, const Tensor& work, std::int64_t i) {
            T* left = vectors ? pointer<T>(U) + i * m * u : nullptr;
            T* right = vectors ? pointer<T>(Vh) + i * v * n : nullptr;
            pointer<int>(info)[i] = routine(job, columns, rows, pointer<T>(work) + i * m * n, pointer<T>(S) + i * k,
                                            right, left, static_cast<int>(u));
        };
        const auto divide_and_conquer = [](auto... arguments) { return lapack::gesdd(arguments...); };
        const auto iterate = [](auto... arguments) { return lapack::gesvd(arguments...); };
        const Tensor work = rows_of(A);
        for_each_matrix(matrix_count(A), (vectors ? 8 : 2) * m * n * k,
                        [&](std::int64_t i) { decompose(divide_and_conquer, work, i); });
        // Slower, and it may converge where the other did not.
        if (info.gt(0).any().item<bool>()) {
            const SingleThreadedBlas single;
            copy(work, A);
            for (std::int64_t i = 0; i < info.numel(); ++i)
                if (pointer<int>(info)[i] > 0) decompose(iterate, work, i);
        }
    });
    check_codes(name, info, describe_singular_values);
}

/// A = U diag(S) Vh, all of U and Vh if `full`. The derivative is J. Townsend's: with P = U^T dA V and E_ij = S_j^2 -
/// S_i^2 (infinite on the diagonal), U^T dU = (P S + S P^T) / E, V^T dV = (S P + P^T S) / E, dS = diag(P).
struct Svd {
    static constexpr const char* name = "linalg_svd";
    static constexpr Uses kSaved = out(0) | out(1) | out(2);
    static constexpr Uses uses[] = {kSaved};

    bool full;

    std::array<Tensor, 3> forward(const Tensor& A) const {
        check_finite(name, A);
        const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
        const std::int64_t u = full ? m : k, v = full ? n : k;
        const Tensor S = empty(batch_sizes(A, k), A.dtype());
        if (k == 0)
            return {eye(m, u, A.dtype()).expand(batch_sizes(A, {m, u})).clone(), S,
                    eye(v, n, A.dtype()).expand(batch_sizes(A, {v, n})).clone()};
        const Tensor U = empty(batch_sizes(A, {m, u}), A.dtype()), Vh = empty(batch_sizes(A, {v, n}), A.dtype());
        singular_values(name, full ? 'A' : 'S', A, U, S, Vh);
        return {U, S, Vh};
    }
    void vjp(Vjp& b) const {
        const Tensor S = b.output(1);
        const std::int64_t k = S.size(-1), m = b.output(0).size(-2), n = b.output(2).size(-1);
        const auto first = [k](const Tensor& x, std::int64_t dim) { return x.defined() ? x.narrow(dim, 0, k) : x; };
        const Tensor U = first(b.output(0), -1), gU = first(b.grad(0), -1), &gS = b.grad(1);
        const Tensor Vh = first(b.output(2), -2), gVh = first(b.grad(2), -2);
        if (!gU.defined() && !gVh.defined()) return b.set(0, (U * gS.unsqueeze(-2)).matmul(Vh));
        const Tensor row = S.unsqueeze(-2), column = S.unsqueeze(-1);
        const Tensor gaps = where(diagonal_mask(k, k), kInfinity, (row - column) * (row + column));
        const auto antisymmetric = [&](const Tensor& x) { return (x - transposed(x)) / gaps; };
        Tensor inner, UtgU, gVhV;
        if (gU.defined()) {
            UtgU = transposed(U).matmul(gU);
            inner = antisymmetric(UtgU) * row;
        }
        if (gVh.defined()) {
            gVhV = gVh.matmul(transposed(Vh));
            const Tensor right = column * antisymmetric(transposed(gVhV));
            inner = inner.defined() ? inner + right : right;
        }
        if (gS.defined()) inner = inner + diagonal_matrix(gS);
        inner = U.matmul(inner);
        // What dA adds outside of the spans of U and V.
        if (gU.defined() && m > k) inner = inner + (gU - U.matmul(UtgU)) / row;
        Tensor gA = inner.matmul(Vh);
        if (gVh.defined() && n > k) gA = gA + (U / row).matmul(gVh - gVhV.matmul(Vh));
        b.set(0, gA);
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return lead_batch(*this, x[0], dims[0]);
    }
};

/// Singular values alone: dS = diag(U^T dA V). Where a gradient is to be expected there is memory for U and Vh; see
/// Eigvalsh.
struct Svdvals {
    static constexpr const char* name = "linalg_svdvals";
    static constexpr Uses uses[] = {in(0)};

    Tensor U, Vh;

    Tensor forward(const Tensor& A) const {
        check_finite(name, A);
        Tensor S = empty(batch_sizes(A, std::min(A.size(-2), A.size(-1))), A.dtype());
        if (S.numel() > 0) singular_values(name, U.defined() ? 'S' : 'N', A, U, S, Vh);
        return S;
    }
    void vjp(Vjp& b) const {
        const auto gradient = [&](const Tensor& left, const Tensor& right) {
            b.set(0, (left * b.grad().unsqueeze(-2)).matmul(right));
        };
        if (U.defined() && !GradMode::is_enabled()) return gradient(U, Vh);
        const auto [left, S, right] = linalg_svd(b.input(0), false);
        gradient(left, right);
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const auto [left, S, right] = linalg_svd(x[0], false);
        return (left * t[0].matmul(transposed(right))).sum(-2);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {linalg_svdvals(x[0].movedim(dims[0], 0)), 0};
    }
};

using Spectra = Family<Eigh, Eigvalsh, Svd, Svdvals>;

/// Under transforms the operation meets other tensors than the gradient does.
bool expects_gradient(const Tensor& A) { return GradMode::is_enabled() && records(A) && !wrapped(A); }

bool is_upper(const char* name, std::string_view UPLO) {
    if (UPLO == "U" || UPLO == "u") return true;
    if (UPLO == "L" || UPLO == "l") return false;
    raise<ValueError>(name, "Expected UPLO argument to be 'L' or 'U', but got ", UPLO);
}

void check_driver(const char* name, std::optional<std::string_view> driver) {
    if (driver)
        raise<ValueError>(name, "keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend; ",
                          "the driver was '", *driver, "'");
}

}  // namespace

std::vector<OpInfo> linalg_eigen_operations() { return Spectra::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& self, std::string_view UPLO) {
    constexpr const char* name = "linalg_eigh";
    ops::check_square(name, self);
    auto [values, vectors] = ops::Spectra::apply(ops::Eigh{ops::is_upper(name, UPLO)}, self);
    return {std::move(values), std::move(vectors)};
}
Tensor linalg_eigvalsh(const Tensor& self, std::string_view UPLO) {
    constexpr const char* name = "linalg_eigvalsh";
    ops::check_square(name, self);
    const Tensor memory = ops::expects_gradient(self) ? ops::empty_columns(self.sizes(), self.dtype()) : Tensor();
    return ops::Spectra::apply(ops::Eigvalsh{ops::is_upper(name, UPLO), memory}, self);
}

std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices,
                                              std::optional<std::string_view> driver) {
    constexpr const char* name = "linalg_svd";
    ops::check_matrix(name, A);
    ops::check_driver(name, driver);
    auto [U, S, Vh] = ops::Spectra::apply(ops::Svd{full_matrices}, A);
    return {std::move(U), std::move(S), std::move(Vh)};
}
Tensor linalg_svdvals(const Tensor& A, std::optional<std::string_view> driver) {
    constexpr const char* name = "linalg_svdvals";
    ops::check_matrix(name, A);
    ops::check_driver(name, driver);
    const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
    const auto memory = [&](IntArrayRef sizes) {
        return ops::expects_gradient(A) ? empty(ops::batch_sizes(A, sizes), A.dtype()) : Tensor();
    };
    return ops::Spectra::apply(ops::Svdvals{memory({m, k}), memory({k, n})}, A);
}

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& self, bool some, bool compute_uv) {
    if (!compute_uv) {
        const Tensor S = linalg_svdvals(self);
        const std::int64_t m = self.size(-2), n = self.size(-1);
        return {zeros(ops::batch_sizes(self, {m, m}), self.dtype()), S,
                zeros(ops::batch_sizes(self, {n, n}), self.dtype())};
    }
    const auto [U, S, Vh] = linalg_svd(self, !some);
    return {U, S, ops::transposed(Vh)};
}
std::tuple<Tensor, Tensor, Tensor> Tensor::svd(bool some, bool compute_uv) const {
    return xgrad::svd(*this, some, compute_uv);
}

}  // namespace xgrad
