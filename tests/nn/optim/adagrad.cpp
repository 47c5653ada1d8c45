#include <doctest/doctest.h>

#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/optim/adagrad.h>

#include "steps.h"

using namespace xgrad;
using steps::leaf;
using steps::set_gradient;

namespace {

struct Rule {
    const char* name;
    double lr, lr_decay, weight_decay, initial, eps;

    optim::AdagradOptions options() const {
        return optim::AdagradOptions(lr)
            .lr_decay(lr_decay)
            .weight_decay(weight_decay)
            .initial_accumulator_value(initial)
            .eps(eps);
    }
};

const Rule kRules[] = {
    {"plain", 1e-2, 0, 0, 0, 1e-10},
    {"decaying rate", 0.1, 0.5, 0, 0, 1e-10},
    {"weight decay", 0.1, 0, 0.3, 0, 1e-10},
    {"all", 0.5, 0.1, 0.2, 0.7, 1e-2},
};

/// The rule of the documentation in plain loops.
std::vector<double> expected(const Rule& r, std::vector<double> p, const steps::Gradients& gradients) {
    for (std::size_t i = 0; i < p.size(); ++i) {
        double s = r.initial, t = 0;
        for (const auto& gradient : gradients) {
            const double g = gradient[i] + r.weight_decay * p[i];
            s += g * g;
            p[i] -= r.lr / (1 + t++ * r.lr_decay) * g / (std::sqrt(s) + r.eps);
        }
    }
    return p;
}

}  // namespace

TEST_CASE("Adagrad follows its rule") {
    steps::check_rules(
        kRules,
        [](const Rule& rule, const Tensor& p) { return optim::Adagrad(std::vector<Tensor>{p}, rule.options()); },
        expected, 1e-13, 4e-6);
}

TEST_CASE("Adagrad: the defaults are PyTorch's, and the state can be seen") {
    const optim::AdagradOptions defaults;
    CHECK(defaults.lr() == 1e-2);
    CHECK(defaults.eps() == 1e-10);
    const Tensor p = leaf({2}), untouched = leaf({2});
    optim::Adagrad adagrad({p, untouched}, optim::AdagradOptions(0.5).initial_accumulator_value(12));
    set_gradient(p, 2);
    adagrad.step();
    CHECK(allclose(p.detach(), full({2}, 0.75)));
    CHECK(equal(untouched.detach(), ones({2})));
    auto& state = static_cast<optim::AdagradParamState&>(*adagrad.state().at(p.unsafeGetTensorImpl()));
    CHECK(equal(state.sum(), full({2}, 16.0)));
    CHECK(state.step() == 1);
    state.sum(ones({2}, kFloat64));
    CHECK_THROWS_AS(adagrad.step(), DtypeError);
}

TEST_CASE("Adagrad: bad options") {
    const optim::AdagradOptions bad[] = {
        optim::AdagradOptions(-1),
        optim::AdagradOptions().lr_decay(-0.5),
        optim::AdagradOptions().weight_decay(-1),
        optim::AdagradOptions().initial_accumulator_value(-1),
        optim::AdagradOptions().eps(-1),
    };
    for (const auto& options : bad) CHECK_THROWS_AS(optim::Adagrad({leaf({1})}, options), ValueError);
}

TEST_SUITE("threads") {
    TEST_CASE("Adagrad has the same bits for every layout and any number of threads") {
        steps::check_bits([](const Tensor& p) {
            return optim::Adagrad({p}, optim::AdagradOptions(0.1).weight_decay(0.1).lr_decay(0.1));
        });
    }
}
