#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/kernels/table.h>

/// Values, first and second derivatives at the edges of the numbers, as PyTorch gives them, by family of rows.
namespace edges {

constexpr double I = std::numeric_limits<double>::infinity(), N = std::numeric_limits<double>::quiet_NaN();

constexpr std::size_t kCount = 15;
using Values = std::array<double, kCount>;
constexpr Values kPoints{0.0, -0.0, 1e-30, -1e-30, 20, -20, 100, -100, 1e4, -1e4, 1e30, -1e30, I, -I, N};

inline Values all(double value) {
    Values out;
    out.fill(value);
    return out;
}

/// A row as a function of one tensor.
struct Subject {
    std::size_t row;
    std::string name;
    std::function<xgrad::Tensor(const xgrad::Tensor&)> call;
};

template <class Row>
Subject subject(const char* name, std::function<xgrad::Tensor(const xgrad::Tensor&)> call) {
    return {xgrad::ops::TableRows::index<Row>(), name, std::move(call)};
}
/// The expression in x, a call of the public function that the row computes.
#define XGRAD_SUBJECT(Row, ...) \
    subject<xgrad::ops::rows::Row>(#__VA_ARGS__, [](const Tensor& x) { return __VA_ARGS__; })

/// `value` as a second operand for x.
inline xgrad::Tensor like(const xgrad::Tensor& x, double value) { return xgrad::full({1}, value, x.dtype()); }

struct Edge {
    Subject subject;
    Values value, first = {}, second = {};
    double slack = 0;                       // absolute error where a formula in y cancels: 1 - y of a y that is rounded
    double (*reference)(double) = nullptr;  // for float32, where 1e30 is another number for a periodic function
};

std::vector<Edge> basic_edges();
std::vector<Edge> unary_edges();
std::vector<Edge> activation_edges();
std::vector<Edge> arithmetic_edges();
std::vector<Edge> loss_edges();

}  // namespace edges
