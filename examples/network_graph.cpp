// Draws the graph behind the loss of the assignments' network, and prints some tensors of it: --help says what can be
// chosen.
#include <xgrad.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "common/files.h"
#include "common/graph_picture.h"
#include "common/validators.h"

using namespace xgrad;

namespace {

/// 784-64-10 with the improved sigmoid, as assignment 2 has it.
struct NetImpl : nn::Module {
    NetImpl() : nn::Module("net") {
        fc1 = register_module("fc1", nn::Linear(784, 64));
        activation = register_module("activation", nn::ImprovedSigmoid());
        fc2 = register_module("fc2", nn::Linear(64, 10));
    }
    Tensor forward(const Tensor& x) { return fc2(activation(fc1(x))); }
    nn::Linear fc1{nullptr}, fc2{nullptr};
    nn::ImprovedSigmoid activation{nullptr};
};
XGRAD_MODULE(Net);

void run(const std::string& folder, std::int64_t batch) {
    examples::prepare_folder(folder);
    manual_seed(0);
    Net net;
    const Tensor images = randn({batch, 784}), labels = randint(10, {batch}, kInt64);

    const autograd::RecordModulePathsGuard guard;
    const Tensor logits = net(images);
    const Tensor loss = nn::functional::cross_entropy(logits, labels);
    std::cout << "net->fc2->bias = " << repr(net->fc2->bias) << "\nlogits = " << repr(logits.slice(0, 0, 2))
              << "\nloss = " << repr(loss) << '\n';

    auto names = net->named_parameters().pairs();
    names.emplace_back("loss", loss);
    const auto saved = examples::save_graph(to_dot(loss, names), folder, "network_graph");
    for (const auto& file : saved.files) std::cout << "wrote " << file.string() << '\n';
    if (!saved.problem.empty()) std::cout << "no picture: " << saved.problem << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder = "results";
    std::int64_t batch = 32;
    bool quick = false;
    CLI::App app("Draws the graph behind the loss of a 784-64-10 network.");
    app.add_option("--batch", batch, "images")->check(examples::whole_number(1))->capture_default_str();
    app.add_option("--output", folder, "folder for the picture")->capture_default_str();
    app.add_flag("--quick", quick, "only two images");
    CLI11_PARSE(app, argc, argv);
    try {
        run(folder, quick ? 2 : batch);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "network_graph: " << error.what() << '\n';
        return 1;
    }
}
