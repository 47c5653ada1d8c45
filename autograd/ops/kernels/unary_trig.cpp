#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_unary_trig(KernelTable& table) { fill_rows<TrigRows, 1>(table); }

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
