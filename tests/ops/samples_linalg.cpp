#include <limits>

#include "samples.h"

using namespace xgrad;

namespace samples {

using Number = std::optional<double>;

namespace {

/// Far from singular whatever x is, if it is the same in every row too.
Tensor regular(const Tensor& x) { return x * 0.4 + eye(x.size(-2), x.size(-1), x.dtype()) * 3; }
/// Distinct singular values.
Tensor graded(const Tensor& x) {
    const Tensor scale = arange(1, x.size(-1) + 1, x.dtype());
    return x * 0.2 + eye(x.size(-2), x.size(-1), x.dtype()) * scale;
}
Tensor symmetric(const Tensor& x) { return graded(x + x.transpose(-2, -1)); }
Tensor definite(const Tensor& x) { return x.matmul(x.transpose(-2, -1)) + eye(x.size(-1), x.dtype()) * 2; }

/// All outputs in one tensor.
template <class... T>
Tensor joined(const T&... parts) {
    return cat({parts.flatten()...});
}

using Shapes = std::vector<std::vector<std::int64_t>>;

void add(std::vector<Sample>& out, const char* operation, const std::vector<Shapes>& shapes,
         const std::function<Tensor(const TensorList&)>& call) {
    for (const Shapes& inputs : shapes) out.push_back({operation, call, inputs});
}

void add_systems(std::vector<Sample>& out) {
    const std::vector<Shapes> square = {{{3, 3}}, {{2, 3, 3}}, {{1, 1}}, {{0, 2, 2}}};
    add(out, "linalg_inv", square, [](const TensorList& x) { return linalg_inv(regular(x[0])); });
    add(out, "linalg_inv_ex", square, [](const TensorList& x) { return std::get<0>(linalg_inv_ex(regular(x[0]))); });
    add(out, "linalg_det", square, [](const TensorList& x) { return linalg_det(regular(x[0])); });
    add(out, "linalg_slogdet", square, [](const TensorList& x) { return std::get<1>(linalg_slogdet(-regular(x[0]))); });
    const std::vector<Shapes> systems = {
        {{3, 3}, {3, 2}}, {{2, 3, 3}, {3}}, {{2, 3, 3}, {2, 3}}, {{2, 2}, {3, 2, 1}}, {{0, 0}, {0, 2}}};
    add(out, "linalg_solve", systems, [](const TensorList& x) { return linalg_solve(regular(x[0]), x[1]); });
    add(out, "linalg_solve", {{{3, 3}, {2, 3}}, {{2, 1, 2, 2}, {3, 4, 2}}},
        [](const TensorList& x) { return linalg_solve(regular(x[0]), x[1], false); });
    for (const bool upper : {false, true})
        for (const bool unitriangular : {false, true}) {
            add(out, "linalg_solve_triangular", {{{3, 3}, {3, 2}}, {{2, 2, 2}, {2, 1}}, {{3, 3}, {2, 3, 1}}},
                [=](const TensorList& x) {
                    return linalg_solve_triangular(regular(x[0]), x[1], upper, true, unitriangular);
                });
            add(out, "linalg_solve_triangular", {{{3, 3}, {2, 3}}}, [=](const TensorList& x) {
                return linalg_solve_triangular(regular(x[0]).transpose(-2, -1), x[1], upper, false, unitriangular);
            });
        }
}

void add_factorizations(std::vector<Sample>& out) {
    const std::vector<Shapes> square = {{{3, 3}}, {{2, 3, 3}}, {{1, 1}}, {{0, 2, 2}}};
    for (const bool upper : {false, true}) {
        add(out, "linalg_cholesky", square,
            [=](const TensorList& x) { return linalg_cholesky(definite(x[0]), upper); });
        add(out, "linalg_cholesky_ex", {{{2, 2}}},
            [=](const TensorList& x) { return std::get<0>(linalg_cholesky_ex(definite(x[0]), upper)); });
    }
    const std::vector<Shapes> any = {{{3, 3}}, {{2, 4}}, {{2, 4, 2}}, {{0, 3}}};
    add(out, "linalg_lu_factor", any, [](const TensorList& x) { return std::get<0>(linalg_lu_factor(regular(x[0]))); });
    add(out, "linalg_qr", any, [](const TensorList& x) {
        const auto [Q, R] = linalg_qr(regular(x[0]));
        return joined(Q, R);
    });
    add(out, "linalg_qr", {{{2, 3}}}, [](const TensorList& x) { return std::get<0>(linalg_qr(regular(x[0]))); });
    add(out, "linalg_qr", {{{3, 2}}}, [](const TensorList& x) { return std::get<1>(linalg_qr(regular(x[0]), "r")); });
    for (const char* UPLO : {"L", "U"}) {
        add(out, "linalg_eigvalsh", square,
            [=](const TensorList& x) { return linalg_eigvalsh(symmetric(x[0]), UPLO); });
        add(out, "linalg_eigh", square, [=](const TensorList& x) {
            const auto [L, V] = linalg_eigh(symmetric(x[0]), UPLO);
            return joined(L, V.square(), (V * L.sin().unsqueeze(-2)).matmul(V.transpose(-2, -1)));
        });
    }
    add(out, "linalg_eigh", {{{3, 3}}},
        [](const TensorList& x) { return std::get<1>(linalg_eigh(symmetric(x[0]))).abs(); });
    add(out, "linalg_svdvals", any, [](const TensorList& x) { return linalg_svdvals(graded(x[0])); });
    add(out, "linalg_svd", any, [](const TensorList& x) {
        const auto [U, S, Vh] = linalg_svd(graded(x[0]), false);
        return joined(U.matmul(Vh), S, U.square(), Vh.abs());
    });
    add(out, "linalg_svd", {{{2, 3}}, {{3, 2}}}, [](const TensorList& x) {
        const auto [U, S, Vh] = linalg_svd(graded(x[0]));
        return joined(U.narrow(1, 0, 2).square(), Vh.narrow(0, 0, 2).square());
    });
}

void add_least_squares(std::vector<Sample>& out) {
    add(out, "linalg_pinv", {{{3, 2}}, {{2, 2, 3}}, {{2, 2}}, {{0, 3}}},
        [](const TensorList& x) { return linalg_pinv(regular(x[0])); });
    add(out, "linalg_pinv", {{{3, 3}}},
        [](const TensorList& x) { return linalg_pinv(symmetric(x[0]), Number(), Number(), true); });
    for (const char* driver : {"gels", "gelsy", "gelsd", "gelss"})
        add(out, "linalg_lstsq", {{{4, 2}, {4, 1}}, {{2, 3}, {2, 2}}, {{2, 3, 2}, {2, 3}}},
            [=](const TensorList& x) { return std::get<0>(linalg_lstsq(regular(x[0]), x[1], std::nullopt, driver)); });
    add(out, "linalg_lstsq", {{{4, 2}, {4, 2}}},
        [](const TensorList& x) { return std::get<1>(linalg_lstsq(regular(x[0]), x[1], std::nullopt, "gelsd")); });
}

}  // namespace

std::vector<Sample> linalg_samples() {
    std::vector<Sample> out;
    add_systems(out);
    add_factorizations(out);
    add_least_squares(out);
    return out;
}

std::vector<WrongInput> linalg_wrong() {
    static const Tensor wide = ones({2, 3}), square = ones({3, 3}), batch = ones({2, 3, 3}), good = eye(3) * 2;
    static const Tensor nan = full({2, 2}, std::numeric_limits<double>::quiet_NaN());
    const auto numbers = [] { return arange(9).reshape({3, 3}); };
    return {
        {"linalg_inv", [] { linalg_inv(wide); }, "A must be batches of square matrices, but they are 2 by 3 matrices"},
        {"linalg_inv", [] { linalg_inv(ones({3})); }, "must have at least 2 dimensions, the shape is (3,)"},
        {"linalg_inv", [=] { linalg_inv(numbers()); }, "Expected a floating point"},
        {"linalg_inv", [] { inverse(square); },
         "The diagonal element 2 is zero, the inversion could not be completed because the input matrix is singular."},
        {"linalg_inv",
         [] {
             linalg_inv(stack({good, square}));
         },
         "(Batch element 1): The diagonal element 2 is zero"},
        {"linalg_inv_ex", [] { linalg_inv_ex(square, true); }, "the input matrix is singular"},
        {"linalg_solve", [] { linalg_solve(square, ones({3})); },
         "The solver failed because the input matrix is singular."},
        {"linalg_solve", [] { linalg_solve(good, ones({2})); },
         "Incompatible shapes of A and B for the equation AX = B (3x3 and 2x1)"},
        {"linalg_solve", [] { linalg_solve(good, ones({3}, kFloat64)); }, "to have the same dtype"},
        {"linalg_solve", [] { linalg_solve(good, ones({3}), false); }, "Vector broadcasting"},
        {"linalg_solve",
         [] {
             linalg_solve(batch, ones({4, 3, 1}));
         },
         "(2,)"},
        {"linalg_solve_ex", [] { linalg_solve_ex(square, ones({3}), true, true); }, "singular"},
        {"linalg_solve_triangular",
         [] {
             linalg_solve_triangular(good, ones({2, 2}), true);
         },
         "Incompatible shapes of A and B for the equation AX = B (3x3 and 2x2)"},
        {"linalg_solve_triangular", [] { linalg_solve_triangular(good, ones({3}), true); }, "B must have at least 2"},
        {"linalg_tensorinv", [] { linalg_tensorinv(wide, 0); }, "Expected a strictly positive integer for 'ind'"},
        {"linalg_tensorinv", [] { linalg_tensorinv(wide, 1); }, "but got 3 != 2"},
        {"linalg_tensorsolve", [] { linalg_tensorsolve(wide, ones({2})); }, "but got 3 != 2"},
        {"linalg_det", [] { linalg_det(wide); }, "square"},
        {"linalg_det", [=] { det(numbers()); }, "Expected a floating point"},
        {"linalg_slogdet", [] { slogdet(ones({3})); }, "at least 2 dimensions"},
        {"linalg_slogdet", [] { logdet(wide); }, "square"},
        {"linalg_cholesky", [] { linalg_cholesky(square - 2); },
         "The factorization could not be completed because the input is not positive-definite (the leading minor of "
         "order 1 is not positive-definite)"},
        {"linalg_cholesky", [] { linalg_cholesky(wide); }, "square"},
        {"linalg_cholesky_ex", [] { linalg_cholesky_ex(square, false, true); }, "the leading minor of order 2"},
        {"cholesky_solve",
         [] {
             cholesky_solve(ones({3, 1}), wide);
         },
         "square"},
        {"cholesky_inverse", [] { cholesky_inverse(wide); }, "square"},
        {"linalg_lu", [] { linalg_lu(square, false); }, "LU without pivoting is not implemented on the CPU"},
        {"linalg_lu_factor", [] { linalg_lu_factor(square); },
         "U[2,2] is zero and using it on lu_solve would result in a division by zero"},
        {"linalg_lu_factor", [] { linalg_lu_factor(ones({3})); }, "at least 2 dimensions"},
        {"linalg_lu_solve",
         [] {
             linalg_lu_solve(good, ones({3}), ones({3, 1}));
         },
         "pivots should be"},
        {"linalg_lu_solve",
         [] {
             linalg_lu_solve(good, ones({2}, kInt32), ones({3, 1}));
         },
         "(3,)"},
        {"linalg_lu_solve",
         [] {
             linalg_lu_solve(good, zeros({3}, kInt32), ones({3, 1}));
         },
         "between 1 and 3"},
        {"linalg_qr", [] { linalg_qr(wide, "full"); }, "unrecognized mode 'full'"},
        {"linalg_qr", [] { qr(ones({3})); }, "at least 2 dimensions"},
        {"linalg_qr", [] { std::get<0>(linalg_qr(wide.t().clone().requires_grad_(), "complete")).sum().backward(); },
         "not differentiable when mode='complete' and nrows > ncols"},
        {"linalg_eigh", [] { linalg_eigh(square, "X"); }, "Expected UPLO argument to be 'L' or 'U', but got X"},
        {"linalg_eigh", [] { linalg_eigh(nan); }, "failed to converge"},
        {"linalg_eigvalsh", [] { linalg_eigvalsh(wide); }, "square"},
        {"linalg_eigvalsh", [] { linalg_eigvalsh(nan); }, "non-finite"},
        {"linalg_svd",
         [] {
             linalg_svd(stack({eye(2), nan}));
         },
         "(Batch element 1): The algorithm failed to converge"},
        {"linalg_svd", [] { linalg_svd(square, true, "gesvd"); }, "driver"},
        {"linalg_svdvals", [] { linalg_svdvals(nan); }, "non-finite values"},
        {"linalg_svdvals", [] { linalg_svdvals(ones({3})); }, "at least 2 dimensions"},
        {"linalg_lstsq", [] { linalg_lstsq(wide, ones({3})); }, "input.size(-2) should match other.size(-1)"},
        {"linalg_lstsq",
         [] {
             linalg_lstsq(wide, ones({2, 1}), std::nullopt, "qr");
         },
         "should be one of"},
        {"linalg_lstsq",
         [] {
             linalg_lstsq(wide, ones({3, 2, 1}));
         },
         "input.dim() must be greater"},
        {"linalg_lstsq",
         [] {
             linalg_lstsq(cat({ones({3, 1}), zeros({3, 1})}, 1), ones({3, 1}), std::nullopt, "gels");
         },
         "full rank"},
        {"linalg_lstsq",
         [] {
             linalg_lstsq(nan, ones({2, 1}));
         },
         "non-finite"},
        {"linalg_pinv", [] { linalg_pinv(wide, Number(), Number(), true); }, "square"},
        {"linalg_pinv", [] { pinverse(ones({3})); }, "at least 2 dimensions"},
        {"linalg_matrix_rank", [] { linalg_matrix_rank(ones({3})); }, "at least 2 dimensions"},
        {"linalg_matrix_rank", [=] { linalg_matrix_rank(numbers()); }, "Expected a floating point"},
        {"linalg_vector_norm", [] { linalg_vector_norm(zeros({0}), std::numeric_limits<double>::infinity()); },
         "cannot compute the inf norm on an empty tensor because the operation does not have an identity"},
        {"linalg_vector_norm", [=] { linalg_vector_norm(numbers()); }, "Expected a floating point"},
        {"linalg_vector_norm", [] { linalg_vector_norm(wide.to(kFloat64), 2, std::nullopt, false, kFloat32); },
         "without narrowing"},
        {"linalg_matrix_norm", [] { linalg_matrix_norm(wide, 3); }, "Order 3 not supported."},
        {"linalg_matrix_norm", [] { linalg_matrix_norm(wide, "nuk"); }, "Order nuk not supported."},
        {"linalg_matrix_norm",
         [] {
             linalg_matrix_norm(wide, 1, {0, 0});
         },
         "dims must be different. Got (0, 0)"},
        {"linalg_matrix_norm", [] { linalg_matrix_norm(wide, 1, 0); }, "dim must be a 2-tuple"},
        {"linalg_norm", [] { linalg_norm(batch, 2); }, "the input must be 1D or 2D. Got 3D."},
        {"linalg_norm",
         [] {
             linalg_norm(batch, 2, {0, 1, 2});
         },
         "it must be of length 1 or 2"},
        {"linalg_cond", [] { linalg_cond(wide, 1); }, "square"},
        {"linalg_cond", [] { linalg_cond(ones({3})); }, "at least 2 dimensions"},
        {"linalg_matrix_power", [] { linalg_matrix_power(wide, 2); }, "square"},
        {"linalg_matrix_power", [] { linalg_matrix_power(ones({2}), 2); }, "at least 2 dimensions"},
        {"linalg_matrix_exp", [] { matrix_exp(wide); }, "square"},
        {"linalg_matrix_exp", [=] { matrix_exp(numbers()); }, "Expected a floating point"},
        {"linalg_householder_product", [] { linalg_householder_product(wide, ones({2})); }, "input.shape[-2] must be"},
        {"linalg_householder_product", [] { linalg_householder_product(square, ones({4})); }, "(3, 3) and (4,)"},
        {"linalg_vecdot", [] { linalg_vecdot(wide, wide.to(kFloat64)); }, "the same dtype"},
        {"linalg_vecdot", [=] { linalg_vecdot(numbers(), numbers()); }, "Expected a floating point"},
        {"linalg_vander", [] { linalg_vander(scalar_tensor(1)); }, "at least one dimension"},
        {"linalg_vander", [] { linalg_vander(ones({3}), 1); }, "N must be greater than 1"},
    };
}

}  // namespace samples
