// Programs as they are written against libtorch, with another include.
#include <doctest/doctest.h>

#include <xgrad/torch.h>

#include <cmath>
#include <memory>
#include <sstream>
#include <vector>

namespace {

struct Net : torch::nn::Module {
    Net() {
        fc1 = register_module("fc1", torch::nn::Linear(16, 32));
        fc2 = register_module("fc2", torch::nn::Linear(torch::nn::LinearOptions(32, 10).bias(true)));
    }
    torch::Tensor forward(torch::Tensor x) {
        x = torch::relu(fc1->forward(x.reshape({x.size(0), 16})));
        return torch::log_softmax(fc2->forward(x), /*dim=*/1);
    }
    torch::nn::Linear fc1{nullptr}, fc2{nullptr};
};

/// Digits of a kind: class i is lit at pixel i.
class Digits : public torch::data::datasets::Dataset<Digits> {
  public:
    explicit Digits(std::size_t size) : size_(size) {}
    torch::data::Example<> get(std::size_t index) override {
        const auto label = static_cast<std::int64_t>(index % 10);
        torch::Tensor image = torch::zeros({4, 4});
        image[label / 4][label % 4] = 1;
        return {image + 0.1 * torch::rand({4, 4}), torch::tensor(label)};
    }
    torch::optional<std::size_t> size() const override { return size_; }

  private:
    std::size_t size_;
};

template <class Loader>
double train(Net& net, Loader& loader, torch::optim::Optimizer& optimizer, torch::Device device) {
    net.train();
    double last = 0;
    for (auto& batch : *loader) {
        auto data = batch.data.to(device), targets = batch.target.to(device);
        optimizer.zero_grad();
        auto output = net.forward(data);
        auto loss = torch::nn::functional::nll_loss(output, targets);
        TORCH_INTERNAL_ASSERT(!std::isnan(loss.template item<float>()));
        loss.backward();
        optimizer.step();
        last = loss.item().toDouble();
    }
    return last;
}

}  // namespace

TEST_CASE("a network is trained on a data set of one's own") {
    torch::manual_seed(1);
    torch::DeviceType device_type = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
    torch::Device device(device_type);
    auto net = std::make_shared<Net>();
    net->to(device);
    auto dataset = Digits(200).map(torch::data::transforms::Stack<>());
    auto loader = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(std::move(dataset),
                                                                                          /*batch_size=*/20);
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.5).momentum(0.5));
    double loss = 0;
    for (int epoch = 0; epoch < 6; ++epoch) loss = train(*net, loader, optimizer, device);
    CHECK(loss < 0.1);

    torch::NoGradGuard no_grad;
    net->eval();
    torch::Tensor test = torch::zeros({1, 4, 4});
    test.index_put_({0, 1, 3}, 1);
    auto prediction = net->forward(test).argmax(1);
    CHECK(prediction.item<int64_t>() == 7);

    std::vector<std::string> names;
    for (const auto& parameter : net->named_parameters()) names.push_back(parameter.key());
    CHECK(names == std::vector<std::string>{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"});
}

namespace {

class LinearFunction : public torch::autograd::Function<LinearFunction> {
  public:
    static torch::Tensor forward(torch::autograd::AutogradContext* ctx, torch::Tensor input, torch::Tensor weight,
                                 torch::Tensor bias = torch::Tensor()) {
        ctx->save_for_backward({input, weight, bias});
        auto output = input.mm(weight.t());
        if (bias.defined()) output += bias.unsqueeze(0).expand_as(output);
        return output;
    }
    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::tensor_list grad_outputs) {
        auto saved = ctx->get_saved_variables();
        auto input = saved[0];
        auto weight = saved[1];
        auto bias = saved[2];
        auto grad_output = grad_outputs[0];
        auto grad_input = grad_output.mm(weight);
        auto grad_weight = grad_output.t().mm(input);
        auto grad_bias = torch::Tensor();
        if (bias.defined()) grad_bias = grad_output.sum(0);
        return {grad_input, grad_weight, grad_bias};
    }
};

class MulConstant : public torch::autograd::Function<MulConstant> {
  public:
    static torch::Tensor forward(torch::autograd::AutogradContext* ctx, torch::Tensor tensor, double constant) {
        ctx->saved_data["constant"] = constant;
        return tensor * constant;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                   torch::autograd::variable_list grad_outputs) {
        return {grad_outputs[0] * ctx->saved_data["constant"].toDouble(), torch::Tensor()};
    }
};

}  // namespace

TEST_CASE("custom functions") {
    auto x = torch::randn({2, 3}).requires_grad_();
    auto weight = torch::randn({4, 3}).requires_grad_();
    auto y = LinearFunction::apply(x, weight, torch::Tensor());
    y.sum().backward();
    CHECK(torch::allclose(x.grad(), torch::ones({2, 4}).mm(weight)));
    CHECK(torch::allclose(weight.grad(), torch::ones({4, 2}).mm(x)));

    auto z = torch::randn({2}).requires_grad_();
    MulConstant::apply(z, 5.5).sum().backward();
    CHECK(torch::equal(z.grad(), torch::full({2}, 5.5)));
}

TEST_CASE("gradients, hooks, higher order") {
    torch::Tensor x = torch::ones({2, 2}, torch::requires_grad());
    auto y = x + 2;
    CHECK(y.grad_fn()->name() == "AddBackward0");
    auto z = y * y * 3;
    auto out = z.mean();
    out.backward();
    CHECK(torch::equal(x.grad(), torch::full({2, 2}, 4.5)));

    auto v = torch::tensor({0.1, 1.0, 0.0001}, torch::kFloat);
    auto a = torch::ones({3}, torch::requires_grad());
    auto b = a * 2;
    auto h = b.register_hook([](torch::Tensor grad) { return grad * 2; });
    b.backward(v, /*retain_graph=*/true);
    CHECK(torch::allclose(a.grad(), v * 4));
    b.remove_hook(h);

    auto model = torch::nn::Linear(4, 3);
    auto input = torch::randn({3, 4}).requires_grad_(true);
    auto loss = torch::nn::MSELoss()(model(input), torch::randn({3, 3}));
    auto gradient = torch::autograd::grad({loss}, {input}, /*grad_outputs=*/{torch::ones_like(loss)},
                                          /*retain_graph=*/true, /*create_graph=*/true)[0];
    auto penalty = torch::pow(gradient.norm(2, /*dim=*/1) - 1, 2).mean();
    (loss + penalty).backward();
    CHECK(input.grad().defined());
    CHECK(model->weight.grad().defined());
}

TEST_CASE("indexing") {
    using torch::indexing::Ellipsis;
    using torch::indexing::None;
    using torch::indexing::Slice;
    auto t = torch::arange(12, torch::kInt64).view({3, 4});
    CHECK(torch::equal(t.index({0}), torch::tensor({0, 1, 2, 3})));
    CHECK(torch::equal(t.index({Slice(None, 2), 1}), torch::tensor({1, 5})));
    CHECK(torch::equal(t.index({Ellipsis, -1}), torch::tensor({3, 7, 11})));
    CHECK(torch::equal(t.index({"...", Slice(1, None, 2)}), t.index({Slice(), torch::tensor({1, 3})})));
    CHECK(t.index({None}).sizes() == torch::IntArrayRef({1, 3, 4}));
    CHECK(torch::equal(t.index({t > 9}), torch::tensor({10, 11})));
    t.index_put_({Slice(), 0}, 7);
    CHECK(t[2][0].item<int64_t>() == 7);
    auto accessor = t.accessor<int64_t, 2>();
    CHECK(accessor[1][1] == 5);
}

TEST_CASE("printing") {
    std::ostringstream text;
    text << torch::tensor({1, 2}) << ' ' << torch::ones({2, 3}).sizes() << ' ' << torch::kFloat;
    CHECK(text.str() == " 1\n 2\n[ CPULongType{2} ] [2, 3] Float");
}
