#pragma once

#include <array>
#include <cstdint>

#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/xtensor.h>

#include "least_squares.h"

/// The motion of a pendulum, a galvanometer or an oscillating circuit that comes to rest.
namespace examples::oscillation {

using Array = xt::xtensor<double, 1>;

/// The parameters of displacement(t) = amplitude exp(-damping t) cos(frequency t + phase) + rest, in this order.
constexpr std::array<const char*, 5> kParameters = {"amplitude", "damping", "frequency", "phase", "rest"};
constexpr std::array<double, 5> kTruth = {1, 0.12, 2.4, 0.6, 0.3};
/// What one reads off the plotted data.
constexpr std::array<double, 5> kGuess = {0.8, 0.2, 2.2, 0.3, 0};

/// The displacements (n) at the times (n) for parameters (5).
xgrad::Tensor displacement(const xgrad::Tensor& parameters, const xgrad::Tensor& times);

/// Displacements, each with a normal error of this deviation.
struct Measurement {
    Array times;
    Array values;
    double error = 0;
};

/// A measurement of kTruth at `points` times from 0 to `duration`, with the errors of the current random numbers.
Measurement measure(std::size_t points, double duration, double error);

/// What a measurement says of the parameters.
struct Fit {
    explicit Fit(const Measurement& measurement);

    xgrad::func::Function residuals;  // in units of the error
    xgrad::func::Function energy;     // minus the logarithm of the likelihood, up to a constant
    Minimum minimum;
    Normal posterior;  // where nothing else is known of the parameters
};

/// The curve of a fit.
struct Prediction {
    Array mean;
    Array deviation;
};

Prediction predict(const Fit& fit, const Array& times);
/// The same by a sample of the posterior.
Prediction predict(const Sample& sample, const Array& times);

/// Repeats a measurement and its fit: the share of all intervals of so many deviations around an estimate that hold the
/// true parameter.
double coverage(const Measurement& like, int repetitions, double deviations);

}  // namespace examples::oscillation
