#include "least_squares.h"

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace examples {

namespace func = xgrad::func;
namespace linalg = xgrad::linalg;
using xgrad::Tensor;

Minimum least_squares(const func::Function& residuals, const Tensor& start, int max_steps) {
    constexpr double kLessDamping = 0.1, kMoreDamping = 10, kTolerance = 1e-8;
    const auto cost_at = [&](const Tensor& x) { return residuals(x).square().sum().item<double>() / 2; };
    const auto jacobian = func::jacobian(residuals);
    Minimum found{start, {cost_at(start)}};
    double damping = 1e-3;
    for (int step = 0; step < max_steps; ++step) {
        const Tensor J = jacobian(found.parameters);
        const Tensor normal = J.t().matmul(J);
        const Tensor gradient = J.t().matmul(residuals(found.parameters));
        const Tensor change = -linalg::solve(normal + normal.diagonal().diag() * damping, gradient);
        const Tensor next = found.parameters + change;
        const double cost = cost_at(next);
        const bool better = cost < found.costs.back();
        if (better) {
            found.parameters = next;
            found.costs.push_back(cost);
        }
        if (change.abs().le(found.parameters.abs() * kTolerance + kTolerance).all().item<bool>()) return found;
        damping *= better ? kLessDamping : kMoreDamping;
    }
    xgrad::raise<xgrad::ValueError>("least_squares", "no minimum after ", max_steps, " steps; the cost is ",
                                    found.costs.back());
}

Normal laplace(const func::Function& energy, const Tensor& minimum) {
    const Tensor factor = linalg::cholesky(func::hessian(energy)(minimum));
    return {minimum, xgrad::cholesky_inverse(factor)};
}

Tensor deviations_of(const func::Function& function, const Normal& argument) {
    const Tensor J = func::jacobian(function)(argument.mean);
    return (J.matmul(argument.covariance) * J).sum(1).sqrt();
}

Tensor Sample::mean(const Tensor& values) const { return weights.matmul(values); }

Tensor Sample::deviations(const Tensor& values) const { return mean((values - mean(values)).square()).sqrt(); }

Sample importance_sample(const func::Function& energy, const Normal& proposal, std::int64_t points) {
    const Tensor standard = xgrad::randn({points, proposal.mean.size(0)}, xgrad::kFloat64);
    const Tensor drawn = proposal.mean + standard.matmul(linalg::cholesky(proposal.covariance).t());
    const Tensor log_weights = standard.square().sum(1) / 2 - func::vmap(energy)(drawn);
    const Tensor weights = log_weights.softmax(0);
    return {drawn, weights, 1 / (weights.square().sum().item<double>() * static_cast<double>(points))};
}

}  // namespace examples
