#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <xgrad/nn/arg.h>
#include <xgrad/nn/expanding_array.h>

namespace xgrad::nn {

/// Options of AvgPool1d, AvgPool2d and AvgPool3d: AvgPool2dOptions(3).stride(2).
template <std::size_t D>
struct AvgPoolOptions {
    AvgPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
    /// Size of the windows.
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    /// How far windows lie apart: as far as they are large, unless given.
    XGRAD_ARG(ExpandingArray<D>, stride);
    /// Zeros on both sides.
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
    /// Whether the number of windows is rounded up.
    XGRAD_ARG(bool, ceil_mode) = false;
    /// Whether zeros of the padding count as elements.
    XGRAD_ARG(bool, count_include_pad) = true;
    /// What the sum is divided by, instead of the number of elements.
    XGRAD_ARG(std::optional<std::int64_t>, divisor_override) = std::nullopt;
};
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;
using AvgPool3dOptions = AvgPoolOptions<3>;

/// Options of MaxPool1d, MaxPool2d and MaxPool3d: MaxPool2dOptions(3).stride(2).
template <std::size_t D>
struct MaxPoolOptions {
    MaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
    /// Size of the windows.
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    /// How far windows lie apart: as far as they are large, unless given.
    XGRAD_ARG(ExpandingArray<D>, stride);
    /// How far windows may reach over the border.
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
    /// How far the elements of a window lie apart.
    XGRAD_ARG(ExpandingArray<D>, dilation) = 1;
    /// Whether the number of windows is rounded up.
    XGRAD_ARG(bool, ceil_mode) = false;
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;
using MaxPool3dOptions = MaxPoolOptions<3>;

/// Options of AdaptiveMaxPool1d, AdaptiveMaxPool2d and AdaptiveMaxPool3d: AdaptiveMaxPool2dOptions({5, 7}); nullopt
/// stands for the size of the input.
template <class output_size_t>
struct AdaptiveMaxPoolOptions {
    AdaptiveMaxPoolOptions(output_size_t output_size) : output_size_(output_size) {}
    /// Number of windows.
    XGRAD_ARG(output_size_t, output_size);
};
using AdaptiveMaxPool1dOptions = AdaptiveMaxPoolOptions<ExpandingArray<1>>;
using AdaptiveMaxPool2dOptions = AdaptiveMaxPoolOptions<ExpandingArrayWithOptionalElem<2>>;
using AdaptiveMaxPool3dOptions = AdaptiveMaxPoolOptions<ExpandingArrayWithOptionalElem<3>>;

/// The same of means.
template <class output_size_t>
struct AdaptiveAvgPoolOptions {
    AdaptiveAvgPoolOptions(output_size_t output_size) : output_size_(output_size) {}
    /// Number of windows.
    XGRAD_ARG(output_size_t, output_size);
};
using AdaptiveAvgPool1dOptions = AdaptiveAvgPoolOptions<ExpandingArray<1>>;
using AdaptiveAvgPool2dOptions = AdaptiveAvgPoolOptions<ExpandingArrayWithOptionalElem<2>>;
using AdaptiveAvgPool3dOptions = AdaptiveAvgPoolOptions<ExpandingArrayWithOptionalElem<3>>;

/// Options of MaxUnpool1d, MaxUnpool2d and MaxUnpool3d: those of the pooling that is undone.
template <std::size_t D>
struct MaxUnpoolOptions {
    MaxUnpoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    XGRAD_ARG(ExpandingArray<D>, stride);
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
};
using MaxUnpool1dOptions = MaxUnpoolOptions<1>;
using MaxUnpool2dOptions = MaxUnpoolOptions<2>;
using MaxUnpool3dOptions = MaxUnpoolOptions<3>;

/// Options of LPPool1d and LPPool2d.
template <std::size_t D>
struct LPPoolOptions {
    LPPoolOptions(double norm_type, ExpandingArray<D> kernel_size)
        : norm_type_(norm_type), kernel_size_(kernel_size), stride_(kernel_size) {}
    /// The p of the p-norm.
    XGRAD_ARG(double, norm_type);
    /// Size of the windows.
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    /// How far windows lie apart: as far as they are large, unless given.
    XGRAD_ARG(ExpandingArray<D>, stride);
    /// Whether the number of windows is rounded up.
    XGRAD_ARG(bool, ceil_mode) = false;
};
using LPPool1dOptions = LPPoolOptions<1>;
using LPPool2dOptions = LPPoolOptions<2>;

namespace functional {

using AvgPool1dFuncOptions = AvgPool1dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using AvgPool3dFuncOptions = AvgPool3dOptions;
using MaxPool1dFuncOptions = MaxPool1dOptions;
using MaxPool2dFuncOptions = MaxPool2dOptions;
using MaxPool3dFuncOptions = MaxPool3dOptions;
using AdaptiveMaxPool1dFuncOptions = AdaptiveMaxPool1dOptions;
using AdaptiveMaxPool2dFuncOptions = AdaptiveMaxPool2dOptions;
using AdaptiveMaxPool3dFuncOptions = AdaptiveMaxPool3dOptions;
using AdaptiveAvgPool1dFuncOptions = AdaptiveAvgPool1dOptions;
using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
using AdaptiveAvgPool3dFuncOptions = AdaptiveAvgPool3dOptions;
using LPPool1dFuncOptions = LPPool1dOptions;
using LPPool2dFuncOptions = LPPool2dOptions;

/// Options of functional::max_unpool1d, max_unpool2d and max_unpool3d.
template <std::size_t D>
struct MaxUnpoolFuncOptions {
    MaxUnpoolFuncOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
    XGRAD_ARG(ExpandingArray<D>, kernel_size);
    XGRAD_ARG(ExpandingArray<D>, stride);
    XGRAD_ARG(ExpandingArray<D>, padding) = 0;
    /// Sizes of the last D dimensions of the output, or of all of them. Several inputs of a pooling have outputs of the
    /// same size; without it the smallest that no window reaches beyond is taken.
    XGRAD_ARG(std::optional<std::vector<std::int64_t>>, output_size) = std::nullopt;
};
using MaxUnpool1dFuncOptions = MaxUnpoolFuncOptions<1>;
using MaxUnpool2dFuncOptions = MaxUnpoolFuncOptions<2>;
using MaxUnpool3dFuncOptions = MaxUnpoolFuncOptions<3>;

}  // namespace functional

}  // namespace xgrad::nn
