#pragma once

#include <string>
#include <vector>

#include <xgrad/autograd/functional.h>

namespace samples {

/// A function that comes down to one operation of the table, and inputs of it: several examples, which differ in their
/// values alone.
struct TransformCase {
    std::string operation;
    xgrad::func::Function call;
    std::vector<xgrad::TensorList> examples;
};

/// One for each element-wise row, for each sample of the other operations, and for what these leave out: operations on
/// positions that each example has for itself, and results that are positions or truth.
std::vector<TransformCase> transform_cases();

}  // namespace samples
