#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/batchnorm.h>
#include <xgrad/nn/functional/batchnorm.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/sequential.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace {

/// The message of the error that f throws.
template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("batch and instance normalisation print as libtorch's") {
    CHECK(printed(nn::BatchNorm1d(nn::BatchNorm1dOptions(4).eps(0.5).momentum(0.1).affine(false).track_running_stats(
              true))) == "xgrad::nn::BatchNorm1d(4, eps=0.5, momentum=0.1, affine=false, track_running_stats=true)");
    CHECK(printed(nn::BatchNorm2d(64)) ==
          "xgrad::nn::BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)");
    CHECK(printed(nn::BatchNorm3d(nn::BatchNormOptions(2).momentum(std::nullopt))) ==
          "xgrad::nn::BatchNorm3d(2, eps=1e-05, momentum=None, affine=true, track_running_stats=true)");
    CHECK(printed(nn::InstanceNorm1d(4)) ==
          "xgrad::nn::InstanceNorm1d(4, eps=1e-05, momentum=0.1, affine=false, track_running_stats=false)");
    CHECK(printed(nn::InstanceNorm3d(nn::InstanceNormOptions(4).affine(true))) ==
          "xgrad::nn::InstanceNorm3d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=false)");
}

TEST_CASE("BatchNorm learns in training and uses what it learnt in evaluation") {
    nn::BatchNorm1d norm(3);
    CHECK(norm->named_parameters().keys() == std::vector<std::string>{"weight", "bias"});
    CHECK(norm->named_buffers().keys() ==
          std::vector<std::string>{"running_mean", "running_var", "num_batches_tracked"});
    CHECK(norm->weight.detach().equal(ones({3})));
    const Tensor x = randn({8, 3}, Generator(1)) * 2.0 + 1.0, z = randn({5, 3, 4}, Generator(2));
    const Tensor mean = zeros({3}), var = ones({3});
    const auto options = F::BatchNormFuncOptions().weight(norm->weight).bias(norm->bias).training(true);
    for (const Tensor& input : {x, z}) {
        CHECK(norm(input).equal(F::batch_norm(input, mean, var, options)));
        CHECK(norm->running_mean.equal(mean));
        CHECK(norm->running_var.equal(var));
    }
    CHECK(norm->num_batches_tracked.item<std::int64_t>() == 2);
    norm->eval();
    CHECK(norm(x).equal(F::batch_norm(x, mean, var, F::BatchNormFuncOptions(options).training(false))));
    CHECK(norm->num_batches_tracked.item<std::int64_t>() == 2);
    CHECK(norm->running_mean.equal(mean));
    norm->reset_parameters();
    CHECK(norm->running_mean.equal(zeros({3})));
    CHECK(norm->num_batches_tracked.item<std::int64_t>() == 0);
}

TEST_CASE("BatchNorm without a momentum averages over all batches") {
    nn::BatchNorm2d norm(nn::BatchNorm2dOptions(2).momentum(std::nullopt).affine(false));
    Tensor sum = zeros({2});
    for (std::uint64_t i = 1; i < 4; ++i) {
        const Tensor x = randn({3, 2, 2, 2}, Generator(i));
        norm(x);
        sum = sum + x.mean({0, 2, 3});
        CHECK(norm->running_mean.allclose(sum / static_cast<double>(i), 1e-5, 1e-6));
    }
    CHECK(norm->parameters().empty());
}

TEST_CASE("BatchNorm without running statistics") {
    nn::BatchNorm1d norm(nn::BatchNorm1dOptions(2).track_running_stats(false));
    CHECK(norm->buffers().empty());
    const Tensor x = randn({6, 2}, Generator(1)), trained = norm(x);
    norm->eval();
    CHECK(norm(x).equal(trained));
}

TEST_CASE("clones of BatchNorm learn by themselves, and conversion keeps the count") {
    nn::BatchNorm1d norm(2);
    norm(randn({4, 2}));
    const auto copy = std::dynamic_pointer_cast<nn::BatchNorm1dImpl>(norm->clone());
    REQUIRE(copy);
    CHECK(copy->running_mean.equal(norm->running_mean));
    CHECK(copy->num_batches_tracked.item<std::int64_t>() == 1);
    const Tensor before = norm->running_mean.clone();
    copy->forward(randn({4, 2}) + 5.0);
    CHECK(norm->running_mean.equal(before));
    norm->to(kFloat64);
    CHECK(norm->running_mean.dtype() == kFloat64);
    CHECK(norm->num_batches_tracked.dtype() == kInt64);
    CHECK(norm(randn({4, 2}, kFloat64)).dtype() == kFloat64);
}

TEST_CASE("InstanceNorm") {
    nn::InstanceNorm2d norm(nn::InstanceNorm2dOptions(3).affine(true).track_running_stats(true));
    const Tensor x = randn({2, 3, 4, 5}, Generator(1));
    const Tensor y = norm(x);
    for (std::int64_t n = 0; n < 2; ++n) {
        const Tensor alone = F::batch_norm(x.narrow(0, n, 1), {}, {}, F::BatchNormFuncOptions().training(true));
        CHECK(y.narrow(0, n, 1).allclose(alone, 1e-5, 1e-6));
    }
    CHECK(norm->running_mean.allclose(x.mean({0, 2, 3}) * 0.1, 1e-5, 1e-6));
    norm->eval();
    CHECK(!norm(x).allclose(y));
    CHECK(norm(x[0]).allclose(norm(x)[0], 1e-5, 1e-6));
    CHECK(nn::InstanceNorm1d(3)(x[0][0].unsqueeze(0).expand({3, 4, 5}).select(1, 0)).sizes() == IntArrayRef({3, 5}));
}

TEST_CASE("errors of batch and instance normalisation") {
    const Tensor x = ones({2, 3});
    CHECK(message_of([&] {
              nn::BatchNorm2d norm(3);
              norm(x);
          }).find("expected 4D input (got 2D input)") != std::string::npos);
    CHECK(message_of([&] {
              nn::BatchNorm1d norm(3);
              norm(ones({1, 3, 2, 2}));
          }).find("expected 2D or 3D input (got 4D input)") != std::string::npos);
    CHECK(message_of([&] {
              nn::BatchNorm3d norm(3);
              norm(x);
          }).find("expected 5D input (got 2D input)") != std::string::npos);
    CHECK(message_of([&] {
              nn::InstanceNorm2d norm(3);
              norm(x);
          }).find("expected 3D or 4D input (got 2D input)") != std::string::npos);
    CHECK(message_of([&] {
              nn::BatchNorm1d norm(4);
              norm(x);
          }).find("running_mean should contain 4 elements") == std::string::npos);
    nn::BatchNorm1d norm(3);
    CHECK(message_of([&] {
              norm(ones({1, 3}));
          }).find("Expected more than 1 value per channel when training, got input size [1, 3]") != std::string::npos);
    CHECK(norm->num_batches_tracked.item<std::int64_t>() == 0);
    CHECK(norm->running_mean.equal(zeros({3})));
    norm->eval();
    CHECK(norm(ones({1, 3})).sizes() == IntArrayRef({1, 3}));
    CHECK_THROWS_AS(F::batch_norm(x, {}, {}, F::BatchNormFuncOptions().momentum(std::nullopt).training(true)),
                    ValueError);
}
