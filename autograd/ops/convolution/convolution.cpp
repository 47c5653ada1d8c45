#include <xgrad/autograd/ops/convolution/convolution.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/pooling/spatial.h>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

/// The gradient of a bias: of all but the channels, dimension 1, the sum.
Tensor sum_to_channels(const Tensor& g) {
    Dims others;
    for (std::int64_t d = 0; d < g.dim(); ++d)
        if (d != 1) others.push_back(d);
    return g.sum(others);
}

/// A bias in the shape in which it is added.
Tensor along_channels(const Tensor& bias, std::int64_t rank) {
    Dims sizes(static_cast<std::size_t>(rank), 1);
    sizes[1] = bias.size(0);
    return bias.view(sizes);
}

Tensor result_of(std::int64_t images, std::int64_t channels, const Triple& size, const Tensor& weight) {
    Dims sizes{images, channels};
    for (std::size_t d = 5 - weight.sizes().size(); d < 3; ++d) sizes.push_back(size[d]);
    return empty(sizes, weight.dtype());
}

/// From the wide to the narrow side or, transposed, back. A bias may be the third input.
template <bool kTransposed>
struct Convolution {
    static constexpr const char* name = kTransposed ? "conv_transpose" : "convolution";
    static constexpr Uses uses[] = {in(1), in(0), kNothing};

    ConvolutionShape shape;

    template <class... Bias>
    Tensor forward(const Tensor& x, const Tensor& weight, const Bias&... bias) const {
        const std::array<Tensor, 1> b = {bias.contiguous()...};
        if constexpr (kTransposed) {
            Tensor out = result_of(x.size(0), shape.groups * shape.wide_channels, shape.wide, weight);
            convolve_transposed(shape, x.contiguous(), weight.contiguous(), b[0], out);
            return out;
        } else {
            Tensor out = result_of(x.size(0), shape.groups * shape.narrow_channels, shape.narrow, weight);
            convolve(shape, x.contiguous(), weight.contiguous(), b[0], out);
            return out;
        }
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& output) const {
        Tensor sum;
        const auto add = [&](const Tensor& term) { sum = sum.defined() ? sum + term : term; };
        if (t[0].defined()) add(detail_op::apply(*this, t[0], x[1]));
        if (t[1].defined()) add(detail_op::apply(*this, x[0], t[1]));
        if (t.size() > 2 && t[2].defined()) add(along_channels(t[2], output.dim()).expand(output.sizes()));
        return sum;
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const auto apply = [&](const Convolution& op, const Tensor& input, const Tensor& weight, const Tensor& bias) {
            return x.size() > 2 ? detail_op::apply(op, input, weight, bias) : detail_op::apply(op, input, weight);
        };
        const std::int64_t count = batch_size(x, dims), bias_dim = x.size() > 2 ? dims[2] : -1;
        if (dims[1] < 0 && bias_dim < 0) {
            // More images.
            const Tensor images = x[0].movedim(dims[0], 0);
            const Tensor y = apply(*this, images.flatten(0, 1), x[1], x[x.size() - 1]);
            return {split_dim(y, 0, count, images.size(1)), 0};
        }
        // More groups.
        Convolution op = *this;
        op.shape.groups *= count;
        const Tensor bias = x.size() > 2 ? batched_at(0, x[2], bias_dim, count).flatten() : Tensor();
        const Tensor y = apply(op, batched_at(1, x[0], dims[0], count).flatten(1, 2),
                               batched_at(0, x[1], dims[1], count).flatten(0, 1), bias);
        return {split_dim(y, 1, count, shape.groups * (kTransposed ? shape.wide_channels : shape.narrow_channels)), 1};
    }
};

/// The gradient with respect to the weight, of the wide and the narrow side: images are summed over.
struct ConvolutionWeight {
    static constexpr const char* name = "convolution_weight";
    static constexpr Uses uses[] = {in(1), in(0)};

    ConvolutionShape shape;

    Tensor forward(const Tensor& wide, const Tensor& narrow) const {
        Dims sizes{shape.groups * shape.narrow_channels, shape.wide_channels};
        for (std::size_t d = 5 - wide.sizes().size(); d < 3; ++d) sizes.push_back(shape.kernel[d]);
        Tensor out = empty(sizes, wide.dtype());
        correlate(shape, wide.contiguous(), narrow.contiguous(), out);
        return out;
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, detail_op::apply(Convolution<true>{shape}, b.input(1), b.grad()));
        if (b.needs(1)) b.set(1, detail_op::apply(Convolution<false>{shape}, b.input(0), b.grad()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        if (!t[0].defined()) return detail_op::apply(*this, x[0], t[1]);
        const Tensor first = detail_op::apply(*this, t[0], x[1]);
        return t[1].defined() ? first + detail_op::apply(*this, x[0], t[1]) : first;
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const std::int64_t count = batch_size(x, dims);
        ConvolutionWeight op = *this;
        op.shape.groups *= count;
        const Tensor weights = detail_op::apply(op, batched_at(1, x[0], dims[0], count).flatten(1, 2),
                                                batched_at(1, x[1], dims[1], count).flatten(1, 2));
        return {split_dim(weights, 0, count, shape.groups * shape.narrow_channels), 0};
    }
};

using Convolutions = Family<Convolution<false>, Convolution<true>, ConvolutionWeight>;

template <bool kTransposed>
void Convolution<kTransposed>::vjp(Vjp& b) const {
    const Tensor& g = b.grad();
    if (b.needs(0)) b.set(0, Convolutions::apply(Convolution<!kTransposed>{shape}, g, b.input(1)));
    if (b.needs(1)) {
        const Tensor x = b.input(0);
        b.set(1, Convolutions::apply(ConvolutionWeight{shape}, kTransposed ? g : x, kTransposed ? x : g));
    }
    if (b.num_inputs() > 2 && b.needs(2)) b.set(2, sum_to_channels(g));
}

/// What a caller asks for, each list expanded to the spatial dimensions.
struct Request {
    const char* name;
    std::size_t dims;
    bool transposed;
    Triple stride, padding, padding_end, dilation, output_padding;
    std::int64_t groups;

    Request(const char* operation, std::size_t spatial_dims, bool is_transposed, IntArrayRef strides,
            IntArrayRef paddings, IntArrayRef dilations, IntArrayRef output_paddings, std::int64_t group_count)
        : name(operation),
          dims(spatial_dims),
          transposed(is_transposed),
          stride(triple("stride", strides, 1)),
          padding(triple("padding", paddings, 0)),
          padding_end(padding),
          dilation(triple("dilation", dilations, 1)),
          output_padding(triple("output_padding", output_paddings, 0)),
          groups(group_count) {
        if (groups < 1) raise<ValueError>(name, "non-positive groups is not supported, got ", groups);
        if (smallest(stride) < 1) raise<ValueError>(name, "non-positive stride is not supported, got ", strides);
        if (smallest(padding) < 0) raise<ValueError>(name, "negative padding is not supported, got ", paddings);
        if (smallest(dilation) < 1)
            raise<ValueError>(name, "dilation should be greater than zero, but got ", dilations);
        if (smallest(output_padding) < 0)
            raise<ValueError>(name, "negative output_padding is not supported, got ", output_paddings);
        for (std::size_t d = 0; transposed && d < 3; ++d)
            if (output_padding[d] >= stride[d] && output_padding[d] >= dilation[d])
                raise<ValueError>(name, "output padding must be smaller than either stride or dilation, but got ",
                                  output_paddings, " with stride ", strides, " and dilation ", dilations);
    }

    Triple triple(const char* what, IntArrayRef list, std::int64_t missing) const {
        if (list.size() != 1 && list.size() != dims)
            raise<ValueError>(name, "expected ", what, " to be a single integer value or a list of ", dims,
                              " values to match the convolution dimensions, but got ", what, "=", list);
        return expand_triple(list, dims, missing);
    }
    static std::int64_t smallest(const Triple& x) { return *std::min_element(x.begin(), x.end()); }
};

void check_weight(const Request& r, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const std::int64_t rows = weight.size(0);
    if (rows < r.groups)
        raise<ShapeError>(r.name, "Given groups=", r.groups, ", expected weight to be at least ", r.groups,
                          " at dimension 0, but got weight of size ", weight.sizes(), " instead");
    if (rows % r.groups != 0)
        raise<ShapeError>(r.name, "Given groups=", r.groups, ", expected weight to be divisible by ", r.groups,
                          " at dimension 0, but got weight of size ", weight.sizes(), " instead");
    const std::int64_t channels = r.transposed ? rows : weight.size(1) * r.groups;
    if (x.size(1) != channels)
        raise<ShapeError>(r.name, "Given ", r.transposed ? "transposed=" : "groups=", r.transposed ? 1 : r.groups,
                          ", weight of size ", weight.sizes(), ", expected input", x.sizes(), " to have ", channels,
                          " channels, but got ", x.size(1), " channels instead");
    for (std::size_t d = 2; d < weight.sizes().size(); ++d)
        if (weight.sizes()[d] < 1)
            raise<ShapeError>(r.name, "kernel size should be greater than zero, but got weight of size ",
                              weight.sizes());
    if (x.dtype() != weight.dtype())
        raise<DtypeError>(r.name, "Input type (", x.dtype(), ") and weight type (", weight.dtype(),
                          ") should be the same");
    if (!bias.defined()) return;
    const std::int64_t results = r.transposed ? weight.size(1) * r.groups : rows;
    if (bias.dim() != 1 || bias.size(0) != results)
        raise<ShapeError>(r.name, "Given weight of size ", weight.sizes(), ", expected bias to be 1-dimensional with ",
                          results, " elements, but got bias of size ", bias.sizes(), " instead");
    if (x.dtype() != bias.dtype())
        raise<DtypeError>(r.name, "Input type (", x.dtype(), ") and bias type (", bias.dtype(), ") should be the same");
}

/// "(3 x 4)".
std::string by_x(const Triple& sizes, std::size_t dims) {
    std::string out = "(";
    for (std::size_t d = 3 - dims; d < 3; ++d) out += std::to_string(sizes[d]) + (d < 2 ? " x " : ")");
    return out;
}

ConvolutionShape shape_of(const Request& r, const Tensor& x, const Tensor& weight) {
    const Triple kernel = last_triple(weight.sizes(), r.dims), size = last_triple(x.sizes(), r.dims);
    const std::int64_t rows = weight.size(0) / r.groups;
    ConvolutionShape s{r.groups, weight.size(1), rows, size, size, kernel, r.stride, r.padding, r.dilation};
    Triple padded, reach;
    for (std::size_t d = 0; d < 3; ++d) {
        const std::int64_t padding = r.padding[d] + r.padding_end[d];
        padded[d] = size[d] + padding;
        reach[d] = r.dilation[d] * (kernel[d] - 1) + 1;
        if (r.transposed)
            s.wide[d] = (size[d] - 1) * r.stride[d] - padding + reach[d] + r.output_padding[d];
        else
            s.narrow[d] = (padded[d] - reach[d]) / r.stride[d] + 1;
    }
    for (std::size_t d = 0; !r.transposed && d < 3; ++d)
        if (padded[d] < reach[d] || size[d] < 1)
            raise<ShapeError>(r.name, "Calculated padded input size per channel: ", by_x(padded, r.dims),
                              ". Kernel size: ", by_x(reach, r.dims),
                              ". Kernel size can't be greater than actual input size, which must not be empty");
    if (r.transposed && (Request::smallest(s.wide) < 1 || Request::smallest(size) < 1))
        raise<ShapeError>(r.name, "Given input size per channel: ", by_x(size, r.dims),
                          ". Calculated output size per channel: ", by_x(s.wide, r.dims), ". Output size is too small");
    return s;
}

/// Whether there is but one place for the kernel: the convolution is a product of matrices.
bool covers(const ConvolutionShape& s) {
    return s.narrow == Triple{1, 1, 1} && s.wide == s.kernel && s.padding == Triple{0, 0, 0} && s.groups == 1;
}

Tensor as_product(const Request& r, const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const ConvolutionShape& s) {
    const Tensor rows = x.flatten(1), matrix = weight.flatten(1);
    Dims sizes{x.size(0), r.transposed ? s.wide_channels : s.narrow_channels};
    for (std::size_t d = 3 - r.dims; d < 3; ++d) sizes.push_back(r.transposed ? s.wide[d] : 1);
    if (!r.transposed) return linear(rows, matrix, bias).view(sizes);
    const Tensor out = rows.mm(matrix).view(sizes);
    return bias.defined() ? out + along_channels(bias, out.dim()) : out;
}

Tensor convolution_of(const Request& r, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    check_weight(r, x, weight, bias);
    const ConvolutionShape shape = shape_of(r, x, weight);
    if (!x.is_floating_point()) {
        if (x.dtype() == kBool) raise<DtypeError>(r.name, "not implemented for 'Bool'");
        const Tensor wide_bias = bias.defined() ? bias.to(kFloat64) : bias;
        return convolution_of(r, x.to(kFloat64), weight.to(kFloat64), wide_bias).to(x.dtype());
    }
    if (covers(shape)) return as_product(r, x, weight, bias, shape);
    const auto apply = [&](const auto& op) {
        return bias.defined() ? Convolutions::apply(op, x, weight, bias) : Convolutions::apply(op, x, weight);
    };
    return r.transposed ? apply(Convolution<true>{shape}) : apply(Convolution<false>{shape});
}

/// The same for inputs with and without a batch dimension.
Tensor convolution_of_any(const Request& r, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
    check_defined(r.name, x);
    check_defined(r.name, weight);
    const auto rank = static_cast<std::int64_t>(r.dims) + 2;
    if (x.dim() != rank && x.dim() != rank - 1)
        raise<ShapeError>(r.name, "Expected ", rank - 1, "D (unbatched) or ", rank, "D (batched) input to ", r.name,
                          ", but got input of size: ", x.sizes());
    if (weight.dim() != rank)
        raise<ShapeError>(r.name, "Expected ", rank, "-dimensional weight, but got weight of size ", weight.sizes());
    if (x.dim() == rank) return convolution_of(r, x, weight, bias.value_or(Tensor()));
    return convolution_of(r, x.unsqueeze(0), weight, bias.value_or(Tensor())).squeeze(0);
}

constexpr const char* kNames[] = {"conv1d", "conv2d", "conv3d"};
constexpr const char* kTransposedNames[] = {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};

Tensor plain(std::size_t dims, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
             IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
    return convolution_of_any({kNames[dims - 1], dims, false, stride, padding, dilation, 0, groups}, x, weight, bias);
}

Tensor transposed(std::size_t dims, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                  IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, std::int64_t groups,
                  IntArrayRef dilation) {
    return convolution_of_any(
        {kTransposedNames[dims - 1], dims, true, stride, padding, dilation, output_padding, groups}, x, weight, bias);
}

Request request_of(const Tensor& x, const Tensor& weight, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                   bool is_transposed, IntArrayRef output_padding, std::int64_t groups) {
    constexpr const char* name = "convolution";
    check_defined(name, x);
    check_defined(name, weight);
    if (weight.dim() < 3 || weight.dim() > 5)
        raise<ShapeError>(name, "expects a weight of 3 to 5 dimensions, got ", weight.sizes());
    if (x.dim() != weight.dim())
        raise<ShapeError>(name, "Expected ", weight.dim(), "-dimensional input for ", weight.dim(),
                          "-dimensional weight ", weight.sizes(), ", but got ", x.dim(), "-dimensional input of size ",
                          x.sizes(), " instead");
    const auto dims = static_cast<std::size_t>(weight.dim() - 2);
    return {name, dims, is_transposed, stride, padding, dilation, output_padding, groups};
}

}  // namespace

std::vector<OpInfo> convolution_operations() { return Convolutions::table(); }

}  // namespace ops

Tensor detail::convolution_padded(std::size_t dims, const Tensor& input, const Tensor& weight,
                                  const std::optional<Tensor>& bias, IntArrayRef stride, std::string_view padding,
                                  IntArrayRef dilation, std::int64_t groups) {
    ops::Request request(ops::kNames[dims - 1], dims, false, stride, 0, dilation, 0, groups);
    if (padding == "same") {
        if (request.stride != ops::Triple{1, 1, 1})
            raise<ValueError>(request.name, "padding='same' is not supported for strided convolutions, got stride ",
                              stride);
        ops::check_defined(request.name, weight);
        if (weight.sizes().size() == dims + 2) {
            const ops::Triple kernel = ops::last_triple(weight.sizes(), dims);
            for (std::size_t d = 0; d < 3; ++d) {
                const std::int64_t total = request.dilation[d] * (kernel[d] - 1);
                request.padding[d] = total / 2;
                request.padding_end[d] = total - total / 2;
            }
        }
    } else if (padding != "valid") {
        raise<ValueError>(request.name, "Invalid padding string: '", padding, "', it must be 'same' or 'valid'");
    }
    return ops::convolution_of_any(request, input, weight, bias);
}

Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
    return ops::plain(1, input, weight, bias, stride, padding, dilation, groups);
}
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
    return ops::plain(2, input, weight, bias, stride, padding, dilation, groups);
}
Tensor conv3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
    return ops::plain(3, input, weight, bias, stride, padding, dilation, groups);
}

Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, std::int64_t groups,
                        IntArrayRef dilation) {
    return ops::transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation);
}
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, std::int64_t groups,
                        IntArrayRef dilation) {
    return ops::transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation);
}
Tensor conv_transpose3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, std::int64_t groups,
                        IntArrayRef dilation) {
    return ops::transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation);
}

Tensor convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                   std::int64_t groups) {
    const auto request = ops::request_of(input, weight, stride, padding, dilation, transposed, output_padding, groups);
    return ops::convolution_of(request, input, weight, bias.value_or(Tensor()));
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& grad_output, const Tensor& input,
                                                        const Tensor& weight, OptionalIntArrayRef bias_sizes,
                                                        IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                                                        bool transposed, IntArrayRef output_padding,
                                                        std::int64_t groups, std::array<bool, 3> output_mask) {
    using ops::Convolutions;
    constexpr const char* name = "convolution_backward";
    const auto request = ops::request_of(input, weight, stride, padding, dilation, transposed, output_padding, groups);
    ops::check_weight(request, input, weight, {});
    const ops::ConvolutionShape shape = ops::shape_of(request, input, weight);
    ops::check_defined(name, grad_output);
    const ops::Triple& size = transposed ? shape.wide : shape.narrow;
    Dims expected{input.size(0), shape.groups * (transposed ? shape.wide_channels : shape.narrow_channels)};
    for (std::size_t d = 3 - request.dims; d < 3; ++d) expected.push_back(size[d]);
    if (grad_output.sizes() != IntArrayRef(expected))
        raise<ShapeError>(name, "expected grad_output of size ", IntArrayRef(expected), ", but got ",
                          grad_output.sizes());
    if (grad_output.dtype() != input.dtype() || !input.is_floating_point())
        raise<DtypeError>(name, "needs floating-point tensors of the same dtype, got ", grad_output.dtype(), " and ",
                          input.dtype());
    std::tuple<Tensor, Tensor, Tensor> out;
    auto& [dx, dw, db] = out;
    if (output_mask[0])
        dx = transposed ? Convolutions::apply(ops::Convolution<false>{shape}, grad_output, weight)
                        : Convolutions::apply(ops::Convolution<true>{shape}, grad_output, weight);
    if (output_mask[1])
        dw = Convolutions::apply(ops::ConvolutionWeight{shape}, transposed ? grad_output : input,
                                 transposed ? input : grad_output);
    if (output_mask[2] && bias_sizes) db = ops::sum_to_channels(grad_output).view(*bias_sizes);
    return out;
}

Tensor conv_tbc(const Tensor& self, const Tensor& weight, const Tensor& bias, std::int64_t pad) {
    constexpr const char* name = "conv_tbc";
    ops::check_defined(name, self);
    ops::check_defined(name, weight);
    if (self.dim() != 3 || weight.dim() != 3)
        raise<ShapeError>(name, "Input must have 3 dims: time, batch, in_channel; Weight tensor must have 3 dims: ",
                          "kernel_width, in_channels, out_channels; got ", self.sizes(), " and ", weight.sizes());
    return conv1d(self.permute({1, 2, 0}), weight.permute({2, 1, 0}), bias, 1, pad).permute({2, 0, 1});
}

}  // namespace xgrad
