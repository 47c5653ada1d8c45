#include "networks.h"

#include <cmath>
#include <map>

namespace examples::course {

using xgrad::Tensor;
namespace nn = xgrad::nn;

namespace {

const std::map<std::string, void (*)(nn::Sequential&)> kActivations = {
    {"improved_sigmoid", [](nn::Sequential& net) { net->push_back(nn::ImprovedSigmoid()); }},
    {"relu", [](nn::Sequential& net) { net->push_back(nn::ReLU()); }},
    {"sigmoid", [](nn::Sequential& net) { net->push_back(nn::Sigmoid()); }},
    {"tanh", [](nn::Sequential& net) { net->push_back(nn::Tanh()); }},
};

void initialise(const Tensor& parameter, Weights weights) {
    if (parameter.dim() == 1) {
        nn::init::zeros_(parameter);
    } else if (weights == Weights::kUniform) {
        nn::init::uniform_(parameter, -1, 1);
    } else if (weights == Weights::kFanIn) {
        nn::init::fan_in_normal_(parameter);
    } else {
        nn::init::kaiming_normal_(parameter, 0, xgrad::kFanIn, xgrad::kReLU);
    }
}

}  // namespace

std::vector<std::string> activation_names() {
    std::vector<std::string> names;
    for (const auto& [name, add] : kActivations) names.push_back(name);
    return names;
}

nn::Sequential make_network(const NetworkOptions& options, Bias bias) {
    const auto linear = [&](std::int64_t inputs, std::int64_t outputs) {
        return nn::Linear(nn::LinearOptions(inputs, outputs).bias(bias == Bias::kLayers));
    };
    nn::Sequential net;
    std::int64_t inputs = bias == Bias::kColumn ? kPixels + 1 : kPixels;
    for (const std::int64_t units : options.hidden) {
        net->push_back(linear(inputs, units));
        kActivations.at(options.activation)(net);
        inputs = units;
    }
    net->push_back(linear(inputs, 10));
    for (const Tensor& parameter : net->parameters()) initialise(parameter, options.weights);
    return net;
}

std::string layer_sizes(const NetworkOptions& options) {
    std::string text = std::to_string(kPixels) + "-";
    for (const std::int64_t units : options.hidden) text += std::to_string(units) + '-';
    return text + "10";
}

Trainee network(const NetworkOptions& options, Bias bias) {
    nn::Sequential net = make_network(options, bias);
    const Model model{
        [net](const Tensor& input) mutable { return net->forward(input); },
        [](const Tensor& output, const Tensor& target) { return nn::functional::cross_entropy(output, target); },
        correct_class};
    const auto sgd = xgrad::optim::SGDOptions(options.lr).momentum(options.momentum);
    return {model, net->parameters(), std::make_unique<xgrad::optim::SGD>(net->parameters(), sgd)};
}

std::int64_t parameter_count(const NetworkOptions& options, Bias bias) {
    std::int64_t count = 0;
    for (const Tensor& parameter : make_network(options, bias)->parameters()) count += parameter.numel();
    return count;
}

Moments moments(const Tensor& pixels) {
    const Tensor values = pixels.to(xgrad::kFloat64);
    const double mean = values.mean().item<double>();
    return {mean, std::sqrt((values - mean).square().mean().item<double>())};
}

Preprocess normalise(const Moments& moments) {
    return [=](const Tensor& pixels) { return pixels.sub(moments.mean).div_(moments.deviation); };
}

}  // namespace examples::course
