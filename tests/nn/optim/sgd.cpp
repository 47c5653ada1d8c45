#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/optim/sgd.h>

#include "steps.h"

using namespace xgrad;
using steps::leaf;
using steps::set_gradient;

namespace {

struct Rule {
    const char* name;
    double lr, momentum, dampening, weight_decay;
    bool nesterov;

    optim::SGDOptions options() const {
        return optim::SGDOptions(lr)
            .momentum(momentum)
            .dampening(dampening)
            .weight_decay(weight_decay)
            .nesterov(nesterov);
    }
};

const Rule kRules[] = {
    {"plain", 0.1, 0, 0, 0, false},
    {"dampening without momentum", 0.1, 0, 0.5, 0, false},
    {"weight decay", 0.05, 0, 0, 0.3, false},
    {"momentum", 0.1, 0.9, 0, 0, false},
    {"momentum, dampening", 0.1, 0.9, 0.4, 0, false},
    {"momentum, weight decay", 0.02, 0.8, 0, 0.1, false},
    {"nesterov", 0.1, 0.9, 0, 0, true},
    {"nesterov, weight decay", 0.01, 0.7, 0, 0.2, true},
    {"all but nesterov", 0.03, 0.6, 0.25, 0.15, false},
    {"a rate of zero", 0, 0.9, 0, 0, false},
};

/// The rule of the documentation in plain loops: parameters after `steps` steps with gradient[s][i].
std::vector<double> expected(const Rule& r, std::vector<double> p, const steps::Gradients& gradients) {
    std::vector<double> buffer(p.size());
    for (std::size_t s = 0; s < gradients.size(); ++s)
        for (std::size_t i = 0; i < p.size(); ++i) {
            double d = gradients[s][i] + r.weight_decay * p[i];
            if (r.momentum != 0) {
                buffer[i] = s == 0 ? d : r.momentum * buffer[i] + (1 - r.dampening) * d;
                d = r.nesterov ? d + r.momentum * buffer[i] : buffer[i];
            }
            p[i] -= r.lr * d;
        }
    return p;
}

}  // namespace

TEST_CASE("SGD follows its rule") {
    steps::check_rules(
        kRules, [](const Rule& rule, const Tensor& p) { return optim::SGD({p}, rule.options()); }, expected, 1e-14,
        2e-6);
}

TEST_CASE("SGD: a gradient of another layout than its parameter") {
    // Here that of a sum: one number, expanded.
    const Tensor p = leaf({3, 4});
    p.mutable_grad() = ones({1, 1}).expand({3, 4});
    optim::SGD({p}, 0.5).step();
    CHECK(equal(p.detach(), full({3, 4}, 0.5)));
}

TEST_CASE("bits do not depend on layout or threads" * doctest::test_suite("threads")) {
    steps::check_bits([](const Tensor& p) {
        return optim::SGD({p}, optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01).nesterov(true));
    });
}

TEST_CASE("a network is trained") {
    manual_seed(6);
    const Tensor x = randn({64, 3}), y = matmul(x, tensor({{1.0}, {-2.0}, {0.5}})) + 0.25;
    nn::Linear fc(3, 1);
    optim::SGD sgd(fc->parameters(), optim::SGDOptions(0.1).momentum(0.5));
    double loss_value = 0;
    for (int s = 0; s < 200; ++s) {
        sgd.zero_grad();
        const Tensor loss = square(fc(x) - y).mean();
        loss.backward();
        sgd.step();
        loss_value = loss.item<double>();
    }
    CHECK(loss_value < 1e-9);
    CHECK(allclose(fc->weight.detach(), tensor({{1.0, -2.0, 0.5}}), 0, 1e-4));
}

TEST_CASE("the graph notices the update") {
    const Tensor p = leaf({2});
    const Tensor y = (p * p).sum();
    set_gradient(p, 1);
    optim::SGD({p}, 0.1).step();
    CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("parameters without gradient stay") {
    const Tensor a = leaf({2}), b = leaf({2});
    optim::SGD sgd({a, b}, optim::SGDOptions(0.5).momentum(0.9));
    set_gradient(a, 1);
    sgd.step();
    CHECK(equal(a.detach(), full({2}, 0.5)));
    CHECK(equal(b.detach(), ones({2})));
    CHECK(sgd.state().size() == 1);
    // The first gradient that arrives later starts the buffer.
    set_gradient(b, 1);
    sgd.step();
    CHECK(equal(b.detach(), full({2}, 0.5)));
}

TEST_CASE("zero_grad") {
    const Tensor p = leaf({2});
    optim::SGD sgd({p}, 0.1);
    sgd.zero_grad();
    set_gradient(p, 1);
    sgd.zero_grad(false);
    CHECK(equal(p.grad(), zeros({2})));
    sgd.zero_grad();
    CHECK_FALSE(p.grad().defined());
}

TEST_CASE("groups have options of their own") {
    const Tensor a = leaf({1}), b = leaf({1}), c = leaf({1});
    std::vector<optim::OptimizerParamGroup> groups{{{a}}, {{b}, std::make_unique<optim::SGDOptions>(0.25)}};
    optim::SGD sgd(groups, 0.5);
    sgd.add_parameters({c});
    CHECK(sgd.size() == 3);
    CHECK(sgd.param_groups().size() == 3);
    CHECK(sgd.parameters().size() == 1);
    CHECK(sgd.param_groups()[1].options().get_lr() == 0.25);
    sgd.param_groups()[2].options().set_lr(0.125);
    CHECK(sgd.defaults().get_lr() == 0.5);
    CHECK(static_cast<optim::SGDOptions&>(sgd.defaults()).momentum() == 0);
    for (const Tensor& p : {a, b, c}) set_gradient(p, 1);
    sgd.step();
    CHECK(a.item<double>() == 0.5);
    CHECK(b.item<double>() == 0.75);
    CHECK(c.item<double>() == 0.875);
}

TEST_CASE("step with a closure") {
    const Tensor p = leaf({1}, 3);
    optim::SGD sgd({p}, 0.1);
    NoGradGuard no_grad;
    const Tensor loss = sgd.step([&] {
        sgd.zero_grad();
        const Tensor value = (p * p).sum();
        value.backward();
        return value;
    });
    CHECK(loss.item<double>() == 9);
    CHECK(p.item<double>() == doctest::Approx(2.4));
    CHECK_FALSE(sgd.step().defined());
}

TEST_CASE("the momentum buffer can be seen and set") {
    const Tensor p = leaf({2});
    optim::SGD sgd({p}, optim::SGDOptions(0.5).momentum(0.5));
    set_gradient(p, 2);
    sgd.step();
    auto& state = static_cast<optim::SGDParamState&>(*sgd.state().at(p.unsafeGetTensorImpl()));
    CHECK(equal(state.momentum_buffer(), full({2}, 2.0)));
    CHECK_FALSE(state.momentum_buffer().is_alias_of(p.grad()));
    state.momentum_buffer(full({2}, 4.0));
    sgd.step();
    CHECK(equal(state.momentum_buffer(), full({2}, 4.0)));  // 0.5 * 4 + 2
    state.momentum_buffer(ones({3}));
    CHECK_THROWS_AS(sgd.step(), ShapeError);
}

TEST_CASE("bad options") {
    const optim::SGDOptions bad[] = {
        optim::SGDOptions(-1),
        optim::SGDOptions(0.1).momentum(-0.5),
        optim::SGDOptions(0.1).weight_decay(-1),
        optim::SGDOptions(0.1).nesterov(true),
        optim::SGDOptions(0.1).momentum(0.9).dampening(0.1).nesterov(true),
    };
    for (const auto& options : bad) {
        const Tensor p = leaf({1}), q = leaf({1});
        CHECK_THROWS_AS(optim::SGD({p}, options), ValueError);
        std::vector<optim::OptimizerParamGroup> groups{{{p}, options.clone()}};
        CHECK_THROWS_AS(optim::SGD(groups, 0.1), ValueError);
        // Set later in the second group: nothing changes in the first either.
        optim::SGD sgd({p}, 0.1);
        sgd.add_parameters({q});
        sgd.param_groups()[1].set_options(options.clone());
        set_gradient(p, 1);
        CHECK_THROWS_AS(sgd.step(), ValueError);
        CHECK(p.item<double>() == 1);
    }
}

TEST_CASE("bad parameters and gradients") {
    const Tensor p = leaf({2}), q = leaf({2});
    CHECK_THROWS_WITH_AS(
        optim::SGD({p * 2}, 0.1),
        "[Optimizer] can't optimize a non-leaf Tensor: parameter 0 of the group, of shape (2,), is the "
        "result of an operation",
        ValueError);
    CHECK_THROWS_AS(optim::SGD({Tensor()}, 0.1), ValueError);
    CHECK_THROWS_AS(optim::SGD({p, p}, 0.1), ValueError);
    optim::SGD sgd({p}, 0.1);
    CHECK_THROWS_AS(sgd.add_parameters({q, p}), ValueError);
    CHECK(sgd.size() == 1);
    p.mutable_grad() = ones({3});
    CHECK_THROWS_AS(sgd.step(), ShapeError);
    p.mutable_grad() = ones({2}, kFloat64);
    CHECK_THROWS_AS(sgd.step(), DtypeError);
    CHECK(equal(p.detach(), ones({2})));

    const Tensor bytes = ones({64}, kUInt8);
    bytes.mutable_grad() = ones({64}, kUInt8);
    CHECK_THROWS_WITH_AS(optim::SGD({bytes}, 0.1).step(),
                         "[SGD] a parameter must be of floating-point dtype to be updated, got Byte", DtypeError);
}
