#include <cmath>

#include "assignment.h"

/// Tasks 2a to 2d: the data, the gradient, and the first network.
namespace assignment2 {

namespace {

/// Double precision: the sizes of gradients and differences are asked for, not a training.
Splits first_images(Assignment2& a, std::int64_t count) {
    return course::splits({{a.data().training.pixels.slice(0, 0, count), a.data().training.labels.slice(0, 0, count)},
                           {a.data().validation.pixels.slice(0, 0, 1), a.data().validation.labels.slice(0, 0, 1)}},
                          course::normalise(a.moments()), course::Bias::kColumn);
}

HiddenFormulas find_hidden_formulas(Assignment2& a) {
    const ScopedDtype scope(xgrad::kFloat64);
    const Timed timed(a.experiments().timings(), kGradientTime);
    const Splits images = first_images(a, 100);
    const Tensor& x = images.training.data();
    xgrad::manual_seed(0);
    const Trainee trainee = course::network(course::network_case("64 sigmoid").options);
    const Tensor &hidden = trainee.parameters[0], &output = trainee.parameters[1];
    const Tensor loss = trainee.model.loss(trainee.model.forward(x), images.training.targets());
    const Tensor gradient = xgrad::autograd::grad({loss}, {hidden})[0];

    const xgrad::NoGradGuard no_grad;
    const Tensor activation = x.matmul(hidden.t()).sigmoid();
    const Tensor slope = activation * (1 - activation);
    const Tensor one_hot = xgrad::one_hot(images.training.targets(), 10).to(xgrad::kFloat64);
    // delta_k = -(y_k - yhat_k), divided by the number of images: the loss is a mean
    const Tensor delta = (activation.matmul(output.t()).softmax(1) - one_hot) / 100;
    const auto largest = [](const Tensor& values) { return values.abs().max().item<double>(); };
    const auto weights = [&](const Tensor& delta_hidden) { return delta_hidden.t().matmul(x); };

    const Tensor back = delta.matmul(output);
    HiddenFormulas found;
    found.largest = largest(gradient);
    found.right = largest(weights(slope * back) - gradient);
    const Tensor with_inputs = (slope * delta.sum({1}, true)).t().matmul(x.square());
    found.inputs = largest(with_inputs - gradient);
    found.inputs_largest = largest(with_inputs);
    // Of the first class; the errors at the other outputs are missing.
    found.outside = largest(weights(delta.select(1, 0).unsqueeze(1) * output.sum({0}) * slope) - gradient);
    found.activation = largest(weights(back) - gradient);
    return found;
}

}  // namespace

const HiddenFormulas& Assignment2::hidden_formulas() {
    if (!hidden_formulas_) hidden_formulas_ = find_hidden_formulas(*this);
    return *hidden_formulas_;
}

GradientDifference check_gradients(Assignment2& a, const course::NetworkOptions& network, double eps) {
    constexpr std::int64_t kEntries = 500;  // of each layer's weights
    const ScopedDtype scope(xgrad::kFloat64);
    const Timed timed(a.experiments().timings(), kGradientTime);
    const Splits images = first_images(a, 100);
    xgrad::manual_seed(0);
    const Trainee trainee = course::network(network);
    return gradient_difference(trainee.model, trainee.parameters, images.training.data(), images.training.targets(),
                               eps, kEntries);
}

std::vector<double> gradient_sizes(Assignment2& a, const course::NetworkOptions& network) {
    const ScopedDtype scope(xgrad::kFloat64);
    const Timed timed(a.experiments().timings(), kGradientTime);
    const Splits images = first_images(a, 1000);
    std::vector<std::vector<double>> by_layer;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        xgrad::manual_seed(seed);
        const Trainee trainee = course::network(network);
        const Tensor loss =
            trainee.model.loss(trainee.model.forward(images.training.data()), images.training.targets());
        const auto gradients = xgrad::autograd::grad({loss}, trainee.parameters);
        by_layer.resize(gradients.size());
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            by_layer[i].push_back(std::sqrt(gradients[i].square().mean().item<double>()));
        }
    }
    std::vector<double> medians;
    for (const std::vector<double>& sizes : by_layer) medians.push_back(range_of_numbers(sizes).median);
    return medians;
}

void task_2a(Assignment2& a) {
    a.report().section("2a", "Normalised images",
                       "Mean and standard deviation of all pixels of the 20,000 training images; `(x - \u03bc)/\u03c3` "
                       "with this one pair for training and validation images, then a 1 is appended.");
    const ScopedDtype scope(xgrad::kFloat64);
    const course::Moments& found = a.moments();
    const Tensor x = course::normalise(found)(a.data().training.pixels.to(xgrad::kFloat64));
    a.report().comparisons(
        {equal("mean `\u03bc`", found.mean, 33.55274553571429, 1e-13, 14, "003"),
         equal("standard deviation `\u03c3`", found.deviation, 78.87550070784701, 1e-13, 14, "003"),
         same_text("training set", shape(a.data().training.pixels), "(20000, 784)", "task"),
         same_text("validation set", shape(a.data().validation.pixels), "(10000, 784)", "task"),
         equal("mean of the normalised images", x.mean().item<double>(), 0, 1e-12, 12, "task"),
         equal("their standard deviation", std::sqrt(x.square().mean().item<double>()), 1, 1e-12, 12, "task")});
}

void task_2b(Assignment2& a) {
    a.report().section(
        "2b", "The gradient",
        "One hidden layer: `a_j = f(z_j)`, `z_j = \u03a3_i w_{ji} x_i`, outputs `\u0177 = softmax(\u03a3_j w_{kj} "
        "a_j)`. By hand, `\u2202C/\u2202w_{ji} = x_i f\u2032(z_j) \u03a3_k w_{kj} \u03b4_k` with `\u03b4_k = -(y_k - "
        "\u0177_k)`; the library derives it from the forward pass. Both are held against each other, and the library "
        "against central differences on 100 images, as in the course\u2019s test, for 500 weights of each layer.");
    const HiddenFormulas& formulas = a.hidden_formulas();
    const GradientDifference found = check_gradients(a, course::network_case("64 sigmoid, uniform").options, kEps);
    a.report().comparisons(
        {{"gradient of the hidden weights by hand against the automatic one", scientific(formulas.right), "below 1e-10",
          right_if(formulas.right < 1e-10)},
         {"largest difference of gradient and central difference, weights from uniform(-1, 1)",
          scientific(found.largest), "below 1e-6 (task), 1.1e-8 (NumPy)", right_if(found.largest < kTolerance)},
         {"the same on a gradient multiplied by 1 + 1e-4", scientific(found.scaled), "above 1e-6: must fail",
          right_if(found.scaled > kTolerance), "shows that the check can fail"}});
}

void task_2c(Assignment2& a) {
    a.report().section("2c", "One hidden layer of 64 logistic units",
                       "Weights from uniform(-1, 1), learning rate 0.1, batches of 32, 625 steps an epoch, a check "
                       "every 125 steps, at most 50 epochs: 31,250 steps. All networks of this page train to the end; "
                       "where early stopping with 50 checks would have ended them is noted on the way.");
    a.show("A2-1", own_figure(a.history("64 sigmoid, uniform"), "64 logistic units"),
           "Loss and accuracy of the first network. The band, which the course\u2019s program calls a variance, is one "
           "standard deviation of ten steps.");
    std::vector<Of> quantities = main_quantities();
    quantities.insert(quantities.end(), {Of::kStopTrainingLoss, Of::kStopTrainingAccuracy, Of::kTrainingLoss});
    a.compare_network("64 sigmoid, uniform", quantities);
}

void task_2d(Assignment2& a) {
    a.report().section("2d", "How many parameters",
                       "Counted by the library under both conventions: a single 1 in the input that carries the "
                       "biases of the first layer, or biases in every layer.");
    const auto row = [&](const std::vector<std::int64_t>& hidden, const std::string& column,
                         const std::string& everywhere) {
        course::NetworkOptions options;
        options.hidden = hidden;
        const std::string sizes = hidden.size() == 10 ? "784, ten times 64, 10" : course::layer_sizes(options);
        return std::vector<Comparison>{
            same_text(sizes + ", a 1 in the input", grouped(course::parameter_count(options, course::Bias::kColumn)),
                      column, kNumPy),
            same_text(sizes + ", biases in every layer",
                      grouped(course::parameter_count(options, course::Bias::kLayers)), everywhere, kNumPy)};
    };
    std::vector<Comparison> rows;
    for (const auto& pair :
         {row({64}, "50,880", "50,890"), row({32}, "25,440", "25,450"), row({128}, "101,760", "101,770"),
          row({32, 32}, "26,464", "26,506"), row({59, 59}, "50,386", "50,455"), row({60, 60}, "51,300", "51,370"),
          row({64, 64}, "54,976", "55,050"), row(std::vector<std::int64_t>(10, 64), "87,744", "88,330")}) {
        rows.insert(rows.end(), pair.begin(), pair.end());
    }
    a.report().comparisons(rows);
}

}  // namespace assignment2
