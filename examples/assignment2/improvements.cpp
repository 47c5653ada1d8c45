#include "assignment.h"

/// Tasks 3a to 3c: what makes the network of task 2 learn faster.
namespace assignment2 {

namespace {

constexpr const char* kPlain = "64 sigmoid, uniform";
constexpr const char* kWeights = "64 sigmoid";
constexpr const char* kSigmoid = "64, no momentum";
constexpr const char* kMomentum = "64";

}  // namespace

void task_3a(Assignment2& a) {
    a.report().section(
        "3a", "Weights by fan-in",
        "Weights from a normal distribution of deviation `1/\u221an`, where `n` inputs feed a unit (785, "
        "then 64), instead of uniform(-1, 1).");
    a.show("A2-3a",
           comparing_figure({{a.history(kPlain), "plain"}, {a.history(kWeights), "+ weights"}}, "Better weights",
                            {0.85, 0.97}),
           "The network of task 2 with the old and the new weights.");
    a.compare_network(kWeights, main_quantities());
    a.compare_orderings({kPlain, kWeights});
}

void task_3b(Assignment2& a) {
    a.report().section("3b", "The improved sigmoid",
                       "`f(z) = 1.7159 tanh(2z/3)` in the hidden layer, with the slope `f\u2032(z) = 1.7159 \u00b7 2/3 "
                       "(1 - tanh^2(2z/3))`; the weights of 3a.");
    a.show("A2-3b",
           comparing_figure({{a.history(kWeights), "weights"}, {a.history(kSigmoid), "+ improved sigmoid"}},
                            "A better activation"),
           "Both with the weights of task 3a.");
    const ScopedDtype scope(xgrad::kFloat64);
    const Tensor z = xgrad::linspace(-3, 3, 25, xgrad::TensorOptions().requires_grad(true));
    const Tensor slope = xgrad::autograd::grad({xgrad::improved_sigmoid(z).sum()}, {z})[0];
    const Tensor by_hand = 1.7159 * 2 / 3 * (1 - (2 * z.detach() / 3).tanh().square());
    const double off = (slope - by_hand).abs().max().item<double>();
    const GradientDifference found =
        check_gradients(a, {{64}, "improved_sigmoid", course::Weights::kUniform, 0.1, 0}, kEps);
    a.report().comparisons({equal("slope at 0", slope[12].item<double>(), 1.7159 * 2 / 3, 1e-15, 10, "task"),
                            {"slope by hand against the automatic one, from -3 to 3", scientific(off), "below 1e-10",
                             right_if(off < 1e-10)},
                            {"largest difference of gradient and central difference", scientific(found.largest),
                             "below 1e-6 (task), 4.1e-7 (NumPy)", right_if(found.largest < kTolerance)}});
    a.compare_network(kSigmoid, main_quantities());
    a.compare_orderings({kWeights, kSigmoid});
}

void task_3c(Assignment2& a) {
    a.report().section("3c", "Momentum",
                       "`v := g + 0.9 v`, `w := w - \u03b1 v`, from `v = 0`, with `\u03b1 = 0.02`. While the gradient "
                       "stays the same, a step grows to `\u03b1/(1 - 0.9) = 0.2` times the gradient.");
    a.show("A2-3c",
           comparing_figure({{a.history(kSigmoid), "weights, improved sigmoid"}, {a.history(kMomentum), "+ momentum"}},
                            "Momentum"),
           "Both with the weights and the activation of tasks 3a and 3b.");
    a.compare_network(kMomentum, main_quantities());
    a.compare_orderings({kSigmoid, kMomentum});
}

void task_3(Assignment2& a) {
    a.report().section("3", "All additions together",
                       "What each addition brings: speed from weights and activation, nothing measurable from "
                       "momentum. The later the addition, the earlier the network fits its training images "
                       "perfectly, and the more the validation loss rises afterwards.");
    a.show("A2-2",
           comparing_figure({{a.history(kPlain), "plain"},
                             {a.history(kWeights), "+ weights"},
                             {a.history(kSigmoid), "+ improved sigmoid"},
                             {a.history(kMomentum), "+ momentum"}},
                            "What each addition brings"),
           "All additions in one figure, as 004 draws them.");
    a.report().paragraph(
        "003 draws other networks: with ReLUs and without momentum, one with momentum and logistic units, and one with "
        "the improved sigmoid. Its own curves cannot be compared: what it calls an accuracy is the share of right "
        "entries of the rounded one-hot matrix, which starts at 0.90, and what it calls a training loss is that "
        "accuracy. Its program also trains for 30 epochs in the images\u2019 own order with learning rate 0.01, does "
        "not divide the gradient of the outputs by the batch size, and cuts their logits at 0; here the networks have "
        "the settings of the task.");
    a.show("A2-4a", own_figure(a.history("64 ReLU, no momentum"), "ReLUs, weights by fan-in"),
           "003: better weights, with ReLUs.");
    a.show("A2-4b",
           losses_figure({{a.history("64 ReLU, uniform"), "uniform(-1, 1)"},
                          {a.history("64 ReLU, no momentum"), "fan-in"},
                          {a.history("64 ReLU, no momentum, He"), "He"}},
                         "Weights for ReLUs"),
           "003: three kinds of weights under ReLUs; dashed the validation loss. What it calls He is the second.");
    a.show("A2-4c", own_figure(a.history("64 sigmoid, momentum"), "Logistic units, fan-in, momentum"),
           "003: better weights and momentum.");
    a.show("A2-4d", own_figure(a.history(kSigmoid), "Improved sigmoid"), "003: the improved sigmoid.");
    for (const char* network :
         {"64 ReLU, no momentum", "64 ReLU, uniform", "64 ReLU, no momentum, He", "64 sigmoid, momentum"}) {
        a.compare_network(network, {Of::kStopStep, Of::kStopAccuracy, Of::kLowestLoss, Of::kAccuracyAt1250});
    }
    a.compare_orderings({"64 ReLU, uniform", "64 ReLU, no momentum", "64 ReLU, no momentum, He"});
}

}  // namespace assignment2
