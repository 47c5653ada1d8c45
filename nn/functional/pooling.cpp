#include <xgrad/nn/functional/pooling.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

namespace {

using xgrad::detail::Dims;

/// The number of windows, with the size of the input where none is given.
template <std::size_t D>
Dims sizes_of(const char* name, const Tensor& input, const ExpandingArrayWithOptionalElem<D>& size) {
    if (input.sizes().size() <= D)
        raise<ShapeError>(name, "Expected an input of more than ", D, " dimensions, got ", input.sizes());
    Dims out(D);
    for (std::size_t d = 0; d < D; ++d) out[d] = (*size)[d].value_or(input.sizes()[input.sizes().size() - D + d]);
    return out;
}
Dims sizes_of(const char*, const Tensor&, const ExpandingArray<1>& size) { return IntArrayRef(size); }

/// What the pooling had for an input: one of several sizes, unless it is given.
template <std::size_t D>
Dims unpooled_size(const char* name, const Tensor& input, const MaxUnpoolFuncOptions<D>& o) {
    const IntArrayRef sizes = input.sizes();
    if (sizes.size() != D + 1 && sizes.size() != D + 2)
        raise<ShapeError>(name, "Expected ", D + 1, "D or ", D + 2,
                          "D (batch mode) tensor for input, but got: ", sizes);
    Dims smallest(D);
    for (std::size_t d = 0; d < D; ++d)
        smallest[d] =
            (sizes[sizes.size() - D + d] - 1) * (*o.stride())[d] + (*o.kernel_size())[d] - 2 * (*o.padding())[d];
    if (!o.output_size()) return smallest;
    IntArrayRef given = *o.output_size();
    if (given.size() == D + 2) given = given.slice(2, D);
    if (given.size() != D)
        raise<ValueError>(name, "output_size should be a sequence containing ", D, " or ", D + 2,
                          " elements, but it has a length of '", given.size(), "'");
    for (std::size_t d = 0; d < D; ++d) {
        const std::int64_t step = (*o.stride())[d];
        if (given[d] < smallest[d] - step || given[d] > smallest[d] + step)
            raise<ValueError>(name, "invalid output_size ", given, " (dim ", d, " must be between ", smallest[d] - step,
                              " and ", smallest[d] + step, ")");
    }
    return given;
}

/// The root of sums of powers, of their means over windows of `count` elements.
Tensor root(const Tensor& means, double norm_type, std::int64_t count) {
    return (means.sign() * means.abs().relu()).mul(count).pow(1 / norm_type);
}

}  // namespace

Tensor avg_pool1d(const Tensor& input, const AvgPool1dFuncOptions& o) {
    return xgrad::avg_pool1d(input, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(), o.count_include_pad());
}
Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& o) {
    return xgrad::avg_pool2d(input, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(), o.count_include_pad(),
                             o.divisor_override());
}
Tensor avg_pool3d(const Tensor& input, const AvgPool3dFuncOptions& o) {
    return xgrad::avg_pool3d(input, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(), o.count_include_pad(),
                             o.divisor_override());
}

std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& input, const MaxPool1dFuncOptions& o) {
    return xgrad::max_pool1d_with_indices(input, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input, const MaxPool2dFuncOptions& o) {
    return xgrad::max_pool2d_with_indices(input, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& input, const MaxPool3dFuncOptions& o) {
    return xgrad::max_pool3d_with_indices(input, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
Tensor max_pool1d(const Tensor& input, const MaxPool1dFuncOptions& o) {
    return std::get<0>(functional::max_pool1d_with_indices(input, o));
}
Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& o) {
    return std::get<0>(functional::max_pool2d_with_indices(input, o));
}
Tensor max_pool3d(const Tensor& input, const MaxPool3dFuncOptions& o) {
    return std::get<0>(functional::max_pool3d_with_indices(input, o));
}

std::tuple<Tensor, Tensor> adaptive_max_pool1d_with_indices(const Tensor& input,
                                                            const AdaptiveMaxPool1dFuncOptions& o) {
    return xgrad::adaptive_max_pool1d(input, sizes_of("adaptive_max_pool1d", input, o.output_size()));
}
std::tuple<Tensor, Tensor> adaptive_max_pool2d_with_indices(const Tensor& input,
                                                            const AdaptiveMaxPool2dFuncOptions& o) {
    return xgrad::adaptive_max_pool2d(input, sizes_of("adaptive_max_pool2d", input, o.output_size()));
}
std::tuple<Tensor, Tensor> adaptive_max_pool3d_with_indices(const Tensor& input,
                                                            const AdaptiveMaxPool3dFuncOptions& o) {
    return xgrad::adaptive_max_pool3d(input, sizes_of("adaptive_max_pool3d", input, o.output_size()));
}
Tensor adaptive_max_pool1d(const Tensor& input, const AdaptiveMaxPool1dFuncOptions& o) {
    return std::get<0>(adaptive_max_pool1d_with_indices(input, o));
}
Tensor adaptive_max_pool2d(const Tensor& input, const AdaptiveMaxPool2dFuncOptions& o) {
    return std::get<0>(adaptive_max_pool2d_with_indices(input, o));
}
Tensor adaptive_max_pool3d(const Tensor& input, const AdaptiveMaxPool3dFuncOptions& o) {
    return std::get<0>(adaptive_max_pool3d_with_indices(input, o));
}

Tensor adaptive_avg_pool1d(const Tensor& input, const AdaptiveAvgPool1dFuncOptions& o) {
    return xgrad::adaptive_avg_pool1d(input, sizes_of("adaptive_avg_pool1d", input, o.output_size()));
}
Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& o) {
    return xgrad::adaptive_avg_pool2d(input, sizes_of("adaptive_avg_pool2d", input, o.output_size()));
}
Tensor adaptive_avg_pool3d(const Tensor& input, const AdaptiveAvgPool3dFuncOptions& o) {
    return xgrad::adaptive_avg_pool3d(input, sizes_of("adaptive_avg_pool3d", input, o.output_size()));
}

Tensor max_unpool1d(const Tensor& input, const Tensor& indices, const MaxUnpool1dFuncOptions& o) {
    Dims size = unpooled_size("max_unpool1d", input, o);
    size.push_back(1);
    return max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size).squeeze(-1);
}
Tensor max_unpool2d(const Tensor& input, const Tensor& indices, const MaxUnpool2dFuncOptions& o) {
    return xgrad::max_unpool2d(input, indices, unpooled_size("max_unpool2d", input, o));
}
Tensor max_unpool3d(const Tensor& input, const Tensor& indices, const MaxUnpool3dFuncOptions& o) {
    return xgrad::max_unpool3d(input, indices, unpooled_size("max_unpool3d", input, o), o.stride(), o.padding());
}

Tensor lp_pool1d(const Tensor& input, const LPPool1dFuncOptions& o) {
    const Tensor means = xgrad::avg_pool1d(input.pow(o.norm_type()), o.kernel_size(), o.stride(), 0, o.ceil_mode());
    return root(means, o.norm_type(), (*o.kernel_size())[0]);
}
Tensor lp_pool2d(const Tensor& input, const LPPool2dFuncOptions& o) {
    const Tensor means = xgrad::avg_pool2d(input.pow(o.norm_type()), o.kernel_size(), o.stride(), 0, o.ceil_mode());
    return root(means, o.norm_type(), (*o.kernel_size())[0] * (*o.kernel_size())[1]);
}

}  // namespace xgrad::nn::functional
