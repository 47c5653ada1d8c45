#pragma once

#include <span>
#include <vector>

#include <xgrad/autograd/ops/elementwise/rows.h>
#include <xgrad/autograd/tensor.h>

namespace samples {

/// An element-wise row without its type: its tests are compiled once, not once a row.
struct RowCase {
    std::size_t index;  // in TableRows
    const char* name;
    xgrad::ops::rows::Kind kind;
    std::span<const xgrad::ops::rows::Domain> domain;  // of each input
    bool selects;                                      // the first input is a condition
    bool flat;                                         // its derivatives are 0 everywhere
    xgrad::Tensor (*call)(const xgrad::TensorList& inputs);
    xgrad::Tensor (*jvp)(const xgrad::TensorList& inputs, const xgrad::TensorList& tangents,
                         const xgrad::Tensor& output);

    bool differentiable() const {
        return kind == xgrad::ops::rows::Kind::kFloating || kind == xgrad::ops::rows::Kind::kArithmetic;
    }
};

/// All rows, with their attributes as they stand in the table.
const std::vector<RowCase>& row_cases();

}  // namespace samples
