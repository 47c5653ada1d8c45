#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/any_module.h>
#include <xgrad/nn/conv.h>
#include <xgrad/nn/fold.h>
#include <xgrad/nn/functional.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

// As libtorch 1.13 prints them.
TEST_CASE("convolutions print as libtorch's") {
    CHECK(printed(nn::Conv1d(1, 2, 3)) == "xgrad::nn::Conv1d(1, 2, kernel_size=3, stride=1)");
    CHECK(printed(nn::Conv2d(nn::Conv2dOptions(4, 6, {3, 5})
                                 .stride({2, 1})
                                 .padding({1, 2})
                                 .dilation(2)
                                 .groups(2)
                                 .bias(false)
                                 .padding_mode(kReflect))) ==
          "xgrad::nn::Conv2d(4, 6, kernel_size=[3, 5], stride=[2, 1], padding=[1, 2], dilation=[2, 2], groups=2, "
          "bias=false, padding_mode=kReflect)");
    CHECK(printed(nn::Conv2d(nn::Conv2dOptions(1, 2, 3).padding(kSame))) ==
          "xgrad::nn::Conv2d(1, 2, kernel_size=[3, 3], stride=[1, 1], padding='same')");
    CHECK(printed(nn::Conv3d(nn::Conv3dOptions(1, 2, 3).padding(kValid))) ==
          "xgrad::nn::Conv3d(1, 2, kernel_size=[3, 3, 3], stride=[1, 1, 1], padding='valid')");
    CHECK(printed(nn::ConvTranspose1d(1, 2, 3)) == "xgrad::nn::ConvTranspose1d(1, 2, kernel_size=3, stride=1)");
    CHECK(printed(nn::ConvTranspose2d(
              nn::ConvTranspose2dOptions(4, 6, 3).stride(2).padding(1).output_padding(1).groups(2).dilation(2))) ==
          "xgrad::nn::ConvTranspose2d(4, 6, kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[2, 2], "
          "output_padding=[1, 1], groups=2)");
    CHECK(printed(nn::Fold(3, 2)) ==
          "xgrad::nn::Fold(output_size=[3, 3], kernel_size=[2, 2], dilation=[1, 1], padding=[0, 0], stride=[1, 1])");
    CHECK(printed(nn::Unfold(nn::UnfoldOptions({2, 3}))) ==
          "xgrad::nn::Unfold(kernel_size=[2, 3], dilation=[1, 1], padding=[0, 0], stride=[1, 1])");
}

// Drawn by libtorch 1.13 and printed with four digits.
TEST_CASE("parameters of convolutions are PyTorch's") {
    struct Drawn {
        Tensor found;
        std::vector<double> expected;
    };
    manual_seed(3);
    const nn::Conv2d conv(nn::Conv2dOptions(2, 4, {3, 2}).groups(2));
    manual_seed(4);
    const nn::ConvTranspose1d transposed(nn::ConvTranspose1dOptions(2, 4, 3).groups(2));
    manual_seed(5);
    const nn::Conv2d first(1, 6, 5);
    CHECK(conv->weight.sizes() == IntArrayRef({4, 1, 3, 2}));
    CHECK(transposed->weight.sizes() == IntArrayRef({2, 2, 3}));
    const Drawn cases[] = {
        {conv->weight,
         {-0.4048, -0.3221, -0.1749, -0.3862, -0.0232, -0.3592, 0.2220, 0.1990, 0.0771, 0.3167,  -0.0400, 0.2445,
          -0.2859, -0.0805, -0.3640, -0.0331, -0.2649, 0.3668,  0.2836, 0.3061, 0.1211, -0.2329, 0.3669,  -0.3984}},
        {conv->bias, {-0.2606, -0.2550, -0.1692, 0.0814}},
        {transposed->weight,
         {0.0487, 0.0482, -0.3336, -0.2368, -0.4024, -0.3764, 0.4024, 0.3373, 0.0968, 0.3873, -0.1479, -0.2328}},
        {transposed->bias, {0.3480, -0.0216, 0.0775, 0.2413}},
        {first->weight.flatten().slice(0, 0, 5), {0.1321, -0.1496, 0.1630, 0.1280, 0.1680}},
        {first->bias, {-0.1455, 0.0521, 0.0211, 0.0994, -0.0743, -0.1977}}};
    for (const Drawn& c : cases) CHECK(c.found.detach().flatten().allclose(tensor(c.expected, kFloat32), 0, 6e-5));
}

TEST_CASE("convolution layers compute what their functions do") {
    nn::Conv1d line(nn::Conv1dOptions(2, 4, 3).stride(2).padding(1).dilation(2).groups(2));
    const Tensor sequence = randn({3, 2, 9});
    CHECK(line(sequence).equal(conv1d(sequence, line->weight, line->bias, 2, 1, 2, 2)));
    nn::Conv2d image(nn::Conv2dOptions(3, 4, {3, 2}).padding({1, 0}).bias(false));
    const Tensor x = randn({2, 3, 6, 5});
    CHECK(!image->bias.defined());
    CHECK(image->parameters().size() == 1);
    CHECK(image(x).equal(conv2d(x, image->weight, {}, 1, {1, 0})));
    CHECK(image(x[0]).equal(image(x)[0]));
    nn::Conv3d volume(1, 2, 2);
    const Tensor v = randn({1, 1, 3, 4, 3});
    CHECK(volume(v).equal(conv3d(v, volume->weight, volume->bias)));
    nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(3, 2, 3).stride(2).padding(1));
    CHECK(up(x).equal(conv_transpose2d(x, up->weight, up->bias, 2, 1)));
    CHECK(up->forward(x, {12, 10}).equal(conv_transpose2d(x, up->weight, up->bias, 2, 1, 1)));
    CHECK(up->forward(x, {2, 2, 11, 10}).sizes() == IntArrayRef({2, 2, 11, 10}));
    CHECK_THROWS_AS(up->forward(x, {13, 10}), ValueError);
    CHECK_THROWS_AS(up->forward(x, {12}), ValueError);
    nn::ConvTranspose1d up_1(nn::ConvTranspose1dOptions(2, 1, 4).stride(3).dilation(2));
    CHECK(up_1(sequence).equal(conv_transpose1d(sequence, up_1->weight, up_1->bias, 3, 0, 0, 1, 2)));
    nn::ConvTranspose3d up_3(1, 2, 2);
    CHECK(up_3(v).equal(conv_transpose3d(v, up_3->weight, up_3->bias)));
    nn::Sequential both(nn::Conv2d(3, 2, 3), nn::ConvTranspose2d(2, 3, 3));
    CHECK(both->forward(x).sizes() == x.sizes());

    const auto copy = std::dynamic_pointer_cast<nn::Conv2dImpl>(image->clone());
    REQUIRE(copy);
    CHECK(copy->weight.equal(image->weight));
    copy->weight.detach().fill_(7);
    CHECK(!copy->weight.equal(image->weight));
}

TEST_CASE("padding modes of convolutions") {
    const Tensor x = randn({2, 1, 5, 6});
    for (const PaddingMode mode : {kReflect, kReplicate, kCircular}) {
        const auto o = nn::Conv2dOptions(1, 2, {3, 4}).padding_mode(mode);
        nn::Conv2d numbers(nn::Conv2dOptions(o).padding({1, 2})), same(nn::Conv2dOptions(o).padding(kSame)),
            none(nn::Conv2dOptions(o).padding(kValid));
        const auto padded = [&](const std::vector<std::int64_t>& pad) {
            return F::pad(x, F::PadFuncOptions(pad).mode(mode));
        };
        CHECK(numbers(x).equal(conv2d(padded({2, 2, 1, 1}), numbers->weight, numbers->bias)));
        CHECK(same(x).equal(conv2d(padded({1, 2, 1, 1}), same->weight, same->bias)));
        CHECK(same(x).sizes() == IntArrayRef({2, 2, 5, 6}));
        CHECK(none(x).equal(conv2d(x, none->weight, none->bias)));
    }
}

TEST_CASE("wrong options of convolutions are errors") {
    CHECK_THROWS_WITH_AS(nn::Conv2d(nn::Conv2dOptions(3, 4, 3).groups(2)),
                         doctest::Contains("in_channels must be divisible by groups"), ValueError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(nn::Conv2dOptions(4, 3, 3).groups(2)),
                         doctest::Contains("out_channels must be divisible by groups"), ValueError);
    CHECK_THROWS_AS(nn::Conv2d(nn::Conv2dOptions(4, 3, 3).groups(0)), ValueError);
    CHECK_THROWS_WITH_AS(nn::Conv1d(nn::Conv1dOptions(1, 1, 3).stride(2).padding(kSame)),
                         doctest::Contains("padding='same' is not supported for strided convolutions"), ValueError);
    CHECK_THROWS_WITH_AS(nn::ConvTranspose1d(nn::ConvTranspose1dOptions(1, 1, 3).padding_mode(kReflect)),
                         doctest::Contains("Only \"zeros\" padding mode is supported"), ValueError);
    nn::Module task("task");
    nn::Conv2d conv(1, 2, 3);
    task.register_module("conv", conv);
    CHECK_THROWS_WITH_AS(conv(zeros({1, 3, 5, 5})), doctest::Contains("(in module task.conv)"), ShapeError);
}

TEST_CASE("Fold and Unfold") {
    const Tensor x = randn({2, 3, 5, 6});
    nn::Unfold unfold(nn::UnfoldOptions({2, 3}).padding(1).stride({1, 2}));
    nn::Fold fold(nn::FoldOptions({5, 6}, {2, 3}).padding(1).stride({1, 2}));
    const Tensor columns = unfold(x);
    CHECK(columns.equal(im2col(x, {2, 3}, 1, 1, {1, 2})));
    CHECK(fold(columns).equal(col2im(columns, {5, 6}, {2, 3}, 1, 1, {1, 2})));
    // A convolution is the product of its weight with the columns.
    const Tensor w = randn({4, 3, 2, 3});
    CHECK(w.view({4, 18}).matmul(columns).allclose(conv2d(x, w, {}, {1, 2}, 1).flatten(2), 1e-4, 1e-5));
}
