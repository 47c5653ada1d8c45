#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

#include "derivatives.h"

using namespace xgrad;
using samples::check_derivatives;

namespace samples {

/// The dense gradient as a function of that of the rows: linear, unlike the way from the table to it, which `padding`
/// and `scale` change on purpose.
Tensor dense_gradient(const Tensor& g, std::int64_t padding, bool scale) {
    const AutoGradMode recording(true);
    const Tensor weight = zeros({4, g.size(-1)}, g.dtype()).requires_grad_();
    const Tensor rows = embedding(weight, tensor({{2, 0, 2}, {3, 1, 2}}), padding, scale);
    return autograd::grad({rows}, {weight}, {g}, std::nullopt, true)[0];
}

std::vector<Sample> embedding_samples() {
    const auto look_up = [](const Tensor& indices) {
        return [=](const TensorList& x) { return embedding(x[0], indices).square(); };
    };
    return {
        {"embedding", look_up(tensor({{2, 0, 2}, {3, 1, 2}})), {{4, 3}}},
        {"embedding", look_up(tensor({{2, 0, 2}, {3, 1, 2}})), {{4, 20}}},
        {"embedding", look_up(tensor(1)), {{4, 3}}},
        {"embedding", look_up(zeros({0, 2}, kInt64)), {{4, 3}}},
        {"embedding", look_up(tensor({1, 1})), {{2, 0}}},
        {"embedding_dense_backward", [](const TensorList& x) { return dense_gradient(x[0], -1, false); }, {{2, 3, 4}}},
        {"embedding_dense_backward", [](const TensorList& x) { return dense_gradient(x[0], 2, true); }, {{2, 3, 4}}},
    };
}

std::vector<WrongInput> embedding_wrong() {
    static const Tensor weight = zeros({4, 3});
    return {
        {"embedding",
         [] {
             embedding(weight, tensor({0, 4}));
         },
         "index 4 is out of bounds for dimension 0 with size 4"},
        {"embedding", [] { embedding(weight, tensor({-1})); }, "index -1 is out of bounds"},
        {"embedding", [] { embedding(weight, tensor({1.0})); }, "expected indices of dtype Long or Int, but got Float"},
        {"embedding", [] { embedding(zeros({4}), tensor({1})); }, "'weight' must be 2-D, got shape (4,)"},
        {"embedding", [] { embedding(weight, tensor({1}), -1, false, true); }, "there are no sparse gradients"},
        {"embedding", [] { embedding(Tensor(), tensor({1})); }, "undefined"},
        {"embedding_renorm_",
         [] {
             embedding_renorm_(zeros({4, 1, 1}), tensor({1}), 1, 2);
         },
         "must be 2-D"},
    };
}

}  // namespace samples

namespace {

/// The gradient of `weight` by a loop.
Tensor gradient_by_loop(const Tensor& indices, const Tensor& g, std::int64_t rows, std::int64_t padding, bool scale) {
    const Tensor places = indices.reshape({-1}), terms = g.reshape({-1, g.size(-1)});
    const Tensor out = zeros({rows, g.size(-1)}, g.dtype());
    std::vector<double> count(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < places.numel(); ++i) ++count[static_cast<std::size_t>(places[i].item<std::int64_t>())];
    for (std::int64_t i = 0; i < places.numel(); ++i) {
        const auto row = places[i].item<std::int64_t>();
        if (row != padding) out[row].add_(scale ? terms[i] / count[static_cast<std::size_t>(row)] : terms[i]);
    }
    return out;
}

}  // namespace

TEST_CASE("embedding looks rows up, and its gradient adds them up, for any shape of indices") {
    for (const std::int64_t width : {1, 3, 16, 17, 40}) {
        for (const auto& shape : {std::vector<std::int64_t>{}, {7}, {4, 6}, {2, 3, 5}, {0}}) {
            for (const std::int64_t padding : {-1, 0, 4}) {
                for (const bool scale : {false, true}) {
                    CAPTURE(width);
                    CAPTURE(detail::shape_string(shape));
                    const Tensor weight = randn({5, width}, Generator(1), kFloat64).requires_grad_();
                    const Tensor indices = (rand(shape, Generator(2), kFloat64) * 5.0).to(kInt64);
                    const Tensor y = embedding(weight, indices, padding, scale);
                    detail::Dims expected = indices.sizes();
                    expected.push_back(width);
                    REQUIRE(y.sizes() == IntArrayRef(expected));
                    CHECK(y.equal(weight.detach().index_select(0, indices.reshape({-1})).view(expected)));
                    const Tensor g = randn(expected, Generator(3), kFloat64);
                    const Tensor dense = autograd::grad({y}, {weight}, {g})[0];
                    CHECK(dense.allclose(gradient_by_loop(indices, g, 5, padding, scale), 1e-14, 1e-15));
                }
            }
        }
    }
}

TEST_CASE("embedding: indices of int32, strided operands, a table without rows") {
    const Tensor weight = randn({6, 4}, Generator(4)), indices = tensor({{5, 0}, {2, 2}, {1, 3}});
    CHECK(embedding(weight, indices.to(kInt32)).equal(embedding(weight, indices)));
    CHECK(embedding(weight, indices.t()).equal(embedding(weight, indices).transpose(0, 1)));
    for (const auto arrangement : samples::kArrangements) {
        const Tensor w = samples::lay_out(weight, arrangement);
        CHECK(embedding(w, indices).equal(embedding(w.contiguous(), indices)));
    }
    CHECK(embedding(zeros({0, 4}), zeros({0}, kInt64)).sizes() == IntArrayRef({0, 4}));
    CHECK(embedding(zeros({3, 2}, kInt64) + 7, tensor({1})).equal(tensor({{7, 7}})));
    CHECK(embedding(weight.detach().requires_grad_(), indices).grad_fn()->name() == "EmbeddingBackward0");
}

TEST_CASE("a gradient too large for the caches is that of its rows") {
    for (const std::int64_t width : {250, 256}) {
        const Tensor weight = zeros({9000, width}).requires_grad_();
        const Tensor indices = randint(9000, {3000}), g = randn({3000, width}, Generator(5));
        const Tensor dense = autograd::grad({embedding(weight, indices, 17)}, {weight}, {g})[0];
        Tensor expected = index_add(zeros({9000, width}), 0, indices, g);
        expected[17].zero_();
        CHECK(dense.equal(expected));
    }
}

TEST_CASE("embedding: derivatives") {
    const Tensor indices = tensor({{1, 0}, {1, 3}});
    check_derivatives([=](const TensorList& x) { return embedding(x[0], indices).sin(); }, {{4, 3}});
    check_derivatives([](const TensorList& x) { return embedding(x[0], zeros({0}, kInt64)); }, {{0, 3}});
    for (const std::int64_t padding : {-1, 2})
        for (const bool scale : {false, true})
            check_derivatives([=](const TensorList& x) { return samples::dense_gradient(x[0], padding, scale).sin(); },
                              {{2, 3, 2}});
}

TEST_CASE("embedding in forward mode") {
    const Tensor x = randn({4, 3}, Generator(6), kFloat64), t = randn({4, 3}, Generator(7), kFloat64);
    const Tensor indices = tensor({2, 2, 0});
    const auto [y, tangent] = func::jvp([&](const TensorList& in) { return embedding(in[0], indices); }, {x}, {t});
    CHECK(y.equal(embedding(x, indices)));
    CHECK(tangent.equal(embedding(t, indices)));
}

TEST_CASE("embedding_renorm_ shortens the rows that are looked up") {
    const Tensor weight = tensor({{3., 4.}, {30., 40.}, {0.3, 0.4}, {-3., 4.}}, kFloat64).requires_grad_();
    const auto version = weight._version();
    CHECK(embedding_renorm_(weight, tensor({{0, 2}, {0, 3}}), 2, 2).is_same(weight));
    CHECK(weight._version() > version);
    CHECK(weight.is_leaf());
    CHECK(weight.detach().allclose(tensor({{1.2, 1.6}, {30., 40.}, {0.3, 0.4}, {-1.2, 1.6}}, kFloat64), 1e-6));
    embedding_renorm_(weight, tensor({1}), 7, 1);
    CHECK(weight.detach()[1].allclose(tensor({3., 4.}, kFloat64), 1e-6));
}

TEST_CASE("a step with an embedding asks the system for no memory once it has run") {
    const Tensor weight = randn({500, 20}).requires_grad_(), indices = randint(500, {64});
    const auto step = [&] {
        embedding(weight, indices, 3).sum().backward();
        weight.mutable_grad().reset();
    };
    for (int i = 0; i < 3; ++i) step();
    const auto before = memory_stats();
    for (int i = 0; i < 20; ++i) step();
    CHECK(memory_stats().system_calls == before.system_calls);
    CHECK(memory_stats().allocated_bytes == before.allocated_bytes);
}

TEST_SUITE("threads") {
    TEST_CASE("embedding gives the same bits for any number of threads") {
        const Tensor weight = randn({3000, 100}, Generator(8)), indices = randint(1000, 1300, {9000});
        const Tensor g = randn({9000, 100}, Generator(9));
        samples::check_any_number_of_threads([&] {
            const Tensor leaf = weight.detach().requires_grad_();
            const Tensor y = embedding(leaf, indices, 1007);
            return TensorList{y.detach(), autograd::grad({y}, {leaf}, {g})[0]};
        });
    }
}
