#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

template <class F>
Tensor changed(Tensor x, F change) {
    change(x);
    return x;
}

}  // namespace

TEST_CASE("functions of a regular form: free, method, in place and with a number are one") {
    const Tensor x = tensor({0.25, 0.5, 0.75}, kFloat64), y = tensor({3., 2., 1.}, kFloat64);
    const Tensor n = tensor({12, 10, 7}), m = tensor({3, 2, 1});
    const auto takes_integers = [](std::string_view name) {
        return name.rfind("bitwise", 0) == 0 || name == "gcd" || name == "lcm";
    };
    int forms = 0;
    const auto same_inplace = [&](const std::string& name, const Tensor& expected, Tensor changed) {
        CAPTURE(name);
        CHECK(changed.allclose(expected.to(changed.dtype()), 0, 0, true));
        ++forms;
    };
    const auto same_result = [&](const std::string& name, const Tensor& a, const Tensor& b) {
        CAPTURE(name);
        CHECK(a.allclose(b, 0, 0, true));
        ++forms;
    };
    Tensor free_form;
#define XGRAD_PREDICATE(name, Row) same_result(#name, xgrad::name(x), x.name());
#define XGRAD_UNARY(name, Row)                              \
    XGRAD_PREDICATE(name, Row)                              \
    same_inplace(#name "_", x.name(), x.clone().name##_()); \
    free_form = x.clone();                                  \
    same_inplace(#name "_", x.name(), xgrad::name##_(free_form));
#define XGRAD_BINARY_ON(name, a, b) same_result(#name, xgrad::name(a, b), (a).name(b));
#define XGRAD_BINARY(name, Row) XGRAD_BINARY_ON(name, x, y)
#define XGRAD_BINARY_INPLACE(name, Row)                           \
    {                                                             \
        const bool integers = takes_integers(#name);              \
        const Tensor a = integers ? n : x, b = integers ? m : y;  \
        XGRAD_BINARY_ON(name, a, b)                               \
        same_inplace(#name "_", a.name(b), a.clone().name##_(b)); \
    }
#define XGRAD_BINARY_NUMBER(name, Row)                                  \
    {                                                                   \
        const bool integers = takes_integers(#name);                    \
        const Tensor a = integers ? n : x, b = integers ? m : y;        \
        XGRAD_BINARY_ON(name, a, b)                                     \
        XGRAD_BINARY_ON(name, a, 2)                                     \
        same_result(#name, a.name(2), a.name(full({3}, 2, a.dtype()))); \
        same_inplace(#name "_", a.name(b), a.clone().name##_(b));       \
        same_inplace(#name "_", a.name(2), a.clone().name##_(2));       \
    }
#include <xgrad/autograd/elementwise.inc>
#undef XGRAD_BINARY_ON
    MESSAGE(forms << " forms");
}

TEST_CASE("division rounds as asked, and integers stay exact") {
    const std::int64_t large = 9007199254740993;  // 2^53 + 1 is no double
    const Tensor a = tensor({7, -7, 7, -7, 6}), b = tensor({2, 2, -2, -2, 3});
    CHECK(div(a, b, "trunc").equal(tensor({3, -3, -3, 3, 2})));
    CHECK(div(a, b, "floor").equal(tensor({3, -4, -4, 3, 2})));
    CHECK(floor_divide(a, b).equal(div(a, b, "floor")));
    CHECK(div(a, b, std::nullopt).equal(a / b));
    CHECK(a.fmod(b).equal(tensor({1, -1, 1, -1, 0})));
    CHECK(a.remainder(b).equal(tensor({1, 1, -1, -1, 0})));
    CHECK((a % 4).equal(tensor({3, 1, 3, 1, 2})));
    CHECK((7 % b).equal(tensor({1, 1, -1, -1, 1})));
    CHECK(tensor({large}).div(1, "floor").equal(tensor({large})));
    CHECK(tensor({large}).fmod(large - 1).equal(tensor({1})));
    CHECK(tensor({kLowest}).div(-1, "trunc").equal(tensor({kLowest})));  // modulo 2^64, not a trap
    CHECK(tensor({kLowest}).remainder(-1).equal(tensor({0})));
    CHECK(div(tensor({200, 7}, kUInt8), tensor({3, 2}, kUInt8), "floor").equal(tensor({66, 3}, kUInt8)));

    const Tensor x = tensor({7., -7., 7., -7., 1.}, kFloat64), y = tensor({2., 2., -2., -2., 0.1}, kFloat64);
    CHECK(div(x, y, "trunc").equal(tensor({3., -3., -3., 3., 10.}, kFloat64)));
    CHECK(div(x, y, "floor").equal(tensor({3., -4., -4., 3., 9.}, kFloat64)));  // 0.1 is a little more than 1/10
    CHECK(div(tensor({1., -1., 0.}), tensor({0., 0., 0.}), "floor").allclose(tensor({kInf, -kInf, kNan}), 0, 0, true));

    CHECK(changed(a.clone(), [&](Tensor& t) { t.div_(b, "floor"); }).equal(div(a, b, "floor")));
    CHECK(changed(a.clone(), [&](Tensor& t) { t.floor_divide_(2); }).equal(div(a, 2, "floor")));
    CHECK(changed(a.clone(), [&](Tensor& t) { t.remainder_(4); }).equal(a % 4));
    CHECK(changed(a.clone(), [&](Tensor& t) { t.fmod_(b); }).equal(a.fmod(b)));
    CHECK_THROWS_WITH_AS(div(a, 0, "floor"), doctest::Contains("[div] ZeroDivisionError"), ValueError);
    CHECK_THROWS_WITH_AS(a.remainder(0), doctest::Contains("[remainder] ZeroDivisionError"), ValueError);
    CHECK_THROWS_WITH_AS(a.clone().fmod_(0), doctest::Contains("[fmod_] ZeroDivisionError"), ValueError);
    CHECK_THROWS_WITH_AS(div(a, b, "up"), doctest::Contains("[div] expected rounding_mode to be one of"), ValueError);
}

TEST_CASE("bits and truth") {
    const Tensor a = tensor({12, 10, -1}), b = tensor({10, 3, 5});
    CHECK((a & b).equal(tensor({8, 2, 5})));
    CHECK((a | b).equal(tensor({14, 11, -1})));
    CHECK((a ^ b).equal(tensor({6, 9, -6})));
    CHECK((~a).equal(tensor({-13, -11, 0})));
    CHECK((a & 3).equal(tensor({0, 2, 3})));
    CHECK((3 | a).equal(tensor({15, 11, -1})));
    CHECK(bitwise_left_shift(a, tensor({1, 63, 64})).equal(tensor({24, 0, 0})));
    CHECK(bitwise_right_shift(a, tensor({1, 64, 70})).equal(tensor({6, 0, -1})));
    CHECK(bitwise_not(tensor({1, 254}, kUInt8)).equal(tensor({254, 1}, kUInt8)));
    const Tensor p = tensor({true, true, false, false}), q = tensor({true, false, true, false});
    CHECK((p & q).equal(tensor({true, false, false, false})));
    CHECK((p | q).equal(tensor({true, true, true, false})));
    CHECK((p ^ q).equal(tensor({false, true, true, false})));
    CHECK((~p).equal(!p));
    CHECK((p & q).dtype() == kBool);
    CHECK(changed(p.clone(), [&](Tensor& t) { t &= q; }).equal(p & q));
    CHECK(changed(a.clone(), [&](Tensor& t) { t ^= b; }).equal(a ^ b));
    CHECK(changed(a.clone(), [&](Tensor& t) { t |= 1; }).equal(a | 1));
    CHECK(changed(p.clone(), [](Tensor& t) { t.bitwise_not_(); }).equal(!p));

    const Tensor x = tensor({0., 2., kNan});
    CHECK(logical_and(x, tensor({1., 1., 1.})).equal(tensor({false, true, true})));
    CHECK(logical_or(x, tensor({0, 0, 0})).equal(tensor({false, true, true})));
    CHECK(logical_xor(x, tensor({true, true, false})).equal(tensor({true, false, true})));
    CHECK(changed(tensor({0., 2.}), [](Tensor& t) { t.logical_not_(); }).equal(tensor({1., 0.})));
    CHECK(changed(tensor({0., 2.}), [](Tensor& t) { t.eq_(2); }).equal(tensor({0., 1.})));
    CHECK_THROWS_WITH_AS(x & x, doctest::Contains("[bitwise_and] not implemented for 'Float'"), DtypeError);
    CHECK_THROWS_WITH_AS(~x, doctest::Contains("[bitwise_not] not implemented for 'Float'"), DtypeError);
}

TEST_CASE("rounding") {
    const Tensor x = tensor({-2.5, -0.4, 0.5, 1.5, 2.7}, kFloat64);
    CHECK(x.round().equal(tensor({-2., -0., 0., 2., 3.}, kFloat64)));
    CHECK(x.floor().equal(tensor({-3., -1., 0., 1., 2.}, kFloat64)));
    CHECK(x.ceil().equal(tensor({-2., -0., 1., 2., 3.}, kFloat64)));
    CHECK(x.trunc().equal(tensor({-2., -0., 0., 1., 2.}, kFloat64)));
    CHECK(x.frac().allclose(tensor({-0.5, -0.4, 0.5, 0.5, 0.7}, kFloat64), 1e-15, 1e-15));
    CHECK(tensor({1.2345, -0.005}, kFloat64).round(2).equal(tensor({1.23, -0.}, kFloat64)));
    CHECK(tensor({1234., 1250.}, kFloat64).round(-2).equal(tensor({1200., 1200.}, kFloat64)));
    CHECK(changed(tensor({0.26}, kFloat64), [](Tensor& t) { t.round_(1); }).equal(tensor({0.3}, kFloat64)));
    CHECK(tensor({3, -3}).floor().equal(tensor({3, -3})));
    CHECK_THROWS_AS(tensor({3, -3}).round(1), DtypeError);
}

TEST_CASE("numbers that are none") {
    const Tensor x = tensor({kNan, kInf, -kInf, 1.5});
    const double largest = std::numeric_limits<float>::max();
    CHECK(x.nan_to_num().equal(tensor({0., largest, -largest, 1.5})));
    CHECK(x.nan_to_num(7, 8, 9).equal(tensor({7., 8., 9., 1.5})));
    CHECK(changed(x.clone(), [](Tensor& t) { t.nan_to_num_(1); }).equal(tensor({1., largest, -largest, 1.5})));
    CHECK(tensor({3, 4}).nan_to_num().equal(tensor({3, 4})));
    CHECK(x.isinf().equal(tensor({false, true, true, false})));
    CHECK(x.isfinite().equal(tensor({false, false, false, true})));
    CHECK(tensor({3, 4}).isfinite().all().item<bool>());
    CHECK(fmax(x, zeros({4})).equal(tensor({0., kInf, 0., 1.5})));
    CHECK(fmin(tensor({9007199254740993, 3}), tensor({9007199254740992, 4})).equal(tensor({9007199254740992, 3})));
    CHECK(x.isclose(x, 0, 0, true).all().item<bool>());
}

TEST_CASE("limits that are tensors, and mixtures") {
    const Tensor x = tensor({-2., 0., 2.}), low = tensor({-1., 0., 1.}), high = tensor({1., 0.5, 1.5});
    CHECK(clamp(x, low, high).equal(tensor({-1., 0., 1.5})));
    CHECK(x.clamp(low).equal(tensor({-1., 0., 2.})));
    CHECK(x.clamp_max(high).equal(tensor({-2., 0., 1.5})));
    CHECK(x.clamp_min(0.5).equal(tensor({0.5, 0.5, 2.})));
    CHECK(changed(x.clone(), [&](Tensor& t) { t.clamp_(low, high); }).equal(clamp(x, low, high)));
    CHECK(changed(x.clone(), [&](Tensor& t) { t.clamp_max_(high); }).equal(x.clamp_max(high)));
    CHECK_THROWS_AS(clamp(x, Tensor(), Tensor()), ValueError);

    CHECK(lerp(x, high, 0.5).equal(tensor({-0.5, 0.25, 1.75})));
    CHECK(lerp(x, high, 1).equal(high));
    CHECK(x.lerp(high, tensor({0., 1., 0.5})).equal(tensor({-2., 0.5, 1.75})));
    CHECK(addcmul(x, low, high, 2).equal(tensor({-4., 0., 5.})));
    CHECK(addcmul(tensor({1, 2}), tensor({3, 4}), tensor({5, 6}), 2).equal(tensor({31, 50})));
    CHECK_THROWS_WITH_AS(addcmul(tensor({1}), tensor({3}), tensor({5}), 0.5),
                         doctest::Contains("[addcmul] For integral input tensors, argument value must not be"),
                         DtypeError);
    CHECK(addcdiv(x, low, high, 0.5).allclose(tensor({-2.5, 0., 2 + 1 / 3.})));
    CHECK(changed(x.clone(), [&](Tensor& t) { t.lerp_(high, 0.5); }).equal(lerp(x, high, 0.5)));
    CHECK(changed(x.clone(), [&](Tensor& t) { t.addcmul_(low, high); }).equal(x + low * high));
    CHECK(changed(x.clone(), [&](Tensor& t) { t.addcdiv_(low, high); }).allclose(x + low / high));
    CHECK_THROWS_WITH_AS(addcdiv(tensor({1}), tensor({2}), tensor({3})),
                         doctest::Contains("[addcdiv] Integer division"), DtypeError);
    CHECK(rsub(x, high, 2).equal(high - 2 * x));
    CHECK(rsub(x, 1, 2).equal(1 - 2 * x));
    CHECK(remainder(5, tensor({3., -3.})).equal(tensor({2., -1.})));
    CHECK(xlogy(0, tensor({0., 2.})).equal(tensor({0., 0.})));
    CHECK_THROWS_WITH_AS(polygamma(-1, x), doctest::Contains("[polygamma] polygamma(n, x) does not support negative n"),
                         ValueError);
}

TEST_CASE("known values of special functions") {
    // Euler's constant, pi^2/6, Apery's constant; Abramowitz and Stegun, tables 6.1 and 7.1.
    const Tensor one = ones({1}, kFloat64);
    CHECK(digamma(one).item<double>() == doctest::Approx(-0.57721566490153286).epsilon(1e-15));
    CHECK(polygamma(0, one).equal(digamma(one)));
    CHECK(polygamma(1, one).item<double>() == doctest::Approx(1.6449340668482264).epsilon(1e-15));
    CHECK(polygamma(2, one).item<double>() == doctest::Approx(-2.4041138063191886).epsilon(1e-15));
    CHECK(polygamma(3, one).item<double>() == doctest::Approx(6.4939394022668289).epsilon(1e-15));
    // Reflection: psi1(x) + psi1(1 - x) = (pi / sin(pi x))^2.
    const Tensor x = tensor({0.3, -0.7, -3.4, -200.2}, kFloat64);
    const Tensor s = M_PI / sin(x * M_PI);
    CHECK(allclose(polygamma(1, x) + polygamma(1, 1 - x), s * s, 1e-12, 0));
    // The recurrence psi2(x + 1) = psi2(x) + 2 / x^3.
    CHECK(allclose(polygamma(2, x + 1), polygamma(2, x) + 2 / x.pow(3), 1e-11, 0));
    CHECK(erfinv(erf(tensor({-1.5, 0.2}, kFloat64))).allclose(tensor({-1.5, 0.2}, kFloat64), 1e-14, 0));
    CHECK(logit(tensor({0.01, 0.5}, kFloat64), 0.25).allclose(tensor({std::log(1 / 3.), 0.}, kFloat64), 1e-15, 1e-15));
}
