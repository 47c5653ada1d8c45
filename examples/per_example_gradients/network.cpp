#include "network.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace examples::per_example {

using namespace xgrad;

namespace {

constexpr std::size_t kLastWeight = 2;  // of the parameters

/// The greatest magnitude of any element.
double largest(const Tensor& x) { return x.abs().max().item<double>(); }

}  // namespace

NetImpl::NetImpl() {
    fc1 = register_module("fc1", nn::Linear(784, 64));
    fc2 = register_module("fc2", nn::Linear(64, 10));
}

Tensor NetImpl::hidden(const Tensor& x) { return improved_sigmoid(fc1(x)); }

TensorList gradients(Net& net, const Tensor& images, const Tensor& labels) {
    TensorList inputs = net->parameters();
    const std::size_t count = inputs.size();
    const auto loss = [&](const TensorList& in) {
        const TensorList parameters(in.begin(), in.end() - 2);
        const Tensor logits = func::functional_call(net, parameters, in[count].unsqueeze(0));
        return nn::functional::cross_entropy(logits, in[count + 1].unsqueeze(0));
    };
    std::vector<std::int64_t> of_parameters(count);
    std::iota(of_parameters.begin(), of_parameters.end(), 0);
    std::vector<std::optional<std::int64_t>> example_dims(count, std::nullopt);  // the same for all examples
    example_dims.insert(example_dims.end(), 2, 0);
    inputs.insert(inputs.end(), {images, labels});
    const NoGradGuard no_grad;
    return func::vmap(func::grad(loss, of_parameters), example_dims)(inputs);
}

Spread spread(const TensorList& gradients) {
    const std::int64_t n = gradients[0].size(0);
    const auto count = static_cast<double>(n);
    Tensor squares = zeros({n}, kFloat64);
    double of_mean = 0;
    for (const Tensor& gradient : gradients) {
        squares += gradient.flatten(1).square().sum(1);
        of_mean += gradient.mean(0).square().sum().item<double>();
    }
    Spread out{.lengths = squares.sqrt()};
    out.noise = (squares.sum().item<double>() - count * of_mean) / (count - 1);
    out.signal = of_mean - out.noise / count;
    return out;
}

double difference_to_backward(Net& net, const TensorList& gradients, const Tensor& images, const Tensor& labels) {
    const Tensor loss = nn::functional::cross_entropy(net(images), labels);
    const TensorList batched = autograd::grad({loss}, net->parameters());
    double difference = 0, scale = 0;
    for (std::size_t i = 0; i < batched.size(); ++i) {
        difference = std::max(difference, largest(gradients[i].mean(0) - batched[i]));
        scale = std::max(scale, largest(batched[i]));
    }
    return difference / scale;
}

double difference_to_closed_form(Net& net, const TensorList& gradients, const Tensor& images, const Tensor& labels) {
    const NoGradGuard no_grad;
    const Tensor hidden = net->hidden(images);
    const Tensor errors = net->fc2(hidden).softmax(1) - one_hot(labels, 10).to(hidden.dtype());
    const Tensor expected = (errors.square().sum(1) * hidden.square().sum(1)).sqrt();
    const Tensor found = gradients[kLastWeight].flatten(1).square().sum(1).sqrt();
    return largest(found - expected) / largest(expected);
}

}  // namespace examples::per_example
