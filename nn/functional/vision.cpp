#include <xgrad/nn/functional/vision.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

GridPaddingMode::GridPaddingMode(PaddingMode zeros) : mode_(GridPadding::Zeros) {
    if (zeros != kZeros) raise<ValueError>("grid_sample", "padding_mode must be kZeros, kBorder or kReflection");
}

Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners) {
    return affine_grid_generator(theta, size, align_corners);
}

Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options) {
    if (options.mode() != kBilinear && options.mode() != kNearest && options.mode() != kBicubic)
        raise<ValueError>("grid_sample", "mode must be kBilinear, kNearest or kBicubic");
    const std::int64_t mode = options.mode() == kBilinear ? 0 : options.mode() == kNearest ? 1 : 2;
    return grid_sampler(input, grid, mode, static_cast<std::int64_t>(GridPadding(options.padding_mode())),
                        options.align_corners().value_or(false));
}

}  // namespace xgrad::nn::functional
