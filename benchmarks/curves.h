#pragma once

namespace benchmarks {

/// Prints how times and memory grow with the size of the work: a line of JSON for each point.
/// `seconds` is the time for a point.
void time_curves(const char* library, int threads, double seconds);

}  // namespace benchmarks
