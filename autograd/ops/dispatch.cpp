#include <xgrad/autograd/ops/kernels/table.h>

namespace xgrad::ops {

const KernelTable& kernels() {
    static const KernelTable table = [] {
        KernelTable t;
#ifdef XGRAD_PORTABLE
        if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
            avx512::fill_unary(t);
            avx512::fill_binary(t);
        } else {
            avx2::fill_unary(t);
            avx2::fill_binary(t);
        }
#else
        native::fill_unary(t);
        native::fill_binary(t);
#endif
        return t;
    }();
    return table;
}

}  // namespace xgrad::ops
