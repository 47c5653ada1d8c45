#pragma once

#include <cstdint>

#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of PixelShuffle.
struct PixelShuffleOptions {
    PixelShuffleOptions(std::int64_t upscale_factor) : upscale_factor_(upscale_factor) {}
    /// By how much height and width grow.
    XGRAD_ARG(std::int64_t, upscale_factor);
};

/// Options of PixelUnshuffle.
struct PixelUnshuffleOptions {
    PixelUnshuffleOptions(std::int64_t downscale_factor) : downscale_factor_(downscale_factor) {}
    /// By how much height and width shrink.
    XGRAD_ARG(std::int64_t, downscale_factor);
};

namespace functional {

using PixelShuffleFuncOptions = PixelShuffleOptions;
using PixelUnshuffleFuncOptions = PixelUnshuffleOptions;

}  // namespace functional

}  // namespace xgrad::nn
