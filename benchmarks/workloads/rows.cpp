// Reductions, and what is computed row by row.
#include "../data.h"
#include "../workload.h"

namespace benchmarks {

namespace {

template <std::int64_t dim>
class ReduceSum : public Workload {
  public:
    void run() override { sum_ = x_.sum(torch::IntArrayRef({dim})); }
    std::vector<Tensor> results() const override { return {sum_}; }

  private:
    Tensor x_ = uniform({4096, 4096}), sum_;
};

class Softmax : public Workload {
  public:
    void run() override { y_ = x_.softmax(1); }
    std::vector<Tensor> results() const override { return {y_}; }

  protected:
    Tensor x_ = uniform({4096, 1024}, -4, 4), y_;
};

class SoftmaxBackward : public Softmax {
  public:
    SoftmaxBackward() { x_.requires_grad_(); }
    void run() override {
        x_.mutable_grad().reset();
        Softmax::run();
        y_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {y_, x_.grad()}; }

  private:
    Tensor gradient_ = uniform({4096, 1024});
};

constexpr double kMatrix = 4.0 * 4096 * 1024;  // bytes

}  // namespace

std::vector<Entry> row_workloads() {
    return {
        {"reduce_sum_axis0", {0.30, 0.30}, Bound::kMemory, 0, 4 * kMatrix, make<ReduceSum<0>>},
        {"reduce_sum_axis1", {1.00, 1.00}, Bound::kMemory, 0, 4 * kMatrix, make<ReduceSum<1>>},
        {"softmax_rows", {0.60, 0.60}, Bound::kMemory, 0, 2 * kMatrix, make<Softmax>},
        // Backward reads the result and its gradient and writes one.
        {"softmax_rows_bwd", {0.75, 0.75}, Bound::kMemory, 0, 5 * kMatrix, make<SoftmaxBackward>},
    };
}

}  // namespace benchmarks
