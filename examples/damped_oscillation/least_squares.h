#pragma once

#include <vector>

#include <xgrad/autograd/functional.h>

/// Fits of functions to data, and how sure one can be of them. All tensors are float64.
namespace examples {

struct Minimum {
    xgrad::Tensor parameters;   // (p)
    std::vector<double> costs;  // at the start and after each step
};

/// The parameters that minimise half the sum of squares of `residuals`, a function from (p) to (n), by Gauss-Newton
/// steps that are damped where they would lead uphill (Levenberg 1944, Marquardt 1963). Throws xgrad::ValueError if
/// that takes more than `max_steps`.
Minimum least_squares(const xgrad::func::Function& residuals, const xgrad::Tensor& start, int max_steps = 100);

/// A normal distribution.
struct Normal {
    xgrad::Tensor mean;        // (p)
    xgrad::Tensor covariance;  // (p, p)

    xgrad::Tensor deviations() const { return covariance.diagonal().sqrt(); }
};

/// Laplace's approximation of the distribution with the density exp(-energy(x)), up to a factor: normal around the
/// `minimum` of the energy, with the inverse of its Hessian there as covariance. Throws xgrad::LinAlgError where that
/// Hessian is not positive definite, as at any true minimum.
Normal laplace(const xgrad::func::Function& energy, const xgrad::Tensor& minimum);

/// The standard deviations (n) of the results of `function`, from (p) to (n), of a random argument, to first order.
xgrad::Tensor deviations_of(const xgrad::func::Function& function, const Normal& argument);

/// Draws from a normal distribution with weights that make them draws from another one.
struct Sample {
    xgrad::Tensor points;   // (m, p)
    xgrad::Tensor weights;  // (m), their sum is 1
    double effective = 0;   // share of them that as many unweighted draws would be worth

    /// Weighted mean and standard deviation of the values (m, n) that the points have.
    xgrad::Tensor mean(const xgrad::Tensor& values) const;
    xgrad::Tensor deviations(const xgrad::Tensor& values) const;
};

/// A sample of the distribution with the density exp(-energy(x)), up to a factor, by drawing from `proposal`: what
/// Laplace's approximation is worth. The energies of all points are one evaluation.
Sample importance_sample(const xgrad::func::Function& energy, const Normal& proposal, std::int64_t points);

}  // namespace examples
