#include <doctest/doctest.h>

#include <map>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/nn.h>

using namespace xgrad;
using TensorDict = OrderedDict<std::string, Tensor>;

namespace {

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

bool close(const Tensor& a, const Tensor& b) {
    return a.sizes() == b.sizes() && a.detach().allclose(b.detach(), 1e-12, 1e-12);
}

nn::Sequential network() {
    nn::Sequential net(nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 2));
    net->to(kFloat64);
    return net;
}

/// Tensors of the shapes of all parameters of `module`.
TensorDict others(const nn::Module& module, std::uint64_t seed) {
    TensorDict all;
    for (const auto& item : module.named_parameters()) all.insert(item.key(), random(item->sizes(), seed++));
    return all;
}

Tensor by_hand(const TensorDict& p, const Tensor& x) {
    return linear(linear(x, p["0.weight"], p["0.bias"]).tanh(), p["2.weight"], p["2.bias"]);
}

/// Where a module's tensors are and what they hold.
struct State {
    explicit State(const nn::Module& module) {
        for (const Tensor& p : module.parameters()) {
            own.push_back(p);
            addresses.push_back(p.data_ptr());
            values.push_back(p.detach().clone());
        }
    }
    bool is_unchanged() const {
        bool same = true;
        for (std::size_t i = 0; i < own.size(); ++i)
            same = same && own[i].data_ptr() == addresses[i] && own[i].equal(values[i]) && own[i].is_leaf() &&
                   own[i].requires_grad() && !own[i].is_view();
        return same;
    }
    TensorList own, values;
    std::vector<void*> addresses;
};

}  // namespace

TEST_CASE("functional_call computes with the given tensors and leaves the module as it was") {
    nn::Sequential net = network();
    const State state(*net);
    const Tensor x = random({5, 3}, 1), own = net->forward(x).detach();
    const TensorDict given = others(*net, 2);
    CHECK(close(func::functional_call(net, given, x), by_hand(given, x)));
    CHECK(close(func::functional_call(*net, given, x), by_hand(given, x)));
    CHECK(close(func::functional_call(net.ptr(), given, x), by_hand(given, x)));
    CHECK(close(func::functional_call(net, given.values(), x), by_hand(given, x)));
    TensorDict some;
    some.insert("2.bias", given["2.bias"]);
    CHECK(close(func::functional_call(net, some, x), own - net->named_parameters()["2.bias"] + given["2.bias"]));
    CHECK(close(func::functional_call(net, {{"2.bias", given["2.bias"]}}, x), func::functional_call(net, some, x)));
    CHECK(!func::functional_call(net, given, x).requires_grad());
    CHECK(state.is_unchanged());
    CHECK(close(net->forward(x), own));
}

TEST_CASE("functional_call takes named tensors of any map") {
    nn::Linear layer(3, 2);
    const Tensor w = randn({2, 3}), x = randn({3});
    const std::map<std::string, Tensor> map{{"weight", w}};
    CHECK(func::functional_call(layer, map, x).equal(linear(x, w, layer->bias)));
}

TEST_CASE("gradients flow to the given tensors and not to the module's") {
    nn::Sequential net = network();
    const Tensor x = random({5, 3}, 1);
    TensorDict given = others(*net, 2);
    for (auto& item : given) item->requires_grad_();
    func::functional_call(net, given, x).pow(2).sum().backward();
    const TensorList expected = autograd::grad({by_hand(given, x).pow(2).sum()}, given.values());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(close(given[i].value().grad(), expected[i]));
        CHECK(!net->parameters()[i].grad().defined());
    }

    // Results in the place of parameters: one step of learning, differentiated by its rate.
    const auto loss_after = [&](const Tensor& rate) {
        TensorDict moved;
        for (std::size_t i = 0; i < expected.size(); ++i)
            moved.insert(given[i].key(), given[i].value().detach() - rate * expected[i]);
        return func::functional_call(net, moved, x).pow(2).sum();
    };
    const Tensor rate = full({}, 0.01, kFloat64);
    const double h = 1e-6, slope = func::grad(loss_after)(rate).item<double>();
    CHECK(slope ==
          doctest::Approx((loss_after(rate + h) - loss_after(rate - h)).item<double>() / (2 * h)).epsilon(1e-6));

    // The module's own, given in the place of themselves.
    net->zero_grad();
    func::functional_call(net, net->named_parameters(), x).sum().backward();
    CHECK(net->parameters()[0].grad().defined());
}

TEST_CASE("transforms of modules") {
    nn::Sequential net = network();
    const State state(*net);
    const Tensor x = random({6, 3}, 1), y = tensor({0, 1, 1, 0, 1, 0}, kInt64);
    const TensorDict given = others(*net, 2);
    const auto loss = [&](const TensorList& in) {
        const TensorList parameters(in.begin(), in.end() - 2);
        return nn::functional::cross_entropy(func::functional_call(net, parameters, in[in.size() - 2]), in.back());
    };
    TensorList inputs = given.values(), tangents;
    for (const Tensor& p : inputs) tangents.push_back(random(p.sizes(), 9));
    inputs.insert(inputs.end(), {x, y});
    tangents.resize(inputs.size());
    const std::vector<std::int64_t> all{0, 1, 2, 3};

    const TensorList gradient = func::grad(loss, all)(inputs);
    double expected = 0;
    for (std::size_t i = 0; i < 4; ++i) expected += (gradient[i] * tangents[i]).sum().item<double>();
    CHECK(std::get<1>(func::jvp(loss, inputs, tangents)).item<double>() == doctest::Approx(expected).epsilon(1e-12));

    const func::BatchDims examples{std::nullopt, std::nullopt, std::nullopt, std::nullopt, 0, 0};
    const TensorList each = func::vmap(func::grad(loss, all), examples)(inputs);
    for (std::int64_t i = 0; i < 6; ++i) {
        TensorList one = inputs;
        one[4] = x[i];
        one[5] = y[i];
        const TensorList single = func::grad(loss, all)(one);
        for (std::size_t k = 0; k < 4; ++k) CHECK(close(each[k][i], single[k]));
    }

    const Tensor hessian = func::hessian(loss)(inputs);
    const Tensor product = std::get<1>(func::hvp(loss, inputs, {tangents[0], {}, {}, {}, {}, {}}))[0];
    CHECK(close((hessian * tangents[0]).sum(IntArrayRef{2, 3}), product));

    // An ensemble: a batch of all parameters, one input.
    TensorList ensemble;
    for (const Tensor& p : given.values()) ensemble.push_back(stack({p, 2 * p, -p}));
    ensemble.push_back(x);
    const auto model = [&](const TensorList& in) {
        return func::functional_call(net, TensorList(in.begin(), in.end() - 1), in.back());
    };
    const Tensor outputs = func::vmap(model, {0, 0, 0, 0, std::nullopt})(ensemble);
    for (std::int64_t i = 0; i < 3; ++i) {
        TensorList member;
        for (std::size_t k = 0; k < 4; ++k) member.push_back(ensemble[k][i]);
        CHECK(close(outputs[i], func::functional_call(net, member, x)));
    }
    CHECK(state.is_unchanged());
}

TEST_CASE("buffers, shared tensors and parameters that stand for each other") {
    nn::BatchNorm1d norm(3);
    norm->to(kFloat64);
    const Tensor mean = norm->running_mean.clone(), x = random({8, 3}, 1), given = zeros({3}, kFloat64);
    func::functional_call(norm, {{"running_mean", given}}, x);
    CHECK(norm->running_mean.equal(mean));
    CHECK(close(given, 0.1 * x.mean(IntArrayRef{0})));

    struct TiedImpl : nn::Module {
        TiedImpl() {
            first = register_module("first", nn::Linear(nn::LinearOptions(3, 3).bias(false)));
            second = register_module("second", first);
        }
        Tensor forward(const Tensor& in) { return second(first(in)); }
        nn::Linear first{nullptr}, second{nullptr};
    } tied;
    const Tensor a = randn({3, 3}), b = randn({3, 3}), in = randn({2, 3}), twice = linear(linear(in, a), a);
    CHECK(func::functional_call(tied, {{"second.weight", a}}, in).equal(twice));
    CHECK(func::functional_call(tied, {{"first.weight", a}, {"second.weight", a}}, in).equal(twice));
    CHECK_THROWS_WITH_AS(func::functional_call(tied, {{"first.weight", a}, {"second.weight", b}}, in),
                         doctest::Contains("[functional_call] 'second.weight' is registered under another name too"),
                         ValueError);

    nn::Sequential net(nn::Linear(nn::LinearOptions(3, 3).bias(false)),
                       nn::Linear(nn::LinearOptions(3, 3).bias(false)));
    const TensorList own = net->parameters();
    const State state(*net);
    const Tensor crossed = func::functional_call(net, {{"0.weight", own[1]}, {"1.weight", own[0]}}, in);
    CHECK(crossed.equal(linear(linear(in, own[1]), own[0])));
    crossed.sum().backward();
    const TensorList expected = autograd::grad({linear(linear(in, own[1]), own[0]).sum()}, own);
    CHECK(own[0].grad().equal(expected[0]));
    CHECK(own[1].grad().equal(expected[1]));
    CHECK(state.is_unchanged());
}

TEST_CASE("functional_call restores the module when something throws") {
    nn::Sequential net = network();
    const State state(*net);
    const TensorDict given = others(*net, 2);
    CHECK_THROWS_AS(func::functional_call(net, given, random({5, 4}, 1)), ShapeError);
    CHECK(state.is_unchanged());
    CHECK_THROWS_WITH_AS(
        func::functional_call(net, {{"0.weight", given["0.weight"]}, {"1.weight", given["0.weight"]}}, random({3}, 1)),
        doctest::Contains("has no parameter or buffer '1.weight'; it has 0.weight, 0.bias, 2.weight, 2.bias"),
        IndexError);
    CHECK_THROWS_WITH_AS(func::functional_call(net, {{"0.bias", Tensor()}}, random({3}, 1)),
                         doctest::Contains("[functional_call] the tensor given for '0.bias' is undefined"), ValueError);
    CHECK_THROWS_WITH_AS(func::functional_call(net, TensorList{given["0.bias"]}, random({3}, 1)),
                         doctest::Contains("got 1 tensors for the 4 parameters"), ValueError);
    nn::Linear plain(nn::LinearOptions(3, 2).bias(false));
    CHECK_THROWS_AS(func::functional_call(plain, {{"bias", randn({2})}}, randn({3})), IndexError);
    CHECK(state.is_unchanged());
}
