#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

#include <thread>

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
    CHECK(func::vmap(network, {0, std::nullopt, std::nullopt, std::nullopt})({x, w, u, b})
              .allclose(expected, 1e-13, 1e-13));
    CHECK(func::vmap(network, {1, std::nullopt, std::nullopt, std::nullopt}, 1)({x.t(), w, u, b})
              .allclose(expected.t(), 1e-13, 1e-13));

    // Weights of their own for each example.
    const Tensor ws = random({5, 3, 3}, 5), us = random({5, 2, 3}, 6), bs = random({5, 2}, 7);
    rows.clear();
    for (std::int64_t i = 0; i < 5; ++i) rows.push_back(network({x[i], ws[i], us[i], bs[i]}));
    CHECK(func::vmap(network)({x, ws, us, bs}).allclose(stack(rows), 1e-13, 1e-13));
}

TEST_CASE("vmap is recorded, and nests with jvp") {
    const Tensor x = random({5, 3}, 1);
    const Tensor w = random({3, 3}, 2).requires_grad_(), u = random({2, 3}, 3), b = random({2}, 4);
    const Tensor batched = func::vmap(network, {0, std::nullopt, std::nullopt, std::nullopt})({x, w, u, b});
    const auto g = autograd::grad({batched.sum()}, {w});
    const auto expected = autograd::grad({network({x, w, u, b}).sum()}, {w});
    CHECK(g[0].allclose(expected[0], 1e-12, 1e-12));

    const auto slope = [&](const TensorList& in) {
        return std::get<1>(func::jvp(
            [&](const TensorList& z) {
                return network({z[0], w, u, b});
            },
            in, {ones({3}, kFloat64)}));
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
    CHECK_THROWS_AS(func::vmap(identity, {std::nullopt})({x}), ValueError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { return in[0] + in[1]; })({x, x[0]}), ShapeError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { return full({}, in[0].item()); })({x[0]}),
                    NotImplementedError);
}

TEST_CASE("jvp goes through views whose memory lies otherwise") {
    const Tensor x = random({2, 3}, 1), v = random({2, 3}, 2), bias = random({3}, 3), u = random({3}, 4);
    {
        const auto [value, tangent] =
            func::jvp([](const TensorList& in) { return in[0].t().reshape({-1}) * 2.0; }, {x}, {v});
        CHECK(value.equal(x.t().reshape({-1}) * 2.0));
        CHECK(tangent.equal(v.t().reshape({-1}) * 2.0));
    }
    {
        // The tangent is an expanded one where the value is not.
        const auto flat = [](const TensorList& in) { return (in[0] + in[1]).flatten(); };
        const auto [value, tangent] = func::jvp(flat, {x, bias}, {{}, u});
        CHECK(value.equal((x + bias).flatten()));
        CHECK(tangent.equal(u.expand({2, 3}).flatten()));
    }
    {
        const auto parts = [](const TensorList& in) {
            return in[0][1].slice(0, 0, 3, 2).expand({2, 2}).permute({1, 0}).reshape({4}) * in[0].unbind(1)[1].sum();
        };
        const double h = 1e-6;
        const Tensor expected = (parts({x + v * h}) - parts({x - v * h})) / (2 * h);
        CHECK(std::get<1>(func::jvp(parts, {x}, {v})).allclose(expected, 1e-8, 1e-8));
    }
    {
        // Constants along the tangent need no rule; dtypes of tangents are those of values.
        const auto mixed = [](const TensorList& in) { return in[0] + in[1]; };
        CHECK(std::get<1>(func::jvp(mixed, {x.to(kFloat32), x}, {v.to(kFloat32), {}})).dtype() == kFloat64);
        CHECK(std::get<1>(func::jvp(mixed, {x, x}, {{}, {}})).equal(zeros({2, 3}, kFloat64)));
    }
    CHECK_THROWS_WITH_AS(func::jvp([](const TensorList& in) { return in[0][1].as_strided({2}, {1}); }, {x}, {v}),
                         doctest::Contains("[as_strided] a tensor inside jvp or vmap has no memory"),
                         NotImplementedError);
    CHECK_THROWS_AS(func::vmap([](const TensorList& in) { return in[0].as_strided({2}, {1}); })({x}),
                    NotImplementedError);
}

TEST_CASE("vmap goes through views and their gradients") {
    const Tensor x = random({5, 3, 4}, 1);
    const std::vector<func::Function> functions = {
        [](const TensorList& in) { return in[0].select(0, 1) * in[0].select(-1, 0).sum(); },
        [](const TensorList& in) { return in[0].slice(1, 1, 4, 2).slice(0, 2); },
        [](const TensorList& in) {
            return in[0].select(0, 2).expand({2, 3, 4});
        },
        [](const TensorList& in) {
            return in[0].sum().expand({2, 2});
        },
        [](const TensorList& in) { return in[0].unbind(1)[3] * in[0].split(2, 1)[1].reshape({-1}).slice(0, 0, 3); },
        [](const TensorList& in) {
            return in[0].t().reshape({2, 6}).view({12});
        },
    };
    for (std::size_t f = 0; f < functions.size(); ++f) {
        CAPTURE(f);
        TensorList rows;
        for (std::int64_t i = 0; i < 5; ++i) rows.push_back(functions[f]({x[i]}));
        CHECK(func::vmap(functions[f])({x}).allclose(stack(rows), 1e-14, 1e-14));
        const Tensor batch_last = x.permute({1, 2, 0}).contiguous();
        CHECK(func::vmap(functions[f], {2})({batch_last}).allclose(stack(rows), 1e-14, 1e-14));

        // Gradients taken inside: those of views are scattered, for every example by itself.
        const auto slope = [&](const TensorList& in) {
            Tensor leaf = in[0] * 1.0;
            leaf.requires_grad_();
            return autograd::grad({functions[f]({leaf}).exp().sum()}, {leaf})[0];
        };
        rows.clear();
        for (std::int64_t i = 0; i < 5; ++i) rows.push_back(slope({x[i]}));
        CHECK(func::vmap(slope)({x}).allclose(stack(rows), 1e-13, 1e-13));

        const Tensor v = random({3, 4}, 9);
        const double h = 1e-6;
        const Tensor expected = (slope({x[0] + v * h}) - slope({x[0] - v * h})) / (2 * h);
        CHECK(std::get<1>(func::jvp(slope, {x[0]}, {v})).allclose(expected, 1e-7, 1e-7));
    }
}

TEST_CASE("a tensor that outlives its transform is none of another's") {
    const Tensor x = random({3}, 1), one = ones({3}, kFloat64);
    Tensor kept;
    const auto keep = [&](const TensorList& in) {
        kept = in[0];
        return in[0] * 1.0;
    };
    const auto constant = [&](const TensorList&) { return kept; };
    func::jvp(keep, {x}, {one});
    CHECK(std::get<1>(func::jvp(constant, {x}, {one})).abs().sum().item<double>() == 0);
    std::thread([&] { func::jvp(keep, {x}, {one}); }).join();
    CHECK(std::get<1>(func::jvp(constant, {x}, {one})).abs().sum().item<double>() == 0);
}

TEST_CASE("a function that returns nothing is an error") {
    const Tensor x = random({2, 3}, 1);
    const auto nothing = [](const TensorList&) { return Tensor(); };
    CHECK_THROWS_WITH_AS(func::jvp(nothing, {x}, {x}),
                         doctest::Contains("[jvp] the function returned an undefined Tensor"), ValueError);
    CHECK_THROWS_WITH_AS(func::vmap(nothing)({x}),
                         doctest::Contains("[vmap] the function returned an undefined Tensor"), ValueError);
}
