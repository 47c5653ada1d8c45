// Two steps of a small network on the embedded data, which must be found wherever the package was moved.
#include <iostream>

#include <xgrad.h>

int main() {
    namespace nn = xgrad::nn;
    xgrad::manual_seed(1);
    const xgrad::data::datasets::MNIST data(xgrad::data::datasets::MNIST::Mode::kTest);
    const auto images = data.images().slice(0, 0, 100).reshape({100, 784});
    const auto labels = data.targets().slice(0, 0, 100);

    nn::Sequential net(nn::Linear(784, 8), nn::Tanh(), nn::Linear(8, 10));
    xgrad::optim::SGD optimizer(net->parameters(), xgrad::optim::SGDOptions(0.1));
    const auto loss = [&] { return nn::functional::cross_entropy(net->forward(images), labels); };

    const float before = loss().item<float>();
    for (int step = 0; step < 2; ++step) {
        optimizer.zero_grad();
        loss().backward();
        optimizer.step();
    }
    const float after = loss().item<float>();
    std::cout << "loss " << before << " -> " << after << '\n';
    return after < before ? 0 : 1;
}
