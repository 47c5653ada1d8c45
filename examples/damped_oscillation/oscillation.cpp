#include "oscillation.h"

#include <xgrad/autograd/functions.h>

#include <vector>

namespace examples::oscillation {

namespace func = xgrad::func;
using xgrad::as_xarray;
using xgrad::from_xarray;
using xgrad::Tensor;

namespace {

Tensor tensor_of(const std::array<double, 5>& numbers) {
    return xgrad::tensor(std::vector<double>(numbers.begin(), numbers.end()), xgrad::kFloat64);
}

func::Function curve_at(const Array& times) {
    return [t = from_xarray(times)](const Tensor& parameters) { return displacement(parameters, t); };
}

func::Function residuals_of(const Measurement& measurement) {
    return [curve = curve_at(measurement.times), values = from_xarray(measurement.values),
            error = measurement.error](const Tensor& parameters) { return (curve(parameters) - values) / error; };
}

}  // namespace

Tensor displacement(const Tensor& parameters, const Tensor& times) {
    const Tensor amplitude = parameters[0], damping = parameters[1], frequency = parameters[2], phase = parameters[3],
                 rest = parameters[4];
    return amplitude * (-damping * times).exp() * (frequency * times + phase).cos() + rest;
}

Measurement measure(std::size_t points, double duration, double error) {
    const auto [amplitude, damping, frequency, phase, rest] = kTruth;
    const Array times = xt::linspace(0.0, duration, points);
    const Tensor errors = xgrad::randn({static_cast<std::int64_t>(points)}, xgrad::kFloat64) * error;
    const Array values =
        amplitude * xt::exp(-damping * times) * xt::cos(frequency * times + phase) + rest + as_xarray<double>(errors);
    return {times, values, error};
}

Fit::Fit(const Measurement& measurement)
    : residuals(residuals_of(measurement)),
      energy([r = residuals](const Tensor& parameters) { return r(parameters).square().sum() / 2; }),
      minimum(least_squares(residuals, tensor_of(kGuess))),
      posterior(laplace(energy, minimum.parameters)) {}

Prediction predict(const Fit& fit, const Array& times) {
    const func::Function curve = curve_at(times);
    return {as_xarray<double>(curve(fit.minimum.parameters)), as_xarray<double>(deviations_of(curve, fit.posterior))};
}

Prediction predict(const Sample& sample, const Array& times) {
    const Tensor curves = func::vmap(curve_at(times))(sample.points);
    return {as_xarray<double>(sample.mean(curves)), as_xarray<double>(sample.deviations(curves))};
}

double coverage(const Measurement& like, int repetitions, double deviations) {
    Tensor inside = xgrad::zeros({}, xgrad::kInt64);
    for (int i = 0; i < repetitions; ++i) {
        const Fit fit(measure(like.times.size(), like.times.back(), like.error));
        const Tensor missed = (fit.minimum.parameters - tensor_of(kTruth)).abs();
        inside += missed.le(fit.posterior.deviations() * deviations).sum();
    }
    return inside.item<double>() / (repetitions * static_cast<double>(kTruth.size()));
}

}  // namespace examples::oscillation
