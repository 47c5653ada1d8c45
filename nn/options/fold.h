#pragma once

#include <xgrad/nn/arg.h>
#include <xgrad/nn/expanding_array.h>

namespace xgrad::nn {

/// Options of Fold: FoldOptions({8, 8}, 3).padding(1).
struct FoldOptions {
    FoldOptions(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
        : output_size_(output_size), kernel_size_(kernel_size) {}
    /// Size of the images.
    XGRAD_ARG(ExpandingArray<2>, output_size);
    /// Size of the blocks.
    XGRAD_ARG(ExpandingArray<2>, kernel_size);
    /// How far the elements of a block lie apart.
    XGRAD_ARG(ExpandingArray<2>, dilation) = 1;
    /// What the images are padded by on both sides.
    XGRAD_ARG(ExpandingArray<2>, padding) = 0;
    /// How far blocks lie apart.
    XGRAD_ARG(ExpandingArray<2>, stride) = 1;
};

/// Options of Unfold; see FoldOptions.
struct UnfoldOptions {
    UnfoldOptions(ExpandingArray<2> kernel_size) : kernel_size_(kernel_size) {}
    XGRAD_ARG(ExpandingArray<2>, kernel_size);
    XGRAD_ARG(ExpandingArray<2>, dilation) = 1;
    XGRAD_ARG(ExpandingArray<2>, padding) = 0;
    XGRAD_ARG(ExpandingArray<2>, stride) = 1;
};

namespace functional {

using FoldFuncOptions = FoldOptions;
using UnfoldFuncOptions = UnfoldOptions;

}  // namespace functional

}  // namespace xgrad::nn
