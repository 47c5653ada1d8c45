#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;

namespace {

using Names = std::vector<std::string>;

struct BlockImpl : nn::Module {
    BlockImpl() : fc1(register_module("fc1", nn::Linear(3, 4))), act(register_module("act", nn::Tanh())) {}
    Tensor forward(const Tensor& x) { return act->forward(fc1->forward(x)); }
    nn::Linear fc1;
    nn::Tanh act;
};
XGRAD_MODULE(Block);

struct NetImpl : nn::Module {
    NetImpl() : Module("net") {
        register_module("layer1", layer1);
        register_module("seq", seq);
        scale = register_parameter("scale", ones({3}));
        count = register_buffer("count", zeros({2}));
        steps = register_buffer("steps", zeros({1}, kInt64));
        register_parameter("absent", {}, false);
    }
    Tensor forward(const Tensor& x) { return seq->forward(layer1->forward(x * scale)); }
    Block layer1;
    nn::Sequential seq{nn::Linear(4, 5), nn::ReLU(), nn::Softmax(1)};
    Tensor scale, count, steps;
};
XGRAD_MODULE(Net);

/// Cloneable, with a submodule and a buffer.
struct TwinImpl : nn::Cloneable<TwinImpl> {
    TwinImpl() { TwinImpl::reset(); }
    void reset() override {
        fc = register_module("fc", nn::Linear(2, 2));
        seq = register_module("seq", nn::Sequential(nn::Linear(2, 1)));
        seen = register_buffer("seen", zeros({1}));
    }
    Tensor forward(const Tensor& x) { return seq->forward(fc->forward(x)); }
    nn::Linear fc = nullptr;
    nn::Sequential seq = nullptr;
    Tensor seen;
};
XGRAD_MODULE(Twin);

/// Registers in its constructor what belongs into reset().
struct WrongTwinImpl : nn::Cloneable<WrongTwinImpl> {
    WrongTwinImpl() { register_parameter("w", ones({1})); }
    void reset() override {}
};

template <class E, class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("names of parameters, buffers and modules, in the order of registration") {
    const Net net;
    CHECK(net->named_parameters().keys() ==
          Names{"scale", "layer1.fc1.weight", "layer1.fc1.bias", "seq.0.weight", "seq.0.bias"});
    CHECK(net->named_parameters(false).keys() == Names{"scale"});
    CHECK(net->named_buffers().keys() == Names{"count", "steps"});
    CHECK(net->named_modules().keys() ==
          Names{"", "layer1", "layer1.fc1", "layer1.act", "seq", "seq.0", "seq.1", "seq.2"});
    CHECK(net->named_modules("root", false).keys() == Names{"root.layer1", "root.layer1.fc1", "root.layer1.act",
                                                            "root.seq", "root.seq.0", "root.seq.1", "root.seq.2"});
    CHECK(net->named_children().keys() == Names{"layer1", "seq"});
    CHECK(net->parameters().size() == 5);
    CHECK(net->buffers().size() == 2);
    CHECK(net->modules().size() == 8);
    CHECK(net->modules(false).size() == 7);
    CHECK(net->children().size() == 2);
    CHECK(net->named_parameters()["scale"].is_same(net->scale));
    CHECK(net->named_parameters().contains("seq.0.bias"));
    CHECK(net->named_parameters().find("absent") == nullptr);
}

TEST_CASE("parameters require gradients, buffers do not") {
    const Net net;
    for (const Tensor& p : net->parameters()) CHECK(p.requires_grad());
    for (const Tensor& b : net->buffers()) CHECK_FALSE(b.requires_grad());
    nn::Module plain;
    CHECK_FALSE(plain.register_parameter("fixed", ones({2}), false).requires_grad());
}

TEST_CASE("a parameter registered twice is listed once") {
    nn::Module tied;
    const auto shared = tied.register_module("a", nn::Linear(2, 2));
    tied.register_module("b", shared);
    CHECK(tied.named_parameters().keys() == Names{"a.weight", "a.bias"});
}

TEST_CASE("names are checked") {
    nn::Module m;
    m.register_parameter("taken", ones({1}));
    m.register_buffer("taken", ones({1}));
    m.register_module("taken", nn::Identity());
    for (const char* bad : {"", "a.b", "taken"}) {
        CAPTURE(bad);
        const std::string reason = std::string(bad).empty() ? "must not be empty"
                                   : contains(bad, ".")     ? "must not contain a dot (got 'a.b')"
                                                            : "'taken' already defined";
        CHECK(contains(message_of<ValueError>([&] { m.register_parameter(bad, ones({1})); }), reason));
        CHECK(contains(message_of<ValueError>([&] { m.register_buffer(bad, ones({1})); }), reason));
        CHECK(contains(message_of<ValueError>([&] { m.register_module(bad, nn::Identity()); }), reason));
    }
    CHECK_THROWS_AS(m.register_module("null", std::shared_ptr<nn::LinearImpl>()), ValueError);
    CHECK_THROWS_AS(m.register_module("empty", nn::Linear(nullptr)), Error);
    CHECK(m.parameters().size() == 1);
    CHECK(m.children().size() == 1);
}

TEST_CASE("modules are replaced and taken out") {
    nn::Module m;
    m.register_module("fc", nn::Linear(2, 3));
    const auto other = m.replace_module("fc", nn::Linear(4, 5));
    CHECK(m.named_children()["fc"] == other);
    m.unregister_module("fc");
    CHECK(m.children().empty());
    CHECK_THROWS_AS(m.unregister_module("fc"), IndexError);
    CHECK_THROWS_AS(m.replace_module("fc", nn::Linear(1, 1)), IndexError);
}

TEST_CASE("apply visits the tree") {
    const Net net;
    const Names all{"", "layer1", "layer1.fc1", "layer1.act", "seq", "seq.0", "seq.1", "seq.2"};
    nn::Module& root = *net.ptr();
    const nn::Module& fixed = root;
    int visits = 0;
    Names names;
    root.apply([&](nn::Module&) { ++visits; });
    fixed.apply([&](const nn::Module&) { ++visits; });
    fixed.apply([&](const std::shared_ptr<nn::Module>& m) { visits += m != nullptr; });
    CHECK(visits == 24);
    root.apply([&](const std::string& name, nn::Module&) { names.push_back(name); });
    CHECK(names == all);
    names.clear();
    fixed.apply([&](const std::string& name, const nn::Module&) { names.push_back(name); });
    CHECK(names == all);
    names.clear();
    fixed.apply([&](const std::string& name, const std::shared_ptr<nn::Module>&) { names.push_back(name); });
    CHECK(names == all);
}

TEST_CASE("what needs a shared_ptr says so") {
    nn::Module m;
    CHECK_THROWS_AS((void)m.modules(), Error);
    CHECK(m.modules(false).empty());
}

TEST_CASE("training and evaluation") {
    Net net;
    CHECK(net->is_training());
    net->eval();
    CHECK_FALSE(net->is_training());
    CHECK_FALSE(net->layer1->fc1->is_training());
    net->train();
    CHECK(net->layer1->fc1->is_training());
}

TEST_CASE("to converts parameters, gradients and floating-point buffers in place") {
    Net net;
    net->forward(ones({2, 3})).sum().backward();
    const Tensor weight = net->layer1->fc1->weight;
    net->to(kFloat64);
    CHECK(weight.dtype() == kFloat64);
    CHECK(weight.grad().dtype() == kFloat64);
    CHECK(net->count.dtype() == kFloat64);
    CHECK(net->steps.dtype() == kInt64);
    CHECK(weight.requires_grad());
    net->zero_grad();
    net->forward(ones({2, 3}, kFloat64)).sum().backward();
    CHECK(weight.grad().dtype() == kFloat64);
    CHECK_THROWS_AS(net->to(kInt64), DtypeError);
}

TEST_CASE("zero_grad") {
    Net net;
    const auto backward = [&] { net->forward(ones({2, 3})).pow(2).sum().backward(); };
    backward();
    REQUIRE(net->scale.grad().defined());
    net->zero_grad(false);
    for (const Tensor& p : net->parameters()) CHECK(equal(p.grad(), zeros_like(p)));
    net->zero_grad();
    for (const Tensor& p : net->parameters()) CHECK_FALSE(p.grad().defined());
}

TEST_CASE("as") {
    Net net;
    nn::Module& module = *net->layer1->fc1;
    CHECK(module.as<nn::Linear>() == net->layer1->fc1.get());
    CHECK(module.as<nn::LinearImpl>() == net->layer1->fc1.get());
    CHECK(module.as<nn::Tanh>() == nullptr);
    CHECK(std::as_const(module).as<nn::Linear>() != nullptr);
}

TEST_CASE("printing") {
    CHECK(printed(Net()) == R"(net(
  (layer1): (anonymous namespace)::BlockImpl(
    (fc1): xgrad::nn::Linear(in_features=3, out_features=4, bias=true)
    (act): xgrad::nn::Tanh()
  )
  (seq): xgrad::nn::Sequential(
    (0): xgrad::nn::Linear(in_features=4, out_features=5, bias=true)
    (1): xgrad::nn::ReLU()
    (2): xgrad::nn::Softmax(dim=1)
  )
))");
    CHECK(printed(nn::Module()) == "xgrad::nn::Module");
    CHECK(printed(*nn::Linear(1, 2)) == printed(nn::Linear(1, 2)));
    CHECK(nn::Linear(1, 2)->name() == "xgrad::nn::LinearImpl");
    CHECK(Net()->name() == "net");
}

TEST_CASE("errors name the module, by its place in the tree") {
    Net net;
    const Tensor x = ones({2, 3});
    const auto wrong_fc1 = [&] { net->layer1->fc1->weight.set_data(ones({4, 7})); };

    SUBCASE("through forward") {
        wrong_fc1();
        const std::string message = message_of<ShapeError>([&] { net->forward(x); });
        CHECK(message.front() == '[');
        CHECK(message.ends_with(" (in module net.layer1.fc1)"));
    }
    SUBCASE("through the holder") {
        wrong_fc1();
        CHECK(message_of<ShapeError>([&] { net(x); }).ends_with(" (in module net.layer1.fc1)"));
    }
    SUBCASE("inside a sequential") {
        net->seq->at<nn::LinearImpl>(0).weight.set_data(ones({5, 9}));
        CHECK(message_of<ShapeError>([&] { net(x); }).ends_with(" (in module net.seq.0)"));
    }
    SUBCASE("in the root itself") {
        CHECK(message_of<ShapeError>([&] { net(ones({2, 5})); }).ends_with(" (in module net)"));
    }
    SUBCASE("a root without a name of its own") {
        Block block;
        CHECK(message_of<ShapeError>([&] { block->forward(ones({2, 5})); }).ends_with(" (in module fc1)"));
    }
    SUBCASE("a layer that belongs to nothing") {
        nn::Linear fc(3, 4);
        CHECK_FALSE(contains(message_of<ShapeError>([&] { fc(ones({2, 5})); }), "in module"));
    }
    SUBCASE("children that outlive their parent") {
        auto fc = net->layer1->fc1;
        net = nullptr;
        CHECK_FALSE(contains(message_of<ShapeError>([&] { fc(ones({2, 5})); }), "in module"));
    }
    SUBCASE("children of a parent that moved") {
        nn::Module first("first");
        nn::Linear fc(3, 4);
        first.register_module("fc", fc);
        nn::Module second(std::move(first));
        CHECK(message_of<ShapeError>([&] { fc(ones({2, 5})); }).ends_with(" (in module first.fc)"));
        nn::Module third;
        third = std::move(second);
        CHECK(message_of<ShapeError>([&] { fc(ones({2, 5})); }).ends_with(" (in module first.fc)"));
    }
    SUBCASE("a type of the user's own passes unharmed") {
        struct MyError : ValueError {
            MyError() : ValueError("[mine] wrong"), code(42) {}
            int code;
        };
        nn::Module root("root");
        nn::Functional f([](Tensor) -> Tensor { throw MyError(); });
        root.register_module("f", f);
        try {
            f(x);
            FAIL("nothing thrown");
        } catch (const MyError& error) {
            CHECK(error.what() == std::string("[mine] wrong (in module root.f)"));
            CHECK(error.code == 42);
        }
    }
}

TEST_CASE("holders") {
    nn::Linear empty = nullptr;
    CHECK(empty.is_empty());
    CHECK_FALSE(empty);
    CHECK_THROWS_AS(empty(ones({1, 1})), Error);
    CHECK_THROWS_AS((void)empty->weight, Error);
    nn::Linear fc(2, 3);
    const nn::Linear same = fc;
    CHECK(same.ptr() == fc.ptr());
    CHECK(fc(ones({4, 2})).sizes() == IntArrayRef({4, 3}));
    const std::shared_ptr<nn::LinearImpl> pointer = fc.ptr();
    CHECK(nn::Linear(pointer).ptr() == pointer);
    CHECK(nn::Sequential(nn::Linear(1, 2), nn::ReLU())[1] != nullptr);
}

TEST_CASE("clones are deep") {
    Twin twin;
    twin->seen.fill_(3);
    twin->fc->eval();
    twin->fc->bias.requires_grad_(false);
    const Tensor x = randn({5, 2});
    const auto copy = std::dynamic_pointer_cast<TwinImpl>(twin->clone());
    REQUIRE(copy);
    CHECK(equal(copy->forward(x), twin->forward(x)));
    CHECK(equal(copy->seen, twin->seen));
    const auto before = twin->named_parameters(), after = copy->named_parameters();
    REQUIRE(after.keys() == before.keys());
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(equal(*after[i], *before[i]));
        CHECK_FALSE(after[i]->is_alias_of(*before[i]));
        CHECK(after[i]->requires_grad() == before[i]->requires_grad());
    }
    CHECK_FALSE(copy->fc->is_training());
    CHECK(copy->fc->weight.is_same(after["fc.weight"]));
    {
        NoGradGuard no_grad;
        copy->fc->weight.add_(1);
    }
    CHECK_FALSE(equal(copy->forward(x), twin->forward(x)));
    CHECK(message_of<ShapeError>([&] { copy->forward(ones({1, 9})); }).ends_with(" (in module fc)"));

    CHECK_THROWS_AS(Net()->clone(), NotImplementedError);
    CHECK(contains(message_of<Error>([] { WrongTwinImpl().clone(); }), "inside reset() and not the constructor"));
}
