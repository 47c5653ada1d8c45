#include <xgrad/nn/functional/conv.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

namespace {

/// The convolution of D dimensions, padded by numbers or as a word says.
template <std::size_t D, class Convolution>
Tensor convolve(Convolution convolution, const Tensor& input, const Tensor& weight, const ConvFuncOptions<D>& o) {
    if (const auto* numbers = std::get_if<ExpandingArray<D>>(&o.padding()))
        return convolution(input, weight, o.bias(), o.stride(), *numbers, o.dilation(), o.groups());
    const char* word = std::holds_alternative<enumtype::Same>(o.padding()) ? "same" : "valid";
    return xgrad::detail::convolution_padded(D, input, weight, o.bias(), o.stride(), word, o.dilation(), o.groups());
}

/// One of the overloads that take numbers.
using Plain = Tensor (*)(const Tensor&, const Tensor&, const std::optional<Tensor>&, IntArrayRef, IntArrayRef,
                         IntArrayRef, std::int64_t);

}  // namespace

Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& options) {
    return convolve<1>(static_cast<Plain>(xgrad::conv1d), input, weight, options);
}
Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options) {
    return convolve<2>(static_cast<Plain>(xgrad::conv2d), input, weight, options);
}
Tensor conv3d(const Tensor& input, const Tensor& weight, const Conv3dFuncOptions& options) {
    return convolve<3>(static_cast<Plain>(xgrad::conv3d), input, weight, options);
}

Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const ConvTranspose1dFuncOptions& options) {
    return xgrad::conv_transpose1d(input, weight, options.bias(), options.stride(), options.padding(),
                                   options.output_padding(), options.groups(), options.dilation());
}
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const ConvTranspose2dFuncOptions& options) {
    return xgrad::conv_transpose2d(input, weight, options.bias(), options.stride(), options.padding(),
                                   options.output_padding(), options.groups(), options.dilation());
}
Tensor conv_transpose3d(const Tensor& input, const Tensor& weight, const ConvTranspose3dFuncOptions& options) {
    return xgrad::conv_transpose3d(input, weight, options.bias(), options.stride(), options.padding(),
                                   options.output_padding(), options.groups(), options.dilation());
}

}  // namespace xgrad::nn::functional
