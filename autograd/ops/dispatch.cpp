#include <xgrad/autograd/error.h>
#include <xgrad/autograd/ops/kernels/table.h>

namespace xgrad::ops {

namespace {

#ifdef XGRAD_PORTABLE

KernelTable make_table() {
    KernelTable table;
#define XGRAD_FILL(name) avx512::fill_##name(table);
    // What -march=x86-64-v4 lets the compiler use.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        XGRAD_KERNEL_FILES(XGRAD_FILL)
        return table;
    }
#undef XGRAD_FILL
#define XGRAD_FILL(name) avx2::fill_##name(table);
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        raise<NotImplementedError>("xgrad", "this build needs a processor with AVX2 and FMA");
    XGRAD_KERNEL_FILES(XGRAD_FILL)
#undef XGRAD_FILL
    return table;
}

#else

KernelTable make_table() {
    KernelTable table;
#define XGRAD_FILL(name) native::fill_##name(table);
    XGRAD_KERNEL_FILES(XGRAD_FILL)
#undef XGRAD_FILL
    return table;
}

#endif

}  // namespace

const KernelTable& kernels() {
    static const KernelTable table = make_table();
    return table;
}

}  // namespace xgrad::ops
