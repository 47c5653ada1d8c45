#include <doctest/doctest.h>

#include <string>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/loss.h>
#include <xgrad/nn/sequential.h>

using namespace xgrad;
using autograd::gradcheck;
using autograd::gradgradcheck;

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

}  // namespace

TEST_CASE("whole modules pass the gradient checks") {
    const Tensor x = randn({5, 3}, kFloat64);
    CHECK(gradcheck(small_network(), {x}));
    CHECK(gradgradcheck(small_network(), {x}));
    const Tensor y = randn({5, 3}, TensorOptions(kFloat64).requires_grad(true));
    CHECK(gradcheck(small_network(), {y}));
    CHECK(gradgradcheck(small_network(), {y}));
    const Tensor log_p = log_softmax(randn({4, 3}, kFloat64), 1).detach().requires_grad_();
    CHECK(gradcheck(nn::NLLLoss(), {log_p, tensor({0, 2, 1, 1})}));
    CHECK(gradgradcheck(nn::MSELoss(), {y, x}));
}

TEST_CASE("the checks of modules can fail") {
    const Tensor x = randn({5, 3}, kFloat64);
    autograd::GradcheckOptions scaled;
    scaled.analytic_scale = 1 + 1e-4;
    scaled.raise_exception = false;
    CHECK_FALSE(gradcheck(small_network(), {x}, scaled));
    CHECK_FALSE(gradgradcheck(small_network(), {x}, scaled));
    std::string message;
    try {
        gradcheck(Wrong(), {ones({2}, kFloat64)});
    } catch (const autograd::GradcheckError& error) {
        message = error.what();
    }
    CHECK(message.find("parameter w") != std::string::npos);
    CHECK_THROWS_AS(gradcheck(nn::Linear(3, 4), {ones({2, 3})}), DtypeError);
    CHECK_THROWS_AS(gradcheck(nn::Tanh(), {x}), GraphError);
}

TEST_CASE("a check leaves the parameters as they were") {
    const nn::Sequential net = small_network();
    const Tensor weight = net->parameters()[0], before = weight.detach().clone();
    gradcheck(net, {randn({5, 3}, kFloat64)});
    CHECK(equal(weight.detach(), before));
    CHECK(weight.requires_grad());
    CHECK_FALSE(weight.grad().defined());
}
