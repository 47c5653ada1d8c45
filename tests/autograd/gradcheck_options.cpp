#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <sstream>
#include <string>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/ops/op.h>

using namespace xgrad;
using namespace xgrad::autograd;

namespace {

/// x^3 with a derivative of 3 x^2 times a factor, and a second one times another.
struct Cube : Function<Cube> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, double factor, double second) {
        ctx->save_for_backward({x});
        ctx->saved_data["factor"] = factor;
        ctx->saved_data["second"] = second;
        return x * x * x;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const Tensor x = ctx->get_saved_variables()[0];
        const double factor = ctx->saved_data["factor"].toDouble(), second = ctx->saved_data["second"].toDouble();
        const Tensor square = x * x * second + (x * x).detach() * (1 - second);
        return {grads[0] * square * (3 * factor), Tensor(), Tensor()};
    }
};

/// 2 x, with another factor in forward mode.
struct Twice {
    static constexpr const char* name = "twice";
    static constexpr ops::Uses uses[] = {ops::kNothing};

    double tangent;

    Tensor forward(const Tensor& x) const { return x * 2.0; }
    void vjp(ops::Vjp& b) const { b.set(0, b.grad() * 2.0); }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0] * tangent;
    }
};
using Operations = ops::Family<Twice>;

/// The identity, whose backward is wrong by `error` at one element.
struct Planted : Function<Planted> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, std::int64_t at, double error) {
        ctx->saved_data["at"] = at;
        ctx->saved_data["error"] = error;
        return x.clone();
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        Tensor factor = ones_like(grads[0]);
        factor.view({-1})[ctx->saved_data["at"].toInt()].add_(ctx->saved_data["error"].toDouble());
        return {grads[0] * factor, Tensor(), Tensor()};
    }
};

using Call = std::function<Tensor(const TensorList&)>;

Call cube(double factor = 1, double second = 1) {
    return [=](const TensorList& in) { return Cube::apply(in[0], factor, second); };
}
Call twice(double tangent) {
    return [=](const TensorList& in) { return Operations::apply(Twice{tangent}, in[0]); };
}

const Call relu_of = [](const TensorList& in) { return relu(in[0]); };
const Call right_relu_times = [](const TensorList& in) { return relu(in[0]) * Cube::apply(in[0] + 2.0, 1.0, 1.0); };
const Call wrong_relu_times = [](const TensorList& in) { return relu(in[0]) * Cube::apply(in[0] + 2.0, 1.01, 1.0); };

Tensor leaf(IntArrayRef sizes, std::uint64_t seed, ScalarType dtype = kFloat64) {
    return randn(sizes, Generator(seed), dtype).requires_grad_();
}
Tensor around_zero() { return tensor({-0.5, 0.0, 0.5}, kFloat64).requires_grad_(); }

GradcheckResult check(const Call& call, const TensorList& inputs, GradcheckOptions options) {
    options.raise_exception = false;
    return gradcheck(call, inputs, options);
}

std::string printed(const GradcheckResult& result) {
    std::ostringstream out;
    out << result;
    return out.str();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what each option lets pass and finds") {
    const Tensor x = leaf({2, 3}, 1);
    const auto away_from_zero = [](const Tensor& at) { return at.abs() > 1e-3; };
    const struct {
        const char* name;
        Call call;
        Tensor input;
        GradcheckOptions options;
        bool passes;
    } rows[] = {
        {"backward", cube(), x, {}, true},
        {"backward, wrong", cube(1.0001), x, {}, false},
        {"backward, wrong and not compared", cube(1.0001), x, {.check_backward_ad = false}, true},
        {"a step too long", cube(), x, {.eps = 0.1}, false},
        {"a step too long, allowed", cube(), x, {.eps = 0.1, .atol = 0.011}, true},
        {"rtol", cube(1.0001), x, {.rtol = 2e-4}, true},
        {"rtol too small", cube(1.0001), x, {.rtol = 0.5e-4}, false},
        {"atol", cube(1.0001), x, {.atol = 0.1}, true},
        {"analytic_scale", cube(), x, {.analytic_scale = 1 + 1e-4}, false},
        {"analytic_scale, forward mode",
         twice(2),
         x,
         {.check_backward_ad = false, .check_forward_ad = true, .analytic_scale = 1 + 1e-4},
         false},
        {"forward mode", twice(2), x, {.check_forward_ad = true}, true},
        {"forward mode, wrong", twice(2.001), x, {.check_forward_ad = true}, false},
        {"forward mode, wrong and not compared", twice(2.001), x, {}, true},
        {"forward mode alone", twice(2.001), x, {.check_backward_ad = false, .check_forward_ad = true}, false},
        {"forward mode, projected", twice(2), x, {.check_forward_ad = true, .fast_mode = true}, true},
        {"forward mode, projected, wrong", twice(2.001), x, {.check_forward_ad = true, .fast_mode = true}, false},
        {"second order", cube(), x, {.second_order = true}, true},
        {"second order, wrong", cube(1, 0.5), x, {.second_order = true}, false},
        {"second order, wrong and not compared", cube(1, 0.5), x, {}, true},
        {"second order, wrong in the first", cube(1.01), x, {.second_order = true}, false},
        {"projected", cube(), x, {.fast_mode = true}, true},
        {"projected, wrong", cube(1.0001), x, {.fast_mode = true}, false},
        {"projected by size, wrong", cube(1.0001), x, {.full_jacobian_limit = 35}, false},
        {"no directions", cube(1.0001), x, {.fast_mode = true, .directions = 0}, true},
        {"domain", relu_of, around_zero(), {.domain = away_from_zero}, true},
        {"domain, projected", relu_of, around_zero(), {.fast_mode = true, .domain = away_from_zero}, true},
        {"domain, wrong inside", wrong_relu_times, around_zero(), {.domain = away_from_zero}, false},
        {"no domain", relu_of, around_zero(), {}, false},
        {"no domain, projected", relu_of, around_zero(), {.fast_mode = true}, false},
        {"kinks", relu_of, around_zero(), {.skip_kinks = true}, true},
        {"kinks, projected", relu_of, around_zero(), {.fast_mode = true, .skip_kinks = true}, true},
        {"kinks, right elsewhere", right_relu_times, around_zero(), {.skip_kinks = true}, true},
        {"kinks, wrong elsewhere", wrong_relu_times, around_zero(), {.skip_kinks = true}, false},
        {"kinks are no excuse for smooth functions", cube(1.0001), x, {.skip_kinks = true}, false},
        {"kinks are not curvature",
         cube(1 + 5e-6),
         full({2}, 0.1, kFloat64).requires_grad_(),
         {.skip_kinks = true},
         false},
        {"float32", cube(), leaf({2, 3}, 1, kFloat32), {}, true},
        {"float32, wrong", cube(1.01), leaf({2, 3}, 1, kFloat32), {}, false},
        {"float32, second order", cube(), leaf({2, 3}, 1, kFloat32), {.second_order = true}, true},
        {"float32, second order, wrong", cube(1, 0.9), leaf({2, 3}, 1, kFloat32), {.second_order = true}, false},
        {"float32, projected", cube(), leaf({20, 30}, 1, kFloat32), {.fast_mode = true}, true},
        {"float32, projected, wrong", cube(1.01), leaf({20, 30}, 1, kFloat32), {.fast_mode = true}, false},
        {"float32, forward mode", twice(2), leaf({3}, 1, kFloat32), {.check_forward_ad = true}, true},
        {"float32, forward mode, wrong", twice(2.01), leaf({3}, 1, kFloat32), {.check_forward_ad = true}, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const GradcheckResult result = check(row.call, {row.input}, row.options);
        CAPTURE(printed(result));
        CHECK(result.passed() == row.passes);
        CHECK((result.failed == 0) == row.passes);
    }
}

TEST_CASE("a planted error at any element is named, whether Jacobians are full or projected") {
    const TensorList inputs{leaf({4, 5}, 1), leaf({4, 5}, 2)};
    for (const bool fast : {false, true})
        for (const std::int64_t at : {0, 1, 7, 18, 19}) {
            CAPTURE(fast);
            CAPTURE(at);
            const Call call = [&](const TensorList& in) { return in[0].t() * Planted::apply(in[1], at, 0.01).t(); };
            const GradcheckResult result = check(call, inputs, {.fast_mode = fast});
            REQUIRE(!result.worst.empty());
            const GradcheckElement& worst = result.worst[0];
            CHECK(result.failed == 1);
            CHECK(worst.input == "input 1");
            CHECK(worst.output == "output 0");
            CHECK(!worst.direction);
            CHECK(worst.input_index == std::vector<std::int64_t>{at / 5, at % 5});
            CHECK(worst.output_index == std::vector<std::int64_t>{at % 5, at / 5});
            CHECK(worst.ratio() > 1000);
            CHECK(worst.relative_error() == doctest::Approx(0.01).epsilon(1e-6));
            std::string message;
            try {
                gradcheck(call, inputs, {.fast_mode = fast, .names = {"", "beta"}});
            } catch (const GradcheckError& e) {
                message = e.what();
                CHECK(e.result().failed == 1);
            }
            CAPTURE(message);
            const std::string row = std::to_string(at / 5), column = std::to_string(at % 5);
            CHECK(contains(message,
                           "[gradcheck] the derivative of output 0 with respect to beta differs at output element (" +
                               column + ", " + row + "), input element (" + row + ", " + column + "): analytic "));
        }
}

TEST_CASE("a NaN is found like any other error") {
    for (const bool fast : {false, true})
        for (const std::int64_t at : {0, 1, 7, 18, 19}) {
            const double nan = std::numeric_limits<double>::quiet_NaN();
            const Call call = [&](const TensorList& in) { return Planted::apply(in[0], at, nan).sin(); };
            const GradcheckResult result = check(call, {leaf({4, 5}, 1)}, {.fast_mode = fast});
            REQUIRE(!result.worst.empty());
            CHECK(!result);
            CHECK(result.worst[0].input_index == std::vector<std::int64_t>{at / 5, at % 5});
        }
}

TEST_CASE("an error of the forward mode is named as one") {
    const GradcheckResult result = check(twice(2.5), {leaf({2}, 1)}, {.check_forward_ad = true});
    CHECK(result.checked == 8);
    CHECK(result.failed == 2);
    CHECK(result.worst[0].forward);
    CHECK(result.worst[0].analytic == 2.5);
    CHECK_THROWS_WITH_AS(
        gradcheck(twice(2.5), {leaf({2}, 1)}, {.check_forward_ad = true, .fast_mode = true}),
        doctest::Contains("the forward-mode derivative of output 0 with respect to input 0 differs at"),
        GradcheckError);
}

TEST_CASE("forward mode of an operation that has none is an error, not a pass") {
    const Call call = [](const TensorList& in) { return Operations::apply(Twice{2}, in[0]).as_strided({2}, {1}); };
    CHECK(gradcheck(call, {leaf({2}, 1)}));
    CHECK_THROWS_AS(gradcheck(call, {leaf({2}, 1)}, {.check_forward_ad = true}), NotImplementedError);
}

TEST_CASE("several outputs and several inputs are counted and told apart") {
    const TensorFunction f = [](const TensorList& in) {
        return TensorList{arange(3), in[0] * in[2], Planted::apply(in[2], 0, 1.0).sum(), in[0].sin()};
    };
    const TensorList inputs{leaf({2}, 1), tensor({1, 2}), leaf({2}, 2)};
    GradcheckOptions options{.check_forward_ad = true, .worst = 2, .raise_exception = false};
    const GradcheckResult result = gradcheck(f, inputs, options);
    CHECK(result.checked == 2 * 2 * (4 + 2 + 4));
    CHECK(result.failed == 1);  // forward mode goes through Planted's forward, which is right
    CHECK(result.worst.size() == 2);
    CHECK(result.worst[0].output == "output 2");
    CHECK(result.worst[0].input == "input 2");
    CHECK(result.worst[0].output_index.empty());
    CHECK(result.worst[0].input_index == std::vector<std::int64_t>{0});
    CHECK(result.worst[0].error() == doctest::Approx(1));
    CHECK(!result.worst[0].forward);
}

TEST_CASE("what was left out is counted") {
    const Call call = [](const TensorList& in) { return relu(in[0]) + in[1] * 2.0; };
    const TensorList inputs{around_zero(), leaf({3}, 2)};
    const auto all_but_zero = [](const Tensor& at) { return at != 0.0; };
    const struct {
        GradcheckOptions options;
        std::int64_t checked, skipped;
    } rows[] = {
        {{.skip_kinks = true}, 17, 1},
        {{.domain = all_but_zero}, 15, 3},
        {{.domain = [](const Tensor&) { return Tensor(); }}, 18, 0},
        {{.domain = [](const Tensor& at) { return at > 1e9; }}, 0, 18},
        {{.fast_mode = true, .directions = 2, .domain = all_but_zero}, 4, 0},
    };
    for (const auto& row : rows) {
        const GradcheckResult result = check(call, inputs, row.options);
        CHECK(result.checked == row.checked);
        CHECK(result.skipped == row.skipped);
    }
    CHECK_THROWS_WITH_AS(check(call, inputs, {.domain = [](const Tensor& at) { return at[0] > 0.0; }}),
                         doctest::Contains("[gradcheck] the domain of input 0 must be a Bool tensor of shape (3,)"),
                         ShapeError);
}

TEST_CASE("at a kink any slope between the two is right, and none else") {
    struct Abs : Function<Abs> {
        static Tensor forward(AutogradContext* ctx, const Tensor& x, double at_zero) {
            ctx->save_for_backward({x.sign() + (x == 0.0).to(kFloat64) * at_zero});
            return x.abs();
        }
        static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
            return {grads[0] * ctx->get_saved_variables()[0], Tensor()};
        }
    };
    const struct {
        double slope;
        bool passes;
    } rows[] = {{-1, true}, {0, true}, {0.7, true}, {1, true}, {1.1, false}, {-1.1, false}};
    for (const auto& row : rows) {
        CAPTURE(row.slope);
        const Call call = [&](const TensorList& in) { return Abs::apply(in[0], row.slope); };
        CHECK(check(call, {around_zero()}, {.skip_kinks = true}).passed() == row.passes);
    }
    // A kink beside the point, within the step of the difference.
    for (const double distance : {1e-9, 1e-7, 5e-7, 9e-7}) {
        CAPTURE(distance);
        const Call call = [=](const TensorList& in) { return relu(in[0] - distance); };
        CHECK(!check(call, {around_zero()}, {}));
        CHECK(check(call, {around_zero()}, {.skip_kinks = true}));
    }
    // A jump, as the gradient of a relu has.
    CHECK(!gradgradcheck(relu_of, {around_zero()}, {.raise_exception = false}));
    CHECK(gradgradcheck(relu_of, {around_zero()}, {.skip_kinks = true, .raise_exception = false}));
}

TEST_CASE("float32: the difference is float64's where the function works in it") {
    const Tensor x = leaf({3, 4}, 1, kFloat32), before = x.detach().clone();
    const Tensor w = leaf({4, 2}, 2, kFloat32), constant = randn({4, 2}, Generator(3));
    const struct {
        const char* name;
        Call call;
        ScalarType difference;
    } rows[] = {
        {"all of it", [](const TensorList& in) { return in[0].matmul(in[1]).tanh(); }, kFloat64},
        {"with a constant among the inputs", [](const TensorList& in) { return in[0].mm(in[2]) * in[1][0]; }, kFloat64},
        {"with one of its own", [&](const TensorList& in) { return in[0].mm(constant) * in[1][0]; }, kFloat32},
        {"with a cast", [](const TensorList& in) { return in[0].mm(in[1]).to(kFloat32).tanh(); }, kFloat32},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        for (const double scale : {1.0, 1.01}) {
            const GradcheckResult result =
                check(row.call, {x, w, constant}, {.check_forward_ad = true, .analytic_scale = scale});
            CAPTURE(printed(result));
            CHECK(result.dtype == row.difference);
            CHECK(result.eps == (row.difference == kFloat64 ? 1e-6 : 1.0 / 128));
            CHECK(result.passed() == (scale == 1));
        }
    }
    CHECK(x.dtype() == kFloat32);
    CHECK(x.equal(before));
    // A float32 constant beside float64 inputs loosens nothing.
    const Call product = [](const TensorList& in) { return in[0] * in[1]; };
    CHECK(check(product, {leaf({4, 2}, 1), constant}, {}));
    CHECK(!check(product, {leaf({4, 2}, 1), constant}, {.analytic_scale = 1 + 1e-4}));
    // float64 inputs of a function that computes in float32.
    CHECK(check([](const TensorList& in) { return in[0].to(kFloat32).exp(); }, {leaf({3}, 1)}, {}).dtype == kFloat32);
}

TEST_CASE("float32 variables that a function reads come back as they were, also when it throws") {
    const Tensor w = leaf({3}, 1, kFloat32), before = w.detach().clone();
    const void* const memory = w.data_ptr();
    int calls = 0;
    const auto evaluate = [&](int last) {
        return [&, last] {
            if (++calls == last) throw std::domain_error("enough");
            return TensorList{(w * w).sum()};
        };
    };
    CHECK(gradcheck_variables(evaluate(-1), {w}, {"w"}).dtype == kFloat64);
    calls = 0;
    CHECK_THROWS_AS(gradcheck_variables(evaluate(5), {w}, {"w"}), std::domain_error);
    CHECK(w.dtype() == kFloat32);
    CHECK(w.data_ptr() == memory);
    CHECK(w.equal(before));
}

TEST_CASE("a function that changes from call to call is no function") {
    const Call noisy = [](const TensorList& in) { return in[0] * rand({3}, kFloat64); };
    CHECK_THROWS_WITH_AS(gradcheck(noisy, {leaf({3}, 1)}),
                         doctest::Contains("[gradcheck] output 0 changed when the function was called again"),
                         ValueError);
}

TEST_CASE("the printed table") {
    // Derivatives of 2 x y, the first of them with one that is off by a tenth at (1, 0).
    const Call call = [](const TensorList& in) { return Planted::apply(in[0], 2, 0.1) * in[1] * 2.0; };
    const TensorList inputs{ones({2, 2}, kFloat64).requires_grad_(), full({2, 2}, 0.5, kFloat64).requires_grad_()};
    const GradcheckResult result = check(call, inputs, {.worst = 2});
    const std::string text = printed(result);
    CAPTURE(text);
    CHECK(text ==
          "1 of 32 derivatives differs from central differences of step 1e-06\n"
          "  output           input             analytic   numerical    error  error/allowed\n"
          "  output 0 (1, 0)  input 0 (1, 0)  1.10000000  1.00000000  1.0e-01        9.9e+04");
    const Tensor zero = zeros({}, kFloat64).requires_grad_();  // where differences are exact
    CHECK(printed(check(twice(2), {zero}, {.check_forward_ad = true})) ==
          "all 2 derivatives agree with central differences of step 1e-06\n"
          "  output                  input      analytic   numerical    error  error/allowed\n"
          "  output 0                input 0  2.00000000  2.00000000  0.0e+00        0.0e+00\n"
          "  output 0, forward mode  input 0  2.00000000  2.00000000  0.0e+00        0.0e+00");
    const std::string projected = printed(check(cube(), {leaf({2}, 1)}, {.fast_mode = true, .worst = 1}));
    CAPTURE(projected);
    CHECK(contains(projected, "all 3 derivatives agree with central differences of step 1e-06\n"));
    CHECK(contains(projected, "\n  output 0, projected  input 0, projected  "));
    CHECK(printed(GradcheckResult()) == "no derivatives compared");
}
