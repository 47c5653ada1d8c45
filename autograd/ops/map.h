#pragma once

#include <span>

#include <xgrad/autograd/tensor.h>

namespace xgrad::ops {

/// n elements of contiguous operands, in the dtype that the kernel computes in; `row` holds the attributes.
using MapKernel = void (*)(const void* row, void* out, const void* const* in, std::int64_t n);

/// The same with several results.
using ManyMapKernel = void (*)(const void* row, void* const* out, const void* const* in, std::int64_t n);

/// Most operands that a map reads (a fused function's inputs and the gradient) and writes.
inline constexpr std::size_t kMaxMapInputs = 9, kMaxMapOutputs = 8;

/// out[i] = kernel(in0[i], in1[i], ...) over the shape of `out`, to which the inputs broadcast. The kernel reads
/// `compute` and writes `produce`; operands of another dtype or layout pass through small buffers, so that nothing is
/// copied as a whole but large transposed operands. The result does not depend on the number of threads.
void map(MapKernel kernel, const void* row, ScalarType compute, ScalarType produce, const Tensor& out,
         std::span<const Tensor* const> inputs);
/// The same in one pass for all of `outs`, which are fresh tensors of one shape and of dtype `produce`.
void map_many(ManyMapKernel kernel, const void* row, ScalarType compute, ScalarType produce,
              std::span<const Tensor> outs, std::span<const Tensor* const> inputs);

/// Copies `source` into `out`, to whose shape it broadcasts, converting the dtype. Records nothing.
void copy(const Tensor& out, const Tensor& source);

/// Elements that one thread takes at a time: below it, work is not divided.
inline constexpr std::int64_t kGrain = 32768;

}  // namespace xgrad::ops
