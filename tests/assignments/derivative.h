#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/xtensor.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/grad_mode.h>
#include <xtensor-blas/xlinalg.hpp>

/// Formulas written by hand on arrays, and what they are held against.
namespace assignments {

using Array = xt::xarray<double>;
using xgrad::from_xarray;

inline Array to_array(const xgrad::Tensor& x) { return xgrad::as_xarray<const double>(x.detach()); }

/// Standard normal numbers.
inline Array normal_array(xgrad::IntArrayRef sizes, std::uint64_t seed) {
    return to_array(xgrad::randn(sizes, xgrad::Generator(seed), xgrad::kFloat64));
}

/// N numbers as a matrix (N, 1).
inline Array column(std::initializer_list<double> numbers) {
    return xt::expand_dims(xt::adapt(std::vector<double>(numbers)), 1);
}

/// The matrix product. Throws std::runtime_error when the inner dimensions differ.
inline Array dot(const Array& a, const Array& b) { return xt::linalg::dot(a, b); }

inline Array transposed(const Array& a) { return xt::transpose(a); }

/// One matrix for each row n: column[n] row[n]^T.
inline Array outer(const Array& column, const Array& row) {
    return xt::expand_dims(column, 2) * xt::expand_dims(row, 1);
}

/// The sum over the last dimension, which stays with size 1.
inline Array row_sums(const Array& a) { return xt::sum(a, {a.dimension() - 1}, xt::keep_dims); }

inline Array sigmoid(const Array& z) { return 1 / (1 + xt::exp(-z)); }

inline Array softmax(const Array& z) { return xt::exp(z) / row_sums(xt::exp(z)); }

/// The largest difference of two entries. Infinite if one is not a number.
inline double difference(const Array& a, const Array& b) {
    REQUIRE(a.shape() == b.shape());
    double largest = 0;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
        const double d = std::abs(*x - *y);
        if (!(d <= largest)) largest = std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
    }
    return largest;
}

/// A derivative found in two ways that know nothing of the formulas.
struct Derivative {
    Array automatic;  // by backpropagation
    Array numeric;    // by central differences
};

/// The derivative of `function` at a point: of the point's shape if it returns a number, else with the dimensions of
/// the result in front. The function must compute each value from the elements of its argument alone.
inline Derivative derivative(const std::function<xgrad::Tensor(const xgrad::Tensor&)>& function, const Array& point) {
    constexpr double kStep = 1e-5;
    const xgrad::Tensor x = from_xarray(point).requires_grad_();
    const xgrad::Tensor y = function(x);
    const auto sizes = y.sizes().vec();
    std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
    shape.insert(shape.end(), x.sizes().begin(), x.sizes().end());

    xgrad::TensorList rows;
    for (const xgrad::Tensor& value : y.flatten().unbind())
        rows.push_back(xgrad::autograd::grad({value}, {x}, {}, true)[0]);

    const xgrad::NoGradGuard no_grad;
    xgrad::TensorList columns;
    const xgrad::Tensor moved = x.detach().clone();
    double* const elements = moved.data_ptr<double>();
    for (std::int64_t i = 0; i < moved.numel(); ++i) {
        const double value = elements[i];
        elements[i] = value + kStep;
        const xgrad::Tensor above = function(moved);
        elements[i] = value - kStep;
        const xgrad::Tensor below = function(moved);
        elements[i] = value;
        columns.push_back(((above - below) / (2 * kStep)).flatten());
    }
    return {to_array(stack(rows).reshape(shape)), to_array(stack(columns, 1).reshape(shape))};
}

/// What a right formula may differ by from the automatic derivative: rounding.
inline constexpr double kAutomatic = 1e-10;
/// And from the difference: step^2 / 6 of the third derivative, and rounding divided by the step.
inline constexpr double kNumeric = 1e-9;

/// The formula is the derivative; and the check sees an error of one in ten thousand.
inline void check_right(const Array& formula, const Derivative& truth) {
    CHECK(difference(formula, truth.automatic) <= kAutomatic);
    CHECK(difference(formula, truth.numeric) <= kNumeric);
    CHECK(difference(formula * (1 + 1e-4), truth.automatic) > kAutomatic);
    CHECK(difference(formula * (1 + 1e-4), truth.numeric) > kNumeric);
}

/// The formula is not the derivative, but off by `error`.
inline void check_wrong(const Array& formula, const Derivative& truth, const Array& error) {
    CHECK(difference(formula, truth.automatic) > 1e-3);
    CHECK(difference(formula, truth.numeric) > 1e-3);
    check_right(formula - error, truth);
}

/// A line of a derivation as its author wrote it, and its value.
struct Line {
    std::string text;
    Array value;
};

}  // namespace assignments
