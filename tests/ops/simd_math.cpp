#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lane_samples.h"

namespace xgrad::simd {
namespace {

using Real = long double;
constexpr Real kPiReal = 3.14159265358979323846264338327950288L;
constexpr std::size_t kRandomSamples = 3000;

/// The distance of `got` from `expected` in units in the last place of `expected`, or of `least` if that is larger.
/// Infinity counts as the number that would follow the largest; a NaN or a zero of the wrong sign is infinitely far.
template <class T>
double ulps(T got, Real expected, Real least = 0) {
    if (got != got || expected != expected) return got != got && expected != expected ? 0 : kInfinity;
    if (expected == 0 && got == 0) return std::signbit(got) == std::signbit(expected) ? 0 : kInfinity;
    const Real end = std::ldexp(Real(1), std::numeric_limits<T>::max_exponent);
    const Real a = std::fmax(-end, std::fmin(end, Real(got))), b = std::fmax(-end, std::fmin(end, expected));
    const Real size = std::fmax(std::fmax(std::fabs(b), least), Real(std::numeric_limits<T>::min()));
    const int unit =
        std::min(std::ilogb(size) + 1, std::numeric_limits<T>::max_exponent) - std::numeric_limits<T>::digits;
    return static_cast<double>(std::ldexp(std::fabs(a - b), -unit));
}

/// Specials, numbers of all magnitudes, and numbers spread evenly over [low, high].
template <class T>
std::vector<T> samples(double low, double high, std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<T> values = special_values<T>();
    std::uniform_real_distribution<double> even(low, high);
    std::uniform_real_distribution<double> magnitude(-12, 8);
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(std::bit_cast<T>(static_cast<detail::UintOf<T>>(random())));
        values.push_back(static_cast<T>(even(random)));
        const T v = static_cast<T>(std::pow(2, magnitude(random)));
        values.push_back(random() % 2 == 0 ? v : -v);
    }
    while (values.size() % L<T>::size != 0) values.push_back(1);
    return values;
}

Real digamma_reference(Real x) {
    if (x == 0) return -std::copysign(Real(kInfinity), x);
    if (x == -Real(kInfinity) || (x < 0 && x == std::floor(x))) return kQuiet;
    if (x < 0) return digamma_reference(1 - x) - kPiReal / std::tan(kPiReal * (x - std::round(x)));
    Real sum = 0;
    for (; x < 40; ++x) sum -= 1 / x;
    const Real z = 1 / (x * x);
    return sum + std::log(x) - 1 / (2 * x) - z * (1 / 12.0L - z * (1 / 120.0L - z * (1 / 252.0L - z / 240)));
}

/// By Newton's method on erf or, near 1, erfc.
Real erfinv_reference(Real y) {
    const Real a = std::fabs(y);
    if (!(a <= 1)) return kQuiet;
    if (a == 1 || a == 0) return a == 1 ? std::copysign(Real(kInfinity), y) : y;
    Real low = 0, high = 8;
    for (int i = 0; i < 40; ++i) {
        const Real middle = (low + high) / 2;
        (std::erfc(middle) > 1 - a ? low : high) = middle;
    }
    Real x = a < 1e-6L ? a * std::sqrt(kPiReal) / 2 : low;
    for (int i = 0; i < 4; ++i) {
        const Real error = a < 0.5L ? std::erf(x) - a : (1 - a) - std::erfc(x);
        x -= error * std::sqrt(kPiReal) / 2 * std::exp(x * x);
    }
    return std::copysign(x, y);
}

template <class T>
struct Unary {
    const char* name;
    L<T> (*lane)(L<T>);
    Real (*reference)(Real);
    double low, high;  // where most of the samples are
    double ulp = 4;
    double least = 0;  // smaller values count their error in units of this one
    const char* reason = "";
};

#define XGRAD_ROW(name, low, high)                                                                     \
    Unary<T> {                                                                                         \
#name, [](L <T> x) { return name(x); }, [](Real x) -> Real { return std::name(x); }, low, high \
    }
#define XGRAD_ROW_OF(name, reference, low, high, ...)                                                                  \
    Unary<T> {                                                                                                         \
#name, [](L <T> x) { return name(x); }, [](Real x) -> Real { return reference; }, low,                         \
                                                                                       high __VA_OPT__(, ) __VA_ARGS__ \
    }

template <class T>
std::vector<Unary<T>> unary_table() {
    constexpr double kOver = sizeof(T) == 4 ? 110 : 760;  // just beyond the range of exp
    return {
        XGRAD_ROW(exp, -kOver, kOver),
        XGRAD_ROW(exp2, -1.5 * kOver, 1.5 * kOver),
        XGRAD_ROW(expm1, -kOver, kOver),
        XGRAD_ROW(log, 0, 4),
        XGRAD_ROW(log2, 0, 4),
        XGRAD_ROW(log10, 0, 4),
        XGRAD_ROW(log1p, -1, 4),
        XGRAD_ROW(sqrt, 0, 4),
        XGRAD_ROW_OF(rsqrt, 1 / std::sqrt(x), 0, 4),
        XGRAD_ROW_OF(square, x * x, -4, 4),
        XGRAD_ROW_OF(reciprocal, 1 / x, -4, 4),
        XGRAD_ROW_OF(abs, std::fabs(x), -4, 4),
        XGRAD_ROW_OF(sign, (x > 0) - (x < 0), -4, 4),
        XGRAD_ROW(sin, -15000, 15000),
        XGRAD_ROW(cos, -15000, 15000),
        XGRAD_ROW(tan, -15000, 15000),
        XGRAD_ROW(asin, -1, 1),
        XGRAD_ROW(acos, -1, 1),
        XGRAD_ROW(atan, -4, 4),
        XGRAD_ROW(sinh, -kOver, kOver),
        XGRAD_ROW(cosh, -kOver, kOver),
        XGRAD_ROW(tanh, -20, 20),
        XGRAD_ROW(asinh, -4, 4),
        XGRAD_ROW(acosh, 1, 4),
        XGRAD_ROW(atanh, -1, 1),
        XGRAD_ROW(erf, -6, 6),
        XGRAD_ROW(erfc, -6, 28),
        XGRAD_ROW_OF(sigmoid, 1 / (1 + std::exp(-x)), -kOver, kOver),
        XGRAD_ROW_OF(log1pexp, x > 100 ? x : std::log1p(std::exp(x)), -kOver, kOver),
        XGRAD_ROW_OF(log_sigmoid, x < -100 ? x : -std::log1p(std::exp(-x)), -kOver, kOver),
        XGRAD_ROW(floor, -100, 100),
        XGRAD_ROW(ceil, -100, 100),
        XGRAD_ROW(trunc, -100, 100),
        XGRAD_ROW_OF(round, std::nearbyint(x), -100, 100),
        XGRAD_ROW(lgamma, -20, 20),
        XGRAD_ROW_OF(digamma, digamma_reference(x), -20, 20, 4, 0.03,
                     "reflection cancels at the negative zeros; libm has none"),
        XGRAD_ROW_OF(erfinv, erfinv_reference(x), -1, 1),
    };
}

template <class T>
struct Worst {
    double ulp = 0;
    T x = 0, y = 0, got = 0;
    Real expected = 0;
};

TEST_CASE_TEMPLATE("simd maths: one argument", T, float, double) {
    for (const Unary<T>& row : unary_table<T>()) {
        Worst<T> worst;
        const std::vector<T> x = samples<T>(row.low, row.high, kRandomSamples, 1);
        for (std::size_t i = 0; i < x.size(); i += L<T>::size) {
            const L<T> y = row.lane(L<T>::load(&x[i]));
            for (std::size_t j = 0; j < L<T>::size; ++j) {
                const Real expected = row.reference(x[i + j]);
                const double ulp = ulps(at(y, j), expected, row.least);
                if (ulp > worst.ulp) worst = {ulp, x[i + j], 0, at(y, j), expected};
            }
        }
        CAPTURE(std::string(row.name));
        CAPTURE(std::string(row.reason));
        CAPTURE(worst.x);
        CAPTURE(worst.got);
        CAPTURE(worst.expected);
        CHECK(worst.ulp <= row.ulp);
    }
}

template <class T>
struct Binary {
    const char* name;
    L<T> (*lane)(L<T>, L<T>);
    Real (*reference)(Real, Real);
    double low, high;
};

template <class T>
std::vector<Binary<T>> binary_table() {
#define XGRAD_ROW2(name, reference, low, high)                                              \
    Binary<T> {                                                                             \
#name, [](L <T> x, L <T> y) -> L < T>                                               \
        { return name(x, y); }, [](Real x, Real y) -> Real { return reference; }, low, high \
    }
    return {
        XGRAD_ROW2(pow, std::pow(x, y), -20, 20),
        XGRAD_ROW2(atan2, std::atan2(x, y), -4, 4),
        XGRAD_ROW2(fmod, std::fmod(x, y), -20, 20),
        XGRAD_ROW2(hypot, std::hypot(x, y), -4, 4),
        XGRAD_ROW2(copysign, std::copysign(x, y), -4, 4),
        // Zeros of both signs are equal, and the second stands.
        XGRAD_ROW2(maximum, x != x || x > y ? x : y, -4, 4),
        XGRAD_ROW2(minimum, x != x || x < y ? x : y, -4, 4),
        XGRAD_ROW2(fmax, y != y || x > y ? x : y, -4, 4),
        XGRAD_ROW2(fmin, y != y || x < y ? x : y, -4, 4),
    };
#undef XGRAD_ROW2
}

TEST_CASE_TEMPLATE("simd maths: two arguments", T, float, double) {
    for (const Binary<T>& row : binary_table<T>()) {
        std::vector<T> x = samples<T>(row.low, row.high, kRandomSamples, 2);
        std::vector<T> y = samples<T>(row.low, row.high, kRandomSamples, 3);
        for (const T a : special_values<T>())
            for (const T b : special_values<T>()) x.push_back(a), y.push_back(b);
        while (x.size() % L<T>::size != 0) x.push_back(1), y.push_back(1);
        Worst<T> worst;
        for (std::size_t i = 0; i < x.size(); i += L<T>::size) {
            const L<T> z = row.lane(L<T>::load(&x[i]), L<T>::load(&y[i]));
            for (std::size_t j = 0; j < L<T>::size; ++j) {
                const Real expected = row.reference(x[i + j], y[i + j]);
                const double ulp = ulps(at(z, j), expected);
                if (ulp > worst.ulp) worst = {ulp, x[i + j], y[i + j], at(z, j), expected};
            }
        }
        CAPTURE(std::string(row.name));
        CAPTURE(worst.x);
        CAPTURE(worst.y);
        CAPTURE(worst.got);
        CAPTURE(worst.expected);
        CHECK(worst.ulp <= 4);
    }
}

/// Values to 22 digits, computed with another program.
TEST_CASE_TEMPLATE("simd maths: stored values", T, float, double) {
    struct Stored {
        const char* name;
        double x;
        Real value;
    };
    constexpr Stored stored[] = {
        {"digamma", 1, -0.5772156649015328606065L},
        {"digamma", 0.5, -1.963510026021423479441L},
        {"digamma", -0.5, 0.03648997397857652055902L},
        {"digamma", -1.5, 0.7031566406452431872257L},
        {"digamma", 1.4616321325302124, -1.203605254910666948788e-8L},
        {"digamma", 1.4616321449683622, -9.241265521729427516792e-17L},
        {"digamma", 1.4616321449683625, 1.224537462200406903132e-16L},
        {"digamma", 1.46875, 0.006865411470735776728139L},
        {"digamma", 1.4921875, 0.02916142639400327022872L},
        {"digamma", 1.4296875, -0.0313723696047761950849L},
        {"digamma", 2, 0.4227843350984671393935L},
        {"digamma", 10, 2.251752589066721107647L},
        {"digamma", 1e10, 23.02585092989045684018L},
        {"digamma", 0x1p-100, -1.267650600228229401497e+30L},
        {"digamma", -2.75, -1.959055264977997009821L},
        {"digamma", -19.25, 6.12485291756510105312L},
        {"erfinv", 0x1p-40, 8.060186932677952551322e-13L},
        {"erfinv", 0.125, 0.1112354518409499591472L},
        {"erfinv", 0.5, 0.4769362762044698733814L},
        {"erfinv", -0.75, -0.8134198475976185416903L},
        {"erfinv", 0.9375, 1.317150334986130748884L},
        {"erfinv", 1 - 0x1p-24, 3.832506856900710909458L},
        {"erfinv", 1 - 0x1p-53, 5.863584748755167927208L},
        {"lgamma", 0.5, 0.5723649429247000870717L},
        {"lgamma", -2.5, -0.05624371649767405067259L},
        {"lgamma", -2.453125, 0.005984427557770196905904L},
        {"lgamma", 100, 359.134205369575398776L},
        {"lgamma", 0x1p-60, 41.58883083359671856453L},
    };
    for (const Unary<T>& row : unary_table<T>())
        for (const Stored& s : stored) {
            if (std::string(row.name) != s.name || static_cast<double>(static_cast<T>(s.x)) != s.x) continue;
            CAPTURE(std::string(s.name));
            CAPTURE(s.x);
            CHECK(ulps(at(row.lane(L<T>(s.x))), s.value) <= 4);
        }
}

TEST_CASE_TEMPLATE("simd maths: values to the bit", T, float, double) {
    const auto pow_of = [](double x, double y) { return at(pow(L<T>(x), L<T>(y))); };
    struct Power {
        double x, y, value;
    };
    constexpr Power powers[] = {
        {0, 0, 1},           {kInfinity, 0, 1},           {kQuiet, 0, 1},         {1, kQuiet, 1},
        {1, kInfinity, 1},   {-1, kInfinity, 1},          {-1, -kInfinity, 1},    {-0.0, 3, -0.0},
        {-0.0, 2, 0},        {-0.0, -3, -kInfinity},      {0, -2, kInfinity},     {-8, 3, -512},
        {-2, 0.5, kQuiet},   {-kInfinity, 3, -kInfinity}, {-kInfinity, -3, -0.0}, {-kInfinity, 0.5, kInfinity},
        {0.5, kInfinity, 0}, {2, -kInfinity, 0},          {2, 10, 1024},          {3, 2, 9},
        {-3, 3, -27},
    };
    for (const Power& p : powers) {
        CAPTURE(p.x);
        CAPTURE(p.y);
        CHECK(same(pow_of(p.x, p.y), static_cast<T>(p.value)));
    }
    for (const auto& row : unary_table<T>()) {  // odd functions keep the sign of a zero and the whole of a denormal
        const std::string name = row.name;
        for (const char* odd : {"expm1", "log1p", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh"}) {
            if (name != odd) continue;
            CAPTURE(name);
            const T tiny = 5 * std::numeric_limits<T>::denorm_min();
            CHECK(same(at(row.lane(L<T>(0.0))), T(0)));
            CHECK(same(at(row.lane(L<T>(-0.0))), -T(0)));
            CHECK(same(at(row.lane(L<T>(tiny))), tiny));
            CHECK(same(at(row.lane(L<T>(-tiny))), -tiny));
        }
    }
    CHECK(same(at(fmod(L<T>(-0.0), 3)), -T(0)));
    CHECK(same(at(fmod(L<T>(-6.0), 3)), -T(0)));
    CHECK(same(at(floor(L<T>(-0.0))), -T(0)));
    CHECK(same(at(ceil(L<T>(-0.5))), -T(0)));
    CHECK(same(at(trunc(L<T>(-0.5))), -T(0)));
    CHECK(same(at(round(L<T>(-0.5))), -T(0)));
    CHECK(same(at(-L<T>(0.0)), -T(0)));
    CHECK(same(at(exp(L<T>(0))), T(1)));
    CHECK(same(at(log10(L<T>(1000))), T(3)));
    CHECK(same(at(log2(L<T>(0.125))), T(-3)));
    CHECK(same(at(exp(L<float>(-100))), std::bit_cast<float>(27U)));
    CHECK(same(at(sigmoid(L<float>(-100))), std::bit_cast<float>(27U)));
    // 1 + 2^-p squared needs one more bit than a product has.
    const double e = std::numeric_limits<T>::epsilon();
    CHECK(same(at(fma(L<T>(1 + e), L<T>(1 + e), L<T>(-1 - 2 * e))), static_cast<T>(e * e)));
}

/// A value must not depend on its position, on its neighbours, or on being in a tail.
TEST_CASE_TEMPLATE("simd maths: positions and tails", T, float, double) {
    constexpr std::size_t size = L<T>::size;
    const std::vector<T> values = samples<T>(-3, 3, 20, 4);
    const std::vector<T> neighbours = special_values<T>();
    std::vector<std::pair<std::string, std::function<L<T>(L<T>)>>> functions;
    for (const Unary<T>& row : unary_table<T>()) functions.emplace_back(row.name, row.lane);
    for (const Binary<T>& row : binary_table<T>())
        functions.emplace_back(row.name, [f = row.lane](L<T> x) { return f(x, L<T>(1.75)); });
    for (const auto& function : functions) {
        const auto& f = function.second;
        CAPTURE(function.first);
        int different = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const T expected = at(f(L<T>(static_cast<double>(values[i]))));
            for (std::size_t position = 0; position < size; ++position) {
                std::array<T, size> x;
                for (std::size_t j = 0; j < size; ++j) x[j] = neighbours[(i + j) % neighbours.size()];
                x[position] = values[i];
                different += !same(at(f(L<T>::load(x.data())), position), expected);
                if (position + 1 == size) continue;
                std::array<T, size> tail;
                tail.fill(T(-7));
                f(L<T>::load_partial(x.data(), position + 1)).store_partial(tail.data(), position + 1);
                different += !same(tail[position], expected);
                different += tail[position + 1] != T(-7);
            }
        }
        CHECK(different == 0);
    }
}

}  // namespace
}  // namespace xgrad::simd
