#pragma once

#include <functional>
#include <string>

namespace xgrad {

using WarningHandler = std::function<void(const std::string& message)>;

/// Replaces what becomes of warnings and returns what was there. A null handler, as at the start, writes them to the
/// standard error stream. The handler may be called by any thread, by several at once.
WarningHandler set_warning_handler(WarningHandler handler);

/// Hands a warning to the handler.
void warn(const std::string& message);

/// Whether warnings that are given once in the life of the process are given every time.
void set_warn_always(bool on);

namespace detail {

/// Whether a warning that is given once is due; `given` belongs to the place in the program that asks.
bool warning_is_due(bool& given);

}  // namespace detail
}  // namespace xgrad
