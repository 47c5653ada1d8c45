#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

bool close(const Tensor& a, const Tensor& b, double rtol = 1e-12, double atol = 1e-12) {
    return a.sizes() == b.sizes() && a.allclose(b, rtol, atol);
}

/// (f(x + h e) - f(x - h e)) / 2h for every element of x: shape output + input.
Tensor difference(const func::Function& f, const Tensor& x, double h = 1e-5) {
    TensorList columns;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        Tensor step = zeros({x.numel()}, kFloat64);
        step[i] = h;
        step = step.view(x.sizes());
        columns.push_back((f(x + step) - f(x - step)) / (2 * h));
    }
    const Tensor all = stack(columns, -1);
    std::vector<std::int64_t> sizes = columns[0].sizes().vec();
    for (const std::int64_t size : x.sizes()) sizes.push_back(size);
    return all.reshape(sizes);
}

struct Case {
    const char* name;
    func::Function function;
    std::vector<std::int64_t> shape;
};

const std::vector<Case>& functions() {
    static const Tensor w = random({3, 4}, 1), b = random({4}, 2), target = tensor({1, 3}, kInt64);
    static const std::vector<Case> all = {
        {"number to number", [](auto x) { return x.sin() * x; }, {}},
        {"number to matrix", [](auto x) { return (x * w).tanh(); }, {}},
        {"matrix to number", [](auto x) { return (x.matmul(w).tanh() * b).sum(); }, {2, 3}},
        {"wide to narrow", [](auto x) { return x.matmul(w).exp().sum(0); }, {5, 3}},
        {"narrow to wide", [](auto x) { return (x.unsqueeze(1) * w).sigmoid().unsqueeze(0); }, {3}},
        {"square", [](auto x) { return x.softmax(1).matmul(x.t()) + x.select(1, 0).unsqueeze(1); }, {2, 3}},
        {"linear and a view",
         [](auto x) {
             return x.t().reshape({2, 3})[1];
         },
         {2, 3}},
        {"cross entropy", [](auto x) { return cross_entropy_loss(x, target, {}, Reduction::None); }, {2, 4}},
        {"norms", [](auto x) { return layer_norm(x, {3}).cumsum(0) / (1 + x.norm()); }, {2, 3}},
        {"indexed", [](auto x) { return x.index_select(0, target) * x.gather(0, target); }, {5}},
    };
    return all;
}

/// The same functions with one number as the result.
std::vector<Case> scalar_functions() {
    std::vector<Case> all;
    for (const Case& c : functions())
        all.push_back({c.name, [f = c.function](const Tensor& x) { return (f(x) * f(x) + f(x)).sum(); }, c.shape});
    return all;
}

}  // namespace

TEST_CASE("jacobian: both modes are equal, and right") {
    for (const Case& c : functions()) {
        CAPTURE(c.name);
        const Tensor x = random(c.shape, 3);
        const Tensor forward = func::jacfwd(c.function)(x), reverse = func::jacrev(c.function)(x);
        CHECK(close(forward, reverse));
        CHECK(close(func::jacobian(c.function)(x), reverse));
        CHECK(close(reverse, difference(c.function, x), 1e-6, 1e-8));
        CHECK(!forward.requires_grad());
        CHECK(!reverse.requires_grad());

        // Of each of a batch of examples, and of all of them together.
        std::vector<std::int64_t> batched = c.shape;
        batched.insert(batched.begin(), 3);
        const Tensor examples = random(batched, 4);
        for (const auto mode : {func::JacobianMode::kForward, func::JacobianMode::kReverse}) {
            const func::Function one = func::jacobian(c.function, 0, mode);
            const Tensor each = func::vmap(one)(examples);
            const Tensor whole = func::jacobian(func::vmap(c.function), 0, mode)(examples);
            const std::int64_t output = c.function(x).dim();
            for (std::int64_t i = 0; i < 3; ++i) {
                CHECK(close(each[i], one(examples[i])));
                CHECK(close(whole[i].select(output, i), each[i]));
                CHECK(whole[i].select(output, (i + 1) % 3).abs().max().item<double>() == 0);
            }
        }
    }
}

TEST_CASE("hessian: of every way, symmetric, and what differences of the gradient give") {
    for (const Case& c : scalar_functions()) {
        CAPTURE(c.name);
        const Tensor x = random(c.shape, 3);
        const func::Function gradient = func::grad(c.function);
        const Tensor expected = func::hessian(c.function)(x);
        CHECK(close(expected, difference(gradient, x), 1e-6, 1e-7));
        for (const func::Function& same :
             {func::jacobian(gradient), func::jacfwd(func::jacfwd(c.function)), func::jacrev(gradient),
              func::jacrev(func::jacfwd(c.function)), func::jacfwd(func::jacrev(c.function))})
            CHECK(close(same(x), expected, 1e-11, 1e-11));

        const std::int64_t n = x.numel();
        const Tensor matrix = expected.reshape({n, n});
        CHECK(close(matrix, matrix.t().contiguous(), 1e-11, 1e-11));
        for (std::int64_t i = 0; i < n; ++i) {
            Tensor e = zeros({n}, kFloat64);
            e[i] = 1;
            const auto [value, product] = func::hvp(c.function, x, e.view(x.sizes()));
            CHECK(close(value, c.function(x)));
            CHECK(close(product.reshape({n}), matrix[i], 1e-11, 1e-11));
        }
    }
}

TEST_CASE("third derivatives of functions of several variables") {
    const Tensor x = random({3}, 1), c = random({3}, 2);
    // (c . x)^3 / 6: the third derivative is c_i c_j c_k.
    const auto f = [&](const Tensor& a) { return (a * c).sum().pow(3) / 6; };
    const Tensor expected = c.view({3, 1, 1}) * c.view({3, 1}) * c;
    for (const func::Function& third :
         {func::jacfwd(func::hessian(f)), func::jacrev(func::hessian(f)), func::hessian(func::grad(f)),
          func::jacobian(func::jacobian(func::jacobian(f))), func::hessian(func::jacfwd(f))})
        CHECK(close(third(x), expected));
    CHECK(close(func::grad([&](const Tensor& a) { return std::get<1>(func::hvp(f, a, a)).sum(); })(x),
                2 * (c * x).sum() * c.sum() * c));
}

TEST_CASE("derivatives with respect to one of several inputs") {
    const Tensor x = random({2, 3}, 1), w = random({3, 4}, 2), b = random({4}, 3), index = tensor({2, 0}, kInt64);
    const auto f = [](const Tensor& a, const Tensor& v, const Tensor& c, const Tensor& i) {
        return (a.matmul(v) + c).tanh().index_select(1, i);
    };
    const TensorList inputs{x, w, b, index};
    for (std::int64_t argnum = 0; argnum < 3; ++argnum) {
        CAPTURE(argnum);
        const auto held = [&](const Tensor& one) {
            TensorList in = inputs;
            in[static_cast<std::size_t>(argnum)] = one;
            return f(in[0], in[1], in[2], in[3]);
        };
        const Tensor& one = inputs[static_cast<std::size_t>(argnum)];
        CHECK(close(func::jacfwd(f, argnum)(inputs), difference(held, one), 1e-6, 1e-8));
        CHECK(close(func::jacrev(f, argnum - 4)(inputs), difference(held, one), 1e-6, 1e-8));
        CHECK(close(func::hessian(f, argnum)(inputs), difference(func::jacrev(held), one), 1e-6, 1e-7));
    }
    const auto loss = [&](const TensorList& in) { return f(in[0], in[1], in[2], in[3]).pow(2).sum(); };
    const TensorList vectors{random({2, 3}, 4), random({3, 4}, 5), {}, {}};
    const auto [value, products] = func::hvp(loss, inputs, vectors);
    const double h = 1e-5;
    const auto slope = [&](double t) {
        return func::grad(loss, {0, 1, 2})({x + vectors[0] * t, w + vectors[1] * t, b, index});
    };
    const TensorList ahead = slope(h), behind = slope(-h);
    for (std::size_t i = 0; i < 3; ++i) CHECK(close(products[i], (ahead[i] - behind[i]) / (2 * h), 1e-6, 1e-7));
    CHECK(!products[3].defined());
}

TEST_CASE("jacobians without elements, and of many") {
    const auto empty = [](const Tensor& x) { return x.slice(0, 0, 0).exp(); };
    for (const auto mode :
         {func::JacobianMode::kAutomatic, func::JacobianMode::kForward, func::JacobianMode::kReverse}) {
        CHECK(func::jacobian(empty, 0, mode)(random({3}, 1)).sizes() == IntArrayRef({0, 3}));
        const auto twice = [](const Tensor& x) { return cat({x, x}); };
        CHECK(func::jacobian(twice, 0, mode)(random({0}, 1)).sizes() == IntArrayRef({0, 0}));
    }
    // More than goes into one evaluation.
    const Tensor x = zeros({1 << 22});
    const auto few = [](const Tensor& a) { return stack({a.sum(), a[5] * 2, a[0] - a[1]}); };
    const Tensor rows = func::jacobian(few)(x);
    CHECK(rows.sizes() == IntArrayRef({3, 1 << 22}));
    CHECK(rows[0].eq(1).all().item<bool>());
    CHECK(rows[1].sum().item<float>() == 2);
    CHECK(rows[1][5].item<float>() == 2);
    CHECK(rows[2].slice(0, 0, 3).equal(tensor({1.f, -1.f, 0.f})));
}
