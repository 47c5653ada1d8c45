// A formula in one pass: fuse with xgrad, the plain operators with libtorch.
#include "../data.h"
#include "../workload.h"

#ifndef BENCHMARK_LIBTORCH
#include <xgrad/autograd/fuse.h>
#endif

namespace benchmarks {

namespace {

Tensor formula(const Tensor& x, const Tensor& b) {
#ifdef BENCHMARK_LIBTORCH
    return torch::tanh(x * 2.0 + b) * x;
#else
    return xgrad::fuse([](auto u, auto v) { return tanh(u * 2.0 + v) * u; }, x, b);
#endif
}

class FuseForward : public Workload {
  public:
    void run() override {
        const torch::NoGradGuard no_grad;
        y_ = formula(x_, b_);
    }
    std::vector<Tensor> results() const override { return {y_}; }

  private:
    Tensor x_ = uniform({1'000'000}), b_ = uniform({1'000'000}), y_;
};

/// Forward, and the gradients of both inputs from a given one of the result.
class FuseBackward : public Workload {
  public:
    void run() override {
        gradients_.clear();
        gradients_ = torch::autograd::grad({formula(x_, b_)}, {x_, b_}, {gradient_});
    }
    std::vector<Tensor> results() const override { return gradients_; }

  private:
    Tensor x_ = uniform({1'000'000}).requires_grad_(), b_ = uniform({1'000'000}).requires_grad_();
    Tensor gradient_ = uniform({1'000'000});
    std::vector<Tensor> gradients_;
};

}  // namespace

std::vector<Entry> fused_workloads() {
    return {
        // Two read and one written; backward three read, with the gradient, and two written.
        {"fuse_1m", {0.35, 0.35}, Bound::kMemory, 0, 3 * 4e6, make<FuseForward>},
        {"fuse_1m_bwd", {0.35, 0.35}, Bound::kMemory, 0, 8 * 4e6, make<FuseBackward>},
    };
}

}  // namespace benchmarks
