#pragma once

#include <string>

#include "experiments.h"
#include "report.h"

/// Our numbers beside those that another program found.
namespace examples {

/// Names the independent program.
inline constexpr const char* kNumPy = "NumPy";

/// How far beyond the range that was seen a number may lie: half of the range's width to both sides, at least `floor`.
struct Slack {
    double floor = 0;
    double relative = 0;  // a floor as a share of the upper end
};
inline constexpr Slack kAccuracySlack{0.002, 0};
inline constexpr Slack kLossSlack{0, 0.03};
inline constexpr Slack kStopSlack{1250, 0};

/// The range `low` to `high`, widened.
Range widened(double low, double high, const Slack& slack);

/// A row for numbers that depend on the seed: reproduced if all of them lie in the widened range. `source` says who
/// found the range.
Comparison ranged(const std::string& quantity, const Range& ours, int digits, double low, double high,
                  const Slack& slack, const std::string& source);

/// A row for a number that does not.
Comparison equal(const std::string& quantity, double ours, double reported, double tolerance, int digits,
                 const std::string& source);

/// A row for two texts that must be the same.
Comparison same_text(const std::string& quantity, const std::string& ours, const std::string& reported,
                     const std::string& source);

/// Rows and columns of a matrix as Python prints them: "(4005, 785)".
std::string shape(const xgrad::Tensor& matrix);

/// A share of right answers as Python prints it, and the number of them: "0.9794319294809011 (2000 of 2042)".
std::string share(double accuracy, std::int64_t size);

/// "204, 390, 576", or "none".
std::string join(const std::vector<std::int64_t>& numbers);

}  // namespace examples
