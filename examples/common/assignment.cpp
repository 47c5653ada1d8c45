#include "assignment.h"

#include <algorithm>
#include <chrono>
#include <CLI/CLI.hpp>
#include <iostream>
#include <set>

#include "files.h"
#include "interrupt.h"
#include "text.h"
#include "validators.h"

namespace examples {

namespace {

constexpr const char* kFigureTime = "figures";

void add_options(CLI::App& app, AssignmentSettings& settings, const AssignmentProgram& program) {
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    app.add_option("--task", settings.tasks, "a task; may be repeated; all if not given")
        ->check(CLI::IsMember(program.tasks));
    add("--seed", settings.seed, "seed of the random numbers")->check(whole_number(0));
    add("--seeds", settings.seeds, "train networks with random numbers for so many seeds, from --seed on")
        ->check(whole_number(1, 1000));
    auto* in_double = app.add_flag_callback(
        "--double", [&] { settings.dtype = xgrad::kFloat64; },
        "everything in double precision; without it, " + program.precision);
    app.add_flag_callback(
           "--float", [&] { settings.dtype = xgrad::kFloat32; }, "everything in single precision")
        ->excludes(in_double);
    app.add_flag("--layer-bias", settings.biases_in_layers,
                 "biases in the layers instead of a column of ones, for the networks that are trained");
    add("--threads", settings.threads, "threads; the result does not depend on them")->check(whole_number(1, 256));
    add("--output", settings.output, "folder for figures and report.html");
    app.add_flag("--quick", settings.quick,
                 "networks for all ten digits end after " + std::to_string(kQuickSteps) + " steps, without verdicts");
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

void add_facts(Assignment& assignment, double seconds) {
    Report& report = assignment.report();
    const auto count = [](const Report::Tally& tally, Verdict verdict) {
        const auto found = tally.find(verdict);
        return found == tally.end() ? 0 : found->second;
    };
    const int good = count(report.compared(), Verdict::kReproduced);
    report.fact(std::to_string(good) + " of " + std::to_string(good + count(report.compared(), Verdict::kDiffers)),
                "numbers reproduced");
    report.fact(std::to_string(count(report.judged(), Verdict::kDiffers)), "claims of the reports found wrong");
    report.fact(fixed(seconds, 0) + " s", "for all of it, figures included");
    const int seeds = assignment.settings().seeds;
    report.fact(std::to_string(seeds), seeds == 1 ? "seed" : "seeds");
}

std::string colophon(const Assignment& assignment) {
    const AssignmentSettings& settings = assignment.settings();
    return "Seed " + std::to_string(settings.seed) + ", " + assignment.precision() + ", " +
           (settings.biases_in_layers ? "biases in the layers" : "a column of ones for the bias") + ", " +
           std::to_string(settings.threads) +
           " threads. \u201cNumPy\u201d marks numbers of an independent program; where it used random numbers they are "
           "ranges over its seeds, accepted when widened by half their width to both sides (at least 0.002 for an "
           "accuracy, 3 % for a loss, 1,250 steps for a stop, where nothing else is said); figures and tables of a "
           "single run are those of the first seed.";
}

void run(const AssignmentSettings& settings, const AssignmentProgram& program) {
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    prepare_folder(settings.output);
    xgrad::set_num_threads(settings.threads);
    const InterruptGuard guard;

    const std::vector<std::string>& chosen = settings.tasks.empty() ? program.tasks : settings.tasks;
    const std::set<std::string> tasks(chosen.begin(), chosen.end());
    const std::unique_ptr<Assignment> assignment = program.make(settings, std::cout);
    for (const std::string& task : program.tasks) {
        if (interrupted()) throw Interrupted();
        if (tasks.count(task) > 0) assignment->run_task(task);
    }
    Judge judge(tasks, program.homes, settings.quick);
    assignment->judge(judge);
    Report& report = assignment->report();
    report.section("Time", "Where the time went");
    report.table(time_table(assignment->experiments().timings(), seconds()));
    report.section(
        "Claims", "Derivations and claims, judged",
        "Every formula and statement of the reports on the tasks above. Where a number decides, a formula was "
        "evaluated beside the library\u2019s gradient, a statement held against the runs of this page; slips "
        "of notation were found by reading.");
    report.claims(judge.claims());
    add_facts(*assignment, seconds());

    const std::filesystem::path path = std::filesystem::path(settings.output) / "report.html";
    write_file(path, report.html(colophon(*assignment)));
    std::cout << "\nwrote " << path.string() << " in " << fixed(seconds(), 1) << " s\n";
}

}  // namespace

Assignment::Assignment(const AssignmentSettings& settings, std::string title, std::string lead, std::ostream& log)
    : settings_(settings),
      data_(course::load_data()),
      report_(std::move(title), std::move(lead), log),
      experiments_(settings.seed, settings.seeds) {}

void Assignment::show(const std::string& id, const Figure& figure, const std::string& caption) {
    const Timed timed(experiments_.timings(), kFigureTime);
    report_.figure(id, save_figure(figure, settings_.output, id), caption);
}

void Assignment::show(const std::string& id, const ImageGrid& grid, const std::string& caption) {
    const Timed timed(experiments_.timings(), kFigureTime);
    report_.figure(id, save_image_grid(grid, settings_.output, id), caption);
}

void Assignment::compare_long_runs(const std::vector<Comparison>& comparisons, const std::string& caption) {
    if (!settings_.quick) return report_.comparisons(comparisons, caption);
    std::vector<Comparison> unjudged = comparisons;
    for (Comparison& one : unjudged) {
        one.verdict = Verdict::kNote;
        one.why = "a quick run of " + std::to_string(kQuickSteps) + " steps";
    }
    report_.comparisons(unjudged, caption);
}

std::string precision_name(xgrad::ScalarType dtype) { return dtype == xgrad::kFloat64 ? "double" : "single"; }

int assignment_main(int argc, const char* const* argv, const AssignmentProgram& program) {
    AssignmentSettings settings;
    settings.output = "results/" + program.name;
    CLI::App app(program.description);
    add_options(app, settings, program);
    CLI11_PARSE(app, argc, argv);
    try {
        run(settings, program);
        return 0;
    } catch (const Interrupted&) {
        std::cerr << program.name << ": interrupted; no report was written\n";
        return 130;
    } catch (const std::exception& error) {
        std::cerr << program.name << ": " << error.what() << '\n';
        return 1;
    }
}

}  // namespace examples
