#include <doctest/doctest.h>

#include <cmath>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/linear.h>
#include <xgrad/nn/functional/padding.h>
#include <xgrad/nn/functional/pixelshuffle.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/padding.h>
#include <xgrad/nn/pixelshuffle.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("layers that change shapes print as libtorch's") {
    const std::pair<std::string, std::string> cases[] = {
        {printed(nn::ReflectionPad1d(2)), "ReflectionPad1d(padding=[2, 2])"},
        {printed(nn::ReflectionPad2d(nn::ReflectionPad2dOptions({1, 1, 2, 0}))),
         "ReflectionPad2d(padding=[1, 1, 2, 0])"},
        {printed(nn::ReflectionPad3d(1)), "ReflectionPad3d(padding=[1, 1, 1, 1, 1, 1])"},
        {printed(nn::ReplicationPad1d(nn::ReplicationPad1dOptions({3, 1}))), "ReplicationPad1d(padding=[3, 1])"},
        {printed(nn::ReplicationPad2d(2)), "ReplicationPad2d(padding=[2, 2, 2, 2])"},
        {printed(nn::ReplicationPad3d(nn::ReplicationPad3dOptions({1, 2, 1, 2, 1, 2}))),
         "ReplicationPad3d(padding=[1, 2, 1, 2, 1, 2])"},
        {printed(nn::ZeroPad1d(1)), "ZeroPad1d(padding=[1, 1])"},
        {printed(nn::ZeroPad2d(nn::ZeroPad2dOptions({1, 1, 2, 0}))), "ZeroPad2d(padding=[1, 1, 2, 0])"},
        {printed(nn::ZeroPad3d(0)), "ZeroPad3d(padding=[0, 0, 0, 0, 0, 0])"},
        {printed(nn::ConstantPad1d(2, 3.5)), "ConstantPad1d(padding=[2, 2], value=3.5)"},
        {printed(nn::ConstantPad2d(nn::ConstantPad2dOptions({3, 0, 2, 1}, 0.25))),
         "ConstantPad2d(padding=[3, 0, 2, 1], value=0.25)"},
        {printed(nn::ConstantPad3d(nn::ConstantPad3dOptions(1, 2))),
         "ConstantPad3d(padding=[1, 1, 1, 1, 1, 1], value=2)"},
        {printed(nn::PixelShuffle(3)), "PixelShuffle(upscale_factor=3)"},
        {printed(nn::PixelUnshuffle(nn::PixelUnshuffleOptions(2))), "PixelUnshuffle(downscale_factor=2)"},
        {printed(nn::Unflatten(nn::UnflattenOptions(1, {2, 3}))), "Unflatten(dim=1, unflattened_size={2, 3})"},
        {printed(nn::Bilinear(2, 3, 4)), "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=true)"},
    };
    for (const auto& [got, expected] : cases) CHECK(got == "xgrad::nn::" + expected);
}

TEST_CASE("padding layers pad as the functions do") {
    const Tensor x1 = randn({2, 3, 4}, Generator(1)), x2 = randn({1, 2, 3, 4}, Generator(2)),
                 x3 = randn({1, 1, 3, 3, 4}, Generator(3));
    const std::vector<std::int64_t> p1{1, 2}, p2{1, 2, 0, 1}, p3{1, 2, 0, 1, 1, 0};
    CHECK(nn::ReflectionPad1d(nn::ReflectionPad1dOptions(p1))(x1).equal(reflection_pad1d(x1, p1)));
    CHECK(nn::ReflectionPad2d(nn::ReflectionPad2dOptions(p2))(x2).equal(reflection_pad2d(x2, p2)));
    CHECK(nn::ReflectionPad3d(nn::ReflectionPad3dOptions(p3))(x3).equal(reflection_pad3d(x3, p3)));
    CHECK(nn::ReplicationPad1d(nn::ReplicationPad1dOptions(p1))(x1).equal(replication_pad1d(x1, p1)));
    CHECK(nn::ReplicationPad2d(nn::ReplicationPad2dOptions(p2))(x2).equal(replication_pad2d(x2, p2)));
    CHECK(nn::ReplicationPad3d(nn::ReplicationPad3dOptions(p3))(x3).equal(replication_pad3d(x3, p3)));
    CHECK(nn::ZeroPad1d(1)(x1).equal(pad(x1, {1, 1})));
    CHECK(nn::ZeroPad2d(nn::ZeroPad2dOptions(p2))(x2).equal(pad(x2, p2)));
    CHECK(nn::ZeroPad3d(nn::ZeroPad3dOptions(p3))(x3).equal(pad(x3, p3)));
    CHECK(nn::ConstantPad1d(2, 3.5)(x1).equal(pad(x1, {2, 2}, "constant", 3.5)));
    CHECK(nn::ConstantPad2d(1, -1)(x2).equal(pad(x2, {1, 1, 1, 1}, "constant", -1)));
    CHECK(nn::ConstantPad3d(1, 2)(x3).equal(pad(x3, {1, 1, 1, 1, 1, 1}, "constant", 2)));
    CHECK(F::pad(x2, F::PadFuncOptions({1, 2, 2, 1}).mode(kCircular)).equal(pad(x2, {1, 2, 2, 1}, "circular")));
    CHECK(F::pad(x2, F::PadFuncOptions({1}).pad({2, 1}).value(4)).equal(pad(x2, {2, 1}, "constant", 4)));
    CHECK_THROWS_AS(F::pad(x2, F::PadFuncOptions({1, 1}).mode(kZeros)), ValueError);
    CHECK_THROWS_WITH_AS(nn::ReflectionPad2dOptions({1, 2}), doctest::Contains("Expected 4 values, but instead got 2"),
                         ValueError);
}

TEST_CASE("padding of a layer in a network: an error names the layer") {
    nn::Sequential net(nn::Identity(), nn::ReflectionPad1d(9));
    CHECK_THROWS_WITH_AS(net->forward(zeros({1, 2, 3})), doctest::Contains("(in module 1)"), ShapeError);
}

TEST_CASE("PixelShuffle and PixelUnshuffle, Flatten and Unflatten undo one another") {
    const Tensor x = randn({2, 8, 3, 5}, Generator(1));
    const Tensor y = nn::PixelShuffle(2)(x);
    CHECK(y.sizes() == IntArrayRef({2, 2, 6, 10}));
    CHECK(y[1][0][3][4].item<float>() == x[1][2][1][2].item<float>());
    CHECK(nn::PixelUnshuffle(2)(y).equal(x));
    CHECK(F::pixel_unshuffle(F::pixel_shuffle(x, 2), 2).equal(x));
    CHECK(nn::Unflatten(1, std::vector<std::int64_t>{8, 3, -1})(nn::Flatten()(x)).equal(x));
}

TEST_CASE("Bilinear") {
    manual_seed(3);
    nn::Bilinear layer(2, 3, 4);
    CHECK(layer->weight.sizes() == IntArrayRef({4, 2, 3}));
    CHECK(layer->bias.sizes() == IntArrayRef({4}));
    CHECK(layer->weight.abs().max().item<float>() <= 1 / std::sqrt(2.0));
    CHECK(layer->parameters().size() == 2);
    const Tensor a = randn({5, 2}), b = randn({5, 3});
    const Tensor expected = einsum("bi,kij,bj->bk", {a, layer->weight, b}) + layer->bias;
    CHECK(layer(a, b).allclose(expected, 1e-5, 1e-6));
    CHECK(F::bilinear(a, b, layer->weight).allclose(expected - layer->bias, 1e-5, 1e-6));
    nn::Bilinear without(nn::BilinearOptions(2, 3, 4).bias(false));
    CHECK(!without->bias.defined());
    CHECK_THROWS_AS(layer(b, a), ShapeError);
    CHECK_THROWS_AS(nn::Bilinear(-1, 2, 3), ValueError);
}
