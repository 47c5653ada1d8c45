// The least that trains: what a user compiles.
#include "../backend.h"

int main() {
    torch::manual_seed(0);
    torch::nn::Sequential net(torch::nn::Linear(4, 8), torch::nn::Tanh(), torch::nn::Linear(8, 1));
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
    const torch::Tensor x = torch::randn({32, 4}), y = x.sum(torch::IntArrayRef({1}), true);
    float loss = 0;
    for (int step = 0; step < 100; ++step) {
        optimizer.zero_grad();
        const torch::Tensor error = (net->forward(x) - y).pow(2).mean();
        error.backward();
        optimizer.step();
        loss = error.item<float>();
    }
    return loss < 1 ? 0 : 1;
}
