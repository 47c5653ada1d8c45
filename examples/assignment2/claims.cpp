#include <algorithm>
#include <cmath>

#include "assignment.h"

/// What the reports say, judged: by calculation where a number decides, else by reading.
namespace assignment2 {

namespace {

std::string holds_in(const course::Held& found) {
    return std::to_string(found.holds) + " of " + std::to_string(found.pairs) + " seeds";
}

/// In how many seeds a quantity is smaller in the first network than in the second.
course::Held below(Assignment2& a, const std::string& smaller, const std::string& larger, Of of) {
    return course::held({smaller, larger, of, 0, 0}, a.results(smaller), a.results(larger));
}

bool always(const course::Held& found) { return found.pairs > 0 && found.holds == found.pairs; }

Range of_all(Assignment2& a, const std::string& network, Of of) {
    std::vector<double> numbers;
    for (const Result& result : a.results(network)) {
        if (const double number = quantity(of).of(result); !std::isnan(number)) numbers.push_back(number);
    }
    return numbers.empty() ? Range{NAN, NAN, NAN} : range_of_numbers(numbers);
}

/// "0.9616 / 0.9635 / 0.9652"; "never" where no run has the number.
std::string numbers(Assignment2& a, const std::string& network, Of of) {
    const Range range = of_all(a, network, of);
    return std::isnan(range.median) ? "never" : text(range, quantity(of).digits);
}

void judge_backpropagation(Assignment2& a, Judge& judge) {
    if (!judge.concerns("1a")) return;
    const HiddenFormulas& found = a.hidden_formulas();
    const Verdict right = right_if(found.right < 1e-10);
    const std::string entry = " (the largest entry of the gradient is " + fixed(found.largest, 4) + ")";
    judge.add("002", "1a",
              "`w_{kj} := w_{kj} - \u03b1 \u03b4_k a_j`, `\u03b4_k = -(t_k - y_k)`, `\u2202C/\u2202w_{ji} = a_i "
              "\u03b4_j`, and the chain with a sum over `k`",
              right,
              "Agrees with the automatic gradient to " + scientific(found.right) +
                  ". (The \u201capproximately\u201d sign should be an equals sign.)");
    judge.add("002", "1a", "`\u03b4_j^L = -(t_j - y_j)`", Verdict::kPartly, "Of the output layer only.");
    judge.add("002", "1a", "`\u03b4_j = f\u2032(z) \u03a3_k \u03b4_k x_i`", right_if(found.inputs < 1e-10),
              "It must be `\u03a3_k w_{kj} \u03b4_k`. The errors at the outputs of a softmax sum to 0, so that this "
              "formula gives no gradient at all: largest entry " +
                  scientific(found.inputs_largest) + entry + ".");
    judge.add("002", "1b", "outer products `\u03b4 a^T` and `\u03b4 x^T`", right,
              "Right; the last entry of `x` is `x_i`, not `x_j`.");
    judge.add("003", "1a", "`\u2202z_j/\u2202a_{kj} \u2026 = \u03b4_j x`", Verdict::kDiffers,
              "The last factor must be `\u2202z_j/\u2202w_{ji} = x_i`. As written the chain ends at the activation, "
              "and the weights get a gradient that is off by up to " +
                  fixed(found.activation, 4) + entry + ".");
    judge.add("003", "1a", "`\u03b4_j = \u03b4_k \u00b7 \u03a3_k w_{kj} f\u2032(z_j)`", right_if(found.outside < 1e-10),
              "`\u03b4_k` belongs inside of the sum. With that of the first output in front: off by up to " +
                  fixed(found.outside, 4) + entry + ".");
    judge.add("003", "1b", "`W := W - X^T \u03b4`", Verdict::kDiffers, "The learning rate is missing.");
    judge.add("003", "1b", "`Z^k = (1\u00d7J)(J\u00d7K) = 1\u00d7J`; `W^k` called the input\u2019s matrix",
              Verdict::kDiffers, "It is 1\u00d7K, and the matrix is that of the output.");
    judge.add("003", "1b", "`W^k := W^k - \u03b1 Z^{kT} \u03b1^k`", Verdict::kDiffers,
              "Wrong as written: a K\u00d7K matrix is taken from a J\u00d7K one. It must be the hidden activations "
              "(J\u00d71) times `\u03b4^k` (1\u00d7K).");
}

void judge_slope(Judge& judge) {
    const ScopedDtype scope(xgrad::kFloat64);
    const Tensor z = xgrad::linspace(-3, 3, 25, xgrad::TensorOptions().requires_grad(true));
    const Tensor slope = xgrad::autograd::grad({xgrad::improved_sigmoid(z).sum()}, {z})[0];
    const xgrad::NoGradGuard no_grad;
    const auto cosh = [](const Tensor& x) { return (x.exp() + (-x).exp()) / 2; };
    const double scale = 4.0 / 3 * 1.7159;
    const Tensor doubled = scale / cosh(2 * z / 3).square();
    const Tensor ratio = doubled / slope;
    const double inside = (scale / (cosh(4 * z / 3) + 1) - slope).abs().max().item<double>();
    const double printed_at_0 = scale + 1;
    judge.add("002", "3b", "quotient rule: `(cosh^2 - sinh^2)/cosh^2 \u00b7 (2/3 + 2/3)`", Verdict::kDiffers,
              "The inner derivative 2/3 comes once, not twice, and the arguments `2x/3` are left out.");
    judge.add("002", "3b", "`f\u2032(x) = (4/3) 1.7159 / cosh^2(2x/3)`",
              right_if((ratio - 1).abs().max().item<double>() < 1e-10),
              "From " + fixed(ratio.min().item<double>(), 6) + " to " + fixed(ratio.max().item<double>(), 6) +
                  " times the slope: " + fixed(doubled[12].item<double>(), 4) + " at 0 instead of " +
                  fixed(slope[12].item<double>(), 4) + ".");
    judge.add("002", "3b", "`= (4/3) 1.7159 / cosh(4x/3) + 1`", Verdict::kPartly,
              "Right if the 1 belongs to the denominator (off by " + scientific(inside) + "); as printed it gives " +
                  fixed(printed_at_0, 3) + " at 0. Either way it does not equal the line before it.");
}

void judge_counts(Judge& judge) {
    const auto count = [](const std::vector<std::int64_t>& hidden, course::Bias bias) {
        course::NetworkOptions options;
        options.hidden = hidden;
        return course::parameter_count(options, bias);
    };
    const std::vector<std::int64_t> ten(10, 64);
    const auto both = [&](const std::vector<std::int64_t>& hidden) {
        return grouped(count(hidden, course::Bias::kColumn)) + " with a 1 in the input, " +
               grouped(count(hidden, course::Bias::kLayers)) + " with all biases";
    };
    const auto matches = [&](std::int64_t claimed, const std::vector<std::int64_t>& hidden) {
        return right_if(claimed == count(hidden, course::Bias::kColumn) ||
                        claimed == count(hidden, course::Bias::kLayers));
    };
    judge.add("002", "2d", "(50240 + 640) + 2000 = 52880 parameters", matches(52880, {64}),
              both({64}) + ". The 2000 has no source.");
    judge.add("003", "2d", "784*64 + 64 + 64*10 + 10", matches(784 * 64 + 64 + 64 * 10 + 10, {64}), both({64}) + ".");
    judge.add("004", "2d", "784*64 + 64*10 + 64 = 50880, 64 biases in all", matches(784 * 64 + 64 * 10 + 64, {64}),
              both({64}) + "; the biases of the outputs are left out.");
    judge.add("002", "4d", "two layers of 32 have about as many parameters, 52880", matches(52880, {32, 32}),
              both({32, 32}) + ": half of the network that they are compared with.");
    judge.add("003", "4d", "two layers of 64: 55050", matches(55050, {64, 64}),
              both({64, 64}) + "; 8 % more than 50,890.");
    judge.add("004", "4d", "784*60 + 60*60 + 60*10 + 60 = 51300, 120 units",
              matches(784 * 60 + 60 * 60 + 60 * 10 + 60, {60, 60}),
              both({60, 60}) + "; with one bias for each hidden unit, as in 2d, it would be 51,360.");
    judge.add("003", "4e", "785*64 + 64 + (64*64 + 64)*9 + 64*10 + 64 = 88448",
              matches(785 * 64 + 64 + (64 * 64 + 64) * 9 + 64 * 10 + 64, ten),
              both(ten) +
                  ". The sum is right; the first bias is counted twice, and there are 10 output biases, "
                  "not 64.");
}

void judge_improvements(Assignment2& a, Judge& judge) {
    judge.add("003", "2a", "mean 33.55274553571429, standard deviation 78.87550070784701",
              right_if(std::abs(a.moments().mean - 33.55274553571429) < 1e-13 &&
                       std::abs(a.moments().deviation - 78.87550070784701) < 1e-13),
              "Here " + shortest(a.moments().mean) + " and " + shortest(a.moments().deviation) + ".");
    if (judge.concerns("3b")) {
        judge.add_long("002", "3b", "a higher validation accuracy means less memorising", Verdict::kDiffers,
                       "The training accuracy at the stop is " +
                           numbers(a, "64, no momentum", Of::kStopTrainingAccuracy) +
                           ", and the validation loss rises after its minimum, from " +
                           numbers(a, "64, no momentum", Of::kLowestLoss) + " to " +
                           numbers(a, "64, no momentum", Of::kStopLoss) + ".");
    }
    if (!judge.concerns("3")) return;
    const course::Held weights = below(a, "64 sigmoid, uniform", "64 sigmoid", Of::kAccuracyAt1250);
    const course::Held sigmoid = below(a, "64 sigmoid", "64, no momentum", Of::kAccuracyAt1250);
    const course::Held momentum = below(a, "64, no momentum", "64", Of::kStopAccuracy);
    judge.add_long("002", "3", "each addition improves speed, accuracy and loss",
                   always(weights) && always(sigmoid) ? Verdict::kPartly : Verdict::kDiffers,
                   "Better weights and the improved sigmoid do (accuracy at step 1250 higher in " + holds_in(weights) +
                       " and " + holds_in(sigmoid) +
                       "). Momentum changes the accuracy by nothing measurable (NumPy: higher in 6 of 10; here in " +
                       holds_in(momentum) + "), and the validation loss at the stop gets worse: " +
                       numbers(a, "64 sigmoid", Of::kStopLoss) + ", " + numbers(a, "64, no momentum", Of::kStopLoss) +
                       ", " + numbers(a, "64", Of::kStopLoss) + ".");
    judge.add("003", "3", "\u201cHe\u201d weights", Verdict::kDiffers,
              "Its program draws `N(0, 1/\u221an)`; He\u2019s rule is `N(0, \u221a(2/n))`.");
    const Range uniform = of_all(a, "64 ReLU, uniform", Of::kAccuracyAt625);
    const Range fan_in = of_all(a, "64 ReLU, no momentum", Of::kAccuracyAt625);
    judge.add_long("003", "3", "with ReLUs good weights learn faster than random ones",
                   right_if(fan_in.low > uniform.high),
                   "Validation accuracy at step 625: " + text(fan_in, 4) + " against " + text(uniform, 4) +
                       "; with He\u2019s rule " + numbers(a, "64 ReLU, no momentum, He", Of::kAccuracyAt625) + ".");
    judge.add("003", "3", "momentum enlarges the effective step", Verdict::kReproduced, "By up to 1/(1 - 0.9) = 10.");
    judge.add("003", "figures", "curves of accuracy and training loss", Verdict::kDiffers,
              "The accuracy is the share of right entries of the rounded one-hot matrix, and the training loss is that "
              "accuracy.");
    const course::Held stops = below(a, "64", "64, no momentum", Of::kStopStep);
    judge.add_long("004", "3",
                   "each addition needs fewer steps than the one before; without the improved sigmoid many more",
                   Verdict::kPartly,
                   "Stops at " + numbers(a, "64 sigmoid, uniform", Of::kStopStep) + ", " +
                       numbers(a, "64 sigmoid", Of::kStopStep) + ", " + numbers(a, "64, no momentum", Of::kStopStep) +
                       ", " + numbers(a, "64", Of::kStopStep) +
                       ". The second half is right; of momentum it is true in 6 of 10 seeds (NumPy), here in " +
                       holds_in(stops) + ".");
}

void judge_widths(Assignment2& a, Judge& judge) {
    const auto accuracy = [&](const char* network) { return numbers(a, network, Of::kStopAccuracy); };
    if (judge.concerns("4a")) {
        const course::Held worse = below(a, "32", "64", Of::kStopAccuracy);
        const std::string finding = "Accuracy at the stop " + accuracy("32") + " against " + accuracy("64") +
                                    ", lower in " + holds_in(worse) + "; lowest validation loss " +
                                    numbers(a, "32", Of::kLowestLoss) + " against " +
                                    numbers(a, "64", Of::kLowestLoss) + ".";
        judge.add_long("002", "4a", "32 units: lower accuracy though the loss goes to 0", right_if(always(worse)),
                       finding);
        judge.add_long("003", "4a", "32 units: slightly worse", right_if(always(worse)),
                       finding + " \u201cSlightly\u201d is an understatement.");
        judge.add_long("004", "4a", "32 units: slower, lower accuracy", right_if(always(worse)), finding);
    }
    if (judge.concerns("4b")) {
        const course::Held better = below(a, "64", "128", Of::kStopAccuracy);
        const std::string finding = "Accuracy at the stop " + accuracy("128") + " against " + accuracy("64") +
                                    ", higher in " + holds_in(better) + ".";
        judge.add_long("002", "4b", "128 units: lower accuracy though the loss goes to 0",
                       right_if(always(below(a, "128", "64", Of::kStopAccuracy))),
                       finding + " That it takes longer is right.");
        judge.add_long("003", "4", "128 units: lower validation loss than with 32",
                       right_if(always(below(a, "128", "32", Of::kLowestLoss))),
                       "Lowest validation loss " + numbers(a, "128", Of::kLowestLoss) + " against " +
                           numbers(a, "32", Of::kLowestLoss) + ".");
        judge.add_long("004", "4b", "128 units: about as fast, accuracy not significantly higher", Verdict::kPartly,
                       finding + " Small, but there in 10 of 10 seeds (NumPy).");
    }
    if (judge.concerns("4d")) {
        judge.add_long("002", "4d", "two layers of 32 are poorer than one of 64",
                       right_if(always(below(a, "2x32", "64", Of::kStopAccuracy))),
                       "Accuracy at the stop " + accuracy("2x32") + " against " + accuracy("64") +
                           "; but the networks are unequal in size.");
        judge.add_long(
            "004", "4d", "two layers of 60: about the same or slightly worse",
            right_if(std::abs(of_all(a, "2x60", Of::kStopAccuracy).median - of_all(a, "64", Of::kStopAccuracy).median) <
                     0.005),
            "Accuracy at the stop " + accuracy("2x60") + " against " + accuracy("64") +
                "; lowest validation loss higher in " + holds_in(below(a, "64", "2x60", Of::kLowestLoss)) + ".");
    }
}

void judge_depth(Assignment2& a, Judge& judge) {
    const auto after = [&](const char* network) { return numbers(a, network, Of::kAccuracy); };
    if (judge.concerns("4e")) {
        judge.add_long("002", "4e", "one layer of 64 is the best and the cheapest",
                       right_if(always(below(a, "10x64", "64", Of::kStopAccuracy)) &&
                                always(below(a, "2x32", "64", Of::kStopAccuracy))),
                       "Against two layers of 32 and ten of 64. Accuracy at the stop " +
                           numbers(a, "64", Of::kStopAccuracy) + ", " + numbers(a, "2x32", Of::kStopAccuracy) +
                           " and " + numbers(a, "10x64", Of::kStopAccuracy) + ".");
        judge.add_long("004", "4e", "ten layers: as fast, loss not as low, accuracy a bit lower", Verdict::kPartly,
                       "Loss and accuracy right. Slower: the accuracy 0.93 at step " +
                           numbers(a, "10x64", Of::kReaches93) + " instead of " + numbers(a, "64", Of::kReaches93) +
                           ".");
        const std::vector<double> sizes = gradient_sizes(a, course::network_case("10x64").options);
        const std::string cause =
            "The gradient of the first layer is " + fixed(sizes[0] / sizes[9], 2) +
            " times that of the tenth at the start, so it does not vanish; and the training loss itself stays higher "
            "(" +
            numbers(a, "10x64", Of::kStopTrainingLoss) + " at the stop, " + numbers(a, "64", Of::kStopTrainingLoss) +
            " with one layer), so it is not too complex a network. The step is too large: it drives the units of the "
            "first "
            "layer into saturation (share with `|a| > 1.6` 0.84 after 5,000 steps, 0.50 with a quarter of the step; "
            "NumPy). With a quarter of the learning rate the accuracy after 50 epochs is " +
            after("10x64, lr 0.005") + " instead of " + after("10x64") + ".";
        judge.add_long("004", "4e", "ten layers are worse because the network is too complex", Verdict::kDiffers,
                       cause);
        judge.add_long("task", "4e", "ten layers are worse because the gradient vanishes",
                       right_if(sizes[0] < sizes[9] / 3), cause);
    }
    if (judge.concerns("4f")) {
        const course::Held better = below(a, "64", "64 ReLU", Of::kAccuracy);
        judge.add_long("004", "4f", "ReLUs are slower and less accurate than the improved sigmoid",
                       right_if(always(below(a, "64 ReLU", "64", Of::kAccuracy))),
                       "Validation accuracy after 50 epochs " + after("64 ReLU") + " against " + after("64") +
                           ", higher in " + holds_in(better) + " here and in 10 of 10 of NumPy\u2019s; at step 1250 " +
                           numbers(a, "64 ReLU", Of::kAccuracyAt1250) + " against " +
                           numbers(a, "64", Of::kAccuracyAt1250) +
                           ". Its lowest validation loss: " + numbers(a, "64 ReLU", Of::kLowestLoss) + " against " +
                           numbers(a, "64", Of::kLowestLoss) + ", higher in 8 of 10 of NumPy\u2019s seeds.");
        judge.add_long("task", "4f", "with ReLUs ten layers reach the one layer\u2019s accuracy", Verdict::kPartly,
                       "At the stop " + numbers(a, "10x64 ReLU", Of::kStopAccuracy) +
                           " (He: " + numbers(a, "10x64 ReLU, He", Of::kStopAccuracy) + ") against " +
                           numbers(a, "64", Of::kStopAccuracy) +
                           "; but some runs collapse to chance later (NumPy: 3 of 10). The improved sigmoid with a "
                           "smaller step does as well and does not collapse.");
    }
    if (judge.concerns("stop")) {
        const History& history = a.history("64");
        judge.add_long("002", "4e", "342.85 s without, 132.17 s with early stopping", Verdict::kNote,
                       "Seconds of another machine. Were it one network, their ratio, 2.594, would mean a stop near "
                       "step 12,050; here that of task 3 stops at step " +
                           numbers(a, "64", Of::kStopStep) +
                           (history.stop ? ", a ratio of " + fixed(history.seconds / history.stop->seconds, 2) : "") +
                           ".");
    }
}

}  // namespace

void judge_claims(Assignment2& a, Judge& judge) {
    judge_backpropagation(a, judge);
    judge_counts(judge);
    if (judge.concerns("3b")) judge_slope(judge);
    judge_improvements(a, judge);
    judge_widths(a, judge);
    judge_depth(a, judge);
}

}  // namespace assignment2
