#include <doctest/doctest.h>

#include <functional>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/indexing.h>

using namespace xgrad;

namespace {

Tensor leaf(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64).requires_grad_(); }

/// The message of the exception that `f` throws, or "nothing was thrown".
std::string message_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("in-place operations through views give the gradients of their functional form") {
    using F = std::function<Tensor(const TensorList&)>;
    struct Case {
        const char* name;
        F in_place, functional;
    };
    const Case cases[] = {
        {"mul_ on a result",
         [](const TensorList& x) {
             Tensor y = x[0] * 2.0;
             y.mul_(x[1]);
             return y;
         },
         [](const TensorList& x) { return x[0] * 2.0 * x[1]; }},
        {"mul_ saves the value it overwrites",
         [](const TensorList& x) {
             Tensor y = x[0].exp();
             Tensor z = y + 0.0;
             z.mul_(x[1]).mul_(x[1]);
             return z;
         },
         [](const TensorList& x) { return x[0].exp() * x[1] * x[1]; }},
        {"a view of a result, modified; the base is used",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y[1].mul_(x[1][0]);
             return y.sin();
         },
         [](const TensorList& x) {
             return stack({x[0][0], x[0][1] * x[1][0], x[0][2]}).sin();
         }},
        {"the base modified; an older view is used",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             Tensor v = y[2];
             y.mul_(x[1]);
             return v.exp();
         },
         [](const TensorList& x) { return (x[0] * x[1])[2].exp(); }},
        {"one view modified; another, overlapping one is used",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             Tensor a = y.slice(0, 0, 2), b = y.slice(0, 1, 3);
             a.mul_(3.0);
             return b * x[1].slice(0, 1, 3);
         },
         [](const TensorList& x) {
             return stack({x[0][1] * 3.0, x[0][2]}) * x[1].slice(0, 1, 3);
         }},
        {"a view of a view",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.t()[1].copy_(x[1].t()[0]);
             return y.square();
         },
         [](const TensorList& x) {
             return stack({x[0].t()[0], x[1].t()[0]}).t().square();
         }},
        {"a recorded value written into a plain buffer",
         [](const TensorList& x) {
             Tensor y = zeros({3, 2}, kFloat64);
             y[0].copy_(x[0][0]);
             y[1].add_(x[1][1]);
             return y.sin();
         },
         [](const TensorList& x) {
             return stack({x[0][0], x[1][1], zeros({2}, kFloat64)}).sin();
         }},
        {"zero_ and fill_ stop gradients",
         [](const TensorList& x) {
             Tensor y = x[0] * x[1];
             y[0].zero_();
             y[1].fill_(3.0);
             return y.exp();
         },
         [](const TensorList& x) {
             return stack({zeros({2}, kFloat64), full({2}, 3.0, kFloat64), (x[0] * x[1])[2]}).exp();
         }},
        {"copy_ broadcasts",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.copy_(x[1][0]);
             return y * x[0];
         },
         [](const TensorList& x) { return x[1][0] * x[0]; }},
        {"an output saved for backward, modified before it is saved",
         [](const TensorList& x) {
             Tensor y = x[0] + x[1];
             y.exp_();
             return y * y;
         },
         [](const TensorList& x) { return ((x[0] + x[1]) * 2.0).exp(); }},
        {"sums of squares accumulated into a view",
         [](const TensorList& x) {
             Tensor y = zeros({2}, kFloat64);
             for (int i = 0; i < 3; ++i) y.add_(x[0][i] * x[1][i]);
             return y;
         },
         [](const TensorList& x) { return (x[0] * x[1]).sum(0); }},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const TensorList x{leaf({3, 2}, 1), leaf({3, 2}, 2)};
        const Tensor y = c.in_place(x), expected = c.functional(x);
        CHECK(y.allclose(expected));
        const Tensor w = randn(y.sizes(), Generator(3), kFloat64);
        const auto got = autograd::grad({y}, x, {w}, true, true, true);
        const auto want = autograd::grad({expected}, x, {w}, true, true, true);
        for (std::size_t i = 0; i < x.size(); ++i) {
            REQUIRE(want[i].defined());
            CHECK((got[i].defined() ? got[i] : zeros_like(x[i])).allclose(want[i], 1e-12, 1e-12));
        }
        CHECK(autograd::gradcheck(c.in_place, x));
        CHECK(autograd::gradgradcheck(c.in_place, x));
    }
}

TEST_CASE("misuse of in-place operations is an error with libtorch's key words") {
    struct Case {
        const char* name;
        std::function<void()> run;
        const char* message;
    };
    const Case cases[] = {
        {"a leaf",
         [] {
             Tensor x = leaf({2}, 1);
             x.add_(1.0);
         },
         "a leaf Variable that requires grad is being used in an in-place operation"},
        {"a view of a leaf",
         [] {
             Tensor x = leaf({2, 2}, 1);
             x[0].mul_(2.0);
         },
         "a view of a leaf Variable that requires grad"},
        {"a saved output",
         [] {
             Tensor x = leaf({2}, 1);
             Tensor y = x.exp();
             y.add_(1.0);
             y.sum().backward();
         },
         "modified by an inplace operation"},
        {"a saved input",
         [] {
             Tensor x = leaf({2}, 1);
             Tensor y = x * 1.0;
             Tensor z = y.sin();
             y.zero_();
             z.sum().backward();
         },
         "modified by an inplace operation"},
        {"a saved input through a view",
         [] {
             Tensor x = leaf({2}, 1);
             Tensor y = x * 1.0;
             Tensor z = y.square();
             y[0].zero_();
             z.sum().backward();
         },
         "modified by an inplace operation"},
        {"itself",
         [] {
             Tensor x = leaf({2}, 1);
             Tensor y = x * 1.0;
             y.mul_(y);
             y.sum().backward();
         },
         "modified by an inplace operation"},
        {"a parameter between forward and backward",
         [] {
             Tensor w = leaf({2}, 1), x = leaf({2}, 2);
             Tensor y = (w * x).sum();
             {
                 NoGradGuard g;
                 w.add_(1.0);
             }
             y.backward();
         },
         "modified by an inplace operation"},
        {"expanded memory",
         [] {
             Tensor x = zeros({1}).expand({3});
             x.add_(1.0);
         },
         "more than one element of the written-to tensor refers to a single memory location"},
        {"partial overlap",
         [] {
             Tensor x = arange(5, kFloat32);
             x.slice(0, 1).add_(x.slice(0, 0, 4));
         },
         "some elements of the input tensor and the written-to tensor"},
        {"a view made without gradients",
         [] {
             Tensor x = leaf({2, 2}, 1);
             Tensor y = x * 1.0;
             Tensor v;
             {
                 NoGradGuard g;
                 v = y[0];
             }
             v.mul_(2.0);
         },
         "A view was created in no_grad mode"},
        {"a larger result",
         [] {
             Tensor x = zeros({2});
             x.add_(ones({3, 2}));
         },
         "output with shape [2] doesn't match the broadcast shape [3, 2]"},
        {"a float result in an integer tensor",
         [] {
             Tensor x = zeros({2}, kInt64);
             x.add_(1.5);
         },
         "result type Float can't be cast to the desired output type Long"},
        {"a view that begins before the tensor that keeps its history",
         [] {
             Tensor memory = zeros({6}, kFloat64);
             Tensor y = memory.slice(0, 2, 5).detach();
             y.mul_(leaf({3}, 1));
             y.as_strided({2}, {1}, 1).mul_(leaf({2}, 2));
         },
         "a view made by as_strided may show memory outside of the tensor of shape (3,)"},
        {"a view that ends behind it",
         [] {
             Tensor y = zeros({6}, kFloat64).slice(0, 2, 5).detach();
             y.as_strided({4}, {1}, 2).mul_(leaf({4}, 2));
         },
         "may show memory outside"},
        {"a view between its elements",
         [] {
             Tensor y = zeros({6}, kFloat64).slice(0, 0, 6, 2).detach();
             y.as_strided({4}, {1}, 0).mul_(leaf({4}, 2));
         },
         "may show memory outside"},
        {"detach_ of a view",
         [] {
             Tensor x = leaf({2, 2}, 1);
             Tensor v = (x * 1.0)[0];
             v.detach_();
         },
         "Can't detach views in-place"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const std::string message = message_of(c.run);
        CAPTURE(message);
        CHECK(contains(message, c.message));
        CHECK(message.front() == '[');
    }
}

TEST_CASE("a failed in-place operation changes nothing") {
    Tensor x = arange(4, kFloat32);
    const Tensor before = x.clone();
    const auto version = x._version();
    CHECK_THROWS_AS(x.add_(ones({3})), ShapeError);
    CHECK_THROWS_AS(x.copy_(ones({5})), ShapeError);
    CHECK(x.equal(before));
    CHECK(x._version() == version);
}

TEST_CASE("versions are shared by views and by detached tensors") {
    Tensor x = zeros({4});
    Tensor view = x.slice(0, 1, 3), alias = x.detach();
    CHECK(x._version() == 0);
    view.add_(1.0);
    CHECK(x._version() == 1);
    CHECK(alias._version() == 1);
    CHECK(x.equal(tensor({0., 1., 1., 0.})));
    x.zero_();
    CHECK(view._version() == 2);
}

TEST_CASE("the history of views follows the base") {
    Tensor x = leaf({3}, 1);
    Tensor y = x * 1.0, v = y[0];
    CHECK(v.grad_fn()->name() == "SelectBackward0");
    y.mul_(2.0);
    CHECK(y.grad_fn()->name() == "MulBackward0");
    CHECK(v.grad_fn()->name() == "AsStridedBackward0");
    v.add_(1.0);
    CHECK(y.grad_fn()->name() == "CopySlices");
    Tensor plain = zeros({2, 2}, kFloat64), row = plain[1];
    CHECK(!row.requires_grad());
    plain.add_(x.sum());
    CHECK(row.requires_grad());
    CHECK(!row.is_leaf());
    row.sum().backward();
    CHECK(x.grad().allclose(full({3}, 2.0, kFloat64)));
}

TEST_CASE("a view that the graph does not know requires no grad") {
    Tensor w = leaf({2, 2}, 1);
    Tensor v;
    {
        NoGradGuard no_grad;
        v = w[0];
    }
    CHECK(!v.requires_grad());
    CHECK(v.is_leaf());
    Tensor plain = zeros({2, 2}, kFloat64), early = plain[0];
    plain.requires_grad_();
    CHECK(!early.requires_grad());
    CHECK_THROWS_AS(early.register_hook([](const Tensor&) {}), GraphError);
}

TEST_CASE("in-place operations leave no cycles behind") {
    const std::function<void()> programs[] = {
        [] {
            Tensor y = leaf({10}, 1) * 1.0;
            y.mul_(y);
        },
        [] {
            Tensor y = leaf({10}, 1) * 1.0;
            y.add_(y.sin());
        },
        [] {
            Tensor y = leaf({10}, 1) * 1.0;
            y.slice(0, 0, 5).mul_(y.slice(0, 5, 10));
        },
        [] {
            Tensor w = leaf({10}, 1), y = zeros({10}, kFloat64);
            Tensor z = y * w;
            y.mul_(z);
        },
        [] {
            Tensor y = leaf({10}, 1) * 1.0;
            y.exp_();
            y.tanh_();
        },
    };
    for (const auto& program : programs) {
        program();
        const auto before = memory_stats().allocated_bytes;
        for (int i = 0; i < 10; ++i) program();
        CHECK(memory_stats().allocated_bytes == before);
    }
}

TEST_CASE("a view made by as_strided inside of its base is modified as any other") {
    Tensor memory = zeros({8}, kFloat64);
    const Tensor w = leaf({2}, 1);
    Tensor y = memory.slice(0, 2, 6).detach();
    y.as_strided({2}, {2}, 3).add_(w);
    CHECK(autograd::grad({(y * tensor({1., 2., 3., 4.}, kFloat64)).sum()}, {w})[0].equal(tensor({2., 4.}, kFloat64)));
    // Without gradients every view may be written to; one that is older sees what is recorded of its base.
    Tensor outside = y.as_strided({3}, {1}, 1);
    {
        const NoGradGuard no_grad;
        memory.detach().as_strided({3}, {1}, 1).fill_(1.0);
    }
    CHECK(outside.equal(ones({3}, kFloat64)));
    y.mul_(w[0]);
    CHECK(outside.requires_grad());
}

TEST_CASE("views of a base with gaps, to second order") {
    const TensorList in{leaf({3}, 1), leaf({1}, 2)};
    const auto f = [](const TensorList& x) {
        Tensor y = zeros({6}, kFloat64).slice(0, 0, 6, 2).detach();
        y.copy_(x[0]);
        y.slice(0, 1, 2).mul_(x[1]);
        return y.exp();
    };
    CHECK(autograd::gradgradcheck(std::function<Tensor(const TensorList&)>(f), in));
}

TEST_CASE("the message on a modified tensor says whose result it is") {
    Tensor x = leaf({2}, 1);
    Tensor y = x.exp();
    const Tensor z = y.sin().sum();
    y.add_(1.0);
    const std::string message = message_of([&] { z.backward(); });
    CHECK(contains(message,
                   "[SinBackward0] one of the variables needed for gradient computation has been modified by "
                   "an inplace operation: [Double [2]], which is output 0 of ExpBackward0, is at version 1; "
                   "expected version 0 instead. Hint:"));
}

TEST_CASE("assigning to a view writes through it") {
    Tensor x = zeros({2, 2}, kFloat64);
    const Tensor w = leaf({2}, 1);
    x[0] = w;
    x[1][1] = 5;
    CHECK(x.equal(stack({w, tensor({0., 5.}, kFloat64)})));
    CHECK(x.requires_grad());
    CHECK(autograd::grad({x.sum()}, {w})[0].equal(ones({2}, kFloat64)));
    Tensor handle = x[0];
    handle = w;  // a handle, no view: it holds another tensor now
    CHECK(handle.is_same(w));
    CHECK(x._version() == 2);
}
