#pragma once

#include <memory>

#include <xgrad/autograd/ops/map.h>

/// What the library does for `fuse`, without the type of the function: see <xgrad/autograd/fuse.h>.
namespace xgrad::ops {

/// Most tensors that a fused function takes: the kernel of its derivative reads the gradient besides.
inline constexpr std::size_t kMaxFusedInputs = kMaxMapInputs - 1;

/// What a kernel of a fused function gets for its attributes.
struct FusedCall {
    const void* function;
    unsigned wanted;  // bit i: the derivative to input i is asked for
};

/// What the compiler made of a function; the kernels for float32 and float64.
struct FusedCode {
    bool compares;  // the result is bool and has no derivative
    ManyMapKernel value[2];
    /// From the gradient and the inputs: gradient * derivative to each wanted input, in their order.
    ManyMapKernel derivative[2];
    Tensor (*on_tensors)(const void* function, const Tensor* inputs);
    /// A copy of the function, for the graph.
    std::shared_ptr<const void> (*copy)(const void* function);
};

/// Applies the function and records it.
Tensor fuse(const FusedCode& code, const void* function, std::span<const Tensor* const> inputs);

}  // namespace xgrad::ops
