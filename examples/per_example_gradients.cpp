// Gradients of single examples while a network learns the digits of MNIST: how noisy its steps are, and which images
// pull hardest. --help says what can be chosen.
#include "per_example_gradients/network.h"

#include <chrono>
#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <string>

#include "common/course.h"
#include "common/figure.h"
#include "common/files.h"
#include "common/image_grid.h"
#include "common/networks.h"
#include "common/text.h"
#include "common/validators.h"

namespace course = examples::course;
using namespace examples::per_example;
using namespace xgrad;
using examples::fixed;

namespace {

struct Settings {
    std::int64_t steps = 3'000;
    std::int64_t batch = 64;
    std::int64_t probe = 512;
    std::uint64_t seed = 0;
    std::string output = "results";
    bool quick = false;
};

void add_options(CLI::App& app, Settings& settings) {
    const auto add = [&](const char* name, auto& value, const std::string& text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    add("--steps", settings.steps, "of training")->check(examples::whole_number(1));
    add("--batch", settings.batch, "images a step")->check(examples::whole_number(1, 20'000));
    add("--probe", settings.probe, "images whose gradients are looked at")->check(examples::whole_number(20, 5'000));
    add("--seed", settings.seed, "seed of the random numbers")->check(examples::whole_number(0));
    add("--output", settings.output, "folder for the figures");
    app.add_flag("--quick", settings.quick, "300 steps, 128 images");
}

struct Images {
    Tensor pixels;  // normalised (N, 784)
    Tensor labels;
};

Images load() {
    const course::Images images = course::load_data().training;
    return {course::normalise(course::moments(images.pixels))(images.pixels.to(kFloat32)), images.labels};
}

/// Trains, and looks at the gradients of the first images now and then.
class Study {
  public:
    Study(const Settings& settings, const Images& images)
        : settings_(settings),
          images_(images),
          optimizer_(net_->parameters(), optim::SGDOptions(0.02).momentum(0.9)),
          probe_{images.pixels.slice(0, 0, settings.probe), images.labels.slice(0, 0, settings.probe)} {}

    void run() {
        gradients(net_, probe_.pixels, probe_.labels);  // memory is there from now on
        std::cout << "  step    loss  |gradient|^2     noise  noise scale  time over a backward's\n";
        for (std::int64_t step = 0, look = 0; step <= settings_.steps; ++step) {
            if (step == look || step == settings_.steps) {
                report(step);
                look = std::max<std::int64_t>(3, 2 * look);
            }
            train();
        }
    }

    const std::vector<double>& steps() const { return steps_; }
    const std::vector<double>& noise_scales() const { return noise_scales_; }
    const Tensor& lengths() const { return lengths_; }
    const Images& probe() const { return probe_; }
    /// The largest of all differences to what is known otherwise.
    double difference() const { return difference_; }

  private:
    void train() {
        const Tensor batch = randint(images_.labels.size(0), {settings_.batch}, kInt64);
        optimizer_.zero_grad();
        const Tensor logits = net_(images_.pixels.index_select(0, batch));
        nn::functional::cross_entropy(logits, images_.labels.index_select(0, batch)).backward();
        optimizer_.step();
    }

    void report(std::int64_t step) {
        auto seconds = [last = std::chrono::steady_clock::now()]() mutable {
            const auto now = std::chrono::steady_clock::now();
            return std::chrono::duration<double>(now - std::exchange(last, now)).count();
        };
        const TensorList single = gradients(net_, probe_.pixels, probe_.labels);
        const double vectorised = seconds();
        const Tensor loss = nn::functional::cross_entropy(net_(probe_.pixels), probe_.labels);
        autograd::grad({loss}, net_->parameters());
        const double batched = seconds();

        const Spread found = spread(single);
        difference_ = std::max({difference_, difference_to_backward(net_, single, probe_.pixels, probe_.labels),
                                difference_to_closed_form(net_, single, probe_.pixels, probe_.labels)});
        std::cout << std::setw(6) << step << "  " << std::setw(6) << fixed(loss.item<double>(), 3) << "  "
                  << std::setw(12) << examples::scientific(found.signal) << "  " << std::setw(8)
                  << fixed(found.noise, 3) << "  " << std::setw(11) << fixed(found.noise_scale(), 1) << "  "
                  << std::setw(22) << fixed(vectorised / batched, 1) << '\n';
        steps_.push_back(static_cast<double>(step + 1));
        noise_scales_.push_back(found.noise_scale());
        lengths_ = found.lengths;
    }

    Settings settings_;
    Images images_;
    Net net_;
    optim::SGD optimizer_;
    Images probe_;
    std::vector<double> steps_, noise_scales_;
    Tensor lengths_;
    double difference_ = 0;
};

examples::ImageRow row(const std::string& title, const Study& study, const Tensor& places) {
    examples::ImageRow out{title, {}, {}};
    for (std::int64_t i = 0; i < places.size(0); ++i) {
        const auto place = places[i].item<std::int64_t>();
        out.labels.push_back(std::to_string(study.probe().labels[place].item<std::int64_t>()) + ": " +
                             examples::scientific(study.lengths()[place].item<double>(), 1));
        out.images.push_back(study.probe().pixels[place].view({28, 28}));
    }
    return out;
}

void say(const examples::SavedFigure& saved) {
    for (const auto& file : saved.files) std::cout << "wrote " << file.string() << '\n';
    if (!saved.problem.empty()) std::cout << "no picture: " << saved.problem << '\n';
}

void save_figures(const Study& study, const Settings& settings) {
    const examples::Curve scale{"noise scale", study.steps(), study.noise_scales(), {}, {}, {}, false, true};
    const auto last = static_cast<double>(settings.steps + 1);
    examples::Panel panel{"examples", {scale}, {}, examples::Legend::kTopLeft, {{1, last}}, true};
    say(examples::save_figure({"The batch beyond which larger ones help little", "step", {panel}}, settings.output,
                              "per_example_gradients"));
    const Tensor order = study.lengths().argsort(0, true);
    const std::int64_t n = order.size(0);
    const examples::ImageGrid grid{
        "Digits and the lengths of their gradients after " + examples::grouped(settings.steps) + " steps",
        {row("longest", study, order.slice(0, 0, 10)), row("shortest", study, order.slice(0, n - 10, n))}};
    say(examples::save_image_grid(grid, settings.output, "per_example_gradients_images"));
}

int run(Settings settings) {
    constexpr double kTolerance = 1e-4;  // of sums of so many float32
    examples::prepare_folder(settings.output);
    set_num_threads(1);
    if (settings.quick) {
        settings.steps = 300;
        settings.probe = 128;
    }
    manual_seed(settings.seed);
    Study study(settings, load());
    study.run();
    const bool right = study.difference() <= kTolerance;
    std::cout << "difference to batched gradients and to the closed form of the last layer's: "
              << examples::scientific(study.difference()) << (right ? "" : ", more than it may be") << '\n';
    save_figures(study, settings);
    return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Gradients of single examples while a network learns the digits of MNIST.");
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::cerr << "per_example_gradients: " << error.what() << '\n';
        return 1;
    }
}
