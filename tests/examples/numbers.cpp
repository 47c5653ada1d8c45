// Assignment 1's numbers: those that a right implementation must give exactly, and the ranges of the random ones.
#include <doctest/doctest.h>

#include <xgrad.h>

#include <algorithm>
#include <vector>

#include "../../examples/common/analysis.h"
#include "../../examples/common/course.h"
#include "../../examples/common/experiments.h"
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
    const Experiment experiment{"logistic",
                                [=] { return course::logistic_regression(bias); },
                                course::two_or_three(data(), course::to_unit_range, bias),
                                course::regression_options(false, 500, 10),
                                false};
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
