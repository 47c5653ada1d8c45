#pragma once

#include <xgrad/autograd/ops/kernels/reduce.h>
#include <xgrad/autograd/ops/kernels/softmax.h>
#include <xgrad/autograd/ops/loss_rows.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/rows.h>

namespace xgrad::ops {

/// The kernels of an element-wise row. `value` is indexed by dtype, null where the row has none.
/// `derivative[i]` (float32, float64) computes gradient * d(output)/d(input i) from the gradient and, in this order,
/// those of the inputs and the output that uses[i] names.
struct RowKernels {
    MapKernel value[kNumScalarTypes] = {};
    MapKernel derivative[3][2] = {};
};

/// One step of stochastic gradient descent: see optim::SGD. In the `first` one the buffer is set, not updated.
struct SgdStep {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, first;
};
/// Updates `count` parameters and, unless it is null, their momentum buffer.
using SgdKernel = void (*)(const SgdStep& step, void* param, const void* grad, void* buffer, std::int64_t count);

/// Every row that has kernels.
using TableRows = Concat<AllRows, LossRows>;

/// All kernels for one architecture.
struct KernelTable {
    RowKernels rows[TableRows::size];
    FoldKernels folds[kNumFolds][kNumScalarTypes];
    FindKernels find[kNumScalarTypes];
    SoftmaxKernels softmax[2];  // by float_index
    SgdKernel sgd[2] = {};      // float32, float64
};

/// The table for this machine: the native one, or in the portable build the best that the processor runs.
const KernelTable& kernels();

template <class Row>
const RowKernels& row_kernels() {
    return kernels().rows[TableRows::index<Row>()];
}

inline std::size_t float_index(ScalarType dtype) { return dtype == kFloat64 ? 1 : 0; }

// Each kernel file fills its part; it is compiled once for every architecture, in a namespace of that name. A new
// kernel file is listed here.
#define XGRAD_KERNEL_FILES(file) file(unary) file(binary) file(reduce) file(softmax) file(loss) file(optim)

#define XGRAD_DECLARE_FILL(name) void fill_##name(KernelTable& table);
#ifdef XGRAD_PORTABLE
namespace avx2 {
XGRAD_KERNEL_FILES(XGRAD_DECLARE_FILL)
}
namespace avx512 {
XGRAD_KERNEL_FILES(XGRAD_DECLARE_FILL)
}
#else
namespace native {
XGRAD_KERNEL_FILES(XGRAD_DECLARE_FILL)
}
#endif
#undef XGRAD_DECLARE_FILL

}  // namespace xgrad::ops
