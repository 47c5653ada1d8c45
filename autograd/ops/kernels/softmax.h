#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Loops over `rows` contiguous rows of n numbers of one floating-point dtype.
struct SoftmaxKernels {
    using Rows = void (*)(const void* x, void* y, std::int64_t n, std::int64_t rows);
    /// Of the gradient and the output to the gradient of the input.
    using Backward = void (*)(const void* gradient, const void* y, void* dx, std::int64_t n, std::int64_t rows);

    Rows softmax = nullptr;
    Rows log_softmax = nullptr;
    Rows logsumexp = nullptr;  // writes one number for each row
    Backward softmax_backward = nullptr;
    Backward log_softmax_backward = nullptr;
    /// The softmax of each row and losses[r] = -log of its element target[r]; 0 where the target is `ignored`.
    void (*cross_entropy)(const void* x, const std::int64_t* target, std::int64_t ignored, void* probabilities,
                          void* losses, std::int64_t n, std::int64_t rows) = nullptr;
    /// dx = scale[r] * (probabilities - 1 at target[r]); scale[r] is 0 where the target is `ignored`.
    void (*cross_entropy_backward)(const void* probabilities, const std::int64_t* target, std::int64_t ignored,
                                   const void* scale, void* dx, std::int64_t n, std::int64_t rows) = nullptr;
};

}  // namespace xgrad::ops
