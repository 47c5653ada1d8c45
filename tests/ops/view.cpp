#include <doctest/doctest.h>

#include <vector>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/graph.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

std::vector<Sample> view_samples() {
    return {
        {"view",
         [](const TensorList& x) {
             return x[0].contiguous().view({3, -1}).sin();
         },
         {{2, 6}}},
        {"view",
         [](const TensorList& x) {
             return x[0].reshape({4, 3}).sin();
         },
         {{3, 4}}},
        {"view", [](const TensorList& x) { return x[0].unsqueeze(1).squeeze(0).flatten(1) * 2.0; }, {{1, 3, 2}}},
        {"view",
         [](const TensorList& x) {
             return x[0].reshape({0, 5});
         },
         {{2, 0}}},
        {"permute",
         [](const TensorList& x) {
             return x[0].permute({2, 0, 1}).exp();
         },
         {{2, 3, 2}}},
        {"permute", [](const TensorList& x) { return x[0].movedim(-1, 0).exp(); }, {{2, 3, 2}}},
        {"transpose", [](const TensorList& x) { return x[0].transpose(0, -1).square(); }, {{2, 3, 2}}},
        {"transpose", [](const TensorList& x) { return x[0].t() * x[0].t(); }, {{2, 3}}},
        {"expand",
         [](const TensorList& x) {
             return x[0].expand({4, -1, 3}).sin();
         },
         {{2, 1}}},
        {"expand",
         [](const TensorList& x) {
             return broadcast_to(x[0], {2, 3}) * 2.0;
         },
         {{}}},
        {"select", [](const TensorList& x) { return x[0].select(1, -1).square(); }, {{2, 3}}},
        {"select", [](const TensorList& x) { return stack(x[0].unbind(1), 0) * 2.0; }, {{2, 3}}},
        {"select", [](const TensorList& x) { return x[0].unbind(-1)[1].exp() * x[0].unbind(0)[1].sum(); }, {{2, 3}}},
        {"slice", [](const TensorList& x) { return x[0].slice(0, 1, std::nullopt, 2).square(); }, {{5, 2}}},
        {"slice", [](const TensorList& x) { return x[0].slice(1, 3, 2).square(); }, {{2, 4}}},
        {"slice",
         [](const TensorList& x) { return x[0].split(2, 1)[1].exp() * x[0].chunk(2, 1)[0].narrow(1, 0, 1); },
         {{2, 3}}},
        {"as_strided",
         [](const TensorList& x) {
             return (x[0] * 1.0).as_strided({2, 2}, {1, 1}, 1).square();
         },
         {{2, 3}}},
        {"as_strided", [](const TensorList& x) { return (x[0] * 1.0).as_strided({2}, {3}).square(); }, {{2, 3}}},
        {"as_strided",
         [](const TensorList& x) {
             // Sources that begin within their memory, lie across it, or show parts of it several times.
             const Tensor y = x[0] * 1.0;
             return y[1].as_strided({2, 2}, {1, 1}, 3).reshape({-1}).exp() +
                    y.t().as_strided({2, 2}, {3, 1}).reshape({-1}).sin() +
                    y[0].expand({2, 3}).as_strided({2, 2}, {1, 1}, 0).reshape({-1}).square();
         },
         {{2, 3}}},
        {"as_strided_scatter",
         [](const TensorList& x) {
             // The gradient of a select, as a function of the gradient that arrives.
             const AutoGradMode on(true);
             Tensor z = zeros({2, 3}, x[0].dtype()).requires_grad_();
             return autograd::grad({z.select(0, 1)}, {z}, {x[0]}, true, true)[0].square();
         },
         {{3}}},
        {"clone", [](const TensorList& x) { return x[0].clone() * 2.0; }, {{2, 3}}},
        {"to_copy", [](const TensorList& x) { return x[0].to(x[0].dtype(), false, true).exp(); }, {{2, 3}}},
        {"to_copy",
         [](const TensorList& x) {
             return x[0].dtype() == kFloat64 ? x[0].to(kFloat64).exp() : x[0].to(kFloat64).to(kFloat32).exp();
         },
         {{2, 3}}},
        {"copy_",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.select(0, 0).copy_(x[1]);
             return y.exp();
         },
         {{2, 3}, {3}}},
        {"fill_",
         [](const TensorList& x) {
             Tensor y = x[0] * 1.0;
             y.select(0, 0).fill_(2.0);
             return y.exp();
         },
         {{2, 3}}},
    };
}

std::vector<WrongInput> view_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"view",
         [] {
             x.view({4, 2});
         },
         "shape '[4, 2]' is invalid for input of size 6"},
        {"view", [] { x.t().view({6}); }, "view size is not compatible with input tensor's size and stride"},
        {"reshape",
         [] {
             x.reshape({-1, -1});
         },
         "only one dimension"},
        {"reshape",
         [] {
             zeros({0, 2}).reshape({0, -1});
         },
         "can be any value and is ambiguous"},
        {"transpose", [] { x.transpose(0, 2); },
         "Dimension out of range (expected to be in range of [-2, 1], but got 2)"},
        {"permute", [] { x.permute({0}); }, "number of dimensions in the tensor input does not match"},
        {"permute",
         [] {
             x.permute({0, 0});
         },
         "duplicate dims are not allowed"},
        {"expand",
         [] {
             x.expand({3, 3});
         },
         "The expanded size of the tensor (3) must match the existing size (2)"},
        {"expand", [] { x.expand({3}); }, "must be greater or equal to the number of dimensions"},
        {"select", [] { x.select(0, 2); }, "index 2 out of range for tensor of size [2, 3] at dimension 0"},
        {"select", [] { zeros({}).select(0, 0); }, "cannot be applied to a 0-dim tensor"},
        {"slice", [] { x.slice(0, 0, 1, 0); }, "slice step must be positive"},
        {"narrow", [] { x.narrow(0, 1, 2); }, "start (1) + length (2) exceeds dimension size (2)"},
        {"unbind", [] { x.unbind(2); }, "Dimension out of range"},
        {"unbind", [] { zeros({}).unbind(); }, "cannot be applied to a 0-dim tensor"},
        {"split", [] { x.split(0); }, "expects split_size to be positive"},
        {"split", [] { x.split(1, 2); }, "Dimension out of range"},
        {"split", [] { zeros({}).split(1); }, "cannot be applied to a 0-dim tensor"},
        {"chunk", [] { x.chunk(0); }, "expects `chunks` to be greater than 0"},
        {"chunk", [] { x.chunk(1, 2); }, "Dimension out of range"},
        {"as_strided", [] { x.as_strided({7}, {1}); }, "out of bounds for storage"},
        {"as_strided", [] { x.as_strided({2}, {-1}); }, "negative strides are not supported"},
        {"t",
         [] {
             zeros({2, 2, 2}).t();
         },
         "expects a tensor with <= 2 dimensions"},
        {"flatten", [] { x.flatten(1, 0); }, "comes after end_dim"},
        {"copy_",
         [] {
             Tensor y = zeros({2});
             y.copy_(zeros({3}));
         },
         "does not broadcast to the target"},
        {"fill_",
         [] {
             Tensor y = zeros({2});
             y.fill_(zeros({2}));
         },
         "only supports 0-dimension value tensor"},
        {"empty", [] { empty({-1}); }, "negative dimension -1"},
        {"empty",
         [] {
             empty({std::int64_t{1} << 40, std::int64_t{1} << 40});
         },
         "more elements than memory can hold"},
        {"arange", [] { arange(1, 0); }, "upper bound and larger bound inconsistent with step sign"},
        {"tensor",
         [] {
             tensor({{1, 2}, {3}});
         },
         "Expected all sub-lists to have sizes"},
        {"item", [] { x.item(); }, "a Tensor with 6 elements cannot be converted to Scalar"},
        {"data_ptr", [] { x.data_ptr<double>(); }, "expected scalar type Double but found Float"},
        {"accessor", [] { x.accessor<float, 3>(); }, "expected 3 dims but tensor has 2"},
    };
}

}  // namespace samples

TEST_CASE("views share memory and know their base") {
    Tensor x = arange(12, kFloat32).reshape({3, 4});
    const Tensor row = x[1], column = x.select(1, 2), block = x.slice(0, 1).slice(1, 0, 4, 2);
    CHECK(row.is_view());
    CHECK(row.is_alias_of(x));
    CHECK(row.equal(tensor({4., 5., 6., 7.})));
    CHECK(column.equal(tensor({2., 6., 10.})));
    CHECK(!column.is_contiguous());
    CHECK(block.equal(tensor({{4., 6.}, {8., 10.}})));
    CHECK(x.t().reshape({-1})[1].item<float>() == 4);
    CHECK(x.t().is_contiguous() == false);
    CHECK(x.view({4, 3}).is_alias_of(x));
    CHECK(!x.t().reshape({12}).is_alias_of(x));
    CHECK(x.unsqueeze(0).sizes() == IntArrayRef({1, 3, 4}));
    CHECK(x.unsqueeze(-1).squeeze().sizes() == x.sizes());
    CHECK(x.expand({2, 3, 4}).strides() == IntArrayRef({0, 4, 1}));
    CHECK(x.flatten().sizes() == IntArrayRef({12}));
    CHECK(x.split(2)[1].sizes() == IntArrayRef({1, 4}));
    CHECK(x.chunk(2, 1)[1].equal(x.slice(1, 2)));
    x.zero_();
    CHECK(row.sum().item<float>() == 0);
}

TEST_CASE("a shape is viewed without a copy exactly where its strides allow it") {
    const Tensor x = zeros({2, 3, 4});
    struct Case {
        Tensor source;
        std::vector<std::int64_t> to;
        bool possible;
    };
    const Case cases[] = {
        {x, {6, 4}, true},
        {x, {2, 12}, true},
        {x, {1, 2, 1, 3, 4, 1}, true},
        {x.transpose(0, 1), {3, 8}, false},
        {x.transpose(0, 1), {3, 2, 2, 2}, true},
        {x.slice(2, 0, 2), {6, 2}, true},
        {x.slice(2, 0, 2), {12}, false},
        {x.slice(1, 0, 2), {2, 8}, true},
        {x.slice(1, 0, 1), {2, 4}, true},
        {zeros({1}).expand({4}), {2, 2}, true},
        {zeros({0, 3}), {3, 0}, true},
    };
    for (const Case& c : cases) {
        CAPTURE(IntArrayRef(c.to));
        const auto strides = detail::view_strides(c.source.sizes(), c.source.strides(), c.to);
        CHECK(strides.has_value() == c.possible);
        if (c.possible) CHECK(c.source.view(c.to).is_alias_of(c.source));
        CHECK(c.source.reshape(c.to).sizes() == IntArrayRef(c.to));
    }
}

TEST_CASE("reshape agrees with a copy for random strided sources") {
    Tensor x = arange(60, kFloat32).reshape({3, 4, 5});
    const Tensor sources[] = {x, x.transpose(0, 2), x.permute({1, 2, 0}), x.slice(1, 1, 4, 2), x.select(1, 2)};
    for (const Tensor& s : sources) {
        const Tensor copy = s.clone();
        for (const std::vector<std::int64_t>& to : {std::vector<std::int64_t>{-1}, {1, -1}, {-1, 5, 1}, {3, -1}}) {
            if (s.numel() % 15 != 0) continue;
            CHECK(s.reshape(to).equal(copy.reshape(to)));
        }
    }
}

TEST_CASE("as_strided: gradients of views that reach out of their source") {
    const Tensor y = zeros({100000}, kFloat64).requires_grad_();
    const Tensor s = y.slice(0, 99990, 99992);
    s.as_strided({2, 2}, {0, 1}, 0).sum().backward();
    CHECK(y.grad().abs().sum().item<double>() == 0);  // none of what the view shows belongs to s

    const Tensor x = arange(6, kFloat64).requires_grad_();
    const Tensor middle = x.slice(0, 2, 5);
    const Tensor w = tensor({10., 100., 1000., 10000.}, kFloat64);
    const Tensor g = autograd::grad({(middle.as_strided({4}, {1}, 1) * w).sum()}, {x})[0];
    CHECK(g.equal(tensor({0., 0., 100., 1000., 10000., 0.}, kFloat64)));
}

TEST_CASE("as_strided: gradients of sources that repeat their memory are shared out") {
    const Tensor x = tensor({1., 2., 3.}, kFloat64).requires_grad_();
    const Tensor rows = x.expand({4, 3});
    const Tensor w = tensor({10., 100., 1000.}, kFloat64);
    const auto g = autograd::grad({(rows.as_strided({3}, {1}, 0) * w).sum()}, {rows, x});
    CHECK(g[0].equal(w.expand({4, 3}) / 4.0));
    CHECK(autograd::grad({(rows.as_strided({3}, {1}, 0) * w).sum()}, {x})[0].equal(w));

    // Windows of a leaf: element 1 is in two of them.
    const Tensor leaf = tensor({1., 2., 3.}, kFloat64).as_strided({2, 2}, {1, 1}).requires_grad_();
    leaf.as_strided({3}, {1}).sum().backward();
    CHECK(leaf.grad().equal(tensor({{1., 0.5}, {0.5, 1.}}, kFloat64)));
}

TEST_CASE("pieces of a tensor: one node gives the gradient of all") {
    const Tensor x = arange(12, kFloat64).reshape({4, 3}).requires_grad_();
    const auto rows = x.unbind(0);
    for (const Tensor& row : rows) CHECK(row.grad_fn() == rows[0].grad_fn());
    CHECK(rows[0].grad_fn()->name() == "UnbindBackward0");
    CHECK(rows[2].is_view());
    CHECK(rows[2].equal(x.detach()[2]));
    const Tensor g = autograd::grad({(rows[1] * rows[1]).sum() + rows[3].sum()}, {x})[0];
    CHECK(g.equal(tensor({{0., 0., 0.}, {6., 8., 10.}, {0., 0., 0.}, {1., 1., 1.}}, kFloat64)));

    const auto parts = x.split(3, 0);
    REQUIRE(parts.size() == 2);
    CHECK(parts[1].sizes() == IntArrayRef({1, 3}));
    CHECK(parts[1].grad_fn()->name() == "SplitBackward0");
    CHECK(autograd::grad({parts[1].sum()}, {x})[0].sum().item<double>() == 3);
    CHECK(x.detach().split(3, 0)[0].grad_fn() == nullptr);
    {
        const NoGradGuard no_grad;
        CHECK(!x.unbind(1)[0].requires_grad());
    }
    const auto none = zeros({0, 3}, kFloat64).requires_grad_().split(2, 0);
    REQUIRE(none.size() == 1);
    none[0].sum().backward();
    CHECK(zeros({0, 3}).unbind(0).empty());
}

TEST_CASE("pieces of a tensor may be modified in place") {
    const Tensor x = tensor({1., 2., 3., 4.}, kFloat64).requires_grad_();
    const Tensor y = x * 1.0;
    auto parts = y.chunk(2);
    parts[0].mul_(3.0);
    const Tensor g = autograd::grad({(parts[0] * 10.0 + parts[1]).sum() + y.sum()}, {x})[0];
    CHECK(g.equal(tensor({33., 33., 2., 2.}, kFloat64)));
}

TEST_CASE("a reshape that copies is one operation") {
    const Tensor x = arange(6, kFloat64).reshape({2, 3}).requires_grad_();
    const Tensor y = x.t().reshape({-1});
    CHECK(!y.is_view());
    CHECK(y.is_contiguous());
    const Tensor w = arange(6, kFloat64);
    CHECK(autograd::grad({(y * w).sum()}, {x})[0].equal(w.reshape({3, 2}).t()));
}

namespace {

/// The elements of `x` in row-major order, one by one.
std::vector<double> elements(const Tensor& x) {
    std::vector<double> out;
    const auto& sizes = x.sizes();
    std::vector<std::int64_t> index(sizes.size());
    const auto* base = static_cast<const std::byte*>(x.data_ptr());
    for (std::int64_t n = 0; n < x.numel(); ++n) {
        std::int64_t rest = n, at = 0;
        for (std::size_t d = sizes.size(); d-- > 0; rest /= sizes[d]) at += rest % sizes[d] * x.strides()[d];
        visit_dtype(x.dtype(), [&](auto v) {
            using T = decltype(v);
            out.push_back(static_cast<double>(*reinterpret_cast<const T*>(base + at * x.element_size())));
        });
    }
    return out;
}

/// Layouts in which the copy walks across the source, with sizes that tiles do not divide.
std::vector<Tensor> transposed_sources(ScalarType dtype) {
    const Tensor a = (randperm(200 * 150, Generator(3)) / 200).to(dtype).reshape({200, 150});
    const Tensor b = (randperm(7 * 65 * 90, Generator(4)) / 200).to(dtype).reshape({7, 65, 90});
    return {a.t(),
            a.slice(0, 3, 190).t(),
            a.slice(0, 3, 190, 2).t(),
            a.slice(1, 1, 149).t(),
            b.permute({2, 1, 0}),
            b.permute({0, 2, 1}),
            b.permute({1, 2, 0}),
            b.permute({2, 0, 1}).unsqueeze(1),
            b.select(0, 1).t().unsqueeze(0).expand({3, 90, 65})};
}

}  // namespace

TEST_CASE("transposed sources are copied and computed with element by element") {
    for (const ScalarType dtype : {kFloat32, kFloat64, kInt64, kInt32, kUInt8, kBool}) {
        CAPTURE(dtype);
        for (const Tensor& x : transposed_sources(dtype)) {
            CAPTURE(x.sizes());
            const std::vector<double> values = elements(x);
            const Tensor copy = x.clone();
            CHECK(copy.is_contiguous());
            CHECK(elements(copy) == values);
            CHECK(elements(x.to(dtype == kFloat64 ? kFloat32 : kFloat64)) == values);
            CHECK(elements(x == copy) == std::vector<double>(values.size(), 1));
            // Into memory of the same arrangement and of another one.
            Tensor target = zeros_like(copy).transpose(0, -1);
            target.copy_(x.transpose(0, -1));
            CHECK(elements(target.transpose(0, -1)) == values);
            target.copy_(copy.transpose(0, -1));
            CHECK(elements(target.transpose(0, -1)) == values);
            if (dtype == kBool) continue;
            CHECK((x + x).equal(copy + copy));
            CHECK((x - copy + 1).equal(ones_like(copy)));
            CHECK((x.transpose(0, -1) * copy.transpose(0, -1)).transpose(0, -1).equal(copy * copy));
        }
    }
    const Tensor row = rand({1, 200}, Generator(1)), x = rand({150, 200}, Generator(2)).t(),
                 y = rand({3, 200, 150}, Generator(3));
    CHECK((x + row.t()).equal(x.contiguous() + row.t()));
    CHECK((y + x).equal(y + x.contiguous()));
    CHECK((x.to(kFloat64) * y).equal(x.contiguous().to(kFloat64) * y));
    Tensor z = x.clone().t();
    z.add_(y[0].t());
    CHECK(z.equal((x + y[0]).t()));
}

TEST_SUITE("threads") {
    TEST_CASE("transposed operands give the same bits for any number of threads") {
        const Tensor a = randn({700, 500}, Generator(1)), b = randn({500, 700}, Generator(2));
        samples::check_any_number_of_threads([&] {
            Tensor c = a.clone();
            c.t().mul_(b);
            return TensorList{b.t().contiguous(),     a + b.t(),
                              (a.t() * b).exp(),      c,
                              a.to(kFloat64) - b.t(), a.view({7, 100, 500}).permute({2, 0, 1}).contiguous()};
        });
    }
}
