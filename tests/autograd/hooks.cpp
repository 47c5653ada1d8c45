#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/graph.h>

using namespace xgrad;
using autograd::variable_list;

namespace {

Tensor leaf(std::initializer_list<double> values) {
    return tensor(std::vector<double>(values), kFloat64).requires_grad_();
}

double item(const Tensor& x) { return x.item<double>(); }

/// Multiplies the gradients that a node is to run on.
struct Scale final : autograd::FunctionPreHook {
    variable_list operator()(const variable_list& grads) override {
        variable_list scaled;
        for (const Tensor& grad : grads) scaled.push_back(grad.defined() ? grad * 10.0 : grad);
        return scaled;
    }
};

/// Shows what a node has computed, and from what.
struct Look final : autograd::FunctionPostHook {
    Look(variable_list& seen_inputs, variable_list& seen_outputs) : inputs(seen_inputs), outputs(seen_outputs) {}
    variable_list operator()(const variable_list& grad_inputs, const variable_list& grad_outputs) override {
        inputs = grad_inputs;
        outputs = grad_outputs;
        return grad_inputs;
    }
    variable_list &inputs, &outputs;
};

}  // namespace

TEST_CASE("hooks of a tensor run in the order of registration, on leaves and on results") {
    for (const bool of_leaf : {true, false}) {
        Tensor x = leaf({3});
        Tensor y = x * 2.0;
        const Tensor hooked = of_leaf ? x : y;
        std::vector<int> calls;
        hooked.register_hook([&](const Tensor& g) {
            calls.push_back(1);
            return g + 1.0;
        });
        hooked.register_hook([&](const Tensor& g) {
            calls.push_back(2);
            return g * 10.0;
        });
        y.backward();
        CHECK(calls == std::vector<int>{1, 2});
        CHECK(item(x.grad()) == (of_leaf ? 30 : 40));
    }
}

TEST_CASE("a hook keeps its own state from call to call") {
    Tensor x = leaf({1});
    x.register_hook([n = 0](const Tensor& g) mutable { return g * static_cast<double>(++n); });
    for (int i = 0; i < 3; ++i) (x * 1.0).backward();
    CHECK(item(x.grad()) == 1 + 2 + 3);
}

TEST_CASE("a hook's number is its own") {
    Tensor x = leaf({1});
    const unsigned first = x.register_hook([](const Tensor&) {});
    const unsigned second = x.register_hook([](const Tensor& g) { return g * 2.0; });
    CHECK(first != second);
    x.remove_hook(second);
    const unsigned third = x.register_hook([](const Tensor& g) { return g * 3.0; });
    CHECK(third != second);
    CHECK_THROWS_WITH_AS(x.remove_hook(second), doctest::Contains("no hook at position"), IndexError);
    (x * 1.0).backward();
    CHECK(item(x.grad()) == 3);
}

TEST_CASE("hooks of a gradient that grad() returns run before it does") {
    Tensor x = leaf({1});
    Tensor y = x * 1.0;
    x.register_hook([](const Tensor& g) { return g * 5.0; });
    y.register_hook([](const Tensor& g) { return g * 2.0; });
    const auto g = autograd::grad({y}, {y, x});
    CHECK(item(g[0]) == 2);
    CHECK(item(g[1]) == 10);
}

TEST_CASE("a hook is on the value a tensor had, a retained gradient on the one it has") {
    Tensor x = leaf({1});
    Tensor y = x * 2.0;
    double seen = 0;
    y.register_hook([&](const Tensor& g) { seen = item(g); });
    y.retain_grad();
    y.mul_(7.0);
    (y * 3.0).backward();
    CHECK(seen == 21);
    CHECK(item(y.grad()) == 3);
    CHECK(y.retains_grad());
}

TEST_CASE("hooks survive a change of a parameter's dtype") {
    Tensor w = leaf({1, 2});
    int seen = 0, accumulated = 0;
    w.register_hook([&](const Tensor&) { ++seen; });
    w.register_post_accumulate_grad_hook([&](const Tensor&) { ++accumulated; });
    w.set_data(w.to(kFloat32));
    w.sum().backward();
    CHECK(seen == 1);
    CHECK(accumulated == 1);
    CHECK(w.grad().dtype() == kFloat32);
}

TEST_CASE("a hook on the accumulated gradient sees the sum, and may use it up") {
    Tensor w = leaf({1, 2});
    std::vector<double> seen;
    const unsigned id =
        w.register_post_accumulate_grad_hook([&](const Tensor& leaf) { seen.push_back(item(leaf.grad().sum())); });
    (w * 3.0).sum().backward();
    (w * 4.0).sum().backward();
    CHECK(seen == std::vector<double>{6, 14});
    CHECK(autograd::grad({w.sum()}, {w})[0].defined());
    CHECK(seen.size() == 2);  // nothing was accumulated
    w.remove_post_accumulate_grad_hook(id);
    CHECK_THROWS_AS(w.remove_post_accumulate_grad_hook(id), IndexError);

    // An optimiser's step inside backward.
    w.register_post_accumulate_grad_hook([](const Tensor& leaf) {
        const NoGradGuard no_grad;
        Tensor(leaf).sub_(leaf.grad(), 0.5);
        leaf.mutable_grad().reset();
    });
    w.mutable_grad().reset();
    (w * 2.0).sum().backward();
    CHECK(w.detach().equal(tensor({0., 1.}, kFloat64)));
    CHECK(!w.grad().defined());

    CHECK_THROWS_WITH_AS((w * 1.0).register_post_accumulate_grad_hook([](const Tensor&) {}),
                         doctest::Contains("cannot be registered on non-leaf tensors"), GraphError);
    CHECK_THROWS_AS(ones({1}).register_post_accumulate_grad_hook([](const Tensor&) {}), GraphError);
}

TEST_CASE("hooks of nodes") {
    Tensor x = leaf({2}), w = leaf({5});
    Tensor y = x * w;
    variable_list inputs, outputs;
    const auto pre = y.grad_fn()->add_pre_hook(std::make_unique<Scale>());
    const auto post = y.grad_fn()->add_post_hook(std::make_unique<Look>(inputs, outputs));
    (y * 1.0).backward({}, true);
    CHECK(item(x.grad()) == 50);
    CHECK(item(w.grad()) == 20);
    REQUIRE(inputs.size() == 2);
    CHECK(item(inputs[0]) == 50);
    CHECK(item(inputs[1]) == 20);
    CHECK(item(outputs.at(0)) == 10);

    CHECK(y.grad_fn()->del_pre_hook(pre));
    CHECK(!y.grad_fn()->del_pre_hook(pre));
    CHECK(y.grad_fn()->del_post_hook(post));
    y.grad_fn()->add_post_hook([](const variable_list& grads, const variable_list&) {
        return variable_list{grads[0] * 3.0, Tensor()};
    });
    const auto g = autograd::grad({y}, {x, w}, {}, false, false, true);
    CHECK(item(g[0]) == 15);
    CHECK(!g[1].defined());
}

TEST_CASE("hooks of the node of a leaf") {
    Tensor x = leaf({2});
    const Tensor y = x * 3.0;
    y.grad_fn()->next_edge(0).function->add_pre_hook(
        [](const variable_list& grads) { return variable_list{grads[0] * 100.0}; });
    y.backward();
    CHECK(item(x.grad()) == 300);
}

TEST_CASE("what hooks of nodes return is checked") {
    const Tensor x = leaf({1, 2});
    struct Case {
        std::function<void(autograd::Node&)> add;
        const char* message;
    };
    const Case cases[] = {
        {[](autograd::Node& n) { n.add_pre_hook([](const variable_list&) { return variable_list{}; }); },
         "[MulBackward0] a pre hook returned 0 gradients instead of 1"},
        {[](autograd::Node& n) { n.add_pre_hook([](const variable_list& g) { return variable_list{g[0].sum()}; }); },
         "hook has changed the size"},
        {[](autograd::Node& n) {
             n.add_post_hook([](const variable_list&, const variable_list&) { return variable_list(5); });
         },
         "a post hook returned 5 gradients"},
        {[](autograd::Node& n) {
             n.add_post_hook([](const variable_list& g, const variable_list&) {
                 variable_list wrong = g;
                 wrong[0] = ones({7});
                 return wrong;
             });
         },
         "returned an invalid gradient at index 0"},
    };
    for (const Case& c : cases) {
        const Tensor y = x * 2.0;
        c.add(*y.grad_fn());
        CHECK_THROWS_WITH_AS(y.sum().backward(), doctest::Contains(c.message), Error);
    }
    const auto node = (x * 2.0).grad_fn();
    CHECK_THROWS_AS(node->add_pre_hook(std::unique_ptr<autograd::FunctionPreHook>()), ValueError);
}

TEST_CASE("a node can be called") {
    const Tensor x = leaf({2}), y = x * x;
    const auto node = y.grad_fn();
    CHECK(node->num_inputs() == 1);
    CHECK(node->num_outputs() == 2);
    CHECK(node->next_edges().size() == 2);
    const variable_list g = (*node)({ones({1}, kFloat64)});
    CHECK(item(g[0]) + item(g[1]) == 4);
    CHECK_THROWS_AS((*node)({}), ValueError);
}
