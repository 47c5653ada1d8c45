#pragma once

#include <xgrad/autograd/reduction.h>

namespace xgrad {

inline constexpr Reduction kNone = Reduction::None;
inline constexpr Reduction kMean = Reduction::Mean;
inline constexpr Reduction kSum = Reduction::Sum;

}  // namespace xgrad
