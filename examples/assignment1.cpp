// Assignment 1 of a course on deep learning: logistic and softmax regression on MNIST, every number of two reports on
// it reproduced or refuted. --help says what can be chosen.
#include <xgrad.h>

#include <algorithm>
#include <chrono>
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "assignment1/claims.h"
#include "common/files.h"
#include "common/interrupt.h"
#include "common/validators.h"

namespace {

using namespace assignment1;

using Task = void (*)(Assignment&);

const std::vector<std::pair<std::string, Task>> kTasks = {
    {"2a", task_2a}, {"2b", task_2b}, {"2c", task_2c}, {"2d", task_2d}, {"2e", task_2e},
    {"3a", task_3a}, {"3b", task_3b}, {"3c", task_3c}, {"3d", task_3d}, {"4a", task_4a},
    {"4b", task_4b}, {"4c", task_4c}, {"4d", task_4d}, {"4e", task_4e}};

std::set<std::string> task_names() {
    std::set<std::string> names;
    for (const auto& [name, task] : kTasks) names.insert(name);
    return names;
}

void add_options(CLI::App& app, Settings& settings) {
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    app.add_option("--task", settings.tasks, "a task, 2a to 4e; may be repeated; all if not given")
        ->check(CLI::IsMember(task_names()));
    add("--seed", settings.seed, "seed of the random numbers")->check(whole_number(0));
    add("--seeds", settings.seeds, "train shuffled networks with so many seeds, from --seed on")
        ->check(whole_number(1, 1000));
    const std::string otherwise = "; without it, task 2 is in double precision and the others in single";
    auto* in_double = app.add_flag_callback(
        "--double", [&] { settings.dtype = xgrad::kFloat64; }, "everything in double precision" + otherwise);
    app.add_flag_callback(
           "--float", [&] { settings.dtype = xgrad::kFloat32; }, "everything in single precision")
        ->excludes(in_double);
    app.add_flag("--layer-bias", settings.biases_in_layers, "a bias in the layer instead of a column of ones");
    add("--threads", settings.threads, "threads; the result does not depend on them")->check(whole_number(1, 256));
    add("--output", settings.output, "folder for figures and report.html");
    app.add_flag("--quick", settings.quick, "networks for ten digits train for 300 steps only");
}

std::string precision(const Assignment& a) {
    const auto name = [](xgrad::ScalarType dtype) { return dtype == xgrad::kFloat64 ? "double" : "single"; };
    return a.settings().dtype ? std::string(name(*a.settings().dtype)) + " precision"
                              : "double precision in task 2, single in tasks 3 and 4";
}

/// Where the time went, from the parts that were measured.
Table time_table(const Timings& timings, double seconds) {
    Table table{"", {"", "seconds"}, {}};
    double rest = seconds;
    for (const auto& [what, part] : timings.parts()) {
        table.rows.push_back({what, fixed(part, 2)});
        rest -= part;
    }
    table.rows.push_back({"everything else", fixed(rest, 2)});
    table.rows.push_back({"all", fixed(seconds, 2)});
    return table;
}

void add_facts(Assignment& a, double seconds) {
    Report& report = a.report();
    const auto count = [](const Report::Tally& tally, Verdict verdict) {
        const auto found = tally.find(verdict);
        return found == tally.end() ? 0 : found->second;
    };
    const int good = count(report.compared(), Verdict::kReproduced);
    report.fact(std::to_string(good) + " of " + std::to_string(good + count(report.compared(), Verdict::kDiffers)),
                "numbers reproduced");
    report.fact(std::to_string(count(report.judged(), Verdict::kDiffers)), "claims of the reports found wrong");
    report.fact(fixed(seconds, 0) + " s", "for all of it, figures included");
    report.fact(std::to_string(a.settings().seeds), a.settings().seeds == 1 ? "seed" : "seeds");
}

int run(const Settings& settings) {
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    prepare_folder(settings.output);
    xgrad::set_num_threads(settings.threads);
    const InterruptGuard guard;

    Assignment assignment(settings, std::cout);
    const std::set<std::string> chosen =
        settings.tasks.empty() ? task_names() : std::set<std::string>(settings.tasks.begin(), settings.tasks.end());
    for (const auto& [name, task] : kTasks) {
        if (interrupted()) throw Interrupted();
        if (chosen.count(name) > 0) task(assignment);
    }
    judge_claims(assignment, chosen);
    assignment.report().section("Time", "Where the time went");
    assignment.report().table(time_table(assignment.experiments().timings(), seconds()));

    add_facts(assignment, seconds());
    const std::filesystem::path path = std::filesystem::path(settings.output) / "report.html";
    write_file(path,
               assignment.report().html(
                   "Seed " + std::to_string(settings.seed) + ", " + precision(assignment) + ", " +
                   (settings.biases_in_layers ? "biases in the layers" : "a column of ones for the bias") + ", " +
                   std::to_string(settings.threads) +
                   " threads. \u201cNumPy\u201d marks numbers of an independent program; "
                   "where it used random numbers they are ranges over its seeds, accepted when widened by half their "
                   "width to both sides (at least 0.002 for an accuracy, 3 % for a loss)."));
    std::cout << "\nwrote " << path.string() << " in " << fixed(seconds(), 1) << " s\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Reproduces assignment 1: logistic and softmax regression on MNIST.");
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const examples::Interrupted&) {
        std::cerr << "assignment1: interrupted; no report was written\n";
        return 130;
    } catch (const std::exception& error) {
        std::cerr << "assignment1: " << error.what() << '\n';
        return 1;
    }
}
