#include "assignment.h"

#include <algorithm>
#include <array>

namespace assignment2 {

namespace {

struct Task {
    const char* name;
    void (*run)(Assignment2&);
};
constexpr std::array<Task, 15> kTasks{{{"2a", task_2a},
                                       {"2b", task_2b},
                                       {"2c", task_2c},
                                       {"2d", task_2d},
                                       {"3a", task_3a},
                                       {"3b", task_3b},
                                       {"3c", task_3c},
                                       {"3", task_3},
                                       {"4a", task_4a},
                                       {"4b", task_4b},
                                       {"4c", task_4c},
                                       {"4d", task_4d},
                                       {"4e", task_4e},
                                       {"4f", task_4f},
                                       {"stop", task_stop}}};

// The axes of a network's own figure.
constexpr std::pair<double, double> kOwnLoss{0, 0.9};
constexpr std::pair<double, double> kOwnAccuracy{0.8, 0.99};

/// Two thirds of all validation are the training images, which most figures do not ask for.
bool draws_training_accuracy(const std::string& network) {
    constexpr std::array kNetworks = {"64 sigmoid, uniform",
                                      "64 ReLU, no momentum",
                                      "64 sigmoid, momentum",
                                      "64, no momentum",
                                      "32",
                                      "128",
                                      "2x64",
                                      "10x64"};
    return std::find(kNetworks.begin(), kNetworks.end(), network) != kNetworks.end();
}

Panel accuracy_panel(std::vector<Curve> curves, std::pair<double, double> limits) {
    return {"Accuracy", std::move(curves), limits, Legend::kBottomRight};
}

}  // namespace

std::vector<std::string> task_names() {
    std::vector<std::string> names;
    for (const Task& task : kTasks) names.emplace_back(task.name);
    return names;
}

Assignment2::Assignment2(const AssignmentSettings& settings, std::ostream& log)
    : Assignment(settings, "Assignment 2: networks with hidden layers",
                 "Networks on MNIST, as three students (their reports are called 002, 003 and 004) answered a "
                 "course\u2019s second assignment with backpropagation derived by hand. Here every network is trained "
                 "again by xgrad, from gradients that it derives, and every number and formula of the three reports "
                 "is judged.",
                 log) {}

void Assignment2::run_task(const std::string& task) {
    for (const Task& one : kTasks) {
        if (one.name == task) one.run(*this);
    }
}

void Assignment2::judge(Judge& judge) { judge_claims(*this, judge); }

std::string Assignment2::precision() const { return precision_name(dtype()) + " precision"; }

const course::Moments& Assignment2::moments() {
    if (!moments_) moments_ = course::moments(data().training.pixels);
    return *moments_;
}

const std::vector<Result>& Assignment2::results(const std::string& network) {
    const ScopedDtype scope(dtype());
    if (!splits_) splits_ = course::splits(data(), course::normalise(moments()), bias());
    Splits splits = *splits_;
    if (!draws_training_accuracy(network)) splits.probe = course::first(splits.training, 1'000);
    TrainingOptions options = course::network_training();
    if (settings().quick) options.max_steps = kQuickSteps;
    const course::NetworkOptions chosen = course::network_case(network).options;
    return experiments().run({network, [=, this] { return course::network(chosen, bias()); }, splits, options});
}

void Assignment2::compare_network(const std::string& network, const std::vector<Of>& quantities) {
    std::vector<Comparison> rows;
    for (const Of of : quantities) {
        rows.push_back(course::compared(course::network_case(network), of, results(network)));
    }
    compare_long_runs(rows, "Network " + network);
}

void Assignment2::compare_orderings(const std::vector<std::string>& networks) {
    const auto among = [&](const std::string& name) {
        return std::find(networks.begin(), networks.end(), name) != networks.end();
    };
    std::vector<Comparison> rows;
    for (const course::Ordering& one : course::orderings()) {
        if (!among(one.smaller) || !among(one.larger)) continue;
        const course::Held here = held(one, results(one.smaller), results(one.larger));
        const auto share = [](int holds, int pairs) {
            return "in " + std::to_string(holds) + " of " + std::to_string(pairs);
        };
        // Where the program saw both outcomes, any number of seeds may show either.
        const Verdict verdict = one.always() && here.pairs > 0 ? right_if(here.holds == here.pairs) : Verdict::kNote;
        rows.push_back({quantity(one.of).name + ": " + one.smaller + " < " + one.larger, share(here.holds, here.pairs),
                        share(one.holds, one.pairs) + " (NumPy)", verdict});
    }
    compare_long_runs(rows, "In how many pairs trained with the same seed");
}

Figure own_figure(const History& history, const std::string& title) {
    return {title,
            kStepsAxis,
            {{"Cross Entropy Loss - Average",
              {training_loss(history, "Training Loss mean over 10 steps", "Training Loss variance over 10 steps"),
               validation_loss(history, "Validation Loss")},
              kOwnLoss,
              Legend::kTopRight},
             accuracy_panel(
                 {training_accuracy(history, "Training Accuracy"), validation_accuracy(history, "Validation Accuracy")},
                 kOwnAccuracy)}};
}

Figure comparing_figure(const std::vector<Named>& networks, const std::string& title,
                        std::pair<double, double> accuracy) {
    Panel loss{"Training Loss - Average", {}, {{0, 0.4}}, Legend::kTopRight};
    std::vector<Curve> accuracies;
    for (const auto& [history, label] : networks) {
        loss.curves.push_back(training_loss(history, label));
        accuracies.push_back(validation_accuracy(history, label));
    }
    Panel right = accuracy_panel(std::move(accuracies), accuracy);
    right.y_label = "Validation Accuracy";
    return {title, kStepsAxis, {std::move(loss), std::move(right)}};
}

Figure losses_figure(const std::vector<Named>& networks, const std::string& title) {
    Figure figure = comparing_figure(networks, title, kOwnAccuracy);
    Panel& loss = figure.panels[0];
    loss.y_range = kOwnLoss;
    loss.y_label = "Cross Entropy Loss - Average";
    for (std::size_t i = 0; i < networks.size(); ++i) {
        Curve curve = validation_loss(networks[i].history, networks[i].label + ", validation");
        curve.colour = i;
        curve.dashed = true;
        loss.curves[i].label += ", training";
        loss.curves.push_back(std::move(curve));
    }
    return figure;
}

const std::vector<Of>& main_quantities() {
    static const std::vector<Of> all{Of::kStopStep,       Of::kStopLoss,     Of::kStopAccuracy, Of::kLowestLoss,
                                     Of::kAccuracyAt1250, Of::kBestAccuracy, Of::kAccuracy,     Of::kTrainingLoss};
    return all;
}

}  // namespace assignment2
