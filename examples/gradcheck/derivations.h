#pragma once

#include <xgrad.h>

#include <functional>
#include <string>
#include <vector>

/// What the reports on the assignments derive wrongly.
namespace derivations {

/// A function and its gradient by hand, which the gradient that arrives is multiplied with: the function returns a
/// number, or it is element-wise.
struct Formula {
    std::function<xgrad::Tensor(const xgrad::Tensor&)> value;
    std::function<xgrad::Tensor(const xgrad::Tensor&)> gradient;
};

/// The formula as an operation: backward is the gradient by hand.
xgrad::Tensor apply(const Formula& formula, const xgrad::Tensor& x);

struct Derivation {
    std::string report;    // 000
    std::string task;      // 1a, of assignment 1 or 2
    std::string variable;  // what the derivative is taken by
    std::string text;      // the formula as it was written
    std::string mistake;
    xgrad::Tensor at;
    Formula written;
    Formula right;
};

std::vector<Derivation> assignment1();
std::vector<Derivation> assignment2();

}  // namespace derivations
