#pragma once

#include <string>
#include <vector>

#include "course.h"
#include "experiments.h"

/// Networks with hidden layers, as assignment 2 trains them.
namespace examples::course {

enum class Weights {
    kUniform,  // uniform(-1, 1)
    kFanIn,    // normal(0, 1/sqrt(inputs of the layer))
    kHe        // normal(0, sqrt(2/inputs of the layer))
};

struct NetworkOptions {
    std::vector<std::int64_t> hidden{64};  // units of each hidden layer
    std::string activation = "improved_sigmoid";
    Weights weights = Weights::kFanIn;
    double lr = 0.02;
    double momentum = 0.9;
};

/// What may follow a hidden layer: improved_sigmoid, relu, sigmoid, tanh.
std::vector<std::string> activation_names();

/// Ten logits from images as rows. Biases, where layers have them, are 0.
xgrad::nn::Sequential make_network(const NetworkOptions& options, Bias bias);

/// "784-64-10"
std::string layer_sizes(const NetworkOptions& options);

/// A new network, mean cross entropy, and gradient descent with momentum.
Trainee network(const NetworkOptions& options, Bias bias = Bias::kColumn);

/// Of a network without training: how many numbers it learns.
std::int64_t parameter_count(const NetworkOptions& options, Bias bias);

/// Mean and standard deviation (of the population) of all pixels, in double precision.
struct Moments {
    double mean = 0;
    double deviation = 0;
};
Moments moments(const xgrad::Tensor& pixels);

/// Brings pixels with these moments to mean 0 and deviation 1.
Preprocess normalise(const Moments& moments);

}  // namespace examples::course
