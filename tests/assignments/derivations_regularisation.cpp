// Assignment 1, task 4a: the gradient of softmax regression with L2 regularisation, J = C + lambda R, on the first 20
// images of MNIST. Formulas are those of the reports 000 and 001, in their matrix form.

#include "course_data.h"
#include "derivative.h"

#include <xgrad/nn/functional/loss.h>

using namespace assignments;
using xgrad::Tensor;
namespace F = xgrad::nn::functional;

namespace {

struct Regularised {
    static constexpr double kLambda = 0.1, kCount = 20;

    /// With weights of standard deviation `scale`.
    explicit Regularised(double scale) : w(scale * normal_array({785, 10}, 4)), yhat(softmax(dot(x, w))) {}

    const Images images = first_images(20, Scaling::kToPlusMinusOne);
    const Array x = to_array(images.x), y = to_array(one_hot(images.labels, 10).to(xgrad::kFloat64));
    const Array w;
    const Array yhat;

    Tensor cost(const Tensor& weight) const { return F::cross_entropy(images.x.matmul(weight), images.labels); }
    Derivative gradient_of_cost() const {
        return derivative([this](const Tensor& weight) { return cost(weight); }, w);
    }
    Derivative gradient() const {
        return derivative([this](const Tensor& weight) { return cost(weight) + kLambda * weight.square().sum(); }, w);
    }
};

}  // namespace

TEST_CASE("4a: the penalty") {
    const Array w = normal_array({5, 3}, 5);
    const Derivative truth = derivative([](const Tensor& weight) { return weight.square().sum(); }, w);
    check_right(2 * w, truth);

    // 000 has sum_j sum_j w_ij^2: nothing runs over i, so that it is not one number but one for each i, D times too
    // large.
    const Array written = 5 * xt::sum(xt::square(w), {1});
    CHECK(written.dimension() == 1);
    CHECK(difference(Array(xt::sum(written)) / 5, xt::sum(xt::square(w))) <= kAutomatic);
}

TEST_CASE("4a: the gradients of 001, and where those of 000 go wrong") {
    const Regularised p(0.01);
    const double n = p.kCount, lambda = p.kLambda;
    const Array &x = p.x, &y = p.y, &yhat = p.yhat, &w = p.w;
    const Derivative of_cost = p.gradient_of_cost(), truth = p.gradient();

    // Both have the gradient of the cost: 001 -x^T (y - yhat) / N, 000 1/N sum_n -x^n (y^n - yhat^n).
    check_right(-dot(transposed(x), y - yhat) / n, of_cost);
    check_right(xt::sum(-outer(x, y - yhat), {0}) / n, of_cost);
    // 001
    const Array right = -dot(transposed(x), y - yhat) / n + 2 * lambda * w;
    check_right(right, truth);
    // 000's "gradient of J", with w for the letters that the scan lost, leaves lambda out: dC/dw + dR/dw.
    check_wrong(of_cost.automatic + 2 * w, truth, (1 - lambda) * (2 * w));

    // 000: "the rest don't matter", for the classes with y_k = 0. They get the gradient x_j yhat_k all the same.
    const Array of_one_class = -dot(transposed(x), y * (y - yhat)) / n;
    check_wrong(of_one_class, of_cost, -dot(transposed(x), (1 - y) * yhat) / n);

    // What a regularisation with the gradient lambda w (R = |w|^2 / 2) would be off by.
    check_wrong(right - lambda * w, truth, -lambda * w);
}

TEST_CASE("4a: 000's sign, y + yhat for y - yhat, is an error of up to 0.20") {
    const Regularised p(1.0 / (785 * 785));  // the course's weights for its gradient check
    const Array written = -dot(transposed(p.x), p.y + p.yhat) / p.kCount + 2 * p.kLambda * p.w;
    const Derivative truth = p.gradient();
    check_wrong(written, truth, -2 * dot(transposed(p.x), p.yhat) / p.kCount);
    // That is twice the mean output where the pixel is always 1 or always -1: 2 / 10.
    CHECK(difference(written, truth.automatic) == doctest::Approx(0.20).epsilon(1e-3));
}
