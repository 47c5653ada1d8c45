#include <limits>

#include "samples.h"

using namespace xgrad;

namespace samples {

std::vector<Sample> reduction_samples() {
    return {
        {"sum", [](const TensorList& x) { return x[0].sum().sin(); }, {{2, 3}}},
        {"sum", [](const TensorList& x) { return x[0].sum(1).square(); }, {{2, 3, 2}}},
        {"sum",
         [](const TensorList& x) {
             return x[0].sum({0, -1}, true).square();
         },
         {{2, 3, 2}}},
        {"sum", [](const TensorList& x) { return x[0].sum(0); }, {{0, 3}}},
        {"sum", [](const TensorList& x) { return x[0].sum(0).exp(); }, {{}}},
        {"sum",
         [](const TensorList& x) {
             return x[0].square().sum_to_size({3, 1});
         },
         {{2, 3, 2}}},
        {"mean", [](const TensorList& x) { return x[0].square().mean(); }, {{2, 3}}},
        {"mean", [](const TensorList& x) { return x[0].mean({1}, true).square(); }, {{2, 3}}},
        {"amax", [](const TensorList& x) { return x[0].amax({0}).square(); }, {{3, 4}}},
        {"amax", [](const TensorList& x) { return x[0].max().square(); }, {{3, 4}}},
        {"amin",
         [](const TensorList& x) {
             return x[0].amin({0, 1}, true).square();
         },
         {{3, 4}}},
        {"amin", [](const TensorList& x) { return x[0].min().square(); }, {{3, 4}}},
        {"max", [](const TensorList& x) { return std::get<0>(x[0].max(1)).square(); }, {{3, 4}}},
        {"min", [](const TensorList& x) { return std::get<0>(x[0].min(0, true)).square(); }, {{3, 4}}},
        {"norm", [](const TensorList& x) { return x[0].norm(); }, {{2, 3}}},
        {"norm", [](const TensorList& x) { return x[0].norm(1).square(); }, {{2, 3}}},
        {"norm", [](const TensorList& x) { return x[0].norm(3, {1}, true); }, {{2, 3}}},
        {"norm", [](const TensorList& x) { return x[0].norm(2, {0}); }, {{4, 2}}},
    };
}

std::vector<WrongInput> reduction_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"sum", [] { x.sum(2); }, "Dimension out of range (expected to be in range of [-2, 1], but got 2)"},
        {"sum",
         [] {
             x.sum({0, -2});
         },
         "appears multiple times in the list of dims"},
        {"mean", [] { zeros({2}, kInt64).mean(); }, "dtype"},
        {"amax",
         [] {
             zeros({0, 2}).amax(0);
         },
         "Expected reduction dim 0 to have non-zero size"},
        {"argmax", [] { zeros({0}).argmax(); }, "Expected reduction dim to be specified"},
        {"sum_to_size",
         [] {
             x.sum_to_size({2, 2});
         },
         "size [2, 2] is not expandable to size [2, 3]"},
    };
}

std::vector<Sample> softmax_samples() {
    return {
        {"softmax", [](const TensorList& x) { return x[0].softmax(1); }, {{2, 4}}},
        {"softmax", [](const TensorList& x) { return x[0].softmax(0); }, {{3, 2}}},
        {"softmax", [](const TensorList& x) { return x[0].softmax(1); }, {{2, 3, 2}}},
        {"softmax", [](const TensorList& x) { return x[0].softmax(-1); }, {{0, 3}}},
        {"softmax_backward", [](const TensorList& x) { return x[0].softmax(1).square(); }, {{2, 3}}},
        {"log_softmax", [](const TensorList& x) { return x[0].log_softmax(1); }, {{2, 4}}},
        {"log_softmax", [](const TensorList& x) { return x[0].log_softmax(0); }, {{3, 2}}},
        {"log_softmax_backward", [](const TensorList& x) { return x[0].log_softmax(1).square(); }, {{2, 3}}},
        {"logsumexp", [](const TensorList& x) { return x[0].logsumexp({1}); }, {{2, 4}}},
        {"logsumexp",
         [](const TensorList& x) {
             return x[0].logsumexp({0, 1}, true).square();
         },
         {{2, 3}}},
    };
}

std::vector<WrongInput> softmax_wrong() {
    return {
        {"softmax",
         [] {
             zeros({2, 3}).softmax(2);
         },
         "Dimension out of range"},
        {"softmax",
         [] {
             zeros({2, 3}, kInt64).softmax(1);
         },
         "Long"},
        {"log_softmax",
         [] {
             zeros({2, 3}).log_softmax(-3);
         },
         "Dimension out of range"},
        {"logsumexp",
         [] {
             zeros({2, 3}).logsumexp({5});
         },
         "Dimension out of range"},
    };
}

}  // namespace samples
