#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace benchmarks {

/// One run of a program on one workload: times in microseconds.
struct Run {
    double median, mean, check;
    double others;  // processors that others used meanwhile
};

/// The rounds of one library, in order.
using Rounds = std::vector<Run>;

/// A workload at a number of threads.
struct Row {
    std::string name, bound;
    int threads = 0;
    double limit = 0, flops = 0, bytes = 0, steps = 1;
    Rounds xgrad, libtorch;                // the machine to themselves
    Rounds loaded_xgrad, loaded_libtorch;  // beside a process that keeps a core busy
};

/// What the machine can do at best, at a number of threads.
struct Rates {
    double sgemm = 0;               // floating-point operations a second
    std::map<double, double> copy;  // bytes touched, and read and written a second
    double read = 0;                // bytes a second, of 64 MiB
    double small_step = 0;          // microseconds, written by hand; 0 if not measured
};

struct Point {
    double x, y;
};

struct Results {
    std::map<std::string, std::string> versions;  // by library
    std::vector<Row> rows;
    std::map<int, Rates> rates;  // by threads
    /// By "xgrad add 1": library, name, threads.
    std::map<std::string, std::vector<Point>> curves;
};

/// Reads runs.jsonl and, where they are, loaded.jsonl, rates.jsonl and curves.jsonl of a folder.
/// Throws std::runtime_error or nlohmann's exceptions for what it cannot read.
Results read_results(const std::filesystem::path& folder);

/// The least time in microseconds that the arithmetic or the traffic of a run needs; 0 without rates.
double floor_time(const Row& row, const std::map<int, Rates>& rates);

}  // namespace benchmarks
