// What the examples share.
#include <doctest/doctest.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "../../examples/common/figure.h"
#include "../../examples/common/files.h"
#include "../../examples/common/graph_picture.h"
#include "../../examples/common/interrupt.h"
#include "../../examples/common/progress.h"
#include "../../examples/common/text.h"
#include "../../examples/common/training.h"

using namespace examples;
using xgrad::Tensor;
namespace fs = std::filesystem;

namespace {

/// A folder that goes away with the test.
class Folder {
  public:
    Folder() : path_(fs::temp_directory_path() / ("xgrad-examples-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path operator/(const std::string& name) const { return path_ / name; }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// Looks for programs in another folder for a scope.
class SearchPath {
  public:
    explicit SearchPath(const std::string& folder) : previous_(std::getenv("PATH")) {
        ::setenv("PATH", folder.c_str(), 1);
    }
    ~SearchPath() { ::setenv("PATH", previous_.c_str(), 1); }
    SearchPath(const SearchPath&) = delete;
    SearchPath& operator=(const SearchPath&) = delete;

  private:
    std::string previous_;
};

std::string slurp(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_script(const fs::path& path, const std::string& body) {
    std::ofstream(path) << "#!/bin/sh\n" << body;
    fs::permissions(path, fs::perms::owner_all);
}

Figure small_figure() {
    const Curve plain{"validation, \"all\"", {0, 2}, {0.5, 0.25}};
    const Curve banded{"it's", {1, 3}, {1, std::numeric_limits<double>::quiet_NaN()}, {0.5, 0}};
    return {"title", "step", {{"loss", {plain, banded}, {{0, 1}}}, {"accuracy", {plain}, {}, Legend::kBottomRight}}};
}

/// Fits y = 2x with one weight, and says so when a step is done.
struct Line {
    explicit Line(double lr, std::int64_t rows = 40)
        : weight(xgrad::zeros({1, 1}, xgrad::kFloat64).requires_grad_()),
          optimizer({weight}, xgrad::optim::SGDOptions(lr)),
          model{[this](const Tensor& x) { return x.matmul(weight); },
                [](const Tensor& output, const Tensor& target) { return (output - target).square().mean(); },
                [](const Tensor& output, const Tensor& target) { return (output - target).abs().lt(0.5); }} {
        const Tensor x = xgrad::linspace(1, 2, rows, xgrad::kFloat64).unsqueeze(1);
        const xgrad::data::datasets::TensorDataset all(x, x * 2);
        data = {all, all, all};
    }

    History train(const TrainingOptions& options) { return examples::train(model, optimizer, *data, options); }

    Tensor weight;
    xgrad::optim::SGD optimizer;
    Model model;
    std::optional<Splits> data;
};

}  // namespace

TEST_CASE("numbers and durations as text") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(-123456) == "-123,456");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(fixed(2.0 / 3, 3) == "0.667");
    CHECK(shortest(0.1) == "0.1");
    CHECK(clock_time(0.4) == "0:00");
    CHECK(clock_time(59.6) == "1:00");
    CHECK(clock_time(3725) == "1:02:05");
}

TEST_CASE("smoothed: means of windows at their middle, with the standard deviation") {
    const Curve curve = smoothed("a", {1, 3, 5, 5, 9}, 2);
    CHECK(curve.x == std::vector<double>{0.5, 2.5});
    CHECK(curve.y == std::vector<double>{2, 5});
    CHECK(curve.spread == std::vector<double>{1, 0});
}

TEST_CASE("csv has a line for each point") {
    CHECK(csv(small_figure()) ==
          "panel,curve,\"step\",value,spread\n"
          "\"loss\",\"validation, \"\"all\"\"\",0,0.5,\n"
          "\"loss\",\"validation, \"\"all\"\"\",2,0.25,\n"
          "\"loss\",\"it's\",1,1,0.5\n"
          "\"loss\",\"it's\",3,nan,0\n"
          "\"accuracy\",\"validation, \"\"all\"\"\",0,0.5,\n"
          "\"accuracy\",\"validation, \"\"all\"\"\",2,0.25,\n");
}

TEST_CASE("a figure is written whole, or said to be missing") {
    const Folder folder;
    SUBCASE("with gnuplot, if it is here") {
        const SavedFigure saved = save_figure(small_figure(), folder.path(), "it's a name");
        if (saved.problem.rfind("gnuplot is not installed", 0) == 0) return;
        CHECK(saved.problem.empty());
        CHECK(saved.files.size() == 3);
        CHECK(slurp(folder / "it's a name.png").rfind("\x89PNG", 0) == 0);
        CHECK(slurp(folder / "it's a name.svg").find("</svg>") != std::string::npos);
    }
    SUBCASE("without gnuplot") {
        const SearchPath path("/nonexistent");
        const SavedFigure saved = save_figure(small_figure(), folder.path(), "figure");
        CHECK(saved.problem == "gnuplot is not installed (on Debian: gnuplot-nox)");
        CHECK(saved.files == std::vector<fs::path>{folder / "figure.csv"});
    }
    SUBCASE("with one that fails half way") {
        fs::create_directory(folder / "bin");
        write_script(folder / "bin/gnuplot", "echo half > figure.png.part; echo no such terminal >&2; exit 1\n");
        std::ofstream(folder / "figure.png") << "older";
        const SearchPath path((folder / "bin").string());
        const SavedFigure saved = save_figure(small_figure(), folder.path(), "figure");
        CHECK(saved.problem == "gnuplot failed: no such terminal\n");
        CHECK(saved.files.size() == 1);
        CHECK(slurp(folder / "figure.png") == "older");
        CHECK_FALSE(fs::exists(folder / "figure.png.part"));
    }
    SUBCASE("with one that writes nothing") {
        fs::create_directory(folder / "bin");
        write_script(folder / "bin/gnuplot", "exit 0\n");
        const SearchPath path((folder / "bin").string());
        const SavedFigure saved = save_figure(small_figure(), folder.path(), "figure");
        CHECK(saved.problem.rfind("cannot write", 0) == 0);
        CHECK(saved.files.size() == 1);
    }
}

TEST_CASE("a graph is written, and drawn or said not to be") {
    const Folder folder;
    const std::string graph = "digraph { a -> b; }";
    SUBCASE("with Graphviz, if it is here") {
        const SavedFigure saved = save_graph(graph, folder.path(), "a graph");
        if (saved.problem.rfind("dot is not installed", 0) == 0) return;
        CHECK(saved.problem.empty());
        CHECK(saved.files.size() == 3);
        CHECK(slurp(folder / "a graph.png").rfind("\x89PNG", 0) == 0);
        CHECK(slurp(folder / "a graph.svg").find("</svg>") != std::string::npos);
    }
    SUBCASE("without Graphviz") {
        const SearchPath path("/nonexistent");
        const SavedFigure saved = save_graph(graph, folder.path(), "graph");
        CHECK(saved.problem == "dot is not installed (on Debian: graphviz)");
        CHECK(saved.files == std::vector<fs::path>{folder / "graph.dot"});
        CHECK(slurp(folder / "graph.dot") == graph);
    }
}

TEST_CASE("an output folder is made, and what prevents it is said") {
    const Folder folder;
    prepare_folder(folder / "a/b");
    CHECK(fs::is_directory(folder / "a/b"));
    CHECK(fs::is_empty(folder / "a/b"));
    prepare_folder(folder / "a/b");

    std::ofstream(folder / "file") << "x";
    CHECK_THROWS_WITH_AS(prepare_folder(folder / "file"), doctest::Contains("there is a file of that name"),
                         xgrad::FileError);
    CHECK_THROWS_AS(prepare_folder("/proc/nothing"), xgrad::FileError);
    CHECK_THROWS_AS(write_file(folder / "missing/file", "x"), xgrad::FileError);
}

TEST_CASE("progress without a terminal: a line now and then, the last state always") {
    const Folder folder;
    std::FILE* out = std::fopen((folder / "log").c_str(), "w+");
    REQUIRE(out != nullptr);
    {
        Progress progress(1000, 400, "net", out);
        for (int i = 1; i <= 500; ++i) progress.update(i, 0.25, 0.5);
    }
    std::fclose(out);
    const std::string log = slurp(folder / "log");
    CHECK(log.rfind("net: step 400 of at most 1,000: loss 0.2500, accuracy 0.5000, ", 0) == 0);
    CHECK(log.find("\nnet: step 500 of at most 1,000: ") != std::string::npos);
    CHECK(log.find('\r') == std::string::npos);
}

TEST_CASE("Ctrl-C is remembered, once") {
    const InterruptGuard guard;
    CHECK_FALSE(interrupted());
    std::raise(SIGINT);
    CHECK(interrupted());
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    CHECK((now.sa_handler == SIG_DFL));
}

TEST_CASE("early stopping counts checks in a row without a new best") {
    EarlyStopping early(2);
    CHECK_FALSE(early.should_stop(1.0));
    CHECK_FALSE(early.should_stop(1.0));
    CHECK_FALSE(early.should_stop(0.5));
    CHECK_FALSE(early.should_stop(std::numeric_limits<double>::quiet_NaN()));
    CHECK(early.should_stop(0.6));
    EarlyStopping never(0);
    for (int i = 0; i < 10; ++i) CHECK_FALSE(never.should_stop(1));
}

TEST_CASE("training: checks after the updates of every fifth of an epoch, the last batch dropped") {
    Line line(0.05, 42);
    TrainingOptions options;
    options.epochs = 3;
    options.batch_size = 4;  // ten steps an epoch
    options.shuffle = false;
    options.patience = 0;
    const History history = line.train(options);
    CHECK(history.ending == Ending::kAllEpochs);
    CHECK(history.steps_per_epoch == 10);
    CHECK(history.steps() == 30);
    REQUIRE(history.checks.size() == 15);
    for (std::size_t i = 0; i < 15; ++i) CHECK(history.checks[i].step == static_cast<std::int64_t>(2 * i));

    // The loss of the first batch before its update, the check after it.
    const Tensor x = line.data->training.data().slice(0, 0, 4);
    CHECK(history.loss[0] == doctest::Approx((x * 2).square().mean().item<double>()));
    const double weight = 0.05 * 4 * x.square().mean().item<double>();
    const double all = line.data->validation.data().square().mean().item<double>();
    CHECK(history.checks[0].validation.loss == doctest::Approx((2 - weight) * (2 - weight) * all));
    CHECK(history.checks.back().validation.accuracy == 1);
    CHECK(line.weight.item<double>() == doctest::Approx(2).epsilon(0.01));
    CHECK(history.best().validation.loss == history.checks.back().validation.loss);

    CHECK(report(history).rfind("Finished at step 29 (epoch 3): all epochs done\nvalidation accuracy 1.0000", 0) == 0);
    const Figure figure = training_figure(history, "line");
    REQUIRE(figure.panels.size() == 2);
    CHECK(figure.panels[0].curves[0].y.size() == 3);
    CHECK(figure.panels[1].curves[1].x.size() == 15);
}

TEST_CASE("training ends early, at a step, or by Ctrl-C") {
    TrainingOptions options;
    options.batch_size = 4;
    options.patience = 3;
    SUBCASE("the loss grows from check to check") {
        Line line(10);
        const History history = line.train(options);
        CHECK(history.ending == Ending::kStoppedEarly);
        CHECK(history.steps() == 7);  // checks after steps 0, 2, 4 and 6
        CHECK(history.best().step == 0);
    }
    SUBCASE("a limit") {
        options.max_steps = 3;
        CHECK(Line(0.01).train(options).ending == Ending::kStepLimit);
    }
    SUBCASE("Ctrl-C in the fourth step") {
        const InterruptGuard guard;
        Line line(0.01);
        int losses = 0;
        const auto loss = line.model.loss;
        line.model.loss = [&](const Tensor& output, const Tensor& target) {
            if (xgrad::GradMode::is_enabled() && ++losses == 4) std::raise(SIGINT);
            return loss(output, target);
        };
        const History history = line.train(options);
        CHECK(history.ending == Ending::kInterrupted);
        CHECK(history.steps() == 4);
    }
    options.batch_size = 41;
    CHECK_THROWS_AS(Line(0.01).train(options), xgrad::ValueError);
}
