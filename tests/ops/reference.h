#pragma once

#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Values and gradients that another implementation computed: tests/reference makes the files.
namespace reference {

struct Case {
    std::string name;  // as in the file
    std::function<xgrad::TensorList(const xgrad::TensorList& inputs)> call;
    double rtol = 1e-12, atol = 1e-13;
};

/// Compares outputs (values, shapes, dtypes) and first gradients of every case in data/reference/<family>.json. The
/// cases here and those in the file must be the same ones.
void check(const std::string& family, const std::vector<Case>& cases);

}  // namespace reference
