#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_unary(KernelTable& table) { fill_rows<UnaryRows, 1>(table); }

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
