#include "results.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>

namespace benchmarks {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

void for_each_line(const fs::path& file, const std::function<void(const json&)>& f) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) f(json::parse(line));
}

Row& row_of(std::vector<Row>& rows, const json& line) {
    const std::string name = line.at("name");
    const int threads = line.at("threads");
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Row& row) { return row.name == name && row.threads == threads; });
    if (found != rows.end()) return *found;
    Row row;
    row.name = name;
    row.threads = threads;
    row.bound = line.at("bound");
    row.limit = line.at("limit");
    row.flops = line.at("flops");
    row.bytes = line.at("bytes");
    row.steps = line.at("steps");
    return rows.emplace_back(row);
}

void read_runs(const fs::path& file, Results& results, Rounds Row::*xgrad, Rounds Row::*libtorch) {
    for_each_line(file, [&](const json& line) {
        Row& row = row_of(results.rows, line);
        results.versions[line.at("library")] = line.at("version");
        Rounds& rounds = row.*(line.at("library") == "xgrad" ? xgrad : libtorch);
        rounds.push_back({line.at("median"), line.at("mean"), line.at("check"), line.at("others")});
    });
}

/// The bandwidth for that many bytes, between measured sizes on a logarithmic scale.
double interpolate(const std::map<double, double>& copy, double bytes) {
    const auto above = copy.lower_bound(bytes);
    if (above == copy.begin()) return above->second;
    const auto below = std::prev(above);
    if (above == copy.end()) return below->second;
    const double share = std::log(bytes / below->first) / std::log(above->first / below->first);
    return below->second + share * (above->second - below->second);
}

}  // namespace

Results read_results(const fs::path& folder) {
    Results results;
    read_runs(folder / "runs.jsonl", results, &Row::xgrad, &Row::libtorch);
    read_runs(folder / "loaded.jsonl", results, &Row::loaded_xgrad, &Row::loaded_libtorch);
    // The best of several measurements: what disturbs only adds.
    for_each_line(folder / "rates.jsonl", [&](const json& line) {
        Rates& rates = results.rates[line.at("threads")];
        rates.sgemm = std::max<double>(rates.sgemm, line.at("sgemm"));
        rates.read = std::max<double>(rates.read, line.at("read"));
        for (const auto& [bytes, rate] : line.at("copy").get<std::vector<std::pair<double, double>>>())
            rates.copy[bytes] = std::max(rates.copy[bytes], rate);
        const double step = line.value("small_step", 0.0);
        if (step > 0) rates.small_step = rates.small_step > 0 ? std::min(rates.small_step, step) : step;
    });
    for_each_line(folder / "curves.jsonl", [&](const json& line) {
        const std::string name = line.at("library").get<std::string>() + ' ' + line.at("curve").get<std::string>() +
                                 ' ' + std::to_string(line.at("threads").get<int>());
        results.curves[name].push_back({line.at("x"), line.at("y")});
    });
    return results;
}

double floor_time(const Row& row, const std::map<int, Rates>& rates) {
    const auto found = rates.find(row.threads);
    if (found == rates.end()) return 0;
    const double arithmetic = row.flops / found->second.sgemm;
    const double traffic = row.bytes > 0 ? row.bytes / interpolate(found->second.copy, row.bytes) : 0;
    return 1e6 * row.steps * std::max(arithmetic, traffic);
}

}  // namespace benchmarks
