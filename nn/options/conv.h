#pragma once

#include <cstdint>
#include <variant>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>
#include <xgrad/nn/expanding_array.h>
#include <xgrad/nn/options/padding.h>

namespace xgrad {

namespace enumtype {
struct Valid {};
struct Same {};
}  // namespace enumtype

/// No padding.
inline constexpr enumtype::Valid kValid;
/// What makes the output of a convolution, at stride 1, as large as its input.
inline constexpr enumtype::Same kSame;

}  // namespace xgrad

namespace xgrad::detail {

/// Numbers of elements on both sides, kValid or kSame.
template <std::size_t D>
using conv_padding_t = std::variant<ExpandingArray<D>, enumtype::Valid, enumtype::Same>;
using conv_padding_mode_t = PaddingMode;

/// What modules of convolutions of D dimensions keep, be they transposed or not.
template <std::size_t D>
struct ConvNdOptions {
    using padding_t = conv_padding_t<D>;

    ConvNdOptions(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
        : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}

    XGRAD_ARG(std::int64_t, in_channels);
    XGRAD_ARG(std::int64_t, out_channels);
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    XGRAD_ARG(ExpandingArray<D>, stride) = 1;
    XGRAD_ARG(padding_t, padding) = 0;
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
    XGRAD_ARG(bool, transposed) = false;
    XGRAD_ARG(ExpandingArray<D>, output_padding) = 0;
    XGRAD_ARG(std::int64_t, groups) = 1;
    XGRAD_ARG(bool, bias) = true;
    XGRAD_ARG(conv_padding_mode_t, padding_mode) = kZeros;

  public:
    auto& padding(std::initializer_list<std::int64_t> list) { return padding(padding_t(ExpandingArray<D>(list))); }
};

}  // namespace xgrad::detail

namespace xgrad::nn {

/// Options of Conv1d, Conv2d and Conv3d: Conv2dOptions(3, 16, 5).padding(2).
template <std::size_t D>
struct ConvOptions {
    using padding_t = detail::conv_padding_t<D>;
    using padding_mode_t = detail::conv_padding_mode_t;

    ConvOptions(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
        : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}

    /// Size of dimension 1 of the input.
    XGRAD_ARG(std::int64_t, in_channels);
    /// Size of dimension 1 of the output.
    XGRAD_ARG(std::int64_t, out_channels);
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    /// How far the kernel moves from element to element of the output.
    XGRAD_ARG(ExpandingArray<D>, stride) = 1;
    /// What the input is padded by on both sides: numbers, kValid (nothing) or kSame.
    XGRAD_ARG(padding_t, padding) = 0;
    /// How far the elements of the kernel lie apart.
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
    /// Into how many groups the channels are divided; those of one group of the output see one group of the input.
    XGRAD_ARG(std::int64_t, groups) = 1;
    /// Whether a learned number is added to each channel of the output.
    XGRAD_ARG(bool, bias) = true;
    /// What the padding consists of: kZeros, kReflect, kReplicate or kCircular.
    XGRAD_ARG(padding_mode_t, padding_mode) = kZeros;

  public:
    auto& padding(std::initializer_list<std::int64_t> list) { return padding(padding_t(ExpandingArray<D>(list))); }
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;
using Conv3dOptions = ConvOptions<3>;

/// Options of ConvTranspose1d, ConvTranspose2d and ConvTranspose3d.
template <std::size_t D>
struct ConvTransposeOptions {
    using padding_mode_t = detail::conv_padding_mode_t;

    ConvTransposeOptions(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
        : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}

    /// Size of dimension 1 of the input.
    XGRAD_ARG(std::int64_t, in_channels);
    /// Size of dimension 1 of the output.
    XGRAD_ARG(std::int64_t, out_channels);
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    /// How far the kernel moves from element to element of the input.
    XGRAD_ARG(ExpandingArray<D>, stride) = 1;
    /// What is cut off the output on both sides.
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
    /// How many elements larger the output is at its end; fewer than the stride or the dilation.
    XGRAD_ARG(ExpandingArray<D>, output_padding) = 0;
    /// Into how many groups the channels are divided.
    XGRAD_ARG(std::int64_t, groups) = 1;
    /// Whether a learned number is added to each channel of the output.
    XGRAD_ARG(bool, bias) = true;
    /// How far the elements of the kernel lie apart.
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
    /// kZeros, the only one there is.
    XGRAD_ARG(padding_mode_t, padding_mode) = kZeros;
};
using ConvTranspose1dOptions = ConvTransposeOptions<1>;
using ConvTranspose2dOptions = ConvTransposeOptions<2>;
using ConvTranspose3dOptions = ConvTransposeOptions<3>;

namespace functional {

/// Options of functional::conv1d, conv2d and conv3d; see ConvOptions.
template <std::size_t D>
struct ConvFuncOptions {
    using padding_t = detail::conv_padding_t<D>;

    XGRAD_ARG(Tensor, bias) = {};
    XGRAD_ARG(ExpandingArray<D>, stride) = 1;
    XGRAD_ARG(padding_t, padding) = 0;
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
    XGRAD_ARG(std::int64_t, groups) = 1;

  public:
    auto& padding(std::initializer_list<std::int64_t> list) { return padding(padding_t(ExpandingArray<D>(list))); }
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;
using Conv3dFuncOptions = ConvFuncOptions<3>;

/// Options of functional::conv_transpose1d, conv_transpose2d and conv_transpose3d; see ConvTransposeOptions.
template <std::size_t D>
struct ConvTransposeFuncOptions {
    XGRAD_ARG(Tensor, bias) = {};
    XGRAD_ARG(ExpandingArray<D>, stride) = 1;
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
    XGRAD_ARG(ExpandingArray<D>, output_padding) = 0;
    XGRAD_ARG(std::int64_t, groups) = 1;
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
};
using ConvTranspose1dFuncOptions = ConvTransposeFuncOptions<1>;
using ConvTranspose2dFuncOptions = ConvTransposeFuncOptions<2>;
using ConvTranspose3dFuncOptions = ConvTransposeFuncOptions<3>;

}  // namespace functional

}  // namespace xgrad::nn
