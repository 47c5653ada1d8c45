#include <xgrad/autograd/indexing.h>

#include "samples.h"

using namespace xgrad;
using indexing::None;
using indexing::Slice;

namespace samples {

namespace {

/// Squares, so that neither inputs nor outputs are leaves and second derivatives are not all zero.
Tensor squared(const Tensor& x) { return x * x; }

Tensor mask_like(IntArrayRef sizes) {
    std::int64_t n = 1;
    for (const auto s : sizes) n *= s;
    return (arange(n) % 3 == 1).view(sizes);
}

}  // namespace

std::vector<Sample> indexing_samples() {
    static const Tensor rows = tensor({2, 0}), twice = tensor({2, 0, 2}), none = zeros({0}, kInt64);
    static const Tensor grid = tensor({{0, 2}, {1, 1}}), repeated = tensor({{0, 0, 1}, {2, 0, 0}});
    std::vector<Sample> out = {
        {"index_select", [](const TensorList& x) { return squared(x[0]).index_select(0, twice); }, {{3, 17}}},
        {"index",
         [](const TensorList& x) {
             return squared(x[0]).index({tensor({{0, -1}, {1, 1}}), tensor({1, 0})});
         },
         {{3, 2, 18}}},
        {"index",
         [](const TensorList& x) {
             return x[0].take(tensor({{-1, 0}, {3, 0}})).square();
         },
         {{2, 3}}},
        {"index",
         [](const TensorList& x) {
             return x[0].take(tensor({0, 0})).square();
         },
         {{}}},
        {"index",
         [](const TensorList& x) {
             return x[0].masked_select(mask_like({2, 3})).square();
         },
         {{3}}},
        {"index_add", [](const TensorList& x) { return index_add(x[0], -1, twice, x[1] * x[0], -0.5); }, {{3}, {3}}},
        {"index_copy",
         [](const TensorList& x) { return index_copy(squared(x[0]), 0, rows, squared(x[1])); },
         {{3, 2}, {2, 2}}},
        {"index_copy",
         [](const TensorList& x) { return squared(x[0]).index_copy_(-1, rows, squared(x[1])); },
         {{2, 3}, {2, 2}}},
        {"index_copy", [](const TensorList& x) { return index_copy(x[0], 0, tensor(0), x[1]).exp(); }, {{}, {}}},
        {"index_fill", [](const TensorList& x) { return index_fill(squared(x[0]), 1, rows, 2.5); }, {{2, 3}}},
        {"index_fill",
         [](const TensorList& x) {
             return squared(x[0]).index_fill_(0, tensor({-1, 1}), squared(x[1]));
         },
         {{3, 2}, {}}},
        {"index_put_",
         [](const TensorList& x) {
             return squared(x[0]).index_put_({twice, tensor({1, 0, 1})}, squared(x[1]), true);
         },
         {{3, 2}, {3}}},
        {"index_put_",
         [](const TensorList& x) {
             return index_put(x[0], {Slice(), twice, None}, squared(x[1]), true).sin();
         },
         {{2, 3, 2}, {1, 2}}},
        {"index_put_",
         [](const TensorList& x) {
             return squared(x[0]).put_(tensor({3, -1}), x[1]);
         },
         {{2, 3}, {2}}},
        {"index_put_",
         [](const TensorList& x) {
             return squared(x[0]).put_(tensor({3, 3, 1}), squared(x[1]), true);
         },
         {{2, 3}, {3}}},
        {"index_put_",
         [](const TensorList& x) {
             return masked_scatter(x[0], mask_like({2, 3}), squared(x[1])).sin();
         },
         {{3}, {4}}},
        {"gather", [](const TensorList& x) { return take_along_dim(squared(x[0]), grid, 1); }, {{2, 3}}},
        {"gather",
         [](const TensorList& x) {
             return squared(x[0]).take_along_dim(tensor({{2}, {0}}), 1);
         },
         {{1, 3}}},
        {"gather", [](const TensorList& x) { return take_along_dim(squared(x[0]), twice); }, {{2, 2}}},
        {"scatter",
         [](const TensorList& x) {
             return scatter(squared(x[0]), 1, tensor({{0, 2}, {1, 0}}), squared(x[1]));
         },
         {{2, 3}, {2, 2}}},
        {"scatter",
         [](const TensorList& x) {
             return squared(x[0]).scatter_(-2, tensor({{1, 0}}), squared(x[1]));
         },
         {{2, 3}, {3, 3}}},
        {"scatter", [](const TensorList& x) { return scatter(squared(x[0]), 0, rows, 3); }, {{4}}},
        {"scatter", [](const TensorList& x) { return scatter(x[0], 0, tensor(0), x[1]).exp(); }, {{}, {}}},
        {"scatter", [](const TensorList& x) { return scatter(squared(x[0]), 0, none, 3); }, {{3}}},
        {"masked_fill",
         [](const TensorList& x) {
             return squared(x[0]).masked_fill(mask_like({2, 3}), 1.5);
         },
         {{3}}},
        {"masked_fill",
         [](const TensorList& x) {
             return squared(x[0]).masked_fill(mask_like({2, 3}), squared(x[1]));
         },
         {{2, 1}, {}}},
        {"masked_fill",
         [](const TensorList& x) { return squared(x[0]).masked_fill_(mask_like({3}), squared(x[1])); },
         {{2, 3}, {}}},
        {"masked_fill", [](const TensorList& x) { return x[0].masked_fill(tensor(true), x[1]); }, {{}, {}}},
        {"masked_fill", [](const TensorList& x) { return x[0].masked_fill(zeros({0}, kBool), 1); }, {{0}}},
    };
    // Along a dimension in which the inputs differ, expanded ones too: see the reference values for ties and zeros.
    for (const char* reduce : {"sum", "prod", "mean", "amax", "amin"})
        for (const bool include_self : {true, false})
            out.push_back({"scatter_reduce",
                           [=](const TensorList& x) {
                               return scatter_reduce(x[0] * 1.01, 1, repeated, x[1], reduce, include_self).square();
                           },
                           {{2, 4}, {2, 3}}});
    out.push_back(
        {"scatter_reduce",
         [](const TensorList& x) { return (x[0] * 1.01).scatter_reduce_(-1, repeated, x[1], "amax", false).square(); },
         {{2, 4}, {2, 3}}});
    out.push_back({"scatter_reduce",
                   [](const TensorList& x) {
                       return (x[0] * 1.01).index_reduce_(1, tensor({1, 1}), x[1].square(), "prod").square();
                   },
                   {{2, 3}, {2, 2}}});
    out.push_back({"scatter_reduce",
                   [](const TensorList& x) { return scatter_reduce(x[0], 0, tensor(0), x[1], "prod").square(); },
                   {{}, {}}});
    return out;
}

std::vector<WrongInput> indexing_wrong() {
    static Tensor x = zeros({3, 4});
    static const Tensor rows = tensor({0, 5}), source = ones({2, 4}), mask = tensor({true, false, true});
    return {
        {"index_add", [] { index_add(zeros({3}, kInt64), 0, tensor({0}), ones({1}, kInt64), 0.5); },
         "argument alpha must not be a floating point number"},
        {"index_copy", [] { x.index_copy_(0, rows, source); }, "index 5 is out of bounds for dimension 0 with size 3"},
        {"index_copy",
         [] {
             index_copy(x, 0, tensor({0, 1}), ones({2, 3}));
         },
         "source of shape (2, 3) must have the shape (2, 4)"},
        {"index_fill", [] { x.index_fill_(1, rows, 1); }, "index 5 is out of bounds for dimension 1 with size 4"},
        {"index_fill", [] { index_fill(x, 0, tensor({0}), ones({1})); },
         "only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s)"},
        {"index_reduce", [] { x.index_reduce_(0, rows, source, "prod"); }, "index 5 is out of bounds"},
        {"index_reduce",
         [] {
             index_reduce(x, 0, tensor({0, 1}), source, "sum");
         },
         "reduce argument must be prod, mean, amax or amin, got sum"},
        {"index_reduce", [] { index_reduce(x, 0, tensor({0}), source, "prod"); },
         "source of shape (2, 4) must have the shape (1, 4)"},
        {"gather",
         [] {
             x.gather(0, zeros({1, 1}, kInt64), true);
         },
         "there are no sparse gradients"},
        {"take_along_dim",
         [] {
             x.take_along_dim(zeros({1, 1}));
         },
         "dtype of indices should be Long but got Float"},
        {"take_along_dim", [] { x.take_along_dim(rows, 0); }, "same number of dimensions"},
        {"take_along_dim",
         [] {
             x.take_along_dim(zeros({2, 2}, kInt64), 0);
         },
         "do not broadcast"},
        {"scatter", [] { x.scatter_(0, tensor({{7}}), 1); }, "index 7 is out of bounds for dimension 0 with size 3"},
        {"scatter",
         [] {
             scatter(x, 0, zeros({1, 5}, kInt64), ones({1, 5}));
         },
         "rank of self of shape (3, 4)"},
        {"scatter",
         [] {
             scatter(x, 0, zeros({1, 1}, kInt64), ones({1, 1}, kFloat64));
         },
         "self (Float) and source (Double)"},
        {"scatter",
         [] {
             x.scatter_(0, zeros({1, 1}, kInt64), 1, "sum");
         },
         "reduce argument must be either add or multiply, got sum"},
        {"scatter_reduce",
         [] {
             x.scatter_reduce_(0, zeros({1, 1}, kInt64), x, "max");
         },
         "reduce argument must be either sum, prod, mean, amax or amin, got max"},
        {"scatter_reduce",
         [] {
             x.scatter_reduce_(0, tensor({{-1}}), ones({1, 1}), "mean", false);
         },
         "index -1 is out of bounds for dimension 0 with size 3"},
        {"take]", [] { x.take(tensor({12})); }, "index 12 is out of bounds for dimension 0 with size 12"},
        {"take]", [] { x.take(tensor({1.0})); }, "expected a long tensor for index, but got Float"},
        {"put_", [] { x.put_(tensor({-13}), ones({1})); }, "index -13 is out of bounds for dimension 0 with size 12"},
        {"put_", [] { put(x, tensor({1}), ones({2})); }, "same number of elements, but got 2 and 1"},
        {"put_", [] { x.put_(tensor({1}), ones({1}, kInt64)); }, "self (Float) and source (Long)"},
        {"masked_fill", [] { x.masked_fill(tensor(1), 1); },
         "only supports boolean masks, but got mask with dtype Long"},
        {"masked_fill", [] { x.masked_fill(mask, 1); }, "do not broadcast"},
        {"masked_fill_", [] { zeros({1}).masked_fill_(mask, 1); }, "does not broadcast to self of shape (1,)"},
        {"masked_fill", [] { x.masked_fill(tensor(true), ones({1})); }, "only supports a 0-dimensional value tensor"},
        {"masked_select", [] { x.masked_select(mask); }, "do not broadcast"},
        {"masked_select", [] { x.masked_select(rows); }, "only supports boolean masks"},
        {"masked_scatter_", [] { zeros({3}).masked_scatter_(mask, ones({1})); },
         "Number of elements of source < number of ones in mask: 1 < 2"},
        {"masked_scatter_", [] { masked_scatter(zeros({3}), mask, ones({2}, kFloat64)); },
         "expected self and source to have same dtypes but got Float and Double"},
        {"nonzero", [] { nonzero(Tensor()); }, "undefined"},
        {"nonzero_numpy", [] { where(Tensor()); }, "undefined"},
        {"one_hot",
         [] {
             one_hot(tensor({0, -1}));
         },
         "Class values must be non-negative, got -1"},
        {"one_hot",
         [] {
             one_hot(tensor({0, 3}), 3);
         },
         "Class values must be smaller than num_classes, got 3 of 3"},
        {"one_hot", [] { one_hot(zeros({0}, kInt64)); }, "Can not infer total number of classes from empty tensor"},
        {"one_hot", [] { one_hot(tensor({1.0})); }, "only applicable to index tensor of type LongTensor, got Float"},
        {"one_hot", [] { one_hot(tensor({0}), 0); }, "num_classes should be positive"},
        {"index_put_", [] { x.index_put_({rows}, 1); }, "index 5 is out of bounds"},
        {"index_put_",
         [] {
             x.index_put_({tensor({0, 1})}, zeros({3}), true);
         },
         "value tensor of shape (3,) cannot be broadcast to indexing result of shape (2, 4)"},
        {"index]", [] { index(Tensor(), {0}); }, "undefined"},
        {"index_put]", [] { index_put(Tensor(), {0}, x); }, "undefined"},
    };
}

}  // namespace samples
