#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <tuple>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/batchnorm.h>
#include <xgrad/nn/dropout.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/loss.h>
#include <xgrad/nn/sequential.h>

using namespace xgrad;
using autograd::check_module;

namespace {

nn::Sequential small_network() {
    manual_seed(2);
    nn::Sequential net({{"fc1", nn::Linear(3, 4)}, {"act", nn::ImprovedSigmoid()}, {"fc2", nn::Linear(4, 2)}});
    net->to(kFloat64);
    return net;
}

/// Computes x * w, but its gradient knows nothing of w.
struct WrongImpl : nn::Module {
    WrongImpl() { w = register_parameter("w", ones({2}, kFloat64)); }
    Tensor forward(const Tensor& x) { return x * w.detach() + w * 0; }
    Tensor w;
};
XGRAD_MODULE(Wrong);

/// Counts its calls, and returns a pair.
struct PairImpl : nn::Module {
    PairImpl() {
        w = register_parameter("w", tensor({0.5, 2.0}, kFloat64));
        calls = register_buffer("calls", zeros({1}, kInt64));
    }
    std::tuple<Tensor, Tensor> forward(const Tensor& x) {
        calls.add_(1);
        return {x * w, (x * w).sin()};
    }
    Tensor w, calls;
};
XGRAD_MODULE(Pair);

std::string message_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

autograd::GradcheckOptions quiet(autograd::GradcheckOptions options) {
    options.raise_exception = false;
    return options;
}

}  // namespace

TEST_CASE("whole modules pass the gradient checks") {
    const Tensor x = randn({5, 3}, kFloat64), y = x.clone().requires_grad_();
    const Tensor log_p = log_softmax(randn({4, 3}, kFloat64), 1).detach().requires_grad_();
    CHECK(check_module(small_network(), {x}, {.second_order = true}));
    CHECK(check_module(small_network(), {y}, {.second_order = true}));
    CHECK(check_module(small_network(), {y}, {.second_order = true, .fast_mode = true}));
    CHECK(check_module(small_network(), {y}, {.check_forward_ad = true}));
    CHECK(check_module(nn::NLLLoss(), {log_p, tensor({0, 2, 1, 1})}));
    CHECK(check_module(nn::MSELoss(), {y, x}, {.second_order = true}));
    CHECK(check_module(nn::AnyModule(Pair()), {ones({2}, kFloat64)}));
}

TEST_CASE("what is compared of a module") {
    const Tensor x = randn({5, 3}, kFloat64), y = x.clone().requires_grad_();
    const std::int64_t of_parameters = 10 * (4 * 3 + 4 + 2 * 4 + 2), of_input = 10 * 15;
    CHECK(check_module(small_network(), {x}).checked == of_parameters);
    CHECK(check_module(small_network(), {y}).checked == of_parameters + of_input);
    CHECK(check_module(small_network(), {y}, {.check_forward_ad = true}).checked == of_parameters + 2 * of_input);
    CHECK(check_module(Pair(), {ones({2}, kFloat64)}).checked == 8);
    nn::Sequential frozen = small_network();
    frozen->parameters()[0].requires_grad_(false);
    CHECK(check_module(frozen, {x}).checked == of_parameters - 10 * 12);
}

TEST_CASE("the checks of modules can fail, and name the parameter") {
    const Tensor x = randn({5, 3}, kFloat64);
    for (const bool fast : {false, true}) {
        CHECK_FALSE(check_module(small_network(), {x}, quiet({.fast_mode = fast, .analytic_scale = 1 + 1e-4})));
        CHECK_FALSE(check_module(small_network(), {x.clone().requires_grad_()},
                                 quiet({.check_backward_ad = false,
                                        .check_forward_ad = true,
                                        .fast_mode = fast,
                                        .analytic_scale = 1 + 1e-4})));
        const std::string message =
            message_of([&] { check_module(Wrong(), {ones({2}, kFloat64)}, {.fast_mode = fast}); });
        CAPTURE(message);
        CHECK(message.find("output 0 with respect to parameter w differs at output element (") != std::string::npos);
    }
    CHECK_THROWS_AS(check_module(nn::Tanh(), {x}), GraphError);
    const std::string dropout = message_of([] { check_module(nn::Dropout(), {ones({9}, kFloat64).requires_grad_()}); });
    CHECK(dropout.find("dropout is off after eval()") != std::string::npos);
}

TEST_CASE("float32 modules, with the difference in float64") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Tanh(), nn::Linear(4, 2));
    const Tensor x = randn({5, 3});
    const auto result = check_module(net, {x}, {.second_order = true});
    CHECK(result.dtype == kFloat64);
    CHECK_FALSE(check_module(net, {x}, quiet({.analytic_scale = 1.01})));
    for (const Tensor& p : net->parameters()) CHECK(p.dtype() == kFloat32);
    net->forward(x).sum().backward();
    CHECK(net->parameters()[0].grad().dtype() == kFloat32);
}

TEST_CASE("a check leaves parameters and buffers as they were") {
    const nn::Sequential net = small_network();
    const Tensor weight = net->parameters()[0], before = weight.detach().clone();
    check_module(net, {randn({5, 3}, kFloat64)});
    CHECK(equal(weight.detach(), before));
    CHECK(weight.requires_grad());
    CHECK_FALSE(weight.grad().defined());

    Pair pair;
    check_module(pair, {ones({2}, kFloat64)});
    CHECK(pair->calls.item<std::int64_t>() == 0);
    nn::BatchNorm1d norm(3);
    check_module(norm, {randn({5, 3})});
    CHECK(equal(norm->running_mean, zeros({3})));
    CHECK(norm->running_mean.dtype() == kFloat32);
}
