#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>

#include "samples.h"

using namespace xgrad;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor T(const Tensor& x) { return x.transpose(-2, -1); }

Tensor random(IntArrayRef sizes, ScalarType dtype = kFloat64, std::uint64_t seed = 1) {
    return randn(sizes, Generator(seed), dtype);
}

Tensor definite(IntArrayRef sizes, ScalarType dtype) {
    const Tensor x = random(sizes, dtype);
    return x.matmul(T(x)) + eye(x.size(-1), dtype);
}

bool close(const Tensor& a, const Tensor& b, double size = 1) {
    const double tolerance = size * (a.dtype() == kFloat32 ? 2e-4 : 1e-11);
    return a.sizes() == b.sizes() && a.allclose(b.to(a.dtype()), tolerance, tolerance);
}

bool is_triangular(const Tensor& x, bool upper) {
    const Tensor order = arange(x.size(-1)) - arange(x.size(-2)).unsqueeze(1);
    return where(upper ? order < 0 : order > 0, x, 0).ne(0).any().item<bool>() == false;
}

/// Calls f for matrices (..., m, n) of both dtypes and every layout.
template <class F>
void for_each_input(std::initializer_list<std::vector<std::int64_t>> shapes, F f) {
    for (const auto& shape : shapes)
        for (const ScalarType dtype : {kFloat32, kFloat64})
            for (const auto layout : samples::kArrangements) {
                if (layout == samples::Arrangement::kExpanded) continue;  // its matrices are singular
                const Tensor values = random(shape, dtype);
                CAPTURE(values.sizes());
                CAPTURE(static_cast<int>(layout));
                CAPTURE(dtype);
                f(samples::lay_out(values, layout));
            }
}

}  // namespace

TEST_CASE("factorizations of matrices multiply to the matrix") {
    for_each_input({{7, 7}, {40, 25}, {25, 40}, {3, 2, 5, 4}, {1, 1}, {2, 0, 3}, {2, 3, 0}, {0, 3, 3}},
                   [](const Tensor& A) {
                       const std::int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
                       for (const char* mode : {"reduced", "complete"}) {
                           const auto [Q, R] = linalg_qr(A, mode);
                           CHECK(Q.size(-1) == (mode[0] == 'c' ? m : k));
                           CHECK(close(Q.matmul(R), A));
                           CHECK(close(T(Q).matmul(Q), eye(Q.size(-1), A.dtype()).expand(T(Q).matmul(Q).sizes())));
                           CHECK(is_triangular(R, true));
                       }
                       CHECK(close(std::get<1>(linalg_qr(A, "r")), std::get<1>(linalg_qr(A))));
                       const auto [P, L, U] = linalg_lu(A);
                       CHECK(close(P.matmul(L).matmul(U), A));
                       CHECK(is_triangular(L, false));
                       CHECK(is_triangular(U, true));
                       for (const bool full : {false, true}) {
                           const auto [left, S, Vh] = linalg_svd(A, full);
                           CHECK(left.size(-1) == (full ? m : k));
                           CHECK(Vh.size(-2) == (full ? n : k));
                           const Tensor scaled = left.narrow(-1, 0, k) * S.unsqueeze(-2);
                           CHECK(close(scaled.matmul(Vh.narrow(-2, 0, k)), A));
                           CHECK(close(Vh.matmul(T(Vh)), eye(Vh.size(-2), A.dtype()).expand(Vh.matmul(T(Vh)).sizes())));
                           CHECK(close(linalg_svdvals(A), S));
                       }
                       const auto [old_u, old_s, V] = A.svd();
                       CHECK(close((old_u * old_s.unsqueeze(-2)).matmul(T(V)), A));
                       CHECK(std::get<0>(A.svd(true, false)).ne(0).any().item<bool>() == false);
                   });
    for_each_input({{6, 6}, {2, 3, 30, 30}, {0, 0}}, [](const Tensor& x) {
        const Tensor A = x.matmul(T(x)) + eye(x.size(-1), x.dtype()), symmetric = x + T(x);
        for (const bool upper : {false, true}) {
            const Tensor L = linalg_cholesky(A, upper);
            CHECK(is_triangular(L, upper));
            CHECK(close(upper ? T(L).matmul(L) : L.matmul(T(L)), A, 30));
            const char* UPLO = upper ? "U" : "L";
            // The other triangle is not read.
            const Tensor order = arange(x.size(-1)) - arange(x.size(-1)).unsqueeze(1);
            const Tensor half = where(upper ? order >= 0 : order <= 0, symmetric, std::nan(""));
            const auto [values, vectors] = linalg_eigh(half, UPLO);
            CHECK(close((vectors * values.unsqueeze(-2)).matmul(T(vectors)), symmetric, 10));
            CHECK(close(linalg_eigvalsh(half, UPLO), values, 10));
        }
    });
}

TEST_CASE("solvers solve") {
    for_each_input({{5, 5}, {2, 3, 20, 20}, {1, 1}, {2, 0, 0}}, [](const Tensor& x) {
        const std::int64_t n = x.size(-1);
        const Tensor A = x + eye(n, x.dtype()) * (4 * std::sqrt(static_cast<double>(n)));
        const Tensor I = eye(n, x.dtype()).expand(A.sizes()), B = random({n, 3}, x.dtype(), 2);
        CHECK(close(linalg_inv(A).matmul(A), I));
        CHECK(close(A.matmul(linalg_solve(A, B)), B.expand(A.matmul(B).sizes())));
        const Tensor vector = random({n}, x.dtype(), 3), y = linalg_solve(A, vector);
        CHECK(close(A.matmul(y.unsqueeze(-1)).squeeze(-1), vector.expand(y.sizes())));
        CHECK(close(linalg_solve(A, T(B), false).matmul(A), T(B).expand(A.matmul(B).transpose(-2, -1).sizes())));
        const auto [LU, pivots] = linalg_lu_factor(A);
        for (const bool adjoint : {false, true}) {
            const Tensor X = linalg_lu_solve(LU, pivots, B, true, adjoint);
            CHECK(close((adjoint ? T(A) : A).matmul(X), B.expand(X.sizes())));
            CHECK(close(T(linalg_lu_solve(LU, pivots, T(B), false, !adjoint)), X));
        }
        CHECK(close(lu_solve(B, LU, pivots), linalg_solve(A, B)));
        const auto [sign, logarithm] = slogdet(A);
        CHECK(close(sign * logarithm.exp(), linalg_det(A), 1 + std::abs(linalg_det(A).sum().item<double>())));
        CHECK(std::get<1>(linalg_inv_ex(A)).ne(0).any().item<bool>() == false);
    });
    for_each_input({{8, 5}, {5, 8}, {2, 6, 6}, {4, 0}, {0, 4}}, [](const Tensor& A) {
        const Tensor B = random({A.size(-2), 2}, A.dtype(), 5), P = linalg_pinv(A);
        CHECK(close(A.matmul(P).matmul(A), A, 10));
        CHECK(close(P.matmul(A).matmul(P), P, 100));
        for (const char* driver : {"gels", "gelsy", "gelsd", "gelss"}) {
            const Tensor right = B.expand(A.matmul(P.matmul(B)).sizes());
            CHECK(close(std::get<0>(linalg_lstsq(A, right, std::nullopt, driver)), P.matmul(B), 100));
        }
    });
}

TEST_CASE("a determinant's gradient at singular matrices is that of the polynomial") {
    const Tensor matrices[] = {tensor({{1., 2., 3.}, {2., 4., 6.}, {0., 1., 5.}}), tensor({{1., 2.}, {2., 4.}}),
                               tensor({{0.}}), tensor({{0., 0., 0.}, {0., 1., 0.}, {0., 0., 2.}}),
                               tensor({{{1., 2.}, {2., 4.}}, {{1., 0.}, {0., 1.}}, {{0., 3.}, {0., 1.}}})};
    for (const Tensor& values : matrices) {
        CAPTURE(values);
        const Tensor A = values.to(kFloat64).requires_grad_();
        CHECK((linalg_det(A) == 0).any().item<bool>());
        const auto f = [](const TensorList& x) { return linalg_det(x[0]); };
        CHECK(autograd::gradcheck(f, {A}));
        CHECK(autograd::gradgradcheck(f, {A}));
    }
    // Of lower rank: zero.
    const Tensor one = ones({3, 3}, kFloat64).requires_grad_();
    CHECK(close(autograd::grad({linalg_det(one)}, {one})[0], zeros({3, 3})));
}

TEST_CASE("codes instead of errors, and batches") {
    const Tensor batch = stack({eye(2), ones({2, 2}), tensor({{0., 0.}, {0., 1.}}).to(kFloat32)});
    const auto [inverse, info] = linalg_inv_ex(batch);
    CHECK(equal(info, tensor({0, 2, 1}).to(kInt32)));
    CHECK(equal(inverse[0], eye(2)));
    CHECK(!inverse[1].isfinite().all().item<bool>());
    CHECK(equal(std::get<1>(linalg_solve_ex(batch, ones({2}))), info));
    CHECK(equal(std::get<1>(linalg_cholesky_ex(batch - 2)), tensor({1, 1, 1}).to(kInt32)));
    CHECK(equal(std::get<2>(linalg_lu_factor_ex(batch)), tensor({0, 2, 1}).to(kInt32)));
    CHECK(equal(linalg_det(batch), tensor({1., 0., 0.}).to(kFloat32)));
    CHECK(equal(linalg_matrix_rank(batch), tensor({2, 1, 1})));
    CHECK(equal(linalg_cond(batch, 1).isinf(), tensor({false, true, true})));
    CHECK_THROWS_AS(linalg_inv(batch), LinAlgError);
    CHECK_THROWS_AS(linalg_cholesky(batch - 2), LinAlgError);
}

TEST_CASE("what is not finite comes to an end") {
    for (const double bad : {std::nan(""), kInfinity, -kInfinity})
        for (const ScalarType dtype : {kFloat32, kFloat64})
            for (const std::int64_t n : {1, 2, 5, 40}) {
                Tensor A = eye(n, dtype) * 2;
                A[n / 2][n - 1] = bad;
                A[n - 1][n / 2] = bad;
                CAPTURE(n);
                CHECK(!linalg_det(A).isfinite().item<bool>());
                for (const auto call :
                     {+[](const Tensor& x) { linalg_eigh(x); }, +[](const Tensor& x) { linalg_svd(x); },
                      +[](const Tensor& x) { linalg_eigvalsh(x, "U"); }, +[](const Tensor& x) { linalg_pinv(x); },
                      +[](const Tensor& x) {
                          linalg_lstsq(x, ones({x.size(0), 1}, x.dtype()));
                      },
                      +[](const Tensor& x) { linalg_matrix_norm(x, 2); }})
                    CHECK_THROWS_AS(call(A), LinAlgError);
                CHECK(!linalg_matrix_exp(A).isfinite().all().item<bool>());
                linalg_lu(A);
                linalg_inv_ex(A);
                linalg_solve_ex(A, ones({n}, dtype));
                linalg_cholesky_ex(A);
                linalg_solve_triangular(A, ones({n, 1}, dtype), true);
            }
}

TEST_CASE("exponentials of matrices of every size") {
    // exp(A) exp(-A) = I; exp of an antisymmetric matrix is a rotation.
    for (const ScalarType dtype : {kFloat32, kFloat64})
        for (const double scale : {0., 1e-12, 1e-3, 1e-2, 0.3, 2., 6.}) {
            CAPTURE(scale);
            const Tensor x = random({2, 4, 4}, dtype) * scale, A = x - T(x);
            const Tensor R = linalg_matrix_exp(A), I = eye(4, dtype).expand({2, 4, 4});
            CHECK(close(R.matmul(T(R)), I));
            CHECK(close(linalg_matrix_exp(-A), T(R)));
        }
    const Tensor mixed = stack({eye(2, kFloat64) * 1e-8, eye(2, kFloat64) * 10, zeros({2, 2}, kFloat64)});
    CHECK(close(linalg_matrix_exp(mixed), where(eye(2, kFloat64) > 0, mixed.exp(), 0)));
    for (const double scale : {0., 0.5, 4.}) {
        const Tensor A = (random({3, 3}) * scale).requires_grad_();
        const auto f = [](const TensorList& x) { return linalg_matrix_exp(x[0]); };
        CHECK(autograd::gradcheck(f, {A}));
        CHECK(autograd::gradgradcheck(f, {A}));
    }
}

TEST_CASE("compositions have the gradients of their parts") {
    struct Composition {
        const char* name;
        std::function<Tensor(const TensorList&)> call;
    };
    const auto lu = [](const Tensor& A) { return linalg_lu_factor(A); };
    const Composition compositions[] = {
        {"logdet", [](const TensorList& x) { return logdet(x[0]); }},
        {"matrix_power 3", [](const TensorList& x) { return matrix_power(x[0], 3); }},
        {"matrix_power -2", [](const TensorList& x) { return matrix_power(x[0], -2); }},
        {"tensorinv", [](const TensorList& x) { return linalg_tensorinv(x[0], 1); }},
        {"tensorsolve", [](const TensorList& x) { return linalg_tensorsolve(x[0], x[1].select(-1, 0)); }},
        {"cholesky_solve", [](const TensorList& x) { return cholesky_solve(x[1], x[0]); }},
        {"cholesky_inverse", [](const TensorList& x) { return cholesky_inverse(x[0], true); }},
        {"triangular_solve", [](const TensorList& x) { return std::get<0>(triangular_solve(x[1], x[0], true, true)); }},
        {"lu_solve",
         [=](const TensorList& x) {
             const auto [LU, pivots] = lu(x[0]);
             return linalg_lu_solve(LU, pivots, x[1]) + linalg_lu_solve(LU, pivots, x[1], true, true);
         }},
        {"lu", [](const TensorList& x) { return std::get<1>(linalg_lu(x[0])) + std::get<2>(linalg_lu(x[0])); }},
        {"matrix_norm nuc", [](const TensorList& x) { return linalg_matrix_norm(x[0], "nuc"); }},
        {"matrix_norm 2", [](const TensorList& x) { return linalg_matrix_norm(x[0], 2); }},
        {"matrix_norm -1", [](const TensorList& x) { return linalg_matrix_norm(x[0], -1); }},
        {"cond", [](const TensorList& x) { return linalg_cond(x[0]); }},
        {"cond fro", [](const TensorList& x) { return linalg_cond(x[0], "fro"); }},
        {"vander", [](const TensorList& x) { return linalg_vander(x[0], 4); }},
        {"householder_product",
         [](const TensorList& x) { return linalg_householder_product(x[0], x[1].select(-1, 0)); }},
        {"svd, its older form", [](const TensorList& x) { return std::get<0>(svd(x[0])).abs(); }},
    };
    const Tensor A = (random({3, 3}) + eye(3, kFloat64) * tensor({3., 5., 8.})).detach().requires_grad_();
    const Tensor B = random({3, 2}, kFloat64, 2).requires_grad_();
    for (const auto& c : compositions) {
        CAPTURE(c.name);
        CHECK(autograd::gradcheck(c.call, {A, B}));
        CHECK(autograd::gradgradcheck(c.call, {A, B}));
    }
}

TEST_CASE("linear algebra in forward mode and under vmap") {
    struct Operation {
        const char* name;
        std::function<Tensor(const TensorList&)> call;
    };
    const Operation operations[] = {
        {"inv", [](const TensorList& x) { return linalg_inv(x[0]); }},
        {"solve", [](const TensorList& x) { return linalg_solve(x[0], x[1]); }},
        {"solve right", [](const TensorList& x) { return linalg_solve(x[0], T(x[1]), false); }},
        {"solve_triangular", [](const TensorList& x) { return linalg_solve_triangular(x[0], x[1], true); }},
        {"solve_triangular right",
         [](const TensorList& x) { return linalg_solve_triangular(x[0], T(x[1]), false, false, true); }},
        {"det", [](const TensorList& x) { return linalg_det(x[0]); }},
        {"cholesky", [](const TensorList& x) { return linalg_cholesky(x[0].matmul(T(x[0]))); }},
        {"cholesky upper", [](const TensorList& x) { return linalg_cholesky(x[0].matmul(T(x[0])), true); }},
        {"eigvalsh", [](const TensorList& x) { return linalg_eigvalsh(x[0] + T(x[0])); }},
        {"svdvals", [](const TensorList& x) { return linalg_svdvals(x[0]); }},
    };
    const Tensor A = random({4, 3, 3}) + eye(3, kFloat64) * tensor({3., 5., 8.}), B = random({4, 3, 2}, kFloat64, 2);
    const Tensor dA = random({3, 3}, kFloat64, 3), dB = random({3, 2}, kFloat64, 4);
    for (const auto& operation : operations) {
        CAPTURE(operation.name);
        const double step = 1e-6;
        const auto at = [&](double s) { return operation.call({A[0] + dA * s, B[0] + dB * s}); };
        const auto [value, tangent] = func::jvp(operation.call, {A[0], B[0]}, {dA, dB});
        CHECK(value.equal(at(0)));
        CHECK(tangent.allclose((at(step) - at(-step)) / (2 * step), 1e-6, 1e-7));
        CHECK(close(func::vmap(operation.call)({A, B}), operation.call({A, B})));
        // One matrix for all right-hand sides, the batch last.
        const Tensor last = func::vmap(operation.call, {std::nullopt, 2})({A[0], B.permute({1, 2, 0})});
        for (std::int64_t i = 0; i < 4; ++i) CHECK(close(last[i], operation.call({A[0], B[i]})));
    }
    const auto log_det = [](const TensorList& x) { return std::get<1>(slogdet(x[0])); };
    const auto [value, tangent] = func::jvp(log_det, {A[0]}, {dA});
    CHECK(close(tangent, linalg_solve(A[0], dA).matmul(eye(3, kFloat64)).mul(eye(3, kFloat64)).sum()));
}

TEST_CASE("one factorization serves a batch of right-hand sides") {
    const Tensor A = (random({3, 3}) + eye(3, kFloat64) * 5).requires_grad_(), B = random({4, 1, 3, 2}, kFloat64, 2);
    const Tensor X = linalg_solve(A, B);
    CHECK(X.sizes() == IntArrayRef({4, 1, 3, 2}));
    const Tensor g = autograd::grad({X.sum()}, {A})[0];
    Tensor expected = zeros({3, 3}, kFloat64);
    for (std::int64_t i = 0; i < 4; ++i) expected = expected + autograd::grad({linalg_solve(A, B[i][0]).sum()}, {A})[0];
    CHECK(close(g, expected));
}

TEST_SUITE("threads") {
    TEST_CASE("batches of matrices give the same bits for any number of threads") {
        for (const ScalarType dtype : {kFloat32, kFloat64}) {
            const Tensor A = definite({40, 60, 60}, dtype), B = random({40, 60, 5}, dtype, 2);
            samples::check_any_number_of_threads([&] {
                TensorList out{linalg_inv(A),
                               linalg_solve(A, B),
                               linalg_cholesky(A),
                               linalg_det(A),
                               linalg_solve_triangular(A, B, false),
                               linalg_svdvals(A),
                               linalg_eigvalsh(A)};
                for (const Tensor& x : std::apply([](auto... y) { return TensorList{y...}; }, linalg_svd(B)))
                    out.push_back(x);
                for (const Tensor& x : std::apply([](auto... y) { return TensorList{y...}; }, linalg_qr(A)))
                    out.push_back(x);
                for (const Tensor& x : std::apply([](auto... y) { return TensorList{y...}; }, linalg_eigh(A)))
                    out.push_back(x);
                out.push_back(std::get<0>(linalg_lstsq(A, B)));
                return out;
            });
        }
    }
}
