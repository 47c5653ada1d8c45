#include <doctest/doctest.h>

#include <string>
#include <utility>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/loss.h>
#include <xgrad/nn/loss.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("loss modules print as libtorch's") {
    const std::pair<std::string, std::string> cases[] = {
        {printed(nn::L1Loss()), "L1Loss()"},
        {printed(nn::MSELoss()), "MSELoss()"},
        {printed(nn::SmoothL1Loss()), "SmoothL1Loss"},
        {printed(nn::HuberLoss()), "HuberLoss"},
        {printed(nn::GaussianNLLLoss()), "GaussianNLLLoss()"},
        {printed(nn::CrossEntropyLoss()), "CrossEntropyLoss()"},
        {printed(nn::NLLLoss()), "NLLLoss()"},
        {printed(nn::MultiMarginLoss(nn::MultiMarginLossOptions().margin(2))),
         "MultiMarginLoss(p=1, margin=2, weight=[ Tensor (undefined) ], reduction=kMean)"},
        {printed(nn::MultiLabelMarginLoss()), "MultiLabelMarginLoss()"},
        {printed(nn::MultiLabelSoftMarginLoss()), "MultiLabelSoftMarginLoss()"},
        {printed(nn::CTCLoss()), "CTCLoss()"},
        {printed(nn::BCELoss()), "BCELoss()"},
        {printed(nn::BCEWithLogitsLoss()), "BCEWithLogitsLoss()"},
        {printed(nn::KLDivLoss()), "KLDivLoss()"},
        {printed(nn::PoissonNLLLoss()), "PoissonNLLLoss()"},
        {printed(nn::SoftMarginLoss()), "SoftMarginLoss()"},
        {printed(nn::HingeEmbeddingLoss(nn::HingeEmbeddingLossOptions().margin(4))), "HingeEmbeddingLoss(margin=4)"},
        {printed(nn::MarginRankingLoss()), "MarginRankingLoss()"},
        {printed(nn::CosineEmbeddingLoss(nn::CosineEmbeddingLossOptions().margin(0.25))),
         "CosineEmbeddingLoss(margin=0.25)"},
        {printed(nn::TripletMarginLoss(nn::TripletMarginLossOptions().margin(3).p(2).eps(1e-6).swap(false))),
         "TripletMarginLoss(margin=3, p=2, eps=1e-06, swap=false)"},
        {printed(nn::TripletMarginWithDistanceLoss()), "TripletMarginWithDistanceLoss(margin=1, swap=false)"},
    };
    for (const auto& [found, expected] : cases) CHECK(found == "xgrad::nn::" + expected);
}

TEST_CASE("loss modules hand their options to the functions") {
    const Tensor logits = randn({4, 3}), classes = tensor({0, 2, 1, 2}), weight = tensor({0.5, 2.0, 1.0});
    const Tensor p = rand({4, 3}) * 0.9 + 0.05, t = rand({4, 3}), signs = where(t > 0.5, 1.0, -1.0);
    const Tensor labels = tensor({{0, -1, 0}, {2, 1, -1}, {0, 1, 2}, {-1, 0, 0}});
    const Tensor sequence = randn({5, 2, 3}).log_softmax(2), times = tensor({5, 4}), lengths = tensor({2, 1});
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
        CHECK(equal(nn::L1Loss(reduction)(p, t), F::l1_loss(p, t, reduction)));
        const auto smooth = nn::SmoothL1LossOptions(reduction).beta(0.25);
        CHECK(equal(nn::SmoothL1Loss(smooth)(p, t), F::smooth_l1_loss(p, t, reduction, 0.25)));
        const auto huber = nn::HuberLossOptions(reduction).delta(0.25);
        CHECK(equal(nn::HuberLoss(huber)(p, t), F::huber_loss(p, t, huber)));
        CHECK(equal(nn::HuberLoss(huber)(p, t) * 4.0, F::smooth_l1_loss(p, t, reduction, 0.25)));
        const auto gaussian = nn::GaussianNLLLossOptions().full(true).eps(0.4).reduction(reduction);
        CHECK(equal(nn::GaussianNLLLoss(gaussian)(logits, t, p), F::gaussian_nll_loss(logits, t, p, gaussian)));
        const auto multi = nn::MultiMarginLossOptions().p(2).margin(0.5).weight(weight).reduction(reduction);
        CHECK(equal(nn::MultiMarginLoss(multi)(logits, classes), F::multi_margin_loss(logits, classes, multi)));
        CHECK(equal(nn::MultiLabelMarginLoss(reduction)(logits, labels),
                    F::multilabel_margin_loss(logits, labels, reduction)));
        const auto soft = nn::MultiLabelSoftMarginLossOptions().weight(weight).reduction(reduction);
        CHECK(equal(nn::MultiLabelSoftMarginLoss(soft)(logits, t), F::multilabel_soft_margin_loss(logits, t, soft)));
        const auto ctc = nn::CTCLossOptions().blank(2).zero_infinity(true).reduction(reduction);
        CHECK(equal(nn::CTCLoss(ctc)(sequence, tensor({0, 1, 0}), times, lengths),
                    F::ctc_loss(sequence, tensor({0, 1, 0}), times, lengths, ctc)));
        const auto kl = nn::KLDivLossOptions(reduction).log_target(true);
        CHECK(equal(nn::KLDivLoss(kl)(p, t), F::kl_div(p, t, kl)));
        const auto poisson = nn::PoissonNLLLossOptions().log_input(false).full(true).eps(0.1).reduction(reduction);
        CHECK(equal(nn::PoissonNLLLoss(poisson)(p, t), F::poisson_nll_loss(p, t, poisson)));
        CHECK(equal(nn::SoftMarginLoss(reduction)(logits, signs), F::soft_margin_loss(logits, signs, reduction)));
        const auto hinge = nn::HingeEmbeddingLossOptions().margin(0.5).reduction(reduction);
        CHECK(equal(nn::HingeEmbeddingLoss(hinge)(p, signs), F::hinge_embedding_loss(p, signs, hinge)));
        const auto ranking = nn::MarginRankingLossOptions().margin(0.5).reduction(reduction);
        CHECK(equal(nn::MarginRankingLoss(ranking)(p, t, signs), F::margin_ranking_loss(p, t, signs, ranking)));
        const auto cosine = nn::CosineEmbeddingLossOptions().margin(0.5).reduction(reduction);
        CHECK(equal(nn::CosineEmbeddingLoss(cosine)(p, t, tensor({1, -1, 1, -1})),
                    F::cosine_embedding_loss(p, t, tensor({1, -1, 1, -1}), cosine)));
        const auto triplet = nn::TripletMarginLossOptions().margin(0.5).p(1).eps(0.1).swap(true).reduction(reduction);
        CHECK(equal(nn::TripletMarginLoss(triplet)(p, t, logits), F::triplet_margin_loss(p, t, logits, triplet)));
        const auto distance = [](const Tensor& a, const Tensor& b) { return (a - b).abs().sum(1); };
        const auto other = nn::TripletMarginWithDistanceLossOptions().distance_function(distance).reduction(reduction);
        CHECK(equal(nn::TripletMarginWithDistanceLoss(other)(p, t, logits),
                    F::triplet_margin_with_distance_loss(p, t, logits, other)));
    }
    CHECK(allclose(nn::KLDivLoss(kBatchMean)(p, t), nn::KLDivLoss(kSum)(p, t) / 4));
    CHECK(allclose(nn::KLDivLoss(nn::KLDivLossOptions().reduction(kBatchMean))(p, t), nn::KLDivLoss()(p, t) * 3));
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

TEST_CASE("bad options of losses") {
    CHECK_THROWS_AS(nn::MultiMarginLoss(nn::MultiMarginLossOptions().p(3)), ValueError);
    CHECK_THROWS_AS(nn::MultiMarginLoss(nn::MultiMarginLossOptions().weight(ones({2, 2}))), ShapeError);
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
