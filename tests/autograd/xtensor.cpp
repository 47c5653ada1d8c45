#include <doctest/doctest.h>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/xtensor.h>

using namespace xgrad;
using autograd::grad;

namespace {

Tensor leaf(IntArrayRef sizes, std::uint64_t seed) {
    return randn(sizes, Generator(seed), dtype(kFloat64).requires_grad(true));
}

}  // namespace

TEST_CASE("as_xarray sees the tensor's memory, whatever its layout") {
    const Tensor x = arange(24, kFloat32).view({2, 3, 4});
    const Tensor views[] = {x,
                            x.permute({2, 0, 1}),
                            x.slice(2, 1, 4, 2),
                            x.select(1, 2),
                            x.slice(1, 1, 2),
                            x.slice(0, 0, 1).expand({5, 3, 4}),
                            x.slice(1, 3),
                            x.flatten().select(0, 7)};
    for (const Tensor& view : views) {
        const auto a = as_xarray<const float>(view);
        REQUIRE(static_cast<std::int64_t>(a.dimension()) == view.dim());
        CHECK(a.data() == view.data_ptr<float>());
        CHECK(from_xarray(a).equal(view));
        // Broadcasting with an array reads dimensions of size 1 again and again.
        const xt::xarray<float> doubled = a + xt::zeros<float>(a.shape()) + a;
        CHECK(from_xarray(doubled).equal(view * 2));
    }
    const xt::xarray<float> row = as_xarray<float>(x.slice(1, 1, 2)) + xt::zeros<float>({2, 3, 4});
    CHECK(from_xarray(row).equal(x.slice(1, 1, 2).expand({2, 3, 4})));
}

TEST_CASE("as_xarray writes through and keeps the memory alive") {
    Tensor x = zeros({2, 3}, kInt64);
    as_xarray<std::int64_t>(x)(1, 2) = 7;
    auto turned = as_xarray<std::int64_t>(x.t());
    turned(0, 1) += 5;
    xt::noalias(turned) = turned + 1;
    CHECK(x.equal(tensor({{1, 1, 1}, {6, 1, 8}})));
    auto alive = as_xarray<double>(ones({3}, kFloat64) * 2);
    CHECK(alive(2) == 2);
    CHECK_THROWS_WITH_AS(as_xarray<float>(x), "[as_xarray] expected scalar type Float but found Long", DtypeError);
    CHECK_THROWS_AS(as_xarray<float>(Tensor()), Error);
}

TEST_CASE("from_xarray takes containers and expressions of every type") {
    const xt::xarray<double> a{{1.5, 2.}, {3., 4.}};
    CHECK(from_xarray(a).equal(tensor({{1.5, 2.}, {3., 4.}}, kFloat64)));
    CHECK(from_xarray(xt::transpose(a) * 2).equal(tensor({{3., 6.}, {4., 8.}}, kFloat64)));
    CHECK(from_xarray(xt::sum(a)).equal(tensor(10.5, kFloat64)));
    CHECK(from_xarray(xt::cast<float>(a)).dtype() == kFloat32);
    CHECK(from_xarray(a > 1.75).equal(tensor({{false, true}, {true, true}})));
    CHECK(from_xarray(xt::xarray<int>{1, 2}).dtype() == kInt32);
    CHECK(from_xarray(xt::xarray<std::uint8_t>{1, 2}).dtype() == kUInt8);
    CHECK(from_xarray(xt::xarray<std::size_t>{1, 2}).equal(tensor({1, 2})));
    CHECK(from_xarray(xt::xarray<short>{1, 2}).equal(tensor({1, 2})));
    CHECK(from_xarray(xt::xarray<float>::from_shape({0, 3})).sizes() == IntArrayRef({0, 3}));
    const xt::xarray<float, xt::layout_type::column_major> columns{{1, 2, 3}, {4, 5, 6}};
    CHECK(from_xarray(columns).equal(tensor({{1., 2., 3.}, {4., 5., 6.}})));
}

TEST_CASE("an operation written on arrays has the derivative that was written") {
    const auto scaled_sine = make_xtensor_op<double>([](const auto& x, const auto& w) { return xt::sin(x) * w; },
                                                     [](const auto& g, const auto& x, const auto& w, const auto&) {
                                                         return std::make_tuple(g * xt::cos(x) * w, g * xt::sin(x));
                                                     });
    const auto exponential = make_xtensor_op<double>([](const auto& x) { return xt::exp(x); },
                                                     [](const auto& g, const auto&, const auto& y) { return g * y; });
    const auto row_sums = make_xtensor_op<double>(
        [](const auto& x) -> xt::xarray<double> { return xt::sum(x, {1}, xt::evaluation_strategy::immediate); },
        [](const auto& g, const auto& x, const auto&) {
            return std::make_tuple(
                xt::xarray<double>(xt::view(g, xt::all(), xt::newaxis()) + xt::zeros<double>(x.shape())));
        });
    const Tensor x = leaf({3, 4}, 1), w = leaf({4}, 2), strided = leaf({4, 3}, 3);
    using Call = std::function<Tensor(const TensorList&)>;
    const Call calls[] = {
        [&](const TensorList& in) { return scaled_sine(in[0], in[1]); },
        [&](const TensorList& in) { return scaled_sine(in[2].t(), in[0]); },
        [&](const TensorList& in) { return exponential(in[0]) * row_sums(in[2].t()).unsqueeze(1); },
        [&](const TensorList& in) { return exponential(in[0].slice(0, 3)) + in[1]; },
    };
    for (const Call& call : calls) CHECK(autograd::gradcheck(call, {x, w, strided}));
    CHECK(exponential(x).allclose(x.exp(), 1e-14));
    CHECK(scaled_sine(x, w).grad_fn()->name() == "XtensorOpBackward");
}

TEST_CASE("operations on arrays: errors") {
    const auto square = make_xtensor_op<double>([](const auto& x) { return x * x; },
                                                [](const auto& g, const auto& x, const auto&) { return 2 * g * x; });
    const Tensor x = leaf({3}, 1);
    CHECK_THROWS_WITH_AS(square(ones({3})), "[as_xarray] expected scalar type Double but found Float", DtypeError);
    const Tensor g = grad({square(x)}, {x}, {ones_like(x)}, true, true)[0];
    CHECK(g.equal(x * 2));
    CHECK_THROWS_WITH_AS(
        grad({g}, {x}, {ones_like(x)}),
        "[XtensorOp] is differentiable once only: its backward is written on arrays, which no graph records",
        GraphError);
    const auto wrong = make_xtensor_op<double>([](const auto& a) { return a + 1; },
                                               [](const auto&, const auto&, const auto&) {
                                                   return xt::xarray<double>{1, 2};
                                               });
    CHECK_THROWS_AS(grad({wrong(x)}, {x}, {ones_like(x)}), Error);
}

TEST_CASE("an operation on arrays outlives its maker and leaves nothing behind") {
    const auto run = [] {
        const Tensor x = leaf({3}, 1);
        Tensor y;
        {
            const double factor = 3;
            const auto scale =
                make_xtensor_op<double>([factor](const auto& a) { return a * factor; },
                                        [factor](const auto& g, const auto&, const auto&) { return g * factor; });
            y = scale(x);
        }
        CHECK(grad({y}, {x}, {ones_like(x)}, true, true)[0].equal(full({3}, 3, kFloat64)));
    };
    run();
    const auto before = memory_stats().allocated_bytes;
    run();
    CHECK(memory_stats().allocated_bytes == before);
}
