#pragma once

#include <algorithm>

#include <xgrad/autograd/ops/pooling/spatial.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// Windows over the last dimensions of a tensor.
struct PoolShape {
    std::size_t dims;  // how many of them
    bool adaptive;
    Triple in, out, kernel, stride, padding, dilation;

    /// Window i along a dimension holds the elements begin, begin + dilation ... below `end`, at least one.
    std::int64_t begin(std::size_t d, std::int64_t i) const {
        if (adaptive) return i * in[d] / out[d];
        const std::int64_t at = i * stride[d] - padding[d];
        return std::min(at < 0 ? at + divide_up(-at, dilation[d]) * dilation[d] : at, in[d] - 1);
    }
    std::int64_t end(std::size_t d, std::int64_t i) const {
        if (adaptive) return divide_up((i + 1) * in[d], out[d]);
        return std::clamp(i * stride[d] - padding[d] + (kernel[d] - 1) * dilation[d] + 1, begin(d, i) + 1, in[d]);
    }
    /// The elements of window i along a dimension, with those that lie in the padding if they `count_padding`.
    std::int64_t length(std::size_t d, std::int64_t i, bool count_padding) const {
        if (adaptive || !count_padding) return end(d, i) - begin(d, i);
        const std::int64_t at = i * stride[d] - padding[d];
        return std::min(kernel[d], in[d] + padding[d] - at);
    }
    /// The windows [first, last) along the last dimension that reach over no border.
    std::array<std::int64_t, 2> inner() const {
        if (adaptive) return {0, 0};
        const std::int64_t first = std::min(divide_up(padding[2], stride[2]), out[2]);
        const std::int64_t room = in[2] + padding[2] - (kernel[2] - 1) * dilation[2] - 1;
        return {first, std::clamp(divide_down(room, stride[2]) + 1, first, out[2])};
    }
    std::int64_t planes(const Tensor& x) const {
        std::int64_t count = 1;
        for (std::size_t d = 0; d + dims < x.sizes().size(); ++d) count *= x.sizes()[d];
        return count;
    }
};

/// `sizes` with the last dimensions replaced.
detail::Dims with_last(IntArrayRef sizes, const Triple& last, std::size_t dims);

/// What pool functions are asked for, checked. Throws errors that name `operation`.
struct PoolRequest {
    const char* operation;
    std::size_t dims;

    /// Windows of `kernel` elements.
    PoolShape sliding(const Tensor& x, IntArrayRef kernel, IntArrayRef stride, IntArrayRef padding,
                      IntArrayRef dilation, bool ceil_mode) const;
    /// As many windows as `out` says.
    PoolShape adaptive(const Tensor& x, IntArrayRef out) const;

  private:
    void check_input(const Tensor& x) const;
    Triple triple(const char* what, IntArrayRef list, std::int64_t missing) const;
};

}  // namespace xgrad::ops
