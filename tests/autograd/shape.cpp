#include <doctest/doctest.h>

#include <cmath>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kHuge = std::int64_t{1} << 62;

template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("geometry that memory does not hold is refused, however large its numbers") {
    const Tensor four = zeros({4}), none = zeros({0});
    float memory[6] = {};
    const Tensor blob = from_blob(memory, {2, 3});
    struct Case {
        const char* operation;
        std::function<void()> call;
        const char* rule;
    };
    const Case cases[] = {
        {"as_strided", [&] { four.as_strided({5}, {kHuge}); }, "reach further than memory can"},
        {"as_strided",
         [&] {
             four.as_strided({3, 3}, {kMax, kMax});
         },
         "reach further than memory can"},
        {"as_strided", [&] { four.as_strided({1}, {kMax}); }, "reach further than memory can"},
        {"as_strided", [&] { four.as_strided({2}, {1}, kMax); }, "out of bounds for storage of 4"},
        {"as_strided", [&] { four.as_strided({0}, {1}, kMax); }, "out of bounds for storage of 4"},
        {"as_strided", [&] { four.as_strided({2}, {1}, -1); }, "out of bounds for storage of 4"},
        {"as_strided",
         [&] {
             four.as_strided({2}, {1, 1});
         },
         "mismatch in length of strides and shape"},
        {"as_strided",
         [&] {
             four.as_strided({0, 2}, {1, -1});
         },
         "negative strides are not supported"},
        {"as_strided", [&] { none.as_strided({5}, {1}); }, "out of bounds for storage of 0"},
        {"as_strided", [&] { blob.as_strided({7}, {1}); }, "out of bounds for storage of 6"},
        {"empty_strided", [] { empty_strided({5}, {kHuge}); }, "reach further than memory can"},
        {"empty_strided", [] { empty_strided({2}, {-1}); }, "negative strides are not supported"},
        {"empty_strided",
         [] {
             empty_strided({2, 2}, {1});
         },
         "mismatch in length of strides and shape"},
        {"from_blob",
         [&] {
             from_blob(memory, {2, 3}, {3, -1});
         },
         "negative strides are not supported"},
        {"from_blob", [&] { from_blob(memory, {5}, {kHuge}); }, "reach further than memory can"},
        {"from_blob",
         [&] {
             from_blob(memory, {2, 3}, {1});
         },
         "mismatch in length of strides and shape"},
        {"from_blob",
         [&] {
             from_blob(memory, {kHuge, 4});
         },
         "more elements than memory can hold"},
        {"view",
         [] {
             zeros({8}).view({6148914691236517208, 3});
         },
         "more elements than memory can hold"},
        {"view",
         [] {
             zeros({0}).view({0, kHuge, 4});
         },
         "more elements than memory can hold"},
        {"reshape",
         [] {
             zeros({8}).reshape({kHuge, 4, -1});
         },
         "more elements than memory can hold"},
        {"expand",
         [] {
             zeros({1, 1}).expand({std::int64_t{1} << 32, std::int64_t{1} << 32});
         },
         "more elements than memory can hold"},
        {"empty",
         [] {
             empty({0, kHuge, 4});
         },
         "more elements than memory can hold"},
    };
    for (const Case& c : cases) {
        const std::string message = message_of(c.call);
        CAPTURE(message);
        CHECK(message.rfind('[' + std::string(c.operation) + ']', 0) == 0);
        CHECK(message.find(c.rule) != std::string::npos);
    }
}

TEST_CASE("geometry at the edge of the memory is accepted") {
    const Tensor x = arange(4, kFloat32);
    CHECK(x.as_strided({2}, {3}).equal(tensor({0., 3.})));
    CHECK(x.as_strided({1}, {1}, 3).item<float>() == 3);
    CHECK(x.as_strided({0, 7}, {1, 1}, 4).numel() == 0);
    CHECK(zeros({0}).as_strided({0}, {1}).numel() == 0);
    const Tensor beyond = zeros({4, 5}).slice(0, 4).slice(1, 5);
    CHECK(beyond.as_strided({0}, {1}).numel() == 0);
    float memory[] = {0, 1, 2, 3, 4, 5};
    CHECK(from_blob(memory, {2, 3}).as_strided({3}, {2}, 1).equal(tensor({1., 3., 5.})));
    CHECK(from_blob(memory, {2, 2}, {3, 1}).as_strided({5}, {1}).numel() == 5);
    CHECK_THROWS_AS(from_blob(memory, {2, 2}, {3, 1}).as_strided({6}, {1}), IndexError);
    CHECK(empty_strided({2, 0}, {5, 9}).numel() == 0);
}

TEST_CASE("slices with extreme bounds and steps") {
    const Tensor x = arange(4, kFloat32);
    struct Case {
        std::int64_t start, end, step, length;
    };
    for (const Case& c : {Case{0, 3, kMax, 1}, Case{1, kMax, kMax, 1}, Case{-kMax, kMax, 2, 2}, Case{0, 4, 3, 2},
                          Case{3, 2, kMax, 0}, Case{kMax, kMax, 1, 0}, Case{0, 3, 3, 1}}) {
        CAPTURE(c.step);
        const Tensor part = x.slice(0, c.start, c.end, c.step);
        REQUIRE(part.sizes() == IntArrayRef({c.length}));
        if (c.length > 0) CHECK(part[0].item<float>() == static_cast<float>(std::max<std::int64_t>(c.start, 0)));
        CHECK(part.clone().equal(part));
    }
    CHECK(x.chunk(kMax).size() == 4);
    CHECK(x.split(kMax).size() == 1);
    CHECK_THROWS_AS(x.narrow(0, 1, kMax), IndexError);
}

TEST_CASE("64 dimensions are the most that a tensor has") {
    const std::vector<std::int64_t> most(64, 1), more(65, 1);
    const Tensor x = ones(most);
    CHECK((x + x).sum().item<float>() == 2);
    CHECK(x.transpose(0, 63).clone().dim() == 64);
    const std::vector<std::int64_t> strides(65, 1);
    const std::vector<std::function<void()>> cases = {
        [&] { zeros(more); },
        [&] { x.unsqueeze(0); },
        [&] { x.view(more); },
        [&] { x.reshape(more); },
        [&] { x.expand(more); },
        [&] { x.as_strided(more, strides); },
        [&] { empty_strided(more, strides); },
        [&] {
            stack({x, x});
        },
    };
    for (const auto& call : cases)
        CHECK(message_of(call).find("only tensors with up to 64 dims are supported, got 65") != std::string::npos);
    CHECK(message_of(cases[1]).rfind("[unsqueeze]", 0) == 0);
}

TEST_CASE("errors of factories name the function that was called") {
    struct Case {
        const char* operation;
        std::function<void()> call;
    };
    for (const Case& c :
         {Case{"zeros", [] { zeros({-1}); }}, Case{"ones", [] { ones({-1}); }}, Case{"full", [] { full({-1}, 2); }},
          Case{"eye", [] { eye(-1); }}, Case{"eye", [] { eye(2, -1); }}, Case{"empty", [] { empty({-1}); }}}) {
        const std::string message = message_of(c.call);
        CAPTURE(message);
        CHECK(message.rfind('[' + std::string(c.operation) + "] negative dimension -1", 0) == 0);
    }
}

TEST_CASE("numbers that fill a tensor are converted to its dtype") {
    // Longer than the blocks in which they are written.
    const Tensor counted = arange(1000, kInt32);
    CHECK(counted.sum().item<std::int64_t>() == 499500);
    CHECK(counted[999].item<int>() == 999);
    CHECK(arange(0, 300, 0.5, kFloat64)[599].item<double>() == 299.5);
    CHECK(arange(1000, kUInt8)[999].item<int>() == 999 % 256);
    const Tensor line = linspace(-1, 1, 1001, kFloat64);
    CHECK(line[0].item<double>() == -1);
    CHECK(std::abs(line[500].item<double>()) < 1e-15);
    CHECK(line[1000].item<double>() == 1);
    std::vector<double> values(700);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.25 * static_cast<double>(i);
    const Tensor x = tensor(values, kFloat32);
    CHECK(x.dtype() == kFloat32);
    CHECK(x[699].item<float>() == 174.75f);
    CHECK(tensor(values, kBool).sum().item<std::int64_t>() == 699);
    const std::int64_t exact = (std::int64_t{1} << 53) + 1;
    CHECK(tensor(std::vector<std::int64_t>{exact})[0].item<std::int64_t>() == exact);
    CHECK(tensor({true, false}).dtype() == kBool);
    CHECK(eye(3, 4).equal(tensor({{1., 0., 0., 0.}, {0., 1., 0., 0.}, {0., 0., 1., 0.}})));
    CHECK(eye(2, kFloat32).sum().item<float>() == 2);
}
