#include <doctest/doctest.h>

#include <string>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/loss.h>
#include <xgrad/nn/loss.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("loss modules print as libtorch's") {
    CHECK(printed(nn::CrossEntropyLoss()) == "xgrad::nn::CrossEntropyLoss()");
    CHECK(printed(nn::NLLLoss()) == "xgrad::nn::NLLLoss()");
    CHECK(printed(nn::BCELoss()) == "xgrad::nn::BCELoss()");
    CHECK(printed(nn::BCEWithLogitsLoss()) == "xgrad::nn::BCEWithLogitsLoss()");
    CHECK(printed(nn::MSELoss()) == "xgrad::nn::MSELoss()");
}

TEST_CASE("loss modules hand their options to the functions") {
    const Tensor logits = randn({4, 3}), classes = tensor({0, 2, 1, 2}), weight = tensor({0.5, 2.0, 1.0});
    const Tensor p = rand({4, 3}) * 0.9 + 0.05, t = rand({4, 3});
    for (const Reduction reduction : {kMean, kSum, kNone}) {
        const auto ce =
            nn::CrossEntropyLossOptions().weight(weight).reduction(reduction).ignore_index(1).label_smoothing(0.1);
        CHECK(equal(nn::CrossEntropyLoss(ce)(logits, classes), F::cross_entropy(logits, classes, ce)));
        const auto nll = nn::NLLLossOptions().weight(weight).reduction(reduction).ignore_index(2);
        CHECK(equal(nn::NLLLoss(nll)(logits, classes), F::nll_loss(logits, classes, nll)));
        const auto bce = nn::BCELossOptions().weight(weight).reduction(reduction);
        CHECK(equal(nn::BCELoss(bce)(p, t), F::binary_cross_entropy(p, t, bce)));
        const auto with_logits = nn::BCEWithLogitsLossOptions().weight(weight).pos_weight(weight).reduction(reduction);
        CHECK(equal(nn::BCEWithLogitsLoss(with_logits)(logits, t),
                    F::binary_cross_entropy_with_logits(logits, t, with_logits)));
        CHECK(equal(nn::MSELoss(reduction)(p, t), F::mse_loss(p, t, reduction)));
    }
    CHECK(allclose(nn::CrossEntropyLoss()(logits, classes), nn::NLLLoss()(log_softmax(logits, 1), classes)));
    CHECK(allclose(nn::BCEWithLogitsLoss()(logits, t), nn::BCELoss()(sigmoid(logits), t)));
}

TEST_CASE("weights are buffers of the module's own") {
    const Tensor weight = tensor({0.5, 2.0, 1.0});
    nn::CrossEntropyLoss loss(nn::CrossEntropyLossOptions().weight(weight));
    CHECK(loss->named_buffers().keys() == std::vector<std::string>{"weight"});
    CHECK(nn::CrossEntropyLoss()->buffers().empty());
    CHECK(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLossOptions().pos_weight(weight))->named_buffers().keys() ==
          std::vector<std::string>{"pos_weight"});
    const auto copy = std::dynamic_pointer_cast<nn::CrossEntropyLossImpl>(loss->clone());
    REQUIRE(copy);
    CHECK(equal(copy->weight, weight));
    CHECK_FALSE(copy->weight.is_alias_of(loss->weight));
    loss->to(kFloat64);
    CHECK(weight.dtype() == kFloat32);
    CHECK(loss(randn({2, 3}, kFloat64), tensor({0, 1})).dtype() == kFloat64);
}

TEST_CASE("errors of losses name the module") {
    nn::Module task("task");
    nn::MSELoss loss;
    task.register_module("loss", loss);
    std::string message;
    try {
        loss(ones({2}), ones({3}));
    } catch (const ShapeError& error) {
        message = error.what();
    }
    CHECK(message.ends_with(" (in module task.loss)"));
}
