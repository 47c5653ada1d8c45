#pragma once

#include <cstdint>
#include <string>

namespace examples {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);

/// A number with `digits` of them after the point: fixed(0.12345, 3) is "0.123".
std::string fixed(double number, int digits);

/// The shortest text that reads back as the same number.
std::string shortest(double number);

/// A duration as "0:07" or "1:02:03".
std::string clock_time(double seconds);

}  // namespace examples
