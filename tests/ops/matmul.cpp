#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/product/blas.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

std::vector<Sample> product_samples() {
    const auto product = [](const TensorList& x) { return x[0].matmul(x[1]); };
    return {
        {"mm", product, {{2, 3}, {3, 4}}},
        {"mm", product, {{3}, {3}}},
        {"mm", product, {{2, 3}, {3}}},
        {"mm", product, {{3}, {3, 2}}},
        {"mm", product, {{2, 2, 3}, {3, 2}}},
        {"mm", product, {{0, 3}, {3, 2}}},
        {"mm", product, {{2, 0}, {0, 3}}},
        {"mm", product, {{2, 3, 0}, {0, 2}}},
        {"mm", [](const TensorList& x) { return x[0].mv(x[1]) * x[1].dot(x[1]); }, {{2, 3}, {3}}},
        {"bmm", product, {{2, 2, 3}, {2, 3, 2}}},
        {"bmm", product, {{2, 3}, {2, 3, 2}}},
        {"bmm", product, {{3}, {2, 3, 2}}},
        {"bmm", product, {{2, 1, 2, 3}, {3, 3, 2}}},
        {"bmm", product, {{0, 2, 3}, {0, 3, 2}}},
        {"linear", [](const TensorList& x) { return linear(x[0], x[1], x[2]); }, {{4, 3}, {2, 3}, {2}}},
        {"linear", [](const TensorList& x) { return linear(x[0], x[1], x[2]); }, {{2, 2, 3}, {2, 3}, {2}}},
        {"linear", [](const TensorList& x) { return linear(x[0], x[1], x[2]); }, {{3}, {2, 3}, {2}}},
        {"linear", [](const TensorList& x) { return linear(x[0], x[1], x[2]); }, {{0, 3}, {2, 3}, {2}}},
        {"linear", [](const TensorList& x) { return linear(x[0], x[1]); }, {{4, 3}, {2, 3}}},
    };
}

std::vector<WrongInput> product_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"mm", [] { x.matmul(x); }, "the last dimension of (2, 3) must equal the second to last of (2, 3)"},
        {"mm", [] { x.mm(zeros({3})); }, "expects matrices"},
        {"mm",
         [] {
             x.mm(zeros({3, 2}, kFloat64));
         },
         "expected both operands to have the same dtype, but got: Float != Double"},
        {"bmm",
         [] {
             zeros({2, 2, 3}).bmm(zeros({3, 3, 2}));
         },
         "two batches of as many matrices"},
        {"matmul", [] { x.matmul(zeros({})); }, "both arguments to matmul need to be at least 1D"},
        {"matmul",
         [] {
             zeros({2, 2, 3}).matmul(zeros({3, 3, 2}));
         },
         "do not broadcast"},
        {"linear",
         [] {
             linear(x, zeros({4, 2}), zeros({4}));
         },
         "the last dimension of the input (2, 3) must equal the last of the weight (4, 2)"},
        {"linear",
         [] {
             linear(x, zeros({4, 3}), zeros({3}));
         },
         "the bias (3,) must have one element for each row"},
        {"mv", [] { x.mv(x); }, "vector + matrix @ vector expected"},
        {"dot", [] { x.dot(x); }, "1D tensors expected"},
    };
}

}  // namespace samples

TEST_CASE("products agree with the sums they stand for, in every layout") {
    const Tensor a = randn({5, 7}, Generator(1), kFloat64), b = randn({7, 3}, Generator(2), kFloat64);
    const Tensor expected = (a.unsqueeze(2) * b.unsqueeze(0)).sum(1);
    for (const auto la :
         {samples::Arrangement::kContiguous, samples::Arrangement::kTransposed, samples::Arrangement::kSliced})
        for (const auto lb :
             {samples::Arrangement::kContiguous, samples::Arrangement::kTransposed, samples::Arrangement::kSliced})
            CHECK(samples::lay_out(a, la).mm(samples::lay_out(b, lb)).allclose(expected, 1e-13, 1e-13));
    const Tensor row = a.slice(0, 2, 3), column = b.slice(1, 1, 2);
    CHECK(row.mm(column).allclose(expected.slice(0, 2, 3).slice(1, 1, 2), 1e-13, 1e-13));
    CHECK(a.t().t().slice(1, 0, 1).mm(b.slice(0, 0, 1)).allclose(a.slice(1, 0, 1) * b.slice(0, 0, 1)));
    CHECK(tensor({{1, 2}, {3, 4}}).mm(tensor({{1, 0}, {1, 1}})).equal(tensor({{3, 2}, {7, 4}})));
    CHECK(tensor({1, 2}).matmul(tensor({3, 4})).item<std::int64_t>() == 11);
    CHECK(zeros({2, 0}).mm(zeros({0, 3})).equal(zeros({2, 3})));
    CHECK(randn({3, 1, 2, 4}).matmul(randn({5, 4, 2})).sizes() == IntArrayRef({3, 5, 2, 2}));
    CHECK(randn({4}).matmul(randn({5, 4, 2})).sizes() == IntArrayRef({5, 2}));
    CHECK(randn({5, 2, 4}).matmul(randn({4})).sizes() == IntArrayRef({5, 2}));
}

TEST_CASE("linear is x W^T + b") {
    const Tensor x = randn({6, 5}, Generator(1), kFloat64), w = randn({3, 5}, Generator(2), kFloat64);
    const Tensor b = randn({3}, Generator(3), kFloat64);
    CHECK(linear(x, w, b).allclose(x.mm(w.t()) + b, 1e-14, 1e-14));
    CHECK(linear(x.t().contiguous().t(), w, b).allclose(x.mm(w.t()) + b, 1e-14, 1e-14));
    CHECK(linear(x.reshape({2, 3, 5}), w, b).reshape({6, 3}).allclose(x.mm(w.t()) + b, 1e-14, 1e-14));
}

TEST_CASE("sizes that BLAS can't count are errors") {
    // Nothing of the memory is read: the error comes first.
    double one = 1;
    const std::int64_t large = std::int64_t{1} << 31;
    const Tensor far = from_blob(&one, {2, 3}, {large, 1}, kFloat64);
    CHECK_THROWS_WITH_AS(far.mm(ones({3, 2}, kFloat64)),
                         doctest::Contains("[gemm] a stride of 2147483648 is more than BLAS can take"), ShapeError);
    CHECK_THROWS_AS(ones({2, 2}, kFloat64).mm(far), ShapeError);
    CHECK_THROWS_AS(linear(far, ones({2, 3}, kFloat64), ones({2}, kFloat64)), ShapeError);
    const ops::BlasMatrix<double> m{&one, false, 1};
    CHECK_THROWS_AS(ops::gemm<double>(large, 1, 1, m, m, 0, &one, 1), ShapeError);
    CHECK_THROWS_AS(ops::gemm<double>(1, large, 1, m, m, 0, &one, 1), ShapeError);
    CHECK_THROWS_AS(ops::gemm<double>(1, 1, large, m, m, 0, &one, 1), ShapeError);
    CHECK_THROWS_AS(ops::gemm<double>(1, 1, 1, m, m, 0, &one, large), ShapeError);
    CHECK(one == 1);
}

TEST_SUITE("threads") {
    TEST_CASE("batches of products give the same bits for any number of threads, and those of each product") {
        struct Case {
            std::int64_t batches, m, k, n;
        };
        for (const Case c : {Case{300, 5, 7, 3}, Case{65, 64, 64, 48}, Case{3, 200, 150, 130}, Case{5, 1, 3000, 200}}) {
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                const Tensor a = randn({c.batches, c.m, c.k}, Generator(1), dtype),
                             b = randn({c.batches, c.k, c.n}, Generator(2), dtype);
                const Tensor bt = b.transpose(1, 2).contiguous().transpose(1, 2);
                for (const auto& [x, y] : {std::pair{a, b}, {a, bt}, {a, b.slice(0, 0, 1).expand(b.sizes())}}) {
                    samples::check_any_number_of_threads([&, x = x, y = y] {
                        const Tensor product = x.bmm(y);
                        for (const std::int64_t i : {std::int64_t{0}, c.batches - 1})
                            CHECK(product[i].equal(x[i].mm(y[i])));
                        return TensorList{product};
                    });
                }
            }
        }
    }
}
