#include <xgrad/nn/functional/upsampling.h>

#include <cmath>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/vision/resample.h>

namespace xgrad::nn {

ResizeMode::ResizeMode(init::Nonlinearity linear) : mode_(InterpolationMode::Linear) {
    if (linear != kLinear) raise<ValueError>("interpolate", "of the nonlinearities only kLinear is a mode of resizing");
}

const char* ResizeMode::name() const {
    constexpr const char* names[] = {"kNearest",   "kLinear", "kBilinear",    "kBicubic",
                                     "kTrilinear", "kArea",   "kNearestExact"};
    return names[static_cast<std::size_t>(mode_)];
}

namespace functional {

namespace {

constexpr const char* kName = "interpolate";

std::vector<std::int64_t> output_size(const Tensor& input, const InterpolateFuncOptions& options) {
    const auto dims = static_cast<std::size_t>(input.dim() - 2);
    if (!options.size() && !options.scale_factor())
        raise<ValueError>(kName, "either size or scale_factor should be defined");
    if (options.size() && options.scale_factor())
        raise<ValueError>(kName, "only one of size or scale_factor should be defined");
    if (options.size()) {
        if (options.size()->size() != dims)
            raise<ShapeError>(kName, "size shape must match input shape. Input is ", dims, "D, size is ",
                              IntArrayRef(*options.size()));
        return *options.size();
    }
    const std::vector<double>& factors = *options.scale_factor();
    if (factors.size() != dims)
        raise<ShapeError>(kName, "scale_factor shape must match input shape. Input is ", dims,
                          "D, scale_factor size is ", factors.size());
    std::vector<std::int64_t> sizes;
    for (std::size_t d = 0; d < dims; ++d)
        sizes.push_back(static_cast<std::int64_t>(
            std::floor(static_cast<double>(input.size(static_cast<std::int64_t>(d) + 2)) * factors[d])));
    return sizes;
}

void check(const Tensor& input, const InterpolateFuncOptions& options) {
    const InterpolationMode mode = options.mode();
    const bool linear =
        mode == InterpolationMode::Linear || mode == kBilinear || mode == kBicubic || mode == kTrilinear;
    if (!input.defined()) raise(kName, "an input is an undefined Tensor");
    if (input.dim() < 3 || input.dim() > 5)
        raise<ShapeError>(kName, "Input Error: Only 3D, 4D and 5D input Tensors supported (got ", input.dim(),
                          "D) for the modes: nearest | linear | bilinear | bicubic | trilinear (got ",
                          options.mode().name(), ')');
    if (options.align_corners() && !linear)
        raise<ValueError>(kName,
                          "align_corners option can only be set with the interpolating modes: linear | bilinear "
                          "| bicubic | trilinear, got ",
                          options.mode().name());
    const std::int64_t needed = mode == InterpolationMode::Linear       ? 3
                                : mode == kBilinear || mode == kBicubic ? 4
                                : mode == kTrilinear                    ? 5
                                                                        : input.dim();
    if (input.dim() != needed)
        raise<ShapeError>(kName, "Got ", input.dim(), "D input, but ", options.mode().name(), " mode needs ", needed,
                          "D input");
    if (options.antialias() && mode != kBilinear && mode != kBicubic)
        raise<ValueError>(kName, "Anti-alias option is only supported for bilinear and bicubic modes, got ",
                          options.mode().name());
}

}  // namespace

Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& options) {
    check(input, options);
    const std::vector<std::int64_t> size = output_size(input, options);
    const bool align = options.align_corners().value_or(false), smooth = options.antialias();
    std::optional<double> s[3];
    if (options.scale_factor() && !options.recompute_scale_factor().value_or(false))
        for (std::size_t d = 0; d < options.scale_factor()->size(); ++d) s[d] = (*options.scale_factor())[d];
    const std::int64_t dims = input.dim() - 2;
    switch (InterpolationMode(options.mode())) {
        case InterpolationMode::Nearest:
            return dims == 1   ? upsample_nearest1d(input, size, s[0])
                   : dims == 2 ? upsample_nearest2d(input, size, s[0], s[1])
                               : upsample_nearest3d(input, size, s[0], s[1], s[2]);
        case InterpolationMode::NearestExact:
            return dims == 1   ? _upsample_nearest_exact1d(input, size, s[0])
                   : dims == 2 ? _upsample_nearest_exact2d(input, size, s[0], s[1])
                               : _upsample_nearest_exact3d(input, size, s[0], s[1], s[2]);
        case InterpolationMode::Linear:
            return upsample_linear1d(input, size, align, s[0]);
        case InterpolationMode::Bilinear:
            return smooth ? _upsample_bilinear2d_aa(input, size, align, s[0], s[1])
                          : upsample_bilinear2d(input, size, align, s[0], s[1]);
        case InterpolationMode::Bicubic:
            return smooth ? _upsample_bicubic2d_aa(input, size, align, s[0], s[1])
                          : upsample_bicubic2d(input, size, align, s[0], s[1]);
        case InterpolationMode::Trilinear:
            return upsample_trilinear3d(input, size, align, s[0], s[1], s[2]);
        case InterpolationMode::Area:
            break;
    }
    return ops::upsample_area(input, size);
}

}  // namespace functional

}  // namespace xgrad::nn
