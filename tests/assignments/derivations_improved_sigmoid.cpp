// Assignment 2, task 3b: the slope of the improved sigmoid f(x) = 1.7159 tanh(2x/3), as report 002 derives it, and what
// becomes of a network that is trained with it.

#include "derivative.h"

#include <xgrad/autograd/gradcheck.h>

using namespace assignments;
using xgrad::Tensor;

namespace {

const Array x = xt::linspace<double>(-3, 3, 25);

Derivative true_slope() {
    return derivative([](const Tensor& z) { return xgrad::improved_sigmoid(z).sum(); }, x);
}

}  // namespace

TEST_CASE("the slope is 2/3 of 1.7159 (1 - tanh^2(2x/3)), 1.1439 at 0") {
    const Array a = 1.7159 * xt::tanh(2 * x / 3);
    check_right(1.7159 * 2 / 3 * (1 - xt::square(xt::tanh(2 * x / 3))), true_slope());
    check_right(1.7159 * 2 / 3 * (1 - xt::square(a / 1.7159)), true_slope());  // by the activation
    check_right(1.7159 * 2 / 3 / xt::square(xt::cosh(2 * x / 3)), true_slope());
    CHECK(true_slope().automatic(12) == doctest::Approx(1.1439333).epsilon(1e-7));

    // A slip that is easily made: the square of a where that of a / 1.7159 belongs.
    check_wrong(1.7159 * 2 / 3 * (1 - xt::square(a) / 1.7159), true_slope(),
                1.7159 * 2 / 3 * xt::square(a) / 1.7159 * (1 / 1.7159 - 1));
}

TEST_CASE("002, 3b: twice the slope") {
    const Array u = 2 * x / 3, sinh = xt::sinh(u), cosh = xt::cosh(u);
    const Line lines[] = {
        {"1.7159 (cosh^2 - sinh^2) / cosh^2 (2/3 + 2/3)",
         1.7159 * (xt::square(cosh) - xt::square(sinh)) / xt::square(cosh) * (2.0 / 3 + 2.0 / 3)},
        {"1.7159 4/3 (cosh^2 - sinh^2) / cosh^2",
         1.7159 * 4 / 3 * (xt::square(cosh) - xt::square(sinh)) / xt::square(cosh)},
        {"1 / cosh^2 4/3 1.7159", 1 / xt::square(cosh) * 4 / 3 * 1.7159},
        {"4/3 1.7159 / cosh^2(2x/3)", 4.0 / 3 * 1.7159 / xt::square(xt::cosh(2 * x / 3))},
    };
    // The quotient rule gives the inner derivative 2/3 once; (2/3 + 2/3) counts it twice.
    for (const Line& line : lines) {
        CAPTURE(line.text);
        check_wrong(line.value, true_slope(), true_slope().automatic);
        check_right(line.value / 2, true_slope());
        CHECK(line.value(12) == doctest::Approx(2.2878667).epsilon(1e-7));
    }
}

TEST_CASE("002, 3b: the last form is right, if the 1 stands in the denominator") {
    const Array in_denominator = 4.0 / 3 * 1.7159 / (xt::cosh(4 * x / 3) + 1);
    check_right(in_denominator, true_slope());
    // The "=" before it is wrong: 2 cosh^2(u) = cosh(2u) + 1.
    CHECK(difference(4.0 / 3 * 1.7159 / xt::square(xt::cosh(2 * x / 3)), 2 * in_denominator) <= kAutomatic);

    const Array as_printed = 4.0 / 3 * 1.7159 / xt::cosh(4 * x / 3) + 1;
    CHECK(as_printed(12) == doctest::Approx(3.2878667).epsilon(1e-7));
    CHECK(difference(as_printed, true_slope().automatic) > 0.9);
}

TEST_CASE("an activation with a slope of one's own: gradcheck tells right from wrong") {
    const auto activation = [](double factor) {
        return xgrad::make_xtensor_op<double>([](const auto& z) { return 1.7159 * xt::tanh(2 * z / 3); },
                                              [factor](const auto& grad, const auto& z, const auto&) {
                                                  return grad * factor * 1.7159 / xt::square(xt::cosh(2 * z / 3));
                                              });
    };
    const Tensor at = from_xarray(x).requires_grad_();
    CHECK(
        xgrad::autograd::gradcheck([f = activation(2.0 / 3)](const xgrad::TensorList& in) { return f(in[0]); }, {at}));
    for (const double factor : {4.0 / 3, 2.0 / 3 * (1 + 1e-4)})
        CHECK_THROWS_AS(xgrad::autograd::gradcheck(
                            [f = activation(factor)](const xgrad::TensorList& in) { return f(in[0]); }, {at}),
                        xgrad::autograd::GradcheckError);
}
