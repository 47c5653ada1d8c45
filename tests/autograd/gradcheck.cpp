#include <doctest/doctest.h>

#include <functional>
#include <string>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/gradcheck.h>

using namespace xgrad;
using namespace xgrad::autograd;

namespace {

/// x0^2 + 3 x1 with a backward that is wrong for the element (1, 0) of the second input.
struct Planted : Function<Planted> {
    static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
        ctx->save_for_backward({a});
        return a * a + b * 3.0;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        Tensor wrong = full_like(grads[0], 3.0);
        wrong[1][0].fill_(3.01);
        return {grads[0] * 2.0 * ctx->get_saved_variables()[0], grads[0] * wrong};
    }
};

/// x^2 whose first derivative is right and whose second is not: the graph of the gradient loses a factor of x.
struct PlantedSecond : Function<PlantedSecond> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x) {
        ctx->save_for_backward({x});
        return x * x;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const Tensor x = ctx->get_saved_variables()[0];
        return {grads[0] * (x + x.detach())};
    }
};

Tensor leaf(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64).requires_grad_(); }

template <class E>
std::string message_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Tensor planted(const TensorList& x) { return Planted::apply(x[0], x[1]); }

}  // namespace

TEST_CASE("gradcheck finds a planted wrong derivative and says where it is") {
    const TensorList x{leaf({2, 2}, 1), leaf({2, 2}, 2)};
    // The first output is an integer: it is passed over, and counts.
    const TensorFunction outputs = [](const TensorList& in) { return TensorList{arange(3), in[0] * 2.0, planted(in)}; };
    const std::string message = message_of<GradcheckError>([&] { gradcheck(outputs, x); });
    CAPTURE(message);
    CHECK(contains(message, "[gradcheck] the derivative of output 2 with respect to input 1 differs"));
    CHECK(contains(message, "at output element (1, 0), input element (1, 0)"));
    CHECK(contains(message, "analytic 3.01, numerical 3"));
    CHECK(contains(message, "allowed 3.01e-06"));
    GradcheckOptions quiet;
    quiet.raise_exception = false;
    CHECK(!gradcheck(outputs, x, quiet));
    CHECK(!gradcheck(planted, x, quiet));
    // Right where the wrong input is a constant.
    CHECK(gradcheck(planted, {x[0], x[1].detach()}));
}

TEST_CASE("gradgradcheck finds a wrong second derivative behind a right first one") {
    const TensorFunction square = [](const TensorList& in) { return TensorList{PlantedSecond::apply(in[0])}; };
    CHECK(gradcheck(square, {leaf({3}, 1)}));
    const std::string message = message_of<GradcheckError>([&] { gradgradcheck(square, {leaf({3}, 1)}); });
    CHECK(
        contains(message, "the derivative of gradient of input 0 with respect to input 0 differs at output element ("));
}

TEST_CASE("large Jacobians are checked along random directions; what disagrees is found all the same") {
    GradcheckOptions options;
    options.full_jacobian_limit = 3;
    const TensorList x{leaf({4, 3}, 1), leaf({4, 3}, 2)};
    CHECK(gradcheck([](const TensorList& in) { return TensorList{in[0].sin() * in[1]}; }, x, options));
    const std::string message = message_of<GradcheckError>([&] { gradcheck(planted, x, options); });
    CAPTURE(message);
    CHECK(contains(message, "output 0 with respect to input 1 differs at output element (1, 0), input element (1, 0)"));
    options.analytic_scale = 1 + 1e-4;
    options.raise_exception = false;
    CHECK(!gradcheck([](const TensorList& in) { return TensorList{in[0].sin() * in[1]}; }, x, options));
}

TEST_CASE("inputs of every layout") {
    const auto f = [](const TensorList& in) { return in[0] * in[0] * in[1]; };
    const Tensor expanded = randn({3}, Generator(3), kFloat64).expand({2, 3}).requires_grad_();
    const Tensor transposed = randn({3, 2}, Generator(4), kFloat64).t().requires_grad_();
    const Tensor before = expanded.detach().clone();
    for (const Tensor& a : {expanded, transposed})
        for (const Tensor& b : {expanded, transposed}) {
            CHECK(gradcheck(f, {a, b}));
            CHECK(gradgradcheck(f, {a, b}));
        }
    CHECK(expanded.equal(before));
    CHECK(gradcheck(f, {leaf({0, 3}, 1), leaf({0, 3}, 2)}));
    CHECK(gradcheck(f, {leaf({}, 1), leaf({}, 2)}));
}

TEST_CASE("variables that a function reads without being given them") {
    const Tensor weight = leaf({3, 2}, 1), bias = leaf({3}, 2), x = randn({4, 2}, Generator(3), kFloat64);
    const Tensor before = weight.detach().clone();
    const auto evaluate = [&] { return TensorList{linear(x, weight, bias).tanh()}; };
    CHECK(gradcheck_variables(evaluate, {weight, bias}, {"weight", "bias"}));
    CHECK(weight.equal(before));
    const auto wrong = [&] { return TensorList{x.mm(weight.t()) + bias + (bias * bias).detach()}; };
    CHECK(contains(message_of<GradcheckError>([&] {
                       gradcheck_variables(wrong, {weight, bias}, {"weight", "bias"});
                   }),
                   "output 0 with respect to bias differs at output element ("));
    CHECK(contains(message_of<ValueError>([&] {
                       gradcheck_variables(evaluate, {weight, bias}, {"weight"});
                   }),
                   "[gradcheck] expects a name for each variable, got 1 for 2"));
    const Tensor repeated = ones({1}, kFloat64).expand({3}).requires_grad_();
    CHECK(contains(message_of<ValueError>(
                       [&] { gradcheck_variables([&] { return TensorList{repeated * 2.0}; }, {repeated}, {"scale"}); }),
                   "[gradcheck] scale of shape (3,) and strides (0,) shows elements of its memory several times"));
}

TEST_CASE("variables are restored when the function throws") {
    const Tensor weight = leaf({3}, 1), before = weight.detach().clone();
    int calls = 0;
    const auto evaluate = [&] {
        if (++calls == 3) throw std::domain_error("third call");
        return TensorList{weight * 2.0};
    };
    CHECK_THROWS_AS(gradcheck_variables(evaluate, {weight}, {"weight"}), std::domain_error);
    CHECK(weight.equal(before));
}

TEST_CASE("wrong use of gradcheck is a typed error") {
    const auto twice = [](const TensorList& in) { return in[0] * 2.0; };
    CHECK(
        contains(message_of<DtypeError>([&] { gradcheck_variables([] { return TensorList{}; }, {arange(3)}, {"w"}); }),
                 "[gradcheck] w has dtype Long: only float32 and float64 have derivatives"));
    CHECK(contains(message_of<GraphError>([&] { gradcheck(twice, {ones({2}, kFloat64)}); }),
                   "at least one input tensor to require gradient"));
    CHECK(contains(message_of<Error>([&] { gradcheck_variables([] { return TensorList{}; }, {Tensor()}, {"w"}); }),
                   "[gradcheck] w is an undefined Tensor"));

    int calls = 0;
    const Tensor weight = leaf({3}, 1), before = weight.detach().clone();
    const auto fewer = [&](int from) {
        return [&, from] { return ++calls < from ? TensorList{weight * 2.0, weight} : TensorList{weight * 2.0}; };
    };
    const auto smaller = [&](int from) {
        return [&, from] { return TensorList{++calls < from ? weight * 2.0 : weight.slice(0, 0, 1) * 2.0}; };
    };
    const auto error_of = [&]<class E>(E, const std::function<TensorList()>& evaluate) {
        calls = 0;
        return message_of<E>([&] { gradcheck_variables(evaluate, {weight}, {"weight"}); });
    };
    CHECK(contains(error_of(ValueError(""), fewer(2)),
                   "[gradcheck] the function returned 2 outputs at first and 1 when it was called again"));
    CHECK(contains(error_of(ValueError(""), fewer(3)),
                   "[gradcheck] the function returned 2 outputs at first and 1 with weight changed a little"));
    CHECK(contains(error_of(ValueError(""), smaller(2)),
                   "[gradcheck] output 0 changed when the function was called again"));
    CHECK(contains(error_of(ShapeError(""), smaller(3)),
                   "[gradcheck] output 0 had the shape (3,) at first and (1,) with weight changed a little"));
    CHECK(weight.equal(before));
}
