#include <doctest/doctest.h>

#include <limits>

#include <optional>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>

#include "derivatives.h"

using namespace xgrad;

namespace {

using Shapes = std::vector<std::vector<std::int64_t>>;

struct Case {
    std::string name;
    std::function<Tensor(const TensorList&)> call;
    Shapes shapes;
};

/// Operations with rules of their own for forward mode and batches.
std::vector<Case> operations() {
    using Inputs = const TensorList&;
    return {
        {"unfold", [](Inputs x) { return x[0].unfold(-1, 2, 1); }, {{2, 4}}},
        {"diagonal", [](Inputs x) { return x[0].diagonal(1, -1, 0); }, {{3, 2, 3}}},
        {"diag_embed", [](Inputs x) { return x[0].diag_embed(-1); }, {{2, 2}}},
        {"tril", [](Inputs x) { return x[0].tril(); }, {{3, 2}}},
        {"triu", [](Inputs x) { return x[0].triu(1); }, {{2, 2, 3}}},
        {"flip",
         [](Inputs x) {
             return x[0].flip({0, -1});
         },
         {{2, 3}}},
        {"roll",
         [](Inputs x) {
             return x[0].roll({1, -1}, {0, 1});
         },
         {{2, 3}}},
        {"constant_pad_nd",
         [](Inputs x) {
             return constant_pad_nd(x[0], {1, -1, 0, 2}, 3);
         },
         {{2, 3}}},
        {"border_pad",
         [](Inputs x) {
             return pad(x[0], {2, 1}, "reflect");
         },
         {{2, 3}}},
        {"addmm", [](Inputs x) { return addmm(x[0], x[1], x[2], 2, 3); }, {{2}, {3, 2}, {2, 2}}},
        {"baddbmm", [](Inputs x) { return baddbmm(x[0], x[1], x[2], 2, 3); }, {{2}, {2, 1, 2}, {2, 2, 2}}},
        {"linalg_cross", [](Inputs x) { return linalg_cross(x[0], x[1], 0); }, {{3, 2}, {3, 1}}},
    };
}

/// Compositions of operations.
std::vector<Case> compositions() {
    using Inputs = const TensorList&;
    return {
        {"unflatten",
         [](Inputs x) {
             return x[0].unflatten(0, {2, -1}).sin();
         },
         {{4, 2}}},
        {"ravel", [](Inputs x) { return ravel(x[0].t()).sin(); }, {{2, 3}}},
        {"numpy_T", [](Inputs x) { return x[0].numpy_T().sin(); }, {{2, 3, 1}}},
        {"movedim",
         [](Inputs x) {
             return x[0].movedim({0, 2}, {1, 0}).sin();
         },
         {{2, 3, 2}}},
        {"squeeze",
         [](Inputs x) {
             return x[0].squeeze({0, 1}).sin();
         },
         {{1, 3, 1}}},
        {"pixel_shuffle", [](Inputs x) { return pixel_shuffle(x[0], 2).sin(); }, {{4, 1, 2}}},
        {"pixel_unshuffle", [](Inputs x) { return pixel_unshuffle(x[0], 2).sin(); }, {{1, 2, 4}}},
        {"channel_shuffle", [](Inputs x) { return channel_shuffle(x[0], 2).sin(); }, {{1, 4, 2}}},
        {"repeat",
         [](Inputs x) {
             return x[0].repeat({2, 1, 2}).sin();
         },
         {{2, 3}}},
        {"repeat_interleave", [](Inputs x) { return x[0].repeat_interleave(2, 1).sin(); }, {{2, 3}}},
        {"rot90", [](Inputs x) { return x[0].rot90(3).sin(); }, {{2, 3}}},
        {"block_diag", [](Inputs x) { return block_diag(x).sin(); }, {{2, 1}, {1, 2}, {}}},
        {"dstack", [](Inputs x) { return dstack(x).sin(); }, {{2, 2}, {2, 2}}},
        {"split",
         [](Inputs x) {
             return x[0].split({1, 2}, 1)[1].sin() * x[0].tensor_split(3, 1)[0];
         },
         {{2, 3}}},
        {"meshgrid", [](Inputs x) { return meshgrid(x, "xy")[0] * meshgrid(x, "xy")[1]; }, {{2}, {3}}},
        {"cartesian_prod", [](Inputs x) { return cartesian_prod(x).sin(); }, {{2}, {2}}},
        {"vander", [](Inputs x) { return vander(x[0]); }, {{3}}},
        {"outer", [](Inputs x) { return outer(x[0], x[1]); }, {{2}, {3}}},
        {"inner", [](Inputs x) { return inner(x[0], x[1]); }, {{2, 3}, {2, 3}}},
        {"addr", [](Inputs x) { return addr(x[0], x[1], x[2], 2, 3); }, {{3}, {2}, {3}}},
        {"bilinear", [](Inputs x) { return bilinear(x[0], x[1], x[2], x[3]); }, {{2, 3}, {2, 2}, {2, 3, 2}, {2}}},
        {"kron", [](Inputs x) { return kron(x[0], x[1]); }, {{2, 2}, {3, 1}}},
        {"trace", [](Inputs x) { return trace(x[0]).sin(); }, {{2, 3}}},
        {"multi_dot", [](Inputs x) { return linalg_multi_dot(x); }, {{2, 1}, {1, 3}, {3, 2}}},
        {"tensordot",
         [](Inputs x) {
             return tensordot(x[0], x[1], {0, 1}, {1, 0});
         },
         {{2, 3, 2}, {3, 2}}},
        {"einsum", [](Inputs x) { return einsum("iij,jk,k->ki", x); }, {{2, 2, 2}, {2, 3}, {3}}},
        {"einsum of one operand", [](Inputs x) { return einsum("i...j->...i", x).sin(); }, {{2, 2, 3}}},
    };
}

TensorList inputs_of(const Case& c, std::int64_t batch = 0) {
    TensorList out;
    for (std::size_t i = 0; i < c.shapes.size(); ++i) {
        std::vector<std::int64_t> sizes = c.shapes[i];
        if (batch > 0) sizes.insert(sizes.begin(), batch);
        out.push_back(samples::distinct(sizes, 31 + i));
    }
    return out;
}

}  // namespace

TEST_CASE("compositions: derivatives of first and second order") {
    for (const Case& c : compositions()) {
        CAPTURE(c.name);
        samples::check_derivatives(c.call, c.shapes);
    }
}

TEST_CASE("shapes and products in forward mode agree with backward") {
    std::vector<Case> all = operations();
    for (Case& c : compositions()) all.push_back(std::move(c));
    for (const Case& c : all) {
        CAPTURE(c.name);
        TensorList x = inputs_of(c), tangents;
        for (std::size_t i = 0; i < x.size(); ++i) tangents.push_back(samples::distinct(c.shapes[i], 7 + i));
        const auto [value, tangent] = func::jvp(c.call, x, tangents);
        for (Tensor& leaf : x) leaf.requires_grad_();
        const Tensor y = c.call(x), w = samples::distinct(y.sizes(), 3);
        CHECK(value.detach().equal(y.detach()));
        const auto g = autograd::grad({y}, x, {w});
        double expected = 0;
        for (std::size_t i = 0; i < x.size(); ++i) expected += (g[i] * tangents[i]).sum().item<double>();
        CHECK((tangent * w).sum().item<double>() == doctest::Approx(expected).epsilon(1e-12));
    }
}

TEST_CASE("shapes and products under vmap agree with a loop") {
    std::vector<Case> all = operations();
    for (Case& c : compositions()) all.push_back(std::move(c));
    for (const Case& c : all) {
        CAPTURE(c.name);
        const TensorList x = inputs_of(c, 3);
        // All inputs with a batch, then the first one only.
        for (const bool only_first : {false, true}) {
            CAPTURE(only_first);
            TensorList given = x, rows;
            std::vector<std::optional<std::int64_t>> dims(x.size(), 0);
            for (std::size_t i = 1; only_first && i < x.size(); ++i) {
                given[i] = x[i][0];
                dims[i] = std::nullopt;
            }
            for (std::int64_t b = 0; b < 3; ++b) {
                TensorList one;
                for (std::size_t i = 0; i < x.size(); ++i) one.push_back(dims[i] ? given[i][b] : given[i]);
                rows.push_back(c.call(one));
            }
            const Tensor expected = stack(rows);
            CHECK(func::vmap(c.call, dims)(given).allclose(expected, 1e-13, 1e-13));
            given[0] = given[0].movedim(0, -1).contiguous();
            dims[0] = given[0].dim() - 1;
            CHECK(func::vmap(c.call, dims)(given).allclose(expected, 1e-13, 1e-13));
        }
    }
}

TEST_CASE("views of parts may be written through") {
    const Tensor leaf = zeros({3, 3}, kFloat64).requires_grad_();
    const Tensor x = leaf * 1.0;
    CHECK(x.diagonal().is_alias_of(x));
    x.diagonal(1).add_(2.0);
    x.diagonal().copy_(tensor({1., 2., 3.}, kFloat64));
    CHECK(x.detach().equal(tensor({{1., 2., 0.}, {0., 2., 2.}, {0., 0., 3.}}, kFloat64)));
    const Tensor g = autograd::grad({(x * x).sum()}, {leaf})[0];
    CHECK(g.equal(tensor({{0., 4., 0.}, {0., 0., 4.}, {0., 0., 0.}}, kFloat64)));

    Tensor y = arange(6, kFloat64);
    y.unfold(0, 2, 2).select(1, 0).zero_();
    CHECK(y.equal(tensor({0., 1., 0., 3., 0., 5.}, kFloat64)));
    CHECK_THROWS_WITH_AS(y.unfold(0, 2, 1).zero_(), doctest::Contains("more than one element"), GraphError);
    y.view({2, 3}).mT().movedim(0, 1).unflatten(1, {3, 1}).squeeze(2).mul_(-1.0);
    CHECK(y.equal(tensor({0., -1., 0., -3., 0., -5.}, kFloat64)));
    // A repeated tensor has memory of its own, a broadcast one has not.
    CHECK(!y.repeat({2}).is_alias_of(y));
    CHECK(!y[0].repeat({2}).is_alias_of(y));
    CHECK(meshgrid({y, y})[0].is_alias_of(y));
    for (const Tensor& part : y.tensor_split(4)) CHECK(part.is_alias_of(y));
}

TEST_CASE("tril and triu of integers, bools and in place") {
    for (const ScalarType dtype : {kFloat32, kFloat64, kInt64, kInt32, kUInt8, kBool}) {
        CAPTURE(dtype);
        Tensor x = ones({2, 3, 4}, dtype);
        const Tensor mask = arange(4).ge(arange(3).unsqueeze(1)).expand({2, 3, 4});
        CHECK(x.triu().equal(mask.to(dtype)));
        CHECK(x.transpose(1, 2).tril().equal(mask.to(dtype).transpose(1, 2)));
        Tensor y = x.transpose(1, 2).clone().transpose(1, 2);
        y.triu_();
        CHECK(y.equal(x.triu_()));
        CHECK(x.equal(mask.to(dtype)));
    }
    const std::int64_t far = std::numeric_limits<std::int64_t>::max();
    const Tensor x = ones({2, 3});
    CHECK(x.tril(far).equal(x));
    CHECK(x.triu(-far - 1).equal(x));
    CHECK(x.tril(-far - 1).equal(zeros({2, 3})));
    CHECK(x.triu(far).equal(zeros({2, 3})));
}

TEST_CASE("copies of short runs, repeated, strided or side by side, of every dtype") {
    for (const ScalarType dtype : {kFloat32, kFloat64, kInt64, kInt32, kUInt8, kBool}) {
        CAPTURE(dtype);
        const Tensor x = (arange(7 * 9 * 11) % 251).reshape({7, 9, 11}).to(dtype);
        for (std::int64_t n = 1; n <= 10; ++n) {
            CAPTURE(n);
            // Elements by index_select, which does not copy in runs.
            const Tensor at = repeat_interleave(full({11}, n, kInt64));
            CHECK(x.repeat_interleave(n, 2).equal(x.index_select(2, at)));
            const Tensor windows = x.unfold(2, n, 1).clone();
            for (std::int64_t k = 0; k < n; ++k) CHECK(windows.select(3, k).equal(x.slice(2, k, 12 - n + k)));
            Tensor target = zeros({7, 9, 2 * n}, dtype);
            target.slice(2, 0, std::nullopt, 2).copy_(x.slice(2, 0, n));
            CHECK(target.slice(2, 0, std::nullopt, 2).equal(x.index_select(2, arange(n))));
            CHECK(target.slice(2, 1, std::nullopt, 2).to(kInt64).sum().item<std::int64_t>() == 0);
        }
    }
}

TEST_CASE("an index that names no element, and dtypes of index functions") {
    CHECK(tril_indices(0, 3).sizes() == IntArrayRef({2, 0}));
    CHECK(triu_indices(2, 2, 0, kInt32).dtype() == kInt32);
    CHECK(repeat_interleave(tensor({2, 0, 1}, kInt32)).equal(tensor({0, 0, 2}, kInt32)));
    CHECK(combinations(zeros({2}), 3).sizes() == IntArrayRef({0, 3}));
    CHECK(combinations(zeros({0}), 2, true).sizes() == IntArrayRef({0, 2}));
    CHECK(block_diag({}).sizes() == IntArrayRef({1, 0}));
    CHECK(block_diag({ones({1, 1}, kInt64), ones({0, 2})}).equal(tensor({{1., 0., 0.}})));
}

TEST_CASE("products in place that read what they write") {
    Tensor x = randn({3, 3}, Generator(1), kFloat64);
    const Tensor old = x.clone();
    x.addmm_(x, x, 0.5);
    CHECK(x.allclose(old * 0.5 + old.mm(old), 1e-13, 1e-13));
    Tensor y = old.clone();
    y.t().addmm_(y.t(), old);
    CHECK(y.t().allclose(old.t() + old.t().mm(old), 1e-13, 1e-13));
    Tensor v = old[0].clone();
    v.addmv_(old, v, 2, -1);
    CHECK(v.allclose(old[0] * 2 - old.mv(old[0]), 1e-13, 1e-13));
}

TEST_CASE("multi_dot takes the cheapest order and einsum any path") {
    const Tensor a = randn({2, 30}, Generator(1), kFloat64), b = randn({30, 20}, Generator(2), kFloat64),
                 c = randn({20, 1}, Generator(3), kFloat64), d = randn({1, 40}, Generator(4), kFloat64);
    const Tensor expected = a.mm(b).mm(c).mm(d);
    CHECK(linalg_multi_dot({a, b, c, d}).allclose(expected, 1e-12, 1e-12));
    for (const std::vector<std::int64_t>& path :
         {std::vector<std::int64_t>{0, 1, 0, 1, 0, 1}, {2, 3, 1, 2, 0, 1}, {0, 3, 0, 1, 1, 0}})
        CHECK(einsum("ij,jk,kl,lm->im", {a, b, c, d}, path).allclose(expected, 1e-12, 1e-12));
}

TEST_SUITE("threads") {
    TEST_CASE("copies in another order and padding give the same bits for any number of threads") {
        const Tensor x = randn({6, 300, 70}, Generator(1)), leaf = x.clone().requires_grad_();
        samples::check_any_number_of_threads([&] {
            const Tensor y = pad(leaf, {3, 2, 1, 4}, "reflect");
            const Tensor w = arange(y.numel(), kFloat32).reshape(y.sizes()) / 1000;
            return TensorList{x.flip({0, 2}),
                              x.flip({1}),
                              x.roll({7, -3}, {1, 2}),
                              x.transpose(0, 1).flip(0),
                              x.tril(5),
                              x.triu(-30),
                              y.detach(),
                              autograd::grad({y}, {leaf}, {w})[0],
                              x.repeat({1, 2, 3}),
                              x.repeat_interleave(3, 2),
                              x.unfold(2, 4, 1).contiguous(),
                              addmm(x[0].slice(0, 0, 70), x[1].t(), x[2], 0.5, 2)};
        });
    }
}
