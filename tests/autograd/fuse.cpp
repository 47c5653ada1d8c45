#include <doctest/doctest.h>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/fuse.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/parallel.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

using namespace xgrad;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed, ScalarType dtype = kFloat64) {
    return randn(sizes, Generator(seed), dtype);
}
Tensor leaf(IntArrayRef sizes, std::uint64_t seed) { return random(sizes, seed).requires_grad_(); }

/// To rounding: the loops may be compiled for another architecture than the library.
bool agree(const Tensor& a, const Tensor& b) {
    const bool single = a.dtype() == kFloat32;
    return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
           a.allclose(b, single ? 1e-5 : 1e-12, single ? 1e-6 : 1e-13, true);
}

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

/// Works on tensors as it is, so that it is its own reference.
constexpr auto kFormula = [](const auto& x, const auto& b) { return tanh(x * 2.0 + b) * x; };
constexpr auto kBranches = [](const auto& x, const auto& b, const auto& c) {
    return where((x > b) & (c < 1.0), exp(-x) / (b * b + 1.0), where(x > 0.0, 0.1 * c, c * sin(b))) - hypot(x, c);
};

Tensor apply_formula(const TensorList& in) { return fuse(kFormula, in[0], in[1]); }
Tensor apply_branches(const TensorList& in) { return fuse(kBranches, in[0], in[1], in[2]); }

// --- Every function

/// The functions of one argument under a number each, so that they are compiled into one fused function.
#define FUNCTIONS(f)                                                                                                  \
    f(exp(x)) f(exp2(x)) f(expm1(x)) f(log(x)) f(log2(x)) f(log10(x)) f(log1p(x)) f(sqrt(x)) f(rsqrt(x)) f(square(x)) \
        f(reciprocal(x)) f(sigmoid(x)) f(abs(x)) f(sign(x)) f(neg(x)) f(-x) f(sin(x)) f(cos(x)) f(tan(x)) f(asin(x))  \
            f(acos(x)) f(atan(x)) f(sinh(x)) f(cosh(x)) f(tanh(x)) f(asinh(x)) f(acosh(x)) f(atanh(x)) f(sinc(x))
#define SPECIAL_FUNCTIONS(f)                                                                                           \
    f(erf(x)) f(erfc(x)) f(erfinv(x)) f(lgamma(x)) f(digamma(x)) f(polygamma(2, x)) f(floor(x)) f(ceil(x)) f(trunc(x)) \
        f(round(x)) f(frac(x)) f(logit(x)) f(logit(x, 0.1)) f(relu(x)) f(pow(x, 3)) f(pow(x, 2)) f(pow(x, 0.5))        \
            f(pow(2.0, x)) f(x + 2) f(2 - x) f(x * 3) f(2 / x) f(x / 3) f(x % 0.7)
#define ACTIVATIONS(f)                                                                                                 \
    f(improved_sigmoid(x)) f(hardtanh(x)) f(hardtanh(x, -0.2, 0.3)) f(relu6(x)) f(leaky_relu(x)) f(leaky_relu(x, 0.3)) \
        f(elu(x)) f(elu(x, 0.5, 2, 1.5)) f(celu(x, 0.7)) f(selu(x)) f(gelu(x)) f(silu(x)) f(mish(x)) f(softplus(x))    \
            f(softplus(x, 1.5, 1)) f(softsign(x)) f(tanhshrink(x)) f(softshrink(x)) f(hardshrink(x, 0.3))              \
                f(threshold(x, 0.2, 3)) f(hardsigmoid(x)) f(hardswish(x)) f(log_sigmoid(x))

struct Function {
    const char* text;
    std::function<Tensor(const Tensor&)> fused, plain;
};

#define NAME_AND_PLAIN(expression) \
    functions.push_back({#expression, {}, [](const Tensor& x) -> Tensor { return expression; }});
#define NUMBERED(expression) \
    if (which == at++) return expression;
#define ALL_OF(list)                                                                      \
    [] {                                                                                  \
        std::vector<Function> functions;                                                  \
        list(NAME_AND_PLAIN) for (int i = 0; i < static_cast<int>(functions.size()); ++i) \
            functions[static_cast<std::size_t>(i)]                                        \
                .fused = [i](const Tensor& at_x) {                                        \
            return fuse(                                                                  \
                [which = i](auto x) {                                                     \
                    int at = 0;                                                           \
                    list(NUMBERED) return x;                                              \
                },                                                                        \
                at_x);                                                                    \
        };                                                                                \
        return functions;                                                                 \
    }()

/// The numbers around 0 with the special ones among them, in every position of a register.
Tensor arguments(ScalarType dtype) {
    const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> values;
    for (int i = -60; i <= 60; ++i) values.push_back(i * 0.0377);
    for (const double special : {0.0, -0.0, 1.0, -1.0, infinity, -infinity, nan, 3.0, 20.0, -20.0})
        values.push_back(special);
    return tensor(values, kFloat64).to(dtype);
}

void check_functions(const std::vector<Function>& functions) {
    for (const Function& f : functions)
        for (const ScalarType dtype : {kFloat32, kFloat64}) {
            CAPTURE(f.text);
            CAPTURE(dtype);
            const Tensor x = arguments(dtype).requires_grad_(), y = f.fused(x), expected = f.plain(x);
            CHECK(y.grad_fn()->name() == "FuseBackward0");
            CHECK(agree(y.detach(), expected.detach()));
            const Tensor w = random(x.sizes(), 1, dtype);
            CHECK(agree(autograd::grad({y}, {x}, {w})[0], autograd::grad({expected}, {x}, {w})[0]));
        }
}

}  // namespace

TEST_CASE("fuse: elementary functions agree with the operations, derivatives included") {
    check_functions(ALL_OF(FUNCTIONS));
}

TEST_CASE("fuse: special functions, rounding and constants agree with the operations") {
    check_functions(ALL_OF(SPECIAL_FUNCTIONS));
}

TEST_CASE("fuse: activations agree with the operations") { check_functions(ALL_OF(ACTIVATIONS)); }

TEST_CASE("fuse: functions of two and three numbers agree with the operations") {
    const auto all = [](auto a, auto b, auto c) {
        return maximum(a, b) + minimum(a, c) * fmax(b, c) - fmin(a, b) + logaddexp(a, b) + atan2(a, b) +
               pow(exp(a), b) + copysign(a, b) * xlogy(a, exp(b)) + remainder(a, c) + fmod(b, a) + a % c +
               lerp(a, b, c);
    };
    const auto limited = [](auto a, auto b, auto c) {
        return clamp(a, b, b + exp(c)) + clamp_min(a, b) * clamp_max(a, c);
    };
    TensorList x{leaf({40}, 1), leaf({40}, 2), leaf({40}, 3)};
    const auto check = [&](const Tensor& y, const Tensor& expected) {
        CHECK(agree(y.detach(), expected.detach()));
        const Tensor w = random({40}, 4);
        const TensorList slopes = autograd::grad({y}, x, {w}), others = autograd::grad({expected}, x, {w});
        for (std::size_t i = 0; i < 3; ++i) CHECK(slopes[i].allclose(others[i], 1e-9, 1e-11));
    };
    check(fuse(all, x[0], x[1], x[2]), all(x[0], x[1], x[2]));
    const std::optional<Tensor> low = x[1], high = x[1] + x[2].exp();
    check(fuse(limited, x[0], x[1], x[2]), clamp(x[0], low, high) + clamp_min(x[0], x[1]) * clamp_max(x[0], x[2]));
}

TEST_CASE("fuse: comparisons give bools, and masks combine") {
    const Tensor x = arguments(kFloat32).requires_grad_(), b = x.detach().flip({0});
    const Tensor y =
        fuse([](auto u, auto w) { return ((u < w) | (u == 1)) & !(w >= 2.0) & ~isnan(u) & (u != 0.5); }, x, b);
    CHECK(y.dtype() == kBool);
    CHECK_FALSE(y.requires_grad());
    CHECK(equal(y, ((x < b) | (x == 1)) & !(b >= 2.0) & ~isnan(x) & (x != 0.5)));
    CHECK(equal(fuse([](auto u, auto w) { return (u > w) ^ (u <= 0.0); }, x, b), (x > b) ^ (x <= 0.0)));
    const Tensor middle = fuse([](auto u) { return isfinite(u) & logical_not(u - u); }, x);
    CHECK(equal(middle, isfinite(x)));
}

TEST_CASE("fuse: captured numbers, constants and mutable variables") {
    const Tensor x = leaf({33}, 1), b = leaf({33}, 2);
    const float single = 0.5F;
    const int integer = 3;
    const double number = 1.25;
    const Tensor y = fuse(
        [=](auto u, auto w) {
            auto sum = u * single;
            for (int i = 0; i < integer; ++i) sum = sum * w + number;
            sum += integer;
            sum *= u;
            sum -= 1;
            sum /= 2.0;
            return sum;
        },
        x, b);
    Tensor sum = x * 0.5;
    for (int i = 0; i < 3; ++i) sum = sum * b + number;
    const Tensor expected = ((sum + 3) * x - 1) / 2.0;
    CHECK(agree(y.detach(), expected.detach()));
    const TensorList slopes = autograd::grad({y.sum()}, {x, b}), others = autograd::grad({expected.sum()}, {x, b});
    CHECK(agree(slopes[0], others[0]));
    CHECK(agree(slopes[1], others[1]));

    const Tensor constant = fuse([](auto, auto) { return 2; }, x, b);
    CHECK(equal(constant.detach(), full({33}, 2, kFloat64)));
    CHECK(equal(autograd::grad({constant.sum()}, {x}, {}, true)[0], zeros({33}, kFloat64)));
    CHECK_FALSE(autograd::grad({constant.sum()}, {x}, {}, true, true, true)[0].defined());
}

// --- Shapes

TEST_CASE("fuse: broadcasting and layouts") {
    using Shapes = std::array<std::vector<std::int64_t>, 3>;
    const Shapes shapes[] = {
        {{{5, 70}, {5, 70}, {5, 70}}},
        {{{5, 70}, {70}, {}}},
        {{{5, 1}, {1, 70}, {5, 70}}},
        {{{}, {}, {}}},
        {{{4, 1, 3}, {2, 1}, {3}}},
        {{{0, 3}, {3}, {1, 1}}},
        {{{1}, {1, 1}, {}}},
        {{{3, 200}, {3, 1}, {3, 200}}},
        {{{140, 130}, {140, 130}, {130}}},
    };
    // As it comes, with its dimensions in another order, and every second element.
    const std::function<Tensor(const Tensor&)> layouts[] = {
        [](const Tensor& x) { return x; },
        [](const Tensor& x) { return x.dim() < 2 ? x : x.transpose(0, -1).contiguous().transpose(0, -1); },
        [](const Tensor& x) {
            return x.dim() < 1 ? x : stack({x, x + 1}, -1).select(-1, 0);
        },
    };
    for (const Shapes& shape : shapes)
        for (std::size_t layout = 0; layout < 27; ++layout) {
            CAPTURE(shape[0]);
            CAPTURE(layout);
            TensorList x;
            for (std::size_t i = 0, l = layout; i < 3; ++i, l /= 3)
                x.push_back(layouts[l % 3](random(shape[i], 10 + i)).detach().requires_grad_());
            const Tensor y = apply_branches(x), expected = kBranches(x[0], x[1], x[2]);
            CHECK(agree(y.detach(), expected.detach()));
            const Tensor w = random(y.sizes(), 20);
            const TensorList slopes = autograd::grad({y}, x, {w}), others = autograd::grad({expected}, x, {w});
            for (std::size_t i = 0; i < 3; ++i) CHECK(agree(slopes[i], others[i]));
            const TensorList ones = autograd::grad({apply_branches(x).sum()}, x);
            CHECK(agree(ones[2], autograd::grad({kBranches(x[0], x[1], x[2]).sum()}, x)[2]));
        }
}

TEST_CASE("fuse: results beyond the caches") {
    const Tensor x = random({2'200'001}, 1, kFloat32).requires_grad_(), b = random({2'200'001}, 2, kFloat32);
    const Tensor y = apply_formula({x, b}), expected = kFormula(x, b);
    CHECK(agree(y.detach(), expected.detach()));
    CHECK(agree(autograd::grad({y.sum()}, {x})[0], autograd::grad({expected.sum()}, {x})[0]));
}

TEST_CASE("fuse: dtypes promote as PyTorch's") {
    struct Case {
        ScalarType a, b, result;
    };
    const Case cases[] = {{kFloat32, kFloat32, kFloat32}, {kFloat32, kFloat64, kFloat64}, {kInt64, kFloat32, kFloat32},
                          {kFloat64, kBool, kFloat64},    {kUInt8, kFloat32, kFloat32},   {kFloat32, kInt32, kFloat32}};
    const auto f = [](auto a, auto b) { return a * 0.1 + b; };
    for (const Case& c : cases) {
        CAPTURE(c.a);
        CAPTURE(c.b);
        const Tensor a = arange(70).remainder(2).to(c.a), b = arange(70).remainder(3).to(c.b);
        const Tensor y = fuse(f, a, b);
        CHECK(y.dtype() == c.result);
        CHECK(agree(y, a.to(c.result) * 0.1 + b.to(c.result)));
        if (!a.is_floating_point()) continue;
        a.requires_grad_();
        CHECK(autograd::grad({fuse(f, a, b).sum()}, {a})[0].dtype() == c.a);
    }
    CHECK(fuse(f, ones({2}), ones({}, kFloat64)).dtype() == kFloat32);
}

// --- Derivatives

TEST_CASE("fuse: gradcheck and gradgradcheck") {
    CHECK(autograd::gradgradcheck(apply_formula, {leaf({3, 4}, 1), leaf({4}, 2)}));
    CHECK(autograd::gradgradcheck(apply_branches, {leaf({2, 3}, 1), leaf({3}, 2), leaf({}, 3)}));
    const auto eight = [](const TensorList& in) {
        return fuse([](auto a, auto b, auto c, auto d, auto e, auto f, auto g,
                       auto h) { return a * b + c * sin(d) - e / (f * f + 1.0) + tanh(g) * h * a; },
                    in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7]);
    };
    TensorList x;
    for (std::uint64_t i = 0; i < 8; ++i) x.push_back(leaf({3}, i));
    CHECK(autograd::gradgradcheck(std::function<Tensor(const TensorList&)>(eight), x));
    // Only some are wanted.
    x[0].requires_grad_(false);
    x[5].requires_grad_(false);
    CHECK(autograd::gradcheck(std::function<Tensor(const TensorList&)>(eight), x));
}

TEST_CASE("fuse: a check finds a derivative that is off by 1e-4") {
    autograd::GradcheckOptions options;
    options.raise_exception = false;
    options.analytic_scale = 1 + 1e-4;
    CHECK_FALSE(autograd::gradcheck(apply_formula, {leaf({3}, 1), leaf({3}, 2)}, options));
}

TEST_CASE("fuse: third derivatives") {
    const auto third = [](const auto& f) {
        const Tensor x = leaf({5}, 1), b = leaf({5}, 2);
        TensorList d = autograd::grad({f(x, b).sum()}, {x, b}, {}, true, true);
        d = autograd::grad({(d[0] * d[1]).sum()}, {x, b}, {}, true, true);
        return autograd::grad({(d[0] * x + d[1]).sum()}, {x, b});
    };
    const TensorList fused = third([](const Tensor& x, const Tensor& b) { return fuse(kFormula, x, b); });
    const TensorList plain = third(kFormula);
    CHECK(agree(fused[0], plain[0]));
    CHECK(agree(fused[1], plain[1]));
}

TEST_CASE("fuse: numbers in the graph of the gradient have the precision of the inputs") {
    const Tensor x = tensor({-0.5, 0.5}, kFloat64).requires_grad_();
    const Tensor y = fuse([](auto u) { return where(u > 0.0, 0.1, 0.3) * u * maximum(u, 0.7); }, x);
    const Tensor slope = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
    CHECK(equal(slope.detach(), tensor({0.3 * 0.7, 0.1 * 0.7}, kFloat64)));
}

TEST_CASE("fuse: what does not depend on an input is not multiplied by 0") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor x = tensor({infinity, 1.0, 2.0}, kFloat64).requires_grad_();
    const Tensor b = tensor({2.0, 0.0, -1.0}, kFloat64).requires_grad_();
    TensorList slopes = autograd::grad({fuse([](auto u, auto w) { return u * w; }, x, b).sum()}, {x, b});
    CHECK(equal(slopes[0], b.detach()));
    CHECK(equal(slopes[1], x.detach()));
    // Nor is the branch not taken.
    slopes = autograd::grad({fuse([](auto u, auto w) { return where(w > 0.0, u * log(w), u); }, x, b).sum()}, {b});
    CHECK(equal(slopes[0], tensor({infinity, 0.0, 0.0}, kFloat64)));
    // What is cut off lets no infinite derivative through.
    slopes = autograd::grad({fuse([](auto w) { return relu(log(w)); }, b).sum()}, {b});
    CHECK(slopes[0][1].item<double>() == 0);
}

TEST_CASE("fuse: a tensor in two places, and one made of another") {
    const Tensor x = leaf({4}, 1);
    const auto derivatives = [&](const auto& f) {
        const Tensor made = x.exp();
        const Tensor y = f(x, x) + f(made, x) + f(made, made);
        const Tensor first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
        return TensorList{first.detach(), autograd::grad({first.sum()}, {x})[0]};
    };
    const TensorList fused = derivatives([](const Tensor& a, const Tensor& b) { return fuse(kFormula, a, b); });
    const TensorList plain = derivatives(kFormula);
    CHECK(agree(fused[0], plain[0]));
    CHECK(agree(fused[1], plain[1]));
}

TEST_CASE("fuse: forward mode and vmap") {
    const TensorList x{random({4, 3}, 1), random({3}, 2)}, tangents{random({4, 3}, 3), random({3}, 4)};
    const auto plain = [](const TensorList& in) { return kFormula(in[0], in[1]); };
    const auto [value, slope] = func::jvp(apply_formula, x, tangents);
    const auto [expected, expected_slope] = func::jvp(plain, x, tangents);
    CHECK(agree(value, expected));
    CHECK(agree(slope, expected_slope));
    const auto with_row = [&](const TensorList& in) { return fuse(kFormula, in[0], x[1]); };
    CHECK(agree(func::vmap(with_row)({x[0]}), plain(x)));
    CHECK(agree(func::vmap(apply_formula)({x[0], tangents[0]}), plain({x[0], tangents[0]})));

    // vmap over the gradients of the results, forward over reverse.
    const Tensor a = leaf({3}, 1), b = leaf({3}, 2), y = fuse(kFormula, a, b);
    const auto pull = [&](const TensorList& g) { return autograd::grad({y}, {a}, {g[0]}, true)[0]; };
    const Tensor rows = func::vmap(pull)({eye(3, kFloat64)});
    CHECK(agree(rows, autograd::grad({kFormula(a, b)}, {a}, {ones({3}, kFloat64)})[0].diag()));
    CHECK(agree(std::get<1>(func::jvp(pull, {random({3}, 5)}, {random({3}, 6)})), pull({random({3}, 6)})));
}

// --- The graph

TEST_CASE("fuse: nothing is recorded without need") {
    const Tensor x = leaf({3}, 1), b = random({3}, 2);
    CHECK_FALSE(fuse(kFormula, b, b).requires_grad());
    CHECK(fuse(kFormula, x, b).requires_grad());
    const NoGradGuard guard;
    CHECK_FALSE(fuse(kFormula, x, b).requires_grad());
}

TEST_CASE("fuse: nothing stays alive") {
    const auto once = [] {
        const Tensor x = leaf({300}, 1), b = leaf({300}, 2);
        const Tensor y = apply_formula({x, b});
        const Tensor first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
        autograd::grad({first.sum()}, {x, b});
    };
    once();
    const auto before = memory_stats().allocated_bytes;
    once();
    CHECK(memory_stats().allocated_bytes == before);
}

TEST_CASE("fuse: errors") {
    const auto f = [](auto a, auto b) { return a * b; };
    CHECK(message_of<Error>([&] { fuse(f, ones({2}), Tensor()); }) == "[fuse] an input is an undefined Tensor");
    CHECK(contains(message_of<ShapeError>([&] { fuse(f, ones({2}), ones({3})); }),
                   "[fuse] the shapes (2,) and (3,) do not broadcast"));
    CHECK(contains(message_of<DtypeError>([&] { fuse(f, ones({2}, kInt64), ones({2}, kBool)); }),
                   "[fuse] computes in float32 or float64, but all inputs are of integers or bools (Long)"));
    const Tensor x = leaf({3}, 1);
    Tensor b = random({3}, 2);
    const Tensor y = fuse(f, x, b);
    b.mul_(2);
    CHECK(contains(message_of<GraphError>([&] { y.sum().backward(); }), "modified by an inplace operation"));
    const Tensor z = fuse(f, x, b).sum();
    z.backward();
    CHECK(contains(message_of<GraphError>([&] { z.backward(); }), "second time"));
}

TEST_SUITE("threads") {
    TEST_CASE("fuse: the number of threads changes no bit") {
        const int before = get_num_threads();
        const Tensor x = random({300, 1001}, 1, kFloat32).requires_grad_();
        const Tensor b = random({1001}, 2, kFloat32).requires_grad_(), w = random({300, 1001}, 3, kFloat32);
        TensorList first;
        for (const int threads : {1, 2, 3, 4, 8}) {
            CAPTURE(threads);
            set_num_threads(threads);
            const Tensor y = fuse(kFormula, x, b);
            TensorList now = autograd::grad({y}, {x, b}, {w});
            now.push_back(y.detach());
            // Without the broadcasting, other boundaries.
            now.push_back(fuse(kFormula, x.detach().view({-1}).slice(0, 1), w.view({-1}).slice(0, 1)));
            if (first.empty()) first = now;
            for (std::size_t i = 0; i < now.size(); ++i) CHECK(equal(now[i], first[i]));
        }
        set_num_threads(before);
    }
}
