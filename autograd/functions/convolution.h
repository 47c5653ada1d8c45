#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <xgrad/autograd/tensor.h>

/// Convolutions, and what they are made of. Lists of one number stand for all spatial dimensions; an input without its
/// batch dimension gives a result without one. A bias may be undefined.
namespace xgrad {

namespace detail {

/// A convolution of `dims` dimensions padded as a word says.
Tensor convolution_padded(std::size_t dims, const Tensor& input, const Tensor& weight,
                          const std::optional<Tensor>& bias, IntArrayRef stride, std::string_view padding,
                          IntArrayRef dilation, std::int64_t groups);

template <class Word>
concept PaddingWord = std::is_convertible_v<const Word&, std::string_view>;

}  // namespace detail

/// Of an input (N, C, L) and a weight (O, C / groups, K) the sums
/// out[n][o][p] = bias[o] + sum_{c,k} weight[o][c][k] input[n][c][stride p + dilation k - padding] over the channels of
/// the group of o, beyond the input zero: (N, O, (L + 2 padding - dilation (K - 1) - 1) / stride + 1).
Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, std::int64_t groups = 1);
/// The same of images (N, C, H, W) with a weight (O, C / groups, KH, KW).
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, std::int64_t groups = 1);
/// The same of volumes (N, C, D, H, W) with a weight (O, C / groups, KD, KH, KW).
Tensor conv3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, std::int64_t groups = 1);

/// The padding is "valid", none, or "same": what makes the output, at stride 1, as large as the input; the odd element
/// goes to the end.
template <detail::PaddingWord Word>
Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              const Word& padding, IntArrayRef dilation = 1, std::int64_t groups = 1) {
    return detail::convolution_padded(1, input, weight, bias, stride, padding, dilation, groups);
}
template <detail::PaddingWord Word>
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              const Word& padding, IntArrayRef dilation = 1, std::int64_t groups = 1) {
    return detail::convolution_padded(2, input, weight, bias, stride, padding, dilation, groups);
}
template <detail::PaddingWord Word>
Tensor conv3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              const Word& padding, IntArrayRef dilation = 1, std::int64_t groups = 1) {
    return detail::convolution_padded(3, input, weight, bias, stride, padding, dilation, groups);
}

/// The transposed map of conv1d, its gradient with respect to the input: of an input (N, C, L) and a weight
/// (C, O / groups, K) an output of (L - 1) stride - 2 padding + dilation (K - 1) + 1 + output_padding elements.
Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {},
                        IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef output_padding = 0,
                        std::int64_t groups = 1, IntArrayRef dilation = 1);
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {},
                        IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef output_padding = 0,
                        std::int64_t groups = 1, IntArrayRef dilation = 1);
Tensor conv_transpose3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = {},
                        IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef output_padding = 0,
                        std::int64_t groups = 1, IntArrayRef dilation = 1);

/// Any of these, of as many spatial dimensions (1 to 3) as the weight has.
Tensor convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                   std::int64_t groups);
/// The gradients of convolution with respect to input, weight and bias; those not asked for are undefined.
std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& grad_output, const Tensor& input,
                                                        const Tensor& weight, OptionalIntArrayRef bias_sizes,
                                                        IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                                                        bool transposed, IntArrayRef output_padding,
                                                        std::int64_t groups, std::array<bool, 3> output_mask);
/// A convolution of sequences (T, N, C) with a weight (K, C, O) and a bias (O), `pad` zeros on both sides: (T', N, O).
Tensor conv_tbc(const Tensor& self, const Tensor& weight, const Tensor& bias, std::int64_t pad = 0);

/// The blocks of images (N, C, H, W) that a convolution would multiply its weight with, as columns:
/// (N, C KH KW, blocks).
Tensor im2col(const Tensor& self, IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding,
              IntArrayRef stride);
/// The transposed map of im2col: columns (N, C KH KW, blocks) added up where the blocks lie in images of `output_size`.
Tensor col2im(const Tensor& self, IntArrayRef output_size, IntArrayRef kernel_size, IntArrayRef dilation,
              IntArrayRef padding, IntArrayRef stride);

}  // namespace xgrad
