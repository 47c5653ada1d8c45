#include "image_grid.h"

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include <algorithm>
#include <cmath>

#include "plot.h"
#include "text.h"

namespace examples {

using xgrad::Tensor;

namespace {

// Lengths in pixels of an image, on one plane whose vertical axis points down.
constexpr double kGap = 3;
constexpr double kTitle = 8;  // room for the title of a row
constexpr double kLabel = 7;  // room above a line of images
constexpr double kSpace = 4;  // between rows

std::string block_name(std::size_t row, std::size_t image) {
    return "$image_" + std::to_string(row) + '_' + std::to_string(image);
}

/// The images of the row from 0 to 1.
std::string blocks(const ImageRow& row, std::size_t at) {
    std::vector<double> low;
    std::vector<double> high;
    for (const Tensor& image : row.images) {
        low.push_back(image.min().item<double>());
        high.push_back(image.max().item<double>());
    }
    const double black = *std::min_element(low.begin(), low.end());
    const double white = *std::max_element(high.begin(), high.end());
    std::string text;
    for (std::size_t i = 0; i < row.images.size(); ++i) {
        const Tensor grey = (row.images[i].to(xgrad::kFloat64) - black) / std::max(white - black, 1e-300);
        text += block_name(at, i) + " << EOD\n";
        for (std::int64_t y = 0; y < grey.size(0); ++y) {
            for (std::int64_t x = 0; x < grey.size(1); ++x) text += fixed(grey[y][x].item<double>(), 4) + ' ';
            text += '\n';
        }
        text += "EOD\n";
    }
    return text;
}

/// Draws the rows with `columns` images side by side; `with` is the style of an image.
Plot arrangement(const ImageGrid& grid, std::size_t columns, double scale, const std::string& with) {
    double y = grid.title.empty() ? 0 : kTitle;
    double width = 0;
    std::string labels;
    std::string images;
    const auto label = [&](const std::string& text, double x, const char* align) {
        labels += "set label " + quoted(text) + " at " + shortest(x) + ',' + shortest(y) + ' ' + align + '\n';
    };
    for (std::size_t r = 0; r < grid.rows.size(); ++r) {
        const ImageRow& row = grid.rows[r];
        y += kTitle;
        label(row.title, 0, "left");
        double line_height = 0;
        for (std::size_t i = 0; i < row.images.size(); ++i) {
            if (i % columns == 0) y += line_height + kLabel;
            const auto height = static_cast<double>(row.images[i].size(0));
            const auto image_width = static_cast<double>(row.images[i].size(1));
            const double x = static_cast<double>(i % columns) * (image_width + kGap);
            label(row.labels[i], x + image_width / 2, "center");
            images += block_name(r, i) + " matrix using ($1+" + shortest(x + 0.5) + "):($2+" + shortest(y + 3.5) +
                      "):3 with " + with + ", ";
            line_height = height + 3;
            width = std::max(width, x + image_width);
        }
        y += line_height + kSpace;
    }
    const std::string title =
        grid.title.empty() ? "" : "set label " + quoted(grid.title) + " at " + shortest(width / 2) + ",4 center\n";
    return {static_cast<int>(std::lround((width + 2) * scale)), static_cast<int>(std::lround(y * scale)),
            "unset label\n" + title + labels + "set xrange [-1:" + shortest(width + 1) + "]\nset yrange [" +
                shortest(y) + ":0]\nplot " + images + '\n'};
}

std::string csv(const ImageGrid& grid) {
    std::string out = "row,label,y,x,value\n";
    for (const ImageRow& row : grid.rows) {
        for (std::size_t i = 0; i < row.images.size(); ++i) {
            const Tensor& image = row.images[i];
            for (std::int64_t y = 0; y < image.size(0); ++y) {
                for (std::int64_t x = 0; x < image.size(1); ++x) {
                    out += csv_field(row.title) + ',' + csv_field(row.labels[i]) + ',' + std::to_string(y) + ',' +
                           std::to_string(x) + ',' + shortest(image[y][x].item<double>()) + '\n';
                }
            }
        }
    }
    return out;
}

void check(const ImageGrid& grid) {
    for (const ImageRow& row : grid.rows) {
        for (const Tensor& image : row.images) {
            if (image.dim() != 2) {
                xgrad::raise<xgrad::ShapeError>("image_grid", "an image must be a matrix, not of shape ",
                                                image.sizes());
            }
        }
    }
}

/// Browsers blur what they enlarge; these pixels are to be seen.
void keep_pixels_sharp(std::string& svg) {
    const std::string tag = "<image ";
    const std::string style = "style='image-rendering:pixelated' ";
    for (std::size_t at = svg.find(tag); at != std::string::npos; at = svg.find(tag, at + tag.size())) {
        svg.insert(at + tag.size(), style);
    }
}

}  // namespace

SavedFigure save_image_grid(const ImageGrid& grid, const std::filesystem::path& folder, const std::string& name) {
    check(grid);
    PlotScript script;
    std::size_t longest = 1;
    for (std::size_t r = 0; r < grid.rows.size(); ++r) {
        script.setup += blocks(grid.rows[r], r);
        longest = std::max(longest, grid.rows[r].images.size());
    }
    script.setup +=
        "set palette gray\nset cbrange [0:1]\nunset colorbox\nunset tics\nunset border\nunset key\n"
        "set lmargin at screen 0\nset rmargin at screen 1\nset tmargin at screen 1\nset bmargin at screen 0\n";
    ImageGrid untitled = grid;  // on a page the caption says it
    untitled.title.clear();
    script.whole = arrangement(grid, longest, 3.6, "image");
    script.page = {arrangement(untitled, longest, 3.6, "image")};
    script.narrow_page = {arrangement(untitled, 5, 4, "image")};
    SavedFigure saved = save_plots(script, csv(grid), folder, name);
    for (std::string& svg : saved.pictures) keep_pixels_sharp(svg);
    for (std::string& svg : saved.narrow_pictures) keep_pixels_sharp(svg);
    return saved;
}

}  // namespace examples
