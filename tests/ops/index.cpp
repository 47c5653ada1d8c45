#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/indexing.h>

#include <set>
#include <string>

#include "samples.h"

using namespace xgrad;
using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;
using indexing::TensorIndex;
using Indices = std::vector<TensorIndex>;

namespace samples {

std::vector<Sample> index_samples() {
    static const Tensor rows = tensor({2, 0, 2}), mask = tensor({true, false, true});
    static const Tensor grid = tensor({{0, 2}, {1, 1}}), none = zeros({0}, kInt64);
    const auto at = [](Indices indices) { return [indices](const TensorList& x) { return x[0].index(indices); }; };
    const auto put = [](Indices indices) {
        return [indices](const TensorList& x) { return (x[0] * x[0]).index_put_(indices, x[1] * x[1]); };
    };
    const auto select = [](std::int64_t dim, Tensor i) {
        return [=](const TensorList& x) { return x[0].index_select(dim, i); };
    };
    const auto add = [](std::int64_t dim, Tensor i) {
        return [=](const TensorList& x) { return index_add(x[0] * x[1].narrow(dim, 0, 1), dim, i, x[1]); };
    };
    const auto gathered = [](std::int64_t dim, Tensor i) {
        return [=](const TensorList& x) { return x[0].gather(dim, i); };
    };
    const auto scattered = [](std::int64_t dim, Tensor i) {
        return [=](const TensorList& x) { return scatter_add(x[0] * x[0], dim, i, x[1] * x[1]); };
    };
    return {
        {"index_select", select(0, rows), {{3, 2}}},
        {"index_select", select(-1, rows), {{2, 3}}},
        {"index_select", select(1, tensor(1)), {{2, 3, 2}}},
        {"index_select", select(0, none), {{3, 2}}},
        {"index_select", select(0, tensor({0})), {{}}},
        {"index_select", [](const TensorList& x) { return (x[0] * x[0]).index_select(0, rows); }, {{3}}},
        {"index_add", add(0, rows), {{3, 2}, {3, 2}}},
        {"index_add", add(1, tensor({1, 1})), {{2, 3}, {2, 2}}},
        {"index_add", add(1, tensor({0, 1})), {{2, 2, 2}, {2, 2, 2}}},
        {"index_add", [](const TensorList& x) { return index_add(x[0], 0, tensor(0), x[1]); }, {{}, {}}},
        {"index_add", [](const TensorList& x) { return (x[0] * x[0]).index_add_(0, rows, x[1] * x[1]); }, {{3}, {3}}},
        {"gather", gathered(0, grid), {{3, 2}}},
        {"gather", gathered(1, grid), {{2, 3}}},
        {"gather", gathered(0, tensor({{1}})), {{2, 3}}},
        {"gather", gathered(1, tensor({{{1}, {0}, {1}}})), {{2, 2, 2}}},
        {"gather", gathered(0, rows), {{4}}},
        {"gather", gathered(0, tensor(0)), {{}}},
        {"gather", gathered(0, none), {{3}}},
        {"gather", [](const TensorList& x) { return (x[0] * x[0]).gather(1, grid); }, {{2, 3}}},
        {"scatter_add", scattered(0, grid), {{3, 2}, {2, 2}}},
        {"scatter_add", scattered(1, grid), {{2, 3}, {2, 2}}},
        {"scatter_add", scattered(1, tensor({{0}, {1}})), {{2, 2}, {3, 3}}},
        {"scatter_add", scattered(0, none), {{3}, {2}}},
        {"scatter_add",
         [](const TensorList& x) { return (x[0] * x[0]).scatter_add_(0, rows, x[1] * x[1]); },
         {{3}, {3}}},
        {"index", at({rows}), {{3, 2}}},
        {"index", at({grid}), {{3, 2}}},
        {"index", at({Slice(), tensor({-1, 0})}), {{2, 3}}},
        {"index", at({rows, tensor({1, 0, -1})}), {{3, 2}}},
        {"index", at({tensor({0, 1}), None, tensor({1, 0})}), {{2, 2}}},
        {"index", at({tensor({0, 1}), Slice(1), tensor({1, 0})}), {{2, 3, 2}}},
        {"index", at({0, Ellipsis, rows}), {{2, 2, 3}}},
        {"index", at({mask}), {{3, 2}}},
        {"index", at({tensor({{true, false, true}, {false, true, true}})}), {{2, 3, 2}}},
        {"index", at({tensor({false, false})}), {{2, 2}}},
        {"index", at({mask, true}), {{3, 2}}},
        {"index",
         [](const TensorList& x) {
             return (x[0] * x[0]).index({grid, mask});
         },
         {{3, 3}}},
        {"index_put_", put({tensor({2, 0})}), {{3, 2}, {2, 2}}},
        {"index_put_", put({tensor({2, 0, 1})}), {{3, 2}, {3, 2}}},
        {"index_put_", put({tensor({0, 1, 1}), tensor({1, 0, 1})}), {{2, 2}, {3}}},
        {"index_put_", put({tensor({0, 1}), Slice(), tensor({1, 0})}), {{2, 2, 2}, {2}}},
        {"index_put_", put({mask}), {{3, 2}, {}}},
        {"index_put_", put({Ellipsis, tensor({2, 0})}), {{2, 3}, {2, 1}}},
        {"index_put_", put({none}), {{3, 2}, {2}}},
        {"index_put_", put({Slice(1), 0}), {{3, 2}, {1, 2}}},
    };
}

std::vector<WrongInput> index_wrong() {
    static Tensor x = zeros({3, 4}), i = tensor({0, 5});
    return {
        {"index_select", [] { x.index_select(0, i); }, "index 5 is out of bounds for dimension 0 with size 3"},
        {"index_select", [] { x.index_select(0, tensor({-1})); },
         "index -1 is out of bounds for dimension 0 with size 3"},
        {"index_select", [] { x.index_select(2, i); }, "expected to be in range of [-2, 1], but got 2"},
        {"index_select",
         [] {
             x.index_select(0, zeros({1, 1}, kInt64));
         },
         "index is supposed to be a vector, got shape (1, 1)"},
        {"index_select", [] { x.index_select(0, zeros({1})); }, "expected dtype int32 or int64 for index, got Float"},
        {"index_select", [] { scalar_tensor(1).index_select(0, zeros({2}, kInt64)); },
         "a 0-dim tensor takes one index, got 2"},
        {"index_add",
         [] {
             x.index_add_(0, i, zeros({2, 4}));
         },
         "index 5 is out of bounds for dimension 0 with size 3"},
        {"index_add",
         [] {
             index_add(x, 0, i, zeros({2, 3}));
         },
         "source of shape (2, 3) must have the shape (2, 4)"},
        {"index_add",
         [] {
             index_add(x, 0, i, zeros({2, 4}, kFloat64));
         },
         "self (Float) and source (Double)"},
        {"gather",
         [] {
             x.gather(1, tensor({{0, -1}}));
         },
         "index -1 is out of bounds for dimension 1 with size 4"},
        {"gather", [] { x.gather(0, i); }, "index of shape (2,) must have the rank of self of shape (3, 4)"},
        {"gather",
         [] {
             x.gather(0, zeros({1, 5}, kInt64));
         },
         "no larger sizes apart from dimension 0"},
        {"gather",
         [] {
             x.gather(0, zeros({1, 1}));
         },
         "expected dtype int64 for index, got Float"},
        {"gather", [] { x.gather(0, Tensor()); }, "undefined"},
        {"scatter_add",
         [] {
             x.scatter_add_(0, tensor({{7}}), ones({1, 1}));
         },
         "index 7 is out of bounds for dimension 0 with size 3"},
        {"scatter_add",
         [] {
             scatter_add(x, 0, zeros({2, 2}, kInt64), ones({1, 2}));
         },
         "rank of source of shape (1, 2)"},
        {"scatter_add",
         [] {
             scatter_add(x, 0, zeros({1, 5}, kInt64), ones({1, 5}));
         },
         "rank of self of shape (3, 4)"},
        {"scatter_add",
         [] {
             scatter_add(x, 0, zeros({1, 1}, kInt64), ones({1, 1}, kInt32));
         },
         "self (Float) and source (Int)"},
        {"index]", [] { x.index({i}); }, "index 5 is out of bounds for dimension 0 with size 3"},
        {"index]",
         [] {
             x.index({0, tensor({-5})});
         },
         "index -5 is out of bounds for dimension 1 with size 4"},
        {"index]",
         [] {
             x.index({None, 3});
         },
         "index 3 is out of bounds for dimension 0 with size 3"},
        {"index]",
         [] {
             x.index({0, 0, 0});
         },
         "too many indices for tensor of dimension 2"},
        {"index]",
         [] {
             x.index({Ellipsis, Ellipsis});
         },
         "an index can only have a single ellipsis, got 2"},
        {"index]", [] { x.index({zeros({2})}); }, "must be int64, int32, uint8 or bool tensors, got Float"},
        {"index]",
         [] {
             x.index({tensor({true, false})});
         },
         "shape of the mask (2,) at index 0 does not match the shape of the indexed tensor (3, 4)"},
        {"index]",
         [] {
             x.index({tensor({0, 1}), tensor({0, 1, 2})});
         },
         "the shapes (2,) and (3,) do not broadcast"},
        {"index]", [] { x.index({Tensor()}); }, "an index is an undefined Tensor"},
        {"index_put_", [] { x.index_put_({i}, 1); }, "index 5 is out of bounds for dimension 0 with size 3"},
        {"index_put_",
         [] {
             x.index_put_({tensor({0, 1})}, zeros({3}));
         },
         "value tensor of shape (3,) cannot be broadcast to indexing result of shape (2, 4)"},
        {"index_put_", [] { x.index_put_({tensor({0})}, zeros({4}, kFloat64)); },
         "got Float for the destination and Double for the source"},
        {"TensorIndex", [] { x.index({".."}); }, "expected \"...\" to represent an ellipsis index, but got \"..\""},
    };
}

}  // namespace samples

TEST_CASE("index_select, gather and their transposes: values") {
    const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}), z = zeros({2, 3}, kInt64);
    struct Case {
        Tensor got, expected;
    };
    const Case cases[] = {
        {x.index_select(0, tensor({1, 0, 1})), tensor({{4, 5, 6}, {1, 2, 3}, {4, 5, 6}})},
        {x.index_select(1, tensor({2, 0}, kInt32)), tensor({{3, 1}, {6, 4}})},
        {x.t().index_select(0, tensor({2, 0})), tensor({{3, 6}, {1, 4}})},
        {x.slice(1, 0, std::nullopt, 2).index_select(0, tensor({1})), tensor({{4, 6}})},
        {tensor({1}).expand({3}).index_select(0, tensor({2, 2})), tensor({1, 1})},
        {tensor({true, false}).index_select(0, tensor({1, 0})), tensor({false, true})},
        {x.gather(0, tensor({{0, 1, 0}})), tensor({{1, 5, 3}})},
        {x.gather(1, tensor({{2, 2}, {0, 1}})), tensor({{3, 3}, {4, 5}})},
        {x.t().gather(1, tensor({{0}, {1}, {1}})), tensor({{1}, {5}, {6}})},
        {index_add(z, 0, tensor({1, 1}), x), tensor({{0, 0, 0}, {5, 7, 9}})},
        {index_add(z, 1, tensor({0, 0, 2}), x), tensor({{3, 0, 3}, {9, 0, 6}})},
        {scatter_add(z, 0, tensor({{0, 1, 0}, {0, 1, 1}}), x), tensor({{5, 0, 3}, {0, 7, 6}})},
        {scatter_add(z, 1, tensor({{2, 2}, {0, 1}}), x), tensor({{0, 0, 3}, {4, 5, 0}})},
    };
    for (const Case& c : cases) CHECK(c.got.equal(c.expected));
    CHECK(z.equal(zeros({2, 3}, kInt64)));
    CHECK(zeros({0, 3}).index_select(0, zeros({0}, kInt64)).sizes() == IntArrayRef({0, 3}));
    CHECK(zeros({2, 0}).index_select(0, tensor({1, 1, 1})).sizes() == IntArrayRef({3, 0}));
    CHECK(zeros({2, 0}).gather(0, zeros({5, 0}, kInt64)).sizes() == IntArrayRef({5, 0}));
}

TEST_CASE("in-place forms write into views and leave the rest alone") {
    Tensor x = zeros({3, 4});
    x.slice(1, 1, 4, 2).index_add_(0, tensor({2, 2}), ones({2, 2}));
    CHECK(x.equal(tensor({{0., 0., 0., 0.}, {0., 0., 0., 0.}, {0., 2., 0., 2.}})));
    x.t().scatter_add_(1, tensor({{0, 0}}), tensor({{1., 2.}}));
    CHECK(x.equal(tensor({{3., 0., 0., 0.}, {0., 0., 0., 0.}, {0., 2., 0., 2.}})));
    // The source and the index may lie in the memory that is written.
    Tensor y = tensor({1, 2, 0});
    y.index_add_(0, y, y);
    CHECK(y.equal(tensor({1, 3, 2})));
    y.index_put_({tensor({2, 0, 1})}, y);
    CHECK(y.equal(tensor({3, 2, 1})));
}

namespace {

std::int64_t distinct(const std::vector<std::int64_t>& values) {
    return static_cast<std::int64_t>(std::set<std::int64_t>(values.begin(), values.end()).size());
}

}  // namespace

TEST_CASE("index: what each combination gives") {
    const Tensor x = arange(24).view({2, 3, 4}), i = tensor({1, 0, -1}), j = tensor({{2}, {0}});
    const Tensor m2 = tensor({true, false}), m3 = tensor({true, false, true}), m4 = tensor({true, false, false, true});
    const Tensor m23 = tensor({{true, false, true}, {false, false, true}});
    struct Case {
        Indices indices;
        std::vector<std::int64_t> shape, values;
    };
    const Case cases[] = {
        {{1, -1, 2}, {}, {22}},
        {{-1, 0}, {4}, {12, 13, 14, 15}},
        {{Slice(), Slice(None, None, 2), 0}, {2, 2}, {0, 8, 12, 20}},
        {{0, Slice(2, 9), Slice(-2)}, {1, 2}, {10, 11}},
        {{0, Ellipsis, 1}, {3}, {1, 5, 9}},
        {{0, None, 0, Slice(0, 1), None}, {1, 1, 1}, {0}},
        {{i}, {3, 3, 4}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0,  1,  2,  3,  4,  5,
                          6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
        {{Slice(), j}, {2, 2, 1, 4}, {8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15}},
        {{Slice(), Slice(), i}, {2, 3, 3}, {1, 0, 3, 5, 4, 7, 9, 8, 11, 13, 12, 15, 17, 16, 19, 21, 20, 23}},
        {{i, j}, {2, 3, 4}, {20, 21, 22, 23, 8, 9, 10, 11, 20, 21, 22, 23, 12, 13, 14, 15, 0, 1, 2, 3, 12, 13, 14, 15}},
        {{Slice(), i, j}, {2, 2, 3}, {6, 2, 10, 4, 0, 8, 18, 14, 22, 16, 12, 20}},
        {{i, Slice(), j}, {2, 3, 3}, {14, 18, 22, 2, 6, 10, 14, 18, 22, 12, 16, 20, 0, 4, 8, 12, 16, 20}},
        {{i, Slice(0, 2), 1}, {3, 2}, {13, 17, 1, 5, 13, 17}},
        {{0, Slice(), i}, {3, 3}, {1, 0, 3, 5, 4, 7, 9, 8, 11}},
        {{0, i}, {3, 4}, {4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11}},
        {{i, None, j, 0}, {2, 3, 1}, {20, 8, 20, 12, 0, 12}},
        {{i, None, 0, Slice(0, 1)}, {3, 1, 1}, {12, 0, 12}},
        {{m2}, {1, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {{Slice(), m3}, {2, 2, 4}, {0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23}},
        {{m23}, {3, 4}, {0, 1, 2, 3, 8, 9, 10, 11, 20, 21, 22, 23}},
        {{Ellipsis, m4}, {2, 3, 2}, {0, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23}},
        {{m23, i}, {3}, {1, 8, 23}},
        {{m2, Slice(), i}, {3, 3}, {1, 5, 9, 0, 4, 8, 3, 7, 11}},
        {{true, 0, 0}, {1, 4}, {0, 1, 2, 3}},
        {{false, 0, 0}, {0, 4}, {}},
        {{0, true, 0, Slice(2)}, {1, 2}, {2, 3}},
        {{tensor(1)}, {3, 4}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
        {{tensor(1), Slice(), tensor({0, 3}, kInt32)}, {3, 2}, {12, 15, 16, 19, 20, 23}},
        {{Slice(2, 1)}, {0, 3, 4}, {}},
        {{zeros({0}, kInt64)}, {0, 3, 4}, {}},
    };
    for (const Case& c : cases) {
        const Tensor expected = tensor(c.values).view(c.shape);
        CAPTURE(&c - cases);
        const Tensor got = x.index(c.indices);
        REQUIRE(got.sizes() == expected.sizes());
        CHECK(got.equal(expected));
        // The same on strided memory, and as the place of an assignment.
        const Tensor strided = x.permute({2, 0, 1}).contiguous().permute({1, 2, 0});
        CHECK(strided.index(c.indices).equal(expected));
        Tensor target = empty_strided(x.sizes(), strided.strides(), kInt64).copy_(x);
        target.index_put_(c.indices, got + 100);
        CHECK(target.index(c.indices).equal(expected + 100));
        CHECK((target - x).abs().sum().item<std::int64_t>() == 100 * distinct(c.values));
    }
}

TEST_CASE("basic indices give views, advanced ones copies") {
    Tensor x = zeros({2, 3});
    CHECK(x.index({0, Slice(1)}).is_alias_of(x));
    CHECK(x.index({}).is_alias_of(x));
    CHECK(!x.index({}).is_same(x));
    CHECK(x[tensor(1)].is_alias_of(x));
    CHECK(!x[tensor({1})].is_alias_of(x));
    CHECK(x.index({"...", None}).sizes() == IntArrayRef({2, 3, 1}));
    CHECK(x.expand({4, 2, 3}).index({Ellipsis}).strides() == IntArrayRef({0, 3, 1}));
}

TEST_CASE("index_put_: values of every kind") {
    Tensor x = zeros({2, 3});
    x.index_put_({Slice(), 1}, 5);
    x.index_put_({tensor({1}), tensor({2, 0})}, tensor({{{7., 8.}}}));
    CHECK(x.equal(tensor({{0., 5., 0.}, {8., 5., 7.}})));
    x.index_put_({x > 6}, -1);
    CHECK(x.equal(tensor({{0., 5., 0.}, {-1., 5., -1.}})));
    x.index_put_({0}, tensor({{1, 2, 3}}, kInt32));
    CHECK(x.equal(tensor({{1., 2., 3.}, {-1., 5., -1.}})));
    x.index_put_({tensor({1, 1, 0}), 0}, tensor({10., 20., 30.}));  // the last write stays
    CHECK(x.equal(tensor({{30., 2., 3.}, {20., 5., -1.}})));
    x.index_put_({zeros({0}, kInt64)}, 9);
    x.index_put_({false}, 9);
    CHECK(x.equal(tensor({{30., 2., 3.}, {20., 5., -1.}})));
    x.index_put_({true}, 0);
    CHECK(x.equal(zeros({2, 3})));
}

TEST_CASE("index_put_ follows the rules of in-place operations") {
    Tensor leaf = zeros({3}, requires_grad()), rows = tensor({0, 2});
    CHECK_THROWS_AS(leaf.index_put_({rows}, 1), GraphError);
    CHECK_THROWS_AS(leaf.index_put_({0}, 1), GraphError);
    CHECK_THROWS_AS(zeros({3}).expand({2, 3}).index_put_({rows.slice(0, 0, 1)}, 1), GraphError);
    const auto before = leaf._version();
    {
        const NoGradGuard no_grad;
        leaf.index_put_({rows}, 1);
    }
    CHECK(leaf._version() == before + 1);
    CHECK(leaf.equal(tensor({1., 0., 1.})));
    // A wrong index changes neither values nor version.
    Tensor x = zeros({3});
    CHECK_THROWS_AS(x.index_put_({tensor({0, 3})}, 1), IndexError);
    CHECK(x.equal(zeros({3})));
    CHECK(x._version() == 0);

    // What was overwritten gets no gradient; values written to one place all get that of the place, as PyTorch's do.
    const Tensor w = ones({3}, requires_grad()), v = ones({2}, requires_grad());
    Tensor y = w * 2;
    y.index_put_({tensor({1, 1})}, v);
    const TensorList grads = autograd::grad({y}, {w, v}, {tensor({1., 10., 100.})});
    CHECK(grads[0].equal(tensor({2., 0., 200.})));
    CHECK(grads[1].equal(tensor({10., 10.})));
}

TEST_CASE("a stale index is noticed") {
    const Tensor x = ones({3}, requires_grad());
    Tensor rows = tensor({0, 2});
    const Tensor y = x.index_select(0, rows);
    rows.fill_(1);
    CHECK_THROWS_AS(y.backward(ones({2})), GraphError);
    // Advanced indices are turned into positions of their own.
    const Tensor z = x.index({rows});
    rows.fill_(0);
    CHECK(autograd::grad({z}, {x}, {ones({2})})[0].equal(tensor({0., 2., 0.})));
}

TEST_CASE("the same sums for any number of threads, and every write in order") {
    const std::int64_t n = 3000;
    const Tensor rows = randint(0, 5, {n}), wide = randn({n, 40}), flat = randn({40, n});
    const Tensor columns = rows.unsqueeze(0).expand({40, n});
    samples::check_any_number_of_threads([&] {
        const TensorList sums = {
            index_add(zeros({5, 40}), 0, rows, wide),
            index_add(zeros({40, 5}), 1, rows, flat),
            scatter_add(zeros({40, 5}), 1, columns, flat),
            scatter_add(zeros({5, 40}), 0, columns.t(), wide),
        };
        CHECK(sums[0].allclose(sums[3]));
        CHECK(sums[1].equal(sums[2]));
        Tensor written = zeros({5, 40});
        written.index_put_({rows}, wide);
        for (std::int64_t r = 0; r < 5; ++r) {
            std::int64_t last = n - 1;
            while (rows[last].item<std::int64_t>() != r) --last;
            CHECK(written[r].equal(wide[last]));
        }
        CHECK(wide.index_select(0, rows).equal(wide.index({rows})));
        return sums;
    });
}
