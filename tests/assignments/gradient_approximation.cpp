// The course's own check of a gradient: for each weight w of a network the cost of the first 100 images at w + eps and at
// w - eps, with eps = 1e-3, and the difference quotient beside the gradient. Assignment 1 and the first years of
// assignment 2 ask for agreement within eps^2, the order of the quotient's error; later years for eps alone.
//
// The quick tests take every 101st weight, the slow ones all of them.

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/xtensor.h>
#include <xgrad/nn/functional/loss.h>

#include "course_data.h"
#include "network.h"

using namespace assignments;
using xgrad::Tensor;
using xgrad::TensorList;
namespace F = xgrad::nn::functional;

namespace {

constexpr double kEps = 1e-3;
constexpr std::int64_t kSample = 500, kAll = std::numeric_limits<std::int64_t>::max();

/// A model with its weights: the cost of its images, and the inputs of units whose activation has a kink at 0.
struct Subject {
    TensorList weights;
    std::function<Tensor()> cost;
    std::function<TensorList()> kinked = [] { return TensorList(); };
};

struct Comparison {
    double largest = 0;            // difference over all weights; infinite if one is not a number
    double largest_smooth = 0;     // over those that move no unit across a kink
    double largest_if_scaled = 0;  // as the first, for a gradient that is too large by one in ten thousand
    std::int64_t weights = 0;
    std::int64_t failing = 0;  // differences of more than eps^2
    std::int64_t crossing = 0;
};

void raise_to(double& largest, double value) {
    if (!(value <= largest)) largest = std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
}

bool same_sides(const TensorList& a, const TensorList& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!a[i].gt(0).equal(b[i].gt(0))) return false;
    return true;
}

/// Compares gradient and difference quotient for `sample` weights of each layer, or a little more.
Comparison compare(const Subject& subject, std::int64_t sample, double eps = kEps) {
    for (const Tensor& w : subject.weights) w.requires_grad_();
    const TensorList gradients = xgrad::autograd::grad({subject.cost()}, subject.weights);

    const xgrad::NoGradGuard no_grad;
    Comparison result;
    for (std::size_t layer = 0; layer < subject.weights.size(); ++layer) {
        double* const w = subject.weights[layer].data_ptr<double>();
        const Tensor contiguous = gradients[layer].contiguous();
        const double* const gradient = contiguous.data_ptr<double>();
        const std::int64_t size = subject.weights[layer].numel();
        const std::int64_t stride = (size / sample) | 1;  // odd, so that it meets every column
        for (std::int64_t i = 0; i < size; i += stride) {
            const double value = w[i];
            w[i] = value + eps;
            const double above = subject.cost().item<double>();
            const TensorList units_above = subject.kinked();
            w[i] = value - eps;
            const double below = subject.cost().item<double>();
            const bool smooth = same_sides(units_above, subject.kinked());
            w[i] = value;

            const double quotient = (above - below) / (2 * eps), off = std::abs(quotient - gradient[i]);
            raise_to(result.largest, off);
            raise_to(result.largest_if_scaled, std::abs(quotient - gradient[i] * (1 + 1e-4)));
            if (smooth) raise_to(result.largest_smooth, off);
            result.crossing += !smooth;
            result.failing += !(off <= kEps * kEps);
            ++result.weights;
        }
    }
    return result;
}

/// The course's check, and that it notices an error of one in ten thousand. Returns what it found.
Comparison check_passes(const Subject& subject, std::int64_t sample) {
    const Comparison found = compare(subject, sample);
    CHECK(found.largest <= kEps * kEps);
    CHECK(found.largest_if_scaled > kEps * kEps);
    return found;
}

// --- Assignment 1

Subject logistic(Tensor w, bool stable) {
    const Images images = first_twos_and_threes(100);
    const Tensor target = images.labels.unsqueeze(1).to(xgrad::kFloat64);
    return {{w}, [=] {
                const Tensor z = images.x.matmul(w);
                if (stable) return F::binary_cross_entropy_with_logits(z, target);
                const Tensor yhat = z.sigmoid();
                return -(target * yhat.log() + (1 - target) * (1 - yhat).log()).mean();
            }};
}

Subject softmax_regression(Tensor w, double lambda) {
    const Images images = first_images(100, Scaling::kToPlusMinusOne);
    return {{w}, [=] { return F::cross_entropy(images.x.matmul(w), images.labels) + lambda * w.square().sum(); }};
}

/// As the course draws them for its check: of standard deviation 1 / 785^2.
Tensor course_weights(std::int64_t classes) {
    return xgrad::randn({785, classes}, xgrad::Generator(1), xgrad::kFloat64) / (785.0 * 785.0);
}

void check_regressions(std::int64_t sample) {
    const Comparison binary = check_passes(logistic(course_weights(1), true), sample);
    CHECK(binary.largest < 1e-11);
    CHECK(check_passes(logistic(course_weights(1), false), sample).largest < 1e-11);
    for (const double lambda : {0.0, 1.0}) {
        CAPTURE(lambda);
        CHECK(check_passes(softmax_regression(course_weights(10), lambda), sample).largest < 3e-8);
    }
}

// --- Assignment 2

Subject network(const std::vector<std::int64_t>& units, NetworkImpl::Activation activation,
                const Initialisation& initialisation, bool kinked = false) {
    const Network net(units, Biases::kInInput, activation);
    initialise(net, initialisation, 1);
    const Images images = first_images(100, Scaling::kNormalised);
    Subject subject{net->parameters(), [=] { return F::cross_entropy(net->forward(images.x), images.labels); }};
    if (kinked)
        subject.kinked = [=] {
            TensorList z;
            net->forward(images.x, &z);
            return z;
        };
    return subject;
}

void check_networks(std::int64_t sample) {
    const struct {
        const char* name;
        std::vector<std::int64_t> units;
        NetworkImpl::Activation activation;
        const Initialisation& initialisation;
    } rows[] = {
        {"2b: logistic", {64, 10}, xgrad::sigmoid, kUniform},
        {"3a: logistic", {64, 10}, xgrad::sigmoid, kFanInNormal},
        {"3b: improved sigmoid", {64, 10}, xgrad::improved_sigmoid, kUniform},
        {"3b: improved sigmoid", {64, 10}, xgrad::improved_sigmoid, kFanInNormal},
        {"4c: two hidden layers", {64, 64, 10}, xgrad::improved_sigmoid, kUniform},
        {"4c: two hidden layers", {64, 64, 10}, xgrad::sigmoid, kUniform},
    };
    for (const auto& row : rows) {
        const Comparison found = check_passes(network(row.units, row.activation, row.initialisation), sample);
        MESSAGE(std::string(row.name) << ' ' << std::string(row.initialisation.name) << ' ' << found.largest << ' ' << found.largest_if_scaled);
    }
}

void check_relu(std::int64_t sample) {
    const struct {
        std::vector<std::int64_t> units;
        const Initialisation& initialisation;
    } rows[] = {{{64, 10}, kUniform}, {{64, 10}, kFanInNormal}, {{64, 10}, kHe}, {{64, 64, 10}, kUniform}};
    for (const auto& row : rows) {
        for (double eps : {1e-3, 1e-6}) {
            const Comparison found = compare(network(row.units, xgrad::relu, row.initialisation, true), sample, eps);
            MESSAGE(row.units.size() << ' ' << std::string(row.initialisation.name) << ' ' << eps << " largest " << found.largest << " smooth "
                                     << found.largest_smooth << " scaled " << found.largest_if_scaled << " failing "
                                     << found.failing << " crossing " << found.crossing << " of " << found.weights);
        }
    }
}

}  // namespace

TEST_CASE("regressions") { check_regressions(kSample); }
TEST_CASE("networks") { check_networks(kSample); }
TEST_CASE("relu") { check_relu(kSample); }
TEST_SUITE("slow") {
TEST_CASE("networks all") { check_networks(kAll); }
TEST_CASE("relu all") { check_relu(kAll); }
}
