// Trains a network on the handwritten digits of MNIST: --help says what can be chosen.
#include <xgrad.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "common/files.h"
#include "common/interrupt.h"
#include "common/text.h"
#include "common/training.h"
#include "common/validators.h"

namespace nn = xgrad::nn;
using examples::grouped;
using xgrad::Tensor;
using xgrad::data::datasets::MNIST;
using xgrad::data::datasets::TensorDataset;

namespace {

constexpr std::int64_t kTraining = 20'000;  // images; the rest of the training set is not used

struct Settings {
    std::vector<std::int64_t> hidden{64};
    std::string activation = "improved_sigmoid";
    double lr = 0.02;
    double momentum = 0.9;
    std::uint64_t seed = 0;
    int threads = 1;  // the network is too small to gain much from more
    std::string output = "results";
    bool quick = false;
    bool float64 = false;
    examples::TrainingOptions training;
};

const std::map<std::string, void (*)(nn::Sequential&)> kActivations = {
    {"improved_sigmoid", [](nn::Sequential& net) { net->push_back(nn::ImprovedSigmoid()); }},
    {"sigmoid", [](nn::Sequential& net) { net->push_back(nn::Sigmoid()); }},
    {"tanh", [](nn::Sequential& net) { net->push_back(nn::Tanh()); }},
    {"relu", [](nn::Sequential& net) { net->push_back(nn::ReLU()); }},
};

void add_options(CLI::App& app, Settings& settings) {
    using examples::whole_number;
    examples::TrainingOptions& training = settings.training;
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    add("--hidden", settings.hidden, "units of each hidden layer: 64 or 60 60")->check(whole_number(1));
    add("--activation", settings.activation, "what follows a hidden layer")->check(CLI::IsMember(kActivations));
    add("--epochs", training.epochs, "passes over the training images at most")->check(whole_number(1));
    add("--batch", training.batch_size, "images a step")->check(whole_number(1, kTraining));
    add("--lr", settings.lr, "learning rate")->check(examples::positive_number());
    add("--momentum", settings.momentum, "momentum")->check(examples::number(0, 0.9999, "a number from 0 to 0.9999"));
    add("--patience", training.patience,
        "checks (five an epoch) without a lower validation loss to stop after, 0: never")
        ->check(whole_number(0));
    add("--seed", settings.seed, "seed of the random numbers")->check(whole_number(0));
    add("--threads", settings.threads, "threads; the result does not depend on them")->check(whole_number(1, 256));
    add("--output", settings.output, "folder for the figure");
    app.add_flag("--quick", settings.quick, "only 300 steps");
    app.add_flag("--float64", settings.float64, "compute in double precision");
}

/// The images as rows, with the mean and standard deviation of the training images brought to 0 and 1.
examples::Splits load_data() {
    constexpr std::int64_t kProbe = 1'000;
    const MNIST training(MNIST::Mode::kTrain);
    const MNIST validation(MNIST::Mode::kTest);
    const Tensor pixels = training.images_uint8().slice(0, 0, kTraining);
    const Tensor labels = training.targets().slice(0, 0, kTraining);

    // In float64 these sums of whole numbers are exact.
    const Tensor values = pixels.to(xgrad::kFloat64);
    const double mean = values.mean().item<double>();
    const double deviation = std::sqrt(values.square().mean().item<double>() - mean * mean);
    std::cout << grouped(kTraining) << " training images, mean " << examples::shortest(mean) << ", standard deviation "
              << examples::shortest(deviation) << "; " << grouped(validation.targets().size(0)) << " for validation\n";

    const auto normalized = [&](const Tensor& images) {
        return images.flatten(1).to(xgrad::get_default_dtype()).sub_(mean).div_(deviation);
    };
    const Tensor inputs = normalized(pixels);
    return {TensorDataset(inputs, labels), TensorDataset(inputs.slice(0, 0, kProbe), labels.slice(0, 0, kProbe)),
            TensorDataset(normalized(validation.images_uint8()), validation.targets())};
}

nn::Sequential make_network(const Settings& settings) {
    nn::Sequential net;
    std::int64_t inputs = 28 * 28;
    for (const std::int64_t units : settings.hidden) {
        net->push_back(nn::Linear(inputs, units));
        kActivations.at(settings.activation)(net);
        inputs = units;
    }
    net->push_back(nn::Linear(inputs, 10));
    for (const Tensor& parameter : net->parameters()) {
        parameter.dim() > 1 ? nn::init::fan_in_normal_(parameter) : nn::init::zeros_(parameter);
    }
    return net;
}

/// "784-64-10"
std::string layer_sizes(const Settings& settings) {
    std::string text = "784-";
    for (const std::int64_t units : settings.hidden) text += std::to_string(units) + '-';
    return text + "10";
}

void describe(const Settings& settings, const nn::Sequential& net) {
    std::int64_t parameters = 0;
    std::int64_t later_biases = 0;
    for (const auto& item : net->named_parameters()) {
        parameters += item.value().numel();
        if (item.value().dim() == 1 && item.key() != "0.bias") later_biases += item.value().numel();
    }
    std::cout << layer_sizes(settings) << " network, " << settings.activation << ": " << grouped(parameters)
              << " parameters (" << grouped(parameters - later_biases) << " without biases past the first layer)\n";
}

int run(Settings settings) {
    examples::prepare_folder(settings.output);
    xgrad::set_num_threads(settings.threads);
    xgrad::manual_seed(settings.seed);
    if (settings.float64) xgrad::set_default_dtype(xgrad::kFloat64);
    if (settings.quick) settings.training.max_steps = 300;

    const examples::Splits data = load_data();
    nn::Sequential net = make_network(settings);
    describe(settings, net);

    const examples::Model model{
        [&](const Tensor& input) { return net->forward(input); },
        [](const Tensor& output, const Tensor& target) { return nn::functional::cross_entropy(output, target); },
        examples::correct_class};
    xgrad::optim::SGD optimizer(net->parameters(), xgrad::optim::SGDOptions(settings.lr).momentum(settings.momentum));

    const examples::InterruptGuard guard;
    const examples::History history = examples::train(model, optimizer, data, settings.training);
    std::cout << report(history);

    const std::string title = "MNIST, " + layer_sizes(settings) + " network: accuracy " +
                              examples::fixed(history.checks.back().validation.accuracy, 4) + " on the test images";
    const auto saved = save_figure(training_figure(history, title), settings.output, "train_mnist");
    for (const auto& file : saved.files) std::cout << "wrote " << file.string() << '\n';
    if (!saved.problem.empty()) std::cout << "no picture: " << saved.problem << '\n';
    return history.ending == examples::Ending::kInterrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Trains a network on the handwritten digits of MNIST.");
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::cerr << "train_mnist: " << error.what() << '\n';
        return 1;
    }
}
