// Layers of larger networks.
#include "../data.h"
#include "../workload.h"

namespace benchmarks {

namespace nn = torch::nn;

namespace {

/// Forward and backward from a given gradient.
class LayerNorm : public Workload {
  public:
    LayerNorm() {
        initialise(layer_->parameters());
        x_.requires_grad_();
    }
    void run() override {
        x_.mutable_grad().reset();
        layer_->zero_grad(true);
        y_ = layer_->forward(x_);
        y_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {y_, x_.grad(), layer_->weight.grad(), layer_->bias.grad()}; }

  private:
    nn::LayerNorm layer_{nn::LayerNormOptions({1024})};
    Tensor x_ = uniform({4096, 1024}), gradient_ = uniform({4096, 1024}), y_;
};

/// A gather of 4096 rows, forward and backward; the gradient is dense.
class Embedding : public Workload {
  public:
    Embedding() { initialise(layer_->parameters()); }
    void run() override {
        layer_->zero_grad(true);
        y_ = layer_->forward(rows_);
        y_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {y_, layer_->weight.grad()}; }

  private:
    nn::Embedding layer_{50'000, 256};
    Tensor rows_ = labels(4096, 50'000), gradient_ = uniform({4096, 256}), y_;
};

/// Self-attention of a small transformer: sequences of 128 positions in a batch of 16, 8 heads of 32; forward and
/// backward from a given gradient.
class Attention : public Workload {
  public:
    static constexpr std::int64_t kPositions = 128, kBatch = 16, kWidth = 256, kHeads = 8;

    Attention() {
        initialise(layer_->parameters());
        x_.requires_grad_();
    }
    void run() override {
        x_.mutable_grad().reset();
        layer_->zero_grad(true);
        y_ = std::get<0>(layer_->forward(x_, x_, x_, {}, /*need_weights=*/false));
        y_.backward(gradient_);
    }
    std::vector<Tensor> results() const override { return {y_, x_.grad()}; }

  private:
    nn::MultiheadAttention layer_{nn::MultiheadAttentionOptions(kWidth, kHeads)};
    Tensor x_ = uniform({kPositions, kBatch, kWidth}), gradient_ = uniform({kPositions, kBatch, kWidth}), y_;
};

/// Four projections and, for each position and head, products with the keys and the values of all positions.
constexpr double kAttentionFlops = 3 * 2.0 * Attention::kPositions * Attention::kBatch * Attention::kWidth *
                                   (4 * Attention::kWidth + 2 * Attention::kPositions);
constexpr double kMatrix = 4.0 * 4096 * 1024, kRows = 4.0 * 4096 * 256, kTable = 4.0 * 50'000 * 256;  // bytes

}  // namespace

std::vector<Entry> network_workloads() {
    return {
        // Forward reads and writes a matrix; backward reads two and writes one.
        {"layernorm", {0.80, 0.80}, Bound::kMemory, 0, 5 * kMatrix, make<LayerNorm>},
        // Rows read and written forward; their gradient read and the table's written backward.
        {"embedding", {0.80, 0.80}, Bound::kMemory, 0, 3 * kRows + kTable, make<Embedding>},
        // Inputs, queries, keys, values and results, forward and backward.
        {"attention",
         {1.0, 1.0},
         Bound::kArithmetic,
         kAttentionFlops,
         2 * 5 * 4.0 * Attention::kPositions * Attention::kBatch * Attention::kWidth,
         make<Attention>},
    };
}

}  // namespace benchmarks
