#include <doctest/doctest.h>

#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/optim/rmsprop.h>

#include "steps.h"

using namespace xgrad;
using steps::leaf;
using steps::set_gradient;

namespace {

struct Rule {
    const char* name;
    double lr, alpha, eps, weight_decay, momentum;
    bool centered;

    optim::RMSpropOptions options() const {
        return optim::RMSpropOptions(lr)
            .alpha(alpha)
            .eps(eps)
            .weight_decay(weight_decay)
            .momentum(momentum)
            .centered(centered);
    }
};

const Rule kRules[] = {
    {"plain", 1e-2, 0.99, 1e-8, 0, 0, false},    {"weight decay", 0.1, 0.9, 1e-8, 0.3, 0, false},
    {"momentum", 0.1, 0.9, 1e-2, 0, 0.9, false}, {"centered", 0.1, 0.5, 1e-2, 0, 0, true},
    {"all", 0.05, 0.8, 1e-2, 0.2, 0.7, true},    {"alpha of zero", 0.05, 0, 1e-8, 0, 0, false},
};

/// The rule of the documentation in plain loops.
std::vector<double> expected(const Rule& r, std::vector<double> p, const steps::Gradients& gradients) {
    for (std::size_t i = 0; i < p.size(); ++i) {
        double v = 0, m = 0, b = 0;
        for (const auto& gradient : gradients) {
            const double g = gradient[i] + r.weight_decay * p[i];
            v = r.alpha * v + (1 - r.alpha) * g * g;
            m = r.alpha * m + (1 - r.alpha) * g;
            b = r.momentum * b + g / (std::sqrt(r.centered ? std::max(v - m * m, 0.0) : v) + r.eps);
            p[i] -= r.lr * b;
        }
    }
    return p;
}

}  // namespace

TEST_CASE("RMSprop follows its rule") {
    steps::check_rules(
        kRules,
        [](const Rule& rule, const Tensor& p) { return optim::RMSprop(std::vector<Tensor>{p}, rule.options()); },
        expected, 1e-12, 2e-5);
}

TEST_CASE("RMSprop: the defaults are PyTorch's; groups have options of their own; the state can be seen") {
    const optim::RMSpropOptions defaults;
    CHECK(defaults.lr() == 1e-2);
    CHECK(defaults.alpha() == 0.99);
    CHECK(defaults.eps() == 1e-8);
    const Tensor a = leaf({1}), b = leaf({1}), c = leaf({1});
    std::vector<optim::OptimizerParamGroup> groups{
        {{a}}, {{b, c}, std::make_unique<optim::RMSpropOptions>(optim::RMSpropOptions(0.25).alpha(0).momentum(0.5))}};
    optim::RMSprop rmsprop(groups, optim::RMSpropOptions(0.5).alpha(0));
    set_gradient(a, 3);
    set_gradient(b, -2);
    rmsprop.step();
    CHECK(a.item<double>() == doctest::Approx(0.5));
    CHECK(b.item<double>() == doctest::Approx(1.25));
    CHECK(c.item<double>() == 1);
    CHECK(rmsprop.state().size() == 2);
    auto& state = static_cast<optim::RMSpropParamState&>(*rmsprop.state().at(b.unsafeGetTensorImpl()));
    CHECK(state.step() == 1);
    CHECK(state.square_avg().item<double>() == 4);
    CHECK(state.momentum_buffer().item<double>() == doctest::Approx(-1));
    CHECK_FALSE(state.grad_avg().defined());
    state.square_avg(ones({2}));
    CHECK_THROWS_WITH_AS(rmsprop.step(),
                         "[RMSprop] the square_avg of shape (2,) must have the shape of its parameter, (1,)",
                         ShapeError);
    CHECK(a.item<double>() == doctest::Approx(0.5));
}

TEST_CASE("RMSprop: bad options") {
    const optim::RMSpropOptions bad[] = {
        optim::RMSpropOptions(-1),
        optim::RMSpropOptions().alpha(-0.5),
        optim::RMSpropOptions().eps(-1),
        optim::RMSpropOptions().momentum(-1),
        optim::RMSpropOptions().weight_decay(-1),
    };
    for (const auto& options : bad) CHECK_THROWS_AS(optim::RMSprop({leaf({1})}, options), ValueError);
}

TEST_SUITE("threads") {
    TEST_CASE("RMSprop has the same bits for every layout and any number of threads") {
        steps::check_bits([](const Tensor& p) {
            return optim::RMSprop({p}, optim::RMSpropOptions(0.1).momentum(0.5).centered(true).weight_decay(0.1));
        });
    }
}
