// Trains a network on the handwritten digits of MNIST: --help says what can be chosen.
#include <xgrad.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "common/files.h"
#include "common/interrupt.h"
#include "common/networks.h"
#include "common/text.h"
#include "common/validators.h"

namespace course = examples::course;
using examples::grouped;

namespace {

constexpr course::Bias kBias = course::Bias::kLayers;

struct Settings {
    course::NetworkOptions network;
    std::uint64_t seed = 0;
    int threads = 1;  // the network is too small to gain much from more
    std::string output = "results";
    bool quick = false;
    bool float64 = false;
    examples::TrainingOptions training;
};

void add_options(CLI::App& app, Settings& settings) {
    using examples::whole_number;
    examples::TrainingOptions& training = settings.training;
    course::NetworkOptions& network = settings.network;
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    add("--hidden", network.hidden, "units of each hidden layer: 64 or 60 60")->check(whole_number(1));
    add("--activation", network.activation, "what follows a hidden layer")
        ->check(CLI::IsMember(course::activation_names()));
    add("--epochs", training.epochs, "passes over the training images at most")->check(whole_number(1));
    add("--batch", training.batch_size, "images a step")->check(whole_number(1));
    add("--lr", network.lr, "learning rate")->check(examples::positive_number());
    add("--momentum", network.momentum, "momentum")->check(examples::number(0, 0.9999, "a number from 0 to 0.9999"));
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
    const course::Data data = course::load_data();
    const course::Moments moments = course::moments(data.training.pixels);
    std::cout << grouped(data.training.labels.size(0)) << " training images, mean " << examples::shortest(moments.mean)
              << ", standard deviation " << examples::shortest(moments.deviation) << "; "
              << grouped(data.validation.labels.size(0)) << " for validation\n";
    return course::splits(data, course::normalise(moments), kBias, kProbe);
}

void describe(const course::NetworkOptions& network) {
    std::cout << layer_sizes(network) << " network, " << network.activation << ": "
              << grouped(parameter_count(network, kBias)) << " parameters ("
              << grouped(parameter_count(network, course::Bias::kColumn)) << " without biases past the first layer)\n";
}

int run(Settings settings) {
    examples::prepare_folder(settings.output);
    xgrad::set_num_threads(settings.threads);
    if (settings.float64) xgrad::set_default_dtype(xgrad::kFloat64);
    if (settings.quick) settings.training.max_steps = 300;

    const examples::Splits data = load_data();
    describe(settings.network);
    xgrad::manual_seed(settings.seed);
    const examples::Trainee trainee = course::network(settings.network, kBias);

    const examples::InterruptGuard guard;
    const examples::History history = examples::train(trainee.model, *trainee.optimizer, data, settings.training);
    std::cout << report(history);

    const std::string title = "MNIST, " + layer_sizes(settings.network) + " network: accuracy " +
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
