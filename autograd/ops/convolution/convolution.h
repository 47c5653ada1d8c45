#pragma once

#include <xgrad/autograd/ops/pooling/spatial.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// The sums that convolutions are made of: with m wide, n narrow and w the weight,
///     n[o][p] = sum_{c,k} w[o][c][k] m[c][stride p + dilation k - padding],
/// where p and k are triples and m is zero beyond its border, for the channels of each group. Tensors are contiguous:
/// m is (images, groups * wide_channels, wide), n (images, groups * narrow_channels, narrow), w
/// (groups * narrow_channels, wide_channels, kernel).
struct ConvolutionShape {
    std::int64_t groups, wide_channels, narrow_channels;  // channels of one group
    Triple wide, narrow, kernel, stride, padding, dilation;
};

/// narrow = the sums + bias.
void convolve(const ConvolutionShape& shape, const Tensor& wide, const Tensor& weight, const Tensor& bias,
              const Tensor& narrow);
/// wide = the transposed map of `narrow` + bias.
void convolve_transposed(const ConvolutionShape& shape, const Tensor& narrow, const Tensor& weight, const Tensor& bias,
                         const Tensor& wide);
/// weight = the transposed map with respect to the weight: sums over the images of products of `narrow` and `wide`.
void correlate(const ConvolutionShape& shape, const Tensor& wide, const Tensor& narrow, const Tensor& weight);

}  // namespace xgrad::ops
