// What an operation costs besides its arithmetic: one-element tensors, gradients on, with a second thread alive.
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <xgrad.h>

using namespace xgrad;

namespace {

/// A thread that lives and sleeps, so that nothing may assume to be alone.
class SecondThread {
  public:
    SecondThread()
        : thread_([this] {
              std::unique_lock lock(mutex_);
              done_.wait(lock, [this] { return stop_; });
          }) {}
    ~SecondThread() {
        {
            std::lock_guard lock(mutex_);
            stop_ = true;
        }
        done_.notify_one();
        thread_.join();
    }

  private:
    std::mutex mutex_;
    std::condition_variable done_;
    bool stop_ = false;
    std::thread thread_;
};

constexpr int kChain = 1000;

Tensor chain(const Tensor& x) {
    Tensor y = x;
    for (int i = 0; i < kChain; ++i) y = y + x;
    return y;
}

void overhead_add(benchmark::State& state) {
    const SecondThread second;
    const Tensor x = ones({1}).requires_grad_();
    for (auto _ : state) benchmark::DoNotOptimize(chain(x));
    state.SetItemsProcessed(state.iterations() * kChain);
}
BENCHMARK(overhead_add)->Unit(benchmark::kMicrosecond);

void overhead_add_backward(benchmark::State& state) {
    const SecondThread second;
    const Tensor x = ones({1}).requires_grad_();
    for (auto _ : state) {
        x.mutable_grad().reset();
        chain(x).backward();
    }
    state.SetItemsProcessed(state.iterations() * kChain);
}
BENCHMARK(overhead_add_backward)->Unit(benchmark::kMicrosecond);

}  // namespace
