#pragma once

namespace xgrad {

/// What a loss makes of its elements: nothing, their mean or their sum.
enum class Reduction { None, Mean, Sum };

}  // namespace xgrad
