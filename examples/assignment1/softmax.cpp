#include <cmath>

#include "assignment.h"

/// Tasks 3a to 4e: softmax regression on all ten digits, then with a penalty on the weights.
namespace assignment1 {

namespace {

const std::vector<double>& lambdas() {
    static const std::vector<double> values{1, 0.1, 0.01, 0.001};
    return values;
}

constexpr const char* kFiveSeeds = "NumPy, 5 seeds";

Range training_loss_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.training.loss; });
}
Range validation_loss_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.validation.loss; });
}
Range training_accuracy_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.training.accuracy; });
}
Range best_accuracy_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.history.best_accuracy(); });
}
Range square_sum_of(const std::vector<Result>& results) { return range_of(results, course::square_sum); }
Range largest_weight_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.parameters.front().abs().max().item<double>(); });
}
std::int64_t parameter_count(course::Bias bias) {
    std::int64_t count = 0;
    for (const Tensor& parameter : course::softmax_regression(0, bias).parameters) count += parameter.numel();
    return count;
}

}  // namespace

Range validation_accuracy_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return r.validation.accuracy; });
}
Range norm_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return std::sqrt(course::square_sum(r)); });
}
Range loss_near(const std::vector<Result>& results, std::int64_t step) {
    return range_of(results, [=](const Result& r) { return check_near(r.history, step).validation.loss; });
}
Range gap_near(const std::vector<Result>& results, std::int64_t step) {
    return range_of(results, [=](const Result& r) {
        const Check& check = check_near(r.history, step);
        return check.probe.accuracy - check.validation.accuracy;
    });
}
Range crossing_of(const std::vector<Result>& results) {
    return range_of(results, [](const Result& r) { return static_cast<double>(last_crossing(r.history)); });
}

void task_3a(Assignment1& a) {
    a.report().section(
        "3a", "Ten digits",
        "The same 785 inputs, ten outputs, `\u0177_k = e^{z_k} / \u03a3_{k'} e^{z_{k'}}` and `C = -\u03a3_k y_k ln "
        "\u0177_k`.");
    const ScopedDtype dtype(xgrad::kFloat64);
    const Tensor x =
        course::splits({{a.data().training.pixels.slice(0, 0, 100), a.data().training.labels.slice(0, 0, 100)},
                        a.data().validation},
                       course::to_unit_range, course::Bias::kColumn)
            .training.data();
    const Tensor y = a.data().training.labels.slice(0, 0, 100);
    const Timed timed(a.experiments().timings(), kGradientTime);
    const Trainee trainee = course::softmax_regression();
    const Tensor output = trainee.model.forward(x);
    std::vector<Comparison> rows{
        same_text("training set", shape(a.data().training.pixels), "(20000, 784)", "task"),
        same_text("validation set", shape(a.data().validation.pixels), "(10000, 784)", "task"),
        same_text("parameters, with a column of ones", grouped(parameter_count(course::Bias::kColumn)), "7,850",
                  kNumPy),
        same_text("parameters, with a bias in the layer", grouped(parameter_count(course::Bias::kLayers)), "7,850",
                  kNumPy),
        equal("mean output with all weights 0", output.softmax(1).mean().item<double>(), 0.1, 1e-15, 1, "task"),
        equal("loss with all weights 0: ln 10", trainee.model.loss(output, y).item<double>(), std::log(10.0), 1e-14, 12,
              kNumPy)};
    const auto gradients = gradient_comparisons(trainee, x, y);
    rows.insert(rows.end(), gradients.begin(), gradients.end());
    a.report().comparisons(rows);
}

void task_3b(Assignment1& a) {
    a.report().section("3b", "Training",
                       "Weights start at 0; batches of 128, shuffled, 156 steps an epoch, 50 epochs: 7,800 steps; "
                       "learning rate 0.01; a check every 31 steps.");
    const auto& results = a.softmax(0);
    a.show("A1-5", loss_figure(results.front().history, "Softmax regression: loss", {0.2, 0.6}),
           "Loss of softmax regression. The band is one standard deviation of ten steps.");
    a.compare_long_runs(
        {ranged("training loss after 50 epochs", training_loss_of(results), 4, 0.2800, 0.2818, kLossSlack, kFiveSeeds),
         ranged("validation loss after 50 epochs", validation_loss_of(results), 4, 0.2978, 0.3013, kLossSlack,
                kFiveSeeds),
         ranged("validation loss at step 2015", loss_near(results, 2015), 4, 0.343, 0.345, kLossSlack, kFiveSeeds),
         ranged("validation loss at step 3999", loss_near(results, 3999), 4, 0.314, 0.316, kLossSlack, kFiveSeeds),
         ranged("validation loss at step 7781", loss_near(results, 7781), 4, 0.298, 0.300, kLossSlack, kFiveSeeds)});
}

void task_3c(Assignment1& a) {
    a.report().section("3c", "Accuracy", "The class with the largest output is the answer.");
    const auto& results = a.softmax(0);
    a.show("A1-6", accuracy_figure(results.front().history, "Softmax regression: accuracy", {0.89, 0.93}),
           "Accuracy of softmax regression on ten digits.");
    a.compare_long_runs(
        {ranged("training accuracy after 50 epochs", training_accuracy_of(results), 4, 0.9231, 0.9237, kAccuracySlack,
                kFiveSeeds),
         ranged("validation accuracy after 50 epochs", validation_accuracy_of(results), 4, 0.9153, 0.9166,
                kAccuracySlack, kFiveSeeds),
         ranged("best validation accuracy", best_accuracy_of(results), 4, 0.9163, 0.9172, kAccuracySlack, kFiveSeeds)});
}

void task_3d(Assignment1& a) {
    a.report().section(
        "3d", "Signs of overfitting",
        "Training and validation accuracy part: 001 sees it at 2,000 steps, 000 at 3,000. The validation "
        "loss falls to the end, only slower than the training loss: a growing gap, but nothing that "
        "stopping earlier would win.");
    const auto& results = a.softmax(0);
    const Check* stop = results.front().history.early_stop(10);
    a.compare_long_runs(
        {ranged("last check with training accuracy not above validation accuracy", crossing_of(results), 0, 1984, 2263,
                {300}, kFiveSeeds),
         ranged("gap of the accuracies at step 3007", gap_near(results, 3007), 4, 0.0015, 0.0025, kAccuracySlack,
                kFiveSeeds),
         ranged("gap at step 7781", gap_near(results, 7781), 4, 0.007, 0.010, kAccuracySlack, kFiveSeeds),
         {"early stopping with ten checks would end it at step", stop == nullptr ? "never" : grouped(stop->step),
          "6,851, 7,781 or never (NumPy, 5 seeds)", Verdict::kNote}});
}

void task_4a(Assignment1& a) {
    a.report().section(
        "4a", "A penalty on the weights",
        "`J = C + \u03bb R` with `R = \u03a3_{i,j} w_{ij}^2`. The gradient is `-x^T(y - \u0177)/N + 2\u03bbw`; here it "
        "is "
        "derived by the library, and the formulas of both reports are evaluated beside it at `\u03bb = 1`.");
    const PenaltyFormulas formulas = a.penalty_formulas();
    const auto row = [](const std::string& quantity, double difference, double tolerance, bool wrong = false) {
        const bool agrees = difference < tolerance;
        return Comparison{quantity, scientific(difference),
                          wrong ? "above 1e-10: must differ" : "below " + scientific(tolerance, 1),
                          agrees != wrong ? Verdict::kReproduced : Verdict::kDiffers};
    };
    a.report().comparisons(
        {row("001: `-x^T(y - \u0177)/N + 2\u03bbw` against the automatic gradient", formulas.right, 1e-10),
         row("000: the same with `y + \u0177`", formulas.sign, 1e-10, true),
         row("central difference (eps 1e-3) against the automatic gradient", formulas.central, kTolerance)});
}

void task_4b(Assignment1& a) {
    a.report().section("4b", "What the weights look like",
                       "The weights of each digit as an image, trained without a penalty and with `\u03bb = 1`.");
    ImageGrid grid;
    for (const double lambda : {0.0, 1.0}) {
        ImageRow row{"Weights with L2 Regularization (\u03bb = " + fixed(lambda, 1) + ")",
                     {},
                     course::weight_images(a.softmax(lambda).front())};
        for (int digit = 0; digit < 10; ++digit) row.labels.push_back("Digit " + std::to_string(digit));
        grid.rows.push_back(std::move(row));
    }
    const auto largest = [&](double lambda) { return largest_weight_of(a.softmax(lambda)).low; };
    a.show("A1-7", grid,
           "Weights as images, each row on its own scale of greys: the largest weight of the upper row is " +
               fixed(largest(0) / largest(1), 1) + " times that of the lower.");
    std::vector<Comparison> rows;
    const std::vector<std::pair<double, double>> known{
        {0, 0.642}, {0.001, 0.636}, {0.01, 0.576}, {0.1, 0.482}, {1, 0.458}};
    for (const auto& [lambda, reference] : known) {
        const Range ours =
            range_of(a.softmax(lambda), [](const Result& r) { return roughness(course::weight_images(r)); });
        rows.push_back(
            ranged("roughness at `\u03bb = " + shortest(lambda) + "`", ours, 3, reference, reference, {0.01}, kNumPy));
    }
    a.compare_long_runs(rows);
    a.report().paragraph(
        "Roughness is the sum of the squared differences of neighbouring weights over the sum of squared "
        "weights. With `\u03bb = 1` the images are nearly the mean image of their digit minus the mean of all: "
        "the penalty leaves only what a single step of descent would give.");
}

void task_4c(Assignment1& a) {
    a.report().section("4c", "Accuracy for four penalties", "Each network is trained from scratch, 7,800 steps.");
    Figure figure{"Validation accuracy for different \u03bb",
                  kStepsAxis,
                  {{"Validation Accuracy", {}, {{0.1, 0.95}}, Legend::kBottomRight}}};
    for (const double lambda : lambdas()) {
        figure.panels[0].curves.push_back(
            validation_accuracy(a.softmax(lambda).front().history, "\u03bb = " + shortest(lambda)));
    }
    a.show("A1-8", figure, "Validation accuracy with a penalty of `\u03bb \u03a3 w^2`.");

    Table table{"After 7,800 steps",
                {"`\u03bb`", "training loss", "training accuracy", "validation loss", "validation accuracy",
                 "best validation accuracy"},
                {}};
    for (const double lambda : {0.0, 0.001, 0.01, 0.1, 1.0}) {
        const auto& results = a.softmax(lambda);
        table.rows.push_back({shortest(lambda), text(training_loss_of(results), 4),
                              text(training_accuracy_of(results), 4), text(validation_loss_of(results), 4),
                              text(validation_accuracy_of(results), 4), text(best_accuracy_of(results), 4)});
    }
    a.report().table(table);
    a.compare_long_runs({ranged("validation accuracy, `\u03bb = 0.001`", validation_accuracy_of(a.softmax(0.001)), 4,
                                0.9150, 0.9162, kAccuracySlack, kFiveSeeds),
                         ranged("validation accuracy, `\u03bb = 0.01`", validation_accuracy_of(a.softmax(0.01)), 4,
                                0.9091, 0.9108, kAccuracySlack, kFiveSeeds),
                         ranged("validation accuracy, `\u03bb = 0.1`", validation_accuracy_of(a.softmax(0.1)), 4,
                                0.8808, 0.8831, {0.004}, kFiveSeeds),
                         ranged("best validation accuracy, `\u03bb = 1` (it swings from check to check)",
                                best_accuracy_of(a.softmax(1)), 4, 0.8278, 0.8361, {0.004}, kFiveSeeds)});
}

void task_4d(Assignment1& a) {
    a.report().section(
        "4d", "Why a penalty costs accuracy",
        "The task says that any penalty degrades the accuracy. A strong one does: the weights it allows are "
        "too small to separate the digits, and softmax regression, with 7,850 parameters for 20,000 "
        "images, hardly overfits in the first place. A weak one does not.");
    const Range without = validation_accuracy_of(a.softmax(0));
    std::vector<Comparison> rows;
    const std::vector<std::tuple<double, double, double>> known{
        {0.001, -0.0003, 0.0004}, {0.01, 0.004, 0.008}, {0.1, 0.032, 0.036}};
    for (const auto& [lambda, low, high] : known) {
        const Range with = validation_accuracy_of(a.softmax(lambda));
        const double loss = without.median - with.median;
        rows.push_back(ranged("accuracy lost to `\u03bb = " + shortest(lambda) + "`", {loss, loss, loss}, 4, low, high,
                              kAccuracySlack, kFiveSeeds));
    }
    a.compare_long_runs(rows);
}

void task_4e(Assignment1& a) {
    a.report().section("4e", "The length of the weights", "All weights, the biases among them, after 7,800 steps.");
    Curve curve{"L2 norm of the weights", {}, {}};
    curve.points = true;
    Table table{"", {"`\u03bb`", "`\u2016w\u2016`", "`\u03a3w^2`", "largest `|w|`"}, {}};
    for (const double lambda : {0.0, 0.001, 0.01, 0.1, 1.0}) {
        const auto& results = a.softmax(lambda);
        if (lambda > 0) {
            curve.x.push_back(lambda);
            curve.y.push_back(norm_of(results).median);
        }
        table.rows.push_back({shortest(lambda), text(norm_of(results), 3), text(square_sum_of(results), 3),
                              text(largest_weight_of(results), 3)});
    }
    a.show("A1-9",
           {"Length of the weights against \u03bb",
            "\u03bb",
            {{"L2 norm", {curve}, {{0, 5}}, Legend::kNone, {{0.0007, 1.4}}, true, {{0.001}, {0.01}, {0.1}, {1}}}}},
           "Length of the weights after training.");
    a.report().table(table);
    const Slack one_percent{0, 0.01};
    a.compare_long_runs(
        {ranged("`\u03a3w^2` at `\u03bb = 0`", square_sum_of(a.softmax(0)), 3, 23.949, 23.957, one_percent, kFiveSeeds),
         ranged("`\u03a3w^2` at `\u03bb = 0.001`", square_sum_of(a.softmax(0.001)), 3, 21.350, 21.358, one_percent,
                kFiveSeeds),
         ranged("`\u03a3w^2` at `\u03bb = 0.01`", square_sum_of(a.softmax(0.01)), 3, 10.896, 10.901, one_percent,
                kFiveSeeds),
         ranged("`\u03a3w^2` at `\u03bb = 0.1`", square_sum_of(a.softmax(0.1)), 3, 2.738, 2.744, one_percent,
                kFiveSeeds),
         ranged("`\u03a3w^2` at `\u03bb = 1`", square_sum_of(a.softmax(1)), 3, 0.360, 0.363, one_percent, kFiveSeeds)});
}

}  // namespace assignment1
