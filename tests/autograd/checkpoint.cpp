#include <doctest/doctest.h>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/checkpoint.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>

using namespace xgrad;
using autograd::checkpoint;
using autograd::grad;

namespace {

Tensor leaf(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64).requires_grad_(); }

Tensor chain(const Tensor& x, int length) {
    Tensor y = x;
    for (int i = 0; i < length; ++i) y = (y * 1.1).tanh();
    return y;
}

}  // namespace

TEST_CASE("gradients through a checkpoint are those without it, to second order") {
    const Tensor x = leaf({3}, 1), y = leaf({3}, 2), w = leaf({3}, 3);
    const Tensor inner = w * w;  // reached by the function, no leaf
    int calls = 0;
    const auto f = [&](const Tensor& a, const Tensor& b) {
        ++calls;
        return (a * b).sin() * inner + a.exp() * w;
    };
    const auto value = [&](bool checkpointed) {
        const Tensor z = checkpointed ? checkpoint(f, x, y) : f(x, y);
        return (z * z * x).sum();
    };
    const TensorList at{x, y, w};
    const Tensor plain = value(false), saved = value(true);
    CHECK(calls == 2);
    CHECK(saved.equal(plain));
    const auto expected = grad({plain}, at, {}, true, true), first = grad({saved}, at, {}, true, true);
    CHECK(calls == 3);
    for (std::size_t i = 0; i < at.size(); ++i) {
        CHECK(first[i].allclose(expected[i], 1e-12));
        const auto second_expected = grad({expected[i].sum()}, at, {}, true);
        const auto second = grad({first[i].sum()}, at, {}, true);
        for (std::size_t k = 0; k < at.size(); ++k) CHECK(second[k].allclose(second_expected[k], 1e-12, 1e-12));
    }
    saved.backward();
    CHECK(w.grad().allclose(expected[2], 1e-12));
}

TEST_CASE("a checkpoint passes the gradient checks") {
    const auto f = [](const TensorList& in) -> TensorList {
        return checkpoint([](const TensorList& x) { return TensorList{x[0].matmul(x[1]).tanh(), x[1] * 2.0}; }, in);
    };
    const TensorList in{leaf({2, 3}, 1), leaf({3, 2}, 2)};
    CHECK(autograd::gradcheck(f, in));
    CHECK(autograd::gradgradcheck(f, in));
}

TEST_CASE("only the wanted gradients are computed, and unused outputs do not matter") {
    const Tensor x = leaf({2}, 1), y = leaf({2}, 2);
    const TensorList out = checkpoint(
        [](const TensorList& in) {
            return TensorList{in[0] * in[1], in[1].exp()};
        },
        TensorList{x, y});
    CHECK(out[1].output_nr() == 1);
    CHECK(out[1].grad_fn()->name() == "CheckpointBackward");
    const auto g = grad({out[1].sum()}, {x, y}, {}, true, false, true);
    CHECK(!g[0].defined());
    CHECK(g[1].allclose(y.detach().exp()));
    CHECK(grad({out[0].sum()}, {x})[0].equal(y.detach()));
}

TEST_CASE("random numbers repeat, and the stream goes on where it was") {
    const Tensor x = leaf({100}, 1);
    const auto f = [](const Tensor& a) { return a * rand({100}, kFloat64); };
    manual_seed(5);
    const Tensor y = checkpoint(f, x);
    const Tensor mask = y.detach() / x.detach();
    const Tensor next = rand({3});
    manual_seed(5);
    f(x);
    CHECK(rand({3}).equal(next));
    const auto state = default_generator().get_state();
    y.sum().backward();
    CHECK(x.grad().allclose(mask, 1e-12));
    CHECK(default_generator().get_state() == state);
}

TEST_CASE("checkpoints nest") {
    const Tensor x = leaf({4}, 1), w = leaf({4}, 2);
    int outer = 0, inner = 0;
    const auto f = [&](const Tensor& a) {
        ++outer;
        const Tensor b = checkpoint(
            [&](const Tensor& c) {
                ++inner;
                return (c * w).sin();
            },
            a.exp());
        return b * a;
    };
    const auto expected = grad({f(x).sum()}, {x, w});
    outer = inner = 0;
    const auto g = grad({checkpoint(f, x).sum()}, {x, w});
    CHECK(outer == 2);
    CHECK(inner == 3);
    CHECK(g[0].allclose(expected[0], 1e-12));
    CHECK(g[1].allclose(expected[1], 1e-12));
}

TEST_CASE("hooks inside and outside of a checkpoint are called once") {
    Tensor x = leaf({2}, 1), w = leaf({2}, 2);
    int on_input = 0, on_reached = 0, inside = 0;
    x.register_hook([&](const Tensor&) { ++on_input; });
    w.register_hook([&](const Tensor&) { ++on_reached; });
    Tensor y = checkpoint(
        [&](const Tensor& a) {
            Tensor b = a * w;
            b.register_hook([&](const Tensor&) { ++inside; });
            return b.exp();
        },
        x);
    y.sum().backward();
    CHECK(on_input == 1);
    CHECK(on_reached == 1);
    CHECK(inside == 1);
}

TEST_CASE("a checkpoint keeps its inputs, not what lies between") {
    const Tensor x = leaf({1000}, 1);
    const auto bytes_kept = [&](bool checkpointed) {
        const auto before = memory_stats().allocated_bytes;
        const auto f = [](const Tensor& a) { return chain(a, 20); };
        const Tensor y = checkpointed ? checkpoint(f, x) : f(x);
        return memory_stats().allocated_bytes - before;
    };
    CHECK(bytes_kept(true) < 4 * 8000);
    CHECK(bytes_kept(false) > 20 * 8000);
    const auto before = memory_stats().allocated_bytes;
    checkpoint([](const Tensor& a) { return chain(a, 3); }, x).sum().backward();
    x.mutable_grad().reset();
    CHECK(memory_stats().allocated_bytes == before);
}

TEST_CASE("without gradients a checkpoint is the function itself") {
    const Tensor constant = ones({2});
    int calls = 0;
    const auto f = [&](const Tensor& a) {
        ++calls;
        return a * 2.0;
    };
    CHECK(!checkpoint(f, constant).requires_grad());
    const NoGradGuard no_grad;
    CHECK(!checkpoint(f, ones({2}, requires_grad())).requires_grad());
    CHECK(calls == 2);
}

TEST_CASE("results that share memory with inputs are copies; integers and undefined tensors pass") {
    const Tensor x = leaf({2}, 1), w = leaf({2}, 2);
    const TensorList out = checkpoint(
        [&](const TensorList& in) { return TensorList{in[0], in[0].slice(0, 1), w, in[2] + 1, Tensor(), in[0] * w}; },
        TensorList{x, Tensor(), tensor({1, 2})});
    CHECK(!out[0].is_alias_of(x));
    CHECK(!out[1].is_alias_of(x));
    CHECK(!out[2].is_alias_of(w));
    CHECK(out[3].equal(tensor({2, 3})));
    CHECK(!out[4].defined());
    const auto g = grad({out[0].sum() + out[1].sum() + out[2].sum() + out[5].sum()}, {x, w});
    CHECK(g[0].allclose(w.detach() + tensor({1., 2.}, kFloat64)));
    CHECK(g[1].allclose(x.detach() + 1.0));
}

TEST_CASE("what a second call would get wrong is an error") {
    const Tensor x = leaf({2}, 1), w = leaf({2}, 2), v = leaf({2}, 3);
    int call = 0;
    const auto backward = [](const Tensor& y) { y.sum().backward(); };
    const Tensor other_shape =
        checkpoint([&](const Tensor& a) { return ++call == 1 ? a * w : (a * w).slice(0, 1); }, x);
    CHECK_THROWS_WITH_AS(backward(other_shape), doctest::Contains("other shapes or dtypes"), GraphError);
    call = 0;
    const Tensor other_leaf = checkpoint([&](const Tensor& a) { return a * (++call == 1 ? w : v); }, x);
    CHECK_THROWS_WITH_AS(backward(other_leaf), doctest::Contains("did not reach when it was called first"), GraphError);

    Tensor input = x * 1.0;
    const Tensor y = checkpoint([&](const Tensor& a) { return a.exp() * w; }, input);
    input.add_(1.0);
    CHECK_THROWS_WITH_AS(backward(y), doctest::Contains("modified by an inplace operation"), GraphError);
    Tensor changed = x * 1.0;
    const Tensor in_place = checkpoint([](Tensor a) { return a.mul_(2.0).exp(); }, changed);
    CHECK_THROWS_WITH_AS(backward(in_place), doctest::Contains("modified by an inplace operation"), GraphError);
    const Tensor updated = checkpoint([&](const Tensor& a) { return a * w; }, x);
    {
        const NoGradGuard no_grad;
        Tensor(w).add_(1.0);
    }
    CHECK_THROWS_WITH_AS(backward(updated), doctest::Contains("modified by an inplace operation"), GraphError);

    const Tensor twice = checkpoint([](const Tensor& a) { return a * 2.0; }, x).sum();
    twice.backward({}, true);
    twice.backward();
    CHECK_THROWS_WITH_AS(twice.backward(), doctest::Contains("backward through the graph a second time"), GraphError);
}

TEST_CASE("a function may differentiate inside") {
    const Tensor x = leaf({3}, 1);
    const auto f = [](const Tensor& a) {
        const Tensor b = a.detach().requires_grad_();
        return grad({(b * b * b).sum()}, {b})[0] * a;  // 3 a^2, a constant, times a
    };
    CHECK(grad({checkpoint(f, x).sum()}, {x})[0].allclose(x.detach().square() * 3.0));
}
