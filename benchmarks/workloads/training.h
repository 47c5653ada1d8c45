#pragma once

#include <functional>
#include <memory>

#include "../data.h"
#include "../workload.h"

namespace benchmarks {

/// 1.7159 tanh(2x/3), by the operators that both libraries have.
inline Tensor improved_sigmoid(Tensor x) { return 1.7159 * torch::tanh(x * (2.0 / 3)); }

/// The 784-64-10 network, not initialised.
torch::nn::Sequential small_network();

/// One step of training: gradients cleared (set to none: libtorch 1.13's optimisers would fill them with zeros),
/// forward, cross entropy, backward, update.
template <class Optimizer>
class TrainingStep : public Workload {
  public:
    template <class Options>
    TrainingStep(torch::nn::Sequential net, const Options& options, std::int64_t batch,
                 std::vector<std::int64_t> image = {784})
        : net_(std::move(net)), optimizer_(net_->parameters(), options) {
        initialise(net_->parameters());
        image.insert(image.begin(), batch);
        x_ = uniform(image);
        y_ = labels(batch, 10);
    }

    void run() override { step(x_, y_); }
    std::vector<Tensor> results() const override { return {loss_}; }

  protected:
    void step(const Tensor& x, const Tensor& y) {
        net_->zero_grad(true);
        loss_ = torch::nn::functional::cross_entropy(net_->forward(x), y);
        loss_.backward();
        optimizer_.step();
    }

    torch::nn::Sequential net_;
    Optimizer optimizer_;
    Tensor x_, y_, loss_;
};

/// The small network by SGD with momentum.
class SmallStep : public TrainingStep<torch::optim::SGD> {
  public:
    explicit SmallStep(std::int64_t batch = 32)
        : TrainingStep(small_network(), torch::optim::SGDOptions(0.02).momentum(0.9), batch) {}
};

}  // namespace benchmarks
