// Assignment 1's numbers: those that a right implementation must give exactly, and the ranges of the random ones.
#include <doctest/doctest.h>

#include <xgrad.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "../../examples/common/analysis.h"
#include "../../examples/common/course.h"
#include "../../examples/common/experiments.h"
#include "../../examples/common/reference.h"
#include "../../examples/common/regression.h"
#include "../../examples/common/scoped_dtype.h"

using namespace examples;
using course::Bias;
using xgrad::Tensor;

namespace {

const course::Data& data() {
    static const course::Data loaded = course::load_data();
    return loaded;
}

/// Logistic regression with early stopping as the reports ran it.
Result stopped_logistic(Bias bias) {
    Experiments experiments(0, 1);
    const Experiment experiment{"logistic", [=] { return course::logistic_regression(bias); },
                                course::two_or_three(data(), course::to_unit_range, bias),
                                course::regression_options(false, 500, 10), false};
    return experiments.run(experiment).front();
}

void check_exact(const Result& result, double tolerance) {
    const History& history = result.history;
    CHECK(history.ending == Ending::kStoppedEarly);
    CHECK(history.steps() == 1039);
    CHECK(history.epoch(history.steps() - 1) == 33);
    CHECK(history.checks.size() == 174);
    CHECK(history.best().step == 978);
    CHECK(std::abs(result.training.loss - 0.07088705555893647) <= tolerance);
    CHECK(std::abs(result.validation.loss - 0.06577187753329566) <= tolerance);
    CHECK(result.training.accuracy == doctest::Approx(3908.0 / 4005).epsilon(1e-15));
    CHECK(result.validation.accuracy == doctest::Approx(2000.0 / 2042).epsilon(1e-15));
}

/// Whether all runs lie in the range that was seen, widened.
void check_range(const std::string& what, const std::vector<Result>& results,
                 const std::function<double(const Result&)>& value, double low, double high, const Slack& slack) {
    const Range ours = range_of(results, value);
    const Range allowed = widened(low, high, slack);
    INFO(what << ": " << text(ours, 5) << ", allowed " << allowed.low << " to " << allowed.high);
    CHECK(inside(ours, allowed.low, allowed.high));
}

double train_ce(const Result& result) { return result.training.loss; }
double val_ce(const Result& result) { return result.validation.loss; }
double train_share(const Result& result) { return result.training.accuracy; }
double val_share(const Result& result) { return result.validation.accuracy; }
double best_accuracy(const Result& result) { return result.history.best_accuracy(); }
double largest_weight(const Result& result) { return result.parameters.front().abs().max().item<double>(); }
double rough(const Result& result) { return roughness(course::weight_images(result)); }

/// What the independent program found for a penalty, smallest and largest of its seeds.
struct PenaltyRow {
    double lambda;
    Range train_loss, train_accuracy, val_loss, val_accuracy, best_accuracy, squares, largest;
    double roughness;
};

}  // namespace

TEST_CASE("the data of the course") {
    CHECK(data().training.pixels.sizes() == xgrad::IntArrayRef{20000, 784});
    CHECK(data().validation.pixels.sizes() == xgrad::IntArrayRef{10000, 784});
    const std::vector<std::int64_t> counts{1994, 2281, 1929, 2076, 1945, 1775, 1971, 2093, 1922, 2014};
    for (std::int64_t digit = 0; digit < 10; ++digit) {
        CHECK(data().training.labels.eq(digit).sum().item<std::int64_t>() == counts[static_cast<std::size_t>(digit)]);
    }
    const Splits two_or_three = course::two_or_three(data());
    CHECK(two_or_three.training.data().sizes() == xgrad::IntArrayRef{4005, 785});
    CHECK(two_or_three.training.targets().sizes() == xgrad::IntArrayRef{4005, 1});
    CHECK(two_or_three.training.targets().sum().item<double>() == 1929);
    CHECK(two_or_three.validation.data().sizes() == xgrad::IntArrayRef{2042, 785});
    CHECK(two_or_three.validation.targets().sum().item<double>() == 1032);
    CHECK(two_or_three.training.data().min().item<double>() == -1);
    CHECK(two_or_three.training.data().max().item<double>() == 1);
    CHECK(two_or_three.training.data().select(1, 784).eq(1).all().item<bool>());
}

TEST_CASE("logistic regression without shuffling, in double: the numbers of the reports") {
    const ScopedDtype dtype(xgrad::kFloat64);
    const Result result = stopped_logistic(Bias::kColumn);
    check_exact(result, 1e-13);
    CHECK(result.history.best().validation.loss == doctest::Approx(0.06569048761708).epsilon(1e-12));
    CHECK(result.history.best().probe.loss == doctest::Approx(0.07086160223775).epsilon(1e-12));
    CHECK(course::square_sum(result) == doctest::Approx(4.148259663404).epsilon(1e-12));
}

TEST_CASE("the same with a bias in the layer instead of a column of ones") {
    const ScopedDtype dtype(xgrad::kFloat64);
    check_exact(stopped_logistic(Bias::kLayers), 1e-13);
}

TEST_CASE("the same in float") { check_exact(stopped_logistic(Bias::kColumn), 1e-7); }

TEST_CASE("the gradient approximation of the course: agrees, and finds a derivative that is off by 1e-4") {
    const ScopedDtype dtype(xgrad::kFloat64);
    xgrad::manual_seed(0);
    const Splits splits = course::two_or_three(data());
    const Trainee trainee = course::logistic_regression();
    for (Tensor parameter : trainee.parameters) parameter.detach().normal_(0, 1.0 / (785 * 785));
    const GradientDifference difference =
        gradient_difference(trainee.model, trainee.parameters, splits.training.data().slice(0, 0, 100),
                            splits.training.targets().slice(0, 0, 100));
    CHECK(difference.largest < 1e-11);
    CHECK(difference.scaled > 1e-6);
}

TEST_SUITE("slow") {
    TEST_CASE("logistic regression, shuffled: five seeds in the ranges") {
        const ScopedDtype dtype(xgrad::kFloat64);
        Experiments experiments(0, 5);
        const auto make = [] { return course::logistic_regression(); };
        const Splits splits = course::two_or_three(data());
        const auto& stopped =
            experiments.run({"shuffled, stopped", make, splits, course::regression_options(true, 500, 10)});
        check_range(
            "updates until the stop", stopped, [](const Result& r) { return static_cast<double>(r.history.steps()); },
            361, 1045, kStopSlack);
        check_range("training loss at the stop", stopped, train_ce, 0.0700, 0.0973, kLossSlack);
        check_range("validation loss at the stop", stopped, val_ce, 0.0665, 0.0827, kLossSlack);
        check_range("training accuracy at the stop", stopped, train_share, 0.9648, 0.9763, kAccuracySlack);
        check_range("validation accuracy at the stop", stopped, val_share, 0.9691, 0.9789, kAccuracySlack);

        const auto& shuffled = experiments.run({"shuffled", make, splits, course::regression_options(true)});
        check_range("training loss after 50 epochs", shuffled, train_ce, 0.0650, 0.0730, kLossSlack);
        check_range("validation loss after 50 epochs", shuffled, val_ce, 0.0651, 0.0760, kLossSlack);
        check_range("validation accuracy after 50 epochs", shuffled, val_share, 0.9736, 0.9799, kAccuracySlack);
        const auto restless = [](double Restlessness::*member) {
            return [=](const Result& r) { return restlessness(r.history, 240).*member; };
        };
        check_range("largest rise of the loss", shuffled, restless(&Restlessness::loss_rise), 0.0083, 0.0250,
                    kLossSlack);
        check_range("largest dip", shuffled, restless(&Restlessness::accuracy_dip), 0.0054, 0.0125, kAccuracySlack);
        check_range("lowest accuracy", shuffled, restless(&Restlessness::accuracy_low), 0.9643, 0.9716, kAccuracySlack);

        const Restlessness ordered = restlessness(
            experiments.run({"in order", make, splits, course::regression_options(false), false}).front().history, 240);
        CHECK(ordered.accuracy_low < 0.950);
        CHECK(ordered.dips.front() == 390);
        for (const Result& result : shuffled) {
            const Restlessness found = restlessness(result.history, 240);
            CHECK(found.accuracy_low > 0.960);
            CHECK(ordered.accuracy_dip > 2 * found.accuracy_dip);
        }
    }

    TEST_CASE("softmax regression: five seeds in the ranges, for every penalty") {
        const std::vector<PenaltyRow> rows{{0,
                                            {0.2800, 0, 0.2818},
                                            {0.9231, 0, 0.9237},
                                            {0.2978, 0, 0.3013},
                                            {0.9153, 0, 0.9166},
                                            {0.9163, 0, 0.9172},
                                            {23.949, 0, 23.957},
                                            {0.326, 0, 0.326},
                                            0.642},
                                           {0.001,
                                            {0.2861, 0, 0.2878},
                                            {0.9217, 0, 0.9231},
                                            {0.3014, 0, 0.3048},
                                            {0.9150, 0, 0.9162},
                                            {0.9157, 0, 0.9167},
                                            {21.350, 0, 21.358},
                                            {0.307, 0, 0.308},
                                            0.636},
                                           {0.01,
                                            {0.3432, 0, 0.3447},
                                            {0.9131, 0, 0.9133},
                                            {0.3451, 0, 0.3481},
                                            {0.9091, 0, 0.9108},
                                            {0.9103, 0, 0.9113},
                                            {10.896, 0, 10.901},
                                            {0.220, 0, 0.220},
                                            0.576},
                                           {0.1,
                                            {0.6029, 0, 0.6039},
                                            {0.8760, 0, 0.8793},
                                            {0.5873, 0, 0.5901},
                                            {0.8808, 0, 0.8831},
                                            {0.8847, 0, 0.8857},
                                            {2.738, 0, 2.744},
                                            {0.103, 0, 0.104},
                                            0.482},
                                           {1,
                                            {1.3160, 0, 1.3217},
                                            {0.7688, 0, 0.8117},
                                            {1.3041, 0, 1.3094},
                                            {0.7840, 0, 0.8199},
                                            {0.8278, 0, 0.8361},
                                            {0.360, 0, 0.363},
                                            {0.033, 0, 0.036},
                                            0.458}};
        Experiments experiments(0, 5);
        const Splits splits = course::splits(data(), course::to_unit_range, Bias::kColumn);
        const auto run = [&](double lambda) -> const std::vector<Result>& {
            Splits measured = splits;
            if (lambda > 0) {
                measured.probe = xgrad::data::datasets::TensorDataset(splits.training.data().slice(0, 0, 100),
                                                                      splits.training.targets().slice(0, 0, 100));
            }
            return experiments.run({"lambda " + std::to_string(lambda),
                                    [=] { return course::softmax_regression(lambda); }, measured,
                                    course::regression_options(true)});
        };
        for (const PenaltyRow& row : rows) {
            CAPTURE(row.lambda);
            const auto& results = run(row.lambda);
            const auto check = [&](const char* what, double (*value)(const Result&), const Range& seen,
                                   const Slack& slack) {
                check_range(what, results, value, seen.low, seen.high, slack);
            };
            const Slack accuracy{row.lambda <= 0.01 ? 0.002 : 0.004};
            const Slack one_percent{0, 0.01};
            check("training loss", train_ce, row.train_loss, kLossSlack);
            check("training accuracy", train_share, row.train_accuracy, accuracy);
            check("validation loss", val_ce, row.val_loss, kLossSlack);
            if (row.lambda < 1) check("validation accuracy", val_share, row.val_accuracy, accuracy);
            check("best validation accuracy", best_accuracy, row.best_accuracy, accuracy);
            check("sum of squares", course::square_sum, row.squares, one_percent);
            check("largest weight", largest_weight, row.largest, Slack{0.001});
            check_range("roughness", results, rough, row.roughness, row.roughness, one_percent);
        }
        for (std::size_t seed = 0; seed < 5; ++seed) {
            for (std::size_t i = 1; i < rows.size(); ++i) {
                const Result& weaker = run(rows[i - 1].lambda)[seed];
                const Result& stronger = run(rows[i].lambda)[seed];
                CHECK(course::square_sum(stronger) < course::square_sum(weaker));
                CHECK(rough(stronger) < rough(weaker));
                CHECK(stronger.training.loss > weaker.training.loss);
                if (i > 1) CHECK(best_accuracy(stronger) < best_accuracy(weaker));
            }
            const Result& plain = run(0)[seed];
            CHECK(plain.history.loss.front() == doctest::Approx(std::log(10.0)).epsilon(1e-6));
            CHECK(plain.training.accuracy > plain.validation.accuracy);
        }
        check_range(
            "crossing of the accuracies", run(0),
            [](const Result& r) { return static_cast<double>(last_crossing(r.history)); }, 1984, 2263, kStopSlack);
    }

    TEST_CASE("softmax regression in double: the same as in float") {
        const auto train_one = [](xgrad::ScalarType type) {
            const ScopedDtype dtype(type);
            const Splits splits = course::splits(data(), course::to_unit_range, Bias::kColumn, 100);
            const auto make = [] {
                Trainee trainee = course::softmax_regression();
                xgrad::manual_seed(0);  // weights of the two types take different numbers from the generator
                return trainee;
            };
            return Experiments(0, 1).run({"one seed", make, splits, course::regression_options(true)}).front();
        };
        const Result single = train_one(xgrad::kFloat32);
        const Result twice = train_one(xgrad::kFloat64);
        CHECK(std::abs(single.training.loss - twice.training.loss) < 1e-7);
        CHECK(std::abs(single.validation.loss - twice.validation.loss) < 1e-7);
        CHECK(std::abs(course::square_sum(single) - course::square_sum(twice)) < 1e-5);
        CHECK(std::abs(single.validation.accuracy - twice.validation.accuracy) < 1.5e-4);
    }
}
