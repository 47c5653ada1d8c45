#pragma once

#include <sstream>
#include <string>

/// What operator<< writes.
template <class T>
std::string printed(const T& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}
