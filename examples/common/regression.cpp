#include "regression.h"

namespace examples::course {

using xgrad::Tensor;
namespace nn = xgrad::nn;

namespace {

nn::Linear zero_layer(std::int64_t outputs, Bias bias) {
    const bool column = bias == Bias::kColumn;
    nn::Linear layer(nn::LinearOptions(column ? kPixels + 1 : kPixels, outputs).bias(!column));
    for (const Tensor& parameter : layer->parameters()) nn::init::zeros_(parameter);
    return layer;
}

Trainee trained_by_sgd(nn::Linear layer, Model model, double lr) {
    model.forward = [layer](const Tensor& input) mutable { return layer->forward(input); };
    return {std::move(model), layer->parameters(),
            std::make_unique<xgrad::optim::SGD>(layer->parameters(), xgrad::optim::SGDOptions(lr))};
}

}  // namespace

Tensor to_unit_range(const Tensor& pixels) { return pixels / 127.5 - 1; }

Splits two_or_three(const Data& data, const Preprocess& preprocess, Bias bias) {
    Data chosen = only(data, 2, 3);
    for (Images* images : {&chosen.training, &chosen.validation}) {
        images->labels = images->labels.to(xgrad::get_default_dtype()).unsqueeze(1);
    }
    return splits(chosen, preprocess, bias);
}

Trainee logistic_regression(Bias bias, double lr) {
    Model model;
    model.loss = [](const Tensor& output, const Tensor& target) {
        return nn::functional::binary_cross_entropy_with_logits(output, target);
    };
    // A probability of at least 1/2 is a logit of at least 0.
    model.correct = [](const Tensor& output, const Tensor& target) { return output.ge(0).eq(target.eq(1)); };
    return trained_by_sgd(zero_layer(1, bias), std::move(model), lr);
}

Trainee softmax_regression(double lambda, Bias bias, double lr) {
    nn::Linear layer = zero_layer(10, bias);
    Model model;
    model.loss = [](const Tensor& output, const Tensor& target) {
        return nn::functional::cross_entropy(output, target);
    };
    model.correct = correct_class;
    if (lambda > 0) {
        model.penalty = [parameters = layer->parameters(), lambda] {
            Tensor sum;
            for (const Tensor& parameter : parameters) {
                const Tensor squares = parameter.square().sum();
                sum = sum.defined() ? sum + squares : squares;
            }
            return lambda * sum;
        };
    }
    return trained_by_sgd(layer, std::move(model), lr);
}

TrainingOptions regression_options(bool shuffle, std::int64_t epochs, std::int64_t patience) {
    TrainingOptions options;
    options.epochs = epochs;
    options.batch_size = 128;
    options.shuffle = shuffle;
    options.patience = patience;
    return options;
}

double square_sum(const Result& result) {
    double sum = 0;
    for (const Tensor& parameter : result.parameters) {
        sum += parameter.to(xgrad::kFloat64).square().sum().item<double>();
    }
    return sum;
}

std::vector<Tensor> weight_images(const Result& result) {
    const Tensor& weight = result.parameters.front();
    std::vector<Tensor> images;
    for (std::int64_t k = 0; k < weight.size(0); ++k) {
        images.push_back(weight[k].slice(0, 0, kPixels).reshape({28, 28}));
    }
    return images;
}

}  // namespace examples::course
