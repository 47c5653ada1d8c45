#include "experiments.h"

#include <algorithm>
#include <limits>

#include "text.h"

namespace examples {

namespace {

/// The last check has measured this already if it came after the last update, on the whole set.
void measure_end(Result& result, const Experiment& experiment, const Model& model) {
    const Check& last = result.history.checks.back();
    const bool current = last.step + 1 == result.history.steps();
    const bool whole = result.history.probe_size == experiment.data.training.data().size(0);
    result.training = current && whole ? last.probe : evaluate(model, experiment.data.training);
    result.validation = current ? last.validation : evaluate(model, experiment.data.validation);
}

}  // namespace

void Timings::add(const std::string& what, double seconds) {
    const auto same = [&](const auto& part) { return part.first == what; };
    const auto found = std::find_if(parts_.begin(), parts_.end(), same);
    if (found == parts_.end()) {
        parts_.emplace_back(what, seconds);
    } else {
        found->second += seconds;
    }
}

Timed::~Timed() {
    timings_.add(what_, std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
}

const std::vector<Result>& Experiments::run(const Experiment& experiment) {
    if (const auto known = results_.find(experiment.name); known != results_.end()) return known->second;
    const int runs = experiment.random ? seeds_ : 1;
    std::vector<Result> results;
    for (int i = 0; i < runs; ++i) {
        Result result;
        result.seed = first_seed_ + static_cast<std::uint64_t>(i);
        xgrad::manual_seed(result.seed);
        const Trainee trainee = experiment.make();
        TrainingOptions options = experiment.options;
        options.name = experiment.name;
        if (runs > 1) options.name += ", seed " + std::to_string(result.seed);

        result.history = train(trainee.model, *trainee.optimizer, experiment.data, options);
        timings_.add(kTrainingTime, result.history.seconds - result.history.seconds_checks);
        timings_.add(kValidationTime, result.history.seconds_checks);
        if (result.history.ending == Ending::kInterrupted) throw Interrupted();

        const Timed timed(timings_, kValidationTime);
        measure_end(result, experiment, trainee.model);
        for (const xgrad::Tensor& parameter : trainee.parameters) {
            result.parameters.push_back(parameter.detach().clone());
        }
        results.push_back(std::move(result));
    }
    return results_.emplace(experiment.name, std::move(results)).first->second;
}

Range range_of_numbers(std::vector<double> numbers) {
    std::sort(numbers.begin(), numbers.end());
    const std::size_t middle = numbers.size() / 2;
    const double median = numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
    return {numbers.front(), median, numbers.back()};
}

Range range_of(const std::vector<Result>& results, const std::function<double(const Result&)>& value) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (results.empty()) return {kNone, kNone, kNone};
    std::vector<double> numbers;
    for (const Result& result : results) numbers.push_back(value(result));
    return range_of_numbers(std::move(numbers));
}

std::string text(const Range& range, int digits) {
    const std::string low = fixed(range.low, digits);
    const std::string high = fixed(range.high, digits);
    return low == high ? low : low + " / " + fixed(range.median, digits) + " / " + high;
}

bool inside(const Range& range, double low, double high) { return range.low >= low && range.high <= high; }

}  // namespace examples
