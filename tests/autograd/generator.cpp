#include "fills.h"

#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>

#include <algorithm>
#include <cstdint>
#include <latch>
#include <numeric>
#include <optional>
#include <random>
#include <thread>
#include <vector>

using namespace fills;

TEST_CASE("the raw stream is MT19937's") {
    for (const std::uint32_t seed : {0u, 1u, 5489u, 0xffffffffu}) {
        const Generator g(seed);
        std::mt19937 expected(seed);
        for (int i = 0; i < 2000; ++i) REQUIRE(g.random() == expected());
        const std::uint64_t high = expected();
        CHECK(g.random64() == ((high << 32) | expected()));
    }
    CHECK(Generator((std::uint64_t{7} << 32) + 3).random() == std::mt19937(3)());
    CHECK(Generator((std::uint64_t{7} << 32) + 3).current_seed() == (std::uint64_t{7} << 32) + 3);
}

TEST_CASE("seeding drops the kept normal, other draws leave it") {
    const Generator g(0);
    normal<float>(g, 1);
    REQUIRE(g.next_double_normal_sample().has_value());
    const double kept = *g.next_double_normal_sample();
    uniform<float>(g, 3);
    normal<float>(g, 16);
    CHECK(normal<double>(g, 1)[0] == kept);
    CHECK_FALSE(g.next_double_normal_sample().has_value());
    normal<float>(g, 1);
    g.set_current_seed(0);
    CHECK_FALSE(g.next_double_normal_sample().has_value());
    CHECK(normal<float>(g, 5) == normal<float>(Generator(0), 5));
}

TEST_CASE("handles share, clones do not, states come back") {
    const Generator g(42);
    for (int i = 0; i < 700; ++i) g.random();
    normal<float>(g, 1);
    g.set_next_float_normal_sample(0.5f);
    const Generator handle = g, clone = g.clone();
    CHECK(handle == g);
    CHECK_FALSE(clone == g);
    CHECK(clone.current_seed() == 42);
    const auto state = g.get_state();
    CHECK(state.size() == 5056);
    CHECK(clone.get_state() == state);
    const auto next = normal<float>(g, 9);
    CHECK(handle.random() != clone.random());
    clone.set_state(state);
    CHECK(normal<float>(clone, 9) == next);
    CHECK(clone.next_float_normal_sample() == std::optional(0.5f));
    g.set_state(state);
    CHECK(normal<float>(handle, 9) == next);
    for (const int used : {0, 1, 623, 624, 625}) {
        CAPTURE(used);
        const Generator a(6), b(7);
        for (int i = 0; i < used; ++i) a.random();
        b.set_state(a.get_state());
        CHECK(uniform<float>(a, 700) == uniform<float>(b, 700));
        CHECK(b.current_seed() == 6);
    }
}

TEST_CASE("bytes that are no state") {
    const Generator g(1);
    g.random();
    const auto good = g.get_state();
    constexpr std::size_t kLeft = 8, kSeeded = 12, kNext = 16, kWord = 24;
    const auto rejects = [&](std::vector<std::uint8_t> bytes) {
        CHECK_THROWS_AS(g.set_state(bytes), xgrad::ValueError);
        CHECK(g.get_state() == good);
    };
    const auto with = [&](std::size_t offset, std::uint8_t value) {
        auto bytes = good;
        bytes[offset] = value;
        return bytes;
    };
    rejects({});
    rejects(std::vector<std::uint8_t>(5055));
    rejects(std::vector<std::uint8_t>(5057));
    rejects(std::vector<std::uint8_t>(5056));
    rejects(with(kSeeded, 0));
    rejects(with(kLeft, 5));
    rejects(with(kLeft + 3, 0x80));
    rejects(with(kNext, 0));
    rejects(with(kNext + 7, 0xff));
    rejects(with(kWord + 4, 1));
    auto wrapped = with(kLeft, 0);  // left = 768 and next = 2^64 - 143, whose sum is 625 as well
    wrapped[kLeft + 1] = 3;
    std::fill_n(wrapped.begin() + kNext, 8, std::uint8_t{0xff});
    wrapped[kNext] = 0x71;
    rejects(wrapped);
    // A generator that PyTorch has just seeded has none left and stands at word 0.
    auto fresh = Generator(1).get_state();
    std::fill_n(fresh.begin() + kNext, 8, std::uint8_t{0});
    g.set_state(fresh);
    CHECK(g.random() == Generator(1).random());
}

TEST_CASE("the default generator") {
    CHECK(&xgrad::default_generator() == &xgrad::default_generator());
    xgrad::manual_seed(7);
    CHECK(xgrad::default_generator().current_seed() == 7);
    const auto expected = uniform<float>(Generator(7), 10);
    CHECK(uniform<float>(Generator(), 10) == expected);  // an undefined handle stands for it
    xgrad::manual_seed(7);
    CHECK(uniform<float>(fill::generator_or_default(std::nullopt), 10) == expected);
    CHECK(fill::generator_or_default(Generator()) == xgrad::default_generator());
    const std::optional<Generator> own = fill::createCPUGenerator(7);
    CHECK(fill::generator_or_default(own) == *own);
    CHECK(fill::createCPUGenerator().current_seed() == xgrad::kDefaultSeed);
    CHECK_FALSE(Generator().defined());
    CHECK_THROWS_AS(Generator().random(), xgrad::ValueError);
    CHECK_THROWS_AS(Generator().mutex(), xgrad::ValueError);
    const Generator g(1);
    const std::uint64_t seed = g.seed();
    CHECK(seed == g.current_seed());
    CHECK(seed < std::uint64_t{1} << 53);
    CHECK(seed != g.seed());
    CHECK(g.manual_seed(3).random() == Generator(3).random());
}

TEST_CASE("threads share a generator" * doctest::test_suite("threads")) {
    constexpr std::int64_t kThreads = 4, kPieces = 4000, kPiece = 256, kRange = 1 << 27;
    const Generator g(12);
    std::latch start(kThreads);
    std::vector<std::int64_t> sums(kThreads);
    std::vector<std::thread> threads;
    for (std::int64_t& sum : sums) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (std::int64_t i = 0; i < kPieces; ++i) {
                const auto piece = randint<std::int64_t>(g, kPiece, 0, kRange);
                sum = std::accumulate(piece.begin(), piece.end(), sum);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    // Who draws what is open; that every number is drawn once is not.
    const auto expected = randint<std::int64_t>(Generator(12), kThreads * kPieces * kPiece, 0, kRange);
    CHECK(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}) ==
          std::accumulate(expected.begin(), expected.end(), std::int64_t{0}));
}
