#include "reference.h"

#include <algorithm>
#include <cmath>

#include "text.h"

namespace examples {

Range widened(double low, double high, const Slack& slack) {
    const double by = std::max({(high - low) / 2, slack.floor, slack.relative * high});
    return {low - by, (low + high) / 2, high + by};
}

Comparison ranged(const std::string& quantity, const Range& ours, int digits, double low, double high,
                  const Slack& slack, const std::string& source) {
    const Range allowed = widened(low, high, slack);
    const bool good = inside(ours, allowed.low, allowed.high);
    const std::string seen = fixed(low, digits) + (low == high ? "" : " to " + fixed(high, digits));
    return {quantity, text(ours, digits), seen + " (" + source + ")", good ? Verdict::kReproduced : Verdict::kDiffers,
            good ? "" : "accepted: " + fixed(allowed.low, digits) + " to " + fixed(allowed.high, digits)};
}

Comparison equal(const std::string& quantity, double ours, double reported, double tolerance, int digits,
                 const std::string& source) {
    const double difference = std::abs(ours - reported);
    const bool good = difference <= tolerance;
    return {quantity, fixed(ours, digits), fixed(reported, digits) + " (" + source + ")",
            good ? Verdict::kReproduced : Verdict::kDiffers, good ? "" : "off by " + scientific(difference)};
}

Comparison same_text(const std::string& quantity, const std::string& ours, const std::string& reported,
                     const std::string& source) {
    return {quantity, ours, reported + " (" + source + ")",
            ours == reported ? Verdict::kReproduced : Verdict::kDiffers};
}

std::string shape(const xgrad::Tensor& matrix) {
    return '(' + std::to_string(matrix.size(0)) + ", " + std::to_string(matrix.size(1)) + ')';
}

std::string share(double accuracy, std::int64_t size) {
    return shortest(accuracy) + " (" + std::to_string(std::llround(accuracy * static_cast<double>(size))) + " of " +
           std::to_string(size) + ")";
}

std::string join(const std::vector<std::int64_t>& numbers) {
    std::string out;
    for (const std::int64_t number : numbers) out += (out.empty() ? "" : ", ") + std::to_string(number);
    return out.empty() ? "none" : out;
}

}  // namespace examples
