#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/init.h>
#include <xgrad/nn/linear.h>

using namespace xgrad;
namespace init = xgrad::nn::init;

namespace {

/// Calls of the reference file that belong to networks. Normal numbers pass through log, sin and cos, of which
/// libraries differ in the last bits; uniform ones are exact.
struct Call {
    bool exact;
    std::function<Tensor()> run;
};

const std::map<std::string, Call>& calls() {
    static const std::map<std::string, Call> table{
        {"nn::Linear(4, 3) weight", {true, [] { return nn::Linear(4, 3)->weight; }}},
        {"nn::Linear(4, 3) bias", {true, [] { return nn::Linear(4, 3)->bias; }}},
        {"nn::Linear(784, 64) weight", {true, [] { return nn::Linear(784, 64)->weight; }}},
        {"xavier_normal_(empty({6, 5}))",
         {false,
          [] {
              return init::xavier_normal_(empty({6, 5}));
          }}},
        {"kaiming_uniform_(empty({6, 5}))",
         {true,
          [] {
              return init::kaiming_uniform_(empty({6, 5}));
          }}},
        {"orthogonal_(empty({4, 3}))",
         {false,
          [] {
              return init::orthogonal_(empty({4, 3}));
          }}},
    };
    return table;
}

/// Compares the first numbers of `values` with the tensor's first, and those after "..." with its last.
void check_values(const Tensor& got, const std::string& values, bool exact) {
    const Tensor flat = got.detach().reshape({-1}).contiguous();
    std::istringstream words(values);
    std::vector<float> first, last;
    std::vector<float>* part = &first;
    for (std::string word; words >> word;)
        if (word == "...")
            part = &last;
        else
            part->push_back(std::strtof(word.c_str(), nullptr));
    const std::int64_t n = flat.numel();
    REQUIRE(static_cast<std::int64_t>(first.size() + last.size()) <= n);
    const auto check = [&](const std::vector<float>& expected, std::int64_t from) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const float value = flat.data_ptr<float>()[from + static_cast<std::int64_t>(i)];
            const float tolerance = exact ? 0 : 1e-6f + 1e-5f * std::abs(expected[i]);
            CHECK(std::abs(value - expected[i]) <= tolerance);
        }
    };
    check(first, 0);
    check(last, n - static_cast<std::int64_t>(last.size()));
}

double mean_of(const Tensor& x) { return x.mean().item<double>(); }
double std_of(const Tensor& x) { return std::sqrt(square(x - mean_of(x)).mean().item<double>()); }

}  // namespace

TEST_CASE("the same numbers as PyTorch") {
    std::ifstream file(XGRAD_TEST_DATA_DIR "/rng_reference.txt");
    REQUIRE(file.is_open());
    std::map<std::string, int> seen;
    for (std::string line; std::getline(file, line);) {
        std::istringstream head(line);
        std::string word, call;
        std::uint64_t seed = 0;
        head >> word >> seed >> std::ws;
        if (word != "seed") continue;
        std::getline(head, call);
        const std::size_t end = call.find("]: "), bracket = call.rfind('[', end);
        const auto found = calls().find(call.substr(0, bracket - 1));
        if (found == calls().end()) continue;
        CAPTURE(line.substr(0, 60));
        ++seen[found->first];
        manual_seed(seed);
        check_values(found->second.run(), call.substr(end + 3), found->second.exact);
    }
    CHECK(seen.size() == calls().size());
    for (const auto& entry : seen) CHECK_MESSAGE(entry.second == 3, entry.first);
}

TEST_CASE("gains") {
    CHECK(init::calculate_gain(kLinear) == 1);
    CHECK(init::calculate_gain(kConv2D) == 1);
    CHECK(init::calculate_gain(kSigmoid) == 1);
    CHECK(init::calculate_gain(kTanh) == 5.0 / 3.0);
    CHECK(init::calculate_gain(kReLU) == std::sqrt(2.0));
    CHECK(init::calculate_gain(kLeakyReLU) == std::sqrt(2.0 / 1.0001));
    CHECK(init::calculate_gain(kLeakyReLU, 1) == 1);
}

TEST_CASE("fans") {
    using Fans = std::tuple<std::int64_t, std::int64_t>;
    CHECK(init::_calculate_fan_in_and_fan_out(empty({3, 5})) == Fans(5, 3));
    CHECK(init::_calculate_fan_in_and_fan_out(empty({8, 4, 3, 2})) == Fans(24, 48));
    CHECK_THROWS_AS(init::_calculate_fan_in_and_fan_out(empty({3})), ShapeError);
}

TEST_CASE("distributions have the standard deviations they promise") {
    struct Case {
        const char* name;
        Tensor (*fill)(Tensor);
        double std;
    };
    const double out = 500, in = 400;
    const Case cases[] = {
        {"uniform_", [](Tensor t) { return init::uniform_(t, -1, 3); }, 4 / std::sqrt(12.0)},
        {"normal_", [](Tensor t) { return init::normal_(t, 1, 0.5); }, 0.5},
        {"fan_in_normal_", [](Tensor t) { return init::fan_in_normal_(t); }, 1 / std::sqrt(in)},
        {"xavier_uniform_", [](Tensor t) { return init::xavier_uniform_(t, 2); }, 2 * std::sqrt(2 / (in + out))},
        {"xavier_normal_", [](Tensor t) { return init::xavier_normal_(t); }, std::sqrt(2 / (in + out))},
        {"kaiming_uniform_", [](Tensor t) { return init::kaiming_uniform_(t); }, std::sqrt(2 / in)},
        {"kaiming_normal_ out", [](Tensor t) { return init::kaiming_normal_(t, 0, kFanOut, kReLU); },
         std::sqrt(2 / out)},
        {"kaiming_normal_ leaky", [](Tensor t) { return init::kaiming_normal_(t, 1); }, 1 / std::sqrt(in)},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        manual_seed(1);
        const Tensor t = empty({500, 400}, kFloat64);
        CHECK(c.fill(t).is_same(t));
        CHECK(std::abs(std_of(t) / c.std - 1) < 0.01);
    }
}

TEST_CASE("constants") {
    CHECK(equal(init::constant_(empty({2, 2}), 3), full({2, 2}, 3.0)));
    CHECK(equal(init::zeros_(empty({3})), zeros({3})));
    CHECK(equal(init::ones_(empty({3})), ones({3})));
    CHECK(equal(init::eye_(empty({2, 3})), eye(2, 3)));
    CHECK_THROWS_AS(init::eye_(empty({2})), ShapeError);
}

TEST_CASE("orthogonal_ gives orthonormal rows or columns, times the gain") {
    for (const auto& shape : std::vector<std::pair<int, int>>{{5, 5}, {7, 3}, {3, 7}, {1, 4}, {64, 40}}) {
        const auto rows = shape.first, columns = shape.second;
        CAPTURE(rows);
        CAPTURE(columns);
        const Tensor q = init::orthogonal_(empty({rows, columns}, kFloat64), 2);
        const Tensor product = rows < columns ? matmul(q, q.t()) : matmul(q.t(), q);
        CHECK(allclose(product, 4 * eye(std::min(rows, columns), kFloat64), 0, 1e-12));
    }
    const Tensor kernel = init::orthogonal_(empty({4, 2, 3})).reshape({4, 6});
    CHECK(allclose(matmul(kernel, kernel.t()), eye(4), 0, 1e-6));
    CHECK_THROWS_AS(init::orthogonal_(empty({4})), ShapeError);
}

TEST_CASE("parameters are filled in place, outside the graph") {
    nn::Linear fc(3, 4);
    const auto version = fc->weight._version();
    init::fan_in_normal_(fc->weight);
    init::zeros_(fc->bias);
    CHECK(fc->weight.is_leaf());
    CHECK(fc->weight.requires_grad());
    CHECK(fc->weight._version() > version);
}

TEST_CASE("tensors without elements and bad shapes") {
    CHECK(init::kaiming_uniform_(empty({0, 3})).numel() == 0);
    CHECK(init::kaiming_uniform_(empty({3, 0})).numel() == 0);
    CHECK(init::xavier_normal_(empty({0, 0})).numel() == 0);
    CHECK(init::orthogonal_(empty({0, 3})).numel() == 0);
    for (const auto fill : {+[] { init::xavier_uniform_(empty({3})); }, +[] { init::xavier_normal_(empty({3})); },
                            +[] { init::kaiming_uniform_(empty({})); }, +[] { init::kaiming_normal_(empty({3})); },
                            +[] { init::fan_in_normal_(empty({3})); }})
        CHECK_THROWS_AS(fill(), ShapeError);
}
