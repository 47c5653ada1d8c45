#include "training.h"

#include <algorithm>
#include <cmath>

#include "interrupt.h"
#include "progress.h"
#include "text.h"

namespace examples {

using xgrad::Tensor;
using xgrad::data::DataLoaderOptions;
using xgrad::data::make_data_loader;
using xgrad::data::datasets::TensorDataset;
namespace samplers = xgrad::data::samplers;

Tensor correct_class(const Tensor& output, const Tensor& target) { return output.argmax(1).eq(target); }

const Check& History::best() const {
    return *std::min_element(checks.begin(), checks.end(),
                             [](const Check& a, const Check& b) { return a.validation.loss < b.validation.loss; });
}

double History::best_accuracy() const {
    double best = 0;
    for (const Check& check : checks) best = std::max(best, check.validation.accuracy);
    return best;
}

const Check* History::early_stop(std::int64_t patience) const {
    EarlyStopping early(patience);
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const Check& check) { return early.should_stop(check.validation.loss); });
    return found == checks.end() ? nullptr : &*found;
}

const Check* History::first_reaching(double accuracy) const {
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const Check& check) { return check.validation.accuracy >= accuracy; });
    return found == checks.end() ? nullptr : &*found;
}

bool EarlyStopping::should_stop(double loss) {
    if (loss < best_) {
        best_ = loss;
        in_vain_ = 0;
        return false;
    }
    ++in_vain_;
    return in_vain_ == patience_;
}

Evaluation evaluate(const Model& model, const TensorDataset& dataset) {
    constexpr std::int64_t kRows = 1000;  // large enough for the products, small enough for the cache
    const xgrad::NoGradGuard no_grad;
    const std::int64_t size = dataset.data().size(0);
    Evaluation sum;
    for (std::int64_t at = 0; at < size; at += kRows) {
        const std::int64_t rows = std::min(kRows, size - at);
        const Tensor target = dataset.targets().narrow(0, at, rows);
        const Tensor output = model.forward(dataset.data().narrow(0, at, rows));
        sum.loss += model.loss(output, target).item<double>() * static_cast<double>(rows);
        sum.accuracy += model.correct(output, target).sum().item<double>();
    }
    return {sum.loss / static_cast<double>(size), sum.accuracy / static_cast<double>(size)};
}

namespace {

template <class Loader>
void run_epochs(Loader& loader, const Model& model, xgrad::optim::Optimizer& optimizer, const Splits& data,
                const TrainingOptions& options, Progress& progress, History& history) {
    const std::int64_t check_every = std::max<std::int64_t>(1, history.steps_per_epoch / options.checks_per_epoch);
    EarlyStopping early(options.patience);
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        for (const auto& batch : loader) {
            optimizer.zero_grad();
            const Tensor loss = model.loss(model.forward(batch.data), batch.target);
            (model.penalty ? loss + model.penalty() : loss).backward();
            optimizer.step();

            const std::int64_t step = history.steps();
            history.loss.push_back(loss.template item<double>());
            bool stop_early = false;
            if (step % check_every == 0) {
                const double start = progress.seconds();
                history.checks.push_back({step, evaluate(model, data.probe), evaluate(model, data.validation)});
                history.checks.back().seconds = progress.seconds();
                history.seconds_checks += progress.seconds() - start;
                const Check& check = history.checks.back();
                stop_early = early.should_stop(check.validation.loss);
                if (stop_early && options.train_on) {
                    stop_early = false;
                    if (!history.stop)
                        history.stop = {step, evaluate(model, data.training), check.validation, check.seconds};
                }
            }
            progress.update(history.steps(), history.loss.back(), history.checks.back().validation.accuracy);
            if (interrupted()) history.ending = Ending::kInterrupted;
            if (history.steps() == options.max_steps) history.ending = Ending::kStepLimit;
            if (stop_early) history.ending = Ending::kStoppedEarly;
            if (history.ending != Ending::kAllEpochs) return;
        }
    }
}

/// The curve of one figure of the checks.
template <class Value>
Curve checks_curve(const History& history, std::string label, Value value) {
    Curve curve{std::move(label), {}, {}};
    for (const Check& check : history.checks) {
        curve.x.push_back(static_cast<double>(check.step));
        curve.y.push_back(value(check));
    }
    return curve;
}

/// Three times the median, rounded up to a twentieth: leaves out the first steps, which dwarf all others.
double upper_limit(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return std::isfinite(*middle) ? std::max(0.05, std::ceil(3 * *middle * 20) / 20) : 1;
}

}  // namespace

History train(const Model& model, xgrad::optim::Optimizer& optimizer, const Splits& data,
              const TrainingOptions& options) {
    History history;
    history.steps_per_epoch = data.training.data().size(0) / options.batch_size;
    if (history.steps_per_epoch == 0) {
        xgrad::raise<xgrad::ValueError>("train", "a batch of ", options.batch_size,
                                        " is larger than the training set (", data.training.data().size(0), ")");
    }
    history.probe_size = data.probe.data().size(0);
    std::int64_t steps = options.epochs * history.steps_per_epoch;
    if (options.max_steps > 0) steps = std::min(steps, options.max_steps);
    history.loss.reserve(static_cast<std::size_t>(steps));

    const auto loader_options =
        DataLoaderOptions().batch_size(static_cast<std::size_t>(options.batch_size)).drop_last(true);
    // Where there is no terminal, ten lines.
    Progress progress(steps, std::max(history.steps_per_epoch, steps / 10), options.name);
    const auto run = [&](auto loader) { run_epochs(*loader, model, optimizer, data, options, progress, history); };
    if (options.shuffle) {
        run(make_data_loader<samplers::RandomSampler>(data.training, loader_options));
    } else {
        run(make_data_loader<samplers::SequentialSampler>(data.training, loader_options));
    }
    history.seconds = progress.seconds();
    return history;
}

Curve training_loss(const History& history, std::string label, std::string band_label) {
    Curve curve = smoothed(std::move(label), history.loss);
    curve.spread_label = std::move(band_label);
    return curve;
}
Curve validation_loss(const History& history, std::string label) {
    return checks_curve(history, std::move(label), [](const Check& check) { return check.validation.loss; });
}
Curve training_accuracy(const History& history, std::string label) {
    return checks_curve(history, std::move(label), [](const Check& check) { return check.probe.accuracy; });
}
Curve validation_accuracy(const History& history, std::string label) {
    return checks_curve(history, std::move(label), [](const Check& check) { return check.validation.accuracy; });
}

Figure training_figure(const History& history, std::string title) {
    std::vector<double> losses;
    std::vector<double> errors;
    for (const Check& check : history.checks) {
        losses.push_back(check.validation.loss);
        errors.push_back(1 - check.validation.accuracy);
    }
    const Panel loss{"cross entropy",
                     {training_loss(history, "training, mean of 10 steps \u00b1 standard deviation"),
                      validation_loss(history, "validation")},
                     {{0, upper_limit(losses)}},
                     Legend::kTopRight};
    const Panel accuracy{"accuracy",
                         {training_accuracy(history, "training (" + grouped(history.probe_size) + " images)"),
                          validation_accuracy(history, "validation")},
                         {{std::max(0.0, 1 - upper_limit(errors)), 1}},
                         Legend::kBottomRight};
    return {std::move(title), "training step", {loss, accuracy}};
}

std::string report(const History& history) {
    const Check& last = history.checks.back();
    const Check& best = history.best();
    const std::string where = " at step " + grouped(history.steps() - 1) + " (epoch " +
                              grouped((history.steps() - 1) / history.steps_per_epoch + 1) + "): ";
    std::string text;
    switch (history.ending) {
        case Ending::kAllEpochs:
            text = "Finished" + where + "all epochs done";
            break;
        case Ending::kStepLimit:
            text = "Finished" + where + "the last step asked for";
            break;
        case Ending::kStoppedEarly:
            text = "Stopped early" + where + "the validation loss no longer improves";
            break;
        case Ending::kInterrupted:
            text = "Interrupted" + where + "by Ctrl-C";
            break;
    }
    return text + "\nvalidation accuracy " + fixed(last.validation.accuracy, 4) + ", loss " +
           fixed(last.validation.loss, 4) + "; on " + grouped(history.probe_size) + " training images " +
           fixed(last.probe.accuracy, 4) + ", " + fixed(last.probe.loss, 4) + "\nlowest validation loss " +
           fixed(best.validation.loss, 4) + " at step " + grouped(best.step) + ", with accuracy " +
           fixed(best.validation.accuracy, 4) + '\n' + grouped(history.steps()) + " steps in " +
           fixed(history.seconds, 2) +
           " s, validation included: " + fixed(history.seconds / static_cast<double>(history.steps()) * 1e6, 0) +
           " us a step\n";
}

}  // namespace examples
