#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/functional/activation.h>
#include <xgrad/nn/functional/linear.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace {

/// f applied to each element.
Tensor mapped(const Tensor& x, double (*f)(double)) {
    const Tensor out = empty_like(x);
    for (std::int64_t i = 0; i < x.numel(); ++i) out.data_ptr<double>()[i] = f(x.data_ptr<double>()[i]);
    return out;
}

}  // namespace

TEST_CASE("layers print as libtorch's") {
    const std::pair<std::string, std::string> cases[] = {
        {printed(nn::Linear(784, 64)), "Linear(in_features=784, out_features=64, bias=true)"},
        {printed(nn::Linear(nn::LinearOptions(3, 4).bias(false))), "Linear(in_features=3, out_features=4, bias=false)"},
        {printed(nn::ReLU()), "ReLU()"},
        {printed(nn::ReLU(nn::ReLUOptions().inplace(true))), "ReLU(inplace=true)"},
        {printed(nn::Sigmoid()), "Sigmoid()"},
        {printed(nn::ImprovedSigmoid()), "ImprovedSigmoid()"},
        {printed(nn::Tanh()), "Tanh()"},
        {printed(nn::Softmax(1)), "Softmax(dim=1)"},
        {printed(nn::LogSoftmax(-1)), "LogSoftmax(dim=-1)"},
        {printed(nn::Flatten()), "Flatten(start_dim=1, end_dim=-1)"},
        {printed(nn::Flatten(nn::FlattenOptions().start_dim(0).end_dim(2))), "Flatten(start_dim=0, end_dim=2)"},
        {printed(nn::Identity()), "Identity()"},
        {printed(nn::Functional(F::tanh)), "Functional()"},
        {printed(nn::Sequential()), "Sequential"},
    };
    for (const auto& [got, expected] : cases) CHECK(got == "xgrad::nn::" + expected);
}

TEST_CASE("Linear") {
    nn::Linear fc(3, 2);
    CHECK(fc->weight.sizes() == IntArrayRef({2, 3}));
    CHECK(fc->bias.sizes() == IntArrayRef({2}));
    {
        NoGradGuard no_grad;
        fc->weight.copy_(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}));
        fc->bias.copy_(tensor({10.0, 20.0}));
    }
    const Tensor x = tensor({{1.0, 0.0, -1.0}, {0.5, 0.5, 0.5}});
    CHECK(allclose(fc(x), tensor({{8.0, 18.0}, {13.0, 27.5}})));
    CHECK(allclose(fc(x.view({2, 1, 3})), tensor({{{8.0, 18.0}}, {{13.0, 27.5}}})));
    CHECK(allclose(fc(x[0]), tensor({8.0, 18.0})));
    CHECK(equal(F::linear(x, fc->weight, fc->bias), fc(x)));

    nn::Linear unbiased(nn::LinearOptions(3, 2).bias(false));
    CHECK_FALSE(unbiased->bias.defined());
    CHECK(unbiased->parameters().size() == 1);
    CHECK(allclose(unbiased(x), F::linear(x, unbiased->weight)));

    CHECK(nn::Linear(0, 2)(empty({4, 0})).sizes() == IntArrayRef({4, 2}));
    CHECK_THROWS_AS(nn::Linear(-1, 2), ValueError);
    CHECK_THROWS_AS(fc(ones({2, 4})), ShapeError);
    CHECK_THROWS_AS(fc(ones({2, 3}, kFloat64)), Error);
}

TEST_CASE("the network of 784, 64 and 10 units has 50,890 parameters") {
    nn::Sequential net(nn::Linear(784, 64), nn::ImprovedSigmoid(), nn::Linear(64, 10));
    std::int64_t count = 0;
    for (const Tensor& p : net->parameters()) count += p.numel();
    CHECK(count == 50890);
}

TEST_CASE("activations") {
    const Tensor x = tensor({{-2.0, -0.5, 0.0}, {0.25, 1.0, 3.0}}, kFloat64);
    const auto sigmoid_of = [](double v) { return 1 / (1 + std::exp(-v)); };
    const auto improved = [](double v) { return 1.7159 * std::tanh(2 * v / 3); };
    const auto relu_of = [](double v) { return v > 0 ? v : 0.0; };
    const auto tanh_of = [](double v) { return std::tanh(v); };
    struct Case {
        Tensor module, function;
        double (*formula)(double);
    };
    const Case cases[] = {
        {nn::Sigmoid()(x), F::sigmoid(x), sigmoid_of},
        {nn::ImprovedSigmoid()(x), F::improved_sigmoid(x), improved},
        {nn::Tanh()(x), F::tanh(x), tanh_of},
        {nn::ReLU()(x), F::relu(x), relu_of},
    };
    for (const Case& c : cases) {
        CHECK(allclose(c.module, mapped(x, c.formula), 1e-12, 1e-14));
        CHECK(equal(c.module, c.function));
    }
}

TEST_CASE("ReLU in place") {
    Tensor x = tensor({-1.0, 2.0});
    const Tensor y = nn::ReLU(nn::ReLUOptions(true))(x);
    CHECK(y.is_same(x));
    CHECK(equal(x, tensor({0.0, 2.0})));
    CHECK(F::relu(x, F::ReLUFuncOptions().inplace(true)).is_same(x));
    CHECK_FALSE(nn::ReLU()(x).is_same(x));
}

TEST_CASE("softmax along a dimension") {
    const Tensor x = randn({3, 4}, kFloat64);
    for (const std::int64_t dim : {0, 1, -1}) {
        const Tensor p = nn::Softmax(dim)(x);
        CHECK(allclose(p, exp(x) / exp(x).sum(dim, true), 1e-12));
        CHECK(allclose(nn::LogSoftmax(dim)(x), log(p), 1e-12, 1e-14));
        CHECK(equal(F::softmax(x, dim), p));
        CHECK(equal(F::log_softmax(x, dim), nn::LogSoftmax(dim)(x)));
    }
    CHECK(F::softmax(ones({2}), F::SoftmaxFuncOptions(0).dtype(kFloat64)).dtype() == kFloat64);
    CHECK_THROWS_AS(nn::Softmax(2)(x), IndexError);
}

TEST_CASE("Flatten, Identity, Functional") {
    const Tensor x = randn({2, 3, 4});
    CHECK(nn::Flatten()(x).sizes() == IntArrayRef({2, 12}));
    CHECK(nn::Flatten(nn::FlattenOptions().start_dim(0).end_dim(1))(x).sizes() == IntArrayRef({6, 4}));
    CHECK(nn::Identity()(x).is_same(x));
    CHECK(equal(nn::Functional(F::tanh)(x), tanh(x)));
    const auto scaled = [](const Tensor& input, double factor, double offset) { return input * factor + offset; };
    CHECK(equal(nn::Functional(scaled, 2.0, 1.0)(x), x * 2.0 + 1.0));
    CHECK(equal((*nn::Functional(F::sigmoid))(x), sigmoid(x)));
}
