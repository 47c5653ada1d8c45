#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace examples {

/// A line through points, with a band of `spread` to both sides if that is given.
struct Curve {
    std::string label;
    std::vector<double> x;
    std::vector<double> y;
    std::vector<double> spread{};
    std::string spread_label{};           // the band's own line in the legend; without one it has none
    std::optional<std::size_t> colour{};  // place in the palette; curves without one take theirs in order
    bool dashed = false;
    bool points = false;  // a dot at each point
    bool line = true;     // through the points
};

/// Where the names of the curves stand: in a corner, or above the axes, where they hide nothing.
enum class Legend { kTopRight, kBottomRight, kTopLeft, kAbove, kNone };

/// A tick of a horizontal axis: where, and what stands there.
struct Tick {
    double at = 0;
    std::string label{};
};

/// One pair of axes.
struct Panel {
    std::string y_label;
    std::vector<Curve> curves;
    std::optional<std::pair<double, double>> y_range{};  // of its own choice if not given
    Legend legend = Legend::kTopRight;
    std::optional<std::pair<double, double>> x_range{};  // from 0 on if not given
    bool x_logarithmic = false;                          // needs an x_range above 0
    std::vector<Tick> x_ticks{};                         // of its own choice if empty
};

/// Panels side by side with the same horizontal axis.
struct Figure {
    std::string title;
    std::string x_label;
    std::vector<Panel> panels;
};

/// The mean of each `window` consecutive values of `y` at the middle of the steps 0, 1, 2 ..., with the standard
/// deviation as spread. What is left of a last window is dropped.
Curve smoothed(std::string label, const std::vector<double>& y, std::size_t window = 10);

/// What has been written, and what could not be and why.
struct SavedFigure {
    std::vector<std::filesystem::path> files;
    std::string problem;
    /// SVG texts for a page: the panels one by one.
    std::vector<std::string> pictures{};
    /// The same arranged for a narrow screen, where the arrangement differs.
    std::vector<std::string> narrow_pictures{};
};

/// Writes `name`.csv into the folder, and `name`.png and `name`.svg if gnuplot can be run. No half picture is ever left
/// under these names. Throws xgrad::FileError if not even the csv can be written.
SavedFigure save_figure(const Figure& figure, const std::filesystem::path& folder, const std::string& name);

/// The points of all curves: a line "panel,curve,x,y,spread" for each.
std::string csv(const Figure& figure);

}  // namespace examples
