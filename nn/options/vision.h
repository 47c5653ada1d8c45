#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/nn/arg.h>
#include <xgrad/nn/options/padding.h>
#include <xgrad/nn/options/upsampling.h>

namespace xgrad {

/// What grid_sample sees beyond the edges, besides kZeros: the nearest element or the mirrored picture.
enum class GridPadding { Zeros, Border, Reflection };
inline constexpr GridPadding kBorder = GridPadding::Border;
inline constexpr GridPadding kReflection = GridPadding::Reflection;

}  // namespace xgrad

namespace xgrad::nn::functional {

/// kZeros, kBorder or kReflection.
class GridPaddingMode {
  public:
    constexpr GridPaddingMode(GridPadding mode) : mode_(mode) {}
    /// kZeros, which names a padding of convolutions too. Throws ValueError for another.
    GridPaddingMode(PaddingMode zeros);

    constexpr operator GridPadding() const { return mode_; }

  private:
    GridPadding mode_;
};

/// Options of functional::grid_sample.
struct GridSampleFuncOptions {
    using mode_t = InterpolationMode;
    using padding_mode_t = GridPaddingMode;
    /// kBilinear, kNearest or, for pictures, kBicubic.
    XGRAD_ARG(mode_t, mode) = kBilinear;
    XGRAD_ARG(padding_mode_t, padding_mode) = GridPadding::Zeros;
    /// Whether -1 and 1 are the centres of the outermost elements, instead of their outer edges.
    XGRAD_ARG(std::optional<bool>, align_corners) = std::nullopt;
};

}  // namespace xgrad::nn::functional
