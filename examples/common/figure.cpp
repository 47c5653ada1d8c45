#include "figure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "files.h"
#include "gnuplot.h"
#include "text.h"

namespace examples {

namespace fs = std::filesystem;

namespace {

// Colours that stay apart for the colour-blind (Okabe and Ito, 2008).
constexpr std::array kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

/// A name inside gnuplot for the points of a curve.
std::string block_name(std::size_t panel, std::size_t curve) {
    return "$points_" + std::to_string(panel) + '_' + std::to_string(curve);
}

void add_points(std::string& script, const Curve& curve, const std::string& block) {
    script += block + " << EOD\n";
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
        const double spread = curve.spread.empty() ? 0 : curve.spread[i];
        for (const double number : {curve.x[i], curve.y[i], curve.y[i] - spread, curve.y[i] + spread}) {
            script += (std::isfinite(number) ? shortest(number) : "NaN") + ' ';
        }
        script += '\n';
    }
    script += "EOD\n";
}

void add_panel(std::string& script, const Figure& figure, std::size_t at) {
    const Panel& panel = figure.panels[at];
    script += "set xlabel " + quoted(figure.x_label) + "\nset ylabel " + quoted(panel.y_label) + '\n';
    script += std::string("set key right ") + (panel.legend_below ? "bottom" : "top") + '\n';
    script += panel.y_range
                  ? "set yrange [" + shortest(panel.y_range->first) + ':' + shortest(panel.y_range->second) + "]\n"
                  : "set yrange [*:*]\n";
    std::string bands;
    std::string lines;
    for (std::size_t i = 0; i < panel.curves.size(); ++i) {
        const Curve& curve = panel.curves[i];
        const std::string colour = std::string(" lc rgb '") + kColours[i % kColours.size()] + "'";
        if (!curve.spread.empty()) {
            bands += block_name(at, i) + " using 1:3:4 with filledcurves" + colour +
                     " fs transparent solid 0.25 noborder notitle, ";
        }
        lines += block_name(at, i) + " using 1:2 with lines lw 1.5" + colour + " title " + quoted(curve.label) + ", ";
    }
    script += "plot " + bands + lines + '\n';
}

std::string gnuplot_script(const Figure& figure, const std::string& name) {
    std::string script;
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        for (std::size_t c = 0; c < figure.panels[p].curves.size(); ++c) {
            add_points(script, figure.panels[p].curves[c], block_name(p, c));
        }
    }
    script +=
        "set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 tc rgb '#303030'\n"
        "set grid lc rgb '#e4e4e4' lt 1\nset key noautotitle samplen 2 spacing 1.2\nset decimalsign '.'\n"
        "set xrange [0:*]\nset lmargin 9\nset rmargin 3\n";
    const std::string width = std::to_string(700 * figure.panels.size());
    for (const bool png : {true, false}) {
        script += png ? "set terminal pngcairo noenhanced size " + width + ",470 font 'Sans,12' linewidth 1.3\n"
                      : "set terminal svg noenhanced size " + width +
                            ",470 dynamic font 'sans-serif,15' linewidth 1.3 background '#ffffff'\n";
        script += "set output " + quoted(unfinished(name + (png ? ".png" : ".svg")).string()) + '\n';
        script +=
            "set multiplot layout 1," + std::to_string(figure.panels.size()) + " title " + quoted(figure.title) + '\n';
        for (std::size_t p = 0; p < figure.panels.size(); ++p) add_panel(script, figure, p);
        script += "unset multiplot\nset output\n";
    }
    return script;
}

}  // namespace

Curve smoothed(std::string label, const std::vector<double>& y, std::size_t window) {
    Curve curve{std::move(label), {}, {}, {}};
    const auto n = static_cast<double>(window);
    for (std::size_t start = 0; start + window <= y.size(); start += window) {
        double mean = 0;
        double square = 0;
        for (std::size_t i = start; i < start + window; ++i) mean += y[i] / n;
        for (std::size_t i = start; i < start + window; ++i) square += (y[i] - mean) * (y[i] - mean) / n;
        curve.x.push_back(static_cast<double>(start) + (n - 1) / 2);
        curve.y.push_back(mean);
        curve.spread.push_back(std::sqrt(square));
    }
    return curve;
}

std::string csv(const Figure& figure) {
    const auto field = [](const std::string& text) {
        std::string out = "\"";
        for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
        return out + '"';
    };
    std::string out = "panel,curve," + field(figure.x_label) + ",value,spread\n";
    for (const Panel& panel : figure.panels) {
        for (const Curve& curve : panel.curves) {
            for (std::size_t i = 0; i < curve.x.size(); ++i) {
                out += field(panel.y_label) + ',' + field(curve.label) + ',' + shortest(curve.x[i]) + ',' +
                       shortest(curve.y[i]) + ',' + (curve.spread.empty() ? "" : shortest(curve.spread[i])) + '\n';
            }
        }
    }
    return out;
}

SavedFigure save_figure(const Figure& figure, const fs::path& folder, const std::string& name) {
    SavedFigure saved;
    const fs::path base = folder / name;
    write_file(base.string() + ".csv", csv(figure));
    saved.files.emplace_back(base.string() + ".csv");
    saved.problem = run_gnuplot(gnuplot_script(figure, name), folder);
    for (const char* ending : {".png", ".svg"}) {
        const fs::path path = base.string() + ending;
        std::error_code error;
        if (!saved.problem.empty()) {
            fs::remove(unfinished(path), error);
            continue;
        }
        fs::rename(unfinished(path), path, error);
        if (error) {
            saved.problem = "cannot write '" + path.string() + "': " + error.message();
        } else {
            saved.files.push_back(path);
        }
    }
    return saved;
}

}  // namespace examples
