#include "fills.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace fills;

namespace {

std::string data_file(const std::string& name) {
#ifdef XGRAD_TEST_DATA_DIR
    return std::string(XGRAD_TEST_DATA_DIR) + "/" + name;
#else
    const std::string here = __FILE__;
    return here.substr(0, here.rfind("autograd")) + "data/" + name;
#endif
}

std::vector<float> kaiming_uniform(const Generator& g, std::int64_t n, double fan_in, double a) {
    const double bound = std::sqrt(3.0) * (std::sqrt(2.0 / (1 + a * a)) / std::sqrt(fan_in));
    return uniform<float>(g, n, -bound, bound);
}

/// A matrix with orthonormal columns: the Q of a QR decomposition whose R has a positive diagonal.
Doubles orthogonal(const Generator& g, std::size_t rows, std::size_t columns) {
    Doubles q = widen(normal<float>(g, static_cast<std::int64_t>(rows * columns)));
    const auto dot = [&](std::size_t a, std::size_t b) {
        double sum = 0;
        for (std::size_t i = 0; i < rows; ++i) sum += q[i * columns + a] * q[i * columns + b];
        return sum;
    };
    for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t k = 0; k < c; ++k) {
            const double share = dot(c, k);
            for (std::size_t i = 0; i < rows; ++i) q[i * columns + c] -= share * q[i * columns + k];
        }
        const double length = std::sqrt(dot(c, c));
        for (std::size_t i = 0; i < rows; ++i) q[i * columns + c] /= length;
    }
    return q;
}

enum class Kind { kExact, kExactFloat, kFloat, kDouble };

struct Call {
    Kind kind;
    std::function<Doubles(const Generator&)> run;
};

/// What every call named in the reference file is, in terms of fills of memory.
const std::map<std::string, Call>& calls() {
    using G = const Generator&;
    static const std::map<std::string, Call> table{
        {"rand({3})", {Kind::kExactFloat, [](G g) { return widen(uniform<float>(g, 3)); }}},
        {"rand({5}, float64)", {Kind::kExact, [](G g) { return uniform<double>(g, 5); }}},
        {"randn({5})", {Kind::kFloat, [](G g) { return widen(normal<float>(g, 5)); }}},
        {"randn({16})", {Kind::kFloat, [](G g) { return widen(normal<float>(g, 16)); }}},
        {"randn({21})", {Kind::kFloat, [](G g) { return widen(normal<float>(g, 21)); }}},
        {"randn({5}, float64)", {Kind::kDouble, [](G g) { return normal<double>(g, 5); }}},
        {"randn({18}, float64)", {Kind::kDouble, [](G g) { return normal<double>(g, 18); }}},
        {"randn({3}) then randn({3}), joined",
         {Kind::kFloat,
          [](G g) {
              Doubles joined = widen(normal<float>(g, 3));
              for (const float x : normal<float>(g, 3)) joined.push_back(x);
              return joined;
          }}},
        {"randint(0, 10, {8})", {Kind::kExact, [](G g) { return widen(randint<std::int64_t>(g, 8, 0, 10)); }}},
        {"randint(-5, 2^40, {6})",
         {Kind::kExact, [](G g) { return widen(randint<std::int64_t>(g, 6, -5, std::int64_t{1} << 40)); }}},
        {"randint(0, 2^30, {4})", {Kind::kExact, [](G g) { return widen(randint<std::int64_t>(g, 4, 0, 1 << 30)); }}},
        {"randperm(10)", {Kind::kExact, [](G g) { return widen(randperm(g, 10)); }}},
        {"randperm(70000)", {Kind::kExact, [](G g) { return widen(randperm(g, 70000)); }}},
        {"empty({6}).bernoulli_(0.3)", {Kind::kExact, [](G g) { return widen(bernoulli<float>(g, 6, 0.3)); }}},
        {"bernoulli(full({6}, 0.3))",
         {Kind::kExact,
          [](G g) {
              std::vector<float> v(6, 0.3f);
              fill::bernoulli_tensor(v.data(), v.data(), 6, g);
              return widen(v);
          }}},
        {"dropout(ones({20}), 0.25, true)",
         {Kind::kExactFloat,
          [](G g) {
              std::vector<float> mask = bernoulli<float>(g, 20, 1 - 0.25);
              for (float& x : mask) x /= static_cast<float>(1 - 0.25);
              return widen(mask);
          }}},
        {"empty({5}).uniform_(-1, 1)", {Kind::kExactFloat, [](G g) { return widen(uniform<float>(g, 5, -1, 1)); }}},
        {"empty({5}).normal_(2, 3)", {Kind::kFloat, [](G g) { return widen(normal<float>(g, 5, 2, 3)); }}},
        {"empty({4}).exponential_(1.5)",
         {Kind::kFloat,
          [](G g) {
              std::vector<float> v(4);
              fill::exponential(v.data(), 4, 1.5, g);
              return widen(v);
          }}},
        {"multinomial({.1,.2,.3,.4}, 6, true)",
         {Kind::kExact,
          [](G g) {
              const std::vector<float> weights{.1f, .2f, .3f, .4f};
              std::vector<std::int64_t> v(6);
              fill::multinomial(v.data(), weights.data(), 1, 4, 6, true, g);
              return widen(v);
          }}},
        {"nn::Linear(4, 3) weight",
         {Kind::kExactFloat, [](G g) { return widen(kaiming_uniform(g, 12, 4, std::sqrt(5.0))); }}},
        {"nn::Linear(4, 3) bias",
         {Kind::kExactFloat,
          [](G g) {
              kaiming_uniform(g, 12, 4, std::sqrt(5.0));
              return widen(uniform<float>(g, 3, -0.5, 0.5));
          }}},
        {"nn::Linear(784, 64) weight",
         {Kind::kExactFloat, [](G g) { return widen(kaiming_uniform(g, 64 * 784, 784, std::sqrt(5.0))); }}},
        {"xavier_normal_(empty({6, 5}))",
         {Kind::kFloat, [](G g) { return widen(normal<float>(g, 30, 0, std::sqrt(2.0 / (6 + 5)))); }}},
        {"kaiming_uniform_(empty({6, 5}))",
         {Kind::kExactFloat, [](G g) { return widen(kaiming_uniform(g, 30, 5, 0)); }}},
        {"orthogonal_(empty({4, 3}))", {Kind::kFloat, [](G g) { return orthogonal(g, 4, 3); }}},
    };
    return table;
}

/// One line of the file: `seed S call [sizes]: values`, long lists as `first ... last three`.
struct Line {
    std::uint64_t seed = 0;
    std::string call;
    std::size_t count = 1;
    std::vector<std::string> first, last;
};

Line parse(const std::string& text) {
    Line line;
    const std::size_t colon = text.find("]: ");
    const std::size_t bracket = text.rfind('[', colon);
    REQUIRE(colon != std::string::npos);
    REQUIRE(bracket != std::string::npos);
    std::istringstream head(text.substr(0, bracket)), sizes(text.substr(bracket + 1, colon - bracket - 1)),
        values(text.substr(colon + 3));
    std::string word;
    head >> word >> line.seed >> std::ws;
    REQUIRE(word == "seed");
    std::getline(head, line.call);
    line.call.erase(line.call.find_last_not_of(' ') + 1);
    while (std::getline(sizes, word, ',')) line.count *= std::stoul(word);
    std::vector<std::string>* part = &line.first;
    while (values >> word) {
        if (word == "...") {
            part = &line.last;
        } else {
            part->push_back(word);
        }
    }
    return line;
}

void check_value(Kind kind, double got, const std::string& text) {
    const double expected =
        kind == Kind::kExactFloat ? double{std::strtof(text.c_str(), nullptr)} : std::strtod(text.c_str(), nullptr);
    const double tolerance = kind == Kind::kFloat    ? 1e-6 + 1e-5 * std::abs(expected)
                             : kind == Kind::kDouble ? 1e-14 * std::max(1.0, std::abs(expected))
                                                     : 0.0;
    CHECK_MESSAGE(std::abs(got - expected) <= tolerance, "got ", got, ", expected ", text);
}

}  // namespace

TEST_CASE("every line of the reference file") {
    std::ifstream file(data_file("rng_reference.txt"));
    REQUIRE(file.is_open());
    std::map<std::string, int> seen;
    for (std::string text; std::getline(file, text);) {
        if (text.empty() || text[0] == '#') continue;
        CAPTURE(text);
        const Line line = parse(text);
        const auto call = calls().find(line.call);
        REQUIRE_MESSAGE(call != calls().end(), "no such call in the table: ", line.call);
        ++seen[line.call];
        const Doubles got = call->second.run(Generator(line.seed));
        REQUIRE(got.size() == line.count);
        REQUIRE((line.last.empty() ? line.first.size() == line.count : line.first.size() < line.count));
        for (std::size_t i = 0; i < line.first.size(); ++i) check_value(call->second.kind, got[i], line.first[i]);
        for (std::size_t i = 0; i < line.last.size(); ++i) {
            check_value(call->second.kind, got[got.size() - line.last.size() + i], line.last[i]);
        }
    }
    CHECK(seen.size() == calls().size());
    for (const auto& entry : seen) CHECK_MESSAGE(entry.second == 3, entry.first);
}
