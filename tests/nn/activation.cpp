#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/functional/activation.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("activations print as libtorch's") {
    const std::pair<std::string, std::string> cases[] = {
        {printed(nn::ELU()), "ELU(alpha=1)"},
        {printed(nn::ELU(nn::ELUOptions().alpha(42.42).inplace(true))), "ELU(alpha=42.42, inplace=true)"},
        {printed(nn::SELU()), "SELU()"},
        {printed(nn::SELU(nn::SELUOptions().inplace(true))), "SELU(inplace=true)"},
        {printed(nn::CELU(nn::CELUOptions().alpha(42.42))), "CELU(alpha=42.42)"},
        {printed(nn::Hardshrink()), "Hardshrink(0.5)"},
        {printed(nn::Hardshrink(nn::HardshrinkOptions(42.42))), "Hardshrink(42.42)"},
        {printed(nn::Hardtanh()), "Hardtanh(min_val=-1, max_val=1)"},
        {printed(nn::Hardtanh(nn::HardtanhOptions().min_val(-42.42).max_val(0.42).inplace(true))),
         "Hardtanh(min_val=-42.42, max_val=0.42, inplace=true)"},
        {printed(nn::LeakyReLU()), "LeakyReLU(negative_slope=0.01)"},
        {printed(nn::LogSigmoid()), "LogSigmoid()"},
        {printed(nn::Softmin(1)), "Softmin(dim=1)"},
        {printed(nn::Softmax2d()), "Softmax2d()"},
        {printed(nn::PReLU(nn::PReLUOptions().num_parameters(42))), "PReLU(num_parameters=42)"},
        {printed(nn::ReLU6(nn::ReLU6Options(true))), "ReLU6(inplace=true)"},
        {printed(nn::RReLU(nn::RReLUOptions().lower(0.24).upper(0.42).inplace(true))),
         "RReLU(lower=0.24, upper=0.42, inplace=true)"},
        {printed(nn::GLU()), "GLU(dim=-1)"},
        {printed(nn::GELU()), "GELU()"},
        {printed(nn::SiLU()), "SiLU()"},
        {printed(nn::Mish()), "Mish()"},
        {printed(nn::Softplus(nn::SoftplusOptions().beta(0.24).threshold(42.42))),
         "Softplus(beta=0.24, threshold=42.42)"},
        {printed(nn::Softshrink()), "Softshrink(0.5)"},
        {printed(nn::Softsign()), "Softsign()"},
        {printed(nn::Tanhshrink()), "Tanhshrink()"},
        {printed(nn::Hardsigmoid()), "Hardsigmoid()"},
        {printed(nn::Hardswish()), "Hardswish()"},
        {printed(nn::Threshold(24.24, 42.42)), "Threshold(threshold=24.24, value=42.42)"},
        {printed(nn::Threshold(nn::ThresholdOptions(42.42, 24.24).inplace(true))),
         "Threshold(threshold=42.42, value=24.24, inplace=true)"},
    };
    for (const auto& [got, expected] : cases) CHECK(got == "xgrad::nn::" + expected);
}

TEST_CASE("modules, functions and formulas agree") {
    const Tensor x = tensor({{-4.0, -0.5, 0.0}, {0.25, 1.0, 3.0}}, kFloat64);
    const Tensor zero = zeros_like(x);
    struct Case {
        Tensor module, function, formula;
    };
    const Case cases[] = {
        {nn::ELU()(x), F::elu(x), where(x > 0.0, x, exp(x) - 1.0)},
        {nn::SELU()(x), F::selu(x), 1.0507009873554805 * where(x > 0.0, x, 1.6732632423543772 * (exp(x) - 1.0))},
        {nn::CELU(nn::CELUOptions().alpha(2))(x), F::celu(x, F::CELUFuncOptions().alpha(2)),
         where(x > 0.0, x, 2.0 * (exp(x / 2.0) - 1.0))},
        {nn::Hardshrink()(x), F::hardshrink(x), where(abs(x) > 0.5, x, zero)},
        {nn::Softshrink()(x), F::softshrink(x), sign(x) * relu(abs(x) - 0.5)},
        {nn::Hardtanh()(x), F::hardtanh(x), x.clamp(-1.0, 1.0)},
        {nn::LeakyReLU()(x), F::leaky_relu(x), where(x > 0.0, x, x * 0.01)},
        {nn::LogSigmoid()(x), F::logsigmoid(x), log(sigmoid(x))},
        {nn::ReLU6()(x), F::relu6(x), x.clamp(0.0, 6.0)},
        {nn::GELU()(x), F::gelu(x), 0.5 * x * (1.0 + erf(x / std::sqrt(2.0)))},
        {nn::GELU(nn::GELUOptions().approximate("tanh"))(x), F::gelu(x, F::GELUFuncOptions().approximate("tanh")),
         0.5 * x * (1.0 + tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x.pow(3))))},
        {nn::SiLU()(x), F::silu(x), x * sigmoid(x)},
        {nn::Mish()(x), F::mish(x), x * tanh(log1p(exp(x)))},
        {nn::Softplus()(x), F::softplus(x), log1p(exp(x))},
        {nn::Softsign()(x), F::softsign(x), x / (1.0 + abs(x))},
        {nn::Tanhshrink()(x), F::tanhshrink(x), x - tanh(x)},
        {nn::Threshold(0.1, 20)(x), F::threshold(x, F::ThresholdFuncOptions(0.1, 20)), where(x > 0.1, x, 20.0)},
        {nn::Hardsigmoid()(x), F::hardsigmoid(x), ((x + 3.0) / 6.0).clamp(0.0, 1.0)},
        {nn::Hardswish()(x), F::hardswish(x), x * ((x + 3.0) / 6.0).clamp(0.0, 1.0)},
        {nn::GLU(nn::GLUOptions(0))(x), F::glu(x, F::GLUFuncOptions(0)), (x[0] * sigmoid(x[1])).unsqueeze(0)},
        {nn::Softmin(1)(x), F::softmin(x, 1), softmax(-x, 1)},
    };
    for (const Case& c : cases) {
        CHECK(c.module.equal(c.function));
        CHECK(c.module.allclose(c.formula, 1e-12, 1e-14));
    }
    const Tensor image = randn({2, 3, 4, 4});
    CHECK(nn::Softmax2d()(image).equal(softmax(image, 1)));
    CHECK_THROWS_WITH_AS(nn::Softmax2d()(x), doctest::Contains("Softmax2d requires a 3D or 4D tensor"), ShapeError);
}

TEST_CASE("in place when the options say so") {
    Tensor x = tensor({-1.0, 2.0});
    CHECK(nn::ELU(nn::ELUOptions().inplace(true))(x).is_same(x));
    CHECK(F::hardtanh(x, F::HardtanhFuncOptions().inplace(true)).is_same(x));
    CHECK(nn::Threshold(nn::ThresholdOptions(0, 5).inplace(true))(x).is_same(x));
    CHECK(x.equal(tensor({5., 1.})));
    CHECK_FALSE(nn::ELU()(x).is_same(x));
}

TEST_CASE("PReLU learns its slopes") {
    nn::PReLU layer(nn::PReLUOptions().num_parameters(3).init(0.5));
    CHECK(layer->weight.equal(full({3}, 0.5)));
    CHECK(layer->parameters().size() == 1);
    const Tensor x = randn({2, 3, 4});
    layer(x).sum().backward();
    CHECK(layer->weight.grad().allclose((x.clamp_max(0.0)).sum({0, 2}), 1e-5, 1e-6));
    CHECK_THROWS_AS(nn::PReLU(nn::PReLUOptions().num_parameters(0)), ValueError);
}

TEST_CASE("the bounds of Hardtanh are in order") {
    for (const double low : {1.0, 2.0})
        CHECK_THROWS_WITH_AS(nn::Hardtanh(nn::HardtanhOptions().min_val(low)),
                             doctest::Contains("[Hardtanh] max_val must be greater than min_val"), ValueError);
}

TEST_CASE("RReLU draws in training only") {
    nn::RReLU layer(nn::RReLUOptions().lower(0.1).upper(0.3));
    const Tensor x = -ones({100});
    const Tensor y = layer(x);
    CHECK((y >= -0.3).all().item<bool>());
    CHECK((y <= -0.1).all().item<bool>());
    CHECK_FALSE(y.equal(layer(x)));
    layer->eval();
    CHECK(layer(x).allclose(full({100}, -0.2)));
}

TEST_CASE("gumbel_softmax") {
    const Tensor logits = randn({5, 4}, kFloat64).requires_grad_();
    manual_seed(1);
    const Tensor soft = F::gumbel_softmax(logits, F::GumbelSoftmaxFuncOptions().tau(0.5));
    manual_seed(1);
    const Tensor hard = F::gumbel_softmax(logits, F::GumbelSoftmaxFuncOptions().tau(0.5).hard(true));
    CHECK(soft.sum(1).allclose(ones({5}, kFloat64), 1e-12));
    CHECK(hard.argmax(1).equal(soft.argmax(1)));
    CHECK(hard.detach().allclose((soft == soft.amax({1}, true)).to(kFloat64), 1e-12, 1e-12));
    const Tensor w = randn({5, 4}, kFloat64);
    CHECK(autograd::grad({(hard * w).sum()}, {logits})[0].allclose(autograd::grad({(soft * w).sum()}, {logits})[0]));
}
