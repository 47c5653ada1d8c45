#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <xgrad/autograd/tensor.h>

#include "figure.h"

namespace examples {

/// Images side by side on one scale of greys: the smallest pixel of the row black, the largest white.
struct ImageRow {
    std::string title;
    std::vector<std::string> labels;    // above the images, one each
    std::vector<xgrad::Tensor> images;  // (height, width), any floating-point dtype
};

/// Rows of images under each other.
struct ImageGrid {
    std::string title;
    std::vector<ImageRow> rows;
};

/// Writes `name`.csv (a line "row,label,y,x,value" for each pixel), `name`.png and `name`.svg as save_figure does. For
/// a narrow screen five images stand side by side. Throws xgrad::ShapeError for an image that is not a matrix and
/// xgrad::FileError if not even the csv can be written.
SavedFigure save_image_grid(const ImageGrid& grid, const std::filesystem::path& folder, const std::string& name);

}  // namespace examples
