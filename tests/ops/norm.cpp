#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/graph.h>

#include "derivatives.h"

using namespace xgrad;
using samples::check_derivatives;

namespace samples {

std::vector<Sample> norm_samples() {
    const auto layer = [](std::vector<std::int64_t> shape) {
        return [=](const TensorList& x) {
            return layer_norm(x[0], shape, x.size() > 1 ? x[1] : Tensor(), x.size() > 2 ? x[2] : Tensor(), 0.1);
        };
    };
    const auto rms = [](const TensorList& x) { return rms_norm(x[0], {4}, x.size() > 1 ? x[1] : Tensor(), 0.1); };
    return {
        {"native_layer_norm", layer({4}), {{3, 4}}},
        {"native_layer_norm", layer({4}), {{3, 4}, {4}}},
        {"native_layer_norm", layer({4}), {{3, 4}, {4}, {4}}},
        {"native_layer_norm", layer({3, 4}), {{2, 3, 4}, {3, 4}, {3, 4}}},
        {"native_layer_norm", layer({3, 2}), {{3, 2}, {3, 2}, {3, 2}}},
        {"native_layer_norm", layer({20}), {{2, 20}, {20}, {20}}},
        {"native_layer_norm", layer({3}), {{0, 3}, {3}, {3}}},
        {"native_layer_norm",
         [](const TensorList& x) { return layer_norm(x[0], {4}, {}, x[1], 0.1).square(); },
         {{3, 4}, {4}}},
        {"native_layer_norm",
         [](const TensorList& x) { return group_norm(x[0], 2, x[1], x[2], 0.1); },
         {{2, 4, 3}, {4}, {4}}},
        {"rms_norm", rms, {{3, 4}}},
        {"rms_norm", rms, {{3, 4}, {4}}},
        {"rms_norm", rms, {{2, 3, 4}, {4}}},
    };
}

std::vector<WrongInput> norm_wrong() {
    static const Tensor x = zeros({2, 3}), images = zeros({2, 6, 2});
    return {
        {"layer_norm", [] { layer_norm(x, {2}); },
         "Given normalized_shape=[2], expected input with shape [*, 2], but got input of size[2, 3]"},
        {"layer_norm",
         [] {
             layer_norm(x, {1, 2, 3});
         },
         "Given normalized_shape=[1, 2, 3], expected input with shape [*, 1, 2, 3], but got input of size[2, 3]"},
        {"layer_norm", [] { layer_norm(x, IntArrayRef()); },
         "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
         "normalized_shape = []"},
        {"layer_norm", [] { layer_norm(x, {3}, ones({2})); },
         "Expected weight to be of same shape as normalized_shape, but got weight of shape [2] and normalized_shape = "
         "[3]"},
        {"layer_norm",
         [] {
             layer_norm(x, {3}, {}, ones({3, 1}));
         },
         "Expected bias to be of same shape as normalized_shape, but got bias of shape [3, 1]"},
        {"layer_norm", [] { layer_norm(x, {3}, ones({3}, kFloat64)); },
         "expected a weight of dtype Float but found Double"},
        {"layer_norm", [] { layer_norm(x.to(kInt64), {3}); }, "needs an input of floating point dtype, got Long"},
        {"layer_norm", [] { layer_norm(Tensor(), {3}); }, "undefined"},
        {"rms_norm", [] { rms_norm(x, {2}); }, "Given normalized_shape=[2]"},
        {"rms_norm", [] { rms_norm(x, {3}, ones({2})); }, "Expected weight to be of same shape as normalized_shape"},
        {"group_norm", [] { group_norm(images, 4); },
         "Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 6, 2] and "
         "num_groups=4"},
        {"group_norm", [] { group_norm(images, 0); }, "Expected num groups to be greater than 0, got 0"},
        {"group_norm", [] { group_norm(zeros({3}), 1); },
         "Expected at least 2 dimensions for input tensor but received 1"},
        {"group_norm", [] { group_norm(images, 2, ones({2})); }, "Expected weight to be of same shape as the channels"},
        {"group_norm", [] { group_norm(images.to(kInt32), 2); }, "got Int"},
    };
}

}  // namespace samples

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Dims = std::vector<std::int64_t>;

/// In the dtype of `x`, by operations of their own, over the last `shape.size()` dimensions.
Tensor by_definition(const Tensor& x, IntArrayRef shape, const Tensor& weight, const Tensor& bias, double eps,
                     bool centred = true) {
    Dims dims;
    for (std::int64_t d = x.dim() - static_cast<std::int64_t>(shape.size()); d < x.dim(); ++d) dims.push_back(d);
    const Tensor d = centred ? x - x.mean(dims, true) : x;
    Tensor y = d / (d.square().mean(dims, true) + eps).sqrt();
    if (weight.defined()) y = y * weight;
    return bias.defined() ? y + bias : y;
}

struct Case {
    Dims x, shape;
};
const Case kCases[] = {{{1}, {1}},          {{7}, {7}},          {{5, 1}, {1}},           {{4, 2}, {2}},
                       {{3, 15}, {15}},     {{33, 16}, {16}},    {{5, 17}, {17}},         {{2, 64}, {64}},
                       {{4, 67}, {67}},     {{3, 1000}, {1000}}, {{70, 1024}, {1024}},    {{3, 5000}, {5000}},
                       {{2, 3, 5}, {3, 5}}, {{2, 3, 5}, {5}},    {{2, 1, 4}, {1, 4}},     {{5000, 3}, {3}},
                       {{0, 3}, {3}},       {{2, 0}, {0}},       {{2, 40'000}, {40'000}}, {{2, 3, 4}, {2, 3, 4}}};

TensorList leaves_of(const Case& c, ScalarType dtype) {
    return {randn(c.x, Generator(1), dtype).requires_grad_(),
            (rand(c.shape, Generator(2), dtype) + 0.5).requires_grad_(),
            randn(c.shape, Generator(3), dtype).requires_grad_()};
}

/// Close to what was computed from the same numbers in float64, measured by the largest of them.
bool close(const Tensor& got, const Tensor& expected, double tolerance) {
    if (got.sizes() != expected.sizes()) return false;
    if (got.numel() == 0) return true;
    const double largest = expected.abs().max().item<double>();
    return (got.to(kFloat64) - expected).abs().max().item<double>() <= tolerance * std::max(largest, 1.0);
}

}  // namespace

TEST_CASE("layer_norm and rms_norm agree with their definition, however the elements lie") {
    for (const Case& c : kCases) {
        for (const auto arrangement : samples::kArrangements) {
            CAPTURE(detail::shape_string(c.x));
            CAPTURE(static_cast<int>(arrangement));
            const Tensor x = samples::lay_out(randn(c.x, Generator(1), kFloat64), arrangement);
            const Tensor w = samples::lay_out(rand(c.shape, Generator(2), kFloat64) + 0.5, arrangement);
            const Tensor b = samples::lay_out(randn(c.shape, Generator(3), kFloat64), arrangement);
            for (const Tensor& weight : {Tensor(), w})
                for (const Tensor& bias : {Tensor(), b})
                    CHECK(layer_norm(x, c.shape, weight, bias, 1e-3)
                              .allclose(by_definition(x, c.shape, weight, bias, 1e-3), 1e-12, 1e-12));
            CHECK(rms_norm(x, c.shape, w, 1e-3).allclose(by_definition(x, c.shape, w, {}, 1e-3, false), 1e-12, 1e-12));
            CHECK(layer_norm(x, c.shape, w, b).is_contiguous());
        }
        const TensorList in = leaves_of(c, kFloat32);
        const Tensor y = layer_norm(in[0], c.shape, in[1], in[2]);
        CHECK(close(y, by_definition(in[0].to(kFloat64), c.shape, in[1].to(kFloat64), in[2].to(kFloat64), 1e-5), 1e-5));
    }
    const Tensor x = randn({2, 3}, kFloat64), single = x.to(kFloat32);
    CHECK(rms_norm(x, {3}).allclose(by_definition(x, {3}, {}, {}, 2.220446049250313e-16, false), 1e-14, 0));
    CHECK(rms_norm(single * 1e-4, {3})
              .allclose(by_definition(single * 1e-4, {3}, {}, {}, 1.1920928955078125e-7, false), 1e-5, 0));
}

TEST_CASE("the fused gradients are those of the definition, and of the composition that can be differentiated again") {
    for (const Case& c : kCases) {
        CAPTURE(detail::shape_string(c.x));
        const TensorList in = leaves_of(c, kFloat64);
        const Tensor g = randn(c.x, Generator(4), kFloat64);
        const Tensor y = layer_norm(in[0], c.shape, in[1], in[2], 1e-3);
        const auto fused = autograd::grad({y}, in, {g}, true);
        const auto composed = autograd::grad({y}, in, {g}, true, true);
        const auto expected = autograd::grad({by_definition(in[0], c.shape, in[1], in[2], 1e-3)}, in, {g});
        for (std::size_t i = 0; i < 3; ++i) {
            CAPTURE(i);
            CHECK(close(fused[i], expected[i], 1e-11));
            CHECK(close(composed[i], expected[i], 1e-11));
        }
        const TensorList leaves{in[0], in[1]};
        const auto rms = autograd::grad({rms_norm(in[0], c.shape, in[1], 1e-3)}, leaves, {g});
        const auto rms_expected = autograd::grad({by_definition(in[0], c.shape, in[1], {}, 1e-3, false)}, leaves, {g});
        for (std::size_t i = 0; i < 2; ++i) CHECK(close(rms[i], rms_expected[i], 1e-11));

        TensorList narrow;
        for (const Tensor& x : in) narrow.push_back(x.detach().to(kFloat32).requires_grad_());
        const auto single =
            autograd::grad({layer_norm(narrow[0], c.shape, narrow[1], narrow[2], 1e-3)}, narrow, {g.to(kFloat32)});
        for (std::size_t i = 0; i < 3; ++i) CHECK(close(single[i], expected[i], 2e-5));
    }
}

TEST_CASE("results too large for the caches are those of their rows") {
    for (const std::int64_t n : {1000, 1024}) {
        const Case c{{2200, n}, {n}};
        const TensorList in = leaves_of(c, kFloat32);
        const Tensor g = randn(c.x, Generator(4)), y = layer_norm(in[0], c.shape, in[1], in[2]);
        const Tensor dx = autograd::grad({y}, {in[0]}, {g})[0];
        for (const std::int64_t first : {0, 1000, 2100}) {
            const Tensor rows = in[0].detach().narrow(0, first, 100).requires_grad_();
            const Tensor part = layer_norm(rows, c.shape, in[1], in[2]);
            CHECK(part.equal(y.narrow(0, first, 100)));
            CHECK(autograd::grad({part}, {rows}, {g.narrow(0, first, 100)})[0].equal(dx.narrow(0, first, 100)));
        }
    }
}

TEST_CASE("gradients of some of the inputs, and gradients that arrive expanded") {
    const Case c{{40, 1200}, {1200}};
    for (unsigned wanted = 1; wanted < 8; ++wanted) {
        CAPTURE(wanted);
        TensorList in = leaves_of(c, kFloat64), leaves;
        for (std::size_t i = 0; i < 3; ++i) {
            in[i].requires_grad_((wanted >> i & 1) != 0);
            if (wanted >> i & 1) leaves.push_back(in[i]);
        }
        const auto gradients = [&](const Tensor& g, bool fused) {
            const Tensor y = fused ? layer_norm(in[0], c.shape, in[1], in[2], 1e-3)
                                   : by_definition(in[0], c.shape, in[1], in[2], 1e-3);
            return autograd::grad({y}, leaves, {g});
        };
        for (const Tensor& g : {ones({1, 1}, kFloat64).expand(c.x), randn({1200}, Generator(5), kFloat64).expand(c.x),
                                randn({40, 1}, Generator(6), kFloat64).expand(c.x)}) {
            const auto got = gradients(g, true), expected = gradients(g, false);
            for (std::size_t i = 0; i < leaves.size(); ++i) CHECK(close(got[i], expected[i], 1e-11));
        }
    }
}

TEST_CASE("native_layer_norm returns the mean and the reciprocal of the deviation, which have no gradient") {
    const Tensor x = randn({2, 3, 4}, Generator(7), kFloat64).requires_grad_();
    const auto [y, mean, rstd] = native_layer_norm(x, {3, 4}, {}, {}, 1e-3);
    CHECK(mean.sizes() == IntArrayRef({2, 1, 1}));
    CHECK(mean.allclose(x.mean({1, 2}, true)));
    CHECK(rstd.allclose(((x - mean).square().mean({1, 2}, true) + 1e-3).sqrt().reciprocal()));
    CHECK(y.equal(layer_norm(x, {3, 4}, {}, {}, 1e-3)));
    CHECK(y.requires_grad());
    CHECK_FALSE(mean.requires_grad());
    CHECK_FALSE(rstd.requires_grad());
    CHECK(y.grad_fn()->name() == "NativeLayerNormBackward0");
}

TEST_CASE("layer_norm: equal, missing and far elements") {
    const Tensor same = full({2, 20}, 3.5), b = rand({20});
    CHECK(layer_norm(same, {20}, {}, b).equal(b.expand({2, 20})));
    Tensor x = randn({3, 20});
    x[1][4] = x[1][4].fill_(kNan);
    const Tensor y = layer_norm(x, {20});
    CHECK(y[1].isnan().all().item<bool>());
    CHECK_FALSE(y[0].isnan().any().item<bool>());
    CHECK_FALSE(y[2].isnan().any().item<bool>());
    // The variance is that of the deviations, not a difference of large squares.
    const Tensor far = randn({4, 1000}, Generator(8)) + 1000.0;
    CHECK(close(layer_norm(far, {1000}), by_definition(far.to(kFloat64), {1000}, {}, {}, 1e-5), 1e-3));
}

TEST_CASE("group_norm is layer_norm of groups of channels") {
    const Tensor x = randn({2, 6, 3, 5}, Generator(9), kFloat64), w = randn({6}, Generator(10), kFloat64),
                 b = randn({6}, Generator(11), kFloat64);
    for (const std::int64_t groups : {1, 2, 3, 6}) {
        const Tensor normal = layer_norm(x.reshape({2, groups, -1}), {90 / groups}).reshape(x.sizes());
        CHECK(group_norm(x, groups).equal(normal));
        CHECK(group_norm(x, groups, w, b).allclose(normal * w.view({6, 1, 1}) + b.view({6, 1, 1}), 1e-14, 1e-14));
        CHECK(group_norm(x, groups, w).allclose(normal * w.view({1, 6, 1, 1}), 1e-14, 1e-14));
    }
    CHECK(group_norm(zeros({0, 4, 2}), 2).sizes() == IntArrayRef({0, 4, 2}));
    CHECK(group_norm(zeros({3, 4}), 2).sizes() == IntArrayRef({3, 4}));
    CHECK(group_norm(zeros({3, 4, 0}), 2).sizes() == IntArrayRef({3, 4, 0}));
}

TEST_CASE("layer_norm: derivatives") {
    const auto affine = [](const TensorList& x) { return layer_norm(x[0], x[1].sizes(), x[1], x[2], 0.1); };
    check_derivatives(affine, {{2, 5}, {5}, {5}});
    check_derivatives(affine, {{2, 3, 2}, {3, 2}, {3, 2}});
    check_derivatives(affine, {{2, 18}, {18}, {18}});
    check_derivatives([](const TensorList& x) { return layer_norm(x[0], {4}, {}, {}, 0.1).square(); }, {{3, 4}});
    check_derivatives([](const TensorList& x) { return layer_norm(x[0], {3}) + x[0]; }, {{0, 3}});
    check_derivatives([](const TensorList& x) { return rms_norm(x[0], {5}, x[1], 0.1).square(); }, {{2, 5}, {5}});
    check_derivatives([](const TensorList& x) { return group_norm(x[0], 2, x[1], x[2], 0.1); }, {{2, 4, 3}, {4}, {4}});
}

TEST_CASE("layer_norm in forward mode and under vmap") {
    const func::Function f = [](const TensorList& in) { return layer_norm(in[0], {4}, in[1], in[2], 0.1); };
    const TensorList x{randn({3, 4}, Generator(12), kFloat64), randn({4}, Generator(13), kFloat64),
                       randn({4}, Generator(14), kFloat64)};
    TensorList t, forward, backward;
    const double h = 1e-6;
    for (std::size_t i = 0; i < 3; ++i) {
        t.push_back(randn(x[i].sizes(), Generator(15 + i), kFloat64));
        forward.push_back(x[i] + t[i] * h);
        backward.push_back(x[i] - t[i] * h);
    }
    const auto [y, tangent] = func::jvp(f, x, t);
    CHECK(y.allclose(f(x), 1e-14, 1e-14));
    CHECK(tangent.allclose((f(forward) - f(backward)) / (2 * h), 1e-6, 1e-9));
    const auto of_example = [&](const TensorList& in) { return layer_norm(in[0], {4}, x[1], x[2], 0.1); };
    CHECK(func::vmap(of_example)({x[0]}).allclose(f(x), 1e-14, 1e-14));
    const auto rms = [](const TensorList& in) { return rms_norm(in[0], {4}, {}, 0.1); };
    CHECK(func::vmap(rms)({x[0]}).allclose(rms({x[0]}), 1e-14, 1e-14));
}

TEST_SUITE("threads") {
    TEST_CASE("normalisation gives the same bits for any number of threads") {
        for (const Case& c : {Case{{20'001, 10}, {10}}, Case{{401, 1003}, {1003}}, Case{{2200, 1024}, {1024}}}) {
            const Tensor g = randn(c.x, Generator(4));
            samples::check_any_number_of_threads([&] {
                const TensorList in = leaves_of(c, kFloat32);
                const Tensor y = layer_norm(in[0], c.shape, in[1], in[2]);
                TensorList out = autograd::grad({y}, in, {g});
                out.push_back(y.detach());
                out.push_back(rms_norm(in[0].detach(), c.shape));
                return out;
            });
        }
    }
}
