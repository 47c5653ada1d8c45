#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include "lane_samples.h"

namespace xgrad::simd {
namespace {

TEST_CASE_TEMPLATE("lane: comparisons, masks and where", T, float, double) {
    for (const T a : special_values<T>())
        for (const T b : special_values<T>()) {
            const L<T> x(static_cast<double>(a)), y(static_cast<double>(b));
            CAPTURE(a);
            CAPTURE(b);
            CHECK(at(x < y) == (a < b));
            CHECK(at(x <= y) == (a <= b));
            CHECK(at(x > y) == (a > b));
            CHECK(at(x >= y) == (a >= b));
            CHECK(at(x == y) == (a == b));
            CHECK(at(x != y) == (a != b));
            CHECK(same(at(where(x < y, x, y)), a < b ? a : b));
            CHECK(same(at(where(x == x, x, 2.0)), a == a ? a : T(2)));
            CHECK(same(at(where(x > 1, 1, 0.0)), a > 1 ? T(1) : T(0)));
        }
    for (const T a : special_values<T>()) {
        const L<T> x(static_cast<double>(a));
        CHECK(at(isnan(x)) == (a != a));
        CHECK(at(isinf(x)) == (std::fabs(a) == T(kInfinity)));
        CHECK(at(isfinite(x)) == (std::fabs(a) < T(kInfinity)));
    }
    constexpr std::size_t size = L<T>::size;
    std::array<T, size> values;
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<T>(i);
    const L<T> x = L<T>::load(values.data());
    const M<T> low = x < 1, high = x >= static_cast<double>(size - 1), none = x < 0;
    for (std::size_t i = 0; i < size; ++i) {
        const bool a = i == 0, b = i == size - 1;
        CHECK(at(low, i) == a);
        CHECK(at(low & high, i) == (a && b));
        CHECK(at(low | high, i) == (a || b));
        CHECK(at(low ^ high, i) == (a != b));
        CHECK(at(low ^ low, i) == false);
        CHECK(at(!low, i) == !a);
    }
    CHECK(any(low));
    CHECK_FALSE(any(none));
    CHECK(all(!none));
    CHECK_FALSE(all(low));
    std::array<bool, size + 1> stored;
    stored.fill(true);
    none.store_partial(stored.data(), size - 1);
    CHECK(std::count(stored.begin(), stored.end(), true) == 2);
}

TEST_CASE_TEMPLATE("lane: operators and constants", T, float, double) {
    const L<T> x(3);
    CHECK(at(x + 2) == 5);
    CHECK(at(2 - x) == -1);
    CHECK(at(2.0 * x) == 6);
    CHECK(at(1 / x) == T(1) / T(3));
    CHECK(at(x / 0.1) == T(3) / T(0.1));
    CHECK(at(+x) == 3);
    L<T> y = x;
    y += 1;
    y *= x;
    y -= 2.5;
    y /= 2;
    CHECK(at(y) == T(4.75));
    CHECK(at(pow(x, 2)) == 9);
    CHECK(at(pow(2.0, x)) == 8);
    CHECK(at(maximum(x, 4.0)) == 4);
    CHECK(at(minimum(4.0, x)) == 3);
    CHECK(at(hypot(x, 4)) == 5);
}

}  // namespace
}  // namespace xgrad::simd

namespace xgrad::ops {
namespace {

using namespace xgrad::simd;

/// A formula elsewhere: lanes are found by argument-dependent lookup, numbers by the using directive.
struct Formula {
    template <class V>
    auto operator()(V x) const {
        return where(x > 0, square(x), 0) + abs(x) + maximum(x, 1) - minimum(x, 5) + sign(x);
    }
};

TEST_CASE("simd maths: one formula for lanes and numbers") {
    for (const int x : {0, 1, 3, 9}) {
        const int expected = x * x + x + std::max(x, 1) - std::min(x, 5) + (x > 0);
        CAPTURE(x);
        CHECK(Formula()(static_cast<float>(x)) == static_cast<float>(expected));
        CHECK(Formula()(static_cast<double>(x)) == expected);
        CHECK(Formula()(static_cast<std::int64_t>(x)) == expected);
        CHECK(Formula()(static_cast<std::int32_t>(x)) == expected);
        CHECK(Formula()(static_cast<std::uint8_t>(x)) == expected);
        CHECK(xgrad::simd::at(Formula()(xgrad::simd::L<float>(x))) == static_cast<float>(expected));
        CHECK(xgrad::simd::at(Formula()(xgrad::simd::L<double>(x))) == expected);
    }
}

TEST_CASE("simd maths: plain numbers") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(isnan(maximum(nan, 1.0)));
    CHECK(isnan(maximum(1.0, nan)));
    CHECK(isnan(minimum(1.0F, static_cast<float>(nan))));
    CHECK(fmax(nan, 1.0) == 1);
    CHECK(sign(nan) == 0);
    CHECK(round(2.5) == 2);
    CHECK(round(std::int64_t{7}) == 7);
    CHECK(sigmoid(-100.0F) == std::bit_cast<float>(27U));
    CHECK(sigmoid(1000.0) == 1);
    CHECK(log1pexp(1000.0) == 1000);
    CHECK(abs(std::int64_t{-5}) == 5);
    CHECK(abs(std::uint8_t{200}) == 200);
    CHECK(abs(std::numeric_limits<std::int32_t>::min()) == std::numeric_limits<std::int32_t>::min());
    CHECK(pow(std::int64_t{-3}, std::int64_t{3}) == -27);
    CHECK(pow(std::int64_t{-1}, std::int64_t{-3}) == -1);
    CHECK(pow(std::int64_t{2}, std::int64_t{-1}) == 0);
    CHECK(pow(std::int64_t{3}, std::int64_t{40}) == static_cast<std::int64_t>(12157665459056928801ULL));  // modulo 2^64
    CHECK(pow(2.0F, 3) == 8);
    CHECK(isinf(-std::numeric_limits<float>::infinity()));
    CHECK(isfinite(std::int32_t{1}));
}

}  // namespace
}  // namespace xgrad::ops
