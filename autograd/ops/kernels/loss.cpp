#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_loss(KernelTable& table) {
    LossRows::for_each([&]<class Row>() {
        RowKernels& k = table.rows[TableRows::index<Row>()];
        k.value[static_cast<int>(kFloat32)] = value_kernel<Row, float, 2>;
        k.value[static_cast<int>(kFloat64)] = value_kernel<Row, double, 2>;
        fill_derivative<Row, 2, 0>(k);
    });
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
