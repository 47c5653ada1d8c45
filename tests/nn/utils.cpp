#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/utils.h>

using namespace xgrad;
namespace utils = xgrad::nn::utils;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

Tensor with_gradient(const Tensor& gradient) {
    const Tensor p = zeros(gradient.sizes(), gradient.dtype()).requires_grad_();
    p.mutable_grad() = gradient.clone();
    return p;
}

}  // namespace

TEST_CASE("clip_grad_norm_ scales all gradients alike") {
    const Tensor g = tensor({{3., 0.}, {0., -4.}}), h = tensor({12.}, kFloat64);
    struct Case {
        double norm_type, norm;
    };
    for (const Case c : {Case{2, 13}, Case{1, 19}, Case{kInf, 12}, Case{3, std::cbrt(27. + 64 + 1728)}, Case{0, 2}}) {
        CAPTURE(c.norm_type);
        for (const double limit : {1.0, 100.0}) {
            const Tensor a = with_gradient(g), b = with_gradient(h), none = zeros({2}).requires_grad_();
            const Tensor before = a.grad();
            CHECK(utils::clip_grad_norm_({a, none, b}, limit, c.norm_type) == doctest::Approx(c.norm).epsilon(1e-6));
            const double factor = std::min(1.0, limit / (c.norm + 1e-6));
            CHECK(a.grad().allclose(g * factor, 1e-6, 0));
            CHECK(b.grad().allclose(h * factor, 1e-6, 0));
            CHECK(a.grad().is_same(before));
            CHECK_FALSE(none.grad().defined());
        }
    }
    CHECK(utils::clip_grad_norm_(zeros({2}), 1) == 0);
    CHECK(utils::clip_grad_norm_(std::vector<Tensor>{}, 1) == 0);
    CHECK(utils::clip_grad_norm_(with_gradient(zeros({0})), 1, kInf) == 0);
    CHECK(utils::clip_grad_norm_(with_gradient(g), 1) == 5);
}

TEST_CASE("clip_grad_norm_ of gradients that are not finite") {
    const Tensor a = with_gradient(tensor({1., kInf})), b = with_gradient(tensor({std::nan(""), 1.}));
    CHECK_THROWS_WITH_AS(utils::clip_grad_norm_(a, 1, 2, true), doctest::Contains("is non-finite"), ValueError);
    CHECK(a.grad().equal(tensor({1., kInf})));
    CHECK(utils::clip_grad_norm_(a, 1) == kInf);
    CHECK(a.grad()[0].item<float>() == 0);
    CHECK(std::isnan(a.grad()[1].item<float>()));
    CHECK(std::isnan(utils::clip_grad_norm_(b, 1)));
    CHECK(b.grad().isnan().all().item<bool>());
}

TEST_CASE("clip_grad_value_ limits every element") {
    const Tensor a = with_gradient(tensor({-3., 0.5, 2.})), b = with_gradient(tensor({1.5}, kFloat64));
    utils::clip_grad_value_({a, b, zeros({1})}, 1);
    CHECK(a.grad().equal(tensor({-1., 0.5, 1.})));
    CHECK(b.grad().equal(tensor({1.}, kFloat64)));
    utils::clip_grad_value_(a, 0.25);
    CHECK(a.grad().equal(tensor({-0.25, 0.25, 0.25})));
}

TEST_CASE("gradients that are part of a graph are clipped outside it") {
    const Tensor x = tensor({3.}).requires_grad_();
    x.square().sum().backward({}, std::nullopt, true);
    CHECK(utils::clip_grad_norm_(x, 1.5) == 6);
    CHECK(x.grad().detach().allclose(tensor({1.5})));
}

TEST_CASE("parameters as a vector and back") {
    nn::Linear layer(3, 2);
    const auto parameters = layer->parameters();
    const Tensor vector = utils::parameters_to_vector(parameters);
    CHECK(vector.equal(cat({layer->weight.reshape({-1}), layer->bias})));
    CHECK(vector.requires_grad());
    CHECK(utils::parameters_to_vector({layer->weight.t()}).equal(layer->weight.t().reshape({-1})));

    const Tensor values = arange(8, kFloat32);
    const Tensor weight = layer->weight;
    utils::vector_to_parameters(values, parameters);
    CHECK(layer->weight.detach().equal(tensor({{0., 1., 2.}, {3., 4., 5.}})));
    CHECK(layer->bias.detach().equal(tensor({6., 7.})));
    CHECK(weight.is_same(layer->weight));
    CHECK(layer->weight.requires_grad());
    CHECK(layer->weight.is_leaf());
    layer(ones({1, 3})).sum().backward();
    CHECK(layer->weight.grad().equal(ones({2, 3})));
    utils::vector_to_parameters(utils::parameters_to_vector(parameters) * 2.0, parameters);
    CHECK(layer->bias.detach().equal(tensor({12., 14.})));

    CHECK_THROWS_WITH_AS(utils::vector_to_parameters(zeros({7}), parameters),
                         "[vector_to_parameters] the parameters have 8 elements; the vector has the shape (7,)",
                         ShapeError);
    CHECK_THROWS_AS(utils::vector_to_parameters(zeros({2, 4}), parameters), ShapeError);
    CHECK(layer->bias.detach().equal(tensor({12., 14.})));
}
