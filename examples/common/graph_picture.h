#pragma once

#include <filesystem>
#include <string>

#include "figure.h"

namespace examples {

/// Writes a graph in the language of Graphviz as `name`.dot into the folder, and draws `name`.png and `name`.svg if its
/// program dot can be run. Throws xgrad::FileError if not even the text can be written.
SavedFigure save_graph(const std::string& graph, const std::filesystem::path& folder, const std::string& name);

}  // namespace examples
