#include <doctest/doctest.h>

#include <xgrad.h>

using namespace xgrad;
using autograd::AnomalyMode;
using autograd::DetectAnomalyGuard;

namespace {

/// log(sqrt(x)) of numbers below zero.
struct BadImpl : nn::Module {
    Tensor forward(const Tensor& x) { return x.sqrt().log(); }
};
XGRAD_MODULE(Bad);

struct LayerImpl : nn::Module {
    LayerImpl() {
        fc1 = register_module("fc1", nn::Linear(2, 2));
        bad = register_module("bad", Bad());
        act = register_module("act", nn::Functional([](Tensor x) { return x.sqrt(); }));
    }
    Tensor forward(const Tensor& x) { return kind == 0 ? bad(fc1->forward(x)) : act->forward(fc1(x)); }
    nn::Linear fc1{nullptr};
    Bad bad{nullptr};
    nn::Functional act{nullptr};
    int kind = 0;
};
XGRAD_MODULE(Layer);

struct NetImpl : nn::Module {
    NetImpl() : nn::Module("net") { layer2 = register_module("layer2", Layer()); }
    Tensor forward(const Tensor& x) { return layer2(x) * 2; }
    Layer layer2{nullptr};
};
XGRAD_MODULE(Net);

template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const GraphError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("anomaly mode is off, and set by guards that nest") {
    CHECK(!AnomalyMode::is_enabled());
    {
        const DetectAnomalyGuard guard;
        CHECK(AnomalyMode::is_enabled());
        CHECK(AnomalyMode::should_check_nan());
        {
            const DetectAnomalyGuard inner(/*check_nan=*/false);
            CHECK(AnomalyMode::is_enabled());
            CHECK(!AnomalyMode::should_check_nan());
        }
        CHECK(AnomalyMode::should_check_nan());
    }
    CHECK(!AnomalyMode::is_enabled());
    autograd::set_detect_anomaly(true);
    CHECK(AnomalyMode::is_enabled());
    autograd::set_detect_anomaly(false);
    CHECK(!AnomalyMode::is_enabled());
}

TEST_CASE("the operation that made a NaN is named") {
    const Tensor x = tensor({-1., 4.}, requires_grad());
    const auto backward = [&] { x.sqrt().sum().backward(); };
    CHECK_NOTHROW(backward());
    const DetectAnomalyGuard guard;
    CHECK(message_of(backward) ==
          "[SqrtBackward0] Function 'SqrtBackward0' returned nan values in its 0th output. (in the backward of "
          "SqrtBackward0)");
    const Tensor y = ones({2}, requires_grad());
    CHECK(contains(message_of([&] { (y * x.detach().sqrt()).sum().backward(); }),
                   "Function 'MulBackward0' returned nan values in its 0th output."));
    CHECK(contains(message_of([&] { autograd::grad({(x.detach().sqrt() * y).sum()}, {y}); }),
                   "returned nan values in its 1th output."));
    CHECK(message_of([&] { (y * 2.0).sum().backward(); }) == "nothing was thrown");
    const DetectAnomalyGuard unchecked(false);
    CHECK_NOTHROW(backward());
}

TEST_CASE("and the module whose forward recorded it") {
    const DetectAnomalyGuard guard;
    Net net;
    {
        const NoGradGuard no_grad;
        for (Tensor& p : net->parameters()) p.fill_(-1);
    }
    const Tensor x = ones({1, 2});
    CHECK(contains(message_of([&] { net(x).sum().backward(); }), "recorded in module net.layer2.bad)"));
    net->layer2->kind = 1;
    CHECK(contains(message_of([&] { net(x).sum().backward(); }), "recorded in module net.layer2.act)"));
    CHECK(contains(message_of([&] { net->forward(x).sum().backward(); }), "recorded in module net.layer2.act)"));
    const Tensor y = net(x);
    CHECK(y.grad_fn()->recorded_in() == "net");
    CHECK((x.requires_grad_() * 2).grad_fn()->recorded_in().empty());
    Bad alone;
    CHECK(contains(alone(x.detach().requires_grad_()).grad_fn()->recorded_in(), "BadImpl"));

    nn::Sequential sequential(nn::Linear(2, 2), nn::ReLU());
    CHECK(sequential->forward(x).grad_fn()->recorded_in() == "1");
}

TEST_CASE("a NaN planted in the third layer of a sequence is found there") {
    const auto planted = [](Tensor x) { return (x - x.detach()).sqrt() * 0; };  // 0 with the slope 0 * inf
    nn::Sequential net(nn::Linear(4, 8), nn::Tanh(), nn::Functional(planted), nn::Linear(8, 8), nn::Linear(8, 1));
    const auto backward = [&] { net->forward(ones({2, 4})).sum().backward(); };
    CHECK_NOTHROW(backward());
    CHECK(net->parameters()[0].grad().isnan().all().item<bool>());
    const DetectAnomalyGuard guard;
    CHECK(message_of(backward) ==
          "[SqrtBackward0] Function 'SqrtBackward0' returned nan values in its 0th output. (in the backward of "
          "SqrtBackward0, recorded in module 2)");
    struct RootImpl : nn::Module {
        explicit RootImpl(const nn::Sequential& layers) : nn::Module("net"), layers_(layers) {
            register_module("layers", layers_);
        }
        Tensor forward(const Tensor& x) { return layers_->forward(x); }
        nn::Sequential layers_;
    };
    nn::ModuleHolder<RootImpl> root(net);
    CHECK(contains(message_of([&] {
                       root(ones({2, 4})).sum().backward();
                   }),
                   "in the backward of SqrtBackward0, recorded in module net.layers.2)"));
}

TEST_CASE("the picture of a graph frames the modules") {
    Net net;
    const autograd::RecordModulePathsGuard guard;
    const std::string text = to_dot(net(ones({1, 2})), net->named_parameters().pairs());
    for (const char* name : {"net", "layer2", "fc1", "bad"})
        CHECK(contains(text, ("label=\"" + std::string(name) + "\";").c_str()));
    CHECK(contains(text, "layer2.fc1.weight\\n(2, 2) float32"));
}

TEST_CASE("without anomaly mode nodes remember nothing") {
    Net net;
    CHECK(net(ones({1, 2})).grad_fn()->recorded_in().empty());
}

TEST_CASE("other errors in backward say where the node was recorded, and keep their type") {
    struct Refuse : autograd::Function<Refuse> {
        static Tensor forward(autograd::AutogradContext*, const Tensor& x) { return x * 2; }
        static autograd::tensor_list backward(autograd::AutogradContext*, autograd::tensor_list) {
            raise<IndexError>("mine", "no");
        }
    };
    nn::Functional refuse([](Tensor x) { return Refuse::apply(x); });
    nn::Sequential net(refuse);
    const DetectAnomalyGuard guard;
    const Tensor y = net->forward(ones({1}, requires_grad()));
    CHECK_THROWS_WITH_AS(y.backward(), "[mine] no (in the backward of RefuseBackward, recorded in module 0)",
                         IndexError);
    Tensor stale = ones({2}, requires_grad()) * 1;
    const Tensor e = stale.square();
    stale.add_(1);
    CHECK(contains(message_of([&] { e.sum().backward(); }), "in the backward of SquareBackward0"));
}
