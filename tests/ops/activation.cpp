#include <doctest/doctest.h>

#include <cmath>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/gradcheck.h>

using namespace xgrad;

TEST_CASE("activations in place are those out of place, with the same gradient") {
    struct Case {
        const char* name;
        Tensor (*value)(const Tensor&);
        Tensor& (*change)(Tensor&);
    };
#define XGRAD_CASE(call, change)                                                                  \
    Case {                                                                                        \
#call, [](const Tensor& x) { return call; }, [](Tensor & x) -> Tensor& { return change; } \
    }
    const Case cases[] = {
        XGRAD_CASE(hardtanh(x, -1, 0.5), hardtanh_(x, -1, 0.5)),
        XGRAD_CASE(relu6(x), relu6_(x)),
        XGRAD_CASE(leaky_relu(x, -0.3), leaky_relu_(x, -0.3)),
        XGRAD_CASE(elu(x, 1.5, 1.2, 0.7), elu_(x, 1.5, 1.2, 0.7)),
        XGRAD_CASE(celu(x, 2), celu_(x, 2)),
        XGRAD_CASE(selu(x), selu_(x)),
        XGRAD_CASE(gelu(x), gelu_(x)),
        XGRAD_CASE(gelu(x, "tanh"), gelu_(x, "tanh")),
        XGRAD_CASE(silu(x), silu_(x)),
        XGRAD_CASE(mish(x), mish_(x)),
        XGRAD_CASE(threshold(x, 0.1, 7), threshold_(x, 0.1, 7)),
        XGRAD_CASE(hardsigmoid(x), hardsigmoid_(x)),
        XGRAD_CASE(hardswish(x), hardswish_(x)),
        XGRAD_CASE(rrelu(x), rrelu_(x)),
        XGRAD_CASE(expm1(x), expm1_(x)),
        XGRAD_CASE(sinc(x), sinc_(x)),
    };
#undef XGRAD_CASE
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const Tensor x = tensor({-4., -1.5, -0.2, 0.3, 0.7, 4.}, kFloat64).requires_grad_();
        const Tensor y = c.value(x);
        Tensor z = x * 1.0;
        CHECK(c.change(z).is_same(z));
        CHECK(z.equal(y));
        CHECK(autograd::grad({z.sum()}, {x})[0].allclose(autograd::grad({y.sum()}, {x})[0], 1e-14, 0));
    }
}

TEST_CASE("prelu has a slope for all or for each channel") {
    const Tensor x = tensor({{-1., 2.}, {-3., -4.}}, kFloat64), w = tensor({0.5, 0.25}, kFloat64);
    CHECK(prelu(x, w).equal(tensor({{-0.5, 2.}, {-1.5, -1.}}, kFloat64)));
    CHECK(prelu(x, tensor({0.5}, kFloat64)).equal(tensor({{-0.5, 2.}, {-1.5, -2.}}, kFloat64)));
    CHECK(prelu(x[0], tensor({0.5}, kFloat64)).equal(tensor({-0.5, 2.}, kFloat64)));
    const Tensor image = randn({2, 3, 2, 2}, Generator(1), kFloat64).requires_grad_();
    const Tensor slopes = tensor({0.1, 0.2, 0.3}, kFloat64).requires_grad_();
    const auto call = [](const TensorList& in) { return prelu(in[0], in[1]); };
    CHECK(autograd::gradcheck(call, {image, slopes}));
    CHECK(autograd::gradgradcheck(call, {image, slopes}));
    CHECK_THROWS_WITH_AS(prelu(image, w), doctest::Contains("[prelu] Mismatch of parameter numbers"), ShapeError);
    CHECK_THROWS_WITH_AS(prelu(image, ones({1, 3}, kFloat64)), doctest::Contains("to be a scalar or 1D tensor"),
                         ShapeError);
}

TEST_CASE("glu halves a dimension") {
    const Tensor x = randn({4, 6}, Generator(2), kFloat64).requires_grad_();
    CHECK(glu(x).allclose(x.slice(1, 0, 3) * sigmoid(x.slice(1, 3, 6)), 1e-14, 0));
    CHECK(glu(x, 0).sizes() == IntArrayRef({2, 6}));
    const auto call = [](const TensorList& in) { return glu(in[0], 0); };
    CHECK(autograd::gradcheck(call, {x}));
    CHECK(autograd::gradgradcheck(call, {x}));
    CHECK_THROWS_WITH_AS(glu(ones({3})), doctest::Contains("[glu] Halving dimension must be even"), ShapeError);
    CHECK_THROWS_AS(glu(ones({})), ShapeError);
}

TEST_CASE("rrelu draws a slope for each element that is not positive") {
    const Tensor x = tensor({-1., 2., 0., -3., 4., -5.}, kFloat64).requires_grad_();
    manual_seed(3);
    const Tensor y = rrelu(x, 0.1, 0.3, true);
    manual_seed(3);
    const Tensor slopes = rand({4}, kFloat64) * 0.2 + 0.1;
    const Tensor expected = stack({slopes[0], ones({}, kFloat64), slopes[1], slopes[2], ones({}, kFloat64), slopes[3]});
    CHECK(y.allclose(x * expected, 1e-15, 0));
    CHECK(autograd::grad({y.sum()}, {x})[0].allclose(expected, 1e-15, 0));
    CHECK(rrelu(x, 0.1, 0.3, true, Generator(3)).allclose(y, 1e-15, 0));
    CHECK(rrelu(x, 0.1, 0.3).equal(leaky_relu(x, 0.2)));
    CHECK_THROWS_WITH_AS(rrelu(x, 0.3, 0.1, true), doctest::Contains("[rrelu] Lower bound should be less"), ValueError);
    CHECK_THROWS_AS(rrelu(tensor({1}), 0.1, 0.3, true), DtypeError);
}

TEST_CASE("attributes out of range, and bools") {
    const Tensor x = ones({2});
    CHECK_THROWS_WITH_AS(celu(x, 0), doctest::Contains("[celu] ZeroDivisionError"), ValueError);
    CHECK_THROWS_WITH_AS(softshrink(x, -1), doctest::Contains("[softshrink] lambda must be greater or equal to 0"),
                         ValueError);
    CHECK_THROWS_WITH_AS(gelu(x, "sin"), doctest::Contains("[gelu] approximate argument must be either none or tanh"),
                         ValueError);
    CHECK_THROWS_AS(hardtanh(tensor({true})), DtypeError);
    CHECK_THROWS_AS(hardtanh(ones({2}, kUInt8)), DtypeError);
    CHECK_THROWS_AS(hardtanh(ones({2}, kUInt8), 0, 300), ValueError);
    CHECK_THROWS_AS(threshold(ones({2}, kUInt8), 0, -1), ValueError);
    CHECK_THROWS_AS(prelu(ones({2}), ones({1}, kFloat64)), DtypeError);
    CHECK(relu6(tensor({-1, 3, 9})).equal(tensor({0, 3, 6})));
    CHECK(threshold(tensor({-1, 3}), 0, 5).equal(tensor({5, 3})));
    CHECK(softmin(tensor({1., 2.}), 0).equal(softmax(tensor({-1., -2.}), 0)));
}
