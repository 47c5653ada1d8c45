#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_binary(KernelTable& table) {
    fill_rows<BinaryRows, 2>(table);
    fill_rows<TernaryRows, 3>(table);
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
