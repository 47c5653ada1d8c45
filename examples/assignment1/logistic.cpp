#include <algorithm>
#include <numeric>

#include "assignment.h"

/// Tasks 2a to 2e: logistic regression tells the digits 2 and 3 apart.
namespace assignment1 {

std::vector<Comparison> gradient_comparisons(const Trainee& trainee, const Tensor& input, const Tensor& target) {
    xgrad::manual_seed(0);
    const auto difference = [&](double deviation) {
        for (Tensor parameter : trainee.parameters) parameter.detach().normal_(0, deviation);
        return gradient_difference(trainee.model, trainee.parameters, input, target, kEps);
    };
    const GradientDifference small = difference(1.0 / (785.0 * 785.0));
    const GradientDifference normal = difference(1);
    const auto below = [&](const std::string& quantity, double found) {
        return Comparison{quantity, scientific(found), "below 1e-6 (task)", right_if(found < kTolerance)};
    };
    return {below("largest difference of gradient and central difference, 100 images, small weights", small.largest),
            below("the same with weights of order one, which the course\u2019s test meant to draw and did not",
                  normal.largest),
            {"the same on a gradient multiplied by 1 + 1e-4", scientific(small.scaled), "above 1e-6: must fail",
             right_if(small.scaled > kTolerance), "shows that the check can fail"}};
}

void task_2a(Assignment1& a) {
    a.report().section(
        "2a", "Images of two digits",
        "The pixels of the digits 2 (label 1) and 3 (label 0) are brought to [-1, 1] by `x/127.5 - 1`, and "
        "a 1 is appended, whose weight is the bias. The loss is the mean of `C = -(y ln \u0177 + (1 - y) "
        "ln(1 - \u0177))`, with `\u0177 = 1/(1 + e^{-z})` and `z = w^T x`.");
    const ScopedDtype dtype(xgrad::kFloat64);
    const course::Data two_digits = course::only(a.data(), 2, 3);
    const Splits splits = course::two_or_three(a.data());
    const auto shapes = [](const course::Images& images, const Tensor& targets) {
        return "X: " + shape(images.pixels) + ", Y: " + shape(targets);
    };
    const Timed timed(a.experiments().timings(), kGradientTime);
    const Tensor& x = splits.training.data();
    const double mean_output = course::logistic_regression().model.forward(x).sigmoid().mean().item<double>();

    std::vector<Comparison> rows{
        same_text("training set", shapes(two_digits.training, splits.training.targets()),
                  "X: (4005, 784), Y: (4005, 1)", "000"),
        same_text("validation set", shapes(two_digits.validation, splits.validation.targets()),
                  "X: (2042, 784), Y: (2042, 1)", "000"),
        same_text("with the column of ones", shape(x), "(4005, 785)", "task"),
        same_text("smallest and largest pixel",
                  shortest(x.min().item<double>()) + " and " + shortest(x.max().item<double>()), "-1 and 1", "task"),
        equal("mean output with all weights 0", mean_output, 0.5, 0, 1, "task")};
    const auto gradients = gradient_comparisons(course::logistic_regression(), x.slice(0, 0, 100),
                                                splits.training.targets().slice(0, 0, 100));
    rows.insert(rows.end(), gradients.begin(), gradients.end());
    a.report().comparisons(rows);
}

Figure loss_figure(const History& history, const std::string& title, std::pair<double, double> limits) {
    return {title,
            kStepsAxis,
            {{kLossAxis,
              {training_loss(history, "Training Loss mean over 10 steps", "Training Loss variance over 10 steps"),
               validation_loss(history, "Validation Loss")},
              limits,
              Legend::kAbove}}};
}

Figure accuracy_figure(const History& history, const std::string& title, std::pair<double, double> limits) {
    return {title,
            kStepsAxis,
            {{"Accuracy",
              {training_accuracy(history, "Training Accuracy"), validation_accuracy(history, "Validation Accuracy")},
              limits,
              Legend::kBottomRight}}};
}

namespace {

std::string stop_text(const History& history) {
    return std::to_string(history.epoch(history.steps() - 1) + 1) + " epochs and " + std::to_string(history.steps()) +
           " global steps";
}

}  // namespace

void task_2b(Assignment1& a) {
    a.report().section("2b", "Training",
                       "Weights start at 0; batches of 128 images in their order, 31 steps an epoch; learning rate "
                       "0.05; the validation loss is measured after every sixth step. Both reports show the training "
                       "until early stopping (task 2d); the task itself asks for 50 epochs.");
    const Result& stopped = a.stopped(false).front();
    const Result& all = a.fifty_epochs(false).front();
    a.show("A1-1", loss_figure(stopped.history, "Early stopping after " + stop_text(stopped.history), {0, 0.2}),
           "Loss until early stopping. The band, which the course\u2019s program calls a variance, is one standard "
           "deviation of ten steps. Every 186 steps the validation loss leaps: task 2e.");
    a.report().comparisons(
        {equal("training loss after 50 epochs", all.training.loss, 0.06509106268432, a.tolerance(), 14, kNumPy),
         equal("validation loss after 50 epochs", all.validation.loss, 0.06522830574815, a.tolerance(), 14, kNumPy)});
}

void task_2c(Assignment1& a) {
    a.report().section("2c", "Accuracy", "An image counts as a 2 if `\u0177` is at least 0.5.");
    const Result& stopped = a.stopped(false).front();
    const Result& all = a.fifty_epochs(false).front();
    a.show("A1-2", accuracy_figure(stopped.history, "Accuracy on digits 2 and 3", {0.93, 0.99}),
           "Accuracy until early stopping.");
    a.report().comparisons({same_text("training accuracy after 50 epochs", share(all.training.accuracy, 4005),
                                      share(3922.0 / 4005, 4005), kNumPy),
                            same_text("validation accuracy after 50 epochs", share(all.validation.accuracy, 2042),
                                      share(1999.0 / 2042, 2042), kNumPy)});
}

namespace {

/// A number that a report gives with all its digits.
Comparison all_digits_of(const std::string& quantity, double ours, double reported, double tolerance) {
    const double difference = std::abs(ours - reported);
    return {quantity, shortest(ours), shortest(reported) + " (000)",
            difference <= tolerance ? Verdict::kReproduced : Verdict::kDiffers,
            difference == 0 ? "to the last digit" : "off by " + scientific(difference)};
}

}  // namespace

void task_2d(Assignment1& a) {
    a.report().section("2d", "Early stopping",
                       "The training ends when the validation loss has not gone below its best value for ten checks in "
                       "a row. Nothing here is random, so every digit can be compared. The reports print the loss of "
                       "the weights at the stop, though the task asks for those of the best check.");
    const Result& result = a.stopped(false).front();
    const History& history = result.history;
    const std::int64_t epoch = history.epoch(history.steps() - 1);
    a.report().comparisons(
        {same_text("early stopping", stop_text(history), "34 epochs and 1039 global steps", "000"),
         same_text("updates done", std::to_string(history.steps()), std::to_string(kStopped), "000"),
         same_text("epoch, counted from 0", std::to_string(epoch), "33", "001"),
         all_digits_of("training loss at the stop", result.training.loss, 0.07088705555893647, a.tolerance()),
         all_digits_of("validation loss at the stop", result.validation.loss, 0.06577187753329566, a.tolerance()),
         same_text("training accuracy at the stop", share(result.training.accuracy, 4005),
                   share(0.9757802746566792, 4005), "000"),
         same_text("validation accuracy at the stop", share(result.validation.accuracy, 2042),
                   share(0.9794319294809011, 2042), "000")});
    const Check& best = history.best();
    const double squares = course::square_sum(result);
    a.report().comparisons(
        {same_text("checks done", std::to_string(history.checks.size()), "174", kNumPy),
         same_text("step of the best check", std::to_string(best.step), "978", kNumPy),
         equal("validation loss at the best check", best.validation.loss, 0.06569048761708, a.tolerance(), 14, kNumPy),
         equal("training loss there", best.probe.loss, 0.07086160223775, a.tolerance(), 14, kNumPy),
         equal("`\u03a3w^2` at the stop", squares, 4.148259663404, 1e3 * a.tolerance(), 12, kNumPy)});
}

namespace {

void shuffling_figures(Assignment1& a) {
    const History& ordered = a.stopped(false).front().history;
    const History& shuffled = a.stopped(true).front().history;
    a.show("A1-3",
           {"With and without shuffling",
            kStepsAxis,
            {{kLossAxis,
              {training_loss(ordered, "Training Loss mean over 10 steps", "Training Loss variance over 10 steps"),
               training_loss(shuffled, "Training Loss with shuffle mean over 10 steps",
                             "Training Loss with shuffle variance over 10 steps")},
              {{0, 0.2}},
              Legend::kAbove}}},
           "Training loss in the images\u2019 own order and in a new order for each epoch.");
    a.show("A1-4",
           {"With and without shuffling",
            kStepsAxis,
            {{"Accuracy",
              {validation_accuracy(ordered, "Validation Accuracy"),
               validation_accuracy(shuffled, "Validation Accuracy with shuffle")},
              {{0.93, 0.99}},
              Legend::kBottomRight}}},
           "Validation accuracy. In the images\u2019 own order it drops every 186 steps.");
}

/// Mean validation loss after the batch at each place of an epoch, over the epochs 30 to 39.
std::vector<double> loss_after_batches(const History& history) {
    std::vector<double> means(31);
    for (const Check& check : history.checks) {
        if (history.epoch(check.step) >= 30)
            means[static_cast<std::size_t>(check.step % 31)] += check.validation.loss / 10;
    }
    return means;
}

/// What the batch at place 18 of an epoch does.
struct Spikes {
    double after_harmful = 0;  // validation loss after it
    Range after_others;
    Range centred;           // after any batch, with the mean image subtracted
    double answer = 0;       // training loss of the batch after it, epochs 30 to 49
    double all_batches = 0;  // the mean of all
    double product = 0;      // mean scalar product of two images
    double square = 0;       // of an image with itself
};

Spikes find_spikes(Assignment1& a) {
    Spikes found;
    std::vector<double> after = loss_after_batches(a.every_step(false).history);
    found.centred = range_of_numbers(loss_after_batches(a.every_step(true).history));
    found.after_harmful = after[18];
    after.erase(after.begin() + 18);
    found.after_others = range_of_numbers(after);
    const std::vector<double> batches = batch_losses(a.fifty_epochs(false).front().history, 30, 50);
    found.answer = batches[19];
    found.all_batches = std::accumulate(batches.begin(), batches.end(), 0.0) / 31;
    const ScopedDtype dtype(xgrad::kFloat64);
    const Splits splits = course::two_or_three(a.data());
    const Tensor x = splits.training.data();
    found.product = x.mean({0}).square().sum().item<double>();
    found.square = x.square().sum({1}).mean().item<double>();
    return found;
}

void explain_spikes(Assignment1& a) {
    const Spikes spikes = find_spikes(a);
    Curve plain{"images as they are", {}, loss_after_batches(a.every_step(false).history)};
    for (int batch = 0; batch < 31; ++batch) plain.x.push_back(batch);
    Curve centred = plain;
    centred.label = "mean image subtracted";
    centred.y = loss_after_batches(a.every_step(true).history);
    plain.points = centred.points = true;
    a.show("A1-4b",
           {"What makes the spikes",
            "place of the batch in the epoch",
            {{"Validation loss after the batch", {plain, centred}, {{0.06, 0.12}}, Legend::kTopLeft, {{0, 30}}}}},
           "Mean validation loss of the epochs 30 to 39 after each of the 31 batches.");
    a.report().comparisons(
        {equal("validation loss after batch 18, epochs 30 to 39", spikes.after_harmful, 0.107, 5e-4, 4, kNumPy),
         ranged("after any other batch", spikes.after_others, 4, 0.065, 0.071, {0.0005}, kNumPy),
         ranged("after any batch, mean image subtracted", spikes.centred, 4, 0.0667, 0.0678, {0.0005}, kNumPy),
         equal("training loss of batch 19, epochs 30 to 49", spikes.answer, 0.187, 5e-4, 4, kNumPy),
         equal("training loss of all batches", spikes.all_batches, 0.072, 5e-4, 4, kNumPy),
         equal("mean scalar product of two images", spikes.product, 510, 1, 0, kNumPy),
         equal("of an image with itself", spikes.square, 721, 1, 0, kNumPy)});
    a.report().paragraph(
        "So it is one batch, and no run of equal digits: batch 18 holds about eight threes that the network takes for "
        "twos, with 70 % of its loss, so that its errors push the same way (NumPy; without the eight the spike is "
        "gone). Nearly every pixel of every image is -1, any two images have a scalar product of about " +
        fixed(spikes.product, 0) + " where an image with itself has " + fixed(spikes.square, 0) +
        ": one step moves the outputs of all images together, and the next batch moves them back. Subtracting the mean "
        "image removes the spikes though all images stay. Shuffling spreads the hard images over many batches. The "
        "validation, every sixth step, meets step 18 of an epoch of 31 every lcm(6, 31) = 186 steps.");
}

}  // namespace

void task_2e(Assignment1& a) {
    a.report().section(
        "2e", "Shuffling",
        "The order of the images is drawn anew for each epoch. Without, the validation accuracy drops at "
        "regular steps; both reports explain why, one wrongly, one half rightly.");
    shuffling_figures(a);
    const Restlessness ordered = restlessness(a.fifty_epochs(false).front().history, 240);
    const auto& shuffled = a.fifty_epochs(true);
    const auto of_shuffled = [&](double Restlessness::*member) {
        return range_of(shuffled, [=](const Result& result) { return restlessness(result.history, 240).*member; });
    };
    std::vector<std::int64_t> spikes = restlessness(a.stopped(false).front().history, 200).dips;
    const auto& stopped = a.stopped(true);
    const std::string source = "NumPy, 20 seeds";
    a.report().comparisons(
        {same_text("steps of the dips until the stop", join(spikes), "204, 390, 576, 762, 948", kNumPy),
         same_text("steps between them", spikes.size() > 1 ? std::to_string(spikes[1] - spikes[0]) : "", "186", "001"),
         equal("deepest dip of the accuracy from step 240 on", ordered.accuracy_dip, 0.0301, 5e-5, 4, kNumPy),
         ranged("the same, shuffled", of_shuffled(&Restlessness::accuracy_dip), 4, 0.0054, 0.0125, {0.002}, source),
         equal("largest rise of the loss", ordered.loss_rise, 0.0708, 5e-5, 4, kNumPy),
         ranged("the same, shuffled", of_shuffled(&Restlessness::loss_rise), 4, 0.0083, 0.0250, {}, source),
         equal("lowest accuracy", ordered.accuracy_low, 0.9471, 5e-5, 4, kNumPy),
         ranged("the same, shuffled", of_shuffled(&Restlessness::accuracy_low), 4, 0.9643, 0.9716, {0.002}, source),
         ranged("updates until the early stop, shuffled",
                range_of(stopped, [](const Result& r) { return static_cast<double>(r.history.steps()); }), 0, 361, 1045,
                kStopSlack, source),
         ranged("training loss at the stop, shuffled",
                range_of(stopped, [](const Result& r) { return r.training.loss; }), 4, 0.0700, 0.0973, kLossSlack,
                source),
         ranged("training accuracy at the stop, shuffled",
                range_of(stopped, [](const Result& r) { return r.training.accuracy; }), 4, 0.9648, 0.9763,
                kAccuracySlack, source),
         ranged("validation loss at the stop, shuffled",
                range_of(stopped, [](const Result& r) { return r.validation.loss; }), 4, 0.0665, 0.0827, kLossSlack,
                source),
         ranged("validation accuracy at the stop, shuffled",
                range_of(stopped, [](const Result& r) { return r.validation.accuracy; }), 4, 0.9691, 0.9789,
                kAccuracySlack, source),
         ranged("training loss after 50 epochs, shuffled",
                range_of(shuffled, [](const Result& r) { return r.training.loss; }), 4, 0.0650, 0.0730, kLossSlack,
                source),
         ranged("validation loss after 50 epochs, shuffled",
                range_of(shuffled, [](const Result& r) { return r.validation.loss; }), 4, 0.0651, 0.0760, kLossSlack,
                source),
         ranged("validation accuracy after 50 epochs, shuffled",
                range_of(shuffled, [](const Result& r) { return r.validation.accuracy; }), 4, 0.9736, 0.9799,
                kAccuracySlack, source),
         equal("standard deviation of the accuracy from step 240 on", ordered.accuracy_std, 0.00379, 1e-5, 5, kNumPy),
         ranged("the same, shuffled", of_shuffled(&Restlessness::accuracy_std), 5, 0.00170, 0.00217, {0.0002},
                source)});
    if (!a.settings().quick) explain_spikes(a);
}

}  // namespace assignment1
