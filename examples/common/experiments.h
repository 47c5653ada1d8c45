#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "training.h"

namespace examples {

/// A network with what trains it.
struct Trainee {
    Model model;
    std::vector<xgrad::Tensor> parameters;
    std::unique_ptr<xgrad::optim::Optimizer> optimizer;
};

/// A network to be trained, by a name that no other one has.
struct Experiment {
    std::string name;  // stands beside its progress bar
    /// Makes the network, with random weights if it has any: the generator has been seeded.
    std::function<Trainee()> make;
    Splits data;
    TrainingOptions options{};
    /// Whether it depends on the seed; if not, it is trained once.
    bool random = true;
};

/// What training it gave.
struct Result {
    std::uint64_t seed = 0;
    History history;
    /// With the weights at the end, on all training and all validation examples.
    Evaluation training;
    Evaluation validation;
    std::vector<xgrad::Tensor> parameters;  // copies of those at the end
};

/// Thrown when Ctrl-C ended a training.
class Interrupted : public std::runtime_error {
  public:
    Interrupted() : std::runtime_error("interrupted") {}
};

/// Seconds by what they were spent on, in the order of the first mention.
class Timings {
  public:
    void add(const std::string& what, double seconds);
    const std::vector<std::pair<std::string, double>>& parts() const { return parts_; }

  private:
    std::vector<std::pair<std::string, double>> parts_;
};

/// Adds the time from its construction to its end.
class Timed {
  public:
    Timed(Timings& timings, std::string what) : timings_(timings), what_(std::move(what)) {}
    ~Timed();
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

  private:
    Timings& timings_;
    std::string what_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Trains every network once for each seed, however many tasks ask for it.
class Experiments {
  public:
    static constexpr const char* kTrainingTime = "training steps";
    static constexpr const char* kValidationTime = "loss and accuracy during training";

    /// Seeds from `first_seed` on, as many as `seeds`.
    Experiments(std::uint64_t first_seed, int seeds) : first_seed_(first_seed), seeds_(seeds) {}

    /// The results for all seeds, the first seed first. Throws Interrupted after Ctrl-C (see InterruptGuard).
    const std::vector<Result>& run(const Experiment& experiment);

    /// Where the time of all networks went; callers add what else they spend.
    Timings& timings() { return timings_; }

  private:
    std::uint64_t first_seed_;
    int seeds_;
    std::map<std::string, std::vector<Result>> results_;
    Timings timings_;
};

/// The smallest, the middle and the largest of some numbers.
struct Range {
    double low = 0;
    double median = 0;
    double high = 0;
};

/// Of at least one number.
Range range_of_numbers(std::vector<double> numbers);

/// Of a number that `value` takes from each result; of none, NaN.
Range range_of(const std::vector<Result>& results, const std::function<double(const Result&)>& value);

/// "0.123", or "0.120 / 0.123 / 0.128" where the numbers differ.
std::string text(const Range& range, int digits);

/// Whether all numbers lie from `low` to `high`.
bool inside(const Range& range, double low, double high);

}  // namespace examples
