#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/nn/optim/optimizer.h>

/// What the tests of optimisers share.
namespace steps {

using Gradients = std::vector<std::vector<double>>;

inline std::vector<double> values(const xgrad::Tensor& x) {
    const xgrad::Tensor flat = x.detach().to(xgrad::kFloat64).reshape({-1}).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

inline xgrad::Tensor leaf(xgrad::IntArrayRef sizes, double value = 1) {
    return xgrad::full(sizes, value, xgrad::TensorOptions(xgrad::kFloat32).requires_grad(true));
}

inline void set_gradient(const xgrad::Tensor& p, double value) { p.mutable_grad() = xgrad::full_like(p, value); }

/// Takes five steps of the optimiser that `make(param)` returns, with random gradients, and compares with
/// `expected(start, gradients)`, the rule in plain loops.
template <class Make, class Expected>
void check_rule(const xgrad::Tensor& param, Make make, Expected expected, double tolerance) {
    param.requires_grad_();
    auto optimizer = make(param);
    const std::vector<double> start = values(param);
    Gradients gradients;
    for (int s = 0; s < 5; ++s) {
        const xgrad::Tensor gradient = xgrad::randn(param.sizes(), param.dtype());
        gradients.push_back(values(gradient));
        param.mutable_grad() = gradient;
        const auto version = param._version();
        optimizer.step();
        CHECK(param._version() == version + 1);
    }
    CHECK(param.is_leaf());
    const std::vector<double> got = values(param), want = expected(start, gradients);
    REQUIRE(got.size() == want.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(got[i] - want[i]) / std::max(1.0, std::abs(want[i])));
    CHECK(worst <= tolerance);
}

/// The same for each of `rules` and parameters of many sizes and layouts: `make(rule, param)` is the optimiser,
/// `expected(rule, start, gradients)` the rule. Tolerances are those for float64 and float32.
template <class Rules, class Make, class Expected>
void check_rules(const Rules& rules, Make make, Expected expected, double tolerance64, double tolerance32) {
    using xgrad::kFloat64;
    xgrad::manual_seed(3);
    for (const auto& rule : rules) {
        CAPTURE(rule.name);
        const auto check = [&](const xgrad::Tensor& param, double tolerance) {
            CAPTURE(param.sizes());
            check_rule(
                param, [&](const xgrad::Tensor& p) { return make(rule, p); },
                [&](const std::vector<double>& start, const Gradients& gradients) {
                    return expected(rule, start, gradients);
                },
                tolerance);
        };
        for (const std::int64_t n : {0, 1, 5, 16, 37, 1000}) {
            check(xgrad::randn({n}, kFloat64), tolerance64);
            check(xgrad::randn({n}), tolerance32);
        }
        check(xgrad::randn({7, 5}, kFloat64).t().detach(), tolerance64);
        check(xgrad::randn({6, 8}, kFloat64).slice(1, 0, 8, 2).detach(), tolerance64);
        check(xgrad::randn({}, kFloat64), tolerance64);
    }
}

/// Three steps of the optimiser that `make(param)` returns have the same bits for every layout of the parameter and any
/// number of threads.
template <class Make>
void check_bits(Make make) {
    const auto run = [&](int threads, bool transposed) {
        const int before = xgrad::get_num_threads();
        xgrad::set_num_threads(threads);
        xgrad::manual_seed(5);
        const xgrad::Tensor start = xgrad::randn({301, 777});
        xgrad::Tensor p = transposed ? start.t().contiguous().t().detach() : start;
        p.requires_grad_();
        auto optimizer = make(p);
        for (int s = 0; s < 3; ++s) {
            p.mutable_grad() = xgrad::randn({301, 777});
            optimizer.step();
        }
        xgrad::set_num_threads(before);
        return p.detach();
    };
    const xgrad::Tensor reference = run(1, false);
    for (const int threads : {2, 4, 8}) CHECK(equal(run(threads, false), reference));
    CHECK(equal(run(1, true), reference));
}

}  // namespace steps
