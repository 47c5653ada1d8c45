#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/normalization.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/normalization.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("normalising layers print as libtorch's") {
    CHECK(printed(nn::LayerNorm(nn::LayerNormOptions({2, 2}).eps(2e-5))) ==
          "xgrad::nn::LayerNorm([2, 2], eps=2e-05, elementwise_affine=true)");
    CHECK(printed(nn::LayerNorm(nn::LayerNormOptions({64}).elementwise_affine(false))) ==
          "xgrad::nn::LayerNorm([64], eps=1e-05, elementwise_affine=false)");
    CHECK(printed(nn::GroupNorm(2, 6)) == "xgrad::nn::GroupNorm(2, 6, eps=1e-05, affine=true)");
    CHECK(printed(nn::GroupNorm(nn::GroupNormOptions(3, 6).eps(0.5).affine(false))) ==
          "xgrad::nn::GroupNorm(3, 6, eps=0.5, affine=false)");
}

TEST_CASE("LayerNorm") {
    nn::LayerNorm norm(nn::LayerNormOptions({3, 4}).eps(0.1));
    CHECK(equal(norm->weight.detach(), ones({3, 4})));
    CHECK(equal(norm->bias.detach(), zeros({3, 4})));
    CHECK(norm->named_parameters().keys() == std::vector<std::string>{"weight", "bias"});
    norm->weight.detach().copy_(randn({3, 4}));
    norm->bias.detach().copy_(randn({3, 4}));
    const Tensor x = randn({2, 3, 4});
    const auto options = F::LayerNormFuncOptions({3, 4}).weight(norm->weight).bias(norm->bias).eps(0.1);
    CHECK(equal(norm(x), layer_norm(x, {3, 4}, norm->weight, norm->bias, 0.1)));
    CHECK(equal(norm(x), F::layer_norm(x, options)));
    CHECK(equal(F::layer_norm(x, F::LayerNormFuncOptions({4})), layer_norm(x, {4})));
    norm->reset_parameters();
    CHECK(equal(norm(x), layer_norm(x, {3, 4}, {}, {}, 0.1)));

    nn::LayerNorm plain(nn::LayerNormOptions({4}).elementwise_affine(false));
    CHECK(plain->parameters().empty());
    CHECK(equal(plain(x), layer_norm(x, {4})));
    CHECK_THROWS_AS(plain(randn({2, 5})), ShapeError);
    CHECK_THROWS_AS(nn::LayerNorm(std::vector<std::int64_t>{})(x), ShapeError);

    const auto copy = std::dynamic_pointer_cast<nn::LayerNormImpl>(norm->clone());
    REQUIRE(copy);
    copy->weight.detach().fill_(7);
    CHECK(equal(norm->weight.detach(), ones({3, 4})));
}

TEST_CASE("GroupNorm") {
    nn::GroupNorm norm(2, 6);
    CHECK(equal(norm->weight.detach(), ones({6})));
    CHECK(equal(norm->bias.detach(), zeros({6})));
    norm->weight.detach().copy_(randn({6}));
    const Tensor x = randn({3, 6, 5});
    CHECK(equal(norm(x), group_norm(x, 2, norm->weight, norm->bias)));
    CHECK(equal(norm(x), F::group_norm(x, F::GroupNormFuncOptions(2).weight(norm->weight).bias(norm->bias))));
    nn::GroupNorm plain(nn::GroupNormOptions(3, 6).affine(false).eps(0.1));
    CHECK(plain->parameters().empty());
    CHECK(equal(plain(x), group_norm(x, 3, {}, {}, 0.1)));
    CHECK_THROWS_AS(nn::GroupNorm(4, 6)(x), ShapeError);
}

TEST_CASE("errors of normalising layers name the module") {
    nn::Module task("task");
    nn::LayerNorm norm(std::vector<std::int64_t>{3});
    task.register_module("norm", norm);
    std::string message;
    try {
        norm(ones({2}));
    } catch (const ShapeError& error) {
        message = error.what();
    }
    CHECK(message.ends_with(" (in module task.norm)"));
}
