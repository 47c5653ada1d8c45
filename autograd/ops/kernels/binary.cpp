#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_binary(KernelTable& table) {
    fill_rows<NumberRows, 1>(table);
    fill_rows<BinaryRows, 2>(table);
    fill_rows<GateRows, 2>(table);
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
