#include <doctest/doctest.h>

#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/optim/lbfgs.h>

#include "steps.h"

using namespace xgrad;
using steps::leaf;

namespace {

/// Evaluates `loss` and its gradients, counting.
template <class Loss>
auto closure_of(optim::Optimizer& optimizer, Loss loss, int& evaluations) {
    return [&optimizer, &evaluations, loss] {
        ++evaluations;
        optimizer.zero_grad();
        Tensor value = loss();
        value.backward();
        return value;
    };
}

}  // namespace

TEST_CASE("LBFGS finds the minimum of a quadratic function, with and without a line search") {
    const Tensor a = randn({6, 6}, Generator(1), kFloat64), h = a.mm(a.t()) + 0.5,
                 b = randn({6}, Generator(2), kFloat64);
    for (const bool search : {false, true}) {
        CAPTURE(search);
        const Tensor x = zeros({2, 3}, kFloat64).requires_grad_();
        optim::LBFGSOptions options(search ? 1.0 : 0.5);
        options.max_iter(200).tolerance_change(0);
        if (search) options.line_search_fn("strong_wolfe");
        optim::LBFGS optimizer({x}, options);
        int evaluations = 0;
        const auto loss = [&] {
            const Tensor v = x.reshape({6});
            return h.mv(v).dot(v) * 0.5 - b.dot(v);
        };
        const Tensor first = optimizer.step(closure_of(optimizer, loss, evaluations));
        CHECK(first.item<double>() == 0);
        CHECK((h.mv(x.detach().reshape({6})) - b).abs().max().item<double>() < 1e-6);
        CHECK(evaluations < 200);
        const auto& state = static_cast<optim::LBFGSParamState&>(*optimizer.state().at(x.unsafeGetTensorImpl()));
        CHECK(state.func_evals() == evaluations);
        CHECK(state.n_iter() > 1);
        CHECK(x.is_leaf());
    }
}

TEST_CASE("LBFGS remembers as many changes as it may, and stops where there is nothing to gain") {
    const Tensor x = tensor({3., -2.}, kFloat64).requires_grad_(), unused = leaf({2});
    optim::LBFGS optimizer({x}, optim::LBFGSOptions(0.2).max_iter(6).history_size(3));
    int evaluations = 0;
    const auto closure = closure_of(
        optimizer, [&] { return x.square().square().sum(); }, evaluations);
    optimizer.step(closure);
    auto& state = static_cast<optim::LBFGSParamState&>(*optimizer.state().at(x.unsafeGetTensorImpl()));
    CHECK(state.ro().size() == 3);
    CHECK(state.old_dirs().size() == 3);
    CHECK(evaluations == 6);
    const Tensor minimum = zeros({2}, kFloat64).requires_grad_();
    optim::LBFGS there({minimum});
    int once = 0;
    there.step(closure_of(
        there, [&] { return minimum.square().sum(); }, once));
    CHECK(once == 1);
    CHECK(minimum.detach().equal(zeros({2}, kFloat64)));
}

TEST_CASE("LBFGS: parameters without a gradient stay") {
    const Tensor x = leaf({2}), unused = leaf({3});
    optim::LBFGS optimizer({x, unused});
    int evaluations = 0;
    optimizer.step(closure_of(
        optimizer, [&] { return (x - 0.25).square().sum(); }, evaluations));
    CHECK(allclose(x.detach(), full({2}, 0.25)));
    CHECK(equal(unused.detach(), ones({3})));
}

TEST_CASE("LBFGS: bad options and closures") {
    const Tensor p = leaf({1}), q = leaf({1});
    std::vector<optim::OptimizerParamGroup> groups{{{p}}, {{q}}};
    CHECK_THROWS_WITH_AS(optim::LBFGS{groups},
                         "[LBFGS] LBFGS doesn't support per-parameter options (parameter groups): got 2 groups",
                         ValueError);
    CHECK_THROWS_AS(optim::LBFGS({p}, optim::LBFGSOptions(-1)), ValueError);
    CHECK_THROWS_AS(optim::LBFGS({p}, optim::LBFGSOptions().history_size(0)), ValueError);
    CHECK_THROWS_AS(optim::LBFGS({p}, optim::LBFGSOptions().line_search_fn("armijo")), ValueError);
    optim::LBFGS optimizer({p});
    CHECK_THROWS_AS(optimizer.step(nullptr), ValueError);
    CHECK_THROWS_AS(optimizer.step([] { return Tensor(); }), ValueError);
    CHECK_THROWS_AS(optimizer.step([] { return ones({2}); }), ValueError);
    CHECK(static_cast<optim::LBFGSOptions&>(optimizer.defaults()).max_iter() == 20);
}
