#pragma once

#include "course.h"
#include "experiments.h"

/// The networks of assignment 1: one layer, weights that start at 0.
namespace examples::course {

/// Pixels to [-1, 1].
xgrad::Tensor to_unit_range(const xgrad::Tensor& pixels);

/// Digits 2 and 3, labels (N, 1) of the default dtype: 1 for a 2, 0 for a 3.
Splits two_or_three(const Data& data, const Preprocess& preprocess = to_unit_range, Bias bias = Bias::kColumn);

/// One output, the logit of the probability of a 2; sigmoid and binary cross entropy are in the loss.
Trainee logistic_regression(Bias bias = Bias::kColumn, double lr = 0.05);

/// Ten outputs, the logits of the classes; the loss has lambda times the sum of all squared parameters added.
Trainee softmax_regression(double lambda = 0, Bias bias = Bias::kColumn, double lr = 0.01);

/// Batches of 128, five checks an epoch, no early stopping unless a patience is given.
TrainingOptions regression_options(bool shuffle, std::int64_t epochs = 50, std::int64_t patience = 0);

/// The sum of the squares of all parameters.
double square_sum(const Result& result);

/// The weights of the ten classes as images of 28 x 28.
std::vector<xgrad::Tensor> weight_images(const Result& result);

}  // namespace examples::course
