#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include <xgrad/autograd/checkpoint.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

using namespace xgrad;

namespace {

Tensor leaf(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64).requires_grad_(); }

/// sin(x), differentiated by a backward inside of its backward; `depth` levels of it.
struct Nested : autograd::Function<Nested> {
    static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x, std::int64_t depth) {
        ctx->save_for_backward({x});
        ctx->saved_data["depth"] = depth;
        return x.sin();
    }
    static autograd::tensor_list backward(autograd::AutogradContext* ctx, autograd::tensor_list grads) {
        const AutoGradMode on(true);
        const Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_();
        const std::int64_t depth = ctx->saved_data["depth"].toInt();
        const Tensor y = depth > 0 ? Nested::apply(x, depth - 1) : x.sin();
        return {autograd::grad({y}, {x}, {grads[0]})[0], Tensor()};
    }
};

void run_threads(int n, const std::function<void(int)>& body) {
    std::vector<std::thread> threads;
    for (int t = 0; t < n; ++t) threads.emplace_back(body, t);
    for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("backward inside of a function's backward") {
    const Tensor x = leaf({3}, 1);
    for (const int depth : {0, 1, 50}) {
        const Tensor y = Nested::apply(x, depth);
        CHECK(autograd::grad({y.sum()}, {x})[0].allclose(x.detach().cos()));
    }
}

TEST_CASE("backward inside of a hook, on the same leaf and on another graph") {
    Tensor x = leaf({3}, 1), w = leaf({3}, 2);
    Tensor y = x * w;
    bool enabled = true;
    y.register_hook([&](const Tensor&) {
        enabled = GradMode::is_enabled();
        const AutoGradMode on(true);
        (x * 10.0).sum().backward();
        (w.exp()).sum().backward();
    });
    y.sum().backward();
    CHECK(!enabled);
    CHECK(x.grad().allclose(w.detach() + 10.0));
    CHECK(w.grad().allclose(x.detach() + w.detach().exp()));
}

TEST_CASE("backward through the graph that is being run") {
    const Tensor x = leaf({3}, 1);
    Tensor y = x.exp();
    const Tensor z = (y * y).sum();
    Tensor inner;
    bool entered = false;
    y.register_hook([&](const Tensor&) {
        if (std::exchange(entered, true)) return;  // the backward below comes by here too
        inner = autograd::grad({y}, {x}, {ones_like(y)}, true)[0];
    });
    z.backward({}, true);
    CHECK(inner.allclose(x.detach().exp()));
    CHECK(x.grad().allclose((x.detach() * 2.0).exp() * 2.0));
}

TEST_CASE("an error inside of a nested backward leaves both usable") {
    Tensor x = leaf({3}, 1);
    Tensor y = x * 2.0;
    const unsigned id = y.register_hook([&](const Tensor&) { (x * 1.0).backward(); });
    CHECK_THROWS_AS(y.sum().backward({}, true), GraphError);
    CHECK(GradMode::is_enabled());
    y.remove_hook(id);
    y.sum().backward();
    CHECK(x.grad().equal(full({3}, 2.0, kFloat64)));
}

TEST_SUITE("threads") {
    TEST_CASE("threads run one graph that is kept") {
        const Tensor x = leaf({20}, 1), w = leaf({20}, 2);
        const Tensor y = (Nested::apply(x * w, 0) * w.tanh()).sum();
        const auto expected = autograd::grad({y}, {x, w}, {}, true);
        run_threads(4, [&](int) {
            for (int i = 0; i < 100; ++i) {
                const auto g = autograd::grad({y}, {x, w}, {}, true);
                CHECK(g[0].equal(expected[0]));
                CHECK(g[1].equal(expected[1]));
            }
        });
    }

    TEST_CASE("threads that free one graph get a gradient or an error, never anything else") {
        for (int round = 0; round < 300; ++round) {
            const Tensor x = leaf({4}, 1);
            const Tensor shared = autograd::checkpoint([](const Tensor& a) { return a.sin(); }, x.exp()).tanh();
            const Tensor y = Nested::apply(shared, 0);
            const Tensor expected = autograd::grad({y.sum()}, {x}, {}, true)[0];
            std::atomic<int> done = 0, refused = 0;
            run_threads(3, [&](int) {
                try {
                    const Tensor g = autograd::grad({y.sum()}, {x})[0];
                    CHECK(g.allclose(expected));
                    ++done;
                } catch (const GraphError& error) {
                    CHECK(std::string(error.what()).find("a second time") != std::string::npos);
                    ++refused;
                }
            });
            CHECK(done + refused == 3);
        }
    }

    TEST_CASE("threads that share leaves and part of a graph, with hooks") {
        const Tensor w = leaf({8}, 1);
        std::atomic<int> seen = 0, accumulated = 0;
        w.register_hook([&](const Tensor& g) {
            ++seen;
            return g * 2.0;
        });
        w.register_post_accumulate_grad_hook([&](const Tensor&) { ++accumulated; });
        const Tensor shared = w.exp();
        run_threads(4, [&](int t) {
            for (int i = 0; i < 50; ++i) (shared * static_cast<double>(t)).sum().backward({}, true);
        });
        CHECK(seen == 200);
        CHECK(accumulated == 200);
        CHECK(w.grad().allclose(w.detach().exp() * (2.0 * 50 * (0 + 1 + 2 + 3))));
    }

    TEST_CASE("threads add and remove hooks of a graph that others run") {
        const Tensor x = leaf({3}, 1);
        const Tensor y = x * 2.0;
        run_threads(4, [&](int t) {
            for (int i = 0; i < 200; ++i) {
                if (t % 2 == 0) {
                    autograd::grad({y.sum()}, {x}, {}, true);
                } else {
                    const unsigned id = y.register_hook([](const Tensor&) {});
                    const auto key = y.grad_fn()->add_pre_hook([](const TensorList& g) { return g; });
                    y.remove_hook(id);
                    y.grad_fn()->del_pre_hook(key);
                }
            }
        });
    }
}
