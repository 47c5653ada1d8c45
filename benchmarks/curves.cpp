#include "curves.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "data.h"
#include "timing.h"
#include "workloads/training.h"

namespace benchmarks {

namespace {

/// Bytes in memory.
double resident_memory() {
    std::ifstream file("/proc/self/statm");
    double total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

class Curves {
  public:
    Curves(const char* library, int threads, double seconds)
        : library_(library), threads_(threads), seconds_(seconds) {}

    /// Nanoseconds per element of operations on 1 to 10^7 elements, without gradients.
    void elements() const {
        constexpr std::int64_t kRow = 1000;
        const torch::NoGradGuard no_grad;
        for (std::int64_t decade = 1; decade <= 10'000'000; decade *= 10) {
            for (const std::int64_t n : {decade, 2 * decade, 5 * decade}) {
                if (n > 10'000'000) break;
                const Tensor a = uniform({n}), b = uniform({n});
                // From 1000 elements on in rows of 1000.
                const Tensor rows = n < kRow ? a.reshape({1, n}) : a.reshape({n / kRow, kRow});
                Tensor c;
                const auto point = [&](const char* curve, const std::function<void()>& f) {
                    print(curve, static_cast<double>(n), median_time(f, seconds_) * 1e3 / static_cast<double>(n));
                };
                point("add", [&] { c = a + b; });
                point("tanh", [&] { c = a.tanh(); });
                point("sum", [&] { c = a.sum(); });
                point("softmax", [&] { c = rows.softmax(1); });
            }
        }
    }

    /// Microseconds per step of the small network.
    void batches() const {
        for (std::int64_t batch = 1; batch <= 4096; batch *= 2) {
            SmallStep step(batch);
            print("step", static_cast<double>(batch), median_time([&] { step.run(); }, seconds_));
        }
    }

    /// Nanoseconds and bytes per operation of chains of operations, forward and backward.
    void chains() const {
        const Tensor x = uniform({1}).requires_grad_();
        const auto chain = [&](int length) {
            Tensor y = x;
            for (int i = 0; i < length; ++i) y = y + x;
            return y;
        };
        chain(100).backward();  // what the first use needs does not count
        const double before = resident_memory();
        for (int length = 100; length <= 1'000'000; length *= 10) {
            chain(length).backward();
            const Tensor y = chain(length);
            print("chain_memory", length, (resident_memory() - before) / length);
        }
        for (int length = 100; length <= 1'000'000; length *= 10) {
            const auto run = [&] {
                x.mutable_grad().reset();
                chain(length).backward();
            };
            print("chain_time", length, median_time(run, seconds_) * 1e3 / length);
        }
    }

  private:
    void print(const char* curve, double x, double y) const {
        std::cout << nlohmann::json{{"library", library_}, {"threads", threads_}, {"curve", curve}, {"x", x}, {"y", y}}
                  << std::endl;
    }

    const char* library_;
    int threads_;
    double seconds_;
};

}  // namespace

void time_curves(const char* library, int threads, double seconds) {
    const Curves curves(library, threads, seconds);
    if (threads == 1) curves.chains();
    curves.elements();
    curves.batches();
}

}  // namespace benchmarks
