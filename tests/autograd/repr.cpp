#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/visualize.h>

using namespace xgrad;

namespace {

struct Case {
    const char* name;  // as in tests/reference/repr.py
    Tensor tensor;
};

Tensor leaf(const std::vector<double>& values, ScalarType dtype = kFloat32) {
    return tensor(values, dtype).requires_grad_();
}

Tensor numbers(const std::vector<double>& values) { return tensor(values, kFloat32); }
Tensor doubles(const std::vector<double>& values) { return tensor(values, kFloat64); }
Tensor count(std::int64_t n, ScalarType dtype = kInt64) { return arange(n, dtype); }

std::vector<Case> values() {
    constexpr double nan = NAN, inf = INFINITY;
    using Limits = std::numeric_limits<std::int64_t>;
    return {
        {"matrix", numbers({0.1, 2, 3, 4}).view({2, 2})},
        {"float64", doubles({0.1, 2})},
        {"number", numbers({1.5})[0]},
        {"whole number", numbers({3})[0]},
        {"float64 number", doubles({-0.25})[0]},
        {"integer", tensor(42)},
        {"int32", tensor({1, -20, 300}, kInt32)},
        {"int32 number", tensor(7, kInt32)},
        {"uint8", tensor({0, 255, 7, 30}, kUInt8).view({2, 2})},
        {"int64 limits", tensor({Limits::min(), Limits::max()})},
        {"bools", tensor({true, false, false, false}).view({2, 2})},
        {"one bool", tensor(true)},
        {"only true", tensor({true, true})},
        {"whole numbers", numbers({1, -20, 300})},
        {"zeros", zeros({2, 3})},
        {"minus zero", numbers({-0.0, 0.5})},
        {"whole numbers and minus zero", numbers({-0.0, 1})},
        {"large whole numbers", numbers({1, 1001})},
        {"a large whole number", numbers({2e8})},
        {"just below", numbers({1e8})},
        {"wide range", numbers({0.001, 1.5, 20000.25})},
        {"small numbers", numbers({0.00005, 0.00006})},
        {"just not small", doubles({0.0001, 0.00015})},
        {"float32 just small", numbers({0.0001, 0.00015})},
        {"large numbers", numbers({1.5e9, 2.5e9})},
        {"three digits of exponent", doubles({1.5e-120, -1.5e150})},
        {"denormal", numbers({1e-45})},
        {"largest", doubles({std::numeric_limits<double>::max()})},
        {"nan and infinity", numbers({nan, inf, -inf, 1.5})},
        {"whole numbers, nan and infinity", numbers({nan, inf, -inf, 1})},
        {"exponents, nan and infinity", numbers({nan, inf, -inf, 1e-7})},
        {"only nan", numbers({nan, nan})},
        {"only infinity", numbers({-inf, 0})},
        {"one nan", numbers({nan})[0]},
        {"half to even", doubles({0.00005, 0.12345, 2.5, 0.5})},
    };
}

std::vector<Case> shapes() {
    const Tensor cut = cat({ones({600}), numbers({1e-9}), ones({600})});
    return {
        {"empty", zeros({0})},
        {"empty float64", zeros({0}, kFloat64)},
        {"empty int64", zeros({0}, kInt64)},
        {"empty bools", zeros({0}, kBool)},
        {"no rows", zeros({0, 3})},
        {"no columns", zeros({2, 0, 3}, kInt32)},
        {"three dimensions", count(8).view({2, 2, 2})},
        {"four dimensions", count(8, kFloat32).view({2, 2, 1, 2}) / 3},
        {"many dimensions", count(2).view({1, 1, 1, 2, 1, 1})},
        {"lines", count(40)},
        {"lines of numbers", count(25, kFloat32) / 7},
        {"lines in a matrix", count(60, kFloat32).view({2, 30}) * 1.5},
        {"lines of bools", count(30) > 12},
        {"a column", count(3, kFloat32).view({3, 1})},
        {"exactly 1000", count(1000).view({10, 100}).remainder(10)},
        {"cut", count(1001)},
        {"cut matrix", count(1200).view({40, 30})},
        {"cut rows", count(1200, kFloat32).view({300, 4}) / 7},
        {"cut columns", count(1200, kFloat32).view({4, 300}) * 100},
        {"cut three dimensions", count(2100).view({10, 7, 30})},
        {"cut hides the wide range", cut * 0.5},
        {"transposed", count(6).view({2, 3}).t()},
        {"every other column", count(12, kFloat32).view({3, 4}).slice(1, 0, 4, 2)},
        {"expanded", numbers({1.5, 2.5}).expand({2, 2})},
    };
}

std::vector<Case> histories() {
    return {
        {"matrix that requires grad", numbers({0.1, 2, 3, 4}).view({2, 2}).requires_grad_()},
        {"result", leaf({0.1, 2}) + 1},
        {"float64 result", leaf({0.5}, kFloat64) * 2},
        {"no rows, requires grad", zeros({0, 3}, requires_grad())},
        {"cut result", count(1200, kFloat32).requires_grad_().view({30, 40}) * 2},
        {"row of a matrix that requires grad", ones({2, 3}, requires_grad())[1]},
        {"view", leaf({1, 2}).view({2, 1})},
        {"in place", (leaf({1, 2}) * 1).mul_(2)},
        {"result that fits the line", leaf(std::vector<double>(5, 0.5)) * 2.5},
        {"result on a line of its own", leaf(std::vector<double>(6, 0.5)) * 2.5},
        {"two properties on a line each", leaf(std::vector<double>(15, 0.25), kFloat64).sigmoid()},
    };
}

std::map<std::string, std::string> stored_texts() {
    std::ifstream file(XGRAD_TEST_DATA_DIR "/reference/repr.json");
    REQUIRE(file);
    std::map<std::string, std::string> texts;
    for (const nlohmann::json& one : nlohmann::json::parse(file)) texts[one.at("name")] = one.at("text");
    return texts;
}

}  // namespace

TEST_CASE("tensors are written as Python's PyTorch writes them") {
    std::map<std::string, std::string> expected = stored_texts();
    for (const std::vector<Case>& cases : {values(), shapes(), histories()}) {
        for (const Case& c : cases) {
            CAPTURE(c.name);
            const auto found = expected.find(c.name);
            REQUIRE(found != expected.end());
            CHECK(repr(c.tensor) == found->second);
            expected.erase(found);
        }
    }
    set_default_dtype(kFloat64);
    const std::string text = repr(tensor({0.5}, kFloat64)) + repr(tensor({0.5}, kFloat32)) + repr(zeros({0}));
    set_default_dtype(kFloat32);
    CHECK(text == expected["another default"]);
    expected.erase("another default");
    for (const auto& [name, unused] : expected) FAIL_CHECK("no tensor is compared with the text of " << name);
}

TEST_CASE("an undefined tensor, and tensors inside transforms, are written too") {
    CHECK(repr(Tensor()) == "tensor(undefined)");
    std::string inside;
    const func::Function look = [&](const TensorList& in) {
        inside = repr(in[0]);
        return in[0] * 2;
    };
    func::vmap(look, {1})({count(4, kFloat32).view({2, 2})});
    CHECK(inside ==
          "BatchedTensor(bdim=1, value=\n"
          "    tensor([[0., 1.],\n"
          "            [2., 3.]])\n"
          ")");
    func::jvp(look, {numbers({2})}, {numbers({0.5})});
    CHECK(inside == "tensor([2.], tangent=tensor([0.5000]))");
    func::jvp(func::vmap(look), {numbers({2})}, {numbers({0.5})});
    CHECK(inside ==
          "BatchedTensor(bdim=0, value=\n"
          "    tensor([2.], tangent=tensor([0.5000]))\n"
          ")");
}

TEST_CASE("printing a tensor keeps it as it is") {
    const Tensor x = leaf({1, 2}) * 3;
    const auto version = x._version();
    const auto node = x.grad_fn();
    CHECK(repr(x) == repr(x));
    CHECK(x._version() == version);
    CHECK(x.grad_fn() == node);
}
