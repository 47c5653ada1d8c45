#pragma once

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

/// All kernels for one architecture.
struct KernelTable {
    RowKernels rows[AllRows::size];
};

/// The table for this machine: the native one, or in the portable build the best that the processor runs.
const KernelTable& kernels();

template <class Row>
const RowKernels& row_kernels() {
    return kernels().rows[AllRows::index<Row>()];
}

inline std::size_t float_index(ScalarType dtype) { return dtype == kFloat64 ? 1 : 0; }

// Each kernel file fills its part; it is compiled once for every architecture, in a namespace of that name.
#define XGRAD_DECLARE_KERNELS(arch)        \
    namespace arch {                       \
    void fill_unary(KernelTable& table);   \
    void fill_binary(KernelTable& table);  \
    }
#ifdef XGRAD_PORTABLE
XGRAD_DECLARE_KERNELS(avx2)
XGRAD_DECLARE_KERNELS(avx512)
#else
XGRAD_DECLARE_KERNELS(native)
#endif
#undef XGRAD_DECLARE_KERNELS

}  // namespace xgrad::ops
