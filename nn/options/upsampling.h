#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <xgrad/nn/arg.h>
#include <xgrad/nn/init.h>

namespace xgrad {

/// How a picture is resized, besides kLinear.
enum class InterpolationMode { Nearest, Linear, Bilinear, Bicubic, Trilinear, Area, NearestExact };
inline constexpr InterpolationMode kNearest = InterpolationMode::Nearest;
inline constexpr InterpolationMode kBilinear = InterpolationMode::Bilinear;
inline constexpr InterpolationMode kBicubic = InterpolationMode::Bicubic;
inline constexpr InterpolationMode kTrilinear = InterpolationMode::Trilinear;
inline constexpr InterpolationMode kArea = InterpolationMode::Area;
inline constexpr InterpolationMode kNearestExact = InterpolationMode::NearestExact;

}  // namespace xgrad

namespace xgrad::nn {

/// kNearest, kLinear, kBilinear, kBicubic, kTrilinear, kArea or kNearestExact.
class ResizeMode {
  public:
    constexpr ResizeMode(InterpolationMode mode) : mode_(mode) {}
    /// kLinear, which names the linear layer too. Throws ValueError for another.
    ResizeMode(init::Nonlinearity linear);

    constexpr operator InterpolationMode() const { return mode_; }
    /// "kNearest".
    const char* name() const;

  private:
    InterpolationMode mode_;
};

/// Options of Upsample: UpsampleOptions().scale_factor({{2.0, 2.0}}).mode(kBilinear).align_corners(true).
struct UpsampleOptions {
    using mode_t = ResizeMode;
    /// The sizes behind the channels; either these or the factors.
    XGRAD_ARG(std::optional<std::vector<std::int64_t>>, size) = std::nullopt;
    XGRAD_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
    XGRAD_ARG(mode_t, mode) = kNearest;
    /// Whether the centres of the outermost elements meet, instead of their outer edges.
    XGRAD_ARG(std::optional<bool>, align_corners) = std::nullopt;
};

namespace functional {

/// Options of functional::interpolate.
struct InterpolateFuncOptions {
    using mode_t = ResizeMode;
    XGRAD_ARG(std::optional<std::vector<std::int64_t>>, size) = std::nullopt;
    XGRAD_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
    XGRAD_ARG(mode_t, mode) = kNearest;
    XGRAD_ARG(std::optional<bool>, align_corners) = std::nullopt;
    /// Whether positions follow from the sizes, not from the factors given.
    XGRAD_ARG(std::optional<bool>, recompute_scale_factor) = std::nullopt;
    /// Whether bilinear and bicubic filters widen where the picture shrinks.
    XGRAD_ARG(bool, antialias) = false;
};

}  // namespace functional

}  // namespace xgrad::nn
