#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Channels [first, first + count) of contiguous tensors (batch, channels, size). Pointers are those of the whole
/// tensors; `mean`, `var` and `rstd` have one element a channel.
struct Channels {
    std::int64_t batch, channels, size;
    std::int64_t first, count;
    void* mean;
    void* var;
    void* rstd;
    bool stream;  // whether the result, aligned to 64 bytes as a whole, is too large for the caches

    std::int64_t each() const { return batch * size; }
};

/// Loops for one floating-point dtype. `weight` and `bias` may be null.
struct BatchNormKernels {
    /// y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(var + eps); mean, var and rstd are written.
    void (*forward)(const Channels& c, double eps, const void* x, const void* weight, const void* bias,
                    void* y) = nullptr;
    /// Of the gradient g of y those of x (unless dx is null), weight and bias.
    void (*backward)(const Channels& c, const void* g, const void* x, const void* weight, void* dx, void* dweight,
                     void* dbias) = nullptr;
    /// y = x scale + shift, both (channels).
    void (*affine)(const Channels& c, const void* x, const void* scale, const void* shift, void* y) = nullptr;
};

}  // namespace xgrad::ops
