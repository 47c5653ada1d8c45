#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/indexing.h>

#include "samples.h"

using namespace xgrad;
using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;

namespace samples {

std::vector<Sample> index_samples() {
    const auto rows = [] { return tensor({2, 0, 2}); };
    const auto grid = [] { return tensor({{0, 1}, {2, 0}, {1, 1}}); };
    return {
        {"index_select", [=](const TensorList& x) { return x[0].index_select(0, rows()).square(); }, {{3, 2}}},
        {"index_select", [=](const TensorList& x) { return x[0].index_select(1, rows()).square(); }, {{2, 3}}},
        {"index_add", [=](const TensorList& x) { return index_add(x[0], 0, rows(), x[1]).square(); }, {{3, 2}, {3, 2}}},
        {"gather", [=](const TensorList& x) { return x[0].gather(0, grid()).square(); }, {{3, 2}}},
        {"gather", [=](const TensorList& x) { return x[0].gather(1, grid()).square(); }, {{3, 3}}},
        {"scatter_add", [=](const TensorList& x) { return scatter_add(x[0], 0, grid(), x[1]).square(); }, {{3, 2}, {3, 2}}},
        {"index", [=](const TensorList& x) { return x[0].index({rows()}).square(); }, {{3, 2}}},
        {"index", [=](const TensorList& x) { return x[0].index({Slice(), rows(), None}).square(); }, {{2, 3, 2}}},
        {"index", [=](const TensorList& x) { return x[0].index({rows(), Ellipsis, tensor({1, 1, 0})}).square(); }, {{3, 2, 2}}},
        {"index", [=](const TensorList& x) { return x[0].index({tensor({true, false, true})}).square(); }, {{3, 2}}},
        {"index_put_", [=](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.index_put_({tensor({2, 0})}, x[1]);
             return y.square();
         }, {{3, 2}, {2, 2}}},
        {"index_put_", [=](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.index_put_({Slice(1), 0}, x[1]);
             return y.square();
         }, {{3, 2}, {2}}},
    };
}

std::vector<WrongInput> index_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"index_select", [] { x.index_select(0, tensor({2})); }, "index 2 is out of bounds for dimension 0 with size 2"},
        {"index_select", [] { x.index_select(0, tensor({0.5})); }, "int"},
        {"gather", [] { x.gather(0, tensor({{0, 1, 5}})); }, "index 5 is out of bounds for dimension 0 with size 2"},
        {"gather", [] { x.gather(0, tensor({0})); }, "dim"},
        {"index", [] { x.index({tensor({3})}); }, "index 3 is out of bounds for dimension 0 with size 2"},
        {"index", [] { x.index({0, 0, 0}); }, "too many indices"},
        {"scatter_add", [] { scatter_add(x, 1, tensor({{0, 9}}), ones({1, 2})); }, "out of bounds"},
    };
}

std::vector<Sample> join_samples() {
    return {
        {"cat", [](const TensorList& x) { return cat({x[0], x[1]}).square(); }, {{2, 3}, {1, 3}}},
        {"cat", [](const TensorList& x) { return cat({x[0], x[1], x[0]}, -1).square(); }, {{2, 3}, {2, 1}}},
        {"cat", [](const TensorList& x) { return cat({x[0], x[1]}).square(); }, {{0, 3}, {1, 3}}},
        {"stack", [](const TensorList& x) { return stack({x[0], x[1]}, 1).square(); }, {{2, 3}, {2, 3}}},
        {"stack", [](const TensorList& x) { return stack({x[0], x[1]}, -1).square(); }, {{}, {}}},
    };
}

std::vector<WrongInput> join_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"cat", [] { cat({x, zeros({2, 2})}); }, "(2, 2)"},
        {"cat", [] { cat({}); }, "non-empty"},
        {"cat", [] { cat({x, zeros({})}); }, "zero-dimensional"},
        {"stack", [] { stack({x, zeros({2, 2})}); }, "equal size"},
    };
}

}  // namespace samples
