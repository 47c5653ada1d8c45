#pragma once

#include <xgrad/autograd/reduction.h>

namespace xgrad {

inline constexpr Reduction kNone = Reduction::None;
inline constexpr Reduction kMean = Reduction::Mean;
inline constexpr Reduction kSum = Reduction::Sum;

/// Of KLDivLoss alone: the sum divided by the size of the first dimension.
struct BatchMean {};
inline constexpr BatchMean kBatchMean;

}  // namespace xgrad
