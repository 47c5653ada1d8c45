#include "timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace benchmarks {

namespace {

constexpr int kCheckedRuns = 5;      // their last results are compared
constexpr double kWarmUp = 100'000;  // microseconds before anything counts
constexpr int kWarmUpRuns = 20;      // after a workload is set up anew
constexpr double kSample = 20;       // microseconds: shorter runs are timed several at once
constexpr std::size_t kFewest = 10;  // samples

/// Microseconds for `runs` calls.
template <class F>
double time(F&& f, int runs) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < runs; ++i) f();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

int runs_per_sample(double microseconds) {
    return std::clamp(static_cast<int>(std::ceil(kSample / std::max(microseconds, 0.001))), 1, 1000);
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The mean square of all elements after adding a ramp from 0 to 1: no sum cancels, and every place counts.
double fingerprint(const std::vector<Tensor>& tensors) {
    const torch::NoGradGuard no_grad;
    double sum = 0;
    for (const Tensor& tensor : tensors) {
        const Tensor flat = tensor.to(torch::kFloat64).reshape({-1});
        const Tensor shifted = flat + torch::linspace(0, 1, flat.numel(), torch::kFloat64);
        sum += (shifted * shifted).mean().item<double>();
    }
    return sum;
}

}  // namespace

Timing measure(const Entry& entry, double seconds) {
    auto workload = entry.make();
    const auto run = [&] { workload->run(); };
    time(run, kCheckedRuns);
    const double check = fingerprint(workload->results());

    int life = kCheckedRuns;
    double last = 0;
    for (double spent = 0; spent < kWarmUp; spent += last, ++life) last = time(run, 1);

    const int runs = runs_per_sample(last);
    std::vector<double> samples;
    for (double spent = 0; spent < seconds * 1e6 || samples.size() < kFewest; life += runs) {
        if (entry.life > 0 && life >= entry.life) {
            workload.reset();
            workload = entry.make();
            life = std::min(kWarmUpRuns, entry.life / 2);
            time(run, life);
        }
        const double elapsed = time(run, runs);
        spent += elapsed;
        samples.push_back(elapsed / runs / entry.operations);
    }
    const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
    return {median(samples), mean, samples.size(), check};
}

double median_time(const std::function<void()>& f, double seconds) {
    double last = time(f, 1);
    for (double spent = 0; spent < seconds * 0.2e6; spent += last) last = time(f, 1);
    const int runs = runs_per_sample(last);
    std::vector<double> samples;
    for (double spent = 0; spent < seconds * 1e6 || samples.size() < 3;) {
        const double elapsed = time(f, runs);
        spent += elapsed;
        samples.push_back(elapsed / runs);
    }
    return median(samples);
}

}  // namespace benchmarks
