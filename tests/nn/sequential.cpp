#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <vector>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/sequential.h>

using namespace xgrad;

namespace {

/// Takes several arguments of several types, the last of them optional; returns a pair.
struct SplitImpl : nn::Module {
    std::tuple<Tensor, int> forward(const Tensor& x, const std::string& text, int times = 2) {
        return {x * times, static_cast<int>(text.size())};
    }
};

struct JoinImpl : nn::Module {
    Tensor forward(std::tuple<Tensor, int> parts) const { return std::get<0>(parts) + std::get<1>(parts); }
};

/// Takes its tensor for itself.
struct TakeImpl : nn::Module {
    Tensor forward(Tensor&& x) {
        const Tensor mine = std::move(x);
        return mine + 1;
    }
};

}  // namespace

TEST_CASE("Sequential calls its modules in order") {
    nn::Linear a(3, 4), b(4, 2);
    nn::Sequential net(a, nn::Tanh(), b);
    const Tensor x = randn({5, 3});
    CHECK(equal(net(x), b(tanh(a(x)))));
    CHECK(equal(net->forward(x), net(x)));
    CHECK(x.sizes() == IntArrayRef({5, 3}));
    CHECK(net->size() == 3);
    CHECK(net->ptr(0) == a.ptr());
    CHECK(net->ptr<nn::LinearImpl>(2) == b.ptr());
    CHECK(&net->at<nn::LinearImpl>(0) == a.get());
    CHECK_THROWS_AS((void)net->at<nn::TanhImpl>(0), ValueError);
    CHECK_THROWS_AS((void)net->ptr(3), IndexError);
    CHECK_THROWS_AS(nn::Sequential()(x), Error);
}

TEST_CASE("ways to fill a Sequential") {
    using Names = std::vector<std::string>;
    nn::Sequential named({{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}, {"shared", std::make_shared<nn::TanhImpl>()}});
    CHECK(named->named_children().keys() == Names{"fc", "act", "shared"});

    nn::Sequential pushed;
    pushed->push_back(nn::Linear(2, 3));
    pushed->push_back("act", nn::ReLU());
    pushed->push_back(nn::SigmoidImpl());
    pushed->push_back(nn::AnyModule(nn::Identity()));
    pushed->push_back(nn::Sequential(nn::Tanh(), nn::Tanh()));
    CHECK(pushed->named_children().keys() == Names{"0", "act", "2", "3", "4"});
    CHECK(pushed(ones({4, 2})).sizes() == IntArrayRef({4, 3}));

    nn::Sequential extended;
    extended->extend(*pushed);
    CHECK(extended->size() == 5);
    CHECK(extended->ptr(0) == pushed->ptr(0));

    OrderedDict<std::string, nn::AnyModule> dict;
    dict.insert("x", nn::AnyModule(nn::Identity()));
    CHECK(nn::Sequential(dict)->named_children().keys() == Names{"x"});
    CHECK_THROWS_AS(pushed->push_back("act", nn::ReLU()), ValueError);
    CHECK(pushed->size() == 5);
}

TEST_CASE("modules of any signature") {
    nn::Sequential net(std::make_shared<SplitImpl>(), std::make_shared<JoinImpl>(), std::make_shared<TakeImpl>());
    const Tensor x = ones({2});
    CHECK(equal(net->forward(x, std::string("abc")), tensor({6.0, 6.0})));
    CHECK(equal(net->forward(x, std::string("abc"), 5), tensor({9.0, 9.0})));
    CHECK(x.defined());
    CHECK_THROWS_AS(net->forward(x), ValueError);
    CHECK_THROWS_AS(net->forward(x, 1.5), ValueError);
    CHECK_THROWS_AS(net->forward(x, std::string(), 1, 1), ValueError);
    CHECK_THROWS_AS(net->forward<int>(x, std::string()), ValueError);
    Tensor given = ones({2});
    nn::AnyModule take(TakeImpl{});
    CHECK(equal(take.forward(given), tensor({2.0, 2.0})));
    CHECK(given.defined());
}

TEST_CASE("AnyModule") {
    nn::AnyModule any(nn::Linear(3, 4));
    CHECK(any.forward(ones({1, 3})).sizes() == IntArrayRef({1, 4}));
    CHECK(any.get<nn::Linear>()->options.out_features() == 4);
    CHECK(any.get<nn::LinearImpl>().options.in_features() == 3);
    CHECK(any.ptr<nn::LinearImpl>() == any.ptr());
    CHECK(any.type_info() == typeid(nn::LinearImpl));
    CHECK_THROWS_AS((void)any.get<nn::Tanh>(), ValueError);
    nn::AnyModule copy = any.clone();
    CHECK(copy.ptr() != any.ptr());
    CHECK(equal(copy.forward(ones({1, 3})), any.forward(ones({1, 3}))));
    nn::AnyModule empty;
    CHECK(empty.is_empty());
    CHECK_THROWS_AS(empty.forward(ones({1})), Error);
    CHECK_THROWS_AS((void)empty.ptr(), Error);
    CHECK_THROWS_WITH_AS(any.forward(1),
                         "[AnyModule] an argument of forward has type int where xgrad::Tensor is needed", ValueError);
}

TEST_CASE("a clone of a Sequential is deep and keeps names and modes") {
    nn::Sequential net({{"fc", nn::Linear(3, 4)}, {"act", nn::Tanh()}});
    net->ptr(1)->eval();
    auto copy = std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone());
    REQUIRE(copy);
    CHECK(copy->named_parameters().keys() == net->named_parameters().keys());
    CHECK(copy->is_training());
    CHECK_FALSE(copy->ptr(1)->is_training());
    CHECK(copy->ptr(0) != net->ptr(0));
    const Tensor x = randn({2, 3});
    CHECK(equal(copy->forward(x), net(x)));
}

TEST_CASE("gradients reach every parameter") {
    nn::Sequential net(nn::Linear(3, 4), nn::ImprovedSigmoid(), nn::Linear(4, 2));
    net(randn({5, 3})).sum().backward();
    for (const Tensor& p : net->parameters()) CHECK(p.grad().defined());
}
