// Assignment 2, tasks 1a and 1b: backpropagation through one hidden layer, by the chain rule and in matrix form. "002"
// and "003" are the reports that the formulas are taken from. 002 has a weight w_ji for unit j and input i, and
// columns; 003 has rows, and matrices transposed to 002's.

#include "derivative.h"

#include <xgrad/nn/functional/activation.h>
#include <xgrad/nn/functional/loss.h>
#include <xgrad/nn/optim/optim.h>

using namespace assignments;
using xgrad::Tensor;
namespace F = xgrad::nn::functional;

namespace {

constexpr double kRate = 0.1;  // alpha

/// The hidden layer's f and its slope as a function of z.
struct Activation {
    std::string name;
    Tensor (*function)(const Tensor&);
    Array (*value)(const Array&);
    Array (*slope)(const Array&);
};

const Activation activations[] = {
    {"logistic", F::sigmoid, [](const Array& z) { return sigmoid(z); },
     [](const Array& z) { return Array(sigmoid(z) * (1 - sigmoid(z))); }},
    {"improved sigmoid", F::improved_sigmoid, [](const Array& z) { return Array(1.7159 * xt::tanh(2 * z / 3)); },
     [](const Array& z) { return Array(1.7159 * 2 / 3 * (1 - xt::square(xt::tanh(2 * z / 3)))); }},
};

/// How many images, inputs (the last one is 1), hidden units and classes.
struct Sizes {
    std::int64_t n = 6, i = 5, j = 4, k = 3;
};

/// A network with random weights: values of the forward pass, and the true derivatives of C^n for each image n.
struct Network {
    explicit Network(const Activation& f = activations[0], Sizes sizes = {}) : activation(f), size(sizes) {
        xt::view(x, xt::all(), size.i - 1) = 1;
        for (std::int64_t n = 0; n < size.n; ++n) t(n, n % size.k) = 1;
        z_hidden = dot(x, transposed(w_hidden));
        a = f.value(z_hidden);
        z_output = dot(a, transposed(w_output));
        y = softmax(z_output);
    }

    Tensor cost_of_output(const Tensor& z) const {
        return F::cross_entropy(z, from_xarray(t), F::CrossEntropyFuncOptions().reduction(xgrad::kNone));
    }
    Tensor cost_of_activation(const Tensor& hidden) const {
        return cost_of_output(hidden.matmul(from_xarray(w_output).t()));
    }
    Tensor cost_of_hidden(const Tensor& z) const { return cost_of_activation(activation.function(z)); }
    Tensor cost_of_w_hidden(const Tensor& w) const { return cost_of_hidden(from_xarray(x).matmul(w.t())); }
    Tensor cost_of_w_output(const Tensor& w) const { return cost_of_output(from_xarray(a).matmul(w.t())); }

    using Cost = Tensor (Network::*)(const Tensor&) const;
    /// For values of which each image has its own.
    Derivative of_values(Cost cost, const Array& at) const {
        return derivative([&](const Tensor& v) { return (this->*cost)(v).sum(); }, at);
    }
    /// For weights: one matrix for each image.
    Derivative of_weights(Cost cost, const Array& at) const {
        return derivative([&](const Tensor& v) { return (this->*cost)(v); }, at);
    }

    const Activation& activation;
    const Sizes size;
    Array x = normal_array({size.n, size.i}, 6);
    Array t = xt::zeros<double>({size.n, size.k});
    const Array w_hidden = normal_array({size.j, size.i}, 7), w_output = normal_array({size.k, size.j}, 8);
    Array z_hidden, a, z_output, y;
};

}  // namespace

TEST_CASE("002 and 003, 1a: the chain rule from the output to the hidden weights") {
    for (const Activation& f : activations) {
        CAPTURE(f.name);
        const Network p(f);
        const Array slope = f.slope(p.z_hidden);

        // delta_k = dC/dz_k = -(t_k - y_k), with = where 002 has "approximately".
        const Derivative of_output = p.of_values(&Network::cost_of_output, p.z_output);
        const Array delta_k = -(p.t - p.y);
        check_right(delta_k, of_output);
        // 003 begins one step earlier: dL/dyhat dyhat/dz_k, the sum over all outputs of -t_m / y_m y_m ([m = k] - y_k).
        const Array of_y = -p.t / p.y;
        check_right(of_y * p.y - row_sums(of_y * p.y) * p.y, of_output);
        // dC/dw_kj = delta_k a_j
        check_right(outer(delta_k, p.a), p.of_weights(&Network::cost_of_w_output, p.w_output));

        // dC/dz_j = sum_k dC/dz_k dz_k/da_j da_j/dz_j, where dz_k/da_j = w_kj
        const Derivative of_hidden = p.of_values(&Network::cost_of_hidden, p.z_hidden);
        Array chain = xt::zeros<double>(p.a.shape());
        for (std::int64_t k = 0; k < p.size.k; ++k)
            chain += xt::view(delta_k, xt::all(), xt::range(k, k + 1)) * xt::view(p.w_output, k) * slope;
        check_right(chain, of_hidden);
        const Array delta_j = slope * dot(delta_k, p.w_output);
        check_right(delta_j, of_hidden);
        // dC/dw_ji = delta_j x_i
        const Derivative of_w_hidden = p.of_weights(&Network::cost_of_w_hidden, p.w_hidden);
        check_right(outer(delta_j, p.x), of_w_hidden);
    }
}

TEST_CASE("002, 1a: x_i in the place of w_kj leaves nothing to learn from") {
    const Network p;
    const Array slope = p.activation.slope(p.z_hidden), delta_k = p.y - p.t;
    const Derivative truth = p.of_weights(&Network::cost_of_w_hidden, p.w_hidden);

    // delta_j = f'(z_j) sum_k delta_k x_i: the x_i does not depend on k, and the errors of a softmax sum to zero. So
    // does every delta_j, and a hidden layer trained by this formula stays as it was drawn.
    const Array written = outer(slope * row_sums(delta_k), xt::square(p.x));
    CHECK(difference(written, xt::zeros<double>(written.shape())) < 1e-14);
    check_wrong(written, truth, -outer(slope * dot(delta_k, p.w_output), p.x));
}

TEST_CASE("002, 1a: delta^L_j = -(t_j - y_j) holds in the output layer alone") {
    const Network p(activations[0], {.n = 6, .i = 5, .j = 3, .k = 3});  // as many hidden units as targets
    const Array delta = -(p.t - p.y);
    check_right(delta, p.of_values(&Network::cost_of_output, p.z_output));
    const Array back = p.activation.slope(p.z_hidden) * dot(delta, p.w_output);
    check_wrong(delta, p.of_values(&Network::cost_of_hidden, p.z_hidden), delta - back);
    check_wrong(-(p.t - p.a), p.of_values(&Network::cost_of_hidden, p.z_hidden), -(p.t - p.a) - back);
}

TEST_CASE("003, 1a: delta_k outside of the sum") {
    const auto written = [](const Array& delta_of_one_k, const Array& w_output, const Array& slope) {
        return Array(delta_of_one_k * xt::sum(w_output, {0}) * slope);  // delta_k sum_k w_kj f'(z_j)
    };
    const Network p;
    const Array slope = p.activation.slope(p.z_hidden), delta_k = p.y - p.t;
    const Derivative truth = p.of_values(&Network::cost_of_hidden, p.z_hidden);
    // Whichever k the delta is taken of, the errors at all the others are missing.
    for (std::int64_t k = 0; k < p.size.k; ++k) {
        const Array of_k = xt::view(delta_k, xt::all(), xt::range(k, k + 1));
        const Array missing = dot(of_k - delta_k, p.w_output) * slope;  // sum over m of (delta_k - delta_m) w_mj
        check_wrong(written(of_k, p.w_output, slope), truth, missing);
    }

    // With a single output there is no other: the formula holds for one logistic unit.
    const Array w = normal_array({1, 4}, 9), target = column({1, 0, 0, 1, 0, 1});
    const Array delta = sigmoid(dot(p.a, transposed(w))) - target;
    const auto cost = [&](const Tensor& z) {
        const Tensor logit = F::sigmoid(z).matmul(from_xarray(w).t());
        return F::binary_cross_entropy_with_logits(logit, from_xarray(target),
                                                   F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(xgrad::kSum));
    };
    check_right(written(delta, w, slope), derivative(cost, p.z_hidden));
}

TEST_CASE("003, 1a: the last factor of the chain is dz_j/dw_ji = x_i, not dz_j/da") {
    const Network p;
    const Array slope = p.activation.slope(p.z_hidden);
    const Array delta_j = slope * dot(p.y - p.t, p.w_output);
    // delta_j dz_j/da_j goes back up the chain: it is the gradient of the activation, and knows no input.
    const Array written = delta_j / slope;
    check_right(written, p.of_values(&Network::cost_of_activation, p.a));
    const Derivative truth = p.of_weights(&Network::cost_of_w_hidden, p.w_hidden);
    check_wrong(outer(written, xt::ones_like(p.x)), truth, outer(written, xt::ones_like(p.x)) - outer(delta_j, p.x));
}

namespace {

/// What a step of the library's gradient descent takes off the weights: by the automatic gradient, and by the
/// difference.
struct Update : Network {
    explicit Update(Sizes sizes) : Network(activations[1], sizes) {}

    Derivative step(Cost cost, const Array& weight) const {
        const Tensor w = from_xarray(weight).requires_grad_();
        xgrad::optim::SGD sgd({w}, xgrad::optim::SGDOptions(kRate));
        (this->*cost)(w).mean().backward();
        sgd.step();
        return {weight - to_array(w), kRate * xt::mean(of_weights(cost, weight).numeric, {0})};
    }
    Derivative step_hidden() const { return step(&Network::cost_of_w_hidden, w_hidden); }
    Derivative step_output() const { return step(&Network::cost_of_w_output, w_output); }

    Array delta_k = y - t;
    Array delta_j = activation.slope(z_hidden) * dot(delta_k, w_output);
};

Derivative transposed(const Derivative& d) {
    return {assignments::transposed(d.automatic), assignments::transposed(d.numeric)};
}

}  // namespace

TEST_CASE("002, 1b: the updates are outer products of columns and rows") {
    const Update p({.n = 1});
    const Array column_k = transposed(p.delta_k), column_j = transposed(p.delta_j);
    CHECK(column_k.shape() == xt::dynamic_shape<std::size_t>{3, 1});
    CHECK(p.a.shape() == xt::dynamic_shape<std::size_t>{1, 4});
    CHECK(dot(column_k, p.a).shape() == p.w_output.shape());
    check_right(kRate * dot(column_k, p.a), p.step_output());
    check_right(kRate * dot(column_j, p.x), p.step_hidden());

    // The row is printed [x_1 ... x_j]; with as many inputs as hidden units the product does not fit the weights.
    const Array cut = xt::view(p.x, xt::all(), xt::range(0, p.size.j));
    CHECK_THROWS_AS(Array(p.w_hidden - kRate * dot(column_j, cut)), xt::broadcast_error);
}

TEST_CASE("1b for a batch: the same products, divided by the number of images") {
    const Update p({});
    const double n = static_cast<double>(p.size.n);
    check_right(kRate * dot(transposed(p.delta_k), p.a) / n, p.step_output());
    check_right(kRate * dot(transposed(p.delta_j), p.x) / n, p.step_hidden());
}

TEST_CASE("003, 1b: the hidden update has no learning rate") {
    const Update p({.n = 1});
    const Derivative truth = transposed(p.step_hidden());                  // I x J
    CHECK(dot(p.x, transposed(p.w_hidden)).shape() == p.delta_j.shape());  // 1xI IxJ = 1xJ, as stated
    check_right(kRate * dot(transposed(p.x), p.delta_j), truth);

    // W - X^T delta: a step longer by 1 / alpha.
    const Array written = dot(transposed(p.x), p.delta_j);
    check_wrong(written, truth, (1 - kRate) * written);
}

TEST_CASE("003, 1b: shapes and factors of the output update") {
    const Update p({.n = 1});
    const Array w = transposed(p.w_output);  // J x K
    const Array z = dot(p.a, w);
    // "W^k = J x K (1xJ JxK = 1xK), input": so it is, but the matrix is that of the output.
    CHECK(z.shape() == xt::dynamic_shape<std::size_t>{1, 3});
    CHECK(difference(z, p.z_output) <= kAutomatic);
    // "Z^k = 1xJ JxK = 1xJ": it is 1xK, as the line above it says.
    CHECK(z.shape() != p.a.shape());

    const Derivative truth = transposed(p.step_output());
    check_right(kRate * dot(transposed(p.a), p.delta_k), truth);
    // "W^k - alpha Z^kT alpha^k" makes a KxK matrix of what is to be taken off a JxK one.
    CHECK_THROWS_AS(Array(w - kRate * dot(transposed(z), p.delta_k)), xt::broadcast_error);
    CHECK_THROWS_AS(from_xarray(w) - kRate * from_xarray(dot(transposed(z), p.delta_k)), xgrad::ShapeError);

    // With as many hidden units as outputs it fits, and is still wrong: it takes z_k for the activation a_j.
    const Update square({.n = 1, .j = 3, .k = 3});
    check_wrong(kRate * dot(transposed(square.z_output), square.delta_k), transposed(square.step_output()),
                kRate * dot(transposed(square.z_output - square.a), square.delta_k));
}
