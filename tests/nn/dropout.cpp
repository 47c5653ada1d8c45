#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/dropout.h>
#include <xgrad/nn/functional/dropout.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("dropout modules print as libtorch's") {
    CHECK(printed(nn::Dropout()) == "xgrad::nn::Dropout(p=0.5, inplace=false)");
    CHECK(printed(nn::Dropout(nn::DropoutOptions(0.42).inplace(true))) == "xgrad::nn::Dropout(p=0.42, inplace=true)");
    CHECK(printed(nn::Dropout2d(0.1)) == "xgrad::nn::Dropout2d(p=0.1, inplace=false)");
    CHECK(printed(nn::Dropout3d(0.1)) == "xgrad::nn::Dropout3d(p=0.1, inplace=false)");
    CHECK(printed(nn::AlphaDropout(0.1)) == "xgrad::nn::AlphaDropout(p=0.1, inplace=false)");
    CHECK(printed(nn::FeatureAlphaDropout(0.1)) == "xgrad::nn::FeatureAlphaDropout(p=0.1, inplace=false)");
}

TEST_CASE("dropout modules drop in training and pass in evaluation") {
    const Tensor x = randn({4, 3, 5, 2}, Generator(1));
    const auto check = [&](auto module, auto function) {
        manual_seed(1);
        const Tensor y = module(x);
        manual_seed(1);
        CHECK(y.equal(function(x)));
        CHECK(!y.equal(x));
        module->eval();
        CHECK(module(x).is_same(x));
    };
    check(nn::Dropout(0.3), [](const Tensor& v) { return dropout(v, 0.3, true); });
    check(nn::Dropout2d(0.3), [](const Tensor& v) { return feature_dropout(v, 0.3, true); });
    check(nn::AlphaDropout(0.3), [](const Tensor& v) { return alpha_dropout(v, 0.3, true); });
    check(nn::FeatureAlphaDropout(0.3), [](const Tensor& v) { return feature_alpha_dropout(v, 0.3, true); });
    nn::Dropout inplace(nn::DropoutOptions(0.5).inplace(true));
    Tensor changed = x.clone();
    CHECK(inplace(changed).is_same(changed));
    CHECK(!changed.equal(x));
}

TEST_CASE("channels of one example without a batch are dropped") {
    const Tensor x = ones({6, 4, 4}), volume = ones({6, 2, 2, 2});
    manual_seed(3);
    const Tensor y = F::dropout2d(x, F::Dropout2dFuncOptions().p(0.5));
    CHECK(y.sizes() == x.sizes());
    const Tensor first = y.select(2, 0).select(1, 0);
    CHECK(y.equal(first.reshape({6, 1, 1}).expand({6, 4, 4})));
    CHECK(first.eq(0).any().item<bool>());
    CHECK(first.eq(2).any().item<bool>());
    Tensor changed = x.clone();
    manual_seed(3);
    F::dropout2d(changed, F::Dropout2dFuncOptions().p(0.5).inplace(true));
    CHECK(changed.equal(y));
    CHECK(F::dropout3d(volume, F::Dropout3dFuncOptions().p(0.5)).sizes() == volume.sizes());
    CHECK(F::dropout(x, F::DropoutFuncOptions().training(false)).is_same(x));
    CHECK(F::alpha_dropout(x).is_same(x));
}

TEST_CASE("a probability outside [0, 1] is an error") {
    CHECK_THROWS_AS(nn::Dropout(1.1), ValueError);
    CHECK_THROWS_AS(nn::Dropout2d(-0.1), ValueError);
    CHECK_THROWS_AS(F::dropout(ones({2}), F::DropoutFuncOptions().p(2)), ValueError);
}
