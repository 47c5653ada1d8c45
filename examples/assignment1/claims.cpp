#include <algorithm>
#include <cmath>
#include <numeric>

#include "assignment.h"

/// What the reports say, judged: by calculation where a number decides, else by reading.
namespace assignment1 {

namespace {

void judge_derivations(Assignment1& a, Judge& judge) {
    if (!judge.concerns("1a") && !judge.concerns("1b")) return;
    const ScopedDtype dtype(xgrad::kFloat64);
    const Splits splits = course::two_or_three(a.data());
    const Tensor x = splits.training.data().slice(0, 0, 100);
    const Tensor y = splits.training.targets().slice(0, 0, 100);
    const Trainee trainee = course::logistic_regression();
    Tensor w = trainee.parameters.front();
    xgrad::manual_seed(0);
    w.detach().normal_(0, 0.05);
    const Tensor gradient = xgrad::autograd::grad({trainee.model.loss(trainee.model.forward(x), y)}, {w})[0];
    const Tensor by_hand = (trainee.model.forward(x).sigmoid() - y).detach().t().matmul(x) / 100;
    const double difference = (by_hand - gradient).abs().max().item<double>();
    const std::string agrees = "The result agrees with the automatic gradient to " + scientific(difference) + ".";

    judge.add("000", "1a", "chain rule: `dz/dx = dz/dy \u00b7 dy/dz` and `h\u2032 = f\u2032(g) g(x)`",
              Verdict::kDiffers,
              "Wrong twice: `dy/dx`, and `g\u2032(x)`. The line used afterwards, `\u2202C/\u2202w = \u2202C/\u2202f "
              "\u00b7 \u2202f/\u2202w`, is right.");
    judge.add("000", "1a", "`C = -y ln \u0177 + (1-y) ln(1-\u0177)`", Verdict::kDiffers,
              "The brackets are missing, so the second term has the wrong sign: for `y = 0` and `\u0177 = 0.5` it "
              "gives -0.69, a "
              "negative loss. The derivative written down, `-y/\u0177 + (1-y)/(1-\u0177)`, is that of the right `C`.");
    judge.add("000", "1a", "`\u2202C/\u2202w_i = x_i(\u0177 - y)`", right_if(difference < 1e-10),
              agrees + " The product line before it must read `(-y/\u0177 + (1-y)/(1-\u0177)) x \u0177(1-\u0177)`.");
    judge.add("001", "1a", "`C` without brackets", Verdict::kDiffers, "The same slip as in 000.");
    judge.add("001", "1a", "`\u2202C/\u2202w_i = -x_i(y - \u0177)`, in five lines", right_if(difference < 1e-10),
              agrees);
    judge.add("001", "1b", "`ln(\u03a3e^z) \u00b7 \u03a3_k \u0177_k`, the sum being 1", Verdict::kPartly,
              "It must be `\u03a3_k y_k`. That is 1 too, so the value stands.");
    judge.add("001", "1b", "`\u2202C/\u2202w_{kj} = -x_j(y_k - \u0177_k)`",
              right_if(a.penalty_formulas().right < 1e-10),
              "Agrees with the automatic gradient to " + scientific(a.penalty_formulas().right) + ".");
}

void judge_stop(Assignment1& a, Judge& judge) {
    if (!judge.concerns("2b") && !judge.concerns("2d")) return;
    const Result& result = a.stopped(false).front();
    const History& history = result.history;
    const bool same = history.steps() == kStopped;
    double late = 0;
    for (std::size_t i = history.checks.size() - 11; i < history.checks.size(); ++i) {
        late += history.checks[i].validation.loss / 11;
    }
    judge.add("000", "2b", "legend: \u201cvariance over 10 steps\u201d", Verdict::kDiffers,
              "The band is the standard deviation of ten steps; so says the course\u2019s program.");
    judge.add("000", "2d", "early stop after 34 epochs and 1039 steps", right_if(same),
              "34th epoch, " + grouped(history.steps()) + " updates; the last one has the index " +
                  std::to_string(history.steps() - 1) + ".");
    judge.add(
        "000", "2d",
        "losses 0.07088705555893647 and 0.06577187753329566, accuracies 0.9757802746566792 and 0.9794319294809011",
        right_if(std::abs(result.training.loss - 0.07088705555893647) <= a.tolerance() &&
                 std::abs(result.validation.loss - 0.06577187753329566) <= a.tolerance() &&
                 std::abs(result.training.accuracy - 3908.0 / 4005) < 1e-15 &&
                 std::abs(result.validation.accuracy - 2000.0 / 2042) < 1e-15),
        "Here " + shortest(result.training.loss) + " and " + shortest(result.validation.loss) + ", " +
            shortest(result.training.accuracy) + " and " + shortest(result.validation.accuracy) + ".");
    judge.add("001", "2d", "early stop in epoch 33 after ten checks without improvement", right_if(same),
              "Counted from 0: the same stop as in 000.");
    judge.add("001", "2d", "validation loss around 0.067 at the end", right_if(std::abs(late - 0.067) < 5e-4),
              "Mean of the last eleven checks " + fixed(late, 4) + ", the last one " +
                  fixed(result.validation.loss, 4) + ".");
}

void judge_shuffling(Assignment1& a, Judge& judge) {
    if (!judge.concerns("2e")) return;
    const Runs found = runs(course::only(a.data(), 2, 3).training.labels);
    const double ordered = restlessness(a.fifty_epochs(false).front().history, 240).accuracy_dip;
    const Range shuffled =
        range_of(a.fifty_epochs(true), [](const Result& r) { return restlessness(r.history, 240).accuracy_dip; });
    const std::vector<std::int64_t> dips = restlessness(a.fifty_epochs(false).front().history, 200).dips;
    judge.add("000", "2e", "the spikes come from \u201clong sequences of identical numbers\u201d", Verdict::kDiffers,
              "The longest run of one digit is " + std::to_string(found.longest) + ", the mean run " +
                  fixed(found.mean, 2) + "; chance gives 9 to 19 and 2.00.");
    judge.add("000", "2e", "shuffling reduces the spikes", right_if(shuffled.high < ordered),
              "Deepest dip of the accuracy after step 240: " + fixed(ordered, 4) + " without, " + text(shuffled, 4) +
                  " with.");
    judge.add("001", "2e", "31 batches; a spike every sixth epoch, every 186 steps",
              right_if(dips.size() > 4 && dips[1] - dips[0] == 186),
              "lcm(6, 31) = 186: dips at the steps " + join(dips) + ".");
    judge.add("001", "2e", "validation on every fifth training step", Verdict::kDiffers,
              "Every sixth: 31 / 5 rounded down is 6. With 5 the period would be 155.");
    const std::vector<double> batches = batch_losses(a.fifty_epochs(false).front().history, 30, 50);
    const auto worst = std::max_element(batches.begin(), batches.end());
    const double mean = std::accumulate(batches.begin(), batches.end(), 0.0) / 31;
    judge.add("001", "2e", "a spike of the training loss once an epoch", right_if(*worst > 2 * mean),
              "Batch " + std::to_string(worst - batches.begin()) + ", the one after the harmful batch 18: mean loss " +
                  fixed(*worst, 3) + " in the epochs 30 to 49, " + fixed(mean, 3) + " that of all batches.");
    judge.add(
        "001", "2e", "the spikes come from \u201cbad images in one of the 31 batches\u201d", Verdict::kPartly,
        "Hard images in batch 18 set them off; the scaling to [-1, 1], which makes all images alike to the network, "
        "amplifies them. With the mean image subtracted they are gone, bad images and all.");
}

void judge_overfitting(Assignment1& a, Judge& judge) {
    if (!judge.concerns("3d")) return;
    const auto& results = a.softmax(0);
    const Range crossing = crossing_of(results);
    const auto falls = [&](std::int64_t step) { return fixed(loss_near(results, step).median, 3); };
    judge.add_long("000", "3d", "training and validation accuracy part at 3,000 steps", Verdict::kPartly,
                   "They cross at " + text(crossing, 0) + "; the gap is " + text(gap_near(results, 3007), 4) +
                       " at step 3007 and " + text(gap_near(results, 7781), 4) + " at 7781.");
    judge.add_long("001", "3d", "training and validation accuracy part at about 2,000 steps",
                   right_if(inside(crossing, 1700, 2600)),
                   "Last check with training not above validation accuracy: " + text(crossing, 0) + ".");
    judge.add_long("001", "3d", "the validation loss flattens while the training loss falls", Verdict::kPartly,
                   "The validation loss still falls: " + falls(2015) + " at step 2015, " + falls(3999) + " at 3999, " +
                       falls(7781) + " at 7781.");
    judge.add_long("001", "3d", "validation improves until about 8,000 steps",
                   right_if(loss_near(results, 7781).high < loss_near(results, 6000).low + 0.002),
                   "To the end of the run, 7,800 steps.");
}

void judge_penalty_formulas(Assignment1& a, Judge& judge) {
    if (!judge.concerns("4a")) return;
    const PenaltyFormulas& formulas = a.penalty_formulas();
    judge.add("000", "4a", "`R = \u03a3_j\u03a3_j w_{ij}^2`", Verdict::kPartly,
              "A slip of an index: `\u03a3_i\u03a3_j`.");
    judge.add("000", "4a", "`\u2202C/\u2202w = (1/N) \u03a3(-x(y - \u0177))`", right_if(formulas.right < 1e-10),
              "Agrees with the automatic gradient to " + scientific(formulas.right) +
                  ", which agrees with central differences to " + scientific(formulas.central) + ".");
    judge.add("000", "4a", "`\u2202J/\u2202w = -(1/N) \u03a3(x(y + \u0177)) + 2\u03bbw`",
              right_if(formulas.sign < 1e-10),
              "The sign is wrong, `y - \u0177`: off by up to " + fixed(formulas.sign, 2) + " an entry.");
    judge.add(
        "000", "4a", "`\u2202J/\u2202J = \u2202C/\u2202S + \u2202S/\u2202S`", Verdict::kDiffers,
        "Nonsense as printed; meant is `\u2202J/\u2202w = \u2202C/\u2202w + \u03bb \u2202R/\u2202w`, which is right.");
    judge.add("000", "4a", "only the largest output matters, \u201cthe rest don\u2019t matter\u201d",
              right_if(formulas.off_class < 1e-10),
              "Every class `k` has the gradient `x_j(\u0177_k - y_k)`: up to " + fixed(formulas.off_class, 2) +
                  " where `y_k = 0`, for one image with small weights.");
    judge.add("001", "4a", "`\u2202J/\u2202w = -x^T(y - \u0177)/N + 2\u03bbw`", right_if(formulas.right < 1e-10),
              "Agrees to " + scientific(formulas.right) + ". (\u201cShown in 1a\u201d should read 1b.)");
}

/// Correlations of the weights of each digit with the mean image of the digit minus the mean image.
Range correlations(Assignment1& a, double lambda) {
    const Tensor pixels = a.data().training.pixels.to(xgrad::kFloat64);
    const std::vector<Tensor> images = course::weight_images(a.softmax(lambda).front());
    std::vector<double> found;
    for (std::size_t digit = 0; digit < images.size(); ++digit) {
        const Tensor of_class = pixels.index({a.data().training.labels.eq(static_cast<std::int64_t>(digit))});
        found.push_back(correlation(images[digit], of_class.mean({0}) - pixels.mean({0})));
    }
    return range_of_numbers(found);
}

void judge_penalty(Assignment1& a, Judge& judge) {
    const auto needs = [&](const char* task) { return judge.concerns(task); };
    if (needs("4b")) {
        const auto rough = [&](double lambda) { return roughness(course::weight_images(a.softmax(lambda).front())); };
        const Range alike = correlations(a, 1);
        judge.add_long("000", "4b", "`\u03bb = 1` gives less noisy weights", right_if(rough(1) < rough(0)),
                       "Roughness " + fixed(rough(0), 3) + " without, " + fixed(rough(1), 3) +
                           " with the penalty. The weights of a digit then correlate by " + fixed(alike.low, 3) +
                           " to " + fixed(alike.high, 3) + " with its mean image minus the mean of all.");
    }
    if (needs("4d")) {
        const Range without = validation_accuracy_of(a.softmax(0));
        const Range weak = validation_accuracy_of(a.softmax(0.001));
        judge.add_long("001", "4d", "the penalised network would do better on a new data set", Verdict::kDiffers,
                       "Unsupported: the validation set is new data, and with `\u03bb = 1` the accuracy on it is " +
                           text(validation_accuracy_of(a.softmax(1)), 4) + " instead of " + text(without, 4) + ".");
        judge.add_long("task", "4d", "the accuracy degrades when any penalty is applied",
                       right_if(weak.median < without.median - 0.002),
                       "Not for `\u03bb = 0.001`: " + text(weak, 4) + " against " + text(without, 4) + ".");
    }
    if (needs("4e")) {
        const auto norm = [&](double lambda) { return norm_of(a.softmax(lambda)).median; };
        judge.add_long("000", "4e", "the length of the weights falls with `\u03bb`",
                       right_if(norm(0.001) > norm(0.01) && norm(0.01) > norm(0.1) && norm(0.1) > norm(1)),
                       "`\u2016w\u2016` is " + fixed(norm(0.001), 2) + ", " + fixed(norm(0.01), 2) + ", " +
                           fixed(norm(0.1), 2) + ", " + fixed(norm(1), 2) + ".");
        judge.add_long("000", "4e", "the largest decrease is from 0.001 to 1", Verdict::kPartly,
                       "Empty: that is the whole range. Of the decades, `\u2016w\u2016` falls most from 0.01 to 0.1 (" +
                           fixed(norm(0.1) - norm(0.01), 2) + "), `\u03a3w^2` from 0.001 to 0.01 (" +
                           fixed(norm(0.01) * norm(0.01) - norm(0.001) * norm(0.001), 1) + ").");
    }
}

}  // namespace

void judge_claims(Assignment1& a, Judge& judge) {
    judge_derivations(a, judge);
    judge_stop(a, judge);
    judge_shuffling(a, judge);
    judge_overfitting(a, judge);
    judge_penalty_formulas(a, judge);
    judge_penalty(a, judge);
}

}  // namespace assignment1
