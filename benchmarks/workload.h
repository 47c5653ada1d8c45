#pragma once

#include <memory>
#include <vector>

#include "backend.h"

namespace benchmarks {

using torch::Tensor;

/// Something to time; its constructor sets it up.
class Workload {
  public:
    Workload() = default;
    Workload(const Workload&) = delete;
    Workload& operator=(const Workload&) = delete;
    virtual ~Workload() = default;

    /// What is timed.
    virtual void run() = 0;
    /// What the last run computed: both libraries must agree on it.
    virtual std::vector<Tensor> results() const = 0;
};

/// What keeps a workload from being faster.
enum class Bound { kOverhead, kMemory, kArithmetic };

/// A workload of the table.
struct Entry {
    const char* name;
    /// The most that xgrad may take relative to libtorch, at one thread and at two.
    double limit[2];
    Bound bound;
    /// The floor: floating-point operations in matrix products, and bytes that must be read or written when
    /// nothing is touched twice (forward and backward apart, since the one ends before the other begins).
    double flops, bytes;
    std::unique_ptr<Workload> (*make)();
    /// Times are given per operation of a run.
    int operations = 1;
    /// After so many runs it is set up anew (0: never): what trains forever ends on denormal numbers.
    int life = 0;
    /// How often `flops` and `bytes` are due in a run, which touches the same memory again and again.
    int steps = 1;
};

/// For Entry::make: a `W` constructed from `arguments`.
template <class W, auto... arguments>
std::unique_ptr<Workload> make() {
    return std::make_unique<W>(arguments...);
}

// The table, by families: one file of workloads/ each.
std::vector<Entry> overhead_workloads();
std::vector<Entry> training_workloads();
std::vector<Entry> elementwise_workloads();
std::vector<Entry> fused_workloads();
std::vector<Entry> row_workloads();
std::vector<Entry> product_workloads();
std::vector<Entry> network_workloads();
std::vector<Entry> convolution_workloads();

}  // namespace benchmarks
