#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/pooling.h>
#include <xgrad/nn/pooling.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

// As libtorch 1.13 prints them.
TEST_CASE("pooling layers print as libtorch's") {
    CHECK(printed(nn::MaxPool1d(3)) ==
          "xgrad::nn::MaxPool1d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=false)");
    CHECK(printed(nn::MaxPool2d(nn::MaxPool2dOptions({3, 2}).stride(2).padding(1).dilation(2).ceil_mode(true))) ==
          "xgrad::nn::MaxPool2d(kernel_size=[3, 2], stride=[2, 2], padding=[1, 1], dilation=[2, 2], ceil_mode=true)");
    CHECK(printed(nn::MaxPool3d(3)) ==
          "xgrad::nn::MaxPool3d(kernel_size=[3, 3, 3], stride=[3, 3, 3], padding=[0, 0, 0], dilation=[1, 1, 1], "
          "ceil_mode=false)");
    CHECK(printed(nn::AvgPool1d(3)) == "xgrad::nn::AvgPool1d(kernel_size=3, stride=3, padding=0)");
    CHECK(printed(nn::AvgPool2d(nn::AvgPool2dOptions({3, 2}).stride(2).padding(1).ceil_mode(true).divisor_override(
              3))) == "xgrad::nn::AvgPool2d(kernel_size=[3, 2], stride=[2, 2], padding=[1, 1])");
    CHECK(printed(nn::AvgPool3d(3)) ==
          "xgrad::nn::AvgPool3d(kernel_size=[3, 3, 3], stride=[3, 3, 3], padding=[0, 0, 0])");
    CHECK(printed(nn::AdaptiveMaxPool1d(3)) == "xgrad::nn::AdaptiveMaxPool1d(output_size=3)");
    CHECK(printed(nn::AdaptiveMaxPool2d(nn::AdaptiveMaxPool2dOptions({3, std::nullopt}))) ==
          "xgrad::nn::AdaptiveMaxPool2d(output_size=[3, None])");
    CHECK(printed(nn::AdaptiveMaxPool3d(3)) == "xgrad::nn::AdaptiveMaxPool3d(output_size=[3, 3, 3])");
    CHECK(printed(nn::AdaptiveAvgPool1d(3)) == "xgrad::nn::AdaptiveAvgPool1d(output_size=3)");
    CHECK(printed(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({3, std::nullopt}))) ==
          "xgrad::nn::AdaptiveAvgPool2d(output_size=[3, None])");
    CHECK(printed(nn::AdaptiveAvgPool3d(nn::AdaptiveAvgPool3dOptions(3))) ==
          "xgrad::nn::AdaptiveAvgPool3d(output_size=[3, 3, 3])");
    CHECK(printed(nn::MaxUnpool1d(3)) == "xgrad::nn::MaxUnpool1d(kernel_size=3, stride=3, padding=0)");
    CHECK(printed(nn::MaxUnpool2d(nn::MaxUnpool2dOptions({3, 2}).stride(2).padding(1))) ==
          "xgrad::nn::MaxUnpool2d(kernel_size=[3, 2], stride=[2, 2], padding=[1, 1])");
    CHECK(printed(nn::MaxUnpool3d(2)) ==
          "xgrad::nn::MaxUnpool3d(kernel_size=[2, 2, 2], stride=[2, 2, 2], padding=[0, 0, 0])");
    CHECK(printed(nn::LPPool1d(2, 3)) == "xgrad::nn::LPPool1d(norm_type=2, kernel_size=3, stride=3, ceil_mode=false)");
    CHECK(printed(nn::LPPool2d(nn::LPPool2dOptions(1.5, {3, 2}).stride(2).ceil_mode(true))) ==
          "xgrad::nn::LPPool2d(norm_type=1.5, kernel_size=[3, 2], stride=[2, 2], ceil_mode=true)");
}

TEST_CASE("pooling layers compute what their functions do") {
    const Tensor line = randn({2, 3, 8}), image = randn({2, 3, 6, 8}), volume = randn({1, 2, 4, 4, 6});
    nn::MaxPool1d max_1(3);
    nn::MaxPool2d max_2(nn::MaxPool2dOptions(3).stride(2).padding(1));
    nn::MaxPool3d max_3(2);
    CHECK(max_1(line).equal(max_pool1d(line, 3)));
    CHECK(max_2(image).equal(max_pool2d(image, 3, 2, 1)));
    CHECK(max_3(volume).equal(max_pool3d(volume, 2)));
    CHECK(std::get<1>(max_1->forward_with_indices(line)).equal(std::get<1>(max_pool1d_with_indices(line, 3))));
    CHECK(std::get<1>(max_3->forward_with_indices(volume)).equal(std::get<1>(max_pool3d_with_indices(volume, 2))));
    CHECK(nn::AvgPool1d(3)(line).equal(avg_pool1d(line, 3)));
    nn::AvgPool2d mean_2(nn::AvgPool2dOptions(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false));
    CHECK(mean_2(image).equal(avg_pool2d(image, 3, 2, 1, true, false)));
    CHECK(nn::AvgPool2d(nn::AvgPool2dOptions(2).divisor_override(3))(image).equal(
        avg_pool2d(image, 2, {}, 0, false, true, 3)));
    CHECK(nn::AvgPool3d(2)(volume).equal(avg_pool3d(volume, 2)));

    CHECK(nn::AdaptiveMaxPool1d(3)(line).equal(std::get<0>(adaptive_max_pool1d(line, 3))));
    nn::AdaptiveMaxPool2d largest(nn::AdaptiveMaxPool2dOptions({std::nullopt, 3}));
    CHECK(largest(image).equal(std::get<0>(adaptive_max_pool2d(image, {6, 3}))));
    CHECK(std::get<1>(largest->forward_with_indices(image)).equal(std::get<1>(adaptive_max_pool2d(image, {6, 3}))));
    CHECK(nn::AdaptiveMaxPool3d(2)(volume).equal(std::get<0>(adaptive_max_pool3d(volume, 2))));
    CHECK(nn::AdaptiveAvgPool1d(3)(line).equal(adaptive_avg_pool1d(line, 3)));
    CHECK(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({4, 5}))(image).equal(adaptive_avg_pool2d(image, {4, 5})));
    CHECK(nn::AdaptiveAvgPool3d(2)(volume).equal(adaptive_avg_pool3d(volume, 2)));

    CHECK(nn::LPPool1d(2, 3)(line).equal(F::lp_pool1d(line, F::LPPool1dFuncOptions(2, 3))));
    CHECK(nn::LPPool2d(2, 3)(image).equal(F::lp_pool2d(image, F::LPPool2dFuncOptions(2, 3))));
    nn::Sequential both(nn::MaxPool2d(2), nn::AdaptiveAvgPool2d(1));
    CHECK(both->forward(image).sizes() == IntArrayRef({2, 3, 1, 1}));
}

TEST_CASE("unpooling puts back what pooling took") {
    const Tensor line = rand({2, 3, 7}), image = rand({2, 3, 6, 8}), volume = rand({1, 2, 4, 4, 6});
    nn::MaxPool2d pool(2);
    nn::MaxUnpool2d unpool(2);
    const auto [y, places] = pool->forward_with_indices(image);
    const Tensor back = unpool(y, places);
    CHECK(back.sizes() == image.sizes());
    CHECK(pool(back).equal(y));
    CHECK(back.ne(0).sum().item<std::int64_t>() == y.numel());
    const auto [y1, places1] = nn::MaxPool1d(2)->forward_with_indices(line);
    CHECK(nn::MaxUnpool1d(2)(y1, places1, std::vector<std::int64_t>{7}).sizes() == line.sizes());
    const auto [y3, places3] = nn::MaxPool3d(2)->forward_with_indices(volume);
    CHECK(nn::MaxUnpool3d(2)(y3, places3).sizes() == volume.sizes());
    CHECK_THROWS_AS(unpool(y, places, std::vector<std::int64_t>{9, 9}), ValueError);
}
