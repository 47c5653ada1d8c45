#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

using namespace xgrad;

namespace {

const std::int64_t kBig = std::int64_t{1} << 40;

/// Every line of the reference file that is one call of the library, and what it may differ by.
struct Call {
    std::function<Tensor()> run;
    double rtol = 0;
};

const std::map<std::string, Call>& calls() {
    static const std::map<std::string, Call> table{
        {"rand({3})", {[] { return rand({3}); }}},
        {"rand({5}, float64)", {[] { return rand({5}, kFloat64); }}},
        {"randn({5})", {[] { return randn({5}); }, 1e-5}},
        {"randn({16})", {[] { return randn({16}); }, 1e-5}},
        {"randn({21})", {[] { return randn({21}); }, 1e-5}},
        {"randn({5}, float64)", {[] { return randn({5}, kFloat64); }, 1e-14}},
        {"randn({18}, float64)", {[] { return randn({18}, kFloat64); }, 1e-14}},
        {"randn({3}) then randn({3}), joined",
         {[] {
              const Tensor first = randn({3});
              return cat({first, randn({3})});
          },
          1e-5}},
        {"randint(0, 10, {8})", {[] { return randint(0, 10, {8}); }}},
        {"randint(-5, 2^40, {6})", {[] { return randint(-5, kBig, {6}); }}},
        {"randint(0, 2^30, {4})", {[] { return randint(1 << 30, {4}); }}},
        {"randperm(10)", {[] { return randperm(10); }}},
        {"randperm(70000)", {[] { return randperm(70000); }}},
        {"empty({6}).bernoulli_(0.3)", {[] { return empty({6}).bernoulli_(0.3); }}},
        {"bernoulli(full({6}, 0.3))", {[] { return bernoulli(full({6}, 0.3)); }}},
        {"empty({5}).uniform_(-1, 1)", {[] { return empty({5}).uniform_(-1, 1); }}},
        {"empty({5}).normal_(2, 3)", {[] { return empty({5}).normal_(2, 3); }, 1e-5}},
        {"empty({4}).exponential_(1.5)", {[] { return empty({4}).exponential_(1.5); }, 1e-5}},
        {"multinomial({.1,.2,.3,.4}, 6, true)", {[] {
             return multinomial(tensor({.1, .2, .3, .4}), 6, true);
         }}},
    };
    return table;
}

double number(const Tensor& x, std::int64_t i) { return x[i].item<double>(); }

/// Compares with "1 2 3 ... 8 9": the first numbers and the last.
void check_values(const Tensor& got, const std::string& text, double rtol) {
    std::istringstream words(text);
    std::vector<std::string> first, last;
    bool dots = false;
    for (std::string word; words >> word;) {
        if (word == "...")
            dots = true;
        else
            (dots ? last : first).push_back(word);
    }
    const auto n = static_cast<std::int64_t>(first.size()), m = static_cast<std::int64_t>(last.size());
    REQUIRE((dots ? n + m < got.numel() : n == got.numel()));
    for (std::int64_t i = 0; i < n + m; ++i) {
        const std::string& word = i < n ? first[static_cast<std::size_t>(i)] : last[static_cast<std::size_t>(i - n)];
        const double expected =
            got.dtype() == kFloat32 ? std::strtof(word.c_str(), nullptr) : std::strtod(word.c_str(), nullptr);
        const double value = number(got, i < n ? i : got.numel() - m + i - n);
        CHECK_MESSAGE(std::abs(value - expected) <= rtol * std::max(std::abs(expected), 0.1), value, " is not ", word);
    }
}

}  // namespace

TEST_CASE("functions that draw give PyTorch's numbers") {
    std::ifstream file(XGRAD_TEST_DATA_DIR "/rng_reference.txt");
    REQUIRE(file.is_open());
    std::map<std::string, int> seen;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("seed ", 0) != 0) continue;
        CAPTURE(line);
        const std::size_t name = line.find(' ', 5) + 1, colon = line.find("]: "), bracket = line.rfind(" [", colon);
        const auto call = calls().find(line.substr(name, bracket - name));
        if (call == calls().end()) continue;  // a call of the neural network part
        ++seen[call->first];
        manual_seed(std::stoull(line.substr(5)));
        check_values(call->second.run(), line.substr(colon + 3), call->second.rtol);
    }
    CHECK(seen.size() == calls().size());
    for (const auto& entry : seen) CHECK_MESSAGE(entry.second == 3, entry.first);
}

TEST_CASE("functions that draw give the numbers of PyTorch 1.13, where the rules have not changed") {
    struct Drawn {
        const char* name;
        std::function<Tensor()> run;
        std::vector<double> values;
        double rtol = 1e-12;
    };
    const Tensor mean = tensor({1., 2., 3.}, kFloat64), std = tensor({2., 1., 0.5}, kFloat64);
    const Drawn table[] = {
        {"cauchy_",
         [] { return empty({5}, kFloat64).cauchy_(1, 2); },
         {-0.6611115499249394, -0.7224061115390794, 5.323784455837047, 2.0725666595542256, 9.054664112297473}},
        {"cauchy_ float",
         [] { return empty({4}).cauchy_(); },
         {-0.83055579662323, -0.8612030744552612, 2.1618921756744385, 0.5362833142280579},
         1e-6},
        {"log_normal_",
         [] { return empty({18}, kFloat64).log_normal_(0.5, 0.25).slice(0, 0, 6); },
         {1.5893120118287583, 2.0067877807382075, 2.089041612618788, 1.2478399227396038, 2.5160684175378982,
          1.3182340898446352}},
        {"log_normal_ float",
         [] { return empty({4}).log_normal_(); },
         {2.0267019271850586, 13.095682144165039, 18.058982849121094, 0.29267629981040955},
         1e-6},
        {"geometric_", [] { return empty({8}, kFloat64).geometric_(0.3); }, {4, 4, 1, 2, 1, 1, 4, 2}},
        {"geometric_ of integers", [] { return empty({8}, kInt64).geometric_(0.05); }, {25, 26, 3, 9, 2, 4, 24, 12}},
        {"random_ to 9", [] { return empty({6}, kInt64).random_(9); }, {0, 4, 7, 2, 4, 6}},
        {"random_ of all", [] { return empty({4}).random_(); }, {8974492, 3335306, 11059538, 11020709}},
        {"random_ from 250",
         [] { return empty({6}, kUInt8).random_(250, std::optional<std::int64_t>()); },
         {253, 254, 251, 252, 251, 253}},
        {"random_ from 100",
         [] { return empty({4}).random_(100, std::optional<std::int64_t>()); },
         {8976492, 3341206, 11079538, 11028909}},
        {"randint_like", [] { return randint_like(empty({5}), 3, 9); }, {6, 7, 4, 5, 4}},
        {"bernoulli_ of a tensor",
         [] { return empty({8}, kInt64).bernoulli_(full({1}, 0.3)); },
         {0, 1, 0, 0, 1, 0, 1, 0}},
        {"bernoulli of a number", [] { return bernoulli(empty({8}), 0.3); }, {1, 1, 0, 0, 0, 0, 1, 0}},
        {"normal of tensors",
         [=] { return normal(mean, std); },
         {0.7064098050300096, 2.786141298723536, 3.4734108045019783}},
        {"normal of deviations",
         [=] { return normal(4, std); },
         {3.7064098050300096, 4.786141298723535, 4.473410804501978}},
        {"normal of means",
         [=] { return normal(mean, 2); },
         {0.7064098050300096, 3.5722825974470718, 4.893643218007913}},
        {"normal of numbers",
         [] { return normal(1, 2, {3}); },
         {0.7064098119735718, 2.572282552719116, 2.8936431407928467},
         1e-6},
    };
    for (const Drawn& d : table) {
        CAPTURE(d.name);
        manual_seed(7);
        const Tensor got = d.run().reshape({-1}).to(kFloat64);
        CHECK_MESSAGE(got.allclose(tensor(d.values, kFloat64), d.rtol, 0), got);
    }
}

TEST_CASE("an explicit generator leaves the default one alone") {
    manual_seed(3);
    const Tensor expected = rand({4});
    manual_seed(3);
    Generator own(9);
    const Tensor mine = rand({4}, own), more = rand({4}, own);
    CHECK(rand({4}).equal(expected));
    CHECK(!mine.equal(more));
    CHECK(rand({4}, Generator(9)).equal(mine));
    CHECK(randn({20}, Generator(9)).equal(randn({20}, Generator(9))));
    CHECK(randperm(5, Generator(9)).equal(randperm(5, Generator(9), kInt32).to(kInt64)));
    const std::function<Tensor()> others[] = {
        [] { return empty({4}).uniform_(0, 1, Generator(9)); },
        [] { return empty({4}).normal_(0, 1, Generator(9)); },
        [] { return empty({4}).exponential_(1, Generator(9)); },
        [] { return empty({4}).bernoulli_(0.5, Generator(9)); },
        [] { return empty({4}).random_(Generator(9)); },
        [] { return bernoulli(full({4}, 0.5), Generator(9)); },
        [] { return ones({4}).multinomial(3, true, Generator(9)); },
        [] { return normal(zeros({4}), 1, Generator(9)); },
    };
    for (const auto& other : others) CHECK(other().equal(other()));
}

TEST_CASE("strided targets get the numbers in memory order") {
    struct Case {
        const char* name;
        std::function<void(Tensor&)> fill;
    };
    const Case cases[] = {
        {"uniform_", [](Tensor& x) { x.uniform_(-1, 2); }},        {"bernoulli_", [](Tensor& x) { x.bernoulli_(0.4); }},
        {"exponential_", [](Tensor& x) { x.exponential_(2); }},    {"cauchy_", [](Tensor& x) { x.cauchy_(); }},
        {"log_normal_", [](Tensor& x) { x.log_normal_(0, 0.5); }}, {"geometric_", [](Tensor& x) { x.geometric_(0.2); }},
        {"random_ of all", [](Tensor& x) { x.random_(); }},        {"random_", [](Tensor& x) { x.random_(-3, 50); }},
    };
    for (const ScalarType dtype : {kFloat32, kFloat64}) {
        for (const Case& c : cases) {
            CAPTURE(c.name);
            Tensor plain = empty({4, 6}, dtype), turned = empty({4, 6}, dtype).t(), cut = zeros({4, 13}, dtype);
            Tensor part = cut.slice(1, 1, 13, 2);
            manual_seed(5);
            c.fill(plain);
            manual_seed(5);
            c.fill(turned);
            manual_seed(5);
            c.fill(part);
            CHECK(turned.t().equal(plain));
            CHECK(part.equal(plain));
            CHECK(cut.slice(1, 0, 13, 2).equal(zeros({4, 7}, dtype)));
        }
    }
    // From 16 elements on normal_ draws contiguous memory by blocks, other memory by pairs as it does small tensors.
    manual_seed(5);
    const Tensor pair = randn({15});
    Tensor part = empty({40}).slice(0, 0, 40, 2);
    manual_seed(5);
    part.normal_();
    CHECK(part.slice(0, 0, 15).equal(pair));
}

TEST_CASE("dtypes and shapes") {
    CHECK(rand({2, 3}, kFloat64).dtype() == kFloat64);
    CHECK(rand({2, 0}).sizes() == IntArrayRef({2, 0}));
    CHECK(randn({}).dim() == 0);
    CHECK(rand({2}, requires_grad()).requires_grad());
    CHECK(rand_like(zeros({2, 3}, kFloat64)).dtype() == kFloat64);
    CHECK(randn_like(zeros({2, 3}, kInt64), kFloat32).sizes() == IntArrayRef({2, 3}));
    CHECK(randint(3, {2}).dtype() == kInt64);
    CHECK(randint(3, {2}, kUInt8).dtype() == kUInt8);
    CHECK(randint(0, 3, {2}, requires_grad().dtype(kFloat32)).requires_grad());
    CHECK(randperm(4, kFloat32).dtype() == kFloat32);
    CHECK(randperm(0).numel() == 0);
    CHECK(bernoulli(full({3}, 1.0, kFloat64)).equal(ones({3}, kFloat64)));
    CHECK(zeros({50}, kBool).bernoulli_(1).all().item<bool>());
    CHECK(multinomial(ones({3, 4}), 2).sizes() == IntArrayRef({3, 2}));
    CHECK(multinomial(tensor({{0., 1.}, {1., 0.}}, kFloat64), 1).equal(tensor({{1}, {0}})));
    const Tensor drawn = multinomial(ones({5}), 5);
    CHECK(drawn.index_select(0, drawn).sum().item<std::int64_t>() == 10);
}

TEST_CASE("numbers drawn in place cut the history") {
    Tensor leaf = zeros({3}, requires_grad());
    CHECK_THROWS_AS(leaf.uniform_(), GraphError);
    CHECK_THROWS_AS(zeros({1}).expand({3}).normal_(), GraphError);
    {
        const NoGradGuard no_grad;
        const auto before = leaf._version();
        leaf.uniform_();
        CHECK(leaf._version() == before + 1);
    }
    Tensor y = leaf * 2;
    y.slice(0, 0, 2).uniform_();
    CHECK(autograd::grad({y}, {leaf}, {ones({3})})[0].equal(tensor({0., 0., 2.})));
    CHECK(!bernoulli(full({2}, 0.5, requires_grad())).requires_grad());
}

TEST_CASE("wrong arguments are errors and draw nothing") {
    static Tensor x = zeros({3}), n = zeros({3}, kInt64);
    struct Case {
        std::function<void()> call;
        const char* message;
    };
    const Case cases[] = {
        {[] { x.uniform_(2, 1); }, "[uniform_] expects to return a [from, to) range, but found from=2 > to=1"},
        {[] { n.cauchy_(); }, "[cauchy_] not implemented for Long"},
        {[] { x.cauchy_(0, 0); }, "[cauchy_] expects sigma > 0.0, but found sigma=0"},
        {[] { x.log_normal_(0, 0); }, "[log_normal_] expects std > 0.0, but found std=0"},
        {[] { x.geometric_(1); }, "[geometric_] expects p to be in (0, 1), but got p=1"},
        {[] { x.to(kBool).geometric_(0.5); }, "[geometric_] not implemented for Bool"},
        {[] {
             normal(x, tensor({1., -1., 1.}));
         },
         "[normal] expects all elements of std >= 0.0"},
        {[] { normal(0, n); }, "[normal_] not implemented for Long"},
        {[] { n.uniform_(); }, "[uniform_] not implemented for Long"},
        {[] { rand({2}, kInt64); }, "[uniform_] not implemented for Long"},
        {[] { rand({-1}); }, "[empty] negative dimension -1"},
        {[] { x.normal_(0, -1); }, "[normal_] normal expects std >= 0.0, but found std -1"},
        {[] { n.normal_(); }, "[normal_] not implemented for Long"},
        {[] { x.exponential_(0); }, "[exponential_] expects lambda > 0.0, but found lambda=0"},
        {[] { x.bernoulli_(1.5); }, "[bernoulli_] expects p to be in [0, 1], but got p=1.5"},
        {[] { bernoulli(full({2}, -0.5)); }, "[bernoulli] expects every p to be in [0, 1], but got p=-0.5"},
        {[] { bernoulli(n); }, "[bernoulli] expects probabilities of floating-point dtype, got Long"},
        {[] { n.random_(5, 5); }, "[random_] expects 'from' to be less than 'to', but got from=5 >= to=5"},
        {[] { randint(3, -2, {2}); }, "[random_] expects 'from' to be less than 'to', but got from=3 >= to=-2"},
        {[] { randint(0, 300, {2}, kUInt8); }, "out of bounds for the dtype"},
        {[] { randperm(-1); }, "[randperm] n must be non-negative, got -1"},
        {[] { randperm(257, kUInt8); }, "[randperm] n is too large for the dtype"},
        {[] { multinomial(x, 1); }, "[multinomial]"},
        {[] {
             multinomial(ones({2, 2, 2}), 1);
         },
         "[multinomial] prob_dist must be 1 or 2 dim, got shape (2, 2, 2)"},
        {[] { multinomial(ones({2}), 3); }, "[multinomial] cannot sample n_sample > prob_dist.size(-1) samples"},
        {[] { multinomial(ones({2}), -1); }, "[multinomial] cannot sample n_sample <= 0 samples, got -1"},
        {[] { multinomial(n, 1); }, "[multinomial] expects weights of floating-point dtype, got Long"},
    };
    manual_seed(1);
    const Tensor expected = rand({2});
    manual_seed(1);
    for (const Case& c : cases) {
        std::string message = "nothing was thrown";
        try {
            c.call();
        } catch (const Error& e) {
            message = e.what();
        }
        CHECK_MESSAGE(message.find(c.message) != std::string::npos, message, " lacks ", c.message);
    }
    CHECK(x.equal(zeros({3})));
    CHECK(rand({2}).equal(expected));
}
