#include <xgrad/autograd/engine.h>
#include <xgrad/nn/functional/loss.h>

#include "samples.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace samples {

std::vector<Sample> loss_samples() {
    const auto classes = [] { return tensor({2, 0, 1}); };
    const auto cross_entropy = [=](F::CrossEntropyFuncOptions options) {
        return [=](const TensorList& x) { return F::cross_entropy(x[0], classes(), options); };
    };
    const auto weighted = [](const TensorList& x) {
        const Tensor w = tensor({0.5, 2., 1., 0.7}).to(x[0].dtype());
        return F::cross_entropy(x[0], tensor({2, 0, -100}), F::CrossEntropyFuncOptions().weight(w));
    };
    const auto multilabel = [](Reduction reduction) {
        return [=](const TensorList& x) {
            const Tensor labels = tensor({{1, 3, -1, 0}, {-1, 2, 0, 1}, {2, 0, 1, -1}});
            return F::multilabel_margin_loss(x[0], x[0].dim() == 1 ? labels[2] : labels, reduction);
        };
    };
    return {
        {"cross_entropy", cross_entropy({}), {{3, 4}}},
        {"cross_entropy", cross_entropy(F::CrossEntropyFuncOptions().reduction(kSum)), {{3, 4}}},
        {"cross_entropy", cross_entropy(F::CrossEntropyFuncOptions().reduction(kNone)), {{3, 4}}},
        {"cross_entropy", cross_entropy(F::CrossEntropyFuncOptions().label_smoothing(0.1)), {{3, 4}}},
        {"cross_entropy", weighted, {{3, 4}}},
        {"cross_entropy",
         [](const TensorList& x) { return F::cross_entropy(x[0], x[1].softmax(1)); },
         {{3, 4}, {3, 4}}},
        {"cross_entropy",
         [](const TensorList& x) {
             return F::cross_entropy(x[0], tensor({{0, 1}, {2, 1}}));
         },
         {{2, 3, 2}}},
        {"nll_loss", [=](const TensorList& x) { return F::nll_loss(x[0].square(), classes()); }, {{3, 4}}},
        {"nll_loss",
         [=](const TensorList& x) { return F::nll_loss(x[0], classes(), F::NLLLossFuncOptions().reduction(kNone)); },
         {{3, 4}}},
        {"multilabel_margin_loss", multilabel(kMean), {{3, 4}}},
        {"multilabel_margin_loss", multilabel(kNone), {{3, 4}}},
        {"multilabel_margin_loss", multilabel(kNone), {{4}}},
        {"multilabel_margin_loss",
         [](const TensorList& x) {
             return F::multilabel_margin_loss(x[0].square(), zeros({0, 3}, kInt64), kSum);
         },
         {{0, 3}}},
    };
}

std::vector<WrongInput> loss_wrong() {
    static const Tensor x = zeros({2, 3}), classes = tensor({0, 1});
    return {
        {"cross_entropy",
         [] {
             F::cross_entropy(x, tensor({0, 3}));
         },
         "Target 3 is out of bounds"},
        {"cross_entropy",
         [] {
             F::cross_entropy(x, tensor({0, -1}));
         },
         "Target -1 is out of bounds"},
        {"cross_entropy",
         [] {
             F::cross_entropy(x, tensor({0, 1, 2}));
         },
         "(3,)"},
        {"cross_entropy", [] { F::cross_entropy(x, x, F::CrossEntropyFuncOptions().ignore_index(1)); },
         "ignore_index is not supported for floating point target, got 1"},
        {"nll_loss",
         [] {
             F::nll_loss(x, tensor({0, 7}));
         },
         "Target 7 is out of bounds"},
        {"nll_loss2d", [] { nll_loss2d(x, classes); }, "only batches of spatial targets supported"},
        {"multi_margin_loss",
         [] {
             F::multi_margin_loss(x, tensor({0, 3}));
         },
         "Target 3 is out of bounds"},
        {"multi_margin_loss",
         [] {
             F::multi_margin_loss(x, tensor({0, 1, 1}));
         },
         "inconsistent target size: an input of shape (2, 3) needs 2 targets, got the shape (3,)"},
        {"multi_margin_loss", [] { multi_margin_loss(x, classes, 3); }, "only p == 1 and p == 2 supported, got 3"},
        {"multi_margin_loss", [] { multi_margin_loss(x, classes, 1, 1, zeros({2})); }, "for all 3 classes"},
        {"multi_margin_loss",
         [] {
             multi_margin_loss(zeros({2, 0}), classes);
         },
         "Expected non-empty vector or matrix"},
        {"multilabel_margin_loss", [] { F::multilabel_margin_loss(x, classes); }, "inconsistent target size"},
        {"multilabel_margin_loss",
         [] {
             F::multilabel_margin_loss(x, full({2, 3}, 3, kInt64));
         },
         "Target 3 is out of bounds"},
        {"multilabel_margin_loss",
         [] {
             F::multilabel_margin_loss(x, full({2, 3}, -2, kInt64));
         },
         "Target -2 is out of bounds"},
        {"multilabel_margin_loss", [] { F::multilabel_margin_loss(x, x); }, "Float"},
        {"multilabel_soft_margin_loss", [] { F::multilabel_soft_margin_loss(tensor(1.), tensor(1.)); }, "0-dim"},
        {"binary_cross_entropy", [] { F::binary_cross_entropy(x + 2.0, x); }, "between 0 and 1"},
        {"binary_cross_entropy", [] { F::binary_cross_entropy(x, zeros({2})); },
         "Target size [2] must be the same as input size [2, 3]"},
        {"binary_cross_entropy_with_logits",
         [] {
             F::binary_cross_entropy_with_logits(x, zeros({2, 1}));
         },
         "Target size [2, 1] must be the same as input size [2, 3]"},
        {"l1_loss", [] { F::l1_loss(x, zeros({2})); }, "(2, 3)"},
        {"smooth_l1_loss", [] { F::smooth_l1_loss(x, x, {}, -1); },
         "does not support negative values for beta, got -1"},
        {"smooth_l1_loss", [] { F::smooth_l1_loss(x, x, F::SmoothL1LossFuncOptions().beta(1), 1); },
         "expected beta not to be provided in 'options', but got 1"},
        {"huber_loss", [] { F::huber_loss(x, x, F::HuberLossFuncOptions().delta(0)); },
         "does not support non-positive values for delta, got 0"},
        {"gaussian_nll_loss", [] { F::gaussian_nll_loss(x, x, x - 1.0); }, "var has negative entry/entries"},
        {"gaussian_nll_loss", [] { F::gaussian_nll_loss(x, x, zeros({3})); }, "var is of incorrect size"},
        {"margin_ranking_loss", [] { F::margin_ranking_loss(x, x, zeros({3})); },
         "All input tensors should have same dimension but got sizes: input1: [2, 3], input2: [2, 3], target: [3]"},
        {"cosine_embedding_loss", [] { F::cosine_embedding_loss(x, x, tensor(1)); },
         "0D target tensor expects 1D input tensors, but found inputs with sizes [2, 3] and [2, 3]"},
        {"cosine_embedding_loss", [] { F::cosine_embedding_loss(x, x, x); }, "multi-target not supported"},
        {"triplet_margin_loss", [] { F::triplet_margin_loss(x, x, zeros({3})); },
         "anchor 2D, positive 2D, and negative 1D"},
    };
}

std::vector<Sample> ctc_samples() {
    const auto ctc = [](Reduction reduction) {
        return [=](const TensorList& x) {
            const Tensor targets = tensor({{1, 2, 2}, {3, 0, 0}, {1, 1, 0}});
            return ctc_loss(x[0].log_softmax(-1), targets, {5, 4, 5}, {3, 1, 0}, 0, reduction);
        };
    };
    const auto one = [](const TensorList& x) { return ctc_loss(x[0].log_softmax(-1), tensor({2, 1}), {4}, {2}, 0); };
    return {
        {"ctc_loss", ctc(kMean), {{5, 3, 4}}, false},
        {"ctc_loss", ctc(kNone), {{5, 3, 4}}, false},
        {"ctc_loss", one, {{4, 3}}, false},
        {"ctc_loss_backward", ctc(kSum), {{5, 3, 4}}, false},
    };
}

std::vector<WrongInput> ctc_wrong() {
    static const Tensor x = zeros({5, 2, 4}), targets = tensor({{1, 2}, {2, 3}});
    return {
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, {6, 5}, {2, 2});
         },
         "Expected input_lengths to have value at most 5, but got value 6"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, {5, -1}, {2, 2});
         },
         "Expected input_lengths to have value at least 0, but got value -1"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, tensor({5}), tensor({2, 2}));
         },
         "input_lengths must be of size batch_size: there are 2 examples and 1 lengths"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, {5, 5}, {3, 2});
         },
         "Expected tensor to have size at least 3 at dimension 1, but got size 2"},
        {"ctc_loss",
         [] {
             ctc_loss(x, tensor({1, 2, 3}), {5, 5}, {3, 1});
         },
         "Expected tensor to have size 4 at dimension 0, the sum of target_lengths, but got size 3"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, {5, 5}, {2, 2}, 4);
         },
         "blank must be in label range: there are 4 classes, and blank is 4"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets + 1, {5, 5}, {2, 2});
         },
         "Target 4 is out of bounds: there are 4 classes"},
        {"ctc_loss",
         [] {
             ctc_loss(x, zeros({2, 2}), {5, 5}, {2, 2});
         },
         "targets must be integral, got Float"},
        {"ctc_loss",
         [] {
             ctc_loss(x, targets, zeros({2}), tensor({2, 2}));
         },
         "input_lengths must be integral, got Float"},
        {"ctc_loss",
         [] {
             ctc_loss(zeros({4}), targets, {5, 5}, {2, 2});
         },
         "log_probs must be (T, N, C) or (T, C), got the shape (4,)"},
        {"ctc_loss",
         [] {
             const Tensor leaf = x.clone().requires_grad_();
             const Tensor loss = ctc_loss(leaf, targets, {5, 5}, {2, 2});
             const Tensor gradient = autograd::grad({loss}, {leaf}, {}, true, true)[0];
             gradient.sum().backward();
         },
         "can't be differentiated again"},
    };
}

}  // namespace samples
