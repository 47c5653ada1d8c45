#include "fills.h"

#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace fills;

TEST_CASE("a fill in pieces is the fill at once") {
    const std::int64_t n = 5000;
    const auto whole_float = uniform<float>(Generator(3), n, -2, 5);
    const auto whole_double = uniform<double>(Generator(3), n, -2, 5);
    for (const std::int64_t piece : {1, 2, 311, 624, 625, 1024}) {
        CAPTURE(piece);
        const Generator f(3), d(3);
        std::vector<float> by_float(at(n));
        std::vector<double> by_double(at(n));
        for (std::int64_t i = 0; i < n; i += piece) {
            fill::uniform(by_float.data() + i, std::min(piece, n - i), -2, 5, f);
            fill::uniform(by_double.data() + i, std::min(piece, n - i), -2, 5, d);
        }
        CHECK(by_float == whole_float);
        CHECK(by_double == whole_double);
    }
}

TEST_CASE("normals of many sizes follow the rule of blocks and pairs") {
    const double two_pi = 2 * std::numbers::pi;
    for (const std::int64_t n : {16, 17, 31, 32, 33, 512, 527, 20001}) {
        CAPTURE(n);
        const auto by_float = normal<float>(Generator(11), n);
        const auto by_double = normal<double>(Generator(11), n, 1, 2);
        const auto uf = uniform<float>(Generator(11), n + 16);
        const auto ud = uniform<double>(Generator(11), n + 16);
        const std::int64_t kept = n % 16 == 0 ? n : n - 16;
        std::int64_t wrong = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            // In the redrawn tail both the place in the block and the draw count from the end.
            const std::int64_t block = i < kept ? i / 16 * 16 : n;
            const std::int64_t j = i < kept ? i % 16 : i - kept;
            const std::size_t first = at(block + j % 8), second = at(block + j % 8 + 8);
            const double rf = std::sqrt(-2 * std::log(double{1 - uf[first]}));
            const double tf = double{static_cast<float>(two_pi) * uf[second]};
            const double rd = std::sqrt(-2 * std::log(1 - ud[first]));
            const double ef = rf * (j < 8 ? std::cos(tf) : std::sin(tf));
            const double ed = rd * (j < 8 ? std::cos(two_pi * ud[second]) : std::sin(two_pi * ud[second])) * 2 + 1;
            wrong += !(std::abs(by_float[at(i)] - ef) <= 1e-6 * std::abs(ef) + 1e-12);
            wrong += !(std::abs(by_double[at(i)] - ed) <= 1e-14 * std::max(1.0, std::abs(ed)));
        }
        CHECK(wrong == 0);
    }
    std::vector<double> pairs(40), halves(40);
    fill::normal_by_pairs(pairs.data(), 40, 0, 1, Generator(11));
    const Generator g(11);
    for (std::int64_t i = 0; i < 40; i += 5) fill::normal(halves.data() + i, 5, 0, 1, g);
    CHECK(pairs == halves);
}

TEST_CASE("a range of 2^28 and more takes 64 bits, in every dtype") {
    const auto check = [](auto zero) {
        using T = decltype(zero);
        for (const std::int64_t range : {std::int64_t{1} << 28, (std::int64_t{1} << 28) - 1}) {
            const bool wide = range == std::int64_t{1} << 28;
            const auto got = randint<T>(Generator(5), 100, -3, range - 3);
            const Generator g(5);
            for (const T x : got) {
                const auto r =
                    static_cast<std::int64_t>((wide ? g.random64() : g.random()) % static_cast<std::uint64_t>(range));
                REQUIRE(x == static_cast<T>(r - 3));
            }
        }
    };
    check(std::int64_t{});
    check(std::int32_t{});
    check(float{});
    check(double{});
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    const auto far = randint<std::int64_t>(Generator(5), 1000, kMin, kMax);
    CHECK(std::any_of(far.begin(), far.end(), [](std::int64_t x) { return x < kMin / 2; }));
    CHECK(std::any_of(far.begin(), far.end(), [](std::int64_t x) { return x > kMax / 2; }));
}

TEST_CASE("small dtypes reach all of their values and no other") {
    const auto values = [](const auto& v) { return std::set<double>(v.begin(), v.end()); };
    CHECK(values(randint<std::uint8_t>(Generator(1), 10000, 250, 256)) ==
          std::set<double>{250, 251, 252, 253, 254, 255});
    bool flags[1000];
    fill::random_from_to(flags, 1000, 2, 0, Generator(1));
    CHECK(std::set<bool>(flags, flags + 1000).size() == 2);
    fill::random_full(flags, 1000, Generator(1));
    CHECK(std::set<bool>(flags, flags + 1000).size() == 2);
    std::vector<std::uint8_t> bytes(20000);
    fill::random_full(bytes.data(), 20000, Generator(1));
    CHECK(values(bytes).size() == 256);
}

TEST_CASE("random_ without bounds") {
    const auto first = [](auto zero) {
        fill::random_full(&zero, 1, Generator(9));
        return zero;
    };
    const std::uint64_t narrow = Generator(9).random(), wide = Generator(9).random64();
    CHECK(first(std::int64_t{}) == static_cast<std::int64_t>(wide % (std::uint64_t{1} << 63)));
    CHECK(first(std::int32_t{}) == static_cast<std::int32_t>(narrow % (std::uint64_t{1} << 31)));
    CHECK(first(std::uint8_t{}) == narrow % 256);
    CHECK(first(bool{}) == (narrow % 2 == 1));
    CHECK(first(float{}) == static_cast<float>(narrow % ((1u << 24) + 1)));
    CHECK(first(double{}) == static_cast<double>(wide % ((std::uint64_t{1} << 53) + 1)));
}

TEST_CASE("permutations") {
    for (const std::int64_t n : {0, 1, 2, 255, 1000}) {
        auto p = randperm(Generator(4), n);
        if (n > 2) CHECK_FALSE(std::is_sorted(p.begin(), p.end()));
        std::vector<std::int32_t> narrow(at(n));
        fill::randperm(narrow.data(), n, Generator(4));
        CHECK(widen(narrow) == widen(p));
        std::sort(p.begin(), p.end());
        std::vector<std::int64_t> all(at(n));
        std::iota(all.begin(), all.end(), 0);
        CHECK(p == all);
    }
}

TEST_CASE("bernoulli gives one mask in every dtype") {
    const auto mask = widen(bernoulli<float>(Generator(2), 1000, 0.7));
    CHECK(widen(bernoulli<double>(Generator(2), 1000, 0.7)) == mask);
    CHECK(widen(bernoulli<std::int64_t>(Generator(2), 1000, 0.7)) == mask);
    CHECK(widen(bernoulli<std::uint8_t>(Generator(2), 1000, 0.7)) == mask);
    CHECK(std::accumulate(mask.begin(), mask.end(), 0.0) == doctest::Approx(700).epsilon(0.1));
    const std::vector<double> p(1000, 0.7);
    std::vector<std::int32_t> by_tensor(1000);
    fill::bernoulli_tensor(by_tensor.data(), p.data(), 1000, Generator(2));
    CHECK(widen(by_tensor) == mask);  // of doubles it draws as the scalar form
    CHECK(widen(bernoulli<float>(Generator(2), 100, 0)) == Doubles(100, 0.0));
    CHECK(widen(bernoulli<float>(Generator(2), 100, 1)) == Doubles(100, 1.0));
}

TEST_CASE("multinomial") {
    const std::vector<double> weights{0, 1, 3, 0, 6, 2, 2, 2, 0, 0};  // two rows of five
    const Generator g(8);
    std::vector<std::int64_t> out(2 * 10000);
    const auto share = [&](std::int64_t row, std::int64_t category) {
        const auto begin = out.begin() + row * 10000;
        return static_cast<double>(std::count(begin, begin + 10000, category)) / 10000;
    };
    SUBCASE("with replacement") { fill::multinomial(out.data(), weights.data(), 2, 5, 10000, true, g); }
    SUBCASE("single samples, which replacement does not concern") {
        const Generator same(8);
        for (std::int64_t i = 0; i < 20000; ++i) {
            std::int64_t expected = 0;
            fill::multinomial(&out[at(i)], weights.data() + i / 10000 * 5, 1, 5, 1, true, g);
            fill::multinomial(&expected, weights.data() + i / 10000 * 5, 1, 5, 1, false, same);
            REQUIRE(out[at(i)] == expected);
        }
    }
    SUBCASE("the first without replacement") {
        for (std::int64_t i = 0; i < 20000; ++i) {
            std::int64_t three[3];
            fill::multinomial(three, weights.data() + i / 10000 * 5, 1, 5, 3, false, g);
            REQUIRE(std::set<std::int64_t>(three, three + 3).size() == 3);
            REQUIRE(std::all_of(three, three + 3, [&](std::int64_t c) { return weights[at(i / 10000 * 5 + c)] > 0; }));
            out[at(i)] = three[0];
        }
    }
    for (std::int64_t i = 0; i < 10; ++i) {
        const double sum = i < 5 ? 10 : 6;
        CAPTURE(i);
        CHECK(std::abs(share(i / 5, i % 5) - weights[at(i)] / sum) < (weights[at(i)] == 0 ? 1e-9 : 0.02));
    }
}

TEST_CASE("bad arguments draw and write nothing") {
    const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
    std::vector<float> f(4, 7.0f);
    std::vector<std::int64_t> l(4, 7);
    std::vector<std::uint8_t> b(4, 7);
    const Generator g(1);
    using Floats = std::vector<float>;
    const auto multinomial = [&](const Floats& weights, std::int64_t samples, bool replacement) {
        fill::multinomial(l.data(), weights.data(), 1, static_cast<std::int64_t>(weights.size()), samples, replacement,
                          g);
    };
    const std::vector<std::pair<const char*, std::function<void()>>> cases{
        {"[uniform_] expects to return a [from, to) range", [&] { fill::uniform(f.data(), 4, 2, 1, g); }},
        {"[uniform_]", [&] { fill::uniform(f.data(), 4, nan, 1, g); }},
        {"[uniform_]", [&] { fill::uniform(f.data(), 4, 0, nan, g); }},
        {"[uniform_]", [&] { fill::uniform(f.data(), 4, -3e38, 3e38, g); }},
        {"[uniform_]", [&] { fill::uniform(f.data(), 4, 1e300, 2e300, g); }},
        {"[uniform_]", [&] { fill::uniform(f.data(), 4, 0, inf, g); }},
        {"[normal_] normal expects std >= 0.0", [&] { fill::normal(f.data(), 4, 0, -1, g); }},
        {"[normal_]", [&] { fill::normal_by_pairs(f.data(), 4, 0, nan, g); }},
        {"[exponential_] expects lambda > 0.0", [&] { fill::exponential(f.data(), 4, 0, g); }},
        {"[exponential_]", [&] { fill::exponential(f.data(), 4, nan, g); }},
        {"[bernoulli_] expects p to be in [0, 1]", [&] { fill::bernoulli(f.data(), 4, 1.5, g); }},
        {"[bernoulli_]", [&] { fill::bernoulli(f.data(), 4, nan, g); }},
        {"[bernoulli] ",
         [&] {
             fill::bernoulli_tensor(f.data(), Floats{0, 1, -0.1f, 0}.data(), 4, g);
         }},
        {"[random_] expects 'from' to be less than 'to'", [&] { fill::random_from_to(l.data(), 4, 0, 3, g); }},
        {"[random_]", [&] { fill::random_from_to(b.data(), 4, 257, 0, g); }},
        {"[random_]", [&] { fill::random_from_to(b.data(), 4, 2, -1, g); }},
        {"[random_]", [&] { fill::random_from_to(l.data(), 4, std::uint64_t{1} << 63, 1, g); }},
        {"[randperm] n must be non-negative", [&] { fill::randperm(l.data(), -1, g); }},
        {"[randperm]", [&] { fill::randperm(b.data(), 256, g); }},
        {"[multinomial] cannot sample n_sample <= 0",
         [&] {
             multinomial({1, 1}, 0, true);
         }},
        {"[multinomial] cannot sample n_sample > ",
         [&] {
             multinomial({1, 1}, 3, false);
         }},
        {"[multinomial] probability tensor contains",
         [&] {
             multinomial({1, -1}, 2, true);
         }},
        {"[multinomial] probability tensor contains",
         [&] {
             multinomial({1, std::nanf("")}, 1, true);
         }},
        {"[multinomial] invalid multinomial distribution",
         [&] {
             multinomial({0, 0}, 2, true);
         }},
        {"[multinomial]", [&] { multinomial({}, 2, true); }},
        {"[multinomial]",
         [&] {
             multinomial({3e38f, 3e38f}, 2, true);
         }},
    };
    const auto before = g.get_state();
    for (const auto& [expected, run] : cases) {
        const std::string text = expected;
        CAPTURE(text);
        std::string message;
        try {
            run();
        } catch (const xgrad::ValueError& error) {
            message = error.what();
        }
        CHECK(message.substr(0, text.size()) == text);
        CHECK(g.get_state() == before);
    }
    CHECK(f == Floats(4, 7.0f));
    CHECK(l == std::vector<std::int64_t>(4, 7));
    CHECK(b == std::vector<std::uint8_t>(4, 7));
}
