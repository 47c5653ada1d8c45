#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/optim/optim.h>

#include "reference.h"

using namespace xgrad;

namespace {

template <class Optimizer, class Options>
auto trajectory(Options options) {
    return [options](const TensorList& x) {
        const Tensor p = x[0].clone().requires_grad_();
        Optimizer optimizer(std::vector<Tensor>{p}, options);
        TensorList rows;
        for (const Tensor& gradient : x[1].unbind()) {
            p.mutable_grad() = gradient.clone();
            optimizer.step();
            rows.push_back(p.detach().clone());
        }
        return TensorList{stack(rows)};
    };
}

/// Rosenbrock's function of neighbours.
Tensor valley(const Tensor& x) {
    const std::int64_t n = x.size(0) - 1;
    const Tensor left = x.narrow(0, 0, n), right = x.narrow(0, 1, n);
    return ((right - left.square()).square() * 10 + (1 - left).square()).sum();
}

auto minimised(int steps, const optim::LBFGSOptions& options) {
    return [=](const TensorList& x) {
        const Tensor a = x[0].clone().requires_grad_(), b = x[1].clone().requires_grad_();
        optim::LBFGS optimizer(std::vector<Tensor>{a, b}, options);
        std::int64_t evaluations = 0;
        const auto joined = [&] { return cat({a.reshape({-1}), b}); };
        const auto closure = [&] {
            ++evaluations;
            optimizer.zero_grad();
            const Tensor loss = valley(joined());
            loss.backward();
            return Tensor(loss);
        };
        TensorList rows, losses;
        for (int i = 0; i < steps; ++i) {
            losses.push_back(optimizer.step(closure).detach());
            rows.push_back(joined().detach());
        }
        return TensorList{stack(rows), stack(losses), tensor(evaluations)};
    };
}

}  // namespace

TEST_CASE("optimisers take the steps of PyTorch's") {
    using optim::AdagradOptions, optim::RMSpropOptions;
    const auto lbfgs = [](double lr, std::int64_t max_iter) { return optim::LBFGSOptions(lr).max_iter(max_iter); };
    const auto wolfe = [&](double lr, std::int64_t max_iter) {
        return lbfgs(lr, max_iter).line_search_fn("strong_wolfe");
    };
    reference::check(
        "optim",
        {
            {"sgd", trajectory<optim::SGD>(optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.1).nesterov(true))},
            {"adam", trajectory<optim::Adam>(optim::AdamOptions(0.1).weight_decay(0.1).amsgrad(true))},
            {"adamw", trajectory<optim::AdamW>(optim::AdamWOptions(0.1).betas({0.8, 0.95}))},
            {"rmsprop", trajectory<optim::RMSprop>(RMSpropOptions(0.1))},
            {"rmsprop centered", trajectory<optim::RMSprop>(RMSpropOptions(0.1).alpha(0.9).centered(true))},
            {"rmsprop momentum", trajectory<optim::RMSprop>(RMSpropOptions(0.1).alpha(0.8).eps(1e-3).momentum(0.7))},
            {"rmsprop all",
             trajectory<optim::RMSprop>(RMSpropOptions(0.1).alpha(0.8).weight_decay(0.3).momentum(0.7).centered(true))},
            {"adagrad", trajectory<optim::Adagrad>(AdagradOptions(0.5))},
            {"adagrad all",
             trajectory<optim::Adagrad>(
                 AdagradOptions(0.5).lr_decay(0.1).weight_decay(0.3).initial_accumulator_value(0.2).eps(1e-3))},
            // An iteration feeds its rounding errors into the next.
            {"lbfgs", minimised(4, lbfgs(0.1, 4)), 1e-9},
            {"lbfgs short history", minimised(4, lbfgs(0.1, 5).history_size(2)), 1e-9},
            {"lbfgs few evaluations", minimised(3, lbfgs(0.05, 10).max_eval(4)), 1e-9},
            {"lbfgs wolfe", minimised(3, wolfe(1, 4)), 1e-9},
            {"lbfgs wolfe, long steps", minimised(2, wolfe(30, 3)), 1e-9},
            {"lbfgs wolfe, short steps", minimised(2, wolfe(1e-4, 3).history_size(1)), 1e-9},
            {"lbfgs wolfe, to the end", minimised(1, wolfe(1, 200).max_eval(1000)), 1e-9},
        });
}
