#pragma once

#include <CLI/Validators.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include "text.h"

/// Checks of command line options that say what was expected.
namespace examples {

/// Accepts the numbers from `low` to `high`, which `rule` describes.
inline CLI::Validator number(double low, double high, const std::string& rule, bool whole = false) {
    const auto check = [=](const std::string& text) {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        const bool good = end != text.c_str() && *end == '\0' && value >= low && value <= high &&
                          (!whole || value == std::floor(value));
        return good ? std::string() : "expected " + rule + ", got '" + text + "'";
    };
    return {check, "", ""};
}

inline CLI::Validator positive_number() {
    return number(std::numeric_limits<double>::min(), std::numeric_limits<double>::max(), "a number above 0");
}

/// Accepts whole numbers from `low` on, up to `high` if given.
inline CLI::Validator whole_number(std::int64_t low, std::int64_t high = std::numeric_limits<std::int64_t>::max()) {
    const bool limited = high < std::numeric_limits<std::int64_t>::max();
    return number(static_cast<double>(low), static_cast<double>(high),
                  "a whole number from " + grouped(low) + (limited ? " to " + grouped(high) : " on"), true);
}

}  // namespace examples
