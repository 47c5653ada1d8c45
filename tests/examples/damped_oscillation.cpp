// The fit of a damped oscillation: its parts where the answer is known, its numbers.
#include <doctest/doctest.h>

#include <xgrad.h>

#include <algorithm>
#include <cmath>

#include "../../examples/damped_oscillation/oscillation.h"

using namespace examples;
using xgrad::Tensor;

namespace {

Tensor numbers(const std::vector<double>& values) { return xgrad::tensor(values, xgrad::kFloat64); }

bool close(const Tensor& a, const Tensor& b, double rtol = 1e-8) { return a.allclose(b, rtol, 1e-10); }

}  // namespace

TEST_CASE("a linear model has its closed form") {
    xgrad::manual_seed(1);
    const Tensor A = xgrad::randn({12, 3}, xgrad::kFloat64), y = xgrad::randn({12}, xgrad::kFloat64);
    const auto residuals = [&](const Tensor& x) { return A.matmul(x) - y; };
    const auto energy = [&](const Tensor& x) { return residuals(x).square().sum() / 2; };
    const Tensor covariance = xgrad::linalg::inv(A.t().matmul(A));

    const Minimum found = least_squares(residuals, numbers({5, -3, 1}));
    CHECK(close(found.parameters, covariance.matmul(A.t().matmul(y))));
    CHECK(found.costs.back() == doctest::Approx(energy(found.parameters).item<double>()));
    const Normal posterior = laplace(energy, found.parameters);
    CHECK(close(posterior.covariance, covariance));
    CHECK(close(posterior.deviations().square(), covariance.diagonal()));
    const auto sums = [](const Tensor& x) { return x.cumsum(0); };
    const Tensor lower = xgrad::ones({3, 3}, xgrad::kFloat64).tril();
    CHECK(close(deviations_of(sums, posterior).square(), lower.matmul(covariance).matmul(lower.t()).diagonal()));

    // The energy is that of the proposal itself: all draws count alike.
    const Sample sample = importance_sample(energy, posterior, 20'000);
    CHECK(sample.effective == doctest::Approx(1));
    const Tensor distance = (sample.mean(sample.points) - found.parameters).abs() / posterior.deviations();
    CHECK(distance.max().item<double>() < 5 / std::sqrt(20'000));
    CHECK(close(sample.deviations(sample.points), posterior.deviations(), 0.03));
}

TEST_CASE("a curved valley, from far away") {
    const auto residuals = [](const Tensor& x) { return xgrad::stack({(x[1] - x[0].square()) * 10, 1 - x[0]}); };
    const Minimum found = least_squares(residuals, numbers({-1.2, 1}));
    CHECK(close(found.parameters, numbers({1, 1})));
    CHECK(std::is_sorted(found.costs.rbegin(), found.costs.rend()));
}

TEST_CASE("where there is no minimum, that is said") {
    CHECK_THROWS_WITH_AS(least_squares([](const Tensor& x) { return (-x).exp(); }, numbers({0}), 20),
                         doctest::Contains("no minimum after 20 steps"), xgrad::ValueError);
    CHECK_THROWS_AS(laplace([](const Tensor& x) { return -x.square().sum(); }, numbers({0})), xgrad::LinAlgError);
}

TEST_CASE("a sample of another distribution is weighted") {
    // Half as wide as the proposal.
    const Normal wide{numbers({0}), numbers({1}).view({1, 1})};
    xgrad::manual_seed(0);
    const Sample sample = importance_sample([](const Tensor& x) { return x.square().sum() * 2; }, wide, 50'000);
    CHECK(sample.deviations(sample.points).item<double>() == doctest::Approx(0.5).epsilon(0.02));
    CHECK(sample.effective == doctest::Approx(std::sqrt(7) / 4).epsilon(0.02));
}

TEST_CASE("the oscillation is found again") {
    namespace oscillation = examples::oscillation;
    xgrad::manual_seed(0);
    const auto measurement = oscillation::measure(40, 8, 0.2);
    const oscillation::Fit fit(measurement);
    const Tensor truth = numbers(std::vector<double>(oscillation::kTruth.begin(), oscillation::kTruth.end()));
    CHECK((fit.minimum.parameters - truth).abs().le(fit.posterior.deviations() * 3).all().item<bool>());
    const double chi_squared = 2 * fit.minimum.costs.back();
    CHECK(chi_squared > 15);
    CHECK(chi_squared < 60);

    const oscillation::Array times = {0, 4, 8, 16};
    const auto by_laplace = oscillation::predict(fit, times);
    const Sample sample = importance_sample(fit.energy, fit.posterior, 20'000);
    CHECK(sample.effective > 0.5);
    const auto by_sample = oscillation::predict(sample, times);
    for (std::size_t i = 0; i < times.size(); ++i) {
        CHECK(by_sample.mean[i] == doctest::Approx(by_laplace.mean[i]).epsilon(0.05));
        CHECK(by_sample.deviation[i] == doctest::Approx(by_laplace.deviation[i]).epsilon(0.15));
    }
    const double held = oscillation::coverage(measurement, 30, 2);
    CHECK(held > 0.88);
    CHECK(held <= 1);
}
