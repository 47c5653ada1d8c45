// Steps and an epoch of training.
#include "training.h"

#include "../mnist.h"

namespace benchmarks {

namespace nn = torch::nn;

nn::Sequential small_network() {
    return nn::Sequential(nn::Linear(784, 64), nn::Functional(improved_sigmoid), nn::Linear(64, 10));
}

namespace {

/// Parameters read forward; gradients written; weights, gradients and momenta read and weights and momenta written.
constexpr double step_bytes(double parameters) { return 7 * 4 * parameters; }
/// Products of a layer: forward, gradient of the weight, and of the input where it is not the data.
constexpr double layer_flops(double batch, double in, double out, bool first) {
    return (first ? 2 : 3) * 2 * batch * in * out;
}

nn::Sequential deep_network() {
    nn::Sequential net(nn::Linear(784, 64), nn::Sigmoid());
    for (int i = 1; i < 10; ++i) {
        net->push_back(nn::Linear(64, 64));
        net->push_back(nn::Sigmoid());
    }
    net->push_back(nn::Linear(64, 10));
    return net;
}

nn::Sequential wide_network() {
    return nn::Sequential(nn::Linear(784, 1024), nn::ReLU(), nn::Linear(1024, 1024), nn::ReLU(), nn::Linear(1024, 10));
}

class DeepStep : public TrainingStep<torch::optim::SGD> {
  public:
    DeepStep() : TrainingStep(deep_network(), torch::optim::SGDOptions(0.02).momentum(0.9), 32) {}
};

class WideStep : public TrainingStep<torch::optim::Adam> {
  public:
    WideStep() : TrainingStep(wide_network(), torch::optim::AdamOptions(1e-4), 128) {}
};

class SoftmaxRegressionStep : public TrainingStep<torch::optim::SGD> {
  public:
    SoftmaxRegressionStep() : TrainingStep(nn::Sequential(nn::Linear(784, 10)), torch::optim::SGDOptions(0.02), 128) {}
};

/// 625 steps of the small network over 20,000 images in random order.
class MnistEpoch : public SmallStep {
  public:
    static constexpr std::int64_t kImages = 20'000, kBatch = 32;

    MnistEpoch() {
        const Mnist mnist = read_mnist(kImages);
        images_ = torch::empty({kImages, 784});
        targets_ = torch::empty({kImages}, torch::kInt64);
        std::copy(mnist.images.begin(), mnist.images.end(), images_.data_ptr<float>());
        std::copy(mnist.labels.begin(), mnist.labels.end(), targets_.data_ptr<std::int64_t>());
    }

    void run() override {
        torch::manual_seed(0);  // the libraries' streams agree
        const Tensor order = torch::randperm(kImages);
        for (std::int64_t begin = 0; begin < kImages; begin += kBatch) {
            const Tensor rows = order.narrow(0, begin, kBatch);
            step(images_.index_select(0, rows), targets_.index_select(0, rows));
        }
        if (!first_loss_.defined()) first_loss_ = loss_.detach();
    }
    /// Rounding grows from epoch to epoch.
    std::vector<Tensor> results() const override { return {first_loss_}; }

  private:
    Tensor images_, targets_, first_loss_;
};

constexpr double kSmallFlops = layer_flops(32, 784, 64, true) + layer_flops(32, 64, 10, false);
constexpr double kSmallBytes = step_bytes(784 * 64 + 64 + 64 * 10 + 10);
constexpr double kDeepFlops =
    layer_flops(32, 784, 64, true) + 9 * layer_flops(32, 64, 64, false) + layer_flops(32, 64, 10, false);
constexpr double kWideFlops =
    layer_flops(128, 784, 1024, true) + layer_flops(128, 1024, 1024, false) + layer_flops(128, 1024, 10, false);

}  // namespace

std::vector<Entry> training_workloads() {
    return {
        {.name = "mlp_small_step",
         .limit = {0.52, 0.52},
         .bound = Bound::kArithmetic,
         .flops = kSmallFlops,
         .bytes = kSmallBytes,
         .make = make<SmallStep>,
         .life = 1000},
        {.name = "mlp_deep_step",
         .limit = {0.45, 0.45},
         .bound = Bound::kOverhead,
         .flops = kDeepFlops,
         .bytes = step_bytes(785 * 64 + 9 * 65 * 64 + 65 * 10),
         .make = make<DeepStep>,
         .life = 1000},
        // Adam reads and writes two moments; weights are read backward too.
        {.name = "mlp_wide_step",
         .limit = {0.95, 0.95},
         .bound = Bound::kArithmetic,
         .flops = kWideFlops,
         .bytes = 10 * 4 * (785 * 1024 + 1025 * 1024 + 1025 * 10),
         .make = make<WideStep>,
         .life = 200},
        // The images are read forward and backward.
        {.name = "softmax_reg_step",
         .limit = {0.50, 0.50},
         .bound = Bound::kArithmetic,
         .flops = layer_flops(128, 784, 10, true),
         .bytes = 2 * 4 * 128 * 784 + 5 * 4 * 785 * 10,
         .make = make<SoftmaxRegressionStep>,
         .life = 1000},
        // Many small steps, each too short for a second thread.
        {.name = "mnist_epoch",
         .limit = {0.55, 0.55},
         .bound = Bound::kOverhead,
         .flops = kSmallFlops,
         .bytes = kSmallBytes + 2 * 4 * 32 * 784,
         .make = make<MnistEpoch>,
         .life = 20,
         .steps = 625},
    };
}

}  // namespace benchmarks
