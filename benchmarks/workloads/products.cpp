// Matrix products, and a double backward through a small network.
#include "../data.h"
#include "../workload.h"

namespace benchmarks {

namespace {

template <std::int64_t n>
class Gemm : public Workload {
  public:
    void run() override { c_ = torch::mm(a_, b_); }
    std::vector<Tensor> results() const override { return {c_}; }

  private:
    Tensor a_ = uniform({n, n}), b_ = uniform({n, n}), c_;
};

/// The product of the Hessian of a mean squared error with a vector: the gradient of gradient . vector.
class HessianVector : public Workload {
  public:
    HessianVector() {
        initialise(net_->parameters());
        parameters_ = net_->parameters();
        for (const Tensor& parameter : parameters_) vector_.push_back(uniform(parameter.sizes().vec()));
    }
    void run() override {
        const Tensor loss = (net_->forward(x_) - y_).pow(2).mean();
        const auto gradient = torch::autograd::grad({loss}, parameters_, {}, true, true);
        Tensor slope = (gradient[0] * vector_[0]).sum();
        for (std::size_t i = 1; i < gradient.size(); ++i) slope = slope + (gradient[i] * vector_[i]).sum();
        product_ = torch::autograd::grad({slope}, parameters_, {}, {}, false, true);
    }
    std::vector<Tensor> results() const override {
        std::vector<Tensor> defined;
        for (const Tensor& tensor : product_) {
            if (tensor.defined()) defined.push_back(tensor);
        }
        return defined;
    }

  private:
    torch::nn::Sequential net_{torch::nn::Linear(64, 64), torch::nn::Tanh(), torch::nn::Linear(64, 1)};
    Tensor x_ = uniform({32, 64}), y_ = uniform({32, 1});
    std::vector<Tensor> parameters_, vector_, product_;
};

constexpr double flops(double n) { return 2 * n * n * n; }
constexpr double bytes(double n) { return 3 * 4 * n * n; }
/// Three products of each layer (the first layer's input needs no gradient), and for the double backward as many again
/// for each of them.
constexpr double kHessianFlops = 3 * (2 + 3.0 / 64) * 2 * 32 * 64 * 64;

}  // namespace

std::vector<Entry> product_workloads() {
    return {
        {"gemm_64", {1.05, 1.15}, Bound::kArithmetic, flops(64), bytes(64), make<Gemm<64>>},
        {"gemm_256", {1.05, 1.15}, Bound::kArithmetic, flops(256), bytes(256), make<Gemm<256>>},
        {"gemm_1024", {1.05, 1.15}, Bound::kArithmetic, flops(1024), bytes(1024), make<Gemm<1024>>},
        {"hessian_vector", {0.50, 0.50}, Bound::kOverhead, kHessianFlops, 0, make<HessianVector>},
    };
}

}  // namespace benchmarks
