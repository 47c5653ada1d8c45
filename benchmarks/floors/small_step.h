#pragma once

#include <vector>

namespace benchmarks {

/// One training step of the 784-64-10 network (improved sigmoid, cross entropy, batch 32, SGD with momentum), written
/// by hand with plain BLAS calls and SIMD loops.
class SmallStep {
  public:
    SmallStep();
    void run();
    float loss() const { return loss_; }

  private:
    /// A weight matrix with its bias, their gradients and momenta.
    struct Layer {
        Layer(int inputs, int outputs);
        int in, out;
        std::vector<float> w, b, dw, db, vw, vb;
    };

    static void forward(const Layer& layer, const float* x, float* y);
    static void backward(Layer& layer, const float* x, const float* dy);

    Layer first_, second_;
    std::vector<float> x_, a_, z_, da_;
    std::vector<int> target_;
    float loss_ = 0;
};

}  // namespace benchmarks
