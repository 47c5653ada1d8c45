#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/optim/adam.h>
#include <xgrad/nn/optim/sgd.h>

#include "steps.h"

using namespace xgrad;
using steps::leaf;
using steps::set_gradient;

namespace {

struct Rule {
    const char* name;
    double lr, beta1, beta2, eps, weight_decay;
    bool amsgrad;

    template <class Options>
    Options options() const {
        return Options(lr).betas({beta1, beta2}).eps(eps).weight_decay(weight_decay).amsgrad(amsgrad);
    }
};

const Rule kRules[] = {
    {"plain", 1e-3, 0.9, 0.999, 1e-8, 0, false},         {"large rate", 0.1, 0.9, 0.999, 1e-8, 0, false},
    {"other betas", 0.05, 0.5, 0.9, 1e-8, 0, false},     {"betas of zero", 0.05, 0, 0, 1e-8, 0, false},
    {"large eps", 0.1, 0.9, 0.99, 0.5, 0, false},        {"weight decay", 0.1, 0.9, 0.999, 1e-8, 0.3, false},
    {"amsgrad", 0.1, 0.9, 0.6, 1e-8, 0, true},           {"amsgrad, weight decay", 0.05, 0.8, 0.7, 1e-6, 0.2, true},
    {"a rate of zero", 0, 0.9, 0.999, 1e-8, 0.1, false},
};

/// The rule of the documentation in plain loops.
std::vector<double> expected(const Rule& r, bool decoupled, std::vector<double> p, const steps::Gradients& gradients) {
    for (std::size_t i = 0; i < p.size(); ++i) {
        double m = 0, v = 0, largest = 0, t = 0;
        for (const auto& gradient : gradients) {
            ++t;
            double g = gradient[i];
            if (decoupled)
                p[i] *= 1 - r.lr * r.weight_decay;
            else
                g += r.weight_decay * p[i];
            m = r.beta1 * m + (1 - r.beta1) * g;
            v = r.beta2 * v + (1 - r.beta2) * g * g;
            largest = std::max(largest, v);
            const double root = std::sqrt(r.amsgrad ? largest : v) / std::sqrt(1 - std::pow(r.beta2, t));
            p[i] -= r.lr / (1 - std::pow(r.beta1, t)) * m / (root + r.eps);
        }
    }
    return p;
}

}  // namespace

TEST_CASE_TEMPLATE("Adam and AdamW follow their rule", Optimizer, optim::Adam, optim::AdamW) {
    steps::check_rules(
        kRules,
        [](const Rule& rule, const Tensor& p) {
            return Optimizer(std::vector<Tensor>{p}, rule.options<typename Optimizer::Options>());
        },
        [](const Rule& rule, const std::vector<double>& start, const steps::Gradients& gradients) {
            return expected(rule, std::is_same_v<Optimizer, optim::AdamW>, start, gradients);
        },
        1e-13, 4e-6);
}

TEST_CASE("the first step goes by the rate, whatever the size of the gradient") {
    const Tensor p = leaf({1}), q = leaf({1});
    p.mutable_grad() = tensor({1e-3});
    q.mutable_grad() = tensor({-1e3});
    optim::Adam({p, q}, 0.25).step();
    CHECK(p.item<double>() == doctest::Approx(0.75).epsilon(1e-4));
    CHECK(q.item<double>() == doctest::Approx(1.25).epsilon(1e-6));
    const Tensor r = leaf({1}, 2);
    r.mutable_grad() = tensor({1.0});
    optim::AdamW({r}, optim::AdamWOptions(0.25).weight_decay(0.5)).step();
    CHECK(r.item<double>() == doctest::Approx(2 * (1 - 0.125) - 0.25).epsilon(1e-6));
}

TEST_CASE("the defaults are PyTorch's") {
    const optim::AdamOptions adam;
    CHECK(adam.lr() == 1e-3);
    CHECK(adam.betas() == std::tuple(0.9, 0.999));
    CHECK(adam.eps() == 1e-8);
    CHECK(adam.weight_decay() == 0);
    CHECK_FALSE(adam.amsgrad());
    CHECK(optim::AdamWOptions().weight_decay() == 1e-2);
    CHECK(static_cast<optim::AdamWOptions&>(optim::AdamW({leaf({1})}).defaults()).weight_decay() == 1e-2);
}

TEST_CASE("groups have options of their own, and parameters counts of their own") {
    const Tensor a = leaf({1}), b = leaf({1}), c = leaf({1});
    std::vector<optim::OptimizerParamGroup> groups{{{a}}, {{b, c}, std::make_unique<optim::AdamOptions>(0.25)}};
    optim::Adam adam(groups, 0.5);
    set_gradient(a, 1);
    set_gradient(b, 1);
    adam.step();
    CHECK(a.item<double>() == doctest::Approx(0.5));
    CHECK(b.item<double>() == doctest::Approx(0.75));
    CHECK(c.item<double>() == 1);
    CHECK(adam.state().size() == 2);
    adam.param_groups()[1].options().set_lr(0.125);
    set_gradient(c, 1);
    adam.step();
    CHECK(c.item<double>() == doctest::Approx(0.875));
    const auto steps_of = [&](const Tensor& p) {
        return static_cast<optim::AdamParamState&>(*adam.state().at(p.unsafeGetTensorImpl())).step();
    };
    CHECK(steps_of(b) == 2);
    CHECK(steps_of(c) == 1);
}

TEST_CASE("the state can be seen and set") {
    const Tensor p = leaf({2});
    optim::Adam adam({p}, optim::AdamOptions(0.5).amsgrad(true));
    set_gradient(p, 2);
    adam.step();
    auto& state = static_cast<optim::AdamParamState&>(*adam.state().at(p.unsafeGetTensorImpl()));
    CHECK(allclose(state.exp_avg(), full({2}, 0.2)));
    CHECK(allclose(state.exp_avg_sq(), full({2}, 0.004)));
    CHECK(equal(state.max_exp_avg_sq(), state.exp_avg_sq()));
    set_gradient(p, 0);
    adam.step();
    CHECK(allclose(state.exp_avg(), full({2}, 0.18)));
    CHECK(allclose(state.max_exp_avg_sq(), full({2}, 0.004)));
    state.exp_avg(ones({3}));
    CHECK_THROWS_WITH_AS(adam.step(), "[Adam] the exp_avg of shape (3,) must have the shape of its parameter, (2,)",
                         ShapeError);
    CHECK(state.step() == 2);
}

TEST_CASE("bits do not depend on layout or threads" * doctest::test_suite("threads")) {
    steps::check_bits(
        [](const Tensor& p) { return optim::Adam({p}, optim::AdamOptions(0.1).weight_decay(0.01).amsgrad(true)); });
}

TEST_CASE_TEMPLATE("a network is trained", Optimizer, optim::Adam, optim::AdamW) {
    manual_seed(6);
    const Tensor x = randn({64, 3}), y = matmul(x, tensor({{1.0}, {-2.0}, {0.5}})) + 0.25;
    nn::Linear fc(3, 1);
    Optimizer optimizer(fc->parameters(), typename Optimizer::Options(0.05).weight_decay(0));
    double loss_value = 0;
    for (int s = 0; s < 500; ++s) {
        const Tensor loss = optimizer.step([&] {
            optimizer.zero_grad();
            const Tensor value = square(fc(x) - y).mean();
            value.backward();
            return value;
        });
        loss_value = loss.template item<double>();
    }
    CHECK(loss_value < 1e-6);
    CHECK(allclose(fc->weight.detach(), tensor({{1.0, -2.0, 0.5}}), 0, 1e-3));
}

TEST_CASE_TEMPLATE("bad options, groups and gradients change nothing", Optimizer, optim::Adam, optim::AdamW) {
    using Options = typename Optimizer::Options;
    const std::string name = std::is_same_v<Optimizer, optim::AdamW> ? "[AdamW] " : "[Adam] ";
    const std::pair<Options, std::string> bad[] = {
        {Options(-1), "Invalid learning rate: -1; it must not be negative"},
        {Options(0.1).eps(-1), "Invalid epsilon value: -1; it must not be negative"},
        {Options(0.1).weight_decay(-1), "Invalid weight_decay value: -1; it must not be negative"},
        {Options(0.1).betas({1, 0.5}), "Invalid beta parameter at index 0: 1; it must be at least 0 and below 1"},
        {Options(0.1).betas({0.5, -0.1}), "Invalid beta parameter at index 1: -0.1; it must be at least 0 and below 1"},
    };
    for (const auto& [options, message] : bad) {
        const Tensor p = leaf({1}), q = leaf({1});
        const std::string whole = name + message;
        CHECK_THROWS_WITH_AS(Optimizer({p}, options), whole.c_str(), ValueError);
        std::vector<optim::OptimizerParamGroup> groups{{{p}, options.clone()}};
        CHECK_THROWS_AS(Optimizer{groups}, ValueError);
        Optimizer adam({p}, 0.1);
        adam.add_parameters({q});
        adam.param_groups()[1].set_options(options.clone());
        set_gradient(p, 1);
        CHECK_THROWS_AS(adam.step(), ValueError);
        CHECK(p.template item<double>() == 1);
    }
    const Tensor p = leaf({2});
    std::vector<optim::OptimizerParamGroup> groups{{{p}, std::make_unique<optim::SGDOptions>(0.1)}};
    const std::string foreign = name + "the options of a parameter group are not " + name.substr(1, name.size() - 3);
    CHECK_THROWS_WITH_AS(Optimizer{groups}, (foreign + "Options").c_str(), ValueError);
    Optimizer adam({p}, 0.1);
    p.mutable_grad() = ones({3});
    CHECK_THROWS_AS(adam.step(), ShapeError);
    p.mutable_grad() = ones({2}, kFloat64);
    CHECK_THROWS_AS(adam.step(), DtypeError);
    CHECK(equal(p.detach(), ones({2})));
    CHECK(adam.state().empty());
}
