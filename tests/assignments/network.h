#pragma once

#include <functional>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/init.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/module.h>

namespace assignments {

/// Where a network has learned constants.
enum class Biases {
    kInInput,    // none of its own: the input brings a 1 along (785 entries)
    kHidden,     // one for each hidden unit
    kEverywhere  // and one for each output
};

/// A network of the assignments: linear layers with an activation between them.
class NetworkImpl : public xgrad::nn::Module {
  public:
    using Activation = std::function<xgrad::Tensor(const xgrad::Tensor&)>;

    /// `units` are those of each layer but the input, which has 784 pixels.
    NetworkImpl(const std::vector<std::int64_t>& units, Biases biases, Activation activation = xgrad::sigmoid)
        : activation_(std::move(activation)) {
        std::int64_t inputs = biases == Biases::kInInput ? 785 : 784;
        for (std::size_t i = 0; i < units.size(); ++i) {
            const bool output = i + 1 == units.size();
            const bool bias = biases == Biases::kEverywhere || (biases == Biases::kHidden && !output);
            layers_.push_back(
                register_module("layer" + std::to_string(i + 1),
                                xgrad::nn::Linear(xgrad::nn::LinearOptions(inputs, units[i]).bias(bias))));
            inputs = units[i];
        }
        to(xgrad::kFloat64);
    }

    /// Logits. What enters each activation is added to `preactivations`.
    xgrad::Tensor forward(xgrad::Tensor x, xgrad::TensorList* preactivations = nullptr) const {
        for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
            const xgrad::Tensor z = layers_[i]->forward(x);
            if (preactivations) preactivations->push_back(z);
            x = activation_(z);
        }
        return layers_.back()->forward(x);
    }

    std::int64_t count() const {
        std::int64_t n = 0;
        for (const xgrad::Tensor& p : parameters()) n += p.numel();
        return n;
    }

  private:
    Activation activation_;
    std::vector<std::shared_ptr<xgrad::nn::LinearImpl>> layers_;
};
XGRAD_MODULE(Network);

/// How the weights are drawn.
struct Initialisation {
    std::string name;
    xgrad::Tensor (*draw)(xgrad::Tensor);
};
inline const Initialisation kUniform{"uniform(-1, 1)",
                                     [](xgrad::Tensor w) { return xgrad::nn::init::uniform_(w, -1, 1); }};
inline const Initialisation kFanInNormal{"fan-in", xgrad::nn::init::fan_in_normal_};
inline const Initialisation kHe{
    "He", [](xgrad::Tensor w) { return xgrad::nn::init::kaiming_normal_(w, 0, xgrad::kFanIn, xgrad::kReLU); }};

inline void initialise(const Network& network, const Initialisation& initialisation, std::uint64_t seed) {
    xgrad::manual_seed(seed);
    for (const xgrad::Tensor& w : network->parameters()) initialisation.draw(w);
}

}  // namespace assignments
