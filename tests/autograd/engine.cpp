#include <doctest/doctest.h>
#include <pthread.h>

#include <thread>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/warning.h>

using namespace xgrad;

namespace {

Tensor leaf(std::initializer_list<double> values) {
    return tensor(std::vector<double>(values), kFloat64).requires_grad_();
}

}  // namespace

TEST_CASE("gradients accumulate in leaves and add up over paths") {
    Tensor x = leaf({1, 2});
    Tensor y = x * x + x * 3.0;
    y.sum().backward();
    CHECK(x.grad().equal(tensor({5., 7.}, kFloat64)));
    (x * 2.0).sum().backward();
    CHECK(x.grad().equal(tensor({7., 9.}, kFloat64)));
    CHECK(!x.grad().requires_grad());
}

TEST_CASE("grad returns gradients and stores nothing") {
    Tensor x = leaf({1, 2}), w = leaf({3, 4});
    Tensor y = (x * w).sum();
    const auto g = autograd::grad({y}, {x, w});
    CHECK(g[0].equal(w.detach()));
    CHECK(g[1].equal(x.detach()));
    CHECK(!x.grad().defined());
}

TEST_CASE("grad of an inner tensor, of an unused one, and with weights") {
    Tensor x = leaf({1, 2}), unused = leaf({1});
    Tensor inner = x.exp();
    Tensor y = inner * inner;
    const Tensor weights = tensor({1., 10.}, kFloat64);
    const auto g = autograd::grad({y}, {inner, unused}, {weights}, true, false, true);
    CHECK(g[0].allclose(inner * 2.0 * weights));
    CHECK(!g[1].defined());
    CHECK_THROWS_WITH_AS(autograd::grad({y}, {unused}, {weights}, true),
                         doctest::Contains("appears to not have been used in the graph"), GraphError);
}

TEST_CASE("derivatives of higher order") {
    Tensor x = leaf({2});
    Tensor y = x * x * x * x;
    const double expected[] = {32, 48, 48, 24};
    for (double value : expected) {
        y = autograd::grad({y}, {x}, {}, true, true)[0];
        CHECK(y.item<double>() == doctest::Approx(value));
    }
}

TEST_CASE("create_graph in backward leaves a gradient that can be differentiated") {
    Tensor x = leaf({3});
    (x * x * x).sum().backward({}, std::nullopt, true);
    CHECK(x.grad().requires_grad());
    const auto second = autograd::grad({x.grad()}, {x});
    CHECK(second[0].item<double>() == 18);
    x.mutable_grad().reset();
}

TEST_CASE("backward with inputs touches only them") {
    Tensor x = leaf({1}), w = leaf({2});
    Tensor inner = x * w;
    (inner * inner).sum().backward({}, std::nullopt, false, std::vector<Tensor>{w, inner});
    CHECK(!x.grad().defined());
    CHECK(w.grad().item<double>() == 4);
    CHECK(inner.grad().item<double>() == 4);
}

TEST_CASE("misuse of the graph is an error") {
    Tensor x = leaf({1, 2});
    CHECK_THROWS_WITH_AS((x * 2.0).backward(),
                         doctest::Contains("grad can be implicitly created only for scalar outputs"), GraphError);
    CHECK_THROWS_WITH_AS(ones({1}).backward(), doctest::Contains("does not require grad and does not have a grad_fn"),
                         GraphError);
    CHECK_THROWS_WITH_AS((x * 2.0).backward(ones({3}, kFloat64)), doctest::Contains("Mismatch in shape"), ShapeError);
    Tensor y = x.exp().sum();
    y.backward();
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("Trying to backward through the graph a second time"),
                         GraphError);
    CHECK_THROWS_AS(ones({2}, kInt64).requires_grad_(), DtypeError);
    Tensor kept = x.exp().sum();
    kept.backward({}, true);
    kept.backward();
    CHECK(x.grad().allclose(x.detach().exp() * 3.0));
}

TEST_CASE("hooks see and replace gradients") {
    Tensor x = leaf({1, 2});
    Tensor y = x * 2.0;
    int calls = 0;
    const unsigned first = y.register_hook([&](const Tensor& g) {
        ++calls;
        return g * 10.0;
    });
    y.register_hook([&](const Tensor& g) {
        ++calls;
        CHECK(g.equal(full({2}, 10.0, kFloat64)));
    });
    x.register_hook([](const Tensor& g) { return g + 1.0; });
    y.sum().backward({}, true);
    CHECK(calls == 2);
    CHECK(x.grad().equal(full({2}, 21.0, kFloat64)));
    y.remove_hook(first);
    CHECK_THROWS_AS(y.remove_hook(first), IndexError);
    CHECK_THROWS_AS(ones({1}).register_hook([](const Tensor&) {}), GraphError);
}

TEST_CASE("retain_grad keeps the gradient of an inner tensor") {
    Tensor x = leaf({1, 2});
    Tensor y = x * 2.0;
    y.retain_grad();
    CHECK(y.retains_grad());
    (y * y).sum().backward();
    CHECK(y.grad().equal(tensor({4., 8.}, kFloat64)));
    Tensor z = x * 3.0;
    z.retain_grad();
    z.mul_(2.0);  // the gradient kept is that of the modified tensor
    z.sum().backward();
    CHECK(z.grad().equal(ones({2}, kFloat64)));
}

TEST_CASE("nothing is recorded without need") {
    Tensor x = leaf({1});
    {
        NoGradGuard no_grad;
        CHECK(!(x * 2.0).requires_grad());
        AutoGradMode again(true);
        CHECK((x * 2.0).requires_grad());
    }
    CHECK(!x.detach().requires_grad());
    CHECK(!(x > 0.0).requires_grad());
    CHECK((x * 2.0).requires_grad());
}

TEST_CASE("a gradient kept by the user is not changed by later accumulation of others") {
    Tensor x = leaf({1, 2});
    Tensor seen;
    Tensor y = x * 1.0;
    y.register_hook([&](const Tensor& g) { seen = g; });
    y.sum().backward();
    const Tensor before = seen.clone();
    (x * 5.0).sum().backward();
    CHECK(seen.equal(before));
    CHECK(x.grad().equal(full({2}, 6.0, kFloat64)));
}

TEST_CASE("one gradient handed to two leaves is not shared by them") {
    Tensor a = leaf({1, 2}), b = leaf({3, 4});
    (a + b).sum().backward();
    a.mutable_grad().mul_(7.0);
    CHECK(b.grad().equal(ones({2}, kFloat64)));
}

TEST_CASE("a chain of a million operations lives on a small stack") {
    const auto body = [](void*) -> void* {
        Tensor x = leaf({1});
        Tensor y = x;
        for (int i = 0; i < 1'000'000; ++i) y = y + 1e-6;
        y.sum().backward();
        CHECK(x.grad().item<double>() == 1);
        // Saved tensors make another chain: each node holds the previous result.
        Tensor z = x;
        for (int i = 0; i < 200'000; ++i) z = (z * 0.5).tanh();
        z.reset();
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, &attributes, body, nullptr) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

TEST_CASE("threads share leaves") {
    Tensor w = leaf({1, 2, 3});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) (w * w).sum().backward();
        });
    for (auto& thread : threads) thread.join();
    CHECK(w.grad().equal(w.detach() * 1600.0));
}

TEST_CASE("a graph built by one thread is run and destroyed by another") {
    Tensor x = leaf({2});
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * 1.0 + 1.0;
    std::thread([moved = std::move(y)]() mutable {
        moved.sum().backward();
        moved.reset();
    }).join();
    CHECK(x.grad().item<double>() == 1);
}

TEST_CASE("grad_fn names the operation and leads on to its inputs") {
    Tensor x = leaf({1});
    Tensor y = (x * 2.0).tanh();
    REQUIRE(y.grad_fn());
    CHECK(y.grad_fn()->name() == "TanhBackward0");
    const auto& edge = y.grad_fn()->next_edge(0);
    CHECK(edge.function->name() == "MulBackward0");
    CHECK(edge.function->next_edge(0).function->name() == "AccumulateGrad");
    CHECK(!x.grad_fn());
    CHECK(x.is_leaf());
    CHECK(!y.is_leaf());
}

TEST_CASE("what create_graph leaves in grad() is each leaf's own") {
    Tensor a = leaf({1, 2}), b = leaf({3, 4});
    const Tensor s = a + b;
    (s * s).sum().backward({}, std::nullopt, true);
    const Tensor before = b.grad().detach().clone();
    (a * 5.0).sum().backward();
    CHECK(b.grad().detach().equal(before));
    Tensor c = leaf({1, 2, 3});
    c.sum().backward({}, std::nullopt, true);
    c.sum().backward();
    CHECK(c.grad().detach().equal(full({3}, 2.0, kFloat64)));
    a.mutable_grad().reset();
    b.mutable_grad().reset();
    c.mutable_grad().reset();
}

TEST_CASE("grad runs only what leads to its inputs") {
    Tensor x = leaf({1, 2}), w = leaf({3, 4});
    const Tensor inner = (x * w).exp();
    Tensor y = (inner * inner).sum();
    const auto g = autograd::grad({y}, {inner});
    inner.backward(g[0]);  // the part below was neither run nor freed
    CHECK(x.grad().allclose(inner.detach().square() * w.detach() * 2.0));
}

TEST_CASE("grad stores nothing in tensors that retain theirs") {
    Tensor x = leaf({1, 2});
    Tensor y = x * 2.0;
    y.retain_grad();
    autograd::grad({(y * y).sum()}, {x});
    CHECK(!y.grad().defined());
}

TEST_CASE("gradients at thousands of inputs") {
    TensorList leaves;
    Tensor sum = zeros({1}, kFloat64);
    for (int i = 0; i < 3000; ++i) {
        leaves.push_back(leaf({1}));
        sum = sum + leaves.back() * static_cast<double>(i);
    }
    const auto g = autograd::grad({sum}, leaves);
    CHECK(g[0].item<double>() == 0);
    CHECK(g[2999].item<double>() == 2999);
}

TEST_CASE("a detached tensor no longer retains the gradient of its old node") {
    Tensor x = leaf({1, 2});
    Tensor y = x * 2.0;
    y.retain_grad();
    Tensor z = y.sum();
    y.detach_();
    CHECK(!y.retains_grad());
    z.backward();
    CHECK(!y.grad().defined());
}

TEST_CASE("a hook must keep shape and dtype") {
    Tensor x = leaf({1, 2, 3});
    Tensor y = x * 2.0;
    y.register_hook([](const Tensor& g) { return g.sum(); });
    CHECK_THROWS_WITH_AS(y.sum().backward(), doctest::Contains("hook has changed the size"), ShapeError);
}

TEST_CASE("hooks may own tensors with hooks of their own") {
    Tensor x = leaf({1, 2});
    Tensor y = x * 2.0;
    Tensor owned = x.exp();
    owned.retain_grad();
    const unsigned id = y.register_hook([owned](const Tensor&) {});
    owned.reset();
    y.remove_hook(id);  // destroys the last handle of a tensor that is on another node's list
    CHECK(!x.grad().defined());
}

TEST_CASE("undefined tensors are errors") {
    Tensor x = leaf({1});
    CHECK_THROWS_AS(Tensor().backward(), Error);
    CHECK_THROWS_AS(autograd::grad({x * 2.0}, {Tensor()}), Error);
    CHECK_THROWS_AS(autograd::backward({Tensor()}), Error);
    CHECK_THROWS_AS(Tensor().sizes(), Error);
}

TEST_CASE("set_data replaces values, not history") {
    Tensor w = leaf({1, 2}), v = leaf({3, 4});
    Tensor y = (w * 1.0).sum();
    w.set_data(tensor({5., 6.}, kFloat64));
    y.backward();
    CHECK(w.grad().equal(ones({2}, kFloat64)));
    Tensor z = (w * v).sum();
    w.set_data(tensor({7., 8.}, kFloat64));
    CHECK_THROWS_AS(z.backward(), GraphError);  // w was kept for the gradient of v
}

TEST_CASE("the cycle that create_graph makes is reported, and gone with the gradient") {
    std::vector<std::string> warnings;
    const WarningHandler outer = set_warning_handler([&](const std::string& message) { warnings.push_back(message); });
    set_warn_always(true);
    const auto before = memory_stats().allocated_bytes;
    {
        Tensor x = leaf({1, 2}), w = leaf({3, 4});
        (x * x * w).sum().backward({}, std::nullopt, true);
        CHECK(warnings.size() == 1);
        CHECK(warnings.at(0).find("will create a reference cycle") != std::string::npos);
        autograd::grad({(x * x).sum()}, {x}, {}, true, true);
        (x * 1.0).sum().backward();
        CHECK(warnings.size() == 1);
        x.mutable_grad().reset();
        w.mutable_grad() = w.grad().detach();
    }
    CHECK(memory_stats().allocated_bytes == before);
    set_warn_always(false);
    Tensor x = leaf({1});
    for (int i = 0; i < 2; ++i) (x * x).backward({}, std::nullopt, true);
    CHECK(warnings.size() == 1);
    x.mutable_grad().reset();
    set_warning_handler(outer);
}

TEST_SUITE("threads") {
    TEST_CASE("a leaf may die while another thread's backward reaches it") {
        for (int round = 0; round < 2000; ++round) {
            Tensor x = leaf({1});
            Tensor y = x * 2.0;
            std::thread other([moved = std::move(y)]() mutable { moved.backward(); });
            x.reset();
            other.join();
        }
    }

    TEST_CASE("threads read one stale view") {
        Tensor x = leaf({1, 2, 3});
        for (int round = 0; round < 200; ++round) {
            Tensor y = x * 1.0;
            Tensor v = y[0];
            y.mul_(2.0);
            std::thread other([&] {
                CHECK(v.requires_grad());
                v.sin();
            });
            v.cos();
            other.join();
            CHECK(v.grad_fn()->name() == "AsStridedBackward0");
        }
    }

    TEST_CASE("concurrent backwards over one graph") {
        Tensor x = leaf({1, 2, 3});
        Tensor y = (x.exp() * x).sum();
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) autograd::grad({y}, {x}, {}, true);
            });
        for (auto& thread : threads) thread.join();
    }
}
