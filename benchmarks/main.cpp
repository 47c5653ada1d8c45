// Times workloads with one of the libraries and prints a line of JSON for each.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "curves.h"
#include "others.h"
#include "timing.h"
#include "workload.h"

using namespace benchmarks;
using nlohmann::json;

namespace {

#ifdef BENCHMARK_LIBTORCH
constexpr const char* kLibrary = "libtorch";
const std::string kVersion = TORCH_VERSION;
#else
constexpr const char* kLibrary = "xgrad";
const std::string kVersion = XGRAD_VERSION;
#endif

std::vector<Entry> table() {
    std::vector<Entry> all;
    for (const auto family : {overhead_workloads, training_workloads, elementwise_workloads, fused_workloads,
                              row_workloads, network_workloads, convolution_workloads, product_workloads}) {
        for (const Entry& entry : family()) all.push_back(entry);
    }
    return all;
}

const char* name(Bound bound) {
    switch (bound) {
        case Bound::kOverhead:
            return "overhead";
        case Bound::kMemory:
            return "memory";
        case Bound::kArithmetic:
            return "arithmetic";
    }
    return "";
}

/// What this process has mapped of the libraries that decide its speed.
std::set<std::string> mapped_libraries() {
    std::set<std::string> found;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        const std::size_t slash = line.find('/');
        if (slash == std::string::npos) continue;
        const std::string path = line.substr(slash);
        for (const char* part : {"blas", "tcmalloc", "libgomp", "libtorch_cpu"}) {
            if (path.find(part, path.rfind('/')) != std::string::npos) found.insert(path);
        }
    }
    return found;
}

void print_information() {
    std::cout << kLibrary << ' ' << kVersion;
#ifdef BENCHMARK_LIBTORCH
    const std::string config = torch::show_config(), key = "CPU capability usage: ";
    if (const std::size_t at = config.find(key); at != std::string::npos) {
        const std::size_t begin = at + key.size();
        std::cout << ", kernels for " << config.substr(begin, config.find('\n', begin) - begin);
    }
#endif
    std::cout << ", this program " << BENCHMARK_COMPILER << ", with";
    for (const std::string& path : mapped_libraries()) std::cout << ' ' << path;
    std::cout << '\n';
}

void measure_and_print(const Entry& entry, int threads, double seconds) {
    const Others others;
    const Timing timing = measure(entry, seconds);
    std::cout << json{{"library", kLibrary},        {"version", kVersion},
                      {"name", entry.name},         {"threads", threads},
                      {"median", timing.median},    {"mean", timing.mean},
                      {"samples", timing.samples},  {"check", timing.check},
                      {"others", others.share()},   {"limit", entry.limit[threads > 1]},
                      {"bound", name(entry.bound)}, {"flops", entry.flops},
                      {"bytes", entry.bytes},       {"steps", entry.steps}}
              << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Times workloads; a line of JSON for each. Times are in microseconds.");
    int threads = 1;
    double seconds = 0.2;
    std::string filter = ".*";
    bool list = false, information = false, curves = false;
    app.add_option("--threads", threads, "threads of the library")->check(CLI::Range(1, 256))->capture_default_str();
    app.add_option("--seconds", seconds, "how long to time a workload")->capture_default_str();
    app.add_option("--filter", filter, "a regular expression that a name contains")->capture_default_str();
    app.add_flag("--list", list, "print the names and stop");
    app.add_flag("--info", information, "print what runs and stop");
    app.add_flag("--curves", curves, "time how things grow with their size instead");
    CLI11_PARSE(app, argc, argv);

    try {
        torch::set_num_threads(threads);
        if (information) {
            print_information();
            return 0;
        }
        if (curves) {
            time_curves(kLibrary, threads, seconds);
            return 0;
        }
        const std::regex pattern(filter);
        for (const Entry& entry : table()) {
            if (!std::regex_search(entry.name, pattern)) continue;
            if (list)
                std::cout << entry.name << '\n';
            else
                measure_and_print(entry, threads, seconds);
        }
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
}
