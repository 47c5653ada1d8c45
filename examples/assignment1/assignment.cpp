#include "assignment.h"

#include <array>

namespace assignment1 {

namespace {

struct Task {
    const char* name;
    void (*run)(Assignment1&);
};
constexpr std::array<Task, 14> kTasks{{{"2a", task_2a},
                                       {"2b", task_2b},
                                       {"2c", task_2c},
                                       {"2d", task_2d},
                                       {"2e", task_2e},
                                       {"3a", task_3a},
                                       {"3b", task_3b},
                                       {"3c", task_3c},
                                       {"3d", task_3d},
                                       {"4a", task_4a},
                                       {"4b", task_4b},
                                       {"4c", task_4c},
                                       {"4d", task_4d},
                                       {"4e", task_4e}}};

PenaltyFormulas find_penalty_formulas(const course::Data& data) {
    const ScopedDtype dtype(xgrad::kFloat64);
    const Tensor pixels = course::to_unit_range(data.training.pixels.slice(0, 0, 100).to(xgrad::kFloat64));
    const Tensor x = xgrad::cat({pixels, xgrad::ones({100, 1})}, 1);
    const Tensor labels = data.training.labels.slice(0, 0, 100);
    const Tensor y = labels.unsqueeze(1).eq(xgrad::arange(10)).to(xgrad::kFloat64);
    const Trainee trainee = course::softmax_regression(1);
    xgrad::manual_seed(0);
    Tensor w = trainee.parameters.front();
    w.detach().normal_(0, 1.0 / (785.0 * 785.0));
    const Tensor gradient =
        xgrad::autograd::grad({trainee.model.loss(trainee.model.forward(x), labels) + trainee.model.penalty()}, {w})[0];

    PenaltyFormulas found;
    found.central = gradient_difference(trainee.model, trainee.parameters, x, labels, kEps).largest;

    const xgrad::NoGradGuard no_grad;
    const Tensor guess = trainee.model.forward(x).softmax(1);
    const auto off = [&](const Tensor& formula) { return (formula - gradient).abs().max().item<double>(); };
    found.right = off((y - guess).t().matmul(x) / -100 + 2 * w);
    found.sign = off((y + guess).t().matmul(x) / -100 + 2 * w);
    found.off_class = (x[0].unsqueeze(0) * (guess[0] * (1 - y[0])).unsqueeze(1)).abs().max().item<double>();
    return found;
}

}  // namespace

std::vector<std::string> task_names() {
    std::vector<std::string> names;
    for (const Task& task : kTasks) names.emplace_back(task.name);
    return names;
}

Assignment1::Assignment1(const AssignmentSettings& settings, std::ostream& log)
    : Assignment(settings, "Assignment 1: two digits, then ten",
                 "Logistic and softmax regression on MNIST, as two students (their reports are called 000 and 001) "
                 "answered a course\u2019s first assignment with gradients derived by hand. Here every network is "
                 "trained again by xgrad, from gradients that it derives, and every number and formula of the two "
                 "reports is judged.",
                 log) {}

void Assignment1::run_task(const std::string& task) {
    for (const Task& one : kTasks) {
        if (one.name == task) one.run(*this);
    }
}

void Assignment1::judge(Judge& judge) { judge_claims(*this, judge); }

std::string Assignment1::precision() const {
    return settings().dtype ? precision_name(*settings().dtype) + " precision"
                            : "double precision in task 2, single in tasks 3 and 4";
}

const std::vector<Result>& Assignment1::logistic(const std::string& name, const TrainingOptions& options, bool random) {
    const ScopedDtype dtype(binary_dtype());
    return experiments().run({name, [this] { return course::logistic_regression(bias()); },
                              course::two_or_three(data(), course::to_unit_range, bias()), options, random});
}

const std::vector<Result>& Assignment1::stopped(bool shuffle) {
    return logistic(shuffle ? "2 or 3, shuffled, early stopping" : "2 or 3, early stopping",
                    course::regression_options(shuffle, 500, 10), shuffle);
}

const std::vector<Result>& Assignment1::fifty_epochs(bool shuffle) {
    return logistic(shuffle ? "2 or 3, shuffled, 50 epochs" : "2 or 3, 50 epochs", course::regression_options(shuffle),
                    shuffle);
}

const Result& Assignment1::every_step(bool centred) {
    const ScopedDtype dtype(binary_dtype());
    const course::Data two_digits = course::only(data(), 2, 3);
    const Tensor mean = course::to_unit_range(two_digits.training.pixels.to(binary_dtype())).mean({0});
    const auto preprocess = [=](const Tensor& pixels) {
        const Tensor x = course::to_unit_range(pixels);
        return centred ? x - mean : x;
    };
    Splits splits = course::two_or_three(data(), preprocess, bias());
    // Only the validation set is of interest.
    splits.probe = course::first(splits.training, 1);
    TrainingOptions options = course::regression_options(false, 40);
    options.checks_per_epoch = 31;
    return experiments()
        .run({centred ? "2 or 3, centred images, measured every step" : "2 or 3, measured every step",
              [this] { return course::logistic_regression(bias()); }, splits, options, false})
        .front();
}

const Splits& Assignment1::all_digits() {
    const ScopedDtype dtype(class_dtype());
    if (!all_digits_) all_digits_ = course::splits(data(), course::to_unit_range, bias());
    return *all_digits_;
}

const std::vector<Result>& Assignment1::softmax(double lambda) {
    const ScopedDtype dtype(class_dtype());
    TrainingOptions options = course::regression_options(true);
    if (settings().quick) options.max_steps = kQuickSteps;
    Splits splits = all_digits();
    if (lambda > 0) splits.probe = course::first(splits.training, 1'000);  // no task draws their training accuracy
    return experiments().run({"ten digits, lambda " + shortest(lambda),
                              [this, lambda] { return course::softmax_regression(lambda, bias()); }, splits, options});
}

const PenaltyFormulas& Assignment1::penalty_formulas() {
    if (!penalty_formulas_) {
        const Timed timed(experiments().timings(), kGradientTime);
        penalty_formulas_ = find_penalty_formulas(data());
    }
    return *penalty_formulas_;
}

}  // namespace assignment1
