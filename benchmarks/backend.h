#pragma once

// The library under test. The workloads are written against libtorch's C++ API and compiled twice.
#ifdef BENCHMARK_LIBTORCH
#include <torch/torch.h>
#else
#include <xgrad.h>
namespace torch = xgrad;
#endif
