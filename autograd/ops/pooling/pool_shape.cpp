#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/pooling/pool.h>

namespace xgrad::ops {

detail::Dims with_last(IntArrayRef sizes, const Triple& last, std::size_t dims) {
    detail::Dims out(sizes);
    for (std::size_t d = 0; d < dims; ++d) out[sizes.size() - dims + d] = last[3 - dims + d];
    return out;
}

Triple PoolRequest::triple(const char* what, IntArrayRef list, std::int64_t missing) const {
    if (list.size() != 1 && list.size() != dims)
        raise<ValueError>(operation, what, " must either be a single int, or a list of ", dims, ", got ", list);
    return expand_triple(list, dims, missing);
}

void PoolRequest::check_input(const Tensor& x) const {
    if (!x.defined()) raise(operation, "an input is an undefined Tensor");
    const std::size_t rank = x.sizes().size();
    if (rank != dims + 1 && rank != dims + 2)
        raise<ShapeError>(operation, "Expected ", dims + 1, "D or ", dims + 2,
                          "D (batch mode) tensor for input, but got: ", x.sizes());
    for (std::size_t d = rank == dims + 2; d < rank; ++d)
        if (x.sizes()[d] == 0)
            raise<ShapeError>(operation,
                              "Expected input to have non-zero size for non-batch dimensions, but input has ", "sizes ",
                              x.sizes(), " with dimension ", d, " being empty");
}

PoolShape PoolRequest::sliding(const Tensor& x, IntArrayRef kernel, IntArrayRef stride, IntArrayRef padding,
                               IntArrayRef dilation, bool ceil_mode) const {
    check_input(x);
    PoolShape s{dims, false, last_triple(x.sizes(), dims), {}, triple("kernel_size", kernel, 1), {}, {}, {}};
    s.stride = stride.empty() ? s.kernel : triple("stride", stride, 1);
    s.padding = triple("padding", padding, 0);
    s.dilation = triple("dilation", dilation, 1);
    for (std::size_t d = 0; d < 3; ++d) {
        if (s.kernel[d] < 1) raise<ValueError>(operation, "kernel size should be greater than zero, but got ", kernel);
        if (s.stride[d] == 0) raise<ValueError>(operation, "stride should not be zero, but got ", stride);
        if (s.stride[d] < 0) raise<ValueError>(operation, "stride should be greater than zero, but got ", stride);
        if (s.dilation[d] < 1) raise<ValueError>(operation, "dilation should be greater than zero, but got ", dilation);
        if (s.padding[d] < 0) raise<ValueError>(operation, "pad must be non-negative, but got pad: ", padding);
        const std::int64_t reach = (s.kernel[d] - 1) * s.dilation[d] + 1;
        if (s.padding[d] > reach / 2)
            raise<ValueError>(operation,
                              "pad should be at most half of effective kernel size, but got pad=", s.padding[d],
                              ", kernel_size=", s.kernel[d], " and dilation=", s.dilation[d]);
        const std::int64_t room = s.in[d] + 2 * s.padding[d] - reach;
        s.out[d] = divide_down(room + (ceil_mode ? s.stride[d] - 1 : 0), s.stride[d]) + 1;
        if (ceil_mode && (s.out[d] - 1) * s.stride[d] >= s.in[d] + s.padding[d]) --s.out[d];
    }
    for (const std::int64_t n : s.out)
        if (n < 1)
            raise<ShapeError>(operation, "Given input size: ", x.sizes(),
                              ". Calculated output size: ", IntArrayRef(s.out).slice(3 - dims, dims),
                              ". Output size is too small");
    return s;
}

PoolShape PoolRequest::adaptive(const Tensor& x, IntArrayRef out) const {
    check_input(x);
    PoolShape s{dims, true, last_triple(x.sizes(), dims), triple("output_size", out, 1), {}, {}, {}, {1, 1, 1}};
    for (const std::int64_t n : s.out)
        if (n < 0)
            raise<ValueError>(operation, "elements of output_size must be greater than or equal to 0 but received ",
                              out);
    return s;
}

}  // namespace xgrad::ops
