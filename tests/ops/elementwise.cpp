#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/ops/row_op.h>

#include "samples.h"

using namespace xgrad;
using ops::rows::Kind;
using samples::Arrangement;

namespace {

/// Pairs of shapes that exercise each way of broadcasting.
struct Shapes {
    const char* name;
    std::vector<std::int64_t> shapes[3];
};
const Shapes kPatterns[] = {
    {"same shape", {{2, 3}, {2, 3}, {2, 3}}},        {"a scalar", {{2, 3}, {}, {2, 3}}},
    {"a leading 1", {{2, 3}, {1, 3}, {1, 3}}},       {"a middle 1", {{2, 3, 2}, {2, 1, 2}, {2, 3, 1}}},
    {"a lower rank", {{2, 3}, {3}, {2, 3}}},         {"size 0", {{2, 0}, {2, 0}, {1, 0}}},
    {"the first is smaller", {{3}, {2, 3}, {2, 1}}},
};

template <class Row>
TensorList make_inputs(const Shapes& pattern, Arrangement layout) {
    TensorList x;
    for (std::size_t i = 0; i < std::size(Row::domain); ++i) {
        const auto& d = Row::domain[i];
        Tensor values = samples::uniform(pattern.shapes[i], d.low, d.high, 31 + i, d.kink);
        if (i == 0 && requires { Row::selects; }) {
            x.push_back(samples::lay_out(values > 0.5, layout));
            continue;
        }
        x.push_back(samples::lay_out(values, layout).requires_grad_());
    }
    return x;
}

template <class Row>
Tensor call(const TensorList& x) {
    if constexpr (std::size(Row::domain) == 1)
        return ops::apply_row(Row{}, x[0]);
    else if constexpr (std::size(Row::domain) == 2)
        return ops::apply_row(Row{}, x[0], x[1]);
    else
        return ops::apply_row(Row{}, x[0], x[1], x[2]);
}

/// Rows with one input need no broadcasting patterns beyond shapes.
template <class Row, class F>
void for_each_case(F f) {
    for (const Shapes& pattern : kPatterns)
        for (const Arrangement layout : samples::kArrangements) f(pattern, layout);
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same_to_rounding(double a, double b) { return std::abs(a - b) <= 1e-14 * std::abs(b); }

}  // namespace

TEST_CASE("rows: derivatives of first and second order for every broadcasting pattern and layout") {
    int checks = 0;
    ops::AllRows::for_each([&]<class Row>() {
        if constexpr (Row::kind != Kind::kComparison) {
            for_each_case<Row>([&](const Shapes& pattern, Arrangement layout) {
                CAPTURE(Row::name);
                CAPTURE(pattern.name);
                CAPTURE(static_cast<int>(layout));
                const TensorList x = make_inputs<Row>(pattern, layout);
                CHECK(autograd::gradcheck(call<Row>, x));
                CHECK(autograd::gradgradcheck(call<Row>, x));
                checks += 2;
            });
        }
    });
    MESSAGE(ops::AllRows::size << " rows, " << checks << " gradient checks");
}

TEST_CASE("rows: a derivative that is off by 1e-4 is found") {
    ops::AllRows::for_each([&]<class Row>() {
        if constexpr (Row::kind != Kind::kComparison) {
            CAPTURE(Row::name);
            autograd::GradcheckOptions wrong;
            wrong.analytic_scale = 1 + 1e-4;
            wrong.raise_exception = false;
            CHECK(!autograd::gradcheck(call<Row>, make_inputs<Row>(kPatterns[0], Arrangement::kContiguous), wrong));
        }
    });
}

TEST_CASE("rows: the fused backward agrees with the differentiable one") {
    ops::AllRows::for_each([&]<class Row>() {
        if constexpr (Row::kind != Kind::kComparison) {
            CAPTURE(Row::name);
            for (const Arrangement layout : samples::kArrangements) {
                const TensorList x = make_inputs<Row>(kPatterns[0], layout);
                TensorList wrt;
                for (const Tensor& t : x)
                    if (t.requires_grad()) wrt.push_back(t);
                const Tensor y = call<Row>(x), w = randn(y.sizes(), Generator(4), kFloat64);
                const auto fused = autograd::grad({y}, wrt, {w}, true, false);
                const auto composed = autograd::grad({y}, wrt, {w}, true, true);
                for (std::size_t i = 0; i < wrt.size(); ++i)
                    CHECK(fused[i].allclose(composed[i].detach(), 1e-13, 1e-15));
            }
        }
    });
}

TEST_CASE("rows: float32 agrees with float64, for lengths that fill lanes and that do not") {
    ops::AllRows::for_each([&]<class Row>() {
        CAPTURE(Row::name);
        for (const std::int64_t n : {1, 3, 16, 17, 100}) {
            Shapes pattern{"", {{n}, {n}, {n}}};
            const TensorList wide = make_inputs<Row>(pattern, Arrangement::kContiguous);
            TensorList narrow;
            for (const Tensor& x : wide) narrow.push_back(x.is_floating_point() ? x.detach().to(kFloat32) : x);
            const Tensor a = call<Row>(wide).detach().to(kFloat64), b = call<Row>(narrow).detach().to(kFloat64);
            if (Row::kind != Kind::kComparison) CHECK(a.allclose(b, 1e-5, 1e-6));
        }
    });
}

TEST_CASE("rows: every way to lay out the operands gives the same bits") {
    ops::AllRows::for_each([&]<class Row>() {
        CAPTURE(Row::name);
        // Long and short runs take different paths through the driver.
        for (const std::vector<std::int64_t>& shape :
             {std::vector<std::int64_t>{5, 7}, {3, 130}, {130, 3}, {2, 3, 70}}) {
            Shapes pattern{"", {shape, shape, shape}};
            const NoGradGuard no_grad;
            const Tensor expected = call<Row>(make_inputs<Row>(pattern, Arrangement::kContiguous));
            for (const Arrangement layout : {Arrangement::kTransposed, Arrangement::kSliced})
                CHECK(equal(call<Row>(make_inputs<Row>(pattern, layout)), expected));
        }
    });
}

TEST_CASE("rows: forward mode agrees with backward") {
    // sum_i w_i (J t)_i = sum_j (J^T w)_j t_j.
    ops::AllRows::for_each([&]<class Row>() {
        if constexpr (Row::kind != Kind::kComparison) {
            CAPTURE(Row::name);
            const TensorList x = make_inputs<Row>(kPatterns[2], Arrangement::kContiguous);
            const Tensor y = call<Row>(x), w = randn(y.sizes(), Generator(1), kFloat64);
            TensorList tangents, wrt;
            for (std::size_t i = 0; i < x.size(); ++i) {
                tangents.push_back(x[i].is_floating_point() ? randn(x[i].sizes(), Generator(2 + i), kFloat64)
                                                            : Tensor());
                if (x[i].requires_grad()) wrt.push_back(x[i]);
            }
            const ops::RowOp<Row> op{};
            const NoGradGuard no_grad;
            const Tensor forward = op.jvp(x, tangents, y);
            const auto g = autograd::grad({y}, wrt, {w});
            double left = (forward * w).sum().item<double>(), right = 0;
            for (std::size_t i = 0, k = 0; i < x.size(); ++i)
                if (x[i].requires_grad()) right += (g[k++] * tangents[i]).sum().item<double>();
            CHECK(left == doctest::Approx(right).epsilon(1e-12));
        }
    });
}

TEST_CASE("dtypes promote as PyTorch's") {
    struct Case {
        ScalarType a, b, sum, quotient;
    };
    const Case cases[] = {
        {kFloat32, kFloat64, kFloat64, kFloat64}, {kInt64, kFloat32, kFloat32, kFloat32},
        {kInt32, kInt64, kInt64, kFloat32},       {kBool, kUInt8, kUInt8, kFloat32},
        {kBool, kBool, kBool, kFloat32},          {kUInt8, kInt32, kInt32, kFloat32},
    };
    for (const Case& c : cases) {
        const Tensor a = ones({2}, c.a), b = ones({2}, c.b);
        CAPTURE(c.a);
        CAPTURE(c.b);
        CHECK((a + b).dtype() == c.sum);
        CHECK((a / b).dtype() == c.quotient);
        CHECK((a == b).dtype() == kBool);
    }
    // A tensor without dimensions, or a number, raises the category only.
    CHECK((ones({2}) + ones({}, kFloat64)).dtype() == kFloat32);
    CHECK((ones({2}, kInt64) + ones({}, kFloat64)).dtype() == kFloat64);
    CHECK((ones({2}, kInt64) + 1.5).dtype() == kFloat32);
    CHECK((ones({2}, kInt32) * 2).dtype() == kInt32);
    CHECK((ones({2}, kInt64) + 9007199254740993).equal(full({2}, 9007199254740994, kInt64)));
    CHECK_THROWS_AS(ones({2}, kBool) - ones({2}, kBool), DtypeError);
    CHECK_THROWS_AS(ones({2}, kInt64).add(ones({2}, kInt64), 0.5), DtypeError);
    // Integers divided give the default dtype, also by an integer.
    CHECK((tensor({7, -7}) / 2).equal(tensor({3.5, -3.5})));
    CHECK((7 / tensor({2, 0})).equal(tensor({3.5, kInf})));
    CHECK(ones({2}, kInt64).reciprocal().dtype() == kFloat32);
    CHECK_THROWS_WITH_AS(ones({2}, kInt64).div_(2),
                         doctest::Contains("result type Float can't be cast to the desired output type Long"),
                         DtypeError);
}

TEST_CASE("integers stay exact in powers and limits, in place too") {
    const std::int64_t large = 9007199254740993;  // 2^53 + 1 is no double
    const auto changed = [](Tensor x, auto change) {
        change(x);
        return x;
    };
    const Tensor n = arange(5, kInt64);
    CHECK(n.pow(2).equal(tensor({0, 1, 4, 9, 16})));
    CHECK(n.pow(0).equal(tensor({1, 1, 1, 1, 1})));
    CHECK(pow(2, n).equal(tensor({1, 2, 4, 8, 16})));
    CHECK(tensor({3, 2, 1, -1, -1}).pow(tensor({4, 3, -2, -3, 2})).equal(tensor({81, 8, 1, -1, 1})));
    CHECK(tensor({large}).pow(1).equal(tensor({large})));
    CHECK(n.pow(2.0).equal(tensor({0., 1., 4., 9., 16.})));
    CHECK(tensor({true, false}).pow(2).equal(tensor({1, 0})));
    CHECK(changed(n.clone(), [](Tensor& x) { x.pow_(2); }).equal(tensor({0, 1, 4, 9, 16})));
    CHECK(changed(n.clone(), [](Tensor& x) { x.pow_(0); }).equal(tensor({1, 1, 1, 1, 1})));
    CHECK(changed(n.to(kInt32), [](Tensor& x) { x.pow_(3); }).equal(tensor({0, 1, 8, 27, 64}, kInt32)));
    CHECK_THROWS_WITH_AS(n.pow(-1), doctest::Contains("[pow] Integers to negative integer powers"), ValueError);
    CHECK_THROWS_WITH_AS(n.clone().pow_(-1), doctest::Contains("[pow_] Integers to negative integer powers"),
                         ValueError);
    CHECK_THROWS_WITH_AS(n.clone().pow_(2.0), doctest::Contains("[pow_] result type Float can't be cast"), DtypeError);

    CHECK(n.clamp(1, 3).equal(tensor({1, 1, 2, 3, 3})));
    CHECK(n.clamp(3, 1).equal(tensor({1, 1, 1, 1, 1})));
    CHECK(n.clamp(1.5).equal(tensor({1.5, 1.5, 2., 3., 4.})));
    CHECK(tensor({large + 4}).clamp(std::nullopt, large).equal(tensor({large})));
    CHECK(tensor({large}).clamp_min(0).equal(tensor({large})));
    CHECK(changed(n.clone(), [](Tensor& x) { x.clamp_(1, 3); }).equal(tensor({1, 1, 2, 3, 3})));
    CHECK(changed(n.clone(), [](Tensor& x) { x.clamp_(3, 1); }).equal(tensor({1, 1, 1, 1, 1})));
    CHECK(changed(tensor({large + 4}), [=](Tensor& x) { x.clamp_(0, large); }).equal(tensor({large})));
    CHECK_THROWS_AS(n.clone().clamp_(1.5), DtypeError);
    CHECK_THROWS_WITH_AS(n.clone().clamp_(), doctest::Contains("[clamp_] At least one"), ValueError);

    // The base of a power is an integer, the derivative to the exponent as precise as the exponent.
    const Tensor e = tensor({1.5}, kFloat64).requires_grad_();
    const auto g = autograd::grad({tensor({3}).pow(e)}, {e}, {}, true, true)[0];
    CHECK(same_to_rounding(g.item<double>(), std::pow(3, 1.5) * std::log(3.0)));
}

TEST_CASE("bools are no numbers to negate, subtract or rectify") {
    const Tensor b = tensor({true, false, true}), other = tensor({true, true, false}), x = ones({3});
    CHECK((b + other).equal(tensor({true, true, true})));
    CHECK((b * other).equal(tensor({true, false, false})));
    CHECK((b + 1).equal(tensor({2, 1, 2})));
    CHECK(b.abs().equal(b));
    CHECK_THROWS_WITH_AS(-b, doctest::Contains("[neg] Negation, the `-` operator, on a bool tensor is not supported"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(b.clone().neg_(), doctest::Contains("[neg_] Negation"), DtypeError);
    CHECK_THROWS_WITH_AS(b.relu(), doctest::Contains("[relu] Boolean inputs not supported for relu"), DtypeError);
    CHECK_THROWS_WITH_AS(b.clone().relu_(), doctest::Contains("[relu_] Boolean inputs"), DtypeError);
    CHECK_THROWS_WITH_AS(b - other, doctest::Contains("[sub] Subtraction, the `-` operator, with two bool tensors"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(x - b, doctest::Contains("[sub] Subtraction, the `-` operator, with a bool tensor"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(b - 1, doctest::Contains("with a bool tensor"), DtypeError);
    CHECK_THROWS_WITH_AS(x.clone().sub_(b), doctest::Contains("[sub_] Subtraction"), DtypeError);
    CHECK_THROWS_WITH_AS(1 - b, doctest::Contains("[rsub] Subtraction"), DtypeError);
}

TEST_CASE("comparisons and choices") {
    const Tensor a = tensor({1., 2., 3.}), b = tensor({2., 2., 2.});
    CHECK((a < b).equal(tensor({true, false, false})));
    CHECK((a <= 2.0).equal(tensor({true, true, false})));
    CHECK((2.0 < a).equal(tensor({false, false, true})));
    CHECK(where(a > 1.5, a, -b).equal(tensor({-2., 2., 3.})));
    CHECK_THROWS_AS(where(a, a, b), DtypeError);
    CHECK_THROWS_WITH_AS(a + ones({2}), doctest::Contains("[add] the shapes (3,) and (2,) do not broadcast"),
                         ShapeError);
    CHECK_THROWS_AS(Tensor() + a, Error);
    CHECK(a.isnan().any().item<bool>() == false);
    CHECK(tensor({1., kNan}).allclose(tensor({1., kNan}), 0, 0, true));
    CHECK(!tensor({1., kNan}).allclose(tensor({1., kNan})));
    CHECK(tensor({kInf}).allclose(tensor({kInf})));
    CHECK(!tensor({kInf}).allclose(tensor({1.})));
}

TEST_SUITE("threads") {
    TEST_CASE("rows give the same bits for any number of threads") {
        const Tensor a = rand({300, 501}, Generator(1)) + 0.5, b = rand({501}, Generator(2)) + 0.5;
        ops::BinaryRows::for_each([&]<class Row>() {
            samples::check_any_number_of_threads([&] { return TensorList{ops::apply_row(Row{}, a, b)}; });
        });
    }
}
