#pragma once

#include <cstdint>
#include <vector>

#include "training.h"

/// Quantities that the reports speak of, read off the curves, the data and the weights.
namespace examples {

/// How restless a validation curve is from some step on.
struct Restlessness {
    double loss_rise = 0;              // largest difference of the loss to the mean of the checks before and after
    double accuracy_dip = 0;           // the same downwards, of the accuracy
    double accuracy_low = 1;           // lowest accuracy
    double accuracy_std = 0;           // standard deviation of the accuracy
    std::vector<std::int64_t> dips{};  // steps whose accuracy is `dip_depth` or more below that mean
};
Restlessness restlessness(const History& history, std::int64_t from_step, double dip_depth = 0.01);

/// Mean loss of the batches that stand at each place of an epoch, over the epochs from `first` to before `end`.
std::vector<double> batch_losses(const History& history, std::int64_t first, std::int64_t end);

/// The last check whose training accuracy is not above its validation accuracy; -1 if there is none.
std::int64_t last_crossing(const History& history);

/// The check nearest to a step.
const Check& check_near(const History& history, std::int64_t step);

/// Lengths of the runs of equal labels.
struct Runs {
    std::int64_t longest = 0;
    double mean = 0;
};
Runs runs(const xgrad::Tensor& labels);

/// Squared differences of neighbouring pixels over squared pixels, of all images together.
double roughness(const std::vector<xgrad::Tensor>& images);

/// Pearson's correlation of the elements of two tensors.
double correlation(const xgrad::Tensor& a, const xgrad::Tensor& b);

/// The largest difference between what backward computes and central differences.
struct GradientDifference {
    double largest = 0;
    double scaled = 0;  // with the derivatives of backward multiplied by 1 + 1e-4: a check must find this wrong
};

/// Compares the derivatives of the loss, penalty included, to the parameters as they are. Of each parameter, `entries`
/// evenly spaced elements are checked, all if 0.
GradientDifference gradient_difference(const Model& model, const std::vector<xgrad::Tensor>& parameters,
                                       const xgrad::Tensor& input, const xgrad::Tensor& target, double eps = 1e-3,
                                       std::int64_t entries = 0);

}  // namespace examples
