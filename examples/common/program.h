#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace examples {

/// Runs a program, which Debian has in this package, in the folder, with a text as its input. Returns what went wrong,
/// or nothing.
std::string run_program(const std::vector<std::string>& command, const std::string& package, const std::string& input,
                        const std::filesystem::path& folder);

}  // namespace examples
