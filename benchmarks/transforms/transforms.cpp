// What transforms cost beside what they transform: the 784-64-10 network in single precision, one thread, both sides in
// turn. Usage: benchmark_transforms [ROUNDS [SECONDS]]; prints medians of the rounds and of their ratios.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "../data.h"
#include "../timing.h"

using namespace benchmarks;
using namespace xgrad;

namespace {

/// A function and the most that its transform may take, relative to it.
struct Comparison {
    std::string name;
    double limit;
    std::function<void()> function, transform;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void compare(const Comparison& c, int rounds, double seconds) {
    std::vector<double> plain, transformed, ratios;
    for (int round = 0; round < rounds; ++round) {
        plain.push_back(median_time(c.function, seconds));
        transformed.push_back(median_time(c.transform, seconds));
        ratios.push_back(transformed.back() / plain.back());
    }
    const auto [least, most] = std::ranges::minmax(ratios);
    const double ratio = median(ratios);
    std::printf("%-44s %8.1f us %8.1f us   %5.2f (%.2f to %.2f), at most %.1f%s\n", c.name.c_str(), median(plain),
                median(transformed), ratio, least, most, c.limit, ratio <= c.limit ? "" : "   MISSED");
}

nn::Sequential network() {
    nn::Sequential net(nn::Linear(784, 64), nn::Tanh(), nn::Linear(64, 10));
    initialise(net->parameters());
    return net;
}

TensorList detached(const TensorList& tensors) {
    TensorList out;
    for (const Tensor& x : tensors) out.push_back(x.detach());
    return out;
}

/// jvp beside forward, by the parameters, by the images, and by both.
std::vector<Comparison> forward_mode() {
    nn::Sequential net = network();
    const auto f = [net](const TensorList& in) {
        return func::functional_call(net, TensorList(in.begin(), in.end() - 1), in.back());
    };
    TensorList inputs = detached(net->parameters()), tangents;
    inputs.push_back(uniform({32, 784}));
    for (const Tensor& x : inputs) tangents.push_back(uniform(x.sizes().vec()));
    TensorList by_parameters = tangents, by_images(inputs.size());
    by_parameters.back().reset();
    by_images.back() = tangents.back();
    const std::function<void()> forward = [net, x = inputs.back()]() mutable {
        const NoGradGuard no_graph;
        net->forward(x);
    };
    const auto along = [=](const TensorList& t) { return [=] { func::jvp(f, inputs, t); }; };
    return {{"jvp by the parameters, batch 32", 2.5, forward, along(by_parameters)},
            {"jvp by the images, batch 32", 2.5, forward, along(by_images)},
            {"jvp by both, batch 32", 3.5, forward, along(tangents)}};
}

/// Per-example gradients beside forward and backward of the batch.
Comparison per_example_gradients() {
    nn::Sequential net = network();
    const Tensor x = uniform({128, 784}), y = labels(128, 10);
    TensorList inputs = detached(net->parameters());
    inputs.insert(inputs.end(), {x, y});
    const auto loss = [net](const TensorList& in) {
        const Tensor scores = func::functional_call(net, TensorList(in.begin(), in.end() - 2), in[4]);
        return nn::functional::cross_entropy(scores, in[5]);
    };
    const auto gradients =
        func::vmap(func::grad(loss, {0, 1, 2, 3}), {std::nullopt, std::nullopt, std::nullopt, std::nullopt, 0, 0});
    const std::function<void()> of_batch = [=]() mutable {
        net->zero_grad();
        nn::functional::cross_entropy(net->forward(x), y).backward();
    };
    return {"vmap(grad) over 128 examples", 4, of_batch, [=] { gradients(inputs); }};
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 0.1;
    set_num_threads(1);
    std::vector<Comparison> all = forward_mode();
    all.push_back(per_example_gradients());
    for (const Comparison& c : all) compare(c, rounds, seconds);
}
