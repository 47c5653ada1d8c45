#pragma once

#include <cstdint>
#include <string>

namespace examples {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);

/// A number with `digits` of them after the point: fixed(0.12345, 3) is "0.123".
std::string fixed(double number, int digits);

/// With an exponent: scientific(0.00012345, 2) is "1.2e-04".
std::string scientific(double number, int digits = 2);

/// The shortest text that reads back as the same number.
std::string shortest(double number);

/// Bytes in the alphabet of RFC 4648, as data URIs take them.
std::string base64(const std::string& bytes);

/// A duration as "0:07" or "1:02:03".
std::string clock_time(double seconds);

}  // namespace examples
