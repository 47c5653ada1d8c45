#include "figure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "plot.h"
#include "text.h"

namespace examples {

namespace {

// Colours that stay apart for the colour-blind (Okabe and Ito, 2008).
constexpr std::array kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};

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

const char* place(Legend legend) {
    switch (legend) {
        case Legend::kTopRight:
            return "set key inside vertical top right Right noreverse\n";
        case Legend::kBottomRight:
            return "set key inside vertical bottom right Right noreverse\n";
        case Legend::kTopLeft:
            return "set key inside vertical top left Left reverse\n";
        case Legend::kAbove:
            return "set key above vertical maxrows 6 left Left reverse\n";
        case Legend::kNone:
            break;
    }
    return "set key off\n";
}

std::string range(const char* axis, const std::optional<std::pair<double, double>>& limits, const char* otherwise) {
    return std::string("set ") + axis + "range " +
           (limits ? '[' + shortest(limits->first) + ':' + shortest(limits->second) + ']' : otherwise) + '\n';
}

std::string axes(const Figure& figure, const Panel& panel) {
    std::string ticks = "set xtics autofreq\n";
    if (!panel.x_ticks.empty()) {
        std::string list;
        for (const Tick& tick : panel.x_ticks) {
            list += (list.empty() ? "" : ", ") + quoted(tick.label.empty() ? shortest(tick.at) : tick.label) + ' ' +
                    shortest(tick.at);
        }
        ticks = "set xtics (" + list + ")\n";
    }
    return "set xlabel " + quoted(figure.x_label) + "\nset ylabel " + quoted(panel.y_label) + '\n' + "set key on\n" +
           place(panel.legend) + (panel.x_logarithmic ? "set logscale x\n" : "unset logscale x\n") + ticks +
           range("x", panel.x_range, "[0:*]") + range("y", panel.y_range, "[*:*]");
}

const char* style(const Curve& curve) {
    if (!curve.line) return "points pt 7 ps 0.7";
    return curve.points ? "linespoints pt 7 ps 0.9" : "lines";
}

std::string panel_commands(const Figure& figure, std::size_t at) {
    const Panel& panel = figure.panels[at];
    std::string bands;
    std::string lines;
    for (std::size_t i = 0; i < panel.curves.size(); ++i) {
        const Curve& curve = panel.curves[i];
        const std::string colour =
            std::string(" lc rgb '") + kColours[curve.colour.value_or(i) % kColours.size()] + "'";
        const std::string line = std::string(curve.dashed ? " dt 2" : "") + " lw 1.5" + colour;
        lines += block_name(at, i) + " using 1:2 with " + style(curve) + line + " title " + quoted(curve.label) + ", ";
        if (curve.spread.empty()) continue;
        const std::string band = " with filledcurves" + colour + " fs transparent solid 0.25 noborder ";
        bands += block_name(at, i) + " using 1:3:4" + band + "notitle, ";
        // Drawn below all lines, named after its own.
        if (!curve.spread_label.empty()) lines += "keyentry" + band + "title " + quoted(curve.spread_label) + ", ";
    }
    return axes(figure, panel) + "plot " + bands + lines + '\n';
}

PlotScript plot_script(const Figure& figure) {
    PlotScript script;
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        for (std::size_t c = 0; c < figure.panels[p].curves.size(); ++c) {
            add_points(script.setup, figure.panels[p].curves[c], block_name(p, c));
        }
    }
    script.setup +=
        "set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 tc rgb '#303030'\n"
        "set grid lc rgb '#e4e4e4' lt 1\nset key on noautotitle opaque samplen 2 spacing 1.2\nset decimalsign '.'\n"
        "set lmargin 9\nset rmargin 3\n";
    const auto panels = static_cast<int>(figure.panels.size());
    script.whole = {700 * panels, 470,
                    "set multiplot layout 1," + std::to_string(panels) + " title " + quoted(figure.title) + '\n'};
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        script.whole.commands += panel_commands(figure, p);
        script.page.push_back({620, 420, panel_commands(figure, p)});
    }
    script.whole.commands += "unset multiplot\n";
    return script;
}

}  // namespace

Curve smoothed(std::string label, const std::vector<double>& y, std::size_t window) {
    Curve curve{std::move(label), {}, {}};
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
    std::string out = "panel,curve," + csv_field(figure.x_label) + ",value,spread\n";
    for (const Panel& panel : figure.panels) {
        for (const Curve& curve : panel.curves) {
            for (std::size_t i = 0; i < curve.x.size(); ++i) {
                out += csv_field(panel.y_label) + ',' + csv_field(curve.label) + ',' + shortest(curve.x[i]) + ',' +
                       shortest(curve.y[i]) + ',' + (curve.spread.empty() ? "" : shortest(curve.spread[i])) + '\n';
            }
        }
    }
    return out;
}

SavedFigure save_figure(const Figure& figure, const std::filesystem::path& folder, const std::string& name) {
    return save_plots(plot_script(figure), csv(figure), folder, name);
}

}  // namespace examples
