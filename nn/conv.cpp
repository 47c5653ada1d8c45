#include <xgrad/nn/conv.h>

#include <cmath>
#include <ostream>
#include <string>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/conv.h>
#include <xgrad/nn/functional/padding.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

namespace {

std::string layer_name(bool transposed, std::size_t dims) {
    return (transposed ? "ConvTranspose" : "Conv") + std::to_string(dims) + "d";
}

const char* mode_name(PaddingMode mode) {
    switch (mode) {
        case PaddingMode::Reflect:
            return "kReflect";
        case PaddingMode::Replicate:
            return "kReplicate";
        case PaddingMode::Circular:
            return "kCircular";
        default:
            return "kZeros";
    }
}

template <std::size_t D>
bool is_same(const detail::conv_padding_t<D>& padding) {
    return std::holds_alternative<enumtype::Same>(padding);
}

template <std::size_t D>
const ExpandingArray<D>& numbers(const detail::conv_padding_t<D>& padding) {
    static const ExpandingArray<D> none(0);
    const auto* found = std::get_if<ExpandingArray<D>>(&padding);
    return found ? *found : none;
}

template <std::size_t D>
void check_options(const detail::ConvNdOptions<D>& o) {
    const std::string name = layer_name(o.transposed(), D);
    if (o.groups() < 1) raise<ValueError>(name.c_str(), "groups must be positive, got ", o.groups());
    if (o.in_channels() < 0 || o.out_channels() < 0)
        raise<ValueError>(name.c_str(), "in_channels and out_channels must not be negative, got ", o.in_channels(),
                          " and ", o.out_channels());
    if (o.in_channels() % o.groups() != 0)
        raise<ValueError>(name.c_str(), "in_channels must be divisible by groups, got ", o.in_channels(), " and ",
                          o.groups());
    if (o.out_channels() % o.groups() != 0)
        raise<ValueError>(name.c_str(), "out_channels must be divisible by groups, got ", o.out_channels(), " and ",
                          o.groups());
    if (is_same<D>(o.padding()) && *o.stride() != *ExpandingArray<D>(1))
        raise<ValueError>(name.c_str(), "padding='same' is not supported for strided convolutions, got stride ",
                          o.stride());
    if (o.transposed() && o.padding_mode() != kZeros)
        raise<ValueError>(name.c_str(), "Only \"zeros\" padding mode is supported, got ", mode_name(o.padding_mode()));
}

/// What functional::pad adds for the padding of a layer: of each dimension, the last one first, front and back.
template <std::size_t D>
std::vector<std::int64_t> pad_of(const detail::ConvNdOptions<D>& o) {
    std::vector<std::int64_t> out;
    for (std::size_t d = D; d-- > 0;) {
        const std::int64_t total = is_same<D>(o.padding()) ? (*o.dilation())[d] * ((*o.kernel_size())[d] - 1)
                                                           : 2 * (*numbers<D>(o.padding()))[d];
        out.push_back(total / 2);
        out.push_back(total - total / 2);
    }
    return out;
}

template <std::size_t D>
detail::ConvNdOptions<D> common_options(const ConvOptions<D>& o) {
    return detail::ConvNdOptions<D>(o.in_channels(), o.out_channels(), o.kernel_size())
        .stride(o.stride())
        .padding(o.padding())
        .dilation(o.dilation())
        .groups(o.groups())
        .bias(o.bias())
        .padding_mode(o.padding_mode());
}

template <std::size_t D>
detail::ConvNdOptions<D> common_options(const ConvTransposeOptions<D>& o) {
    return detail::ConvNdOptions<D>(o.in_channels(), o.out_channels(), o.kernel_size())
        .stride(o.stride())
        .padding(o.padding())
        .dilation(o.dilation())
        .transposed(true)
        .output_padding(o.output_padding())
        .groups(o.groups())
        .bias(o.bias())
        .padding_mode(o.padding_mode());
}

/// The output padding that gives `size`.
template <std::size_t D>
ExpandingArray<D> output_padding_for(const detail::ConvNdOptions<D>& o, const Tensor& input, IntArrayRef size) {
    const std::string name = layer_name(true, D);
    const IntArrayRef sizes = input.sizes();
    if (sizes.size() != D + 1 && sizes.size() != D + 2)
        raise<ShapeError>(name.c_str(), "Expected ", D + 1, "D or ", D + 2, "D (batch mode) input, but got ", sizes);
    if (size.size() == sizes.size()) size = size.slice(size.size() - D, D);
    if (size.size() != D)
        raise<ValueError>(name.c_str(), "output_size must have ", D, " or ", sizes.size(), " elements (got ",
                          size.size(), ')');
    ExpandingArray<D> out(0);
    for (std::size_t d = 0; d < D; ++d) {
        const std::int64_t smallest = (sizes[sizes.size() - D + d] - 1) * (*o.stride())[d] -
                                      2 * (*numbers<D>(o.padding()))[d] +
                                      (*o.dilation())[d] * ((*o.kernel_size())[d] - 1) + 1;
        const std::int64_t largest = smallest + (*o.stride())[d] - 1;
        if (size[d] < smallest || size[d] > largest)
            raise<ValueError>(name.c_str(), "requested an output size of ", size, ", but valid sizes of dimension ", d,
                              " range from ", smallest, " to ", largest, " (for an input of ", sizes, ')');
        (*out)[d] = size[d] - smallest;
    }
    return out;
}

Tensor convolve(const Tensor& x, const Tensor& weight, const functional::Conv1dFuncOptions& o) {
    return functional::conv1d(x, weight, o);
}
Tensor convolve(const Tensor& x, const Tensor& weight, const functional::Conv2dFuncOptions& o) {
    return functional::conv2d(x, weight, o);
}
Tensor convolve(const Tensor& x, const Tensor& weight, const functional::Conv3dFuncOptions& o) {
    return functional::conv3d(x, weight, o);
}
Tensor convolve(const Tensor& x, const Tensor& weight, const functional::ConvTranspose1dFuncOptions& o) {
    return functional::conv_transpose1d(x, weight, o);
}
Tensor convolve(const Tensor& x, const Tensor& weight, const functional::ConvTranspose2dFuncOptions& o) {
    return functional::conv_transpose2d(x, weight, o);
}
Tensor convolve(const Tensor& x, const Tensor& weight, const functional::ConvTranspose3dFuncOptions& o) {
    return functional::conv_transpose3d(x, weight, o);
}

}  // namespace

template <std::size_t D, class Derived>
ConvNdImpl<D, Derived>::ConvNdImpl(const detail::ConvNdOptions<D>& conv_options) : options(conv_options) {
    ConvNdImpl::reset();
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset() {
    check_options(options);
    const std::int64_t in = options.in_channels(), out = options.out_channels(), groups = options.groups();
    std::vector<std::int64_t> sizes = {options.transposed() ? in : out, (options.transposed() ? out : in) / groups};
    sizes.insert(sizes.end(), options.kernel_size()->begin(), options.kernel_size()->end());
    weight = this->register_parameter("weight", xgrad::empty(sizes));
    bias = options.bias() ? this->register_parameter("bias", xgrad::empty({out}))
                          : this->register_parameter("bias", Tensor(), /*requires_grad=*/false);
    reset_parameters();
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset_parameters() {
    init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (!bias.defined()) return;
    const std::int64_t fan_in = std::get<0>(init::_calculate_fan_in_and_fan_out(weight));
    if (fan_in == 0) return;
    const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
    init::uniform_(bias, -bound, bound);
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::pretty_print(std::ostream& stream) const {
    const ExpandingArray<D> zero(0), one(1);
    stream << "xgrad::nn::" << layer_name(options.transposed(), D) << '(' << options.in_channels() << ", "
           << options.out_channels() << ", kernel_size=" << options.kernel_size() << ", stride=" << options.stride();
    if (is_same<D>(options.padding()))
        stream << ", padding='same'";
    else if (std::holds_alternative<enumtype::Valid>(options.padding()))
        stream << ", padding='valid'";
    else if (*numbers<D>(options.padding()) != *zero)
        stream << ", padding=" << numbers<D>(options.padding());
    if (*options.dilation() != *one) stream << ", dilation=" << options.dilation();
    if (*options.output_padding() != *zero) stream << ", output_padding=" << options.output_padding();
    if (options.groups() != 1) stream << ", groups=" << options.groups();
    if (!options.bias()) stream << ", bias=false";
    if (options.padding_mode() != kZeros) stream << ", padding_mode=" << mode_name(options.padding_mode());
    stream << ')';
}

template <std::size_t D, class Derived>
ConvLayerImpl<D, Derived>::ConvLayerImpl(const ConvOptions<D>& conv_options)
    : ConvNdImpl<D, Derived>(common_options(conv_options)) {}

template <std::size_t D, class Derived>
Tensor ConvLayerImpl<D, Derived>::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    const auto& o = this->options;
    auto call =
        functional::ConvFuncOptions<D>().bias(this->bias).stride(o.stride()).dilation(o.dilation()).groups(o.groups());
    if (o.padding_mode() == kZeros) return convolve(input, this->weight, call.padding(o.padding()));
    const auto pad = functional::PadFuncOptions(pad_of(o)).mode(o.padding_mode());
    return convolve(functional::pad(input, pad), this->weight, call);
} catch (Error& error) {
    this->rethrow_with_path(error);
}

template <std::size_t D, class Derived>
ConvTransposeLayerImpl<D, Derived>::ConvTransposeLayerImpl(const ConvTransposeOptions<D>& conv_options)
    : ConvNdImpl<D, Derived>(common_options(conv_options)) {}

template <std::size_t D, class Derived>
Tensor ConvTransposeLayerImpl<D, Derived>::forward(const Tensor& input, OptionalIntArrayRef output_size) try {
    const ForwardScope scope(*this);
    const auto& o = this->options;
    return convolve(input, this->weight,
                    functional::ConvTransposeFuncOptions<D>()
                        .bias(this->bias)
                        .stride(o.stride())
                        .padding(numbers<D>(o.padding()))
                        .output_padding(output_size ? output_padding_for(o, input, *output_size) : o.output_padding())
                        .groups(o.groups())
                        .dilation(o.dilation()));
} catch (Error& error) {
    this->rethrow_with_path(error);
}

template class ConvNdImpl<1, Conv1dImpl>;
template class ConvNdImpl<2, Conv2dImpl>;
template class ConvNdImpl<3, Conv3dImpl>;
template class ConvNdImpl<1, ConvTranspose1dImpl>;
template class ConvNdImpl<2, ConvTranspose2dImpl>;
template class ConvNdImpl<3, ConvTranspose3dImpl>;
template class ConvLayerImpl<1, Conv1dImpl>;
template class ConvLayerImpl<2, Conv2dImpl>;
template class ConvLayerImpl<3, Conv3dImpl>;
template class ConvTransposeLayerImpl<1, ConvTranspose1dImpl>;
template class ConvTransposeLayerImpl<2, ConvTranspose2dImpl>;
template class ConvTransposeLayerImpl<3, ConvTranspose3dImpl>;

}  // namespace xgrad::nn
