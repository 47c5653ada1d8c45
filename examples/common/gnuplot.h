#pragma once

#include <filesystem>
#include <string>

namespace examples {

/// Runs gnuplot in the folder on the script. Returns what went wrong, or nothing.
std::string run_gnuplot(const std::string& script, const std::filesystem::path& folder);

}  // namespace examples
