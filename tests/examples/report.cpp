// What reports, figures and analyses of the examples are made of.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "../../examples/common/analysis.h"
#include "../../examples/common/experiments.h"
#include "../../examples/common/files.h"
#include "../../examples/common/image_grid.h"
#include "../../examples/common/interrupt.h"
#include "../../examples/common/reference.h"
#include "../../examples/common/report.h"
#include "../../examples/common/text.h"

using namespace examples;
using xgrad::Tensor;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A history with these validation accuracies every second step; training accuracies rise by 0.1 each.
History history_of(const std::vector<double>& accuracies) {
    History history;
    history.steps_per_epoch = 4;
    for (std::size_t i = 0; i < accuracies.size(); ++i) {
        const auto at = static_cast<double>(i);
        history.loss.insert(history.loss.end(), {at, at + 10});
        history.checks.push_back(
            {static_cast<std::int64_t>(2 * i), {0, 0.1 * at}, {1 - accuracies[i], accuracies[i]}, at});
    }
    return history;
}

/// An experiment on y = w x that starts at a random w.
Experiment line(const std::string& name, int& made) {
    const Tensor x = xgrad::linspace(1, 2, 40).unsqueeze(1);
    const xgrad::data::datasets::TensorDataset all(x, x * 2);
    Experiment experiment{
        name,
        [&made] {
            ++made;
            const Tensor w = xgrad::randn({1, 1}).requires_grad_();
            const Model model{[w](const Tensor& input) { return input.matmul(w); },
                              [](const Tensor& out, const Tensor& y) { return (out - y).square().mean(); },
                              [](const Tensor& out, const Tensor& y) { return (out - y).abs().lt(0.5); }};
            return Trainee{model, {w}, std::make_unique<xgrad::optim::SGD>(std::vector<Tensor>{w}, 0.05)};
        },
        {all, all, all}};
    experiment.options.batch_size = 4;
    experiment.options.epochs = 2;
    return experiment;
}

}  // namespace

TEST_CASE("base64 as in RFC 4648") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe\x00") == "//4=");
    CHECK(base64(std::string("\xfb\xff\0", 3)) == "+/8A");
}

TEST_CASE("formulas as HTML") {
    CHECK(html_text("a < b & \"c\"") == "a &lt; b &amp; &quot;c&quot;");
    CHECK(html_text("`w_{ij}^2`") == "<span class=\"f\"><i>w</i><sub><i>ij</i></sub><sup>2</sup></span>");
    CHECK(html_text("so `-ln \u0177_k`.") == "so <span class=\"f\">\u2212ln <i>\u0177</i><sub><i>k</i></sub></span>.");
    CHECK(html_text("`\u03a3 \u03bb`") == "<span class=\"f\">\u03a3 <i>\u03bb</i></span>");
    CHECK(html_text("`x_`") == "<span class=\"f\"><i>x</i>_</span>");
    CHECK(html_text("`x_{i`") == "<span class=\"f\"><i>x</i><sub><i>i</i></sub></span>");
    CHECK(html_text("open `x") == "open <span class=\"f\"><i>x</i></span>");
}

TEST_CASE("tables as text are aligned by characters, not by bytes") {
    const Table table{"`C` of all", {"", "\u03bb", "long head"}, {{"first", "1", "2"}, {"\u0177", "10", ""}}};
    CHECK(text(table) == "C of all\n         \u03bb   long head\n  first  1   2\n  \u0177      10\n");
}

TEST_CASE("a report: sections, tables, claims and pictures, and what is printed on the way") {
    std::ostringstream log;
    Report report("Title <1>", "Lead.", log);
    report.fact("42", "answers");
    report.section("2a", "First", "Why `x`.");
    report.comparisons({{"loss", "0.5", "0.5 (000)", Verdict::kReproduced},
                        {"accuracy", "0.9", "0.8 (000)", Verdict::kDiffers, "off by 0.1"}});
    report.figure("F-1", {{"/tmp/f.svg"}, "", {"<svg>1</svg>", "<svg>2</svg>"}}, "Two panels.");
    report.figure("F-2", {{}, "gnuplot is not installed", {}}, "None.");
    report.figure("F-3", {{"/tmp/g.svg"}, "", {"<svg>wide</svg>"}, {"<svg>narrow</svg>"}}, "Grid.");
    report.section("Claims", "Judged");
    report.claims({{"001", "2e", "it is so", Verdict::kPartly, "half of it"}});
    CHECK(report.compared() == Report::Tally{{Verdict::kReproduced, 1}, {Verdict::kDiffers, 1}});
    CHECK(report.judged() == Report::Tally{{Verdict::kPartly, 1}});

    const std::string html = report.html("Seed 0.");
    CHECK(contains(html, "<title>Title &lt;1&gt;</title>"));
    CHECK(contains(html, "<a href=\"#task-2a\""));
    CHECK(contains(html, "<section id=\"task-2a\">"));
    CHECK(contains(html, "<b>42</b>answers"));
    CHECK(contains(html, "data:image/svg+xml;base64," + base64("<svg>2</svg>")));
    CHECK(contains(html, "srcset=\"data:image/svg+xml;base64," + base64("<svg>narrow</svg>")));
    CHECK(contains(html, "No picture: gnuplot is not installed"));
    CHECK(contains(html, "verdict bad\">differs</span><span class=\"why\">off by 0.1"));
    CHECK(contains(html, "partly right"));
    CHECK(contains(html, "Seed 0."));
    CHECK(contains(html, "</html>"));
    for (const char* outside : {"http:", "https:", "//cdn", "<script", "@import", "url("}) {
        CAPTURE(outside);
        CHECK_FALSE(contains(html, outside));
    }
    CHECK(contains(log.str(), "2a  First\n---------\n"));
    CHECK(contains(log.str(), "  accuracy  0.9   0.8 (000)  differs\n"));
    CHECK(contains(log.str(), "Figure F-2: no picture: gnuplot is not installed\n"));
}

TEST_CASE("numbers beside others") {
    CHECK(ranged("a", {0.91, 0.92, 0.93}, 2, 0.92, 0.93, {}, "X").verdict == Verdict::kDiffers);
    CHECK(ranged("a", {0.916, 0.92, 0.93}, 3, 0.92, 0.93, {}, "X").verdict == Verdict::kReproduced);
    CHECK(ranged("a", {0.91, 0.92, 0.93}, 2, 0.92, 0.93, {0.02, 0}, "X").verdict == Verdict::kReproduced);
    CHECK(ranged("a", {2, 2, 2}, 2, 1.9, 1.9, {0, 0.03}, "X").verdict == Verdict::kDiffers);
    CHECK(ranged("a", {NAN, NAN, NAN}, 2, 0, 1, {}, "X").verdict == Verdict::kDiffers);
    CHECK(ranged("a", {0.91, 0.92, 0.93}, 2, 0.92, 0.93, {}, "X").reported == "0.92 to 0.93 (X)");
    CHECK(ranged("a", {1, 1, 1}, 1, 1, 1, {}, "X").ours == "1.0");
    CHECK(equal("a", 0.5, 0.5 + 1e-14, 1e-13, 3, "X").verdict == Verdict::kReproduced);
    CHECK(equal("a", 0.5, 0.51, 1e-3, 3, "X").why == "off by 1.0e-02");
    CHECK(equal("a", NAN, 0.51, 1e-3, 3, "X").verdict == Verdict::kDiffers);
}

TEST_CASE("experiments: each is trained once for each seed") {
    Experiments experiments(3, 2);
    int made = 0;
    Experiment experiment = line("line", made);
    experiment.options.max_steps = 19;  // the last check follows step 18
    const auto& results = experiments.run(experiment);
    CHECK(made == 2);
    CHECK(&experiments.run(experiment) == &results);
    CHECK(made == 2);
    REQUIRE(results.size() == 2);
    CHECK(results[0].seed == 3);
    CHECK(results[0].history.loss[0] != results[1].history.loss[0]);
    CHECK(results[0].training.loss == results[0].history.checks.back().probe.loss);

    Experiments again(4, 1);
    CHECK(again.run(experiment).front().history.loss == results[1].history.loss);
    experiment.name = "no seeds";
    experiment.random = false;
    CHECK(experiments.run(experiment).size() == 1);

    double seconds = 0;
    for (const auto& [what, part] : experiments.timings().parts()) seconds += part;
    CHECK(seconds > 0);
}

TEST_CASE("experiments: weights at the end are measured when the last check is older") {
    int made = 0;
    Experiment experiment = line("line", made);
    experiment.options.max_steps = 2;  // checks follow the steps 0, 2, 4 ...
    Experiments experiments(0, 1);
    const Result& result = experiments.run(experiment).front();
    CHECK(result.history.checks.size() == 1);
    CHECK(result.training.loss != result.history.checks.back().probe.loss);
    CHECK(result.training.loss == doctest::Approx(result.validation.loss));
}

TEST_CASE("experiments: Ctrl-C ends them all") {
    const InterruptGuard guard;
    int made = 0;
    Experiments experiments(0, 5);
    std::raise(SIGINT);
    CHECK_THROWS_AS(experiments.run(line("line", made)), Interrupted);
    CHECK(made == 1);
}

TEST_CASE("a penalty is minimised and not reported") {
    int made = 0;
    Experiment experiment = line("line", made);
    const auto make = experiment.make;
    experiment.make = [make] {
        Trainee trainee = make();
        trainee.model.penalty = [w = trainee.parameters[0]] { return 5 * w.square().sum(); };
        return trainee;
    };
    Experiments experiments(0, 1);
    experiments.run(line("plain", made));
    const Result& plain = experiments.run(line("plain", made)).front();
    const Result& penalised = experiments.run(experiment).front();
    CHECK(penalised.history.loss[0] == plain.history.loss[0]);
    CHECK(std::abs(penalised.parameters[0].item<double>()) < std::abs(plain.parameters[0].item<double>()));
}

TEST_CASE("ranges of results") {
    std::vector<Result> results(4);
    for (std::size_t i = 0; i < 4; ++i) results[i].seed = i;
    const auto seed = [](const Result& result) { return static_cast<double>(result.seed); };
    const Range range = range_of(results, seed);
    CHECK(range.low == 0);
    CHECK(range.median == 1.5);
    CHECK(range.high == 3);
    CHECK(text(range, 1) == "0.0 / 1.5 / 3.0");
    CHECK(inside(range, 0, 3));
    CHECK_FALSE(inside(range, 1, 3));
    CHECK(std::isnan(range_of({}, seed).median));
}

TEST_CASE("what is read off a history") {
    const History history = history_of({0.5, 0.9, 0.5, 0.9, 0.9});
    const Restlessness restless = restlessness(history, 2);
    CHECK(restless.accuracy_dip == doctest::Approx(0.4));
    CHECK(restless.loss_rise == doctest::Approx(0.4));
    CHECK(restless.accuracy_low == 0.5);
    CHECK(restless.accuracy_std == doctest::Approx(std::sqrt(0.03)));
    CHECK(restless.dips == std::vector<std::int64_t>{4});
    CHECK(restlessness(history, 5).dips.empty());

    CHECK(batch_losses(history, 0, 2) == std::vector<double>{1, 11, 2, 12});
    CHECK(batch_losses(history, 1, 99) == std::vector<double>{2, 12, 3, 13});
    CHECK(last_crossing(history) == 8);
    CHECK(last_crossing(history_of({-1, -1})) == -1);
    CHECK(check_near(history, 5).step == 4);
    CHECK(check_near(history, 99).step == 8);
    CHECK(history.first_reaching(0.8)->step == 2);
    CHECK(history.first_reaching(0.95) == nullptr);
    CHECK(history.early_stop(1)->step == 4);
    CHECK(history.early_stop(4) == nullptr);
    CHECK(history.epoch(7) == 1);
}

TEST_CASE("runs, roughness, correlation") {
    const Runs found = runs(xgrad::tensor({1, 1, 0, 0, 0, 1}));
    CHECK(found.longest == 3);
    CHECK(found.mean == 2);
    CHECK(roughness({xgrad::tensor({{1., 1.}, {1., 1.}})}) == 0);
    CHECK(roughness({xgrad::tensor({{1., -1.}, {1., -1.}})}) == 2);
    const Tensor x = xgrad::tensor({1., 2., 4.}, xgrad::kFloat64);
    CHECK(correlation(x, 3 * x + 1) == doctest::Approx(1));
    CHECK(correlation(x, -x) == doctest::Approx(-1));
}

TEST_CASE("an image grid") {
    const fs::path folder = fs::temp_directory_path() / ("xgrad-grid-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const Tensor image = xgrad::tensor({{0., 1.}, {2., 3.}});
    ImageGrid grid{"it's a title", {{"row", {"a", "b"}, {image, image + 1}}, {"flat", {"c"}, {xgrad::zeros({2, 2})}}}};
    const SavedFigure saved = save_image_grid(grid, folder, "grid");
    CHECK(contains(read_file(folder / "grid.csv"), "\"row\",\"b\",1,0,3\n"));
    if (saved.problem.rfind("gnuplot is not installed", 0) != 0) {
        CHECK(saved.problem.empty());
        CHECK(read_file(folder / "grid.png").rfind("\x89PNG", 0) == 0);
        CHECK(saved.pictures.size() == 1);
        CHECK(saved.narrow_pictures.size() == 1);
        CHECK(contains(saved.pictures[0], "data:image/png;base64,"));
        CHECK(std::distance(fs::directory_iterator(folder), {}) == 3);
    }
    grid.rows[0].images[0] = xgrad::zeros({4});
    CHECK_THROWS_AS(save_image_grid(grid, folder, "grid"), xgrad::ShapeError);
    fs::remove_all(folder);
}

TEST_CASE("a file that cannot be read") { CHECK_THROWS_AS(read_file("/nonexistent/file"), xgrad::FileError); }
