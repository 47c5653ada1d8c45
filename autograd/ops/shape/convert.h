#pragma once

#include <xgrad/autograd/dtype.h>

namespace xgrad::ops {

/// Copies n elements from `source` to `target`, each with its stride (in elements), converting between dtypes as C++
/// does (to bool: not zero). A source stride of 0 repeats one element.
void convert_run(ScalarType from, const void* source, std::int64_t source_stride, ScalarType to, void* target,
                 std::int64_t target_stride, std::int64_t n);

}  // namespace xgrad::ops
