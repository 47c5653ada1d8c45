#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/indexing.h>
#include <xgrad/nn/functional/embedding.h>

#include <sstream>

#include "derivatives.h"

using namespace xgrad;
using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;
using indexing::TensorIndex;
using samples::check_derivatives;

TEST_CASE("in-place forms do what the others do, to the tensor itself") {
    const Tensor rows = tensor({2, 0}), places = tensor({{0, 1, 1, 0}, {2, 2, 1, 0}}), source = rand({2, 4});
    const Tensor flags = rand({3, 4}) < 0.5, value = tensor(2.5), list = rand({12});
    struct Case {
        const char* name;
        std::function<Tensor(const Tensor&)> fresh;
        std::function<Tensor&(Tensor&)> inplace;
    };
    const Case cases[] = {
        {"index_put",
         [&](const Tensor& x) {
             return x.index_put({rows, rows}, source[0].slice(0, 0, 2));
         },
         [&](Tensor& x) -> Tensor& {
             return index_put_(x, {rows, rows}, source[0].slice(0, 0, 2));
         }},
        {"index_add", [&](const Tensor& x) { return x.index_add(0, rows, source, 3); },
         [&](Tensor& x) -> Tensor& { return x.index_add_(0, rows, source, 3); }},
        {"index_copy", [&](const Tensor& x) { return x.index_copy(0, rows, source); },
         [&](Tensor& x) -> Tensor& { return x.index_copy_(0, rows, source); }},
        {"index_fill", [&](const Tensor& x) { return x.index_fill(1, rows, value); },
         [&](Tensor& x) -> Tensor& { return x.index_fill_(1, rows, value); }},
        {"index_fill number", [&](const Tensor& x) { return x.index_fill(1, rows, 7); },
         [&](Tensor& x) -> Tensor& { return x.index_fill_(1, rows, 7); }},
        {"index_reduce", [&](const Tensor& x) { return x.index_reduce(0, rows, source, "amax"); },
         [&](Tensor& x) -> Tensor& { return x.index_reduce_(0, rows, source, "amax"); }},
        {"scatter", [&](const Tensor& x) { return x.scatter(0, places, source); },
         [&](Tensor& x) -> Tensor& { return x.scatter_(0, places, source); }},
        {"scatter number", [&](const Tensor& x) { return x.scatter(0, places, 4); },
         [&](Tensor& x) -> Tensor& { return x.scatter_(0, places, 4); }},
        {"scatter multiply", [&](const Tensor& x) { return x.scatter(0, places, source, "multiply"); },
         [&](Tensor& x) -> Tensor& { return x.scatter_(0, places, source, "multiply"); }},
        {"scatter number add", [&](const Tensor& x) { return x.scatter(0, places, 4, "add"); },
         [&](Tensor& x) -> Tensor& { return x.scatter_(0, places, 4, "add"); }},
        {"scatter_add", [&](const Tensor& x) { return x.scatter_add(0, places, source); },
         [&](Tensor& x) -> Tensor& { return x.scatter_add_(0, places, source); }},
        {"mean", [&](const Tensor& x) { return x.scatter_reduce(0, places, source, "mean", false); },
         [&](Tensor& x) -> Tensor& { return x.scatter_reduce_(0, places, source, "mean", false); }},
        {"put", [&](const Tensor& x) { return x.put(places, source, true); },
         [&](Tensor& x) -> Tensor& { return x.put_(places, source, true); }},
        {"masked_fill", [&](const Tensor& x) { return x.masked_fill(flags, value); },
         [&](Tensor& x) -> Tensor& { return x.masked_fill_(flags, value); }},
        {"masked_scatter", [&](const Tensor& x) { return x.masked_scatter(flags, list); },
         [&](Tensor& x) -> Tensor& { return x.masked_scatter_(flags, list); }},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        for (const auto arrangement :
             {samples::Arrangement::kContiguous, samples::Arrangement::kTransposed, samples::Arrangement::kSliced}) {
            const Tensor start = samples::lay_out(rand({3, 4}), arrangement), before = start.clone();
            const Tensor expected = c.fresh(start);
            CHECK(start.equal(before));
            Tensor x = samples::lay_out(start, arrangement);
            const auto version = x._version();
            CHECK(&c.inplace(x) == &x);
            CHECK(x.equal(expected));
            CHECK(x._version() > version);
        }
        // A leaf that requires grad may not be written; a result may, and takes part in the graph.
        Tensor leaf = rand({3, 4}).requires_grad_();
        CHECK_THROWS_AS(c.inplace(leaf), GraphError);
        Tensor y = leaf * 1;
        c.inplace(y);
        const Tensor z = c.fresh(leaf), g = rand({3, 4});
        CHECK(y.equal(z));
        CHECK(autograd::grad({y}, {leaf}, {g})[0].equal(autograd::grad({z}, {leaf}, {g})[0]));
    }
}

TEST_CASE("a wrong position changes nothing") {
    using Call = std::function<void(Tensor&)>;
    const Tensor rows = tensor({0, 3}), places = tensor({{0, 3}}), source = ones({2, 2}), pair = ones({1, 2});
    const Call calls[] = {
        [&](Tensor& x) { x.index_add_(0, rows, source); },
        [&](Tensor& x) { x.index_copy_(0, rows, source); },
        [&](Tensor& x) { x.index_fill_(0, rows, 1); },
        [&](Tensor& x) { x.index_reduce_(0, rows, source, "mean", false); },
        [&](Tensor& x) { x.scatter_(0, places, 1); },
        [&](Tensor& x) { x.scatter_add_(0, places, pair); },
        [&](Tensor& x) { x.scatter_reduce_(0, places, pair, "sum", false); },
        [&](Tensor& x) { x.scatter_reduce_(0, places, pair, "prod"); },
        [&](Tensor& x) {
            x.put_(tensor({0, 6}), pair);
        },
        [&](Tensor& x) {
            x.index_put_({rows, tensor({0, 0})}, 1);
        },
    };
    for (const Call& call : calls) {
        CAPTURE(&call - calls);
        Tensor x = zeros({3, 2});
        CHECK_THROWS_AS(call(x), IndexError);
        CHECK(x.equal(zeros({3, 2})));
        CHECK(x._version() == 0);
    }
}

TEST_CASE("index and source may lie in the memory that is written") {
    Tensor x = tensor({1, 2, 0});
    CHECK(x.scatter_(0, x, x).equal(tensor({0, 1, 2})));
    CHECK(x.scatter_reduce_(0, x, x, "mean").equal(tensor({0, 1, 2})));
    CHECK(x.index_copy_(0, x, x).equal(tensor({0, 1, 2})));
    CHECK(x.put_(x, x, true).equal(tensor({0, 2, 4})));
    Tensor y = tensor({3., 5.});
    CHECK(y.masked_fill_(y > 4, y[0]).equal(tensor({3., 3.})));
}

TEST_CASE("of several writes the last stays, for every form") {
    const Tensor same = tensor({1, 1, 1}), values = tensor({1., 2., 3.});
    CHECK(zeros({2}).index_copy(0, same, values).equal(tensor({0., 3.})));
    CHECK(zeros({2}).scatter(0, same, values).equal(tensor({0., 3.})));
    CHECK(zeros({2}).put(same, values).equal(tensor({0., 3.})));
    CHECK(zeros({2}).index_put({same}, values).equal(tensor({0., 3.})));
    CHECK(zeros({2}).index_put({same}, values, true).equal(tensor({0., 6.})));
    Tensor x = zeros({2, 2});
    x.index_put_({0}, tensor({1., 2.}), true);
    x.index_put_({Ellipsis, 1}, tensor(5.), true);
    CHECK(x.equal(tensor({{1., 7.}, {0., 5.}})));
    x.index_put_(std::vector<TensorIndex>{x > 4}, -1);
    CHECK(x.equal(tensor({{1., -1.}, {0., -1.}})));
}

TEST_CASE("the gradient of wide rows is the sum of those that were taken, as that of narrow ones") {
    for (const std::int64_t width : {1, 15, 16, 33}) {
        for (const std::int64_t count : {10, 200}) {
            CAPTURE(width);
            CAPTURE(count);
            const Tensor rows = randint(0, 50, {count});
            const Tensor x = randn({50, 2, width}, Generator(1), kFloat64).requires_grad_();
            const Tensor g = randn({count, 2, width}, Generator(2), kFloat64);
            const Tensor expected = zeros({50, 2, width}, kFloat64).index_add_(0, rows, g);
            CHECK(autograd::grad({x.index_select(0, rows)}, {x}, {g})[0].allclose(expected, 1e-14, 1e-14));
            CHECK(autograd::grad({x.index({rows})}, {x}, {g})[0].allclose(expected, 1e-14, 1e-14));
            const Tensor columns = (rows % 2).view({count / 2, 2}), gc = g.select(1, 0).view({count / 2, 2, width});
            const Tensor pairs = autograd::grad({x.index({rows.view({count / 2, 2}), columns})}, {x}, {gc})[0];
            Tensor by_pairs = zeros({50, 2, width}, kFloat64);
            by_pairs.index_put_({rows.view({count / 2, 2}), columns}, gc, true);
            CHECK(pairs.allclose(by_pairs, 1e-14, 1e-14));
        }
    }
}

TEST_CASE("an index that names whole rows is as good as one that names their elements") {
    const Tensor heads = randint(0, 6, {3, 4}), x = randn({3, 6, 5, 9}, Generator(1), kFloat64);
    for (const std::int64_t depth : {5, 4}) {
        const Tensor index = heads.view({3, 4, 1, 1}).expand({3, 4, depth, 9}), dense = index.contiguous();
        const Tensor source = randn({3, 4, depth, 9}, Generator(2), kFloat64);
        const Tensor a = x.detach().requires_grad_(), b = x.detach().requires_grad_();
        CHECK(a.gather(1, index).equal(b.gather(1, dense)));
        CHECK(autograd::grad({a.gather(1, index)}, {a}, {source})[0].equal(
            autograd::grad({b.gather(1, dense)}, {b}, {source})[0]));
        CHECK(x.scatter_add(1, index, source).equal(x.scatter_add(1, dense, source)));
        CHECK(x.clone().scatter_add_(-3, index, source).equal(x.scatter_add(1, dense, source)));
        CHECK_THROWS_WITH_AS(x.gather(1, index + 6), doctest::Contains("[gather] index"), IndexError);
        CHECK_THROWS_WITH_AS(x.gather(1, (heads + 6).view({3, 4, 1, 1}).expand({3, 4, depth, 9})),
                             doctest::Contains("is out of bounds for dimension 1 with size 6"), IndexError);
        CHECK_THROWS_WITH_AS(x.scatter_add(1, (heads - 6).view({3, 4, 1, 1}).expand({3, 4, depth, 9}), source),
                             doctest::Contains("is out of bounds for dimension 1 with size 6"), IndexError);
        check_derivatives(
            [=](const TensorList& in) {
                return in[0].square().scatter_add(0, index[0].narrow(1, 0, 2), in[1].square());
            },
            {{6, 2, 9}, {4, 2, 9}});
        check_derivatives([=](const TensorList& in) { return in[0].square().gather(0, index[0].narrow(1, 0, 2)); },
                          {{6, 2, 9}});
    }
    const auto row = [&](const TensorList& in) { return in[0].gather(0, in[1].unsqueeze(-1).expand({4, 20})); };
    const Tensor wide = randn({3, 6, 20}, Generator(3), kFloat64);
    CHECK(func::vmap(row)({wide, heads}).equal(wide.gather(1, heads.unsqueeze(-1).expand({3, 4, 20}))));
}

TEST_CASE("a product with several zeros in one place has a first derivative and no wrong second one") {
    const Tensor x = tensor({2., 3.}, kFloat64).requires_grad_(), places = tensor({0, 0, 1});
    const Tensor source = tensor({0., 0., 0.}, kFloat64).requires_grad_();
    const Tensor y = x.scatter_reduce(0, places, source, "prod"), g = ones({2}, kFloat64);
    const TensorList grads = autograd::grad({y}, {x, source}, {g}, true);
    CHECK(grads[0].equal(tensor({0., 0.}, kFloat64)));
    CHECK(grads[1].equal(tensor({0., 0., 3.}, kFloat64)));
    CHECK_THROWS_AS(autograd::grad({y}, {source}, {g}, true, true), NotImplementedError);
    check_derivatives(
        [](const TensorList& in) {
            return in[0].scatter_reduce(0, tensor({0, 1, 1}), in[1], "prod");
        },
        {{2}, {3}});
}

TEST_CASE("ties of an extreme share its gradient, self among them only where it is included") {
    const Tensor x = tensor({5., 1., 7.}).requires_grad_(), places = tensor({0, 0, 1});
    const Tensor source = tensor({5., 5., 0.}).requires_grad_();
    for (const bool include_self : {true, false}) {
        const Tensor y = x.scatter_reduce(0, places, source, "amax", include_self);
        CHECK(y.equal(include_self ? tensor({5., 1., 7.}) : tensor({5., 0., 7.})));
        const TensorList grads = autograd::grad({y}, {x, source}, {tensor({6., 1., 1.})});
        CHECK(grads[0].equal(include_self ? tensor({2., 1., 1.}) : tensor({0., 0., 1.})));
        CHECK(grads[1].equal(include_self ? tensor({2., 2., 0.}) : tensor({3., 3., 1.})));
    }
}

TEST_CASE("vmap of indexing agrees with a loop") {
    const Tensor x = randn({4, 3, 5}, Generator(1), kFloat64), rows = randint(0, 3, {4, 2});
    const Tensor places = randint(0, 3, {4, 2, 5}), flags = randn({4, 3, 5}) > 0,
                 source = randn({4, 2, 5}, Generator(2), kFloat64);
    struct Case {
        std::function<Tensor(const TensorList&)> call;
        TensorList inputs;
    };
    const Case cases[] = {
        {[](const TensorList& in) { return in[0].index_select(0, in[1]); }, {x, rows}},
        {[&](const TensorList& in) { return in[0].index_select(1, rows[1]); }, {x}},
        {[&](const TensorList& in) { return x.index_select(2, in[0]); }, {rows}},
        {[](const TensorList& in) { return in[0].gather(0, in[1]); }, {x, places}},
        {[&](const TensorList& in) { return x[0].gather(0, in[0]); }, {places}},
        {[](const TensorList& in) { return in[0].scatter_add(0, in[1], in[2]); }, {x, places, source}},
        {[&](const TensorList& in) { return in[0].scatter(0, places[1], source[2]); }, {x}},
        {[](const TensorList& in) { return in[0].masked_fill(in[1], 2); }, {x, flags}},
        {[](const TensorList& in) {
             return in[0].index({tensor({0, 2}), None, tensor({1, -1})});
         },
         {x}},
    };
    for (const Case& c : cases) {
        CAPTURE(&c - cases);
        std::vector<Tensor> rows_of_result;
        for (std::int64_t i = 0; i < 4; ++i) {
            TensorList one;
            for (const Tensor& input : c.inputs) one.push_back(input[i]);
            rows_of_result.push_back(c.call(one));
        }
        CHECK(func::vmap(c.call)(c.inputs).equal(stack(rows_of_result)));
    }
}

TEST_CASE("indexing in forward mode") {
    const Tensor x = randn({3, 4}, Generator(1), kFloat64), t = randn({3, 4}, Generator(2), kFloat64);
    const Tensor rows = tensor({2, 0}), places = tensor({{0, 1, 1, 0}});
    using Call = std::function<Tensor(const Tensor&)>;
    const Call linear[] = {
        [&](const Tensor& v) { return v.index_select(0, rows); },
        [&](const Tensor& v) { return v.gather(0, places); },
        [&](const Tensor& v) { return v.scatter(0, places, v.slice(0, 1, 2)); },
        [&](const Tensor& v) { return v.scatter_add(0, places, v.slice(0, 1, 2)); },
        [&](const Tensor& v) { return v.index_copy(0, rows, v.slice(0, 0, 2)); },
        [&](const Tensor& v) { return v.index_fill(1, rows, v[0][1]); },
        [&](const Tensor& v) { return v.index_add(0, rows, v.slice(0, 0, 2), 2); },
        [&](const Tensor& v) { return v.masked_fill(v > 0, 0); },
        [&](const Tensor& v) { return v.masked_select(v > 0); },
        [&](const Tensor& v) { return v.take(rows); },
    };
    for (const Call& call : linear) {
        CAPTURE(&call - linear);
        const auto [y, tangent] = func::jvp([&](const TensorList& in) { return call(in[0]); }, {x}, {t});
        CHECK(y.equal(call(x)));
        const Tensor leaf = x.detach().requires_grad_(), out = call(leaf);
        const Tensor weight = randn(out.sizes(), Generator(3), kFloat64);
        CHECK((autograd::grad({out}, {leaf}, {weight})[0] * t).sum().allclose((weight * tangent).sum(), 1e-12, 1e-12));
    }
}

TEST_CASE("names of nodes are libtorch's") {
    const Tensor x = rand({3, 4}).requires_grad_(), rows = tensor({0, 1}), source = rand({2, 4});
    CHECK(x.index_copy(0, rows, source).grad_fn()->name() == "IndexCopyBackward0");
    CHECK(x.index_fill(0, rows, 1).grad_fn()->name() == "IndexFillBackward0");
    CHECK(x.masked_fill(x > 0, 1).grad_fn()->name() == "MaskedFillBackward0");
    CHECK(x.scatter(0, tensor({{0}}), 1).grad_fn()->name() == "ScatterBackward0");
    CHECK(std::get<0>(x.sort()).grad_fn()->name() == "SortBackward0");
    CHECK(std::get<0>(x.topk(2)).grad_fn()->name() == "TopkBackward0");
}

TEST_CASE("an index knows what it is, and prints as libtorch's") {
    const TensorIndex list[] = {None, std::nullopt, Ellipsis, "...", 3, true, Slice(1, None, 2), tensor({1})};
    const char* expected[] = {"None", "None", "...", "...", "3", "true", "1:9223372036854775807:2"};
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        std::ostringstream out;
        out << list[i];
        CHECK(out.str() == expected[i]);
    }
    CHECK(list[0].is_none());
    CHECK(list[2].is_ellipsis());
    CHECK(list[4].integer() == 3);
    CHECK(list[5].boolean());
    CHECK(list[6].slice().start() == 1);
    CHECK(list[6].slice().step() == 2);
    CHECK(list[7].tensor().dim() == 1);
    CHECK(list[7].is_tensor());
    std::ostringstream out;
    out << std::vector<TensorIndex>{0, Slice(), None};
    CHECK(out.str() == "(0, 0:9223372036854775807:1, None)");
    CHECK(zeros({2, 3}).index({std::nullopt, Slice(std::nullopt, 1)}).sizes() == IntArrayRef({1, 1, 3}));
    CHECK(nn::functional::one_hot(tensor({1, 0})).equal(tensor({{0, 1}, {1, 0}})));
}

TEST_SUITE("threads") {
    TEST_CASE("scatters and masks give the same bits for any number of threads") {
        const Tensor x = randn({200, 300}), places = randint(0, 200, {400, 300}), source = randn({400, 300});
        const Tensor wide = randn({400, 300}), flags = x > 0;
        samples::check_any_number_of_threads([&] {
            TensorList out;
            for (const char* reduce : {"sum", "prod", "mean", "amax"}) {
                out.push_back(x.scatter_reduce(0, places, source, reduce));
                out.push_back(x.t().scatter_reduce(1, places.t(), source.t(), reduce, false));
                CHECK(out[out.size() - 2].sizes() == x.sizes());
            }
            out.push_back(x.scatter(0, places, source));
            out.push_back(x.masked_fill(flags, 2));
            out.push_back(x.masked_select(flags));
            out.push_back(x.nonzero());
            out.push_back(x.index_copy(0, places.select(1, 0), wide));
            return out;
        });
    }
}
