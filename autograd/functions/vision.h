#pragma once

#include <optional>

#include <xgrad/autograd/tensor.h>

/// Images and volumes (N, C, ...) sampled anew.
namespace xgrad {

/// Resized to `output_size` (one number for each dimension behind the channels). Where `scales`, output size over input
/// size, are given they are used for the positions instead of the ratio of the sizes. With `align_corners` the centres
/// of the first and the last elements meet, else the outer edges do.
/// The element at floor(i / scale).
Tensor upsample_nearest1d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales = std::nullopt);
Tensor upsample_nearest2d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_h = std::nullopt,
                          std::optional<double> scales_w = std::nullopt);
Tensor upsample_nearest3d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_d = std::nullopt,
                          std::optional<double> scales_h = std::nullopt, std::optional<double> scales_w = std::nullopt);
/// The element that the centre of the new one falls into.
Tensor _upsample_nearest_exact1d(const Tensor& self, IntArrayRef output_size,
                                 std::optional<double> scales = std::nullopt);
Tensor _upsample_nearest_exact2d(const Tensor& self, IntArrayRef output_size,
                                 std::optional<double> scales_h = std::nullopt,
                                 std::optional<double> scales_w = std::nullopt);
Tensor _upsample_nearest_exact3d(const Tensor& self, IntArrayRef output_size,
                                 std::optional<double> scales_d = std::nullopt,
                                 std::optional<double> scales_h = std::nullopt,
                                 std::optional<double> scales_w = std::nullopt);
/// Between the neighbours in each dimension linearly.
Tensor upsample_linear1d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                         std::optional<double> scales = std::nullopt);
Tensor upsample_bilinear2d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                           std::optional<double> scales_h = std::nullopt,
                           std::optional<double> scales_w = std::nullopt);
Tensor upsample_trilinear3d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                            std::optional<double> scales_d = std::nullopt,
                            std::optional<double> scales_h = std::nullopt,
                            std::optional<double> scales_w = std::nullopt);
/// Keys's cubic convolution with a = -0.75 over four neighbours in each dimension.
Tensor upsample_bicubic2d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                          std::optional<double> scales_h = std::nullopt, std::optional<double> scales_w = std::nullopt);
/// Reduced with a filter as wide as the step, so that no element is left out.
Tensor _upsample_bilinear2d_aa(const Tensor& self, IntArrayRef output_size, bool align_corners,
                               std::optional<double> scales_h = std::nullopt,
                               std::optional<double> scales_w = std::nullopt);
Tensor _upsample_bicubic2d_aa(const Tensor& self, IntArrayRef output_size, bool align_corners,
                              std::optional<double> scales_h = std::nullopt,
                              std::optional<double> scales_w = std::nullopt);

/// The positions (N, H, W, 2) or (N, D, H, W, 3) at which grid_sampler is to sample so that the result, of `size`
/// (N, C, H, W) or (N, C, D, H, W), is the input under the affine maps `theta`, (N, 2, 3) or (N, 3, 4).
Tensor affine_grid_generator(const Tensor& theta, IntArrayRef size, bool align_corners);
/// The input, (N, C, H, W) or (N, C, D, H, W), at the positions (x, y) or (x, y, z) in the last dimension of `grid`,
/// (N, ..., 2) or (N, ..., 3); -1 and 1 are the edges or, with `align_corners`, the centres of the outermost elements.
/// interpolation_mode: bilinear (0), nearest (1) or bicubic (2, images only); padding_mode, what is beyond the edge:
/// zeros (0), the nearest element (1) or reflection (2).
Tensor grid_sampler(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode, std::int64_t padding_mode,
                    bool align_corners);
Tensor grid_sampler_2d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners);
Tensor grid_sampler_3d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners);

}  // namespace xgrad
