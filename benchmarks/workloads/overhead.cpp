// What an operation costs besides its arithmetic: one-element tensors, gradients on.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../data.h"
#include "../workload.h"

namespace benchmarks {

namespace {

constexpr int kChain = 1000;

/// A thread that lives and sleeps, so that no library may take itself to be alone.
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

class Add : public Workload {
  public:
    Add() { x_.requires_grad_(); }
    void run() override {
        Tensor y = x_;
        for (int i = 0; i < kChain; ++i) y = y + x_;
        y_ = y;
    }
    std::vector<Tensor> results() const override { return {y_}; }

  protected:
    SecondThread second_;
    Tensor x_ = uniform({1}, 0.5f, 1), y_;
};

class AddBackward : public Add {
  public:
    void run() override {
        x_.mutable_grad().reset();
        Add::run();
        y_.backward();
    }
    std::vector<Tensor> results() const override { return {y_, x_.grad()}; }
};

}  // namespace

std::vector<Entry> overhead_workloads() {
    return {
        {"overhead_add", {0.20, 0.20}, Bound::kOverhead, 0, 0, make<Add>, kChain},
        {"overhead_add_bwd", {0.15, 0.15}, Bound::kOverhead, 0, 0, make<AddBackward>, kChain},
    };
}

}  // namespace benchmarks
