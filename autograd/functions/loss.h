#pragma once

#include <optional>

#include <xgrad/autograd/reduction.h>
#include <xgrad/autograd/tensor.h>

/// Losses of a prediction x and a target t. `reduction` makes of the single losses their mean or sum, or leaves them;
/// the mean of no losses is NaN. Targets of another dtype promote, as in arithmetic; class indices are int64 or
/// uint8. What holds for one pair is said of shapes (N); shapes of x and t broadcast unless said otherwise.
/// Every loss has derivatives of every order to its predictions, but for ctc_loss. See
/// <xgrad/nn/functional/loss.h> for the forms with options.
namespace xgrad {

// --- Regression

/// |x - t|; the derivative at 0 is 0.
Tensor l1_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean);
/// (x - t)^2.
Tensor mse_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean);
/// (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2 (Girshick, Fast R-CNN, 2015). With beta = 0 it is
/// l1_loss; a negative one throws ValueError.
Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean, double beta = 1);
/// (x - t)^2 / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2), for delta > 0 (Huber, 1964).
Tensor huber_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean, double delta = 1);

// --- Classes. Without a batch x is (C) and the target one number.

/// -sum_c w_c p_c log(softmax(x)_c) of logits x of shape (N, C), (C) or (N, C, d1, ...). The target p is either a class
/// index (int64, the shape of x without C), which stands for the probability 1, or the probabilities of all classes
/// (the shape of x; they get a gradient too). `label_smoothing`, from 0 to 1, spreads that share of each target over
/// all classes (Szegedy et al., Rethinking the Inception Architecture, 2016). Targets of `ignore_index` do not count.
/// The mean of indices is weighted by the w of the targets, that of probabilities is the sum divided by the number of
/// targets.
Tensor cross_entropy_loss(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = {},
                          Reduction reduction = Reduction::Mean, std::int64_t ignore_index = -100,
                          double label_smoothing = 0);
/// -w_t x_t of log-probabilities x and class indices t, shaped as those of cross_entropy_loss.
Tensor nll_loss(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = {},
                Reduction reduction = Reduction::Mean, std::int64_t ignore_index = -100);
/// The same of x (N, C, H, W).
Tensor nll_loss2d(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = {},
                  Reduction reduction = Reduction::Mean, std::int64_t ignore_index = -100);
/// nll_loss by another name.
Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = {},
                   Reduction reduction = Reduction::Mean, std::int64_t ignore_index = -100);
/// sum over classes c other than t of w_t max(0, margin - x_t + x_c)^p / C, of scores x (N, C) and class indices t; p
/// is 1 or 2.
Tensor multi_margin_loss(const Tensor& self, const Tensor& target, const Scalar& p = 1, const Scalar& margin = 1,
                         const std::optional<Tensor>& weight = {}, Reduction reduction = Reduction::Mean);
/// sum over the labels t of an example and its other classes c of max(0, 1 - x_t + x_c) / C. A row of the target (N, C)
/// lists the labels as class indices and ends at the first -1.
Tensor multilabel_margin_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean);
/// Of sequences: -log of the probability of all alignments of the target with the input (Graves et al., Connectionist
/// Temporal Classification, 2006). `log_probs` (T, N, C) or (T, C) are log-probabilities, class `blank` being none;
/// targets are class indices (int64 or int32): (N, S), padded, or one after the other in one dimension. The mean
/// divides each loss by the length of its target, at least 1, and then averages. With `zero_infinity`, an infinite
/// loss, which a target has that is too long for its input, becomes 0 and so does its gradient. The gradient is meant
/// for log_probs that log_softmax made; it is no derivative of log_probs by themselves and can't be differentiated
/// (NotImplementedError).
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, IntArrayRef input_lengths, IntArrayRef target_lengths,
                std::int64_t blank = 0, Reduction reduction = Reduction::Mean, bool zero_infinity = false);
/// The lengths as tensors of int64 or int32.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, std::int64_t blank = 0, Reduction reduction = Reduction::Mean,
                bool zero_infinity = false);

// --- Probabilities

/// -w (t log(x) + (1 - t) log(1 - x)) of probabilities x and targets t in [0, 1] of the same shape; w broadcasts.
/// Logarithms are at least -100. Throws ValueError when an x is outside [0, 1].
Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = {},
                            Reduction reduction = Reduction::Mean);
/// The same of the probabilities sigmoid(x), without overflow; the first summand times `pos_weight`, which broadcasts.
Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target,
                                        const std::optional<Tensor>& weight = {},
                                        const std::optional<Tensor>& pos_weight = {},
                                        Reduction reduction = Reduction::Mean);
/// t log(t) - t x of log-probabilities x, with 0 log(0) = 0; with `log_target`, exp(t) (t - x).
Tensor kl_div(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean, bool log_target = false);
/// exp(x) - t x, or x - t log(x + eps) if x is no logarithm; if `full`, plus Stirling's t log(t) - t + log(2 pi t) / 2
/// where t > 1.
Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full, double eps,
                        Reduction reduction);
/// (log(v) + (x - t)^2 / v) / 2 with the variance v, at least eps, which has the shape of x or lacks its last dimension
/// or has 1 there; if `full`, plus log(2 pi) / 2 (Nix and Weigend, 1994). No gradient of v passes where eps replaces
/// it. A negative variance throws ValueError.
Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var, bool full = false,
                         double eps = 1e-6, Reduction reduction = Reduction::Mean);

// --- Margins. Targets are 1 and -1.

/// log(1 + exp(-t x)).
Tensor soft_margin_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::Mean);
/// x where t is 1, max(0, margin - x) where it is -1.
Tensor hinge_embedding_loss(const Tensor& self, const Tensor& target, double margin = 1,
                            Reduction reduction = Reduction::Mean);
/// max(0, -t (x1 - x2) + margin).
Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0,
                           Reduction reduction = Reduction::Mean);
/// Of vectors (N, D) or (D) with cosine c: 1 - c where t is 1, max(0, c - margin) where it is -1; t is (N) or one
/// number.
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0,
                             Reduction reduction = Reduction::Mean);
/// max(0, d(a, p) - d(a, n) + margin) with the distances d(x, y) = |x - y + eps|_p along the last dimension; if `swap`,
/// the smaller of d(a, n) and d(p, n) in place of d(a, n) (Balntas et al., 2016).
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin = 1,
                           double p = 2, double eps = 1e-6, bool swap = false, Reduction reduction = Reduction::Mean);

}  // namespace xgrad
