#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/warning.h>

#include "derivatives.h"

using namespace xgrad;

// Functions that are compositions of others. Their values and first derivatives are compared in names_reference.cpp.

TEST_CASE("compositions have derivatives of first and second order") {
    struct Composition {
        std::string name;
        std::function<Tensor(const TensorList&)> call;
        std::vector<std::vector<std::int64_t>> shapes;
    };
    using Inputs = const TensorList&;
    const Composition compositions[] = {
        {"heaviside", [](Inputs x) { return heaviside(x[0].detach() * 0, x[1]).exp(); }, {{2, 3}, {3}}},
        {"ldexp", [](Inputs x) { return ldexp(x[0], x[1]); }, {{2, 3}, {3}}},
        {"float_power", [](Inputs x) { return float_power(x[0].square() + 1, x[1]); }, {{2, 3}, {3}}},
        {"special_ndtr", [](Inputs x) { return special_ndtr(x[0]); }, {{5}}},
        {"dist", [](Inputs x) { return dist(x[0], x[1], 3); }, {{2, 3}, {3}}},
        {"renorm", [](Inputs x) { return renorm(x[0], 2, 1, 2.5); }, {{3, 4}}},
        {"renorm_", [](Inputs x) { return (x[0] * 1).renorm_(1, 0, 2); }, {{3, 2, 2}}},
        {"diff", [](Inputs x) { return diff(x[0], 2, 0, x[1]).square(); }, {{4, 2}, {1, 2}}},
        {"trapezoid", [](Inputs x) { return trapezoid(x[0], x[1], 0); }, {{4, 2}, {4}}},
        {"cumulative_trapezoid", [](Inputs x) { return cumulative_trapezoid(x[0], x[1]); }, {{2, 4}, {2, 4}}},
        {"cov", [](Inputs x) { return cov(x[0]); }, {{2, 5}}},
        {"cov weights", [](Inputs x) { return cov(x[0], 1, {}, x[1].square()); }, {{2, 5}, {5}}},
        {"corrcoef", [](Inputs x) { return corrcoef(x[0])[0].slice(0, 1); }, {{3, 5}}},
        {"select_scatter", [](Inputs x) { return select_scatter(x[0], x[1], 1, -1).exp(); }, {{2, 3}, {2}}},
        {"slice_scatter", [](Inputs x) { return slice_scatter(x[0], x[1], 0, 1, 4, 2).exp(); }, {{4, 2}, {2, 2}}},
        {"diagonal_scatter", [](Inputs x) { return diagonal_scatter(x[0], x[1], 1).exp(); }, {{3, 3}, {2}}},
        {"fill_diagonal_", [](Inputs x) { return (x[0] * 2).fill_diagonal_(3).exp(); }, {{3, 2}}},
        {"pad_sequence",
         [](Inputs x) {
             return pad_sequence({x[0], x[1]}).exp();
         },
         {{3, 2}, {1, 2}}},
    };
    for (const Composition& c : compositions) {
        CAPTURE(c.name);
        samples::check_derivatives(c.call, c.shapes);
    }
}

TEST_CASE("compositions: wrong arguments are errors that say why") {
    static const Tensor x = ones({2, 3}), v = ones({3}), number = tensor(1.), whole = tensor({1, 2, 3}),
                        truth = tensor({true, false, true}), cube = ones({2, 2, 2});
    struct Wrong {
        std::function<void()> call;
        std::string message;
    };
    const Wrong cases[] = {
        {[] { positive(truth); }, "[positive] The `+` operator, on a bool tensor is not supported"},
        {[] { heaviside(v, whole); },
         "[heaviside] is not implemented for tensors with different dtypes, got Float and Long"},
        {[] { v.clone().heaviside_(whole); }, "[heaviside_] is not implemented"},
        {[] { v.clone().float_power_(2); },
         "[float_power_] the base has dtype Float but the result requires dtype Double"},
        {[] { gcd(v, v); }, "[gcd] not implemented for 'Float'"},
        {[] { x.is_nonzero(); }, "[is_nonzero] Boolean value of Tensor with more than one value is ambiguous"},
        {[] { x.slice(0, 0, 0).is_nonzero(); }, "[is_nonzero] Boolean value of Tensor with no values is ambiguous"},
        {[] { renorm(v, 2, 0, 1); }, "[renorm] input needs at least 2 dimensions, got 1 dimensions"},
        {[] { renorm(x, 0, 0, 1); }, "[renorm] non-positive-norm not supported, got p=0"},
        {[] { renorm(x, 2, 0, -1); }, "[renorm] expected maxnorm to be >= 0 but got -1"},
        {[] { renorm(x, 2, 2, 1); }, "[renorm] Dimension out of range"},
        {[] { diff(number); }, "[diff] expects input to be at least one-dimensional"},
        {[] { diff(v, -1); }, "[diff] order must be non-negative but got -1"},
        {[] { diff(x, 1, 0, v); },
         "[diff] expects prepend or append to be the same dimension as input, got shapes (3,)"},
        {[] { trapezoid(x, ones({2})); },
         "[trapezoid] There must be one `x` value for each sample point, got shapes (2,)"},
        {[] { trapezoid(number); }, "[trapezoid] Dimension specified as -1 but tensor has no dimensions"},
        {[] { trapezoid(truth); }, "[trapezoid] received a bool input for `y`"},
        {[] { cumulative_trapezoid(v, truth); }, "[cumulative_trapezoid] received a bool input for `x`"},
        {[] { cov(cube); }, "[cov] expected input to have two or fewer dimensions but got an input with 3 dimensions"},
        {[] { cov(truth); }, "[cov] bool dtype is not supported for input"},
        {[] { cov(x, 1, v); }, "[cov] expected fweights to have integral dtype but got Float"},
        {[] { cov(x, 1, {}, whole); }, "[cov] expected aweights to have floating point dtype but got Long"},
        {[] {
             cov(x, 1, tensor({1, 2}));
         },
         "[cov] expected fweights to be a vector of as many elements"},
        {[] { cov(x, 1, {}, -v); }, "[cov] aweights cannot be negative"},
        {[] { cov(x, 1, whole * 0); }, "[cov] weights sum to zero, can't be normalized"},
        {[] { corrcoef(cube); }, "[corrcoef] expected input to have two or fewer dimensions"},
        {[] { select_scatter(x, ones({2}), 0, 0); },
         "[select_scatter] expected src to have a size equal to the slice of self. src size = (2,), slice size = (3,)"},
        {[] { select_scatter(x, v, 0, 2); }, "[select] index 2 out of range"},
        {[] { slice_scatter(x, v, 0, 1); }, "[slice_scatter] expected src to have a size equal"},
        {[] { diagonal_scatter(x, v); }, "[diagonal_scatter] expected src to have a size equal"},
        {[] { v.clone().fill_diagonal_(1); }, "[fill_diagonal_] needs at least two dimensions, got the shape (3,)"},
        {[] {
             ones({2, 2, 3}).fill_diagonal_(1);
         },
         "[fill_diagonal_] all dimensions of input must be of equal length"},
        {[] { pad_sequence({}); }, "[pad_sequence] received an empty list of sequences"},
        {[] {
             pad_sequence({x, ones({2, 4})});
         },
         "[pad_sequence] the sequences may differ in their first dimension only, got (2, 3) and (2, 4)"},
        {[] { pad_sequence({x}, false, 0, "top"); },
         "[pad_sequence] Expected padding_side to be 'left' or 'right', but got 'top'"},
        {[] { hann_window(-1); }, "[hann_window] requires non-negative window_length, got window_length=-1"},
        {[] { hann_window(4, kInt64); }, "[hann_window] expects floating point dtypes, got Long"},
        {[] { logspace(0, 1, -1); }, "[logspace] number of steps must be non-negative, got -1"},
    };
    for (const Wrong& c : cases) {
        CAPTURE(c.message);
        std::string message;
        try {
            c.call();
        } catch (const Error& error) {
            message = error.what();
        }
        CHECK_MESSAGE(message.find(c.message) != std::string::npos, message);
    }
}

TEST_CASE("tensors are made of the dtype of another one") {
    const Tensor x = zeros({2}, kFloat64);
    CHECK(x.new_zeros({2, 3}).equal(zeros({2, 3}, kFloat64)));
    CHECK(x.new_ones(3).equal(ones({3}, kFloat64)));
    CHECK(x.new_full({2}, 7).equal(full({2}, 7., kFloat64)));
    CHECK(x.new_full({2}, 7, kInt32).equal(full({2}, 7, kInt32)));
    CHECK(x.new_empty({4, 0}).sizes() == IntArrayRef({4, 0}));
    CHECK(x.new_empty_strided({2, 2}, {1, 2}).strides() == IntArrayRef({1, 2}));
    CHECK(x.new_zeros({1}, requires_grad()).requires_grad());
    CHECK(x.new_zeros({1}, requires_grad()).dtype() == kFloat64);
}

TEST_CASE("questions about tensors and dtypes") {
    CHECK(tensor(-2).is_nonzero());
    CHECK(!tensor({0.}).is_nonzero());
    CHECK(is_nonzero(tensor(std::numeric_limits<double>::quiet_NaN())));
    CHECK(is_signed(tensor(1)));
    CHECK(!is_signed(tensor(true)));
    CHECK(!zeros({1}, kUInt8).is_signed());
    CHECK(is_same_size(ones({2, 3}), zeros({2, 3}, kInt64)));
    CHECK(!ones({2, 3}).is_same_size(ones({3, 2})));
    CHECK(result_type(tensor({1}), tensor(2.5)) == kFloat32);
    CHECK(result_type(tensor({1.}, kFloat64), ones({2})) == kFloat64);
    CHECK(result_type(1.5, tensor({1})) == kFloat32);
    CHECK(result_type(1, true) == kInt64);
    CHECK(result_type(1, 0.5) == kFloat32);
}

TEST_CASE("an integer is the dimension of a variance, a bool whether it is unbiased") {
    const Tensor x = tensor({{1., 2., 4.}, {0., 5., 7.}}, kFloat64);
    const Tensor rows = tensor({7. / 3, 13.}, kFloat64);
    CHECK(x.var(1).allclose(rows));
    CHECK(x.var({1}).allclose(rows));
    CHECK(var(x, 1).allclose(rows));
    CHECK(x.var(0).allclose(tensor({0.5, 4.5, 4.5}, kFloat64)));
    CHECK(x.std(1).allclose(rows.sqrt()));
    CHECK(x.var(true).allclose(x.var()));
    CHECK(x.std(false).dim() == 0);
    CHECK(x.var(1, false).allclose(rows * (2. / 3)));
}

TEST_CASE("integers have divisors at the limits of their range") {
    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    CHECK(gcd(tensor({least, least, 0}), tensor({6, least, -9}))
              .equal(tensor({std::int64_t{2}, least, std::int64_t{9}})));
    CHECK(lcm(tensor({least, 4}), tensor({0, -6})).equal(tensor({0, 12})));
    CHECK(gcd(zeros({1}, kUInt8) + 200, tensor({75}, kUInt8)).equal(tensor({25}, kUInt8)));
}

TEST_CASE("a covariance of too few observations is a warning and infinite") {
    std::vector<std::string> given;
    const WarningHandler before = set_warning_handler([&](const std::string& message) { given.push_back(message); });
    const Tensor c = cov(tensor({{1.}, {2.}}));
    set_warning_handler(before);
    CHECK(c.isfinite().logical_not().all().item<bool>());
    REQUIRE(given.size() == 1);
    CHECK(given[0].find("degrees of freedom is <= 0") != std::string::npos);
}

TEST_CASE("sequences are padded in front if asked") {
    const Tensor padded = pad_sequence({tensor({1, 2, 3}), tensor({4})}, true, 9, "left");
    CHECK(padded.equal(tensor({{1, 2, 3}, {9, 9, 4}})));
}
