// fuse beside loops of SIMD registers written by hand for the same formula, tanh(2x + b) x of a million floats, on one
// thread, in turn; a Markdown table. The loops have their results' memory ready, fuse takes it from the library.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <xgrad.h>
#include <xgrad/autograd/fuse.h>

namespace {

using xgrad::Tensor;
using L = xgrad::simd::Lane<float, xsimd::default_arch>;

constexpr std::int64_t kSize = 1'000'000;
constexpr int kRounds = 1001;
constexpr double kLimit = 1.3;
static_assert(kSize % L::size == 0);

void forward_loop(const float* x, const float* b, float* y) {
    for (std::int64_t i = 0; i < kSize; i += L::size) {
        const L u = L::load(x + i);
        (tanh(u * 2.0 + L::load(b + i)) * u).store(y + i);
    }
}

void backward_loop(const float* g, const float* x, const float* b, float* gx, float* gb) {
    for (std::int64_t i = 0; i < kSize; i += L::size) {
        const L gradient = L::load(g + i), u = L::load(x + i);
        const L t = tanh(u * 2.0 + L::load(b + i));
        const L slope = (1.0 - t * t) * u;
        (gradient * (t + slope * 2.0)).store(gx + i);
        (gradient * slope).store(gb + i);
    }
}

template <class F>
double microseconds(const F& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Times both in turn.
template <class Fused, class Loop>
void compare(const char* name, const Fused& fused, const Loop& loop) {
    std::vector<double> times[2];
    for (int round = 0; round < kRounds; ++round) {
        times[0].push_back(microseconds(fused));
        times[1].push_back(microseconds(loop));
    }
    const double a = median(times[0]), b = median(times[1]);
    std::printf("| %s | %.0f | %.0f | %.2f | %.1f |\n", name, a, b, a / b, kLimit);
}

}  // namespace

int main() {
    xgrad::set_num_threads(1);
    const auto formula = [](auto u, auto v) { return tanh(u * 2.0 + v) * u; };
    const Tensor x = xgrad::randn({kSize}), b = xgrad::randn({kSize}), gradient = xgrad::randn({kSize});
    const Tensor y = xgrad::empty({kSize}), gx = xgrad::empty({kSize}), gb = xgrad::empty({kSize});
    const auto data = [](const Tensor& t) { return t.data_ptr<float>(); };

    std::printf(
        "| tanh(2x + b) x, 1,000,000 floats | fuse, us | loop, us | ratio | at most |\n| --- | --- | --- | --- | --- "
        "|\n");
    Tensor fused;
    compare(
        "forward", [&] { fused = xgrad::fuse(formula, x, b); }, [&] { forward_loop(data(x), data(b), data(y)); });

    const Tensor x_leaf = x.clone().requires_grad_(), b_leaf = b.clone().requires_grad_();
    const Tensor recorded = xgrad::fuse(formula, x_leaf, b_leaf);
    std::vector<Tensor> gradients;
    compare(
        "backward",
        [&] {
            gradients.clear();
            gradients = xgrad::autograd::grad({recorded}, {x_leaf, b_leaf}, {gradient}, /*retain_graph=*/true);
        },
        [&] { backward_loop(data(gradient), data(x), data(b), data(gx), data(gb)); });

    if (!fused.allclose(y) || !gradients[0].allclose(gx, 1e-5, 1e-5) || !gradients[1].allclose(gb, 1e-5, 1e-5)) {
        std::fprintf(stderr, "fuse and the loops disagree\n");
        return 1;
    }
}
