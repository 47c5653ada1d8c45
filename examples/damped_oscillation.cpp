// Fits a damped oscillation to noisy data and says how sure the result is: --help says what can be chosen.
#include "damped_oscillation/oscillation.h"

#include <xgrad.h>

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <string>

#include "common/figure.h"
#include "common/files.h"
#include "common/text.h"
#include "common/validators.h"

namespace oscillation = examples::oscillation;
using examples::fixed;
using oscillation::Array;
using xgrad::Tensor;

namespace {

struct Settings {
    std::uint64_t seed = 0;
    std::int64_t points = 40;
    double error = 0.2;
    std::int64_t samples = 20'000;
    int repetitions = 200;
    std::string output = "results";
    bool quick = false;
};

constexpr double kDuration = 8;  // of the measurement; the prediction goes on as long again

void add_options(CLI::App& app, Settings& settings) {
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    add("--points", settings.points, "displacements that are measured")->check(examples::whole_number(10));
    add("--error", settings.error, "deviation of their errors")->check(examples::positive_number());
    add("--samples", settings.samples, "draws from the posterior")->check(examples::whole_number(100));
    add("--repetitions", settings.repetitions, "measurements that the intervals are tried on")
        ->check(examples::whole_number(1, 100'000));
    add("--seed", settings.seed, "seed of the random numbers")->check(examples::whole_number(0));
    add("--output", settings.output, "folder for the figure");
    app.add_flag("--quick", settings.quick, "50 repetitions, 5,000 draws");
}

/// Says whether what the example shows is so.
class Checks {
  public:
    void add(const std::string& what, double found, double low, double high) {
        const bool holds = found >= low && found <= high;
        failed_ += holds ? 0 : 1;
        std::cout << "  " << (holds ? "yes" : "NO ") << "  " << what << ": " << fixed(found, 3) << " in ["
                  << examples::shortest(low) << ", " << examples::shortest(high) << "]\n";
    }
    int failed() const { return failed_; }

  private:
    int failed_ = 0;
};

void print_parameters(const oscillation::Fit& fit, const Tensor& by_gauss_newton, const examples::Sample& sample) {
    const Tensor sampled = sample.mean(sample.points), deviations = sample.deviations(sample.points);
    std::cout << std::setw(12) << ' ' << "  truth  estimate  Laplace  Gauss-Newton    sampled\n";
    for (std::size_t i = 0; i < oscillation::kTruth.size(); ++i) {
        const auto at = [i](const Tensor& x) { return x[static_cast<std::int64_t>(i)].item<double>(); };
        std::cout << std::setw(12) << oscillation::kParameters[i] << "  " << fixed(oscillation::kTruth[i], 3) << "  "
                  << std::setw(8) << fixed(at(fit.minimum.parameters), 4) << " +- "
                  << fixed(at(fit.posterior.deviations()), 4) << "     +- " << fixed(at(by_gauss_newton), 4) << "  "
                  << std::setw(8) << fixed(at(sampled), 4) << " +- " << fixed(at(deviations), 4) << '\n';
    }
}

int check(const oscillation::Fit& fit, const examples::Sample& sample, const Tensor& gauss_newton, double coverage) {
    const Tensor truth =
        xgrad::tensor(std::vector<double>(oscillation::kTruth.begin(), oscillation::kTruth.end()), xgrad::kFloat64);
    const Tensor deviations = fit.posterior.deviations();
    const Tensor missed = (fit.minimum.parameters - truth).abs() / deviations;
    const Tensor sampled = sample.deviations(sample.points) / deviations;
    const Tensor linear = gauss_newton / deviations;
    Checks checks;
    checks.add("largest distance of an estimate from the truth, in deviations", missed.max().item<double>(), 0, 3.5);
    checks.add("deviations by sampling over Laplace's, least", sampled.min().item<double>(), 0.85, 1.15);
    checks.add("deviations by sampling over Laplace's, greatest", sampled.max().item<double>(), 0.85, 1.15);
    checks.add("deviations by Gauss-Newton over Laplace's, least", linear.min().item<double>(), 0.85, 1.15);
    checks.add("deviations by Gauss-Newton over Laplace's, greatest", linear.max().item<double>(), 0.85, 1.15);
    checks.add("effective share of the draws", sample.effective, 0.3, 1);
    checks.add("intervals of two deviations that hold the truth", coverage, 0.9, 0.99);
    return checks.failed();
}

std::vector<double> numbers(const Array& array) { return {array.begin(), array.end()}; }

examples::Figure figure(const oscillation::Measurement& measurement, const oscillation::Prediction& by_laplace,
                        const oscillation::Prediction& by_sample, const Array& times, const Array& truth) {
    using examples::Curve;
    const std::vector<double> t = numbers(times);
    const Array band = 2 * by_laplace.deviation;
    Curve data{"measured", numbers(measurement.times), numbers(measurement.values)};
    data.line = false;
    data.colour = 6;
    Curve fit{"fit", t, numbers(by_laplace.mean), numbers(band), "two deviations"};
    fit.colour = 0;
    Curve true_curve{"truth", t, numbers(truth)};
    true_curve.colour = 1;
    true_curve.dashed = true;
    Curve sampled{"by sampling", t, numbers(by_sample.deviation)};
    sampled.colour = 1;
    sampled.dashed = true;
    examples::Panel curves{"displacement", {fit, true_curve, data}};
    examples::Panel deviations{"deviation of the curve", {{"Laplace", t, numbers(by_laplace.deviation)}, sampled}};
    deviations.legend = examples::Legend::kTopLeft;
    return {"A damped oscillation, measured for half of the time", "time", {curves, deviations}};
}

int run(Settings settings) {
    examples::prepare_folder(settings.output);
    if (settings.quick) {
        settings.repetitions = 50;
        settings.samples = 5'000;
    }
    xgrad::manual_seed(settings.seed);
    const auto measurement = oscillation::measure(static_cast<std::size_t>(settings.points), kDuration, settings.error);
    const oscillation::Fit fit(measurement);
    const std::vector<double>& costs = fit.minimum.costs;
    std::cout << settings.points << " points; chi squared from " << fixed(2 * costs.front(), 1) << " to "
              << fixed(2 * costs.back(), 1) << " in " << costs.size() - 1 << " steps of Gauss and Newton\n\n";

    const Tensor J = xgrad::func::jacobian(fit.residuals)(fit.minimum.parameters);
    const Tensor gauss_newton = xgrad::linalg::inv(J.t().matmul(J)).diagonal().sqrt();
    const examples::Sample sample = examples::importance_sample(fit.energy, fit.posterior, settings.samples);
    print_parameters(fit, gauss_newton, sample);
    std::cout << '\n';
    const int failed = check(fit, sample, gauss_newton, oscillation::coverage(measurement, settings.repetitions, 2));

    const Array times = xt::linspace(0.0, 2 * kDuration, std::size_t{321});
    const auto [amplitude, damping, frequency, phase, rest] = oscillation::kTruth;
    const Array truth = amplitude * xt::exp(-damping * times) * xt::cos(frequency * times + phase) + rest;
    const auto saved = examples::save_figure(
        figure(measurement, oscillation::predict(fit, times), oscillation::predict(sample, times), times, truth),
        settings.output, "damped_oscillation");
    for (const auto& file : saved.files) std::cout << "wrote " << file.string() << '\n';
    if (!saved.problem.empty()) std::cout << "no picture: " << saved.problem << '\n';
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Fits a damped oscillation to noisy data and says how sure the result is.");
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::cerr << "damped_oscillation: " << error.what() << '\n';
        return 1;
    }
}
