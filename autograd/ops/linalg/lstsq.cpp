#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <limits>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

Tensor pseudo_inverse_gradient(const Tensor& A, const Tensor& P, const Tensor& G) {
    // dP = -P dA P + P P^T dA^T (I - A P) + (I - P A) dA^T P^T P; no product is square in the longer side of A.
    const Tensor Pt = transposed(P), Gt = transposed(G);
    const Tensor direct = -Pt.matmul(G).matmul(Pt);
    if (A.size(-2) <= A.size(-1)) {
        const Tensor GtP = Gt.matmul(P), rows = GtP.matmul(Pt), PtP = Pt.matmul(P);
        return direct + rows - A.matmul(P).matmul(rows) + PtP.matmul(Gt - GtP.matmul(A));
    }
    const Tensor PGt = P.matmul(Gt), columns = Pt.matmul(PGt), PPt = P.matmul(Pt);
    return direct + (Gt - A.matmul(PGt)).matmul(PPt) + columns - columns.matmul(P.matmul(A));
}

namespace {

/// The tangent of the pseudo-inverse P of A, of which the gradient is the transpose.
Tensor pseudo_inverse_tangent(const Tensor& A, const Tensor& P, const Tensor& dA) {
    return transposed(pseudo_inverse_gradient(A, P, transposed(dA)));
}

double epsilon(ScalarType dtype) {
    return dtype == kFloat32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
}

/// The pseudo-inverse, of singular values (or eigenvalues, if `hermitian`) above max(atol, rtol * largest).
struct PseudoInverse {
    static constexpr const char* name = "linalg_pinv";
    static constexpr Uses uses[] = {in(0) | out(), kNothing, kNothing};

    bool hermitian;

    Tensor forward(const Tensor& A, const Tensor& atol, const Tensor& rtol) const {
        if (A.numel() == 0) return zeros(batch_sizes(A, {A.size(-1), A.size(-2)}), A.dtype());
        if (hermitian) {
            const auto [L, V] = linalg_eigh(A);
            return (V * inverses(L, atol, rtol).unsqueeze(-2)).matmul(transposed(V));
        }
        const auto [U, S, Vh] = linalg_svd(A, false);
        return (transposed(Vh) * inverses(S, atol, rtol).unsqueeze(-2)).matmul(transposed(U));
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, pseudo_inverse_gradient(b.input(0), b.output(), b.grad()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& P) const {
        return t[0].defined() ? pseudo_inverse_tangent(x[0], P, t[0]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const std::int64_t rank = x[0].dim() - (dims[0] >= 0);
        const Tensor atol = batch_in_front(x[1], dims[1], rank - 2), rtol = batch_in_front(x[2], dims[2], rank - 2);
        return {linalg_pinv(batch_in_front(x[0], dims[0], rank), atol, rtol, hermitian), 0};
    }

  private:
    static Tensor inverses(const Tensor& S, const Tensor& atol, const Tensor& rtol) {
        const Tensor size = S.abs(), least = maximum(atol.unsqueeze(-1), rtol.unsqueeze(-1) * size.amax(-1, true));
        return where(size > least, S.reciprocal(), 0);
    }
};

enum class Driver { kGels, kGelsy, kGelsd, kGelss };

/// The X of least norm among those that minimise ||A X - B||, with the rank and the singular values of A where the
/// driver gives them.
struct LeastSquares {
    static constexpr const char* name = "linalg_lstsq";
    static constexpr Uses uses[] = {in(0) | in(1), in(0)};
    static constexpr unsigned differentiable = 1;

    Driver driver;
    double rcond;

    std::array<Tensor, 3> forward(const Tensor& A, const Tensor& B) const {
        check_finite(name, A);
        check_finite(name, B);
        const std::int64_t m = A.size(-2), n = A.size(-1), k = B.size(-1), tall = std::max(m, n);
        const int rows = lapack_size(name, m), columns = lapack_size(name, n), right = lapack_size(name, k);
        const Dims batch = batch_sizes(A);
        Tensor work = zeros(batch_sizes(A, {k, tall}), A.dtype());  // X^T, and B^T before
        copy(work.narrow(-1, 0, m), transposed(B));
        const Tensor a = columns_of(A), info = zeros(batch, kInt32), ranks = zeros(batch, kInt32);
        const Tensor values = zeros(batch_sizes(A, std::min(m, n)), A.dtype());
        const int ldb = std::max(lapack_size(name, tall), 1);
        if (m > 0 && n > 0)
            visit_float(A.dtype(), [&](auto zero) {
                using T = decltype(zero);
                for_each_matrix(matrix_count(A), 4 * m * n * std::min(m, n), [&](std::int64_t i) {
                    T *matrix = pointer<T>(a) + i * m * n, *b = pointer<T>(work) + i * k * tall;
                    T* s = pointer<T>(values) + i * std::min(m, n);
                    int* rank = pointer<int>(ranks) + i;
                    const T least = static_cast<T>(rcond);
                    const auto solve = [&] {
                        if (driver == Driver::kGels) return lapack::gels(rows, columns, right, matrix, b, ldb);
                        if (driver == Driver::kGelsy)
                            return lapack::gelsy(rows, columns, right, matrix, b, ldb, least, rank);
                        if (driver == Driver::kGelsd)
                            return lapack::gelsd(rows, columns, right, matrix, b, ldb, s, least, rank);
                        return lapack::gelss(rows, columns, right, matrix, b, ldb, s, least, rank);
                    };
                    pointer<int>(info)[i] = solve();
                });
            });
        check_codes(name, info, [](int code) {
            return "The least squares problem could not be solved because the input matrix does not have full rank "
                   "(error code: " +
                   std::to_string(code) + ").";
        });
        const Tensor none = empty({0}, A.dtype());
        return {rows_of(transposed(work.narrow(-1, 0, n))), finds_rank() ? ranks.to(kInt64) : none.to(kInt64),
                finds_values() ? values : none};
    }
    void vjp(Vjp& b) const {
        // X = P B with the pseudo-inverse P.
        const Tensor A = b.input(0), P = linalg_pinv(A);
        if (b.needs(1)) b.set(1, transposed(P).matmul(b.grad()));
        if (b.needs(0)) b.set(0, pseudo_inverse_gradient(A, P, b.grad().matmul(transposed(b.input(1)))));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor>) const {
        const Tensor P = linalg_pinv(x[0]);
        Tensor tangent;
        if (t[0].defined()) tangent = pseudo_inverse_tangent(x[0], P, t[0]).matmul(x[1]);
        return t[1].defined() ? add_tangents(tangent, P.matmul(t[1])) : tangent;
    }
    std::array<Batched, 3> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        auto [X, rank, values] = apply_to(*this, in);
        const detail::Dims nothing{in[0].size(0), 0};
        return {{{X, 0},
                 {finds_rank() ? rank : rank.expand(nothing), 0},
                 {finds_values() ? values : values.expand(nothing), 0}}};
    }

  private:
    bool finds_rank() const { return driver != Driver::kGels; }
    bool finds_values() const { return finds_rank() && driver != Driver::kGelsy; }
};

using LeastSquaresFamily = Family<PseudoInverse, LeastSquares>;

/// The tolerances as tensors, with libtorch's defaults.
struct Tolerances {
    Tolerances(const Tensor& A, std::optional<double> absolute, std::optional<double> relative) {
        const bool given = absolute && *absolute > 0;
        atol = full({}, absolute.value_or(0), A.dtype());
        rtol = full({}, relative.value_or(given ? 0 : standard(A)), A.dtype());
    }
    Tolerances(const char* name, const Tensor& A, const std::optional<Tensor>& absolute,
               const std::optional<Tensor>& relative)
        : Tolerances(A, std::nullopt, std::nullopt) {
        const auto take = [&](const std::optional<Tensor>& from, Tensor& to) {
            if (!from || !from->defined()) return false;
            if (!from->is_floating_point() && from->dtype() == kBool)
                raise<DtypeError>(name, "tolerances must be real numbers, got ", from->dtype());
            to = from->detach().to(A.dtype());
            return true;
        };
        const bool given = take(absolute, atol);
        if (!take(relative, rtol) && given) rtol = where(atol > 0, zeros_like(atol), full({}, standard(A), A.dtype()));
    }

    Tensor atol, rtol;

  private:
    static double standard(const Tensor& A) {
        return epsilon(A.dtype()) * static_cast<double>(std::max(A.size(-1), A.size(-2)));
    }
};

void check_input(const char* name, const Tensor& A, bool hermitian) {
    hermitian ? check_square(name, A) : check_matrix(name, A);
}

Tensor pseudo_inverse(const Tensor& A, const Tolerances& t, bool hermitian) {
    return LeastSquaresFamily::apply(PseudoInverse{hermitian}, A, t.atol, t.rtol);
}

Tensor rank(const Tensor& A, const Tolerances& t, bool hermitian) {
    const NoGradGuard no_grad;
    if (A.numel() == 0) return zeros(batch_sizes(A), kInt64);
    const Tensor S = hermitian ? linalg_eigvalsh(A).abs() : linalg_svdvals(A);
    const Tensor least = maximum(t.atol, t.rtol * S.amax(-1));
    return (S > least.unsqueeze(-1)).sum(-1);
}

Driver driver_named(std::optional<std::string_view> name) {
    const std::string_view driver = name.value_or("gelsy");
    if (driver == "gels") return Driver::kGels;
    if (driver == "gelsy") return Driver::kGelsy;
    if (driver == "gelsd") return Driver::kGelsd;
    if (driver == "gelss") return Driver::kGelss;
    raise<ValueError>(LeastSquares::name, "parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got '",
                      driver, "'");
}

}  // namespace

std::vector<OpInfo> linalg_lstsq_operations() { return LeastSquaresFamily::table(); }

}  // namespace ops

// --- Least squares

std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& self, const Tensor& b,
                                                        std::optional<double> rcond,
                                                        std::optional<std::string_view> driver) {
    constexpr const char* name = "linalg_lstsq";
    ops::check_matrix(name, self, "input");
    ops::check_operand(name, self, b);
    const std::int64_t difference = self.dim() - b.dim(), m = self.size(-2), n = self.size(-1);
    if (b.dim() < 1 || difference < 0 || difference > 1)
        raise<ShapeError>(name, "input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) ",
                          "<= 1, but the shapes are ", shape_string(self.sizes()), " and ", shape_string(b.sizes()));
    const bool vector = difference == 1;
    if (b.size(vector ? -1 : -2) != m)
        raise<ShapeError>(name, "input.size(-2) should match other.size(", vector ? "-1" : "-2",
                          "), but the shapes are ", shape_string(self.sizes()), " and ", shape_string(b.sizes()));
    const ops::Driver chosen = ops::driver_named(driver);
    const Tensor B = vector ? b.unsqueeze(-1) : b;
    const Dims batch = detail::broadcast_shapes(ops::batch_sizes(self), ops::batch_sizes(B), name);
    const auto expanded = [&](const Tensor& x) {
        Dims sizes = batch;
        sizes.push_back(x.size(-2));
        sizes.push_back(x.size(-1));
        return x.expand(sizes);
    };
    const Tensor A = expanded(self), right = expanded(B);
    const double least = rcond.value_or(ops::epsilon(self.dtype()) * static_cast<double>(std::max(m, n)));
    const auto [X, rank, values] = ops::LeastSquaresFamily::apply(ops::LeastSquares{chosen, least}, A, right);
    Tensor residuals = empty({0}, self.dtype());
    bool finds_residuals = m > n && chosen != ops::Driver::kGelsy;
    if (finds_residuals && chosen != ops::Driver::kGels)  // of full rank; under vmap all examples, like any batch
        finds_residuals = detail::innermost(rank).eq(n).all().item<bool>();
    if (finds_residuals) residuals = (A.matmul(X) - right).square().sum(-2);
    return {vector ? X.squeeze(-1) : X, residuals, rank, values};
}

// --- Pseudo-inverses

Tensor linalg_pinv(const Tensor& self, const std::optional<Tensor>& atol, const std::optional<Tensor>& rtol,
                   bool hermitian) {
    ops::check_input("linalg_pinv", self, hermitian);
    return ops::pseudo_inverse(self, {"linalg_pinv", self, atol, rtol}, hermitian);
}
Tensor linalg_pinv(const Tensor& self, std::optional<double> atol, std::optional<double> rtol, bool hermitian) {
    ops::check_input("linalg_pinv", self, hermitian);
    return ops::pseudo_inverse(self, {self, atol, rtol}, hermitian);
}
Tensor linalg_pinv(const Tensor& self, double rcond, bool hermitian) {
    return linalg_pinv(self, std::optional<double>(0), std::optional<double>(rcond), hermitian);
}
Tensor linalg_pinv(const Tensor& self, const Tensor& rcond, bool hermitian) {
    return linalg_pinv(self, std::nullopt, std::optional<Tensor>(rcond), hermitian);
}
Tensor pinverse(const Tensor& self, double rcond) { return linalg_pinv(self, rcond); }
Tensor Tensor::pinverse(double rcond) const { return xgrad::pinverse(*this, rcond); }

// --- Rank

Tensor linalg_matrix_rank(const Tensor& input, const std::optional<Tensor>& atol, const std::optional<Tensor>& rtol,
                          bool hermitian) {
    ops::check_input("linalg_matrix_rank", input, hermitian);
    return ops::rank(input, {"linalg_matrix_rank", input, atol, rtol}, hermitian);
}
Tensor linalg_matrix_rank(const Tensor& self, std::optional<double> atol, std::optional<double> rtol, bool hermitian) {
    ops::check_input("linalg_matrix_rank", self, hermitian);
    return ops::rank(self, {self, atol, rtol}, hermitian);
}
Tensor linalg_matrix_rank(const Tensor& self, double tol, bool hermitian) {
    return linalg_matrix_rank(self, std::optional<double>(tol), std::optional<double>(0), hermitian);
}
Tensor linalg_matrix_rank(const Tensor& input, const Tensor& tol, bool hermitian) {
    return linalg_matrix_rank(input, std::optional<Tensor>(tol), std::optional<Tensor>(zeros({}, tol.dtype())),
                              hermitian);
}

}  // namespace xgrad
