#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/indexing.h>

#include "reference.h"

using namespace xgrad;
using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;
using reference::Case;
using Indices = std::vector<indexing::TensorIndex>;

namespace {

TensorList one(Tensor y) { return {std::move(y)}; }

void add_lists(std::vector<Case>& cases) {
    const Tensor i = tensor({1, 0, -1}), j = tensor({{2}, {0}}), m3 = tensor({true, false, true});
    const Tensor m23 = tensor({{true, false, true}, {false, false, true}});
    struct Named {
        std::string name;
        Indices indices;
        bool put;
    };
    const Named lists[] = {
        {"integers", {1, -1}, true},
        {"slice", {Slice(), Slice(None, None, 2), 0}, true},
        {"positions", {i}, false},
        {"adjacent", {Slice(), i, j}, false},
        {"separated", {i, Slice(), j}, false},
        {"separated by none", {i, None, j}, false},
        {"integer between", {i, 1, j}, false},
        {"mask", {Slice(), m3}, true},
        {"mask of two", {m23}, true},
        {"mask and positions", {m23, i}, true},
        {"byte mask", {Slice(), m3.to(kUInt8), 0}, true},
        {"ellipsis", {Ellipsis, i}, false},
        {"all kinds", {None, i, Ellipsis, Slice(1, None)}, false},
        {"true", {true, 0}, true},
        {"false", {false, 0}, true},
        {"empty", {zeros({0}, kInt64)}, true},
    };
    for (const Named& list : lists) {
        const Indices indices = list.indices;
        cases.push_back({"index " + list.name, [=](const TensorList& x) { return one(x[0].index(indices)); }});
        if (list.put)
            cases.push_back({"put " + list.name, [=](const TensorList& x) {
                                 const Tensor value = x[1].reshape(x[0].index(indices).sizes());
                                 return one((x[0] * 2).index_put_(indices, value));
                             }});
    }
    const std::vector<Case> puts = {
        {"index_put accumulate",
         [=](const TensorList& x) {
             return one(index_put(x[0], {i}, x[1].expand({3, 3, 4}), true));
         }},
        {"index_put accumulate pairs",
         [=](const TensorList& x) {
             return one((x[0] * 1).index_put_({i, j}, x[1].index({0, 0}), true));
         }},
        {"index_put distinct",
         [](const TensorList& x) {
             return one(x[0].index_put({tensor({1, 0}), tensor({2, 0})}, x[1].slice(0, 0, 2)));
         }},
        {"index_put duplicate gradient",
         [](const TensorList& x) {
             return one(index_put(x[0], {tensor({1, 1})}, x[1].expand({2, 3, 4})));
         }},
        {"index_put long",
         [](const TensorList& x) {
             return one(x[0].index_put({tensor({1, 0})}, x[1]));
         }},
        {"take",
         [](const TensorList& x) {
             return one(x[0].take(tensor({{0, -1}, {5, 5}})));
         }},
        {"take scalar",
         [](const TensorList& x) {
             return one(take(x[0], tensor({0, -1})));
         }},
        {"put",
         [](const TensorList& x) {
             return one(x[0].put(tensor({{0, -1}, {5, 7}}), x[1][0]));
         }},
        {"put accumulate",
         [](const TensorList& x) {
             return one((x[0] * 1).put_(tensor({{0, 5}, {5, 7}}), x[1][0], true));
         }},
    };
    cases.insert(cases.end(), puts.begin(), puts.end());
}

void add_vectors(std::vector<Case>& cases) {
    const Tensor rows = tensor({2, 0}), twice = tensor({2, 0, 2}), same = tensor({1, 1});
    for (const std::int64_t dim : {0, -1}) {
        const std::string end = dim == 0 ? " 0" : " -1";
        const auto add = [&](const char* name, std::function<TensorList(const TensorList&)> call) {
            cases.push_back({name + end, std::move(call)});
        };
        add("index_select", [=](const TensorList& x) { return one(x[0].index_select(dim, twice)); });
        add("index_add", [=](const TensorList& x) { return one(x[0].index_add(dim, rows, x[1], 2.5)); });
        add("index_copy", [=](const TensorList& x) { return one(x[0].index_copy(dim, rows, x[1])); });
        add("index_fill", [=](const TensorList& x) { return one(x[0].index_fill(dim, rows, -3)); });
        add("index_fill tensor", [=](const TensorList& x) { return one(x[0].index_fill(dim, tensor({1}), x[1])); });
        for (const std::string reduce : {"prod", "mean", "amax", "amin"})
            for (const bool include_self : {false, true})
                cases.push_back({detail::join("index_reduce", end, ' ', reduce, include_self ? " 1" : " 0"),
                                 [=](const TensorList& x) {
                                     return one(x[0].index_reduce(dim, same, x[1], reduce, include_self));
                                 }});
    }
    const std::vector<Case> others = {
        {"index_add scalar", [](const TensorList& x) { return one(index_add(x[0], 0, tensor({0}), x[1])); }},
        {"index_add long",
         [=](const TensorList& x) {
             return one(index_add(x[0], 0, twice, tensor({1, 2, 3}), 2));
         }},
        {"index_copy scalar", [](const TensorList& x) { return one(index_copy(x[0], 0, tensor(0), x[1])); }},
    };
    cases.insert(cases.end(), others.begin(), others.end());
}

void add_scatters(std::vector<Case>& cases) {
    const Tensor grid = tensor({{0, 2, 1}, {1, 1, 0}}), columns = tensor({{3, 0}, {1, 1}, {2, 0}});
    const Tensor distinct = tensor({{3, 0}, {1, 2}, {2, 0}});
    const std::vector<Case> list = {
        {"gather 0", [=](const TensorList& x) { return one(x[0].gather(0, grid)); }},
        {"gather 1", [=](const TensorList& x) { return one(x[0].gather(1, columns)); }},
        {"gather scalar",
         [](const TensorList& x) {
             return one(x[0].gather(0, tensor({0, 0})));
         }},
        {"take_along_dim",
         [](const TensorList& x) {
             return one(x[0].take_along_dim(tensor({{0}, {3}, {1}}), 1));
         }},
        {"take_along_dim wide",
         [](const TensorList& x) {
             return one(take_along_dim(x[0], tensor({{0, 1, 2, 0}, {2, 1, 0, 1}}), 0));
         }},
        {"take_along_dim all",
         [](const TensorList& x) {
             return one(x[0].take_along_dim(tensor({{0, 11, 4}})));
         }},
        {"scatter", [=](const TensorList& x) { return one(x[0].scatter(1, distinct, x[1])); }},
        {"scatter 0",
         [](const TensorList& x) {
             return one(x[0].scatter(0, tensor({{0, 2, 1}}), x[1]));
         }},
        {"scatter number", [=](const TensorList& x) { return one(x[0].scatter(1, columns, 7.5)); }},
        {"scatter scalar", [](const TensorList& x) { return one(x[0].scatter(0, tensor(0), x[1])); }},
        {"scatter_add", [=](const TensorList& x) { return one(x[0].scatter_add(1, columns, x[1])); }},
        {"scatter_reduce nan",
         [](const TensorList& x) {
             return one(x[0].scatter_reduce(0, tensor({0, 0, 1}), x[1], "amax"));
         }},
    };
    cases.insert(cases.end(), list.begin(), list.end());
    for (const std::string reduce : {"add", "multiply"}) {
        cases.push_back(
            {"scatter " + reduce, [=](const TensorList& x) { return one(x[0].scatter(1, columns, x[1], reduce)); }});
        cases.push_back({"scatter number " + reduce,
                         [=](const TensorList& x) { return one((x[0] * 1).scatter_(1, columns, 3, reduce)); }});
    }
    const Tensor places = tensor({{0, 0, 1, 2}, {1, 1, 1, 0}, {3, 3, 2, 2}});
    for (const std::string reduce : {"sum", "prod", "mean", "amax", "amin"}) {
        for (const bool include_self : {false, true}) {
            const std::string name = "scatter_reduce " + reduce + (include_self ? " 1" : " 0");
            cases.push_back({name, [=](const TensorList& x) {
                                 return one(scatter_reduce(x[0], 1, places, x[1], reduce, include_self));
                             }});
            for (const char* end : {" ties", " long"})
                cases.push_back({name + end, [=](const TensorList& x) {
                                     return one((x[0] * 1).scatter_reduce_(1, places, x[1], reduce, include_self));
                                 }});
        }
    }
}

void add_masks(std::vector<Case>& cases) {
    const Tensor mask = tensor({{true, false, false, true}, {false, true, false, false}, {false, false, false, true}});
    const Tensor row = mask[0];
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<Case> list = {
        {"masked_fill", [=](const TensorList& x) { return one(x[0].masked_fill(row, inf)); }},
        {"masked_fill tensor", [=](const TensorList& x) { return one((x[0] * 1).masked_fill_(mask, x[1])); }},
        {"masked_fill wider", [=](const TensorList& x) { return one(x[0].masked_fill(mask, 0.5)); }},
        {"masked_fill long", [](const TensorList& x) { return one(x[0].clone().masked_fill_(x[0] > 2, -1)); }},
        {"masked_fill flags", [](const TensorList& x) { return one(x[0].clone().masked_fill_(x[0], false)); }},
        {"masked_select", [=](const TensorList& x) { return one(x[0].masked_select(mask)); }},
        {"masked_select row", [=](const TensorList& x) { return one(x[0].masked_select(row)); }},
        {"masked_select wider", [=](const TensorList& x) { return one(masked_select(x[0], mask)); }},
        {"masked_select none", [](const TensorList& x) { return one(x[0].masked_select(tensor(false))); }},
        {"masked_scatter", [=](const TensorList& x) { return one(x[0].masked_scatter(mask, x[1])); }},
        {"masked_scatter row", [=](const TensorList& x) { return one((x[0] * 1).masked_scatter_(row, x[1])); }},
        {"argwhere", [](const TensorList& x) { return one(x[0].argwhere()); }},
        {"one_hot", [](const TensorList& x) { return one(one_hot(x[0])); }},
        {"one_hot wide", [](const TensorList& x) { return one(one_hot(x[0], 5)); }},
        {"one_hot scalar", [](const TensorList& x) { return one(one_hot(x[0])); }},
        {"one_hot empty", [](const TensorList& x) { return one(one_hot(x[0], 3)); }},
    };
    cases.insert(cases.end(), list.begin(), list.end());
    for (const std::string name : {"double", "flags", "long", "scalar", "zero", "empty"}) {
        cases.push_back({"nonzero " + name, [](const TensorList& x) { return one(x[0].nonzero()); }});
        cases.push_back({"where " + name, [](const TensorList& x) { return where(x[0] != 0); }});
    }
}

}  // namespace

TEST_CASE("indexing agrees with PyTorch") {
    std::vector<Case> cases;
    add_lists(cases);
    add_vectors(cases);
    add_scatters(cases);
    add_masks(cases);
    reference::check("indexing", cases);
}
