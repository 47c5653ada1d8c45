#include "tables.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace benchmarks {

namespace {

/// Three significant digits, no exponent.
std::string number(double value) {
    std::ostringstream out;
    const int digits = value == 0 ? 0 : 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
    out << std::fixed << std::setprecision(std::clamp(digits, 0, 6)) << value;
    return out.str();
}

/// Median and extremes of the rounds.
struct Spread {
    double median = NAN, least = NAN, most = NAN;

    Spread() = default;
    explicit Spread(std::vector<double> values) {
        if (values.empty()) return;
        std::sort(values.begin(), values.end());
        const std::size_t n = values.size();
        median = (values[(n - 1) / 2] + values[n / 2]) / 2;
        least = values.front();
        most = values.back();
    }
    bool empty() const { return std::isnan(median); }
    std::string text() const {
        return empty() ? "" : number(median) + " (" + number(least) + " – " + number(most) + ')';
    }
};

Spread medians(const Rounds& rounds) {
    std::vector<double> values;
    for (const Run& run : rounds) values.push_back(run.median);
    return Spread(values);
}

Spread means(const Rounds& rounds) {
    std::vector<double> values;
    for (const Run& run : rounds) values.push_back(run.mean);
    return Spread(values);
}

/// Round by round, so that what slows the machine for a while cancels.
Spread ratio(const Rounds& above, const Rounds& below) {
    std::vector<double> values;
    for (std::size_t i = 0; i < std::min(above.size(), below.size()); ++i)
        values.push_back(above[i].median / below[i].median);
    return Spread(values);
}

/// A limit is missed when the whole spread lies beyond it.
std::string verdict(bool median_holds, bool any_holds) {
    return median_holds ? "holds" : any_holds ? "within the spread" : "**missed**";
}

std::string at_most(const Spread& spread, double limit) {
    if (spread.empty()) return "";
    return verdict(spread.median <= limit, spread.least <= limit);
}

std::string at_least(const Spread& spread, double limit) {
    if (spread.empty()) return "";
    return verdict(spread.median >= limit, spread.most >= limit);
}

const Row* find(const std::vector<Row>& rows, const std::string& name, int threads) {
    for (const Row& row : rows) {
        if (row.name == name && row.threads == threads) return &row;
    }
    return nullptr;
}

void print_times(std::ostream& out, const Results& results) {
    const auto versioned = [&](const std::string& library) {
        const auto found = results.versions.find(library);
        return found == results.versions.end() ? library : library + ' ' + found->second;
    };
    out << "## Times\n\n"
           "Microseconds of a run (of an operation, for the chains): median of the rounds (least – most).\n\n"
           "| workload | threads | "
        << versioned("xgrad") << " | " << versioned("libtorch")
        << " | ratio | at most | | floor | xgrad / floor |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const Row& row : results.rows) {
        const Spread x = medians(row.xgrad), t = medians(row.libtorch), r = ratio(row.xgrad, row.libtorch);
        const double floor = floor_time(row, results.rates);
        out << "| " << row.name << " | " << row.threads << " | " << x.text() << " | " << t.text() << " | " << r.text()
            << " | " << number(row.limit) << " | " << at_most(r, row.limit) << " | "
            << (floor > 0 ? number(floor) : "–") << " | " << (floor > 0 && !x.empty() ? number(x.median / floor) : "–")
            << " |\n";
    }
    for (const auto& [threads, rates] : results.rates) {
        out << "\nFloors at " << threads << (threads == 1 ? " thread: " : " threads: ") << number(rates.sgemm * 1e-9)
            << " GFLOP/s of sgemm; copying, GB/s read and written:";
        for (const auto& [bytes, rate] : rates.copy)
            out << ' ' << number(rate * 1e-9) << " (" << number(bytes / 1024) << " KiB)";
        out << "; reading 64 MiB: " << number(rates.read * 1e-9);
        if (rates.small_step > 0) out << "; the small step written by hand: " << number(rates.small_step) << " us";
        out << ".\n";
    }
}

/// How quiet the machine was.
void print_others(std::ostream& out, const std::vector<Row>& rows) {
    double sum = 0, most = 0, runs = 0;
    for (const Row& row : rows) {
        for (const Rounds* rounds : {&row.xgrad, &row.libtorch}) {
            for (const Run& run : *rounds) {
                sum += run.others;
                most = std::max(most, run.others);
                ++runs;
            }
        }
    }
    out << "\nOther processes used " << number(sum / runs) << " processors meanwhile on average, " << number(most)
        << " at most.\n";
}

void print_gains(std::ostream& out, const Results& results) {
    out << "\n## Two threads against one\n\n"
           "Time at one thread over time at two; `floor` is what the machine gives. At least 0.952 (5 % slower) is\n"
           "asked, and 1.6 of what takes more than 1 ms and is bound by memory or arithmetic.\n\n"
           "| workload | bound by | xgrad | libtorch | floor | at least | |\n|---|---|---|---|---|---|---|\n";
    for (const Row& one : results.rows) {
        const Row* two = one.threads == 1 ? find(results.rows, one.name, 2) : nullptr;
        if (!two) continue;
        const bool large = medians(one.xgrad).median > 1000 && one.bound != "overhead";
        const double limit = large ? 1.6 : 1 / 1.05;
        const Spread gain = ratio(one.xgrad, two->xgrad);
        const double floor = floor_time(*two, results.rates);
        out << "| " << one.name << " | " << one.bound << " | " << gain.text() << " | "
            << ratio(one.libtorch, two->libtorch).text() << " | "
            << (floor > 0 ? number(floor_time(one, results.rates) / floor) : "–") << " | " << number(limit) << " | "
            << at_least(gain, limit) << " |\n";
    }
}

void print_loaded(std::ostream& out, const Results& results) {
    constexpr double kLimit = 3;
    const bool measured =
        std::any_of(results.rows.begin(), results.rows.end(), [](const Row& row) { return !row.loaded_xgrad.empty(); });
    if (!measured) return;
    out << "\n## Beside a process that keeps a core busy\n\n"
           "Mean times at two threads, and how often the quiet mean they are; at most 3 is asked.\n\n"
           "| workload | xgrad quiet | xgrad loaded | times | | libtorch quiet | libtorch loaded | times |\n"
           "|---|---|---|---|---|---|---|---|\n";
    for (const Row& row : results.rows) {
        if (row.loaded_xgrad.empty() || row.xgrad.empty()) continue;
        const double x = means(row.xgrad).median, t = means(row.libtorch).median;
        const Spread loaded = means(row.loaded_xgrad);
        const double slower = loaded.median / x;
        out << "| " << row.name << " | " << number(x) << " | " << loaded.text() << " | " << number(slower) << " | "
            << verdict(slower <= kLimit, loaded.least / x <= kLimit);
        const Spread other = means(row.loaded_libtorch);
        if (!other.empty() && !std::isnan(t))
            out << " | " << number(t) << " | " << other.text() << " | " << number(other.median / t) << " |\n";
        else
            out << " | | | |\n";
    }
}

}  // namespace

void print_tables(std::ostream& out, const Results& results) {
    print_times(out, results);
    print_others(out, results.rows);
    print_gains(out, results);
    print_loaded(out, results);
}

void print_ratios(std::ostream& out, const Results& results) {
    const auto print = [&](const Row* row) {
        const Spread r = row ? ratio(row->xgrad, row->libtorch) : Spread();
        out << ' ' << r.median << ' ' << r.least << ' ' << r.most << ' ' << (row ? row->limit : NAN);
    };
    for (const Row& row : results.rows) {
        if (row.threads != 1) continue;
        out << '"' << row.name << '"';
        print(&row);
        print(find(results.rows, row.name, 2));
        out << '\n';
    }
}

void print_curves(std::ostream& out, const Results& results) {
    const auto block = [&](const std::string& name, const std::vector<Point>& points) {
        out << "# " << name << '\n';
        for (const Point& point : points) out << point.x << ' ' << point.y << '\n';
        out << "\n\n";
    };
    for (const auto& [name, points] : results.curves) {
        block(name, points);
        const std::string base = name.substr(0, name.size() - 1);
        const auto two = results.curves.find(base + '2');
        if (name.back() != '1' || two == results.curves.end()) continue;
        std::vector<Point> gain;
        for (std::size_t i = 0; i < std::min(points.size(), two->second.size()); ++i)
            gain.push_back({points[i].x, points[i].y / two->second[i].y});
        const std::size_t space = base.find(' ');
        block(base.substr(0, space) + " gain" + base.substr(space), gain);
    }
}

std::vector<std::string> disagreements(const Results& results) {
    constexpr double kTolerance = 1e-4;
    std::vector<std::string> found;
    for (const Row& row : results.rows) {
        for (std::size_t i = 0; i < std::min(row.xgrad.size(), row.libtorch.size()); ++i) {
            const double x = row.xgrad[i].check, t = row.libtorch[i].check;
            if (std::abs(x - t) <= kTolerance * std::abs(t)) continue;
            std::ostringstream text;
            text << row.name << " at " << row.threads << " threads: xgrad " << std::setprecision(9) << x
                 << ", libtorch " << t;
            found.push_back(text.str());
            break;
        }
    }
    return found;
}

}  // namespace benchmarks
