#include <doctest/doctest.h>

#include <limits>

#include <xgrad/autograd/functions.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Number = std::optional<double>;

/// One output.
template <class F>
Case one(std::string name, F f) {
    return {std::move(name), [f](const TensorList& x) { return TensorList{f(x)}; }};
}

/// A tuple of outputs.
template <class F>
Case many(std::string name, F f) {
    return {std::move(name),
            [f](const TensorList& x) { return std::apply([](const auto&... y) { return TensorList{y...}; }, f(x)); }};
}

std::vector<Case> solvers() {
    std::vector<Case> cases{
        one("inv", [](const TensorList& x) { return linalg_inv(x[0]); }),
        one("inv batch", [](const TensorList& x) { return x[0].inverse(); }),
        one("inv transposed", [](const TensorList& x) { return linalg::inv(x[0].transpose(-2, -1)); }),
        one("det", [](const TensorList& x) { return linalg_det(x[0]); }),
        one("det batch", [](const TensorList& x) { return x[0].det(); }),
        one("det of no rows", [](const TensorList& x) { return linalg::det(x[0]); }),
        one("det singular", [](const TensorList& x) { return det(x[0]); }),
        one("slogdet", [](const TensorList& x) { return std::get<1>(linalg::slogdet(x[0])); }),
        one("slogdet sign", [](const TensorList& x) { return std::get<0>(x[0].slogdet()); }),
        many("slogdet singular", [](const TensorList& x) { return linalg_slogdet(x[0]); }),
        one("logdet", [](const TensorList& x) { return logdet(x[0]); }),
        one("logdet negative", [](const TensorList& x) { return x[0].logdet(); }),
        one("logdet singular", [](const TensorList& x) { return logdet(x[0]); }),
        one("solve right", [](const TensorList& x) { return linalg_solve(x[0], x[1], false); }),
        one("triangular_solve",
            [](const TensorList& x) { return std::get<0>(x[0].triangular_solve(x[1], true, true)); }),
        one("tensorinv", [](const TensorList& x) { return linalg_tensorinv(x[0], 1); }),
        one("tensorsolve", [](const TensorList& x) { return linalg::tensorsolve(x[0], x[1]); }),
        one("tensorsolve dims", [](const TensorList& x) { return linalg_tensorsolve(x[0], x[1], 0); }),
        one("cholesky", [](const TensorList& x) { return linalg_cholesky(x[0]); }),
        one("cholesky upper", [](const TensorList& x) { return x[0].cholesky(true); }),
        one("cholesky_solve", [](const TensorList& x) { return cholesky_solve(x[0], x[1]); }),
        one("cholesky_solve upper", [](const TensorList& x) { return x[0].cholesky_solve(x[1], true); }),
        one("cholesky_inverse", [](const TensorList& x) { return cholesky_inverse(x[0]); }),
        one("cholesky_inverse upper", [](const TensorList& x) { return x[0].cholesky_inverse(true); }),
        many("qr tall complete", [](const TensorList& x) { return x[0].qr(false); }),
        one("qr tall r", [](const TensorList& x) { return std::get<1>(linalg::qr(x[0], "r")); }),
    };
    for (const char* name : {"solve", "solve vector", "solve batch of vectors", "solve broadcast"})
        cases.push_back(one(name, [](const TensorList& x) { return linalg::solve(x[0], x[1]); }));
    for (const std::string shape : {"square", "wide", "tall"}) {
        cases.push_back(many("lu " + shape, [](const TensorList& x) { return linalg::lu(x[0]); }));
        cases.push_back(many("lu_factor " + shape, [](const TensorList& x) { return linalg::lu_factor(x[0]); }));
        cases.push_back(many("qr " + shape + " reduced", [](const TensorList& x) { return qr(x[0]); }));
        if (shape != "tall")
            cases.push_back(
                many("qr " + shape + " complete", [](const TensorList& x) { return linalg::qr(x[0], "complete"); }));
    }
    for (const bool a : {false, true})
        for (const bool left : {false, true}) {
            cases.push_back(one("lu_solve " + std::to_string(left) + std::to_string(a), [=](const TensorList& x) {
                const auto [LU, pivots] = linalg_lu_factor(x[0]);
                return linalg_lu_solve(LU, pivots, x[1], left, a);
            }));
            for (const bool upper : {false, true})
                cases.push_back(
                    one("solve_triangular " + std::to_string(upper) + std::to_string(left) + std::to_string(a),
                        [=](const TensorList& x) { return linalg::solve_triangular(x[0], x[1], upper, left, a); }));
        }
    return cases;
}

/// What of a singular value decomposition does not depend on signs.
TensorList invariant(const Tensor& x, bool full) {
    const auto [u, s, vh] = linalg_svd(x, full);
    const Tensor U = u.narrow(-1, 0, s.size(-1)), Vh = vh.narrow(-2, 0, s.size(-1));
    return {s, U.matmul(Vh), U.square(), Vh.abs()};
}

std::vector<Case> spectra() {
    std::vector<Case> cases{
        one("eigvalsh", [](const TensorList& x) { return linalg_eigvalsh(x[0]); }),
        one("eigvalsh upper", [](const TensorList& x) { return linalg::eigvalsh(x[0], "U"); }),
        many("eigh",
             [](const TensorList& x) {
                 const auto [L, V] = linalg::eigh(x[0]);
                 return std::tuple(L, V.square());
             }),
        many("lstsq low rank",
             [](const TensorList& x) {
                 const auto [X, residuals, rank, values] = linalg_lstsq(x[0], x[1], std::nullopt, "gelsd");
                 return std::tuple(X, residuals, rank);
             }),
        one("lstsq vectors", [](const TensorList& x) { return std::get<0>(linalg::lstsq(x[0], x[1])); }),
        one("pinv tall", [](const TensorList& x) { return linalg_pinv(x[0]); }),
        one("pinv wide", [](const TensorList& x) { return linalg::pinv(x[0]); }),
        one("pinv low rank", [](const TensorList& x) { return x[0].pinverse(1e-10); }),
        one("pinv hermitian", [](const TensorList& x) { return linalg_pinv(x[0], Number(), Number(), true); }),
        one("pinv atol",
            [](const TensorList& x) { return linalg_pinv(x[0], std::optional<double>(4.5), std::nullopt); }),
        one("pinv of no rows", [](const TensorList& x) { return linalg_pinv(x[0]); }),
        one("matrix_rank", [](const TensorList& x) { return linalg_matrix_rank(x[0]); }),
        one("matrix_rank hermitian",
            [](const TensorList& x) { return linalg_matrix_rank(x[0], Number(), Number(), true); }),
        one("matrix_rank atol", [](const TensorList& x) { return linalg::matrix_rank(x[0], 4.5); }),
        one("matrix_rank of no rows", [](const TensorList& x) { return linalg_matrix_rank(x[0]); }),
    };
    for (const std::string shape : {"square", "wide", "tall"}) {
        cases.push_back(one("svdvals " + shape, [](const TensorList& x) { return linalg::svdvals(x[0]); }));
        cases.push_back({"svd " + shape, [](const TensorList& x) { return invariant(x[0], false); }});
        cases.push_back({"svd full " + shape, [](const TensorList& x) { return invariant(x[0], true); }});
    }
    for (const std::string driver : {"gels", "gelsy", "gelsd", "gelss"}) {
        const auto solution = [=](const TensorList& x) {
            return std::get<0>(linalg_lstsq(x[0], x[1], std::nullopt, driver));
        };
        cases.push_back(one("lstsq " + driver + " tall", solution));
        cases.push_back(one("lstsq " + driver + " wide", solution));
        cases.push_back(many("lstsq " + driver + " all",
                             [=](const TensorList& x) { return linalg::lstsq(x[0], x[1], std::nullopt, driver); }));
    }
    return cases;
}

void add_norms(std::vector<Case>& cases) {
    const std::pair<std::string, double> vector_orders[] = {{"0", 0},   {"0.5", 0.5},       {"1", 1},
                                                            {"2", 2},   {"3", 3},           {"-1", -1},
                                                            {"-2", -2}, {"inf", kInfinity}, {"-inf", -kInfinity}};
    for (const auto& [name, order] : vector_orders) {
        cases.push_back(
            one("vector_norm " + name, [p = order](const TensorList& x) { return linalg_vector_norm(x[0], p); }));
        cases.push_back(one("vector_norm " + name + " dims", [p = order](const TensorList& x) {
            return linalg::vector_norm(x[0], p, {0, -1}, true);
        }));
    }
    const auto matrix_norms = [&](const std::string& name, auto p) {
        cases.push_back(one("matrix_norm " + name, [p](const TensorList& x) { return linalg_matrix_norm(x[0], p); }));
        cases.push_back(one("matrix_norm " + name + " dims", [p](const TensorList& x) {
            return linalg::matrix_norm(x[0], p, {2, 0}, true);
        }));
        cases.push_back(one("norm " + name + " matrix", [p](const TensorList& x) { return linalg_norm(x[0], p); }));
        cases.push_back(one("cond " + name, [p](const TensorList& x) { return linalg_cond(x[0], p); }));
    };
    const std::pair<std::string, double> matrix_orders[] = {{"1", 1},   {"-1", -1},         {"2", 2},
                                                            {"-2", -2}, {"inf", kInfinity}, {"-inf", -kInfinity}};
    for (const auto& [name, order] : matrix_orders) matrix_norms(name, order);
    for (const char* name : {"fro", "nuc"}) matrix_norms(name, name);
    cases.push_back(one("norm", [](const TensorList& x) { return linalg_norm(x[0]); }));
    cases.push_back(one("norm dim", [](const TensorList& x) { return linalg::norm(x[0], 3, 1); }));
    cases.push_back(one("norm dims", [](const TensorList& x) { return linalg::norm(x[0], std::nullopt, {0, 1}); }));
    cases.push_back(one("norm of float32", [](const TensorList& x) {
        return linalg_norm(x[0], std::nullopt, std::nullopt, false, kFloat64);
    }));
    cases.push_back(one("cond singular", [](const TensorList& x) { return linalg::cond(x[0], 1); }));
    cases.push_back(one("cond rectangular", [](const TensorList& x) { return linalg_cond(x[0]); }));
}

void add_functions(std::vector<Case>& cases) {
    for (const int n : {-2, -1, 0, 1, 2, 3, 5, 8})
        cases.push_back(one("matrix_power " + std::to_string(n),
                            [n](const TensorList& x) { return linalg_matrix_power(x[0], n); }));
    cases.push_back(one("matrix_power of integers", [](const TensorList& x) { return x[0].matrix_power(3); }));
    for (const char* name : {"0", "1e-09", "0.3", "1", "5", "batch"})
        cases.push_back(one(std::string("matrix_exp ") + name, [](const TensorList& x) { return x[0].matrix_exp(); }));
    cases.push_back(one("vander", [](const TensorList& x) { return linalg_vander(x[0]); }));
    cases.push_back(one("vecdot", [](const TensorList& x) { return linalg_vecdot(x[0], x[1]); }));
    cases.push_back(one("vecdot dim", [](const TensorList& x) { return linalg::vecdot(x[0], x[1], 0); }));
    for (const char* name : {"householder_product", "householder_product of fewer"})
        cases.push_back(one(name, [](const TensorList& x) { return linalg::householder_product(x[0], x[1]); }));
    cases.push_back(one("vander 5", [](const TensorList& x) { return linalg::vander(x[0], 5); }));
}

}  // namespace

TEST_CASE("linear algebra agrees with PyTorch") {
    std::vector<Case> cases = solvers();
    for (Case& c : spectra()) cases.push_back(std::move(c));
    add_norms(cases);
    add_functions(cases);
    reference::check("linalg", cases);
}
