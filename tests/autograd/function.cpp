#include <doctest/doctest.h>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>

using namespace xgrad;
using autograd::AutogradContext;
using autograd::Function;
using autograd::grad;
using autograd::gradcheck;
using autograd::gradgradcheck;
using autograd::tensor_list;

namespace {

/// x * y * factor, from its inputs.
struct ScaledProduct : Function<ScaledProduct> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, double factor, const Tensor& y) {
        ctx->save_for_backward({x, y});
        ctx->saved_data["factor"] = factor;
        return x * y * factor;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const auto saved = ctx->get_saved_variables();
        const double factor = ctx->saved_data["factor"].toDouble();
        return {grads[0] * saved[1] * factor, Tensor(), grads[0] * saved[0] * factor};
    }
};

/// exp(x), from its output.
struct Exponential : Function<Exponential> {
    static Tensor forward(AutogradContext* ctx, Tensor x) {
        Tensor y = x.exp();
        ctx->save_for_backward({y});
        return y;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        return {grads[0] * ctx->get_saved_variables()[0]};
    }
};

/// (x y, x + y) of a list, and the number of elements as an integer.
struct ProductAndSum : Function<ProductAndSum> {
    static tensor_list forward(AutogradContext* ctx, const TensorList& x, bool materialize) {
        ctx->save_for_backward(x);
        ctx->set_materialize_grads(materialize);
        return {x[0] * x[1], x[0] + x[1], tensor(x[0].numel())};
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        arrived[0] = grads[0].defined();
        arrived[1] = grads[1].defined();
        const auto x = ctx->get_saved_variables();
        const Tensor p = grads[0].defined() ? grads[0] : zeros_like(x[0]),
                     s = grads[1].defined() ? grads[1] : zeros_like(p);
        return {p * x[1] + s, p * x[0] + s, Tensor()};
    }
    static inline bool arrived[2];
};

struct DoubleInPlace : Function<DoubleInPlace> {
    static Tensor forward(AutogradContext* ctx, Tensor x) {
        x.mul_(2);
        ctx->mark_dirty({x});
        return x;
    }
    static tensor_list backward(AutogradContext*, tensor_list grads) { return {grads[0] * 2}; }
};

struct DoubleBoth : Function<DoubleBoth> {
    static tensor_list forward(AutogradContext* ctx, Tensor x) {
        x.mul_(2);
        ctx->mark_dirty({x});
        return {x, x * 2};
    }
    static tensor_list backward(AutogradContext*, tensor_list grads) { return {grads[0] * 2 + grads[1] * 4}; }
};

/// x y into y.
struct MultiplyInto : Function<MultiplyInto> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, Tensor y) {
        ctx->save_for_backward({x, y.clone()});
        y.mul_(x);
        ctx->mark_dirty({y});
        return y;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const auto saved = ctx->get_saved_variables();
        return {grads[0] * saved[1], grads[0] * saved[0]};
    }
};

/// Reverses the gradient.
struct Reverse : Function<Reverse> {
    static Tensor forward(AutogradContext*, const Tensor& x) { return x; }
    static tensor_list backward(AutogradContext*, tensor_list grads) { return {-grads[0]}; }
};

struct SignAndValue : Function<SignAndValue> {
    static tensor_list forward(AutogradContext* ctx, const Tensor& x) {
        const Tensor sign = (x > 0).to(x.dtype());
        ctx->mark_non_differentiable({sign});
        return {sign, x.abs()};
    }
    static tensor_list backward(AutogradContext*, tensor_list grads) { return {grads[1]}; }
};

/// What a test asks of a context.
struct Probe : Function<Probe> {
    template <class F>
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& y, F&& f) {
        f(ctx, x, y);
        return x + y;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        needed = {ctx->needs_input_grad(0), ctx->needs_input_grad(1)};
        return {grads[0], grads[0], Tensor()};
    }
    static inline std::vector<bool> needed;
};

template <int kGradients, bool kForTheNumber>
struct Wrong : Function<Wrong<kGradients, kForTheNumber>> {
    static Tensor forward(AutogradContext*, const Tensor& x, int) { return x * 1; }
    static tensor_list backward(AutogradContext*, tensor_list grads) {
        tensor_list out(kGradients);
        out[0] = grads[0];
        if (kForTheNumber) out[1] = grads[0];
        return out;
    }
};

Tensor input(std::initializer_list<detail::TensorData> values) {
    return tensor(values, dtype(kFloat64).requires_grad(true));
}

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("custom functions have derivatives of first and second order") {
    const Tensor x = input({0.5, -1.5, 2.}), y = input({{1.}, {-2.}}), z = input({1., 0.3, -0.7});
    using Call = std::function<Tensor(const TensorList&)>;
    const Call calls[] = {
        [](const TensorList& in) { return ScaledProduct::apply(in[0], 3.0, in[1]); },
        [](const TensorList& in) { return Exponential::apply(in[0]); },
        [](const TensorList& in) {
            return Exponential::apply(ScaledProduct::apply(in[0], 0.5, Exponential::apply(in[0])));
        },
        [](const TensorList& in) { return DoubleInPlace::apply(in[0] * in[0]); },
        [](const TensorList& in) {
            const auto out = ProductAndSum::apply(TensorList{in[0], in[2]}, true);
            return out[0] * out[1] + out[0];
        },
    };
    for (const Call& call : calls) {
        CHECK(gradcheck(call, {x, y, z}));
        CHECK(gradgradcheck(call, {x, y, z}));
    }
    CHECK(ScaledProduct::apply(x, 3.0, z).grad_fn()->name() == "ScaledProductBackward");
}

TEST_CASE("a function of constants, or under NoGradGuard, records nothing") {
    CHECK(!Exponential::apply(ones({2})).requires_grad());
    const NoGradGuard no_grad;
    CHECK(!Exponential::apply(ones({2}, requires_grad())).requires_grad());
}

TEST_CASE("lists, several outputs, and gradients that do not arrive") {
    const Tensor x = input({1., 2.}), y = input({3., 4.});
    for (const bool materialize : {true, false}) {
        const auto out = ProductAndSum::apply(TensorList{x, y}, materialize);
        REQUIRE(out.size() == 3);
        CHECK(out[0].output_nr() == 0);
        CHECK(out[1].output_nr() == 1);
        CHECK(!out[2].requires_grad());
        CHECK(grad({out[1]}, {x}, {ones_like(x)})[0].equal(ones_like(x)));
        CHECK(ProductAndSum::arrived[0] == materialize);
        CHECK(ProductAndSum::arrived[1]);
    }
}

TEST_CASE("outputs: modified inputs, inputs as they are, and ones without gradient") {
    const Tensor x = input({1., -2.});
    Tensor y = x * 1;
    const auto version = y._version();
    const Tensor z = DoubleInPlace::apply(y);
    CHECK(z.is_same(y));
    CHECK(y._version() > version);
    CHECK(y.equal(tensor({2., -4.}, kFloat64)));
    CHECK(grad({y}, {x}, {ones_like(x)})[0].equal(tensor({2., 2.}, kFloat64)));
    CHECK(contains(message_of([&] { DoubleInPlace::apply(input({1.})); }), "a leaf Variable that requires grad"));
    CHECK(contains(message_of([&] { DoubleBoth::apply((x * 1).slice(0, 1)); }),
                   "[DoubleBoth] If your Function modifies inplace an input that is a view of another Tensor"));

    const Tensor r = Reverse::apply(x);
    CHECK(r.equal(x));
    CHECK(!r.is_alias_of(x));
    CHECK(grad({r}, {x}, {ones_like(x)})[0].equal(-ones_like(x)));

    const auto out = SignAndValue::apply(x);
    CHECK(!out[0].requires_grad());
    CHECK(grad({out[1]}, {x}, {ones_like(x)})[0].equal(ones_like(x)));
}

TEST_CASE("a retained gradient follows a tensor through a function that modifies it") {
    const Tensor x = input({1.});
    Tensor y = x * 3;
    y.retain_grad();
    const Tensor z = DoubleInPlace::apply(y);
    (z * 5).backward(ones({1}, kFloat64));
    CHECK(x.grad().item<double>() == 30);
    CHECK(y.grad().item<double>() == 5);
}

TEST_CASE("the context knows which gradients are wanted, and keeps values of several types") {
    const Tensor x = input({1.}), constant = ones({1}, kFloat64);
    const auto nothing = [](AutogradContext*, const Tensor&, const Tensor&) {};
    Probe::apply(x, constant, nothing).backward(constant);
    CHECK(Probe::needed == std::vector<bool>{true, false});
    Probe::apply(constant, x, nothing).backward(constant);
    CHECK(Probe::needed == std::vector<bool>{false, true});
    const Tensor other = input({1.});
    grad({Probe::apply(x, other, nothing)}, {other}, {constant});
    CHECK(Probe::needed == std::vector<bool>{false, true});
    Probe::apply(x, x, [](AutogradContext* ctx, const Tensor& a, const Tensor&) {
        auto& data = ctx->saved_data;
        data["tensor"] = a;
        data["int"] = 3;
        data["double"] = 0.5;
        data["bool"] = true;
        data["string"] = "text";
        data["list"] = std::vector<std::int64_t>{1, 2};
        data["sizes"] = a.sizes();
        CHECK(data["tensor"].toTensor().is_same(a));
        CHECK(data["int"].toInt() == 3);
        CHECK(data["double"].toDouble() == 0.5);
        CHECK(data["bool"].toBool());
        CHECK(data["string"].toStringRef() == "text");
        CHECK(data["list"].toIntVector().size() == 2);
        CHECK(data["sizes"].toIntVector() == std::vector<std::int64_t>{1});
        data["doubles"] = std::vector<double>{0.5, 2};
        data["bools"] = std::vector<bool>{true, false};
        data["tensors"] = TensorList{a, Tensor()};
        data["scalar"] = Scalar(2.5);
        CHECK(data["doubles"].toDoubleVector()[1] == 2);
        CHECK(data["bools"].toBoolVector()[0]);
        CHECK(data["tensors"].toTensorVector()[0].is_same(a));
        CHECK(data["tensors"].isTensorList());
        CHECK(data["scalar"].toScalar().to_double() == 2.5);
        CHECK(data["int"].toScalar().is_integral(false));
        CHECK(!data["string"].isScalar());
        CHECK(message_of([&] { data["string"].toScalar(); }) == "[IValue] expected Scalar but it holds String");
        CHECK(data["new"].isNone());
        CHECK(message_of([&] { data["int"].toDouble(); }) == "[IValue] expected Double but it holds Int");
    });
}

TEST_CASE("misuse is an error that names the function") {
    const Tensor x = input({1.}), one = ones({1}, kFloat64);
    using Context = AutogradContext;
    struct Case {
        std::function<void()> call;
        const char* message;
    };
    const Case cases[] = {
        {[&] { Wrong<1, false>::apply(x, 0).backward(one); },
         "returned an incorrect number of gradients (expected 2, got 1)"},
        {[&] { Wrong<2, true>::apply(x, 0).backward(one); },
         "returned a gradient different than undefined at position 1, but the corresponding forward input was not a "
         "Tensor"},
        {[&] { Probe::apply(x, x, [&](Context* c, auto&, auto&) { c->mark_dirty({one}); }); },
         "[Probe] a tensor marked dirty is not an input"},
        {[&] { Probe::apply(x, one, [](Context* c, auto&, auto& y) { c->mark_dirty({y}); }); },
         "[Probe] a tensor marked dirty must be returned as an output"},
        {[&] { Probe::apply(x, x, [](Context* c, auto&, auto&) { c->needs_input_grad(2); }); },
         "there are 2 tensors among the arguments, asked for number 2"},
    };
    for (const Case& c : cases) {
        const std::string message = message_of(c.call);
        CHECK_MESSAGE(contains(message, c.message), message);
    }
    CHECK_NOTHROW((Wrong<3, false>::apply(x, 0).backward(one)));  // surplus undefined gradients
}

TEST_CASE("saved tensors are checked for later changes and freed by backward") {
    const Tensor x = input({1., 2.});
    Tensor w = ones({2}, kFloat64);
    const Tensor y = ScaledProduct::apply(x, 1.0, w);
    w.fill_(3);
    CHECK(contains(message_of([&] { y.backward(ones_like(x)); }), "modified by an inplace operation"));
    Tensor e = Exponential::apply(x);
    e.mul_(2);
    CHECK(contains(message_of([&] { e.backward(ones_like(x)); }), "modified by an inplace operation"));
    const Tensor z = Exponential::apply(x);
    grad({z}, {x}, {ones_like(x)}, true);
    grad({z}, {x}, {ones_like(x)});
    CHECK(contains(message_of([&] { grad({z}, {x}, {ones_like(x)}); }), "backward through the graph a second time"));
}

namespace {

/// Saves its output, a view of it and an undefined tensor.
struct Keeper : Function<Keeper> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x) {
        const Tensor y = x * 2;
        ctx->save_for_backward({y, y.view({-1}), Tensor(), x.slice(0, 1)});
        return y;
    }
    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const auto saved = ctx->get_saved_variables();
        CHECK(!saved[2].defined());
        CHECK(saved[1].equal(saved[0].view({-1})));
        return {grads[0] * 2};
    }
};

struct KeepsOutputForever : Function<KeepsOutputForever> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x) {
        const Tensor y = x * 2;
        ctx->saved_data["y"] = y;
        return y;
    }
    static tensor_list backward(AutogradContext*, tensor_list grads) { return grads; }
};

}  // namespace

TEST_CASE("nothing that a function saves keeps itself alive") {
    const auto run = [] {
        const Tensor x = input({{1., 2.}, {3., 4.}});
        const Tensor y = Keeper::apply(x), z = Exponential::apply(x * 1);
        grad({y}, {x}, {ones_like(x)}, true, true);
    };
    run();
    const auto before = memory_stats().allocated_bytes;
    run();
    CHECK(memory_stats().allocated_bytes == before);
    CHECK(contains(message_of([] { KeepsOutputForever::apply(input({1.})); }),
                   "saved_data[\"y\"] is an output, which would keep itself alive: use save_for_backward"));
}

TEST_CASE("a view made inside forward is an output of its own") {
    struct Flat : Function<Flat> {
        static Tensor forward(AutogradContext*, const Tensor& x) { return (x * 2).view({-1}); }
        static tensor_list backward(AutogradContext*, tensor_list grads) { return {grads[0].view({2, 1}) * 2}; }
    };
    const Tensor x = input({{1.}, {2.}});
    Tensor y = Flat::apply(x);
    CHECK(!y.is_view());
    y.mul_(3);
    CHECK(grad({y}, {x}, {ones_like(y)})[0].equal(full({2, 1}, 6, kFloat64)));
}

TEST_CASE("a function modifies a view in place: its base knows") {
    const auto in_place = [](const TensorList& in) {
        Tensor y = in[0] * 1;
        MultiplyInto::apply(in[1], y[1]);
        return y.sin();
    };
    const TensorList in{input({{1., 2.}, {3., 4.}}), input({5., 6.})};
    const Tensor expected = stack({in[0][0], in[0][1] * in[1]}).sin();
    const Tensor y = in_place(in);
    CHECK(y.allclose(expected));
    const Tensor weight = tensor({{1., 2.}, {3., 4.}}, kFloat64);
    const auto got = grad({y}, in, {weight}), want = grad({expected}, in, {weight});
    CHECK(got[0].allclose(want[0]));
    CHECK(got[1].allclose(want[1]));
    CHECK(gradcheck(std::function<Tensor(const TensorList&)>(in_place), in));

    // The view alone requires no grad before.
    Tensor plain = zeros({2, 2}, kFloat64);
    Tensor row = MultiplyInto::apply(in[1], plain[0]);
    CHECK(plain.requires_grad());
    CHECK(row.requires_grad());
}
