// Element-wise operations written with plain operators, and a broadcast sum.
#include "../data.h"
#include "../workload.h"

namespace benchmarks {

namespace {

/// (x * 2 + 1).tanh() * x, summed, forward and backward.
template <std::int64_t n>
class Elementwise : public Workload {
  public:
    Elementwise() { x_.requires_grad_(); }
    void run() override {
        x_.mutable_grad().reset();
        sum_ = ((x_ * 2 + 1).tanh() * x_).sum();
        sum_.backward();
    }
    std::vector<Tensor> results() const override { return {sum_, x_.grad()}; }

  private:
    Tensor x_ = uniform({n}), sum_;
};

/// A matrix and a row, forward and backward from a given gradient.
class BroadcastAdd : public Workload {
  public:
    BroadcastAdd() {
        a_.requires_grad_();
        b_.requires_grad_();
    }
    void run() override {
        a_.mutable_grad().reset();
        b_.mutable_grad().reset();
        sum_ = a_ + b_;
        sum_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {sum_, a_.grad(), b_.grad()}; }

  private:
    Tensor a_ = uniform({4096, 1024}), b_ = uniform({1024}), gradient_ = uniform({4096, 1024}), sum_;
};

class TransposeAdd : public Workload {
  public:
    void run() override { sum_ = a_ + b_.t(); }
    std::vector<Tensor> results() const override { return {sum_}; }

  private:
    Tensor a_ = uniform({2048, 2048}), b_ = uniform({2048, 2048}), sum_;
};

constexpr double kMatrix = 4.0 * 4096 * 1024;  // bytes

}  // namespace

std::vector<Entry> elementwise_workloads() {
    return {
        // Read forward; read again and the gradient written backward.
        {"elementwise_1m", {0.75, 0.75}, Bound::kMemory, 0, 3 * 4e6, make<Elementwise<1'000'000>>},
        {"elementwise_10k", {0.45, 0.45}, Bound::kOverhead, 0, 3 * 4e4, make<Elementwise<10'000>>},
        // One matrix read and one written, each way.
        {"broadcast_add", {0.70, 0.70}, Bound::kMemory, 0, 4 * kMatrix, make<BroadcastAdd>},
        {"transpose_add", {0.25, 0.25}, Bound::kMemory, 0, 3 * kMatrix, make<TransposeAdd>},
    };
}

}  // namespace benchmarks
