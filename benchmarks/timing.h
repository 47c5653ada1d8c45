#pragma once

#include <cstddef>
#include <functional>

#include "workload.h"

namespace benchmarks {

/// Times are in microseconds, per operation.
struct Timing {
    double median, mean;
    std::size_t samples;
    /// A number made of the results of the first runs.
    double check;
};

/// Runs a workload until warm, then for about `seconds`.
Timing measure(const Entry& entry, double seconds);

/// Median time in microseconds of one call of `f`, timed for about `seconds`.
double median_time(const std::function<void()>& f, double seconds);

}  // namespace benchmarks
