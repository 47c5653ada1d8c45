#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }
Tensor number(double x) { return full({}, x, kFloat64); }

bool close(const Tensor& a, const Tensor& b, double tolerance = 1e-12) {
    return a.sizes() == b.sizes() && a.detach().allclose(b.detach(), tolerance, tolerance);
}

/// Ways to differentiate a function of a number.
struct Derivative {
    const char* name;
    func::Function (*of)(func::Function);
};
const std::array<Derivative, 7> kDerivatives{{
    {"grad", [](func::Function f) { return func::grad(std::move(f)); }},
    {"jacfwd", [](func::Function f) { return func::jacfwd(std::move(f)); }},
    {"jacrev", [](func::Function f) { return func::jacrev(std::move(f)); }},
    {"value_and_grad",
     [](func::Function f) -> func::Function {
         return [g = func::value_and_grad(std::move(f))](const Tensor& x) { return std::get<1>(g(x)); };
     }},
    {"jvp",
     [](func::Function f) -> func::Function {
         return [f = std::move(f)](const Tensor& x) { return std::get<1>(func::jvp(f, x, number(1))); };
     }},
    {"vjp",
     [](func::Function f) -> func::Function {
         return [f = std::move(f)](const Tensor& x) { return std::get<1>(func::vjp(f, x))(number(1))[0]; };
     }},
    {"autograd::grad",
     [](func::Function f) -> func::Function {
         return [f = std::move(f)](const Tensor& x) {
             // Of a part of its own of the graph, whatever else x is in.
             const Tensor here = x.requires_grad() ? x * 1.0 : (x * 1.0).requires_grad_();
             return autograd::grad({f(here)}, {here}, {}, true, true)[0];
         };
     }},
}};

}  // namespace

TEST_CASE("every composition of derivatives to third order") {
    // f = sin(x) exp(x / 2) + x^3
    const func::Function f = [](const Tensor& x) { return x.sin() * (x / 2).exp() + x * x * x; };
    const double x = 0.7, s = std::sin(x), c = std::cos(x), e = std::exp(x / 2);
    const Tensor first = number((s / 2 + c) * e + 3 * x * x), second = number((c - 0.75 * s) * e + 6 * x),
                 third = number((-0.25 * c - 1.375 * s) * e + 6);
    for (const Derivative& a : kDerivatives) {
        CAPTURE(a.name);
        const func::Function fa = a.of(f);
        CHECK(close(fa(number(x)), first));
        for (const Derivative& b : kDerivatives) {
            CAPTURE(b.name);
            const func::Function fab = b.of(fa);
            CHECK(close(fab(number(x)), second));
            for (const Derivative& d : kDerivatives) {
                CAPTURE(d.name);
                CHECK(close(d.of(fab)(number(x)), third));
            }
            // Many points at once, in two nested batches.
            const Tensor points = random({2, 3}, 1);
            TensorList expected;
            for (std::int64_t i = 0; i < 6; ++i) expected.push_back(fab(points.reshape({6})[i]));
            CHECK(close(func::vmap(func::vmap(fab))(points), stack(expected).reshape({2, 3})));
        }
    }
}

TEST_CASE("derivatives of a variable are not those of another (perturbation confusion)") {
    for (const Derivative& outer : kDerivatives)
        for (const Derivative& inner : kDerivatives) {
            CAPTURE(outer.name);
            CAPTURE(inner.name);
            // d/dx [x d/dy (x + y)] = 1, d/dx [x d/dy (x y)] at y = x is 2 x
            const func::Function sum = [&](const Tensor& x) {
                return x * inner.of([x](const Tensor& y) { return x + y; })(number(1));
            };
            const func::Function product = [&](const Tensor& x) {
                return x * inner.of([x](const Tensor& y) { return x * y; })(x);
            };
            CHECK(close(outer.of(sum)(number(1)), number(1)));
            CHECK(close(outer.of(product)(number(3)), number(6)));
        }
}

TEST_CASE("functions of all forms") {
    const Tensor x = number(2), y = number(5), z = number(7);
    struct Pointer {
        static Tensor product(const Tensor& a, const Tensor& b) { return a * b; }
    };
    double scale = 3;
    const struct {
        const char* name;
        func::Function of;
    } products[] = {
        {"tensors", [](const Tensor& a, const Tensor& b) { return a * b; }},
        {"values", [](Tensor a, Tensor b) { return a.mul(b); }},
        {"generic", [](auto a, const auto& b) { return a * b; }},
        {"any number", [](const auto&... in) { return (in * ...); }},
        {"list", [](const TensorList& in) { return in[0] * in[1]; }},
        {"pointer", &Pointer::product},
        {"mutable", [scale](const Tensor& a, const Tensor& b) mutable { return a * b * (scale = 1); }},
        {"another function", func::Function([](const Tensor& a, const Tensor& b) { return a * b; })},
        {"of a default", [](const Tensor& a, const Tensor& b, double one = 1) { return a * b * one; }},
    };
    for (const auto& product : products) {
        CAPTURE(product.name);
        const func::Function& f = product.of;
        CHECK(close(func::grad(f)(x, y), y));
        CHECK(close(func::grad(f, 1)({x, y}), x));
        CHECK(close(func::grad(f, -1)(x, y), x));
        const TensorList both = func::grad(f, {1, 0})(x, y);
        CHECK(both.size() == 2);
        CHECK(close(both[0], x));
        CHECK(close(both[1], y));
        CHECK(func::grad(f, {0})(x, y).size() == 1);
        const auto [value, gradients] = func::value_and_grad(f, {0, 1})(TensorList{x, y});
        CHECK(close(value, number(10)));
        CHECK(close(gradients[0], y));
    }
    const auto six = [](const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d, const Tensor& e,
                        const Tensor& f) { return a * b * c * d * e * f; };
    CHECK(close(func::grad(six, 5)(x, y, z, x, y, z), x * y * z * x * y));
    const auto seven = [](const TensorList& in) { return in[0] * in[6]; };
    CHECK(close(func::grad(seven, 6)({x, y, z, x, y, z, z}), x));
    const auto variadic = [](const auto&... in) { return (in * ...); };
    CHECK(close(func::grad(variadic)(x, y, z), y * z));
}

TEST_CASE("results of several tensors keep their form") {
    const Tensor x = number(2), y = number(5), one = number(1);
    const auto pair = [](const Tensor& a, const Tensor& b) { return std::pair(a * b, a + b); };
    const auto triple = [](const Tensor& a, const Tensor& b) { return std::tuple(a * b, TensorList{a + b, a - b}, b); };
    const auto array = [](const Tensor& a, const Tensor& b) { return std::array<Tensor, 2>{a * b, a + b}; };
    {
        const auto [values, slopes] = func::jvp(pair, {x, y}, {one, {}});
        static_assert(std::is_same_v<decltype(values), const std::pair<Tensor, Tensor>>);
        CHECK(close(values.second, number(7)));
        CHECK(close(slopes.first, y));
        CHECK(close(slopes.second, one));
    }
    {
        const auto [values, pullback] = func::vjp(triple, {x, y});
        CHECK(close(std::get<1>(values)[1], number(-3)));
        CHECK(close(std::get<2>(values), y));
        const TensorList g = pullback(one, one * 10, one * 100, one * 1000);
        CHECK(close(g[0], number(5 + 10 + 100)));
        CHECK(close(g[1], number(2 + 10 - 100 + 1000)));
        const TensorList some = pullback({one, {}, {}, {}});  // an undefined cotangent is zero
        CHECK(close(some[0], y));
    }
    {
        const auto [product, sum] = func::vmap(array, {0, std::nullopt})(x.expand({3}), y);
        CHECK(close(product, number(10).expand({3})));
        CHECK(close(sum, number(7).expand({3})));
    }
    const func::ListFunction list = triple;
    CHECK(list(x, y).size() == 4);
}

TEST_CASE("vjp: a function that may be called again, and is differentiable") {
    const Tensor x = random({3, 2}, 1), w = random({2, 4}, 2), v = random({3, 4}, 3), u = random({3, 4}, 4);
    const auto f = [](const Tensor& a, const Tensor& b) { return a.matmul(b).tanh(); };
    const auto result = func::vjp(f, {x, w});
    const func::ListFunction& pullback = std::get<1>(result);
    const Tensor slope = 1 - std::get<0>(result).pow(2);
    for (const Tensor& cotangent : {v, u}) {
        const TensorList g = pullback(cotangent);
        CHECK(close(g[0], (cotangent * slope).matmul(w.t())));
        CHECK(close(g[1], x.t().matmul(cotangent * slope)));
        CHECK(!g[0].requires_grad());
    }
    // <J^T v, y> is linear in v with derivative J y.
    const Tensor y = random({3, 2}, 5);
    const auto along = [&](const Tensor& c) { return (pullback(c)[0] * y).sum(); };
    CHECK(close(func::grad(along)(v), y.matmul(w) * slope));
    const Tensor leaf = v.clone().requires_grad_();
    CHECK(close(autograd::grad({along(leaf)}, {leaf})[0], y.matmul(w) * slope));
    // An index has no gradient.
    const auto rows = [](const Tensor& table, const Tensor& index) { return table.index_select(0, index); };
    const auto [picked, back] = func::vjp(rows, {x, tensor({2, 0}, kInt64)});
    const TensorList g = back(ones({2, 2}, kFloat64));
    CHECK(close(g[0], tensor({1., 1., 0., 0., 1., 1.}, kFloat64).view({3, 2})));
    CHECK(!g[1].defined());
}

TEST_CASE("what a value does not depend on has derivatives of zero") {
    const Tensor x = random({2, 3}, 1), y = random({4}, 2);
    const auto f = [](const Tensor& a, const Tensor&) { return a.sum(); };
    const auto constant = [](const Tensor&, const Tensor&) { return full({}, 3.0, kFloat64); };
    CHECK(close(func::grad(f, 1)(x, y), zeros_like(y)));
    CHECK(close(func::grad(constant)(x, y), zeros_like(x)));
    CHECK(close(func::hessian(f)(x, y), zeros({2, 3, 2, 3}, kFloat64)));
    CHECK(close(std::get<1>(func::jvp(constant, {x, y}, {x, y})), number(0)));
    for (const auto mode : {func::JacobianMode::kForward, func::JacobianMode::kReverse})
        CHECK(close(func::jacobian(f, 1, mode)(x, y), zeros_like(y)));
    CHECK(close(func::vmap(func::grad(f, 1))(x, y.expand({2, 4})), zeros({2, 4}, kFloat64)));
    {
        const auto half = [](const Tensor& a) {
            const NoGradGuard constant_part;
            return a.sum() * a.sum();
        };
        CHECK(close(func::grad(half)(x), zeros_like(x)));
    }
}

TEST_CASE("results carry a graph if somebody outside asks for it") {
    const Tensor x = random({3}, 1), leaf = random({3}, 2).requires_grad_(), weight = random({3}, 3).requires_grad_();
    const auto cube = [](const Tensor& a) { return (a * a * a).sum(); };
    const auto weighted = [&](const Tensor& a) { return (a * a * weight).sum(); };
    const auto shifted = [&](const Tensor& a) { return (a * a).sum() + weight.sum(); };
    {
        const auto [value, gradient] = func::value_and_grad(cube)(x);
        CHECK(!value.requires_grad());
        CHECK(!gradient.requires_grad());
        CHECK(!x.requires_grad());
    }
    {
        const auto [value, gradient] = func::value_and_grad(cube)(leaf);
        CHECK(close(autograd::grad({value}, {leaf}, {}, true)[0], 3 * leaf * leaf));
        CHECK(close(autograd::grad({gradient.sum()}, {leaf})[0], 6 * leaf));
    }
    {
        const auto [value, gradient] = func::value_and_grad(weighted)(x);
        CHECK(close(autograd::grad({value}, {weight}, {}, true)[0], x * x));
        CHECK(close(autograd::grad({gradient.sum()}, {weight})[0], 2 * x));
    }
    {
        // The gradient of this one does not depend on what was captured; the value does.
        const auto [value, gradient] = func::value_and_grad(shifted)(x);
        CHECK(value.requires_grad());
        CHECK(!gradient.requires_grad());
    }
    CHECK(close(autograd::grad({func::vmap(func::grad(cube))(leaf.view({3, 1})).sum()}, {leaf})[0], 6 * leaf));
    CHECK(close(autograd::grad({func::jacobian(func::grad(cube))(leaf).sum()}, {leaf})[0], full({3}, 6.0, kFloat64)));
    CHECK(close(autograd::grad({std::get<1>(func::hvp(cube, leaf, x)).sum()}, {leaf})[0], 6 * x));
    {
        const NoGradGuard no_grad;
        CHECK(close(func::grad(cube)(leaf), 3 * leaf * leaf));
        CHECK(!func::grad(cube)(leaf).requires_grad());
        CHECK(!func::grad(weighted)(x).requires_grad());
        const auto [values, gradients] = func::vmap(func::value_and_grad(cube))(leaf.view({3, 1}));
        CHECK(!values.requires_grad());
        CHECK(!gradients.requires_grad());
        CHECK(close(gradients, (3 * leaf * leaf).view({3, 1})));
        CHECK(close(func::grad([&](const Tensor& a) { return func::grad(cube)(a).sum(); })(x), 6 * x));
    }
    {
        const InferenceMode inference;
        CHECK(close(func::grad(cube)(leaf), 3 * leaf * leaf));
    }
    CHECK(!leaf.grad().defined());
    CHECK(!weight.grad().defined());
}

TEST_CASE("a function may use autograd::grad") {
    const Tensor x = random({4}, 1);
    // |grad (sum of sin x^2)|^2 = 4 x^2 cos(x^2)^2
    const auto penalty = [](const Tensor& a) {
        const Tensor g = autograd::grad({(a * a).sin().sum()}, {a}, {}, true, true)[0];
        return (g * g).sum();
    };
    const Tensor c = (x * x).cos(), s = (x * x).sin();
    CHECK(close(func::grad(penalty)(x), 8 * x * c * c - 16 * x * x * x * c * s));
}

TEST_CASE("misuse of derivatives is an error that teaches") {
    const Tensor x = random({3}, 1), n = tensor({1, 2}, kInt64), one = number(1);
    const auto sum = [](const Tensor& a) { return a.sum(); };
    const auto same = [](const Tensor& a) { return a * 1.0; };
    const auto first = [](const Tensor& a, const Tensor&) { return a.sum(); };
    const auto nothing = [](const Tensor&) { return Tensor(); };
    const auto count = [](const Tensor& a) { return a.gt(0).sum(); };
    CHECK_THROWS_WITH_AS(func::grad(same)(x),
                         doctest::Contains("[grad] Expected f(*args) to return a scalar tensor, got a tensor of shape "
                                           "(3,) with 1 dims. Maybe you wanted to use the vjp or jacrev APIs instead?"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(func::grad(sum)(n),
                         doctest::Contains("[grad] only Tensors of floating point dtype can require gradients, input 0 "
                                           "is Long"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(func::value_and_grad(count)(x), doctest::Contains("[value_and_grad] only Tensors of"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(func::grad(sum, 1)(x), doctest::Contains("[grad] Got argnum=1, but only 1 positional inputs"),
                         IndexError);
    CHECK_THROWS_AS(func::jacobian(first, -3)(x, x), IndexError);
    CHECK_THROWS_WITH_AS(func::grad(first, {0, -2})(x, x),
                         doctest::Contains("argnums elements must be unique, but input 0 is named twice"), ValueError);
    CHECK_THROWS_AS(func::grad(first, std::vector<std::int64_t>{})(x, x), ValueError);
    CHECK_THROWS_WITH_AS(func::grad(first)(x), doctest::Contains("the function takes 2 tensors, but was called with 1"),
                         ValueError);
    CHECK_THROWS_WITH_AS(func::grad(nothing)(x), doctest::Contains("[grad] the function returned an undefined Tensor"),
                         ValueError);
    CHECK_THROWS_AS(func::jacrev(same)(n), DtypeError);
    CHECK_THROWS_AS(func::jacfwd(count)(x), DtypeError);
    CHECK_THROWS_AS(func::jacrev(count)(x), DtypeError);
    const auto pullback = std::get<1>(func::vjp(same, x));
    CHECK_THROWS_WITH_AS(pullback(one), doctest::Contains("[vjp] cotangent 0 has the shape (), its output (3,)"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(pullback(x, x), doctest::Contains("[vjp] the function returned 1 tensors, but got 2"),
                         ValueError);
    CHECK_THROWS_WITH_AS(func::hvp(sum, x, one), doctest::Contains("[hvp] tangent 0 has the shape (), its input (3,)"),
                         ShapeError);
    CHECK_THROWS_AS(func::hvp(same, x, x), ShapeError);
    CHECK_THROWS_WITH_AS(func::jvp(sum, x, x.to(kFloat32)), doctest::Contains("to have the dtype of its input"),
                         DtypeError);
    CHECK_THROWS_AS(func::jvp(sum, n, n), DtypeError);
    CHECK_THROWS_AS(func::jvp(sum, {x}, {}), ValueError);
    // After an error all works as before.
    CHECK(close(func::grad(sum)(x), ones_like(x)));
    CHECK(GradMode::is_enabled());
}
