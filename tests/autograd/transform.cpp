#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

#include <cmath>

/// The rules by which operations are transformed, on operations made for the purpose.
using namespace xgrad;

namespace {

using detail::Randomness;
using detail::TransformLevel;

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

Tensor tangent_of(const func::Function& f, const TensorList& at, const TensorList& along) {
    return std::get<1>(func::jvp(f, at, along));
}

/// The derivative along `v` by central differences.
Tensor numerical(const func::Function& f, const Tensor& x, const Tensor& v) {
    const double h = 1e-5;
    return (f({x + v * h}) - f({x - v * h})) / (2 * h);
}

bool near(const Tensor& a, const Tensor& b, double tolerance = 1e-12) { return a.allclose(b, tolerance, tolerance); }

/// f for each example of a batch along dimension 0.
Tensor looped(const func::Function& f, const TensorList& batch) {
    TensorList rows;
    for (std::int64_t n = 0; n < batch[0].size(0); ++n) {
        TensorList one;
        for (const Tensor& x : batch) one.push_back(x[n]);
        rows.push_back(f(one));
    }
    return stack(rows);
}

// --- Operations without rules

/// x y and x + 2 y: two differentiable outputs, and whether x is positive.
struct Mixed {
    static constexpr const char* name = "mixed";
    static constexpr ops::Uses uses[] = {ops::in(1), ops::in(0)};
    static constexpr unsigned differentiable = 3;

    std::array<Tensor, 3> forward(const Tensor& x, const Tensor& y) const { return {x * y, x + y * 2.0, x > 0.0}; }
    void vjp(ops::Vjp& b) const {
        const auto sum = [](const Tensor& s, const Tensor& t) { return !s.defined() ? t : !t.defined() ? s : s + t; };
        const Tensor &g = b.grad(0), &h = b.grad(1);
        if (b.needs(0)) b.set(0, sum(g.defined() ? g * b.input(1) : Tensor(), h));
        if (b.needs(1)) b.set(1, sum(g.defined() ? g * b.input(0) : Tensor(), h.defined() ? h * 2.0 : Tensor()));
    }
};

/// exp(x), by way of what it saves.
struct Exponential {
    static constexpr const char* name = "exponential";
    static constexpr ops::Uses uses[] = {ops::out()};

    Tensor forward(const Tensor& x) const { return x.exp(); }
    void vjp(ops::Vjp& b) const { b.set(0, b.grad() * b.output()); }
};

/// x and 2 x.
struct Twice {
    static constexpr const char* name = "twice";
    static constexpr ops::Uses uses[] = {ops::kNothing};
    static constexpr bool linear = true;

    std::array<Tensor, 2> forward(const Tensor& x) const { return {x.clone(), x * 2.0}; }
    void vjp(ops::Vjp& b) const { b.set(0, b.grad(0) + b.grad(1) * 2.0); }
    std::array<ops::Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {ops::Batched{x[0].clone(), dims[0]}, ops::Batched{x[0].movedim(dims[0], 0) * 2.0, 0}};
    }
};

/// The elements that are positive.
struct Positive {
    static constexpr const char* name = "positive";
    static constexpr ops::Uses uses[] = {ops::kNothing};
    static constexpr unsigned differentiable = 0;

    Tensor forward(const Tensor& x) const { return x.masked_select(x > 0.0); }
    void vjp(ops::Vjp&) const {}
};

using Examples = ops::Family<Mixed, Exponential, Twice, Positive>;

Tensor exponential(const Tensor& x) { return Examples::apply(Exponential{}, x); }
/// A function that needs every output of Mixed.
Tensor mixed(const TensorList& in) {
    const auto [product, sum, sign] = Examples::apply(Mixed{}, in[0], in[1]);
    return product.sin() * sum + where(sign, in[0], 0.0);
}

}  // namespace

TEST_CASE("forward mode without a rule: the gradient differentiated again") {
    const Tensor x = random({2, 3}, 1), y = random({2, 3}, 2), v = random({2, 3}, 3), w = random({2, 3}, 4);
    const auto reference = [](const TensorList& in) {
        return (in[0] * in[1]).sin() * (in[0] + in[1] * 2.0) + where(in[0] > 0.0, in[0], 0.0);
    };
    const TensorList chosen[] = {{v, w}, {v, {}}, {{}, w}};
    for (const TensorList& along : chosen)
        CHECK(near(tangent_of(mixed, {x, y}, along), tangent_of(reference, {x, y}, along)));
    // The same tensor twice, and one that is made of the other: each has its own tangent.
    CHECK(near(tangent_of(mixed, {x, x}, {v, w}), tangent_of(reference, {x, x}, {v, w})));
    const Tensor leaf = x.clone().requires_grad_(), made = leaf * 3.0;
    CHECK(near(tangent_of(mixed, {leaf, made}, {v, w}), tangent_of(reference, {leaf, made}, {v, w})));
    // Nothing is recorded that nobody asked for.
    CHECK(!tangent_of(mixed, {x, y}, {v, w}).requires_grad());
    const NoGradGuard no_grad;
    const Tensor unrecorded = tangent_of(mixed, {leaf, y}, {v, w});
    CHECK(!unrecorded.requires_grad());
    CHECK(near(unrecorded, tangent_of(reference, {x, y}, {v, w})));
}

TEST_CASE("forward mode without a rule nests with every transform") {
    const Tensor x = random({2, 3}, 1), v = random({2, 3}, 3), one = ones({2, 3}, kFloat64);
    const func::Function f = [](const TensorList& in) { return exponential(in[0]); };
    const func::Function slope = [&](const TensorList& in) { return tangent_of(f, in, {one}); };

    // Forward over forward, reverse over forward (by the point and by the direction), forward over reverse.
    CHECK(near(tangent_of(slope, {x}, {v}), v * x.exp()));
    const Tensor leaf = x.clone().requires_grad_(), direction = v.clone().requires_grad_();
    CHECK(near(autograd::grad({slope({leaf})}, {leaf}, {v})[0], v * x.exp()));
    const auto both = autograd::grad({tangent_of(f, {leaf}, {direction})}, {leaf, direction}, {one});
    CHECK(near(both[0], v * x.exp()));
    CHECK(near(both[1], x.exp()));
    const func::Function gradient = [&](const TensorList& in) {
        const Tensor root = (in[0] * 1.0).requires_grad_();
        return autograd::grad({f({root})}, {root}, {one}, true, true)[0];
    };
    CHECK(near(tangent_of(gradient, {x}, {v}), v * x.exp()));

    // Inside vmap, around it, and the gradient of all that.
    CHECK(near(func::vmap([&](const TensorList& in) { return tangent_of(f, {in[0]}, {in[1]}); })({x, v}), v * x.exp()));
    CHECK(near(tangent_of(func::vmap(f), {x}, {v}), v * x.exp()));
    const Tensor through =
        func::vmap([&](const TensorList& in) { return tangent_of(f, {in[0]}, {in[1]}); })({leaf, direction});
    const auto g = autograd::grad({through}, {leaf, direction}, {one});
    CHECK(near(g[0], v * x.exp()));
    CHECK(near(g[1], x.exp()));
}

TEST_CASE("vmap without a rule: one example after the other") {
    const Tensor x = random({4, 3}, 1), y = random({4, 3}, 2), constant = random({3}, 3);
    CHECK(near(func::vmap(mixed)({x, y}), looped(mixed, {x, y})));
    CHECK(near(func::vmap(mixed, {1, 0})({x.t(), y}), looped(mixed, {x, y})));
    const Tensor with_constant = looped(mixed, {x, constant.expand({4, 3})});
    CHECK(near(func::vmap(mixed, {0, std::nullopt})({x, constant}), with_constant));

    // Recorded, nested, and around forward mode.
    const Tensor leaf = x.clone().requires_grad_(), plain = x.clone().requires_grad_();
    const auto g = autograd::grad({func::vmap(mixed)({leaf, y})}, {leaf}, {y})[0];
    CHECK(near(g, autograd::grad({looped(mixed, {plain, y})}, {plain}, {y})[0]));
    const Tensor deep = random({2, 4, 3}, 5);
    CHECK(near(func::vmap(func::vmap(mixed))({deep, deep.neg()}), mixed({deep, deep.neg()})));
    const func::Function slope = [&](const TensorList& in) {
        return tangent_of(mixed, {in[0], in[1]}, {constant, {}});
    };
    CHECK(near(func::vmap(slope)({x, y}), looped(slope, {x, y})));
}

TEST_CASE("several outputs: no tangent and no batch gets lost") {
    const Tensor x = random({2, 3}, 1), v = random({2, 3}, 2);
    for (const std::size_t k : {0u, 1u}) {
        const func::Function f = [k](const TensorList& in) { return Examples::apply(Twice{}, in[0])[k]; };
        const double factor = k == 0 ? 1 : 2;
        CHECK(near(tangent_of(f, {x}, {v}), v * factor));
        CHECK(near(func::vmap(f, {1}, 1)({x}), x * factor));
    }
    const auto sign = [](const TensorList& in) { return Examples::apply(Mixed{}, in[0], in[0])[2]; };
    CHECK(tangent_of(sign, {x}, {v}).equal(zeros_like(x > 0.0)));
    CHECK(func::vmap(sign)({x}).equal(x > 0.0));
}

TEST_CASE("a loop needs an example, and results of one shape") {
    const auto positive = [](const TensorList& in) { return Examples::apply(Positive{}, in[0]); };
    CHECK_THROWS_WITH_AS(func::vmap(positive)({tensor({{1., -1.}, {2., 3.}})}),
                         doctest::Contains("[positive] vmap cannot stack results whose shapes depend on the values: "
                                           "(1,) for the first example and (2,)"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(func::vmap(positive)({zeros({0, 2})}), doctest::Contains("in a batch of size 0"), ShapeError);
    CHECK(func::vmap(positive)({tensor({{1., -1.}, {-2., 3.}})}).equal(tensor({{1.}, {3.}})));
}

// --- In place

TEST_CASE("in-place forms give a tensor of the transform another value and tangent") {
    const Tensor x = random({4, 3}, 1), y = random({4, 3}, 2), v = random({4, 3}, 3), kept = x.clone();
    const std::vector<func::Function> functions = {
        [](const TensorList& in) {
            Tensor a = in[0];
            return a.add_(in[1]).mul_(in[1]).sub_(1.0);
        },
        [](const TensorList& in) {
            Tensor a = in[0].clone();
            const Tensor before = a * in[1];
            a.exp_();
            return a * before;
        },
        [](const TensorList& in) {
            Tensor a = zeros_like(in[0]);
            a.copy_(in[1].sum());
            return a.masked_fill_(in[1] > 0.0, 2.0) + in[0];
        },
        [](const TensorList& in) {
            Tensor a = in[0] * in[1];
            a.unsqueeze_(0).squeeze_(0);
            return a.fill_(3.0) * in[0];
        },
        [](const TensorList& in) {
            Tensor a = in[0] * 2.0;
            a.slice(0, 1).sum();  // a view that is gone
            return a.clamp_min_(0.0).index_add_(0, tensor({2, 0}), in[1].slice(0, 0, 2));
        },
    };
    for (std::size_t f = 0; f < functions.size(); ++f) {
        CAPTURE(f);
        const auto fresh = [&](const TensorList& in) { return functions[f]({in[0] * 1.0, in[1]}); };
        const Tensor expected = looped(fresh, {x, y});
        CHECK(near(func::vmap(functions[f])({x, y}), expected));
        const Tensor slope = numerical([&](const TensorList& in) { return looped(fresh, {in[0], y}); }, x, v);
        const func::Function forward = [&](const TensorList& in) {
            return tangent_of(functions[f], {in[0], in[1]}, {in[2], {}});
        };
        CHECK(near(func::vmap(forward)({x, y, v}), slope, 1e-8));
        CHECK(near(tangent_of(func::vmap(functions[f]), {x, y}, {v, {}}), slope, 1e-8));
        // Recorded, through vmap and inside of it.
        const func::Function gradient = [&](const TensorList& in) {
            const Tensor root = (in[0] * 1.0).requires_grad_();
            return autograd::grad({fresh({root, in[1]}).sum()}, {root}, {}, true, true)[0];
        };
        CHECK(near(func::vmap(gradient)({x, y}), looped(gradient, {x, y})));
        CHECK(near((looped(gradient, {x, y}) * v).sum(), slope.sum(), 1e-7));
        const Tensor leaf = x.clone().requires_grad_();
        CHECK(near(autograd::grad({func::vmap(functions[f])({leaf, y}).sum()}, {leaf})[0], looped(gradient, {x, y})));
        CHECK_MESSAGE(x.equal(kept), "what the user passed was written");
    }
}

TEST_CASE("what was saved of a tensor of the transform stays as it was") {
    const Tensor x = random({4, 3}, 1);
    const auto slope = [](const TensorList& in) {
        const Tensor root = (in[0] * 1.0).requires_grad_();
        Tensor a = root * 1.0;
        const Tensor sine = a.sin();
        a.zero_();
        return autograd::grad({(sine + a).sum()}, {root})[0];
    };
    CHECK(near(func::vmap(slope)({x}), x.cos()));
    // A leaf is saved as it is, so that its modification is an error as ever.
    const auto stale = [](const TensorList& in) {
        Tensor root = (in[0] * 1.0).requires_grad_();
        const Tensor sine = root.sin();
        {
            const NoGradGuard update;
            root.zero_();
        }
        return autograd::grad({sine.sum()}, {root})[0];
    };
    CHECK_THROWS_WITH_AS(func::vmap(stale)({x}), doctest::Contains("modified by an inplace operation"), GraphError);
}

TEST_CASE("in-place forms that cannot be right are errors") {
    const Tensor x = random({4, 3}, 1), plain = zeros({3}, kFloat64);
    const auto write_outside = [&](const TensorList& in) {
        Tensor a = plain;
        return a.add_(in[0]);
    };
    CHECK_THROWS_WITH_AS(func::vmap(write_outside)({x}),
                         doctest::Contains("[add_] vmap: inplace arithmetic(self, *extra_args) is not possible because "
                                           "there exists a Tensor `other` in extra_args that has more elements"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(func::jvp(write_outside, {x[0]}, {x[1]}), doctest::Contains("[add_] jvp: an operand has"),
                         GraphError);
    CHECK(plain.equal(zeros({3}, kFloat64)));
    const func::Function through_view = [](const TensorList& in) {
        Tensor a = in[0] * 1.0;
        a[0] = a[1];
        return a;
    };
    const func::Function under_view = [](const TensorList& in) {
        Tensor a = in[0] * 1.0;
        const Tensor part = a.slice(0, 1);
        a.add_(1.0);
        return part;
    };
    for (const auto& f : {through_view, under_view}) {
        CHECK_THROWS_WITH_AS(func::vmap(f)({x}), doctest::Contains("or of which there are views"), GraphError);
        CHECK_THROWS_WITH_AS(func::jvp(f, {x}, {x}), doctest::Contains("or of which there are views"), GraphError);
    }
    const auto write_leaf = [](const TensorList& in) {
        Tensor root = (in[0] * 1.0).requires_grad_();
        return root.add_(1.0);
    };
    CHECK_THROWS_WITH_AS(func::vmap(write_leaf)({x}), doctest::Contains("a leaf Variable that requires grad"),
                         GraphError);
    const auto too_large = [](const TensorList& in) {
        Tensor a = in[0].sum();
        return a.add_(in[0]);
    };
    CHECK_THROWS_AS(func::vmap(too_large)({x}), ShapeError);
    const auto counted = [](const TensorList& in) {
        Tensor a = in[0].argmax();
        return a.add_(in[0].sum());
    };
    CHECK_THROWS_AS(func::vmap(counted)({x}), DtypeError);
}

TEST_CASE("item: a number of one example under jvp, an error under vmap") {
    const Tensor x = random({3}, 1);
    const auto f = [](const TensorList& in) { return in[0].item<double>() > 1e9 ? in[0] : in[0] * 2.0; };
    CHECK(tangent_of(f, {x[0]}, {x[1]}).equal(x[1] * 2.0));
    CHECK_THROWS_WITH_AS(func::vmap(f)({x}), doctest::Contains("[item] vmap: It looks like you're calling .item()"),
                         NotImplementedError);
}

TEST_CASE("detach: a constant at every level") {
    const Tensor x = random({4, 3}, 1), v = random({4, 3}, 2);
    const func::Function f = [](const TensorList& in) { return in[0].detach() * in[0]; };
    CHECK(tangent_of(f, {x}, {v}).equal(x * v));
    const Tensor leaf = x.clone().requires_grad_();
    CHECK(autograd::grad({func::vmap(f)({leaf})}, {leaf}, {v})[0].equal(x * v));
    const auto write = [](const TensorList& in) { return in[0].detach().zero_() + in[0]; };
    CHECK_THROWS_AS(func::vmap(write)({x}), GraphError);
}

// --- Random numbers

TEST_CASE("numbers are drawn for a batch only as the user says") {
    const Tensor x = full({400, 3}, 0.5, kFloat64);
    const std::vector<func::Function> functions = {
        [](const TensorList& in) { return rand_like(in[0]); },
        [](const TensorList& in) { return randn_like(in[0]); },
        [](const TensorList& in) { return bernoulli(in[0]); },
        [](const TensorList& in) { return dropout(in[0], 0.5, true); },
        [](const TensorList& in) { return feature_dropout(in[0].unsqueeze(1).unsqueeze(2), 0.5, true).squeeze(); },
        [](const TensorList& in) {
            Tensor a = in[0].clone();
            return a.exponential_();
        },
    };
    const auto apply = [&](const func::Function& f, Randomness randomness) {
        constexpr std::int64_t kLevel = 1'000'000'000;
        const Tensor out = f({detail::wrap({TransformLevel::Kind::kVmap, kLevel, x, {}, 0, randomness})});
        return out.impl()->transform->value;
    };
    for (std::size_t f = 0; f < functions.size(); ++f) {
        CAPTURE(f);
        CHECK_THROWS_WITH_AS(apply(functions[f], Randomness::kError),
                             doctest::Contains("vmap: called random operation while in randomness error mode"),
                             ValueError);
        const Tensor same = apply(functions[f], Randomness::kSame), other = apply(functions[f], Randomness::kDifferent);
        CHECK(same.sizes() == x.sizes());
        CHECK(other.sizes() == x.sizes());
        CHECK(same.equal(same[0].expand(x.sizes())));
        CHECK(!other.equal(other[0].expand(x.sizes())));
        manual_seed(1);
        CHECK(apply(functions[f], Randomness::kDifferent).sizes() == x.sizes());
    }
    const func::Function choose = [](const TensorList& in) { return multinomial(in[0], 2); };
    CHECK_THROWS_AS(apply(choose, Randomness::kError), ValueError);
    CHECK_THROWS_AS(apply(choose, Randomness::kSame), NotImplementedError);
    CHECK(apply(choose, Randomness::kDifferent).sizes() == IntArrayRef({400, 2}));
    // Of a shape alone nobody knows the batch, and what is not batched is drawn as ever.
    const auto outside = [&](const TensorList& in) { return in[0] * 0.0 + rand({3}, kFloat64) + bernoulli(x[0]); };
    const Tensor drawn = func::vmap(outside)({x});
    CHECK(drawn.equal(drawn[0].expand({400, 3})));
}
