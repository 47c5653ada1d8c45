// One training step of the 784-64-10 network (improved sigmoid, cross entropy, batch 32, SGD with momentum) and its
// floor: the same arithmetic written by hand with plain BLAS calls and xsimd loops. Run both in one go and compare.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include <cblas.h>

#include <xgrad.h>
#include <xgrad/autograd/ops/simd_math.h>

extern "C" void openblas_set_num_threads(int);

using namespace xgrad;

namespace {

constexpr int kBatch = 32, kInputs = 784, kHidden = 64, kClasses = 10;
constexpr float kLearningRate = 0.02f, kMomentum = 0.9f;

void train_step(benchmark::State& state) {
    set_num_threads(1);
    manual_seed(0);
    nn::Sequential net(nn::Linear(kInputs, kHidden), nn::ImprovedSigmoid(), nn::Linear(kHidden, kClasses));
    optim::SGD optimizer(net->parameters(), optim::SGDOptions(kLearningRate).momentum(kMomentum));
    const Tensor x = randn({kBatch, kInputs}), y = randint(kClasses, {kBatch});
    for (auto _ : state) {
        optimizer.zero_grad();
        Tensor loss = nn::functional::cross_entropy(net->forward(x), y);
        loss.backward();
        optimizer.step();
        benchmark::DoNotOptimize(loss);
    }
}
BENCHMARK(train_step)->Unit(benchmark::kMicrosecond);

using L = simd::Lane<float, xsimd::default_arch>;

/// A weight matrix with its bias, their gradients and momenta.
struct Layer {
    int in, out;
    std::vector<float> w, b, dw, db, vw, vb;

    Layer(int inputs, int outputs)
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
};

/// y = x W^T + b.
void forward(const Layer& layer, const float* x, float* y) {
    for (int r = 0; r < kBatch; ++r) std::copy(layer.b.begin(), layer.b.end(), y + r * layer.out);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kBatch, layer.out, layer.in, 1, x, layer.in, layer.w.data(),
                layer.in, 1, y, layer.out);
}

/// Gradients of weight and bias from that of y.
void backward(Layer& layer, const float* x, const float* dy) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, layer.out, layer.in, kBatch, 1, dy, layer.out, x, layer.in, 0,
                layer.dw.data(), layer.in);
    std::fill(layer.db.begin(), layer.db.end(), 0.0f);
    for (int r = 0; r < kBatch; ++r)
        for (int c = 0; c < layer.out; ++c) layer.db[static_cast<std::size_t>(c)] += dy[r * layer.out + c];
}

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

void train_step_by_hand(benchmark::State& state) {
    openblas_set_num_threads(1);
    Layer first(kInputs, kHidden), second(kHidden, kClasses);
    std::vector<float> x(kBatch * kInputs), a(kBatch * kHidden), z(kBatch * kClasses), da(a.size());
    std::vector<int> target(kBatch);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::cos(static_cast<float>(i));
    for (int i = 0; i < kBatch; ++i) target[static_cast<std::size_t>(i)] = i % kClasses;
    for (auto _ : state) {
        forward(first, x.data(), a.data());
        for (std::size_t i = 0; i < a.size(); i += L::size) (1.7159 * tanh(L::load(&a[i]) * (2.0 / 3))).store(&a[i]);
        forward(second, a.data(), z.data());
        benchmark::DoNotOptimize(cross_entropy(z.data(), target.data()));
        backward(second, a.data(), z.data());
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kBatch, kHidden, kClasses, 1, z.data(), kClasses,
                    second.w.data(), kHidden, 0, da.data(), kHidden);
        for (std::size_t i = 0; i < a.size(); i += L::size) {
            const L y = L::load(&a[i]);
            (L::load(&da[i]) * (1.7159 * 2 / 3 - y * y * (2.0 / 3 / 1.7159))).store(&da[i]);
        }
        backward(first, x.data(), da.data());
        for (Layer* layer : {&first, &second}) {
            update(layer->w, layer->dw, layer->vw);
            update(layer->b, layer->db, layer->vb);
        }
    }
}
BENCHMARK(train_step_by_hand)->Unit(benchmark::kMicrosecond);

}  // namespace
