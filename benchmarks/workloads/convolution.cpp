// Networks with convolutions.
#include "training.h"

namespace benchmarks {

namespace nn = torch::nn;

namespace {

constexpr std::int64_t kLeNetBatch = 64;

/// LeNet-5 for 28 x 28 images (LeCun et al., Gradient-based learning applied to document recognition, 1998), with
/// rectified units and maxima.
nn::Sequential lenet() {
    return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 6, 5).padding(2)), nn::ReLU(),
                          nn::MaxPool2d(nn::MaxPool2dOptions(2)), nn::Conv2d(nn::Conv2dOptions(6, 16, 5)), nn::ReLU(),
                          nn::MaxPool2d(nn::MaxPool2dOptions(2)), nn::Flatten(), nn::Linear(400, 120), nn::ReLU(),
                          nn::Linear(120, 84), nn::ReLU(), nn::Linear(84, 10));
}

class LeNetStep : public TrainingStep<torch::optim::SGD> {
  public:
    LeNetStep() : TrainingStep(lenet(), torch::optim::SGDOptions(0.02).momentum(0.9), kLeNetBatch, {1, 28, 28}) {}
};

/// Two convolutions of 3 x 3 with batch norm around which the input is added (He et al., Deep residual learning, 2016),
/// forward and backward from a given gradient.
class ResidualBlock : public Workload {
  public:
    ResidualBlock() {
        initialise(branch_->parameters());
        x_.requires_grad_();
    }
    void run() override {
        x_.mutable_grad().reset();
        branch_->zero_grad(true);
        y_ = torch::relu(branch_->forward(x_) + x_);
        y_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {y_, x_.grad()}; }

  private:
    static nn::Conv2d convolution() { return nn::Conv2d(nn::Conv2dOptions(64, 64, 3).padding(1).bias(false)); }

    nn::Sequential branch_{convolution(), nn::BatchNorm2d(64), nn::ReLU(), convolution(), nn::BatchNorm2d(64)};
    Tensor x_ = uniform({16, 64, 32, 32}), gradient_ = uniform({16, 64, 32, 32}), y_;
};

/// Forward, and the gradients of the weight and, unless the input is data, of the input.
constexpr double convolution_flops(double images, double in, double out, double kernel, double outputs, bool first) {
    return (first ? 2 : 3) * 2 * images * in * out * kernel * kernel * outputs;
}
constexpr double kLeNetFlops = convolution_flops(kLeNetBatch, 1, 6, 5, 28 * 28, true) +
                               convolution_flops(kLeNetBatch, 6, 16, 5, 10 * 10, false) +
                               3 * 2 * kLeNetBatch * (400.0 * 120 + 120.0 * 84 + 84.0 * 10);
constexpr double kFeatures = 4.0 * 16 * 64 * 32 * 32;  // bytes

}  // namespace

std::vector<Entry> convolution_workloads() {
    return {
        {.name = "lenet_step",
         .limit = {1.0, 1.0},
         .bound = Bound::kArithmetic,
         .flops = kLeNetFlops,
         .bytes = 2 * 4.0 * kLeNetBatch * (28 * 28 + 7 * 28 * 28),
         .make = make<LeNetStep>,
         .life = 500},
        // Each convolution and each norm reads its input and writes a result, and twice as much backward.
        {"residual_block",
         {1.5, 1.5},
         Bound::kArithmetic,
         2 * convolution_flops(16, 64, 64, 3, 32 * 32, false),
         6 * 5 * kFeatures,
         make<ResidualBlock>},
    };
}

}  // namespace benchmarks
