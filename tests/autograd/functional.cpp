#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

/// One element-wise and two structured operations: (tanh(x w) + x) b.
Tensor network(const TensorList& x) { return linear((x[0].matmul(x[1]) + x[0]).tanh() * x[0], x[2], x[3]); }

}  // namespace

TEST_CASE("jvp agrees with vjp") {
    const TensorList x{random({4, 3}, 1), random({3, 3}, 2), random({2, 3}, 3), random({2}, 4)};
    TensorList tangents, leaves;
    for (std::size_t i = 0; i < x.size(); ++i) {
        tangents.push_back(random(x[i].sizes(), 10 + i));
        leaves.push_back(x[i].clone().requires_grad_());
    }
    const auto [value, tangent] = func::jvp(network, x, tangents);
    const Tensor y = network(leaves), w = random(y.sizes(), 20);
    CHECK(value.allclose(y.detach(), 1e-14, 1e-14));
    const auto g = autograd::grad({y}, leaves, {w});
    double expected = 0;
    for (std::size_t i = 0; i < x.size(); ++i) expected += (g[i] * tangents[i]).sum().item<double>();
    CHECK((tangent * w).sum().item<double>() == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("a second derivative by forward over forward and forward over reverse") {
    const auto cube = [](const TensorList& x) { return x[0] * x[0] * x[0]; };
    const Tensor x = tensor({2.}, kFloat64), one = ones({1}, kFloat64);
    const auto slope = [&](const TensorList& at) { return std::get<1>(func::jvp(cube, at, {one})); };
    CHECK(std::get<1>(func::jvp(slope, {x}, {one})).item<double>() == 12);
    const Tensor leaf = x.clone().requires_grad_();
    CHECK(autograd::grad({slope({leaf})}, {leaf})[0].item<double>() == 12);
}

TEST_CASE("vmap agrees with a loop") {
    const Tensor x = random({5, 3}, 1), w = random({3, 3}, 2), u = random({2, 3}, 3), b = random({2}, 4);
    TensorList rows;
    for (std::int64_t i = 0; i < 5; ++i) rows.push_back(network({x[i], w, u, b}));
    const Tensor expected = stack(rows);
    CHECK(func::vmap(network, {0, -1, -1, -1})({x, w, u, b}).allclose(expected, 1e-13, 1e-13));
    CHECK(func::vmap(network, {1, -1, -1, -1}, 1)({x.t(), w, u, b}).allclose(expected.t(), 1e-13, 1e-13));

    // Weights of their own for each example.
    const Tensor ws = random({5, 3, 3}, 5), us = random({5, 2, 3}, 6), bs = random({5, 2}, 7);
    rows.clear();
    for (std::int64_t i = 0; i < 5; ++i) rows.push_back(network({x[i], ws[i], us[i], bs[i]}));
    CHECK(func::vmap(network)({x, ws, us, bs}).allclose(stack(rows), 1e-13, 1e-13));
}

TEST_CASE("vmap is recorded, and nests with jvp") {
    const Tensor x = random({5, 3}, 1);
    const Tensor w = random({3, 3}, 2).requires_grad_(), u = random({2, 3}, 3), b = random({2}, 4);
    const Tensor batched = func::vmap(network, {0, -1, -1, -1})({x, w, u, b});
    const auto g = autograd::grad({batched.sum()}, {w});
    const auto expected = autograd::grad({network({x, w, u, b}).sum()}, {w});
    CHECK(g[0].allclose(expected[0], 1e-12, 1e-12));

    const auto slope = [&](const TensorList& in) {
        return std::get<1>(func::jvp([&](const TensorList& z) { return network({z[0], w, u, b}); }, in,
                                     {ones({3}, kFloat64)}));
    };
    TensorList rows;
    for (std::int64_t i = 0; i < 5; ++i) rows.push_back(slope({x[i]}).detach());
    CHECK(func::vmap(slope)({x}).detach().allclose(stack(rows), 1e-12, 1e-12));
}

TEST_CASE("misuse of transforms is an error") {
    const Tensor x = random({2, 3}, 1);
    const auto identity = [](const TensorList& in) { return in[0]; };
    CHECK_THROWS_AS(func::jvp(identity, {x}, {x[0]}), ShapeError);
    CHECK_THROWS_AS(func::jvp(identity, {x}, {}), ValueError);
    CHECK_THROWS_AS(func::vmap(identity, {-1})({x}), ValueError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { return in[0] + in[1]; })({x, x[0]}), ShapeError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { Tensor y = in[0]; return y.add_(1.0); })({x}), NotImplementedError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { return full({}, in[0].item()); })({x[0]}), NotImplementedError);
}
