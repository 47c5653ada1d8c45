#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "figure.h"

namespace examples {

/// A drawing of so many pixels, made by these commands of gnuplot.
struct Plot {
    int width = 0;
    int height = 0;
    std::string commands;
};

/// A figure as gnuplot takes it.
struct PlotScript {
    std::string setup;  // data and settings, before any drawing
    Plot whole;         // the figure as a file
    std::vector<Plot> page;
    std::vector<Plot> narrow_page;
};

/// What save_figure says, for any script: `csv` and the drawings as files, those of pages as texts.
SavedFigure save_plots(const PlotScript& script, const std::string& csv, const std::filesystem::path& folder,
                       const std::string& name);

/// Gives `base`.png and `base`.svg, drawn under their unfinished names, their own; false if one is missing.
bool finish_pictures(const std::filesystem::path& base, SavedFigure& saved);

/// Text as gnuplot quotes it.
std::string quoted(const std::string& text);

/// A field of a csv file.
std::string csv_field(const std::string& text);

}  // namespace examples
