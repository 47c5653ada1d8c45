#pragma once

#include <xgrad/autograd/ops/elementwise/rows.h>
#include <xgrad/autograd/ops/kernels/attention.h>
#include <xgrad/autograd/ops/kernels/batch_norm.h>
#include <xgrad/autograd/ops/kernels/convolution.h>
#include <xgrad/autograd/ops/kernels/distance.h>
#include <xgrad/autograd/ops/kernels/embedding.h>
#include <xgrad/autograd/ops/kernels/norm.h>
#include <xgrad/autograd/ops/kernels/pool.h>
#include <xgrad/autograd/ops/kernels/reduce.h>
#include <xgrad/autograd/ops/kernels/scan.h>
#include <xgrad/autograd/ops/kernels/skinny.h>
#include <xgrad/autograd/ops/kernels/softmax.h>
#include <xgrad/autograd/ops/kernels/sparse_rows.h>
#include <xgrad/autograd/ops/loss/rows.h>
#include <xgrad/autograd/ops/map.h>

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

/// One step of Adam: see optim::Adam. `step_size` and `root_scale` (of the root of the mean of squares) hold the
/// corrections of the bias; the parameter is multiplied by `shrinkage` first.
struct AdamStep {
    double beta1, beta2, eps, step_size, root_scale, weight_decay, shrinkage;
};
/// Updates `count` parameters, the running means of their gradients and of the squares of these and, unless it is null,
/// the largest of the latter.
using AdamKernel = void (*)(const AdamStep& step, void* param, const void* grad, void* mean, void* mean_square,
                            void* largest, std::int64_t count);

/// One step of RMSprop: see optim::RMSprop.
struct RmspropStep {
    double lr, alpha, eps, weight_decay, momentum;
};
/// Updates `count` parameters, the running mean of the squares of their gradients and, unless they are null, that of
/// the gradients and the momentum buffer.
using RmspropKernel = void (*)(const RmspropStep& step, void* param, const void* grad, void* mean_square, void* mean,
                               void* buffer, std::int64_t count);

/// One step of Adagrad: see optim::Adagrad.
struct AdagradStep {
    double lr, eps, weight_decay;
};
/// Updates `count` parameters and the sums of the squares of their gradients.
using AdagradKernel = void (*)(const AdagradStep& step, void* param, const void* grad, void* sum, std::int64_t count);

/// Bytes of a result from which on a kernel writes it past the caches: with its operands it would not fit.
inline constexpr std::size_t kStreamFrom = 8 << 20;

/// Copies `bytes` past the caches. Other threads see them after KernelTable::fence_streams.
using StreamKernel = void (*)(void* target, const void* source, std::size_t bytes);

/// Every row that has kernels.
using TableRows = Concat<AllRows, LossRows>;

/// All kernels for one architecture.
struct KernelTable {
    RowKernels rows[TableRows::size];
    FoldKernels folds[kNumFolds][kNumScalarTypes];
    FindKernels find[kNumScalarTypes];
    ScanKernels scans[kNumScalarTypes];
    MomentKernels moments[2];  // by float_index, as what follows
    SoftmaxKernels softmax[2];
    NormKernels norm[2];
    BatchNormKernels batch_norm[2];
    AttentionKernels attention[2];
    DistanceKernels distance[2];
    SparseRowsKernels sparse_rows[2];
    RowSumKernel row_sums[2] = {};
    SkinnyKernels skinny[2];
    ConvolutionKernels convolution[2];
    PoolKernels pool[2];
    StreamKernel stream = nullptr;
    void (*fence_streams)() = nullptr;
    SgdKernel sgd[2] = {};
    AdamKernel adam[2] = {};
    RmspropKernel rmsprop[2] = {};
    AdagradKernel adagrad[2] = {};
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
#define XGRAD_KERNEL_FILES(file)                                                                                      \
    file(unary_exp) file(unary_trig) file(unary_special) file(unary_activation) file(binary) file(logic) file(reduce) \
        file(softmax) file(norm) file(embedding) file(loss) file(optim) file(skinny) file(stream) file(moments)       \
            file(scan) file(batch_norm) file(attention) file(distance) file(sparse_rows) file(convolution) file(pool)

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
