#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/activation.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/module_containers.h>
#include <xgrad/nn/parameter_containers.h>

#include "printed.h"

using namespace xgrad;
using nn::LinearImpl;

namespace {

using Keys = std::vector<std::string>;

Keys keys_of(const nn::Module& module) { return module.named_parameters().keys(); }

}  // namespace

TEST_CASE("ModuleList: modules by position") {
    nn::Linear first(3, 4);
    nn::ModuleList list(first, std::make_shared<LinearImpl>(4, 5), nn::ReLUImpl());
    CHECK(list->size() == 3);
    CHECK(list[0].get() == first.ptr().get());
    CHECK(&list->at<LinearImpl>(0) == first.get());
    CHECK(list->ptr<LinearImpl>(2) == nullptr);
    CHECK_THROWS_AS(list->at<LinearImpl>(2), Error);
    CHECK_THROWS_WITH_AS(list->ptr(3), "[ModuleList] index 3 is out of range: there are 3 modules", IndexError);
    CHECK(keys_of(*list) == Keys{"0.weight", "0.bias", "1.weight", "1.bias"});
    std::size_t count = 0;
    for (const auto& module : *list) count += module->parameters().size();
    CHECK(count == 4);

    nn::ModuleList other;
    CHECK(other->is_empty());
    other->extend(*list);
    other->push_back(nn::Linear(5, 6));
    CHECK(other->size() == 4);
    CHECK(other[1] == list[1]);
}

TEST_CASE("ModuleList: insertion moves the names behind it") {
    const nn::Linear a(1, 1), b(2, 2), c(3, 3), d(4, 4);
    nn::ModuleList list(a, b);
    list->insert(1, c);
    list->insert(3, d.ptr());
    list->insert(0, LinearImpl(5, 5));
    std::vector<std::int64_t> sizes;
    for (const auto& item : list->named_children()) {
        CHECK(item.key() == std::to_string(sizes.size()));
        CHECK(item.value() == list[sizes.size()]);
        sizes.push_back(item.value()->as<LinearImpl>()->weight.size(0));
    }
    CHECK(sizes == std::vector<std::int64_t>{5, 1, 3, 2, 4});
    CHECK_THROWS_AS(list->insert(6, nn::Linear(1, 1)), IndexError);
    CHECK(list->size() == 5);
}

TEST_CASE("ModuleList: printing and cloning") {
    nn::ModuleList list(nn::Linear(3, 4), nn::ReLU());
    CHECK(printed(list) ==
          "xgrad::nn::ModuleList(\n"
          "  (0): xgrad::nn::Linear(in_features=3, out_features=4, bias=true)\n"
          "  (1): xgrad::nn::ReLU()\n"
          ")");
    list->eval();
    const auto copy = std::dynamic_pointer_cast<nn::ModuleListImpl>(list->clone());
    REQUIRE(copy);
    CHECK_FALSE(copy->is_training());
    CHECK(copy->size() == 2);
    CHECK(copy->at<LinearImpl>(0).weight.equal(list->at<LinearImpl>(0).weight));
    CHECK_FALSE(copy->at<LinearImpl>(0).weight.is_alias_of(list->at<LinearImpl>(0).weight));
}

TEST_CASE("ModuleDict: modules by name, in order") {
    const nn::Linear fc(3, 4), other(1, 2);
    nn::ModuleDict dict(
        std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{{"fc", fc.ptr()}, {"act", nn::ReLU().ptr()}});
    CHECK(dict->keys() == Keys{"fc", "act"});
    CHECK(dict[std::string("fc")] == fc.ptr());
    CHECK(&dict->at<LinearImpl>("fc") == fc.get());
    CHECK_THROWS_AS(dict->at<LinearImpl>("act"), Error);
    CHECK_THROWS_AS((*dict)["none"], IndexError);
    CHECK(keys_of(*dict) == Keys{"fc.weight", "fc.bias"});

    OrderedDict<std::string, std::shared_ptr<nn::Module>> more;
    more.insert("act", other.ptr());
    more.insert("last", nn::ReLU().ptr());
    dict->update(more);
    CHECK(dict->keys() == Keys{"fc", "act", "last"});
    CHECK(dict->items()[1].second == other.ptr());
    CHECK(keys_of(*dict) == Keys{"fc.weight", "fc.bias", "act.weight", "act.bias"});
    CHECK(printed(dict).rfind("xgrad::nn::ModuleDict(\n  (fc): xgrad::nn::Linear(", 0) == 0);

    const auto copy = std::dynamic_pointer_cast<nn::ModuleDictImpl>(dict->clone());
    REQUIRE(copy);
    CHECK(copy->keys() == dict->keys());
    CHECK_FALSE(copy->at<LinearImpl>("fc").weight.is_alias_of(fc->weight));

    CHECK(dict->pop("fc") == fc.ptr());
    CHECK_FALSE(dict->contains("fc"));
    CHECK(keys_of(*dict) == Keys{"act.weight", "act.bias"});
    CHECK_THROWS_AS(dict->pop("fc"), IndexError);
    dict->clear();
    CHECK(dict->empty());
    CHECK(dict->children().empty());
    CHECK(copy->size() == 3);
}

TEST_CASE("ParameterList: parameters by position") {
    const Tensor a = ones({2, 3}).requires_grad_(), b = zeros({4}, kFloat64);
    nn::ParameterList list(a, b);
    CHECK(list->size() == 2);
    CHECK(list[0].is_same(a));
    CHECK_FALSE(list->at(1).requires_grad());
    CHECK(keys_of(*list) == Keys{"0", "1"});
    CHECK(printed(list) ==
          "xgrad::nn::ParameterList(\n"
          "(0): Parameter containing: [Float of size [2, 3]]\n"
          "(1): Parameter containing: [Double of size [4]]\n"
          ")");
    nn::ParameterList other;
    other->extend(std::vector<Tensor>{b});
    *other += *list;
    CHECK(other->size() == 3);
    CHECK(other->at(1).is_same(a));
    CHECK_THROWS_AS(list->at(2), IndexError);
    const auto copy = std::dynamic_pointer_cast<nn::ParameterListImpl>(list->clone());
    REQUIRE(copy);
    CHECK(copy->at(0).equal(a));
    CHECK_FALSE(copy->at(0).is_alias_of(a));
    CHECK(copy->at(0).requires_grad());
    CHECK_FALSE(copy->at(1).requires_grad());
}

TEST_CASE("ParameterDict: parameters by name, in order") {
    const Tensor w = ones({2}).requires_grad_(), b = zeros({1});
    nn::ParameterDict dict;
    dict->insert("w", w);
    dict->insert("b", b);
    CHECK(dict->keys() == Keys{"w", "b"});
    CHECK(dict->get("w").is_same(w));
    CHECK((*dict)["b"].is_same(b));
    CHECK_THROWS_AS(dict->insert("w", b), ValueError);
    CHECK_THROWS_AS(dict->get("none"), IndexError);
    CHECK(printed(dict) ==
          "xgrad::nn::ParameterDict(\n"
          "(w): Parameter containing: [Float of size [2]]\n"
          "(b): Parameter containing: [Float of size [1]]\n"
          ")");
    OrderedDict<std::string, Tensor> more;
    more.insert("b", w);
    more.insert("c", b);
    dict->update(more);
    CHECK(dict->keys() == Keys{"w", "b", "c"});
    CHECK(dict->get("b").is_same(w));
    const auto copy = std::dynamic_pointer_cast<nn::ParameterDictImpl>(dict->clone());
    REQUIRE(copy);
    CHECK(copy->keys() == dict->keys());
    CHECK_FALSE(copy->get("w").is_alias_of(w));
    CHECK(dict->pop("w").is_same(w));
    CHECK(dict->size() == 2);
    dict->clear();
    CHECK(dict->parameters().empty());
    CHECK(nn::ParameterDict(more)->size() == 2);
}
