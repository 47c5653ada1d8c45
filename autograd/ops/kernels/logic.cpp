#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_logic(KernelTable& table) {
    fill_rows<LogicRows, 2>(table);
    fill_rows<TernaryRows, 3>(table);
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
