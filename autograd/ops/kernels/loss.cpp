#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

void fill_loss(KernelTable& table) {
    LossRows::for_each([&]<class Row>() {
        constexpr std::size_t kArity = std::size(Row::uses);
        RowKernels& k = table.rows[TableRows::index<Row>()];
        k.value[static_cast<int>(kFloat32)] = value_kernel<Row, float, kArity>;
        k.value[static_cast<int>(kFloat64)] = value_kernel<Row, double, kArity>;
        fill_derivative<Row, kArity, 0>(k);
    });
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
