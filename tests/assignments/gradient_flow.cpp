// Assignment 2, task 4e: does the gradient vanish in ten hidden layers? The root mean square of each layer's gradient
// before the first step, for the first 1000 images; the median of five seeds.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <xgrad/autograd/engine.h>
#include <xgrad/nn/functional/loss.h>

#include "course_data.h"
#include "network.h"

using namespace assignments;
using xgrad::Tensor;

namespace {

constexpr std::size_t kLayers = 11, kSeeds = 5;

/// One number for each layer, the output layer last.
std::vector<double> gradient_sizes(NetworkImpl::Activation activation, const Initialisation& initialisation) {
    std::vector<std::int64_t> units(kLayers, 64);
    units.back() = 10;
    const Images images = first_images(1000, Scaling::kNormalised);
    std::vector<std::vector<double>> by_layer(kLayers);
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Network net(units, Biases::kInInput, activation);
        initialise(net, initialisation, seed);
        const Tensor cost = xgrad::nn::functional::cross_entropy(net->forward(images.x), images.labels);
        const xgrad::TensorList gradients = xgrad::autograd::grad({cost}, net->parameters());
        for (std::size_t i = 0; i < kLayers; ++i)
            by_layer[i].push_back(std::sqrt(gradients[i].square().mean().item<double>()));
    }
    std::vector<double> medians;
    for (std::vector<double>& sizes : by_layer) {
        std::sort(sizes.begin(), sizes.end());
        medians.push_back(sizes[kSeeds / 2]);
    }
    return medians;
}

double spread(const std::vector<double>& sizes, std::size_t layers) {
    const auto [smallest, largest] =
        std::minmax_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(layers));
    return *largest / *smallest;
}

}  // namespace

TEST_CASE("sizes of the gradient, first .. tenth .. output layer") {
    const struct {
        std::string name;
        NetworkImpl::Activation activation;
        const Initialisation& initialisation;
        double first, tenth, output;  // found by another program with other random numbers; within a factor of 3
    } rows[] = {
        {"logistic, uniform", xgrad::sigmoid, kUniform, 6.5e-5, 2.9e-2, 1.2e-1},
        {"logistic, fan-in", xgrad::sigmoid, kFanInNormal, 8.9e-9, 2.4e-3, 2.5e-2},
        {"improved sigmoid, fan-in", xgrad::improved_sigmoid, kFanInNormal, 1.2e-2, 1.2e-2, 2.8e-2},
        {"ReLU, fan-in", xgrad::relu, kFanInNormal, 2.8e-4, 2.0e-4, 4.9e-4},
        {"ReLU, He", xgrad::relu, kHe, 1.5e-2, 3.1e-2, 1.0e-1},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const std::vector<double> sizes = gradient_sizes(row.activation, row.initialisation);
        const double found[] = {sizes[0], sizes[9], sizes[10]}, expected[] = {row.first, row.tenth, row.output};
        for (std::size_t i = 0; i < 3; ++i) {
            CAPTURE(i);
            CHECK(found[i] > expected[i] / 3);
            CHECK(found[i] < expected[i] * 3);
        }
    }
}

TEST_CASE("with the tricks of task 3 the gradient does not vanish: what fails in 4e is the size of the step") {
    // The usual explanation holds for the plain sigmoid: each layer takes a factor of about 4 away.
    CHECK(spread(gradient_sizes(xgrad::sigmoid, kFanInNormal), kLayers) > 1e5);
    // The improved sigmoid and fan-in weights, which 4e uses, were made to keep it.
    CHECK(spread(gradient_sizes(xgrad::improved_sigmoid, kFanInNormal), kLayers - 1) < 2);
    // So do ReLUs, at a level that depends on the initialisation: fan-in weights halve the signal's power in every
    // layer.
    const auto fan_in = gradient_sizes(xgrad::relu, kFanInNormal);
    CHECK(spread(fan_in, kLayers - 1) < 2);
    CHECK(gradient_sizes(xgrad::relu, kHe)[0] > 20 * fan_in[0]);
}
