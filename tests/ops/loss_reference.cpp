#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/loss.h>

#include "reference.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace {

using Reductions = std::vector<std::pair<std::string, Reduction>>;
const Reductions kAll = {{"none", kNone}, {"mean", kMean}, {"sum", kSum}}, kNoSum = {kAll[0], kAll[1]},
                 kNoneOnly = {kAll[0]}, kMeanOnly = {kAll[1]};

// PyTorch 1.13 rounds its constant 1e-12 to single precision.
constexpr double kSingleEpsilon = 1e-8;

class Cases {
  public:
    /// A function of the inputs.
    template <class F>
    void one(const std::string& name, F loss, double rtol = 1e-12) {
        all.push_back({name, [=](const TensorList& x) { return TensorList{loss(x)}; }, rtol});
    }
    /// A function of the inputs and the reduction.
    template <class F>
    void each(const Reductions& reductions, const std::string& name, F loss) {
        for (const auto& [suffix, reduction] : reductions)
            one(name + ", " + suffix, [=, r = reduction](const TensorList& x) { return loss(x, r); });
    }

    std::vector<reference::Case> all;
};

void add_regression(Cases& cases) {
    using Loss = Tensor (*)(const Tensor& x, const Tensor& t, Reduction r);
    const std::pair<std::string, Loss> losses[] = {
        {"l1", [](const Tensor& x, const Tensor& t, Reduction r) { return F::l1_loss(x, t, r); }},
        {"mse", [](const Tensor& x, const Tensor& t, Reduction r) { return F::mse_loss(x, t, r); }},
        {"smooth l1", [](const Tensor& x, const Tensor& t, Reduction r) { return F::smooth_l1_loss(x, t, r); }},
        {"smooth l1 beta 0.5",
         [](const Tensor& x, const Tensor& t, Reduction r) {
             return F::smooth_l1_loss(x, t, F::SmoothL1LossFuncOptions(r).beta(0.5));
         }},
        {"smooth l1 beta 0",
         [](const Tensor& x, const Tensor& t, Reduction r) { return F::smooth_l1_loss(x, t, r, 0); }},
        {"huber", [](const Tensor& x, const Tensor& t, Reduction r) { return F::huber_loss(x, t, r); }},
        {"huber delta 0.5", [](const Tensor& x, const Tensor& t,
                               Reduction r) { return F::huber_loss(x, t, F::HuberLossFuncOptions(r).delta(0.5)); }},
    };
    for (const auto& [name, loss] : losses) {
        const auto call = [f = loss](const TensorList& x, Reduction r) { return f(x[0], x[1], r); };
        cases.each(kAll, name, call);
        for (const char* what : {" broadcast", " kinks"})
            cases.one(name + what, [=](const TensorList& x) { return call(x, kNone); });
        cases.one(name + " empty", [=](const TensorList& x) { return call(x, kSum); });
    }
    for (const bool full : {false, true})
        for (const std::string variance : {"", " for rows", " of size 1"})
            cases.each(variance.empty() ? kAll : kNoneOnly, "gaussian nll variance" + variance + (full ? " full" : ""),
                       [=](const TensorList& x, Reduction r) {
                           const auto options = F::GaussianNLLLossFuncOptions().full(full).reduction(r);
                           return F::gaussian_nll_loss(x[0], x[1], x[2], options);
                       });
    cases.one("gaussian nll small variance", [](const TensorList& x) {
        const auto options = F::GaussianNLLLossFuncOptions().eps(0.5).reduction(kNone);
        return F::gaussian_nll_loss(x[0], x[1], x[2], options);
    });
}

void add_probabilities(Cases& cases) {
    const auto bce = [](const TensorList& x, Reduction r) {
        const auto options = F::BinaryCrossEntropyFuncOptions().reduction(r);
        return F::binary_cross_entropy(
            x[0], x[1], x.size() > 2 ? F::BinaryCrossEntropyFuncOptions(options).weight(x[2].detach()) : options);
    };
    for (const char* name : {"bce", "bce soft targets", "bce weighted"}) cases.each(kAll, name, bce);
    cases.one(
        "bce limits",
        [=](const TensorList& x) {
            return bce({x[0], x[1].detach()}, kNone);
        },
        kSingleEpsilon);
    using Logits = F::BinaryCrossEntropyWithLogitsFuncOptions;
    const auto with_logits = [&](const std::string& name, int weight, int positive) {
        cases.each(kAll, "bce with logits" + name, [=](const TensorList& x, Reduction r) {
            const auto at = [&](int i) { return i > 0 ? x[static_cast<std::size_t>(i)].detach() : Tensor(); };
            return F::binary_cross_entropy_with_logits(
                x[0], x[1], Logits().reduction(r).weight(at(weight)).pos_weight(at(positive)));
        });
    };
    with_logits("", 0, 0);
    with_logits(" weighted", 2, 0);
    with_logits(" positive", 0, 2);
    with_logits(" weighted, positive", 2, 3);

    for (const bool log : {false, true}) {
        const std::string name = log ? "kl div log target" : "kl div";
        cases.each(kAll, name, [=](const TensorList& x, Reduction r) {
            return F::kl_div(x[0], x[1], F::KLDivFuncOptions(r).log_target(log));
        });
        cases.one(name + ", batchmean", [=](const TensorList& x) {
            return F::kl_div(x[0], x[1], F::KLDivFuncOptions().reduction(kBatchMean).log_target(log));
        });
    }
    cases.one("kl div target 0", [](const TensorList& x) { return kl_div(x[0], x[1].detach(), kNone); });

    for (const bool log : {false, true})
        for (const bool full : {false, true})
            cases.each(kAll, std::string("poisson nll") + (log ? " log" : "") + (full ? " full" : ""),
                       [=](const TensorList& x, Reduction r) {
                           const auto options = F::PoissonNLLLossFuncOptions().log_input(log).full(full).reduction(r);
                           return F::poisson_nll_loss(x[0], x[1].detach(), options);
                       });
    cases.each(kAll, "poisson nll eps",
               [](const TensorList& x, Reduction r) { return poisson_nll_loss(x[0], x[1], false, false, 0.1, r); });
}

void add_margins(Cases& cases) {
    cases.each(kAll, "soft margin",
               [](const TensorList& x, Reduction r) { return F::soft_margin_loss(x[0], x[1].detach(), r); });
    for (const double margin : {1.0, 0.3}) {
        const std::string suffix = " margin " + std::string(margin == 1 ? "1.0" : "0.3");
        cases.each(kAll, "hinge embedding" + suffix, [=](const TensorList& x, Reduction r) {
            return F::hinge_embedding_loss(x[0], x[1], F::HingeEmbeddingLossFuncOptions().margin(margin).reduction(r));
        });
        cases.each(kAll, "margin ranking" + suffix, [=](const TensorList& x, Reduction r) {
            const auto options = F::MarginRankingLossFuncOptions().margin(margin).reduction(r);
            return F::margin_ranking_loss(x[0], x[1], x[2], options);
        });
    }
    cases.one("hinge embedding at the margin",
              [](const TensorList& x) { return hinge_embedding_loss(x[0], x[1], 1, kNone); });
    cases.one("margin ranking at the margin",
              [](const TensorList& x) { return margin_ranking_loss(x[0], x[1], x[2], 1, kNone); });

    const auto cosine = [](double margin) {
        return [=](const TensorList& x, Reduction r) {
            const auto options = F::CosineEmbeddingLossFuncOptions().margin(margin).reduction(r);
            return F::cosine_embedding_loss(x[0], x[1], x[2], options);
        };
    };
    cases.each(kAll, "cosine embedding margin 0.0", cosine(0));
    cases.each(kAll, "cosine embedding margin 0.4", cosine(0.4));
    cases.each(kAll, "cosine embedding margin -0.5", cosine(-0.5));
    for (const char* target : {"1", "-1"})
        cases.each(kAll, std::string("cosine embedding of vectors, target ") + target, cosine(-0.9));
    cases.one(
        "cosine embedding of zeros", [=](const TensorList& x) { return cosine(0)(x, kNone); }, kSingleEpsilon);

    const auto triplet = [](const F::TripletMarginLossFuncOptions& options) {
        return [=](const TensorList& x, Reduction r) {
            return F::triplet_margin_loss(x[0], x[1], x[2], F::TripletMarginLossFuncOptions(options).reduction(r));
        };
    };
    const std::pair<std::string, double> powers[] = {{"1.0", 1}, {"2.0", 2}, {"3.0", 3}, {"inf", INFINITY}};
    for (const bool swap : {false, true}) {
        const std::string suffix = swap ? " swap" : "";
        for (const auto& [name, p] : powers)
            cases.each(p == 2 ? kAll : kMeanOnly, "triplet margin p " + name + suffix,
                       triplet(F::TripletMarginLossFuncOptions().p(p).swap(swap)));
        const auto options = F::TripletMarginWithDistanceLossFuncOptions().swap(swap);
        cases.each(kNoSum, "triplet margin with distance" + suffix, [=](const TensorList& x, Reduction r) {
            const auto largest = [](const Tensor& a, const Tensor& b) { return (a - b).abs().amax(1); };
            return F::triplet_margin_with_distance_loss(
                x[0], x[1], x[2],
                F::TripletMarginWithDistanceLossFuncOptions(options).distance_function(largest).reduction(r));
        });
        cases.each(kNoSum, "triplet margin with the default distance" + suffix, [=](const TensorList& x, Reduction r) {
            return F::triplet_margin_with_distance_loss(
                x[0], x[1], x[2], F::TripletMarginWithDistanceLossFuncOptions(options).margin(0.3).reduction(r));
        });
    }
    cases.each(kMeanOnly, "triplet margin eps", triplet(F::TripletMarginLossFuncOptions().margin(0.5).eps(0.1)));
    cases.each(kNoSum, "triplet margin of vectors", triplet({}));
}

void add_classes(Cases& cases) {
    for (const std::string shape : {"(N, C)", "(C)", "(N, C, d)", "(N, C, d, d)"}) {
        const Reductions& reductions = shape == "(N, C)" ? kAll : kMeanOnly;
        for (const double smoothing : {0.0, 0.3}) {
            for (const std::int64_t ignored : {-100, 2}) {
                for (const bool weighted : {false, true}) {
                    const std::string suffix = std::string(smoothing > 0 ? " smoothed" : "") +
                                               (ignored == 2 ? " ignoring 2" : "") + (weighted ? " weighted" : "");
                    const auto weight = [=](const TensorList& x) { return weighted ? x[2].detach() : Tensor(); };
                    const auto cross_entropy = [=](const TensorList& x, Reduction r) {
                        const auto options = F::CrossEntropyFuncOptions().reduction(r).label_smoothing(smoothing);
                        return F::cross_entropy(
                            x[0], x[1], F::CrossEntropyFuncOptions(options).weight(weight(x)).ignore_index(ignored));
                    };
                    cases.each(reductions, "cross entropy " + shape + suffix, cross_entropy);
                    if (ignored != 2 && weighted)
                        cases.each(reductions, "cross entropy " + shape + " probabilities" + suffix, cross_entropy);
                    if (smoothing > 0) continue;
                    cases.each(reductions, "nll " + shape + suffix, [=](const TensorList& x, Reduction r) {
                        const auto options = F::NLLLossFuncOptions().weight(weight(x)).ignore_index(ignored);
                        return F::nll_loss(x[0], x[1], F::NLLLossFuncOptions(options).reduction(r));
                    });
                }
            }
        }
    }
    cases.one("nll of bytes", [](const TensorList& x) { return nll_loss(x[0], x[1]); });
}

void add_class_margins(Cases& cases) {
    using Options = F::MultiMarginLossFuncOptions;
    const auto multi_margin = [](const Options& options, bool weighted = false) {
        return [=](const TensorList& x, Reduction r) {
            const Tensor weight = weighted ? x[2].detach() : Tensor();
            return F::multi_margin_loss(x[0], x[1], Options(options).weight(weight).reduction(r));
        };
    };
    for (const std::int64_t p : {1, 2}) {
        const std::string name = "multi margin p " + std::to_string(p);
        cases.each(kAll, name + " margin 1", multi_margin(Options().p(p)));
        cases.each(kAll, name + " margin 0.5", multi_margin(Options().p(p).margin(0.5)));
        cases.each(kAll, name + " weighted", multi_margin(Options().p(p).margin(0.7), true));
        cases.each(kAll, name + " one example", multi_margin(Options().p(p)));
        cases.one(name + " at the margin", [=](const TensorList& x) { return multi_margin_loss(x[0], x[1], p); });
    }
    const auto multilabel = [](const TensorList& x, Reduction r) { return F::multilabel_margin_loss(x[0], x[1], r); };
    cases.each(kAll, "multilabel margin", multilabel);
    cases.each(kAll, "multilabel margin one example", multilabel);
    cases.one("multilabel margin at the margin", [=](const TensorList& x) { return multilabel(x, kMean); });
    for (const bool weighted : {false, true})
        cases.each(kAll, std::string("multilabel soft margin") + (weighted ? " weighted" : ""),
                   [=](const TensorList& x, Reduction r) {
                       const auto options = F::MultilabelSoftMarginLossFuncOptions().reduction(r);
                       return F::multilabel_soft_margin_loss(
                           x[0], x[1],
                           F::MultilabelSoftMarginLossFuncOptions(options).weight(weighted ? x[2].detach() : Tensor()));
                   });
}

void add_sequences(Cases& cases) {
    const auto ctc = [](const F::CTCLossFuncOptions& options) {
        return [=](const TensorList& x, Reduction r) {
            return F::ctc_loss(x[0], x[1], x[2], x[3], F::CTCLossFuncOptions(options).reduction(r));
        };
    };
    for (const char* name :
         {"padded", "one after the other", "int32", "empty target", "too long", "one example", "not normalised"})
        cases.each(kNoSum, std::string("ctc ") + name, ctc({}));
    cases.each(kAll, "ctc lengths", ctc({}));
    cases.each(kNoSum, "ctc another blank", ctc(F::CTCLossFuncOptions().blank(3)));
    cases.each(kNoSum, "ctc too long, zero infinity", ctc(F::CTCLossFuncOptions().zero_infinity(true)));
}

}  // namespace

TEST_CASE("losses of numbers agree with PyTorch") {
    Cases cases;
    add_regression(cases);
    add_probabilities(cases);
    add_margins(cases);
    reference::check("loss", cases.all);
}

TEST_CASE("losses of classes and sequences agree with PyTorch") {
    Cases cases;
    add_classes(cases);
    add_class_margins(cases);
    add_sequences(cases);
    reference::check("class_loss", cases.all);
}
