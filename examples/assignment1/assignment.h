#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../common/analysis.h"
#include "../common/course.h"
#include "../common/experiments.h"
#include "../common/figure.h"
#include "../common/image_grid.h"
#include "../common/reference.h"
#include "../common/regression.h"
#include "../common/report.h"
#include "../common/scoped_dtype.h"
#include "../common/text.h"

/// What the tasks of assignment 1 share: settings, data, networks trained once, and the report.
namespace assignment1 {

using namespace examples;
using xgrad::Tensor;

struct Settings {
    std::vector<std::string> tasks;  // all if empty
    std::uint64_t seed = 0;
    int seeds = 1;
    std::optional<xgrad::ScalarType> dtype;  // of all networks; else double for task 2, float for the others
    int threads = 2;
    std::string output = "results/assignment1";
    bool biases_in_layers = false;
    bool quick = false;
};

constexpr double kEps = 1e-3;               // of the course's gradient approximation
constexpr double kTolerance = kEps * kEps;  // that it must agree to
constexpr const char* kGradientTime = "gradient checks";
constexpr std::int64_t kStopped = 1039;  // updates until the early stop

/// What the formulas for the gradient of the penalised loss give, at lambda 1.
struct PenaltyFormulas {
    double right = 0;      // largest difference of -x^T(y - yhat)/N + 2 lambda w to the automatic gradient
    double sign = 0;       // of 000's, with y + yhat
    double off_class = 0;  // largest gradient of a weight whose class is not the image's
    double central = 0;    // of the central difference to the automatic gradient
};

class Assignment {
  public:
    Assignment(const Settings& settings, std::ostream& log);

    const Settings& settings() const { return settings_; }
    Report& report() { return report_; }
    Experiments& experiments() { return experiments_; }
    const course::Data& data() const { return data_; }
    course::Bias bias() const { return settings_.biases_in_layers ? course::Bias::kLayers : course::Bias::kColumn; }

    xgrad::ScalarType binary_dtype() const { return settings_.dtype.value_or(xgrad::kFloat64); }
    xgrad::ScalarType class_dtype() const { return settings_.dtype.value_or(xgrad::kFloat32); }
    /// How well deterministic numbers of the digits 2 and 3 must agree.
    double tolerance() const { return binary_dtype() == xgrad::kFloat64 ? 1e-13 : 1e-7; }

    // --- Networks for the digits 2 and 3

    /// Until early stopping: without shuffling, or with it for every seed.
    const std::vector<Result>& stopped(bool shuffle);
    const std::vector<Result>& fifty_epochs(bool shuffle);
    /// Measured after every step for 40 epochs; with `centred` the mean image is subtracted.
    const Result& every_step(bool centred);

    // --- Networks for all digits

    const std::vector<Result>& softmax(double lambda);
    const Splits& all_digits();
    const PenaltyFormulas& penalty_formulas();

    /// Draws a figure, and puts it into the report with the caption.
    void show(const std::string& id, const Figure& figure, const std::string& caption);
    void show(const std::string& id, const ImageGrid& grid, const std::string& caption);

    /// Comparisons, unless the run was too short for them to mean anything.
    void compare_long_runs(const std::vector<Comparison>& comparisons);

  private:
    const std::vector<Result>& logistic(const std::string& name, const TrainingOptions& options, bool random);

    Settings settings_;
    course::Data data_;
    Report report_;
    Experiments experiments_;
    std::optional<Splits> all_digits_;
    std::optional<PenaltyFormulas> penalty_formulas_;
};

inline xgrad::data::datasets::TensorDataset first(const xgrad::data::datasets::TensorDataset& all, std::int64_t rows) {
    return xgrad::data::datasets::TensorDataset(all.data().slice(0, 0, rows), all.targets().slice(0, 0, rows));
}

/// Writes the value as the reports of Python do: with as many digits as it takes.
inline std::string share(double accuracy, std::int64_t size) {
    return shortest(accuracy) + " (" +
           std::to_string(static_cast<std::int64_t>(accuracy * static_cast<double>(size) + 0.5)) + " of " +
           std::to_string(size) + ")";
}

inline Assignment::Assignment(const Settings& settings, std::ostream& log)
    : settings_(settings),
      data_(course::load_data()),
      report_("Assignment 1: two digits, then ten",
              "Logistic and softmax regression on MNIST, as two students (their reports are called 000 and 001) "
              "answered a course\u2019s first assignment with gradients derived by hand. Here every network is trained "
              "again by xgrad, from gradients that it derives, and every number and formula of the two reports is "
              "judged.",
              log),
      experiments_(settings.seed, settings.seeds) {}

inline const std::vector<Result>& Assignment::logistic(const std::string& name, const TrainingOptions& options,
                                                       bool random) {
    const ScopedDtype dtype(binary_dtype());
    return experiments_.run({name, [this] { return course::logistic_regression(bias()); },
                             course::two_or_three(data_, course::to_unit_range, bias()), options, random});
}

inline const std::vector<Result>& Assignment::stopped(bool shuffle) {
    return logistic(shuffle ? "2 or 3, shuffled, early stopping" : "2 or 3, early stopping",
                    course::regression_options(shuffle, 500, 10), shuffle);
}

inline const std::vector<Result>& Assignment::fifty_epochs(bool shuffle) {
    return logistic(shuffle ? "2 or 3, shuffled, 50 epochs" : "2 or 3, 50 epochs", course::regression_options(shuffle),
                    shuffle);
}

inline const Result& Assignment::every_step(bool centred) {
    const ScopedDtype dtype(binary_dtype());
    const course::Data two_digits = course::only(data_, 2, 3);
    const Tensor mean = course::to_unit_range(two_digits.training.pixels.to(binary_dtype())).mean({0});
    const auto preprocess = [=](const Tensor& pixels) {
        const Tensor x = course::to_unit_range(pixels);
        return centred ? x - mean : x;
    };
    Splits splits = course::two_or_three(data_, preprocess, bias());
    // Only the validation set is of interest.
    splits.probe = first(splits.training, 1);
    TrainingOptions options = course::regression_options(false, 40);
    options.checks_per_epoch = 31;
    return experiments_
        .run({centred ? "2 or 3, centred images, measured every step" : "2 or 3, measured every step",
              [this] { return course::logistic_regression(bias()); }, splits, options, false})
        .front();
}

inline const Splits& Assignment::all_digits() {
    const ScopedDtype dtype(class_dtype());
    if (!all_digits_) all_digits_ = course::splits(data_, course::to_unit_range, bias());
    return *all_digits_;
}

inline const std::vector<Result>& Assignment::softmax(double lambda) {
    const ScopedDtype dtype(class_dtype());
    TrainingOptions options = course::regression_options(true);
    if (settings_.quick) options.max_steps = 300;
    Splits splits = all_digits();
    if (lambda > 0) splits.probe = first(splits.training, 1'000);  // no task draws their training accuracy
    return experiments_.run({"ten digits, lambda " + shortest(lambda),
                             [this, lambda] { return course::softmax_regression(lambda, bias()); }, splits, options});
}

inline PenaltyFormulas find_penalty_formulas(const course::Data& data) {
    const ScopedDtype dtype(xgrad::kFloat64);
    const Tensor pixels = course::to_unit_range(data.training.pixels.slice(0, 0, 100).to(xgrad::kFloat64));
    const Tensor x = xgrad::cat({pixels, xgrad::ones({100, 1})}, 1);
    const Tensor labels = data.training.labels.slice(0, 0, 100);
    const Tensor y = labels.unsqueeze(1).eq(xgrad::arange(10)).to(xgrad::kFloat64);
    const Trainee trainee = course::softmax_regression(1);
    xgrad::manual_seed(0);
    Tensor w = trainee.parameters.front();
    w.detach().normal_(0, 1.0 / (785.0 * 785.0));
    const Tensor gradient =
        xgrad::autograd::grad({trainee.model.loss(trainee.model.forward(x), labels) + trainee.model.penalty()}, {w})[0];

    PenaltyFormulas found;
    found.central = gradient_difference(trainee.model, trainee.parameters, x, labels, kEps).largest;

    const xgrad::NoGradGuard no_grad;
    const Tensor guess = trainee.model.forward(x).softmax(1);
    const auto off = [&](const Tensor& formula) { return (formula - gradient).abs().max().item<double>(); };
    found.right = off((y - guess).t().matmul(x) / -100 + 2 * w);
    found.sign = off((y + guess).t().matmul(x) / -100 + 2 * w);
    found.off_class = (x[0].unsqueeze(0) * (guess[0] * (1 - y[0])).unsqueeze(1)).abs().max().item<double>();
    return found;
}

inline const PenaltyFormulas& Assignment::penalty_formulas() {
    if (!penalty_formulas_) {
        const Timed timed(experiments_.timings(), kGradientTime);
        penalty_formulas_ = find_penalty_formulas(data_);
    }
    return *penalty_formulas_;
}

inline void Assignment::show(const std::string& id, const Figure& figure, const std::string& caption) {
    const Timed timed(experiments_.timings(), "figures");
    report_.figure(id, save_figure(figure, settings_.output, id), caption);
}

inline void Assignment::show(const std::string& id, const ImageGrid& grid, const std::string& caption) {
    const Timed timed(experiments_.timings(), "figures");
    report_.figure(id, save_image_grid(grid, settings_.output, id), caption);
}

inline void Assignment::compare_long_runs(const std::vector<Comparison>& comparisons) {
    if (!settings_.quick) return report_.comparisons(comparisons);
    std::vector<Comparison> unjudged = comparisons;
    for (Comparison& one : unjudged) {
        one.verdict = Verdict::kNote;
        one.why = "a quick run of 300 steps";
    }
    report_.comparisons(unjudged);
}

}  // namespace assignment1
