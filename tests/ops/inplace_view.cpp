#include <doctest/doctest.h>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

using namespace xgrad;

namespace {

using Change = std::function<void(Tensor&)>;

struct Case {
    std::string name;
    Change in_place;
    std::function<Tensor(const Tensor&)> view;
};

std::vector<Case> cases() {
    return {
        {"transpose_", [](Tensor& x) { x.transpose_(0, -1); }, [](const Tensor& x) { return x.transpose(0, -1); }},
        {"swapaxes_", [](Tensor& x) { x.swapaxes_(1, 2); }, [](const Tensor& x) { return x.swapaxes(1, 2); }},
        {"swapdims_", [](Tensor& x) { x.swapdims_(1, 2); }, [](const Tensor& x) { return x.swapdims(1, 2); }},
        {"squeeze_", [](Tensor& x) { x.squeeze_(); }, [](const Tensor& x) { return x.squeeze(); }},
        {"squeeze_ dim", [](Tensor& x) { x.squeeze_(1); }, [](const Tensor& x) { return x.squeeze(1); }},
        {"squeeze_ dims",
         [](Tensor& x) {
             x.squeeze_({0, 1});
         },
         [](const Tensor& x) {
             return x.squeeze({0, 1});
         }},
        {"unsqueeze_", [](Tensor& x) { x.unsqueeze_(-1); }, [](const Tensor& x) { return x.unsqueeze(-1); }},
        {"as_strided_",
         [](Tensor& x) {
             x.as_strided_({2, 2}, {1, 2}, 1);
         },
         [](const Tensor& x) {
             return x.as_strided({2, 2}, {1, 2}, 1);
         }},
        {"t_", [](Tensor& x) { x.squeeze_(1).t_(); }, [](const Tensor& x) { return x.squeeze(1).t(); }},
    };
}

}  // namespace

TEST_CASE("in-place views: shape, memory and gradients are those of the view") {
    for (const Case& c : cases()) {
        CAPTURE(c.name);
        const Tensor leaf = arange(6, kFloat64).reshape({2, 1, 3}).requires_grad_();
        Tensor y = leaf * 1.0;
        const Tensor other_handle = y, expected = c.view(leaf * 1.0);
        const void* memory = y.data_ptr();
        c.in_place(y);
        CHECK(other_handle.sizes() == expected.sizes());
        CHECK(y.strides() == expected.strides());
        CHECK(y.storage_offset() == expected.storage_offset());
        CHECK(y.equal(expected));
        CHECK((y.storage_offset() > 0 || y.data_ptr() == memory));
        CHECK(!y.is_view());
        const Tensor w = (arange(y.numel(), kFloat64) + 1.0).reshape(y.sizes());
        CHECK(autograd::grad({(y * y * w).sum()}, {leaf})[0].equal(
            autograd::grad({(expected * expected * w).sum()}, {leaf})[0]));

        Tensor plain = arange(6, kFloat64).reshape({2, 1, 3});
        c.in_place(plain);
        CHECK(plain.equal(expected.detach()));
        CHECK(!plain.requires_grad());

        Tensor forbidden = leaf;
        CHECK_THROWS_WITH_AS(c.in_place(forbidden), doctest::Contains("a leaf Variable that requires grad"),
                             GraphError);
        CHECK(leaf.sizes() == IntArrayRef({2, 1, 3}));
        const auto inside = [&](const TensorList& in) {
            Tensor z = in[0];
            c.in_place(z);
            return z;
        };
        const Tensor batch = stack({leaf.detach(), leaf.detach()});
        if (c.name == "as_strided_")
            CHECK_THROWS_AS(func::vmap(inside)({batch}), NotImplementedError);
        else
            CHECK(func::vmap(inside)({batch})[1].equal(expected.detach()));
    }
}

TEST_CASE("in-place views of what was computed leave saved values valid") {
    const Tensor leaf = tensor({{0.5, 1.0, 1.5}}, kFloat64).requires_grad_();
    Tensor y = leaf.exp();
    y.t_();
    CHECK(autograd::grad({y.sum()}, {leaf})[0].equal(leaf.detach().exp()));
}

TEST_CASE("in-place views among views and writes") {
    const Tensor leaf = arange(6, kFloat64).reshape({2, 3}).requires_grad_();
    const Tensor w = tensor({{1., 2.}, {3., 4.}, {5., 6.}}, kFloat64);
    {
        // A view taken before goes on to show the same memory, and writes to it.
        Tensor y = leaf * 1.0;
        const Tensor row = y[0];
        y.t_();
        Tensor(row).mul_(10.0);
        CHECK(y.select(1, 0).equal(row));
        CHECK(autograd::grad({(y * w).sum()}, {leaf})[0].equal(tensor({{10., 30., 50.}, {2., 4., 6.}}, kFloat64)));
    }
    {
        // A view that is turned itself: its base keeps its shape.
        const Tensor y = leaf * 1.0;
        Tensor part = y.slice(1, 1);
        part.t_();
        CHECK(y.sizes() == IntArrayRef({2, 3}));
        CHECK(part.is_view());
        part.mul_(w.slice(0, 1));
        const Tensor g = autograd::grad({part.sum() + y.sum()}, {leaf})[0];
        CHECK(g.equal(tensor({{1., 6., 10.}, {1., 8., 12.}}, kFloat64)));
    }
    {
        // What retains its gradient gets it in the new shape.
        Tensor y = leaf * 1.0;
        y.retain_grad();
        y.t_();
        (y * w).sum().backward();
        CHECK(y.grad().equal(w));
        leaf.mutable_grad() = Tensor();
    }
    {
        // History goes on where gradients are not recorded: the old one would not fit the shape.
        Tensor y = leaf * 1.0;
        {
            const NoGradGuard no_grad;
            y.t_();
        }
        CHECK(autograd::grad({(y * w).sum()}, {leaf})[0].equal(w.t()));
    }
}

TEST_CASE("a leaf turned outside the graph gets gradients in its new shape") {
    Tensor leaf = arange(6, kFloat64).reshape({2, 3}).requires_grad_();
    const Tensor before = (leaf * leaf).sum();
    {
        const NoGradGuard no_grad;
        leaf.t_();
    }
    CHECK(leaf.is_leaf());
    CHECK_THROWS_WITH_AS(before.backward(), doctest::Contains("modified by an inplace operation"), GraphError);
    (leaf * leaf).sum().backward();
    CHECK(leaf.grad().equal(leaf.detach() * 2.0));
}

TEST_CASE("resize_ keeps what is there and lets memory grow") {
    Tensor x = arange(6, kInt64).reshape({2, 3});
    const Tensor view = x[1], copy = x;
    x.resize_({2, 2});
    CHECK(x.equal(tensor({{0, 1}, {2, 3}})));
    CHECK(copy.sizes() == IntArrayRef({2, 2}));
    x.resize_({4, 1000});
    CHECK(x.is_contiguous());
    CHECK(x[0].slice(0, 0, 6).equal(arange(6)));
    CHECK(x.is_alias_of(view));
    x.fill_(7);
    CHECK(view.equal(tensor({7, 7, 7})));
    x.resize_({5, 3000});
    CHECK(x[1][999].item<std::int64_t>() == 7);
    CHECK(x.resize_({0, 3}).numel() == 0);
    CHECK(x.resize_(IntArrayRef()).item<std::int64_t>() == 7);
    CHECK(resize_as_(x, view).sizes() == view.sizes());

    // A view in the middle grows beyond the end, and a tensor keeps its strides where the shape stays.
    Tensor y = arange(6).slice(0, 4);
    CHECK(y.resize_({5}).slice(0, 0, 2).equal(tensor({4, 5})));
    CHECK(zeros({2, 3}).t().resize_({3, 2}).strides() == IntArrayRef({1, 3}));

    const auto in_use = memory_stats().allocated_bytes;
    for (int i = 0; i < 3; ++i) empty({10}).resize_({100000}).resize_({200000});
    CHECK(memory_stats().allocated_bytes == in_use);
}

TEST_CASE("resize_: what it refuses") {
    Tensor leaf = zeros({2}).requires_grad_();
    Tensor computed = leaf * 1.0;
    CHECK_THROWS_WITH_AS(leaf.resize_({3}), doctest::Contains("cannot resize variables that require grad"), GraphError);
    CHECK_THROWS_AS(computed.resize_({3}), GraphError);
    float memory[2] = {1, 2};
    Tensor borrowed = from_blob(memory, {2});
    CHECK(borrowed.resize_({1, 1}).item<float>() == 1);
    CHECK_THROWS_WITH(borrowed.resize_({3}), doctest::Contains("Trying to resize storage that is not resizable"));
    CHECK(borrowed.sizes() == IntArrayRef({1, 1}));
    CHECK_THROWS_AS(zeros({2}).resize_({-1}), ShapeError);
    CHECK_THROWS_AS(Tensor().resize_({1}), Error);
}
