#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <xgrad.h>

#include "figure.h"

namespace examples {

/// What is trained, and what it is judged by.
struct Model {
    std::function<xgrad::Tensor(const xgrad::Tensor& input)> forward;
    /// A number to minimise, for the outputs of a batch and its targets.
    std::function<xgrad::Tensor(const xgrad::Tensor& output, const xgrad::Tensor& target)> loss;
    /// Which outputs are right, one bool each.
    std::function<xgrad::Tensor(const xgrad::Tensor& output, const xgrad::Tensor& target)> correct;
    /// Added to the loss that is minimised, not to the one that is reported. None if empty.
    std::function<xgrad::Tensor()> penalty{};
};

/// Outputs whose largest entry is that of the class in `target`.
xgrad::Tensor correct_class(const xgrad::Tensor& output, const xgrad::Tensor& target);

/// What a model learns from and what it is measured on.
struct Splits {
    xgrad::data::datasets::TensorDataset training;
    /// On which the training accuracy is measured: the training set or a part of it.
    xgrad::data::datasets::TensorDataset probe;
    xgrad::data::datasets::TensorDataset validation;
};

struct TrainingOptions {
    std::int64_t epochs = 50;
    std::int64_t batch_size = 32;
    /// A new order of the examples for each epoch.
    bool shuffle = true;
    std::int64_t checks_per_epoch = 5;
    /// Stop when this many checks in a row have not lowered the best validation loss; 0: never.
    std::int64_t patience = 50;
    /// Do not stop then, but note what was reached (History::stop).
    bool train_on = false;
    /// Stop after this many steps; 0: no limit.
    std::int64_t max_steps = 0;
    /// Stands beside the progress bar.
    std::string name{};
};

/// Mean loss and share of right answers over a data set.
struct Evaluation {
    double loss = 0;
    double accuracy = 0;
};

/// What was measured after the update of a step.
struct Check {
    std::int64_t step = 0;
    Evaluation probe;
    Evaluation validation;
    double seconds = 0;  // since the training began
};

/// What early stopping would have ended with.
struct EarlyStop {
    std::int64_t step = 0;
    Evaluation training;  // on all training examples
    Evaluation validation;
    double seconds = 0;  // since the training began
};

enum class Ending { kAllEpochs, kStepLimit, kStoppedEarly, kInterrupted };

struct History {
    std::vector<double> loss;  // of the batch of each step, before its update
    std::vector<Check> checks;
    std::optional<EarlyStop> stop;  // of a training that went on
    Ending ending = Ending::kAllEpochs;
    std::int64_t steps_per_epoch = 0;
    std::int64_t probe_size = 0;
    double seconds = 0;         // in all
    double seconds_checks = 0;  // in the checks

    std::int64_t steps() const { return static_cast<std::int64_t>(loss.size()); }
    /// The check with the lowest validation loss.
    const Check& best() const;
    /// The highest validation accuracy of all checks.
    double best_accuracy() const;
    /// The epoch of a step, from 0.
    std::int64_t epoch(std::int64_t step) const { return step / steps_per_epoch; }
    /// The check after which early stopping with this patience would have ended the training, or none.
    const Check* early_stop(std::int64_t patience) const;
    /// The first check with at least this validation accuracy, or none.
    const Check* first_reaching(double accuracy) const;
};

/// Counts checks since the validation loss was last below its best value.
class EarlyStopping {
  public:
    /// With a patience of 0 it never stops.
    explicit EarlyStopping(std::int64_t patience) : patience_(patience) {}

    /// Takes the loss of a check. Whether `patience` checks in a row have brought nothing.
    bool should_stop(double loss);

  private:
    std::int64_t patience_;
    std::int64_t in_vain_ = 0;
    double best_ = std::numeric_limits<double>::infinity();
};

/// Measures the model without recording a graph.
Evaluation evaluate(const Model& model, const xgrad::data::datasets::TensorDataset& dataset);

/// Trains with batches of a fixed size (what is left of an epoch is dropped), showing progress, until the epochs are
/// done, the validation loss improves no more, or Ctrl-C (see InterruptGuard). A check follows the update of every
/// step, counted from 0, that is a multiple of steps per epoch / checks per epoch. Throws xgrad::ValueError when no
/// batch can be filled.
History train(const Model& model, xgrad::optim::Optimizer& optimizer, const Splits& data,
              const TrainingOptions& options);

// --- Curves over steps

/// The mean of ten steps; a band of one standard deviation has its own `band_label` in the legend if that is given.
Curve training_loss(const History& history, std::string label, std::string band_label = {});
Curve validation_loss(const History& history, std::string label);
Curve training_accuracy(const History& history, std::string label);
Curve validation_accuracy(const History& history, std::string label);

/// Loss and accuracy side by side, scaled to what happens after the first steps.
Figure training_figure(const History& history, std::string title);

/// How the training ended and what it reached, in a few lines.
std::string report(const History& history);

}  // namespace examples
