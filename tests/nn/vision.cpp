#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/distance.h>
#include <xgrad/nn/functional.h>
#include <xgrad/nn/normalization.h>
#include <xgrad/nn/upsampling.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("modules of pictures and distances print as libtorch's") {
    CHECK(printed(nn::Upsample(nn::UpsampleOptions().size({{4, 5}}).mode(kBicubic))) ==
          "xgrad::nn::Upsample(size=[4, 5], mode=kBicubic)");
    CHECK(printed(nn::Upsample(nn::UpsampleOptions().scale_factor({{2, 1.5}}))) ==
          "xgrad::nn::Upsample(scale_factor=[2, 1.5], mode=kNearest)");
    CHECK(printed(nn::Upsample(nn::UpsampleOptions().size({{4}}).mode(kLinear))) ==
          "xgrad::nn::Upsample(size=[4], mode=kLinear)");
    CHECK(printed(nn::CosineSimilarity(nn::CosineSimilarityOptions().dim(0).eps(0.5))) ==
          "xgrad::nn::CosineSimilarity(dim=0, eps=0.5)");
    CHECK(printed(nn::PairwiseDistance()) == "xgrad::nn::PairwiseDistance(p=2, eps=1e-06, keepdim=false)");
    CHECK(printed(nn::LocalResponseNorm(4)) == "xgrad::nn::LocalResponseNorm(4, alpha=0.0001, beta=0.75, k=1)");
    CHECK(printed(nn::CrossMapLRN2d(4)) == "xgrad::nn::CrossMapLRN2d(4, alpha=0.0001, beta=0.75, k=1)");
    CHECK(printed(nn::RMSNorm(std::vector<std::int64_t>{4})) ==
          "xgrad::nn::RMSNorm([4], eps=None, elementwise_affine=true)");
}

TEST_CASE("modules of pictures and distances compute what the functions do") {
    const Tensor x = randn({2, 3, 4, 5}, Generator(1)), y = randn({2, 3, 4, 5}, Generator(2));
    nn::Upsample up(nn::UpsampleOptions().scale_factor({{2.0, 3.0}}).mode(kBilinear).align_corners(true));
    CHECK(up(x).equal(upsample_bilinear2d(x, {8, 15}, true, 2, 3)));
    CHECK(F::interpolate(x, F::InterpolateFuncOptions().size({{2, 2}}).mode(kArea)).sizes() ==
          IntArrayRef({2, 3, 2, 2}));
    CHECK(nn::CosineSimilarity()(x, y).equal(cosine_similarity(x, y)));
    CHECK(nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1).keepdim(true))(x, y).equal(
        pairwise_distance(x, y, 1, 1e-6, true)));
    CHECK(F::pdist(x[0][0]).equal(pdist(x[0][0])));
    CHECK(nn::LocalResponseNorm(3)(x).equal(F::local_response_norm(x, 3)));
    CHECK(nn::RMSNorm(std::vector<std::int64_t>{5})(x).equal(rms_norm(x, {5})));
    CHECK(F::rms_norm(x, F::RMSNormFuncOptions({5}).eps(0.1)).equal(rms_norm(x, {5}, {}, 0.1)));
    Tensor out = empty_like(x);
    CHECK(F::normalize(x, F::NormalizeFuncOptions().dim(-1).out(out)).is_same(out));
    CHECK(out.norm(2, {-1}).allclose(ones({2, 3, 4})));
}

TEST_CASE("an identity grid samples the picture itself") {
    const Tensor x = randn({2, 3, 4, 5}, Generator(1));
    const Tensor theta = tensor({{1., 0., 0.}, {0., 1., 0.}}).to(kFloat32).expand({2, 2, 3});
    for (const bool align : {false, true}) {
        const Tensor grid = F::affine_grid(theta, x.sizes(), align);
        for (const auto mode : {kBilinear, kNearest, kBicubic})
            CHECK(F::grid_sample(x, grid, F::GridSampleFuncOptions().mode(mode).align_corners(align))
                      .allclose(x, 1e-4, 1e-5));
    }
}

TEST_CASE("errors of resizing") {
    const Tensor x = ones({1, 2, 4, 4});
    const auto options = F::InterpolateFuncOptions();
    using Options = F::InterpolateFuncOptions;
    CHECK_THROWS_AS(F::interpolate(x, options), ValueError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).size({{2, 2}}).scale_factor({{2.0, 2.0}})), ValueError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).size({{2}})), ShapeError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).scale_factor({{2.0}})), ShapeError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).size({{2, 2}}).align_corners(true)), ValueError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).size({{2, 2}}).mode(kLinear)), ShapeError);
    CHECK_THROWS_AS(F::interpolate(x, Options(options).size({{2, 2}}).antialias(true)), ValueError);
    CHECK_THROWS_AS(F::interpolate(ones({2, 2}), Options(options).size({{2}})), ShapeError);
    CHECK_THROWS_AS(nn::ResizeMode{kTanh}, ValueError);
    CHECK_THROWS_AS(F::GridPaddingMode{kReflect}, ValueError);
    CHECK_THROWS_AS(F::grid_sample(x, zeros({1, 2, 2, 2}), F::GridSampleFuncOptions().mode(kArea)), ValueError);
    CHECK_THROWS_AS(F::local_response_norm(ones({2, 2}), 3), ShapeError);
    CHECK_THROWS_AS(nn::CrossMapLRN2d(3)(ones({2, 2, 2})), ShapeError);
}
