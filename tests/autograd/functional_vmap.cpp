#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

bool close(const Tensor& a, const Tensor& b) { return a.sizes() == b.sizes() && a.allclose(b, 1e-12, 1e-12); }

constexpr std::nullopt_t kNone = std::nullopt;

}  // namespace

TEST_CASE("vmap over any dimension of inputs and results") {
    const Tensor x = random({5, 3, 4}, 1), w = random({4, 2}, 2);
    const auto f = [](const Tensor& a, const Tensor& b) { return a.matmul(b).tanh(); };
    const Tensor expected = x.matmul(w).tanh();  // examples in front
    for (std::int64_t in = 0; in < 3; ++in)
        for (std::int64_t out = 0; out < 3; ++out)
            for (const std::int64_t sign : {0, 3}) {  // counted from the front and from the end
                CAPTURE(in);
                CAPTURE(out);
                CAPTURE(sign);
                const Tensor moved = x.movedim(0, in).contiguous();
                CHECK(close(func::vmap(f, {in - sign, kNone}, out - sign)(moved, w), expected.movedim(0, out)));
            }
    CHECK(close(func::vmap(f, 0)(x, w.expand({5, 4, 2})), expected));
    CHECK(close(func::vmap(f, -1, -1)(x.movedim(0, -1), w.unsqueeze(-1).expand({4, 2, 5})), expected.movedim(0, -1)));
}

TEST_CASE("vmap of functions with several results") {
    const Tensor x = random({5, 3}, 1);
    const auto f = [](const Tensor& a) { return std::tuple(a.sum(), TensorList{a * 2, a.outer(a)}); };
    const auto [sums, rest] = func::vmap(f, 0, {0, 1, -1})(x);
    CHECK(close(sums, x.sum(1)));
    CHECK(close(rest[0], 2 * x.t()));
    CHECK(close(rest[1], (x.unsqueeze(2) * x.unsqueeze(1)).movedim(0, -1)));

    const auto largest = func::vmap([](const Tensor& a) { return a.max(0); })(x);
    CHECK(close(std::get<0>(largest), std::get<0>(x.max(1))));
    CHECK(std::get<1>(largest).equal(std::get<1>(x.max(1))));

    // Results that do not depend on the batch.
    const Tensor y = random({2}, 2);
    const auto constant = [&](const Tensor&) { return TensorList{y, y}; };
    const TensorList all = func::vmap(constant, 0, {1, kNone})(x);
    CHECK(close(all[0], y.unsqueeze(1).expand({2, 5})));
    CHECK(all[1].is_same(y));
}

TEST_CASE("nested vmap: all pairs") {
    const Tensor x = random({4, 3}, 1), y = random({5, 3}, 2);
    const auto distance = [](const Tensor& a, const Tensor& b) { return (a - b).pow(2).sum(); };
    const auto pairs = func::vmap(func::vmap(distance, {kNone, 0}), {0, kNone});
    CHECK(close(pairs(x, y), (x.unsqueeze(1) - y).pow(2).sum(2)));
    const auto transposed = func::vmap(func::vmap(distance, {kNone, 0}), {0, kNone}, 1);
    CHECK(close(transposed(x, y), (x.unsqueeze(1) - y).pow(2).sum(2).t()));
    // The gradient of each pair's distance by the first of it.
    const auto slopes = func::vmap(func::vmap(func::grad(distance), {kNone, 0}), {0, kNone});
    CHECK(close(slopes(x, y), 2 * (x.unsqueeze(1) - y)));
}

TEST_CASE("per-example gradients agree with a loop, and with the gradient of the batch") {
    const Tensor w1 = random({4, 3}, 1), b1 = random({4}, 2), w2 = random({2, 4}, 3), b2 = random({2}, 4);
    const Tensor x = random({6, 3}, 5), y = tensor({0, 1, 1, 0, 1, 0}, kInt64);
    const auto loss = [](const TensorList& in) {
        return cross_entropy_loss(linear(linear(in[4], in[0], in[1]).tanh(), in[2], in[3]), in[5]);
    };
    const func::BatchDims dims{kNone, kNone, kNone, kNone, 0, 0};
    const auto [losses, gradients] = func::vmap(func::value_and_grad(loss, {0, 1, 2, 3}), dims)({w1, b1, w2, b2, x, y});
    CHECK(losses.sizes() == IntArrayRef({6}));
    CHECK(gradients.size() == 4);
    for (std::int64_t i = 0; i < 6; ++i) {
        const auto [value, expected] = func::value_and_grad(loss, {0, 1, 2, 3})({w1, b1, w2, b2, x[i], y[i]});
        CHECK(close(losses[i], value));
        for (std::size_t k = 0; k < 4; ++k) CHECK(close(gradients[k][i], expected[k]));
    }
    const TensorList mean = func::grad(loss, {0, 1, 2, 3})({w1, b1, w2, b2, x, y});
    for (std::size_t k = 0; k < 4; ++k) CHECK(close(gradients[k].mean(0), mean[k]));

    // Differentiated once more: the gradient of the sum of squared norms.
    const auto norms = [&](const Tensor& w) {
        return func::vmap(func::grad(loss), dims)({w, b1, w2, b2, x, y}).pow(2).sum();
    };
    const Tensor v = random({4, 3}, 6);
    const double h = 1e-5, slope = (func::grad(norms)(w1) * v).sum().item<double>();
    CHECK(slope == doctest::Approx((norms(w1 + h * v) - norms(w1 - h * v)).item<double>() / (2 * h)).epsilon(1e-7));
}

TEST_CASE("an ensemble: batches of weights and of examples") {
    const Tensor w = random({3, 2, 4}, 1), x = random({5, 4}, 2);
    const auto model = [](const Tensor& weight, const Tensor& in) { return linear(in, weight).relu(); };
    CHECK(close(func::vmap(model, {0, kNone})(w, x), x.matmul(w.mT()).relu()));
    CHECK(close(func::vmap(func::jacobian([&](const Tensor& v, const Tensor& in) { return model(v, in).sum(); }),
                           {0, kNone})(w, x),
                x.matmul(w.mT()).gt(0).to(kFloat64).mT().matmul(x)));
}

TEST_CASE("vmap draws random numbers as it is told") {
    const Tensor x = ones({6, 40}, kFloat64);
    const auto noisy = [](const Tensor& a) { return dropout(a, 0.5, true); };
    CHECK_THROWS_AS(func::vmap(noisy)(x), ValueError);
    const Tensor same = func::vmap(noisy, 0, 0, func::Randomness::kSame)(x);
    CHECK(same.equal(same[0].expand({6, 40})));
    const Tensor different = func::vmap(noisy, 0, 0, func::Randomness::kDifferent)(x);
    CHECK(!different.equal(different[0].expand({6, 40})));
}

TEST_CASE("misuse of vmap is an error that teaches") {
    const Tensor x = random({5, 3}, 1), zero = random({}, 2);
    const auto add = [](const Tensor& a, const Tensor& b) { return a + b; };
    const auto same = [](const Tensor& a) { return a * 1.0; };
    CHECK_THROWS_WITH_AS(func::vmap(add, {0})(x, x),
                         doctest::Contains("[vmap] in_dims has 1 entries, but there are 2 inputs"), ValueError);
    CHECK_THROWS_WITH_AS(func::vmap(same, 0, {0, 0})(x),
                         doctest::Contains("[vmap] out_dims has 2 entries, but there are 1 results"), ValueError);
    CHECK_THROWS_WITH_AS(func::vmap(same)(zero), doctest::Contains("[vmap] Got in_dim=0 for input 0, which has no"),
                         IndexError);
    CHECK_THROWS_AS(func::vmap(same, 2)(x), IndexError);
    CHECK_THROWS_AS(func::vmap(same, 0, 2)(x), IndexError);
    CHECK_THROWS_WITH_AS(func::vmap(add, {0, 1})(x, x),
                         doctest::Contains("Expected all tensors to have the same size in the mapped dimension, got 5 "
                                           "and, for input 1, 3"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(func::vmap(add, {kNone, kNone})(x, x), doctest::Contains("at least one input"), ValueError);
    CHECK_THROWS_WITH_AS(func::vmap(same, 0, {kNone})(x), doctest::Contains("does not depend on the batch"),
                         ValueError);
    CHECK(close(func::vmap(same)(x), x));
}
