// Assignment 1, tasks 1a and 1b: the gradients of logistic and of softmax regression, for single images. Every formula
// has one row for each image n; "000" and "001" are the reports that it is taken from.

#include "derivative.h"

#include <xgrad/nn/functional/loss.h>

using namespace assignments;
using xgrad::Tensor;
namespace F = xgrad::nn::functional;

namespace {

constexpr std::int64_t kImages = 6, kPixels = 5, kClasses = 4;

/// Images whose last entry is the 1 that carries the bias.
Array images() {
    Array x = normal_array({kImages, kPixels}, 1);
    xt::view(x, xt::all(), kPixels - 1) = 1;
    return x;
}

/// A digit (y = 1) or another one (y = 0), and the outputs of a logistic regression.
struct Binary {
    const Array x = images();
    const Array y = column({1, 0, 0, 1, 1, 0});
    const Array w = 0.5 * normal_array({kPixels, 1}, 2);
    const Array yhat = sigmoid(dot(x, w));

    Tensor output(const Tensor& weight) const { return from_xarray(x).matmul(weight).sigmoid(); }
    /// C^n(w), one number for each image.
    Tensor cost(const Tensor& weight) const { return cost_of(output(weight)); }
    Tensor cost_of(const Tensor& prediction) const {
        return F::binary_cross_entropy(prediction, from_xarray(y),
                                       F::BinaryCrossEntropyFuncOptions().reduction(xgrad::kNone))
            .flatten();
    }
    /// C^n as both reports print it, without the brackets: -y ln yhat + (1 - y) ln(1 - yhat).
    Tensor printed_cost_of(const Tensor& prediction) const {
        const Tensor target = from_xarray(y);
        return (-target * prediction.log() + (1 - target) * (1 - prediction).log()).flatten();
    }
    Derivative gradient() const {
        Derivative d = derivative([&](const Tensor& weight) { return cost(weight); }, w);
        return {d.automatic.reshape(x.shape()), d.numeric.reshape(x.shape())};
    }
};

/// One digit of kClasses, and the outputs of a softmax regression.
struct Softmax {
    const Array x = images();
    const Array y{{0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}, {0, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 0, 0}};
    const Array w = normal_array({kPixels, kClasses}, 3);
    const Array z = dot(x, w);
    const Array yhat = softmax(z);

    Tensor cost_of(const Tensor& logits) const {
        return F::cross_entropy(logits, from_xarray(y), F::CrossEntropyFuncOptions().reduction(xgrad::kNone));
    }
    Tensor cost(const Tensor& weight) const { return cost_of(from_xarray(x).matmul(weight)); }
};

}  // namespace

TEST_CASE("000, 1a, step 1: the chain rule, for h = f(g(x)) with f = sin and g(x) = x^2") {
    const Array x{0.3, 1.1, -0.7, 1.6};
    const Array outer_slope = xt::cos(x * x), inner_slope = 2 * x;
    const Derivative truth = derivative([](const Tensor& t) { return t.square().sin().sum(); }, x);
    check_right(outer_slope * inner_slope, truth);

    // "dz/dx = dz/dy dy/dz": the two factors are reciprocal, so that their product is 1 whatever z is.
    const Array written = outer_slope * (1 / outer_slope);
    CHECK(difference(written, xt::ones<double>({4})) < 1e-15);
    check_wrong(written, truth, 1 - outer_slope * inner_slope);

    // "h'(x) = f'(g(x)) g(x)": g where g' belongs.
    check_wrong(outer_slope * (x * x), truth, outer_slope * (x * x - inner_slope));
}

TEST_CASE("000 and 001, 1a: the cost has lost its brackets, its derivative has not") {
    const Binary p;
    const Array formula = -p.y / p.yhat + (1 - p.y) / (1 - p.yhat);
    check_right(formula, derivative([&](const Tensor& yhat) { return p.cost_of(yhat).sum(); }, p.yhat));

    // Of the cost as printed the second term has the other sign, so that the images of the other digit are pushed the
    // wrong way.
    const Derivative printed = derivative([&](const Tensor& yhat) { return p.printed_cost_of(yhat).sum(); }, p.yhat);
    check_wrong(formula, printed, 2 * (1 - p.y) / (1 - p.yhat));
}

TEST_CASE("000, 1a, step 3: the hint, and the gradient line by line") {
    const Binary p;
    const Array &x = p.x, &y = p.y, &yhat = p.yhat;
    const Derivative slope = derivative([&](const Tensor& w) { return p.output(w).flatten(); }, p.w);
    check_right(xt::expand_dims(Array(x * yhat * (1 - yhat)), 2), slope);

    const Derivative truth = p.gradient();
    const Line lines[] = {
        {"(-y / yhat + (1 - y) / (1 - yhat)) x yhat (1 - yhat)",
         (-y / yhat + (1 - y) / (1 - yhat)) * x * yhat * (1 - yhat)},
        {"x ((1 - y) yhat - y (1 - yhat))", x * ((1 - y) * yhat - y * (1 - yhat))},
        {"x (yhat - y yhat - y + y yhat)", x * (yhat - y * yhat - y + y * yhat)},
        {"x (yhat - y)", x * (yhat - y)},
    };
    for (const Line& line : lines) {
        CAPTURE(line.text);
        check_right(line.value, truth);
    }
    // The first of them as the scan has it, with the fractions misplaced.
    const Array scanned = (y + (1 - y) / (1 - yhat)) / (1 - yhat) * (x * yhat * (1 - yhat) / yhat);
    CHECK(difference(scanned, truth.automatic) > 0.1);
}

TEST_CASE("001, 1a: the gradient line by line") {
    const Binary p;
    const Array &x = p.x, &y = p.y, &f = p.yhat;
    const auto slope_of = [&](auto function) {
        const Array d = derivative([&](const Tensor& w) { return function(p.output(w)).flatten(); }, p.w).automatic;
        return xt::eval(xt::squeeze(d));
    };
    // The derivatives that a line still contains are the library's.
    const Array slope_of_log = slope_of([](const Tensor& output) { return output.log(); });
    const Array slope_of_log_1m = slope_of([](const Tensor& output) { return (1 - output).log(); });
    const Array slope_of_f = slope_of([](const Tensor& output) { return output; });
    const Line lines[] = {
        {"-y d/dw ln f - (1 - y) d/dw ln(1 - f)", -y * slope_of_log - (1 - y) * slope_of_log_1m},
        {"-y 1/f df/dw + (1 - y) 1/(1 - f) df/dw", -y * (1 / f) * slope_of_f + (1 - y) * (1 / (1 - f)) * slope_of_f},
        {"x f (1 - f) (-y 1/f + (1 - y) 1/(1 - f))", x * f * (1 - f) * (-y * (1 / f) + (1 - y) * (1 / (1 - f)))},
        {"x f (1 - f) (-y (1 - f) + f - y f) / (f (1 - f))",
         x * f * (1 - f) * ((-y * (1 - f) + f - y * f) / (f * (1 - f)))},
        {"x (f - y)", x * (f - y)},
        {"-x (y - yhat)", -x * (y - f)},
    };
    for (const Line& line : lines) {
        CAPTURE(line.text);
        check_right(line.value, p.gradient());
    }
}

TEST_CASE("001, 1b: the cost of the softmax, and the sum over yhat that should be over y") {
    const Softmax p;
    const Array log_of_sum = xt::log(row_sums(xt::exp(p.z)));
    const auto with_yhat = [&](const Array& y) { return Array(-row_sums(y * p.z) + log_of_sum * row_sums(p.yhat)); };
    const auto with_y = [&](const Array& y) { return Array(-row_sums(y * p.z) + log_of_sum * row_sums(y)); };
    const auto definition = [&](const Array& y) { return Array(-row_sums(y * xt::log(p.yhat))); };

    const Array library = xt::expand_dims(to_array(p.cost(from_xarray(p.w))), 1);
    CHECK(difference(definition(p.y), library) <= kAutomatic);
    CHECK(difference(-row_sums(p.y * p.z) + log_of_sum, library) <= kAutomatic);
    // Both sums are 1, so the slip does no harm ...
    CHECK(difference(with_yhat(p.y), library) <= kAutomatic);
    CHECK(difference(with_y(p.y), library) <= kAutomatic);
    // ... until the targets no longer sum to 1.
    const Array doubled = 2 * p.y;
    CHECK(difference(with_y(doubled), definition(doubled)) <= kAutomatic);
    CHECK(difference(with_yhat(doubled), definition(doubled) - log_of_sum) <= kAutomatic);
    CHECK(difference(with_yhat(doubled), definition(doubled)) > 0.1);
}

TEST_CASE("001, 1b: the gradient line by line") {
    const Softmax p;
    const Derivative of_logits = derivative([&](const Tensor& z) { return p.cost_of(z).sum(); }, p.z);
    check_right(-p.y + xt::exp(p.z) / row_sums(xt::exp(p.z)), of_logits);

    const Derivative truth = derivative([&](const Tensor& w) { return p.cost(w); }, p.w);
    const Line lines[] = {
        {"dC/dz_k dz_k/dw_kj", outer(p.x, of_logits.automatic)},
        {"(-y_k + e^z_k / sum e^z) x_j", outer(p.x, -p.y + xt::exp(p.z) / row_sums(xt::exp(p.z)))},
        {"-x_j (y_k - yhat_k)", -outer(p.x, p.y - p.yhat)},
    };
    for (const Line& line : lines) {
        CAPTURE(line.text);
        check_right(line.value, truth);
    }
}
