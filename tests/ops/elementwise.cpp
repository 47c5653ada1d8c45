#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>

#include "row_cases.h"
#include "samples.h"

using namespace xgrad;
using ops::rows::Kind;
using samples::Arrangement;
using samples::RowCase;

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

TensorList make_inputs(const RowCase& row, const Shapes& pattern, Arrangement layout) {
    TensorList x;
    for (std::size_t i = 0; i < row.domain.size(); ++i) {
        const auto& d = row.domain[i];
        const Tensor values = samples::uniform(pattern.shapes[i], d.low, d.high, 31 + i, d.kink);
        if (i == 0 && row.selects)
            x.push_back(samples::lay_out(values > 0.5, layout));
        else if (row.kind == Kind::kIntegral)
            x.push_back(samples::lay_out(values.to(kInt64), layout));
        else
            x.push_back(samples::lay_out(values, layout).requires_grad_());
    }
    return x;
}

template <class F>
void for_each_differentiable(F f) {
    for (const RowCase& row : samples::row_cases()) {
        if (!row.differentiable()) continue;
        CAPTURE(row.name);
        f(row);
    }
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same_to_rounding(double a, double b) { return std::abs(a - b) <= 1e-14 * std::abs(b); }

}  // namespace

TEST_CASE("rows: derivatives of first and second order for every broadcasting pattern and layout") {
    int checks = 0;
    for_each_differentiable([&](const RowCase& row) {
        for (const Shapes& pattern : kPatterns) {
            for (const Arrangement layout : samples::kArrangements) {
                CAPTURE(pattern.name);
                CAPTURE(static_cast<int>(layout));
                const TensorList x = make_inputs(row, pattern, layout);
                CHECK(autograd::gradcheck(row.call, x));
                CHECK(autograd::gradgradcheck(row.call, x));
                checks += 2;
            }
        }
    });
    MESSAGE(samples::row_cases().size() << " rows, " << checks << " gradient checks");
}

TEST_CASE("rows: a derivative that is off by 1e-4 is found") {
    for_each_differentiable([](const RowCase& row) {
        if (row.flat) return;
        autograd::GradcheckOptions wrong;
        wrong.analytic_scale = 1 + 1e-4;
        wrong.raise_exception = false;
        CHECK(!autograd::gradcheck(row.call, make_inputs(row, kPatterns[0], Arrangement::kContiguous), wrong));
    });
}

TEST_CASE("rows: the fused backward agrees with the differentiable one") {
    for_each_differentiable([](const RowCase& row) {
        for (const Arrangement layout : samples::kArrangements) {
            const TensorList x = make_inputs(row, kPatterns[0], layout);
            TensorList wrt;
            for (const Tensor& t : x)
                if (t.requires_grad()) wrt.push_back(t);
            const Tensor y = row.call(x), w = randn(y.sizes(), Generator(4), kFloat64);
            const auto fused = autograd::grad({y}, wrt, {w}, true, false);
            const auto composed = autograd::grad({y}, wrt, {w}, true, true);
            for (std::size_t i = 0; i < wrt.size(); ++i) CHECK(fused[i].allclose(composed[i].detach(), 1e-13, 1e-15));
        }
    });
}

TEST_CASE("rows: float32 agrees with float64, for lengths that fill lanes and that do not") {
    for (const RowCase& row : samples::row_cases()) {
        CAPTURE(row.name);
        for (const std::int64_t n : {1, 3, 16, 17, 100}) {
            const Shapes pattern{"", {{n}, {n}, {n}}};
            const TensorList wide = make_inputs(row, pattern, Arrangement::kContiguous);
            TensorList narrow;
            for (const Tensor& x : wide) narrow.push_back(x.is_floating_point() ? x.detach().to(kFloat32) : x);
            const Tensor a = row.call(wide).detach().to(kFloat64), b = row.call(narrow).detach().to(kFloat64);
            if (row.kind != Kind::kComparison) CHECK(a.allclose(b, 1e-5, 1e-6));
        }
    }
}

TEST_CASE("rows: every way to lay out the operands gives the same bits") {
    for (const RowCase& row : samples::row_cases()) {
        CAPTURE(row.name);
        // Long and short runs take different paths through the driver.
        for (const std::vector<std::int64_t>& shape :
             {std::vector<std::int64_t>{5, 7}, {3, 130}, {130, 3}, {2, 3, 70}}) {
            const Shapes pattern{"", {shape, shape, shape}};
            const NoGradGuard no_grad;
            const Tensor expected = row.call(make_inputs(row, pattern, Arrangement::kContiguous));
            for (const Arrangement layout : {Arrangement::kTransposed, Arrangement::kSliced})
                CHECK(equal(row.call(make_inputs(row, pattern, layout)), expected));
        }
    }
}

TEST_CASE("rows: forward mode agrees with backward") {
    // sum_i w_i (J t)_i = sum_j (J^T w)_j t_j.
    for_each_differentiable([](const RowCase& row) {
        const TensorList x = make_inputs(row, kPatterns[2], Arrangement::kContiguous);
        const Tensor y = row.call(x), w = randn(y.sizes(), Generator(1), kFloat64);
        TensorList tangents, wrt;
        for (std::size_t i = 0; i < x.size(); ++i) {
            tangents.push_back(x[i].is_floating_point() ? randn(x[i].sizes(), Generator(2 + i), kFloat64) : Tensor());
            if (x[i].requires_grad()) wrt.push_back(x[i]);
        }
        const NoGradGuard no_grad;
        const Tensor forward = row.jvp(x, tangents, y);
        const auto g = autograd::grad({y}, wrt, {w});
        const double left = (forward * w).sum().item<double>();
        double right = 0;
        for (std::size_t i = 0, k = 0; i < x.size(); ++i)
            if (x[i].requires_grad()) right += (g[k++] * tangents[i]).sum().item<double>();
        CHECK(left == doctest::Approx(right).epsilon(1e-12));
    });
}

TEST_CASE("rows: integers give what floating-point numbers give, in the dtype the row says") {
    const Tensor operands[] = {tensor({6, 5, 3, 3}), tensor({1, 2, 3, 3}), tensor({4, 1, 2, 6})};
    for (const RowCase& row : samples::row_cases()) {
        CAPTURE(row.name);
        for (const ScalarType dtype : {kInt64, kInt32, kUInt8}) {
            CAPTURE(dtype);
            TensorList integers, numbers;
            for (std::size_t i = 0; i < row.domain.size(); ++i) {
                const bool condition = i == 0 && row.selects;
                integers.push_back(condition ? operands[i] > 4 : operands[i].to(dtype));
                numbers.push_back(condition ? integers[i] : integers[i].to(kFloat32));
            }
            const Tensor y = row.call(integers);
            if (row.kind == Kind::kIntegral) {
                CHECK(y.dtype() == dtype);
                CHECK_THROWS_AS(row.call(numbers), DtypeError);
                continue;
            }
            const Tensor expected = row.call(numbers);
            CHECK(y.dtype() == (row.kind == Kind::kArithmetic ? dtype : expected.dtype()));
            // No negative numbers among bytes.
            if (dtype != kUInt8 || row.kind != Kind::kArithmetic || !(expected < 0).any().item<bool>())
                CHECK(y.to(expected.dtype()).allclose(expected, 1e-6, 0, true));
        }
    }
}

TEST_CASE("rows: wrong inputs are errors that begin with the operation") {
    const auto message = [](const RowCase& row, const TensorList& inputs) {
        try {
            row.call(inputs);
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string("nothing was thrown");
    };
    for (const RowCase& row : samples::row_cases()) {
        CAPTURE(row.name);
        const std::string prefix = '[' + std::string(row.name) + "] ";
        const TensorList undefined(row.domain.size());
        CHECK(message(row, undefined) == prefix + "an input is an undefined Tensor");
        if (row.domain.size() == 1) continue;
        TensorList mismatched(row.domain.size(), ones({2}, kInt64));
        mismatched.back() = ones({3}, kInt64);
        CHECK(message(row, mismatched).rfind(prefix + "the shapes (2,) and (3,) do not broadcast", 0) == 0);
    }
}

TEST_CASE("rows: nothing stays alive") {
    for_each_differentiable([](const RowCase& row) {
        const auto once = [&] {
            const TensorList x = make_inputs(row, kPatterns[0], Arrangement::kContiguous);
            const Tensor y = row.call(x);
            autograd::grad({y}, {x.back()}, {ones_like(y)}, true, true, true);
        };
        once();
        const auto before = memory_stats().allocated_bytes;
        once();
        CHECK(memory_stats().allocated_bytes == before);
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
        for (const RowCase& row : samples::row_cases()) {
            if (row.domain.size() != 2 || row.kind == Kind::kIntegral) continue;
            CAPTURE(row.name);
            const auto draw = [&](IntArrayRef sizes, std::size_t i) {
                return samples::uniform(sizes, row.domain[i].low, row.domain[i].high, 1 + i).to(kFloat32);
            };
            const Tensor a = draw({300, 501}, 0), b = draw({501}, 1);
            samples::check_any_number_of_threads([&] {
                const NoGradGuard no_grad;
                return TensorList{row.call({a, b})};
            });
        }
    }
}
