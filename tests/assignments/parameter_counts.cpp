// Assignment 2, tasks 2d, 4d and 4e: how many parameters a network has, counted by the library, and what the reports
// say. There are two conventions: one 1 in the input that carries all biases (the course's "bias trick": the layers
// above have none), or biases in every layer. Report 004 counts a third one.

#include <doctest/doctest.h>

#include <cstdlib>

#include "network.h"

using namespace assignments;

namespace {

using Units = std::vector<std::int64_t>;

Units ten_layers() {
    Units units(10, 64);
    units.push_back(10);
    return units;
}

std::int64_t count(const Units& units, Biases biases) { return Network(units, biases)->count(); }

}  // namespace

TEST_CASE("counts of every network under both conventions") {
    const struct {
        Units units;
        std::int64_t in_input, everywhere;
    } rows[] = {
        {{10}, 7850, 7850},  // softmax regression
        {{64, 10}, 50880, 50890},     {{32, 10}, 25440, 25450},     {{128, 10}, 101760, 101770},
        {{32, 32, 10}, 26464, 26506}, {{59, 59, 10}, 50386, 50455}, {{60, 60, 10}, 51300, 51370},
        {{64, 64, 10}, 54976, 55050}, {ten_layers(), 87744, 88330},
    };
    for (const auto& row : rows) {
        CAPTURE(row.units.size());
        CAPTURE(row.units.front());
        CHECK(count(row.units, Biases::kInInput) == row.in_input);
        CHECK(count(row.units, Biases::kEverywhere) == row.everywhere);
    }
}

TEST_CASE("counts in the reports that are right") {
    CHECK(784 * 64 + 64 + 64 * 10 + 10 == count({64, 10}, Biases::kEverywhere));                           // 003, 2d
    CHECK((784 * 64 + 64) + (64 * 64 + 64) + (64 * 10 + 10) == count({64, 64, 10}, Biases::kEverywhere));  // 003, 4d
    CHECK(784 * 64 + 64 * 10 + 64 == count({64, 10}, Biases::kInInput));                                   // 004, 2d
    CHECK(784 * 60 + 60 * 60 + 60 * 10 + 60 == count({60, 60, 10}, Biases::kInInput));                     // 004, 4d
}

TEST_CASE("counts in the reports that are wrong, and by what") {
    const struct {
        std::string where;
        Units units;
        std::int64_t claimed;
        std::int64_t too_many;  // against biases in the input
        std::int64_t too_many_everywhere;
    } rows[] = {
        // The sum of 784 * 64 + 64 and 640 is right, and the 2000 after it has no source.
        {"002, 2d: (50240 + 640) + 2000", {64, 10}, (50240 + 640) + 2000, 2000, 1990},
        // The same number for a network half as large.
        {"002, 4d: 52880 for 2 x 32", {32, 32, 10}, 52880, 26416, 26374},
        // 785 * 64 has the first layer's biases already: 64 too many; and 64 biases for ten outputs: 54 too many.
        {"003, 4e", ten_layers(), 785 * 64 + 64 + (64 * 64 + 64) * 9 + 64 * 10 + 64, 704, 64 + 54},
    };
    for (const auto& row : rows) {
        CAPTURE(row.where);
        CHECK(row.claimed - count(row.units, Biases::kInInput) == row.too_many);
        CHECK(row.claimed - count(row.units, Biases::kEverywhere) == row.too_many_everywhere);
        CHECK(row.claimed != count(row.units, Biases::kHidden));
    }
    CHECK(785 * 64 + 64 + (64 * 64 + 64) * 9 + 64 * 10 + 64 == 88448);  // the sum itself is right
}

TEST_CASE("004, 4d: the approach of 2d, one bias for each hidden unit, would give 51360") {
    CHECK(count({64, 10}, Biases::kHidden) == 50880);
    CHECK(count({60, 60, 10}, Biases::kHidden) == 51360);
}

TEST_CASE("4d: the two equal hidden layers that come nearest to the network of task 3") {
    const auto nearest = [](Biases biases) {
        const std::int64_t wanted = count({64, 10}, biases);
        std::int64_t best = 1;
        for (std::int64_t n = 2; n <= 80; ++n)
            if (std::abs(count({n, n, 10}, biases) - wanted) < std::abs(count({best, best, 10}, biases) - wanted))
                best = n;
        return best;
    };
    CHECK(nearest(Biases::kInInput) == 60);
    CHECK(nearest(Biases::kEverywhere) == 59);
}

TEST_CASE("the count is that of the numbers in the layers") {
    const Network network(Units{64, 10}, Biases::kEverywhere);
    std::vector<std::int64_t> sizes;
    for (const auto& p : network->named_parameters()) sizes.push_back(p.value().numel());
    CHECK(sizes == std::vector<std::int64_t>{784 * 64, 64, 64 * 10, 10});
}
