#include "small_step.h"

#include <algorithm>
#include <cmath>

#include <cblas.h>

#include <xgrad/autograd/ops/simd/simd_math.h>

namespace benchmarks {

namespace {

constexpr int kBatch = 32, kInputs = 784, kHidden = 64, kClasses = 10;
constexpr float kLearningRate = 0.02f, kMomentum = 0.9f;

using L = xgrad::simd::Lane<float, xsimd::default_arch>;

void update(std::vector<float>& w, const std::vector<float>& g, std::vector<float>& v) {
    std::size_t i = 0;
    for (; i + L::size <= w.size(); i += L::size) {
        const L momentum = L::load(&v[i]) * double{kMomentum} + L::load(&g[i]);
        momentum.store(&v[i]);
        (L::load(&w[i]) - momentum * double{kLearningRate}).store(&w[i]);
    }
    for (; i < w.size(); ++i) {
        v[i] = kMomentum * v[i] + g[i];
        w[i] -= kLearningRate * v[i];
    }
}

/// Mean cross entropy of the rows of z; z becomes its gradient.
float cross_entropy(float* z, const int* target) {
    float loss = 0;
    for (int r = 0; r < kBatch; ++r, z += kClasses) {
        const float top = *std::max_element(z, z + kClasses);
        float sum = 0;
        loss += top - z[target[r]];
        for (int c = 0; c < kClasses; ++c) sum += z[c] = std::exp(z[c] - top);
        loss += std::log(sum);
        for (int c = 0; c < kClasses; ++c) z[c] /= sum * kBatch;
        z[target[r]] -= 1.0f / kBatch;
    }
    return loss / kBatch;
}

}  // namespace

SmallStep::Layer::Layer(int inputs, int outputs)
    : in(inputs),
      out(outputs),
      w(static_cast<std::size_t>(in * out)),
      b(static_cast<std::size_t>(out)),
      dw(w.size()),
      db(b.size()),
      vw(w.size()),
      vb(b.size()) {
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.05f * std::sin(static_cast<float>(i));
}

/// y = x W^T + b.
void SmallStep::forward(const Layer& layer, const float* x, float* y) {
    for (int r = 0; r < kBatch; ++r) std::copy(layer.b.begin(), layer.b.end(), y + r * layer.out);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kBatch, layer.out, layer.in, 1, x, layer.in, layer.w.data(),
                layer.in, 1, y, layer.out);
}

/// Gradients of weight and bias from that of y.
void SmallStep::backward(Layer& layer, const float* x, const float* dy) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, layer.out, layer.in, kBatch, 1, dy, layer.out, x, layer.in, 0,
                layer.dw.data(), layer.in);
    std::fill(layer.db.begin(), layer.db.end(), 0.0f);
    for (int r = 0; r < kBatch; ++r)
        for (int c = 0; c < layer.out; ++c) layer.db[static_cast<std::size_t>(c)] += dy[r * layer.out + c];
}

SmallStep::SmallStep()
    : first_(kInputs, kHidden),
      second_(kHidden, kClasses),
      x_(kBatch * kInputs),
      a_(kBatch * kHidden),
      z_(kBatch * kClasses),
      da_(a_.size()),
      target_(kBatch) {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = std::cos(static_cast<float>(i));
    for (int i = 0; i < kBatch; ++i) target_[static_cast<std::size_t>(i)] = i % kClasses;
}

void SmallStep::run() {
    forward(first_, x_.data(), a_.data());
    for (std::size_t i = 0; i < a_.size(); i += L::size) (1.7159 * tanh(L::load(&a_[i]) * (2.0 / 3))).store(&a_[i]);
    forward(second_, a_.data(), z_.data());
    loss_ = cross_entropy(z_.data(), target_.data());
    backward(second_, a_.data(), z_.data());
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kBatch, kHidden, kClasses, 1, z_.data(), kClasses,
                second_.w.data(), kHidden, 0, da_.data(), kHidden);
    for (std::size_t i = 0; i < a_.size(); i += L::size) {
        const L y = L::load(&a_[i]);
        (L::load(&da_[i]) * (1.7159 * 2 / 3 - y * y * (2.0 / 3 / 1.7159))).store(&da_[i]);
    }
    backward(first_, x_.data(), da_.data());
    for (Layer* layer : {&first_, &second_}) {
        update(layer->w, layer->dw, layer->vw);
        update(layer->b, layer->db, layer->vb);
    }
}

}  // namespace benchmarks
