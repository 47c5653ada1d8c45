#include "catalogue.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text.h"

namespace examples::course {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Slack kStepSlack = kStopSlack;

template <std::int64_t step>
double accuracy_at(const Result& result) {
    return check_near(result.history, step).validation.accuracy;
}

template <int percent>
double first_reaching(const Result& result) {
    const Check* check = result.history.first_reaching(percent / 100.0);
    return check == nullptr ? kNone : static_cast<double>(check->step);
}

template <class Value>
double at_stop(const Result& result, Value value) {
    return result.history.stop ? value(*result.history.stop) : kNone;
}

const std::array<Quantity, kQuantities>& quantities() {
    static const std::array<Quantity, kQuantities> all{{
        {"step of the early stop", 0, kStepSlack, true,
         [](const Result& r) { return at_stop(r, [](const EarlyStop& s) { return static_cast<double>(s.step); }); }},
        {"training loss at the stop", 4, kLossSlack, false,
         [](const Result& r) { return at_stop(r, [](const EarlyStop& s) { return s.training.loss; }); }},
        {"training accuracy at the stop", 4, kAccuracySlack, false,
         [](const Result& r) { return at_stop(r, [](const EarlyStop& s) { return s.training.accuracy; }); }},
        {"validation loss at the stop", 4, kLossSlack, true,
         [](const Result& r) { return at_stop(r, [](const EarlyStop& s) { return s.validation.loss; }); }},
        {"validation accuracy at the stop", 4, kAccuracySlack, true,
         [](const Result& r) { return at_stop(r, [](const EarlyStop& s) { return s.validation.accuracy; }); }},
        {"lowest validation loss", 4, kLossSlack, true,
         [](const Result& r) { return r.history.best().validation.loss; }},
        {"validation accuracy after 50 epochs", 4, kAccuracySlack, false,
         [](const Result& r) { return r.validation.accuracy; }},
        {"training loss after 50 epochs", 5, kLossSlack, false, [](const Result& r) { return r.training.loss; }},
        {"validation accuracy at step 625", 4, kAccuracySlack, false, accuracy_at<625>},
        {"validation accuracy at step 1250", 4, kAccuracySlack, true, accuracy_at<1250>},
        {"validation accuracy at step 5000", 4, kAccuracySlack, false, accuracy_at<5000>},
        {"first step with 0.90", 0, kStepSlack, false, first_reaching<90>},
        {"first step with 0.93", 0, kStepSlack, false, first_reaching<93>},
        {"first step with 0.95", 0, kStepSlack, false, first_reaching<95>},
        {"first step with 0.96", 0, kStepSlack, false, first_reaching<96>},
        {"best validation accuracy", 4, kAccuracySlack, true,
         [](const Result& r) { return r.history.best_accuracy(); }},
    }};
    return all;
}

std::string seen_text(const Seen& seen, int seeds, int digits) {
    if (seen.none == seeds) return "never";
    const std::string range =
        fixed(seen.low, digits) + (seen.low == seen.high ? "" : " to " + fixed(seen.high, digits));
    return seen.none == 0 ? range : range + ", or never";
}

}  // namespace

const Quantity& quantity(Of of) { return quantities()[static_cast<std::size_t>(of)]; }

const NetworkCase& network_case(const std::string& name) {
    const auto found = std::find_if(networks().begin(), networks().end(),
                                    [&](const NetworkCase& network) { return network.name == name; });
    if (found == networks().end()) xgrad::raise<xgrad::ValueError>("network_case", "there is no network '", name, "'");
    return *found;
}

TrainingOptions network_training() {
    TrainingOptions options;
    options.patience = 50;
    options.train_on = true;
    return options;
}

Comparison compared(const NetworkCase& network, Of of, const std::vector<Result>& results) {
    const Quantity& what = quantity(of);
    const Seen& seen = network.seen[static_cast<std::size_t>(of)];
    const Range allowed = widened(seen.low, seen.high, what.slack);
    std::vector<double> numbers;
    std::size_t outside = 0;
    for (const Result& result : results) {
        const double number = what.of(result);
        if (!std::isnan(number)) numbers.push_back(number);
        const bool inside = std::isnan(number)
                                ? seen.none > 0
                                : seen.none < network.seeds && allowed.low <= number && number <= allowed.high;
        if (!inside) ++outside;
    }
    const bool good = what.strict ? 5 * outside <= results.size() : 2 * outside < results.size();
    std::string ours = numbers.empty() ? "never" : text(range_of_numbers(numbers), what.digits);
    if (!numbers.empty() && numbers.size() < results.size()) ours += ", or never";
    const std::string why = outside == 0
                                ? ""
                                : std::to_string(outside) + " of " + std::to_string(results.size()) + " outside of " +
                                      fixed(allowed.low, what.digits) + " to " + fixed(allowed.high, what.digits) +
                                      "; of some hundred such numbers a few leave the range of " +
                                      std::to_string(network.seeds) + " runs by chance";
    return {what.name, ours,
            seen_text(seen, network.seeds, what.digits) + " (NumPy, " + std::to_string(network.seeds) + " seeds)",
            good ? Verdict::kReproduced : Verdict::kDiffers, why};
}

Held held(const Ordering& ordering, const std::vector<Result>& smaller, const std::vector<Result>& larger) {
    Held found;
    for (std::size_t i = 0; i < std::min(smaller.size(), larger.size()); ++i) {
        const double a = quantity(ordering.of).of(smaller[i]);
        const double b = quantity(ordering.of).of(larger[i]);
        if (std::isnan(a) || std::isnan(b)) continue;
        ++found.pairs;
        if (a < b) ++found.holds;
    }
    return found;
}

}  // namespace examples::course
