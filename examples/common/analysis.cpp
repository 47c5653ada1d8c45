#include "analysis.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace examples {

using xgrad::Tensor;

Restlessness restlessness(const History& history, std::int64_t from_step, double dip_depth) {
    Restlessness found;
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (std::size_t i = 0; i < history.checks.size(); ++i) {
        const Check& check = history.checks[i];
        if (check.step < from_step) continue;
        const double accuracy = check.validation.accuracy;
        found.accuracy_low = std::min(found.accuracy_low, accuracy);
        sum += accuracy;
        squares += accuracy * accuracy;
        ++count;
        if (i == 0 || i + 1 == history.checks.size()) continue;
        const Evaluation& before = history.checks[i - 1].validation;
        const Evaluation& after = history.checks[i + 1].validation;
        const double dip = (before.accuracy + after.accuracy) / 2 - accuracy;
        found.loss_rise = std::max(found.loss_rise, check.validation.loss - (before.loss + after.loss) / 2);
        found.accuracy_dip = std::max(found.accuracy_dip, dip);
        if (dip >= dip_depth) found.dips.push_back(check.step);
    }
    if (count > 0) found.accuracy_std = std::sqrt(std::max(0.0, squares / count - (sum / count) * (sum / count)));
    return found;
}

std::vector<double> batch_losses(const History& history, std::int64_t first, std::int64_t end) {
    const std::int64_t batches = history.steps_per_epoch;
    end = std::min(end, history.steps() / batches);
    std::vector<double> means(static_cast<std::size_t>(batches));
    for (std::int64_t step = first * batches; step < end * batches; ++step) {
        means[static_cast<std::size_t>(step % batches)] +=
            history.loss[static_cast<std::size_t>(step)] / static_cast<double>(end - first);
    }
    return means;
}

std::int64_t last_crossing(const History& history) {
    std::int64_t step = -1;
    for (const Check& check : history.checks) {
        if (check.probe.accuracy <= check.validation.accuracy) step = check.step;
    }
    return step;
}

const Check& check_near(const History& history, std::int64_t step) {
    return *std::min_element(history.checks.begin(), history.checks.end(), [&](const Check& a, const Check& b) {
        return std::abs(a.step - step) < std::abs(b.step - step);
    });
}

Runs runs(const Tensor& labels) {
    Runs found;
    std::int64_t count = 0;
    std::int64_t length = 0;
    const std::int64_t size = labels.size(0);
    const Tensor changes = labels.slice(0, 1).ne(labels.slice(0, 0, size - 1)).to(xgrad::kInt64);
    for (std::int64_t i = 0; i < size; ++i) {
        if (i == 0 || changes[i - 1].item<std::int64_t>() != 0) {
            ++count;
            length = 0;
        }
        found.longest = std::max(found.longest, ++length);
    }
    found.mean = static_cast<double>(size) / static_cast<double>(count);
    return found;
}

double roughness(const std::vector<Tensor>& images) {
    double differences = 0;
    double squares = 0;
    const auto sum = [](const Tensor& values) { return values.square().sum().item<double>(); };
    for (const Tensor& image : images) {
        const Tensor pixels = image.to(xgrad::kFloat64);
        for (const std::int64_t dim : {0, 1}) {
            const std::int64_t size = pixels.size(dim);
            differences += sum(pixels.slice(dim, 1) - pixels.slice(dim, 0, size - 1));
        }
        squares += sum(pixels);
    }
    return differences / squares;
}

double correlation(const Tensor& a, const Tensor& b) {
    const Tensor x = a.flatten().to(xgrad::kFloat64);
    const Tensor y = b.flatten().to(xgrad::kFloat64);
    const Tensor dx = x - x.mean();
    const Tensor dy = y - y.mean();
    return (dx.dot(dy) / (dx.norm() * dy.norm())).item<double>();
}

GradientDifference gradient_difference(const Model& model, const std::vector<Tensor>& parameters, const Tensor& input,
                                       const Tensor& target, double eps, std::int64_t entries) {
    const auto objective = [&] {
        const Tensor loss = model.loss(model.forward(input), target);
        return model.penalty ? loss + model.penalty() : loss;
    };
    const xgrad::TensorList gradients = xgrad::autograd::grad({objective()}, parameters);
    const xgrad::NoGradGuard no_grad;
    GradientDifference found;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
        const Tensor values = parameters[p].detach().view({-1});
        const Tensor gradient = gradients[p].contiguous().view({-1});
        const std::int64_t size = values.size(0);
        const std::int64_t checked = entries == 0 ? size : std::min(entries, size);
        for (std::int64_t e = 0; e < checked; ++e) {
            const std::int64_t at = e * size / checked;
            Tensor value = values[at];
            const double kept = value.item<double>();
            value.fill_(kept + eps);
            const double above = objective().item<double>();
            value.fill_(kept - eps);
            const double below = objective().item<double>();
            value.fill_(kept);
            const double difference = (above - below) / (2 * eps);
            const double derivative = gradient[at].item<double>();
            found.largest = std::max(found.largest, std::abs(difference - derivative));
            found.scaled = std::max(found.scaled, std::abs(difference - (1 + 1e-4) * derivative));
        }
    }
    return found;
}

}  // namespace examples
