#pragma once

#include <xgrad/autograd/ops/elementwise/rows_activation.h>
#include <xgrad/autograd/ops/elementwise/rows_arithmetic.h>
#include <xgrad/autograd/ops/elementwise/rows_unary.h>

namespace xgrad::ops {

/// All element-wise operations. Each list stands at the end of the file of its rows; a new row is added there, and
/// kernels, graph and tests follow.
using AllRows = Concat<UnaryRows, ActivationRows, NumberRows, BinaryRows, LogicRows, GateRows, TernaryRows>;

}  // namespace xgrad::ops
