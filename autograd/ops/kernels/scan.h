#pragma once

#include <cstdint>

namespace xgrad::ops {

/// Several runs of n elements: element k of run j is at k * step + j * spread. A negative step walks backwards.
struct ScanRuns {
    std::int64_t n, step, runs, spread;
};

/// Scans of one dtype, null where it has none. float32 is added and multiplied up in double precision. The result may
/// be the input.
struct ScanKernels {
    /// y[k] = x[0] + ... + x[k]; integers wrap.
    void (*sum)(const void* x, void* y, const ScanRuns& runs) = nullptr;
    void (*product)(const void* x, void* y, const ScanRuns& runs) = nullptr;
    /// s[0] = g[0], s[k] = g[k] + a[k] s[k - 1].
    void (*recurrence)(const void* g, const void* a, void* s, const ScanRuns& runs) = nullptr;
};

}  // namespace xgrad::ops
