#include "derivations.h"

namespace derivations {

using xgrad::Tensor;
namespace autograd = xgrad::autograd;
namespace F = xgrad::nn::functional;

namespace {

struct ByHand : autograd::Function<ByHand> {
    static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x, const Formula& formula) {
        ctx->save_for_backward({x});
        ctx->saved_data["formula"] = std::shared_ptr<const void>(std::make_shared<Formula>(formula));
        return formula.value(x);
    }
    static autograd::tensor_list backward(autograd::AutogradContext* ctx, autograd::tensor_list grads) {
        const auto& formula = *static_cast<const Formula*>(ctx->saved_data["formula"].toCapsule().get());
        return {grads[0] * formula.gradient(ctx->get_saved_variables()[0]), Tensor()};
    }
};

Tensor normal(xgrad::IntArrayRef sizes, std::uint64_t seed) {
    return xgrad::randn(sizes, xgrad::Generator(seed), xgrad::kFloat64);
}

/// Images whose last entry is the 1 that carries the bias.
Tensor images(std::int64_t count, std::int64_t pixels) {
    Tensor x = normal({count, pixels}, 1);
    x.select(1, pixels - 1).fill_(1);
    return x;
}

/// Images take the classes in turn.
Tensor targets(std::int64_t count, std::int64_t classes) {
    return xgrad::one_hot(xgrad::arange(count).remainder(classes), classes).to(xgrad::kFloat64);
}

Tensor cross_entropy(const Tensor& logits, const Tensor& target) {
    return F::cross_entropy(logits, target, F::CrossEntropyFuncOptions().reduction(xgrad::kSum));
}

/// The chain rule, for h = f(g(x)) with f = sin and g(x) = x^2.
void add_chain_rule(std::vector<Derivation>& all) {
    const auto value = [](const Tensor& x) { return x.square().sin().sum(); };
    const Formula right{value, [](const Tensor& x) { return x.square().cos() * 2 * x; }};
    const Tensor at = xgrad::tensor({0.3, 1.1, -0.7, 1.6}, xgrad::kFloat64);
    all.push_back({"000",
                   "1a",
                   "x",
                   "dz/dx = dz/dy dy/dz",
                   "dy/dx belongs in the place of dy/dz: these two factors make 1",
                   at,
                   {value, [](const Tensor& x) { return x.square().cos() * (1 / x.square().cos()); }},
                   right});
    all.push_back({"000",
                   "1a",
                   "x",
                   "h'(x) = f'(g(x)) g(x)",
                   "g where g' belongs",
                   at,
                   {value, [](const Tensor& x) { return x.square().cos() * x.square(); }},
                   right});
}

/// Binary cross entropy as a function of the output.
void add_binary_cost(std::vector<Derivation>& all) {
    const Tensor y = xgrad::tensor({1., 0., 0., 1.}, xgrad::kFloat64);
    const auto printed = [=](const Tensor& f) { return (-y * f.log() + (1 - y) * (1 - f).log()).sum(); };
    const auto bracketed = [=](const Tensor& f) { return -(y * f.log() + (1 - y) * (1 - f).log()).sum(); };
    const auto gradient = [=](const Tensor& f) { return -y / f + (1 - y) / (1 - f); };
    all.push_back(
        {"000, 001",
         "1a",
         "yhat",
         "C = -y ln yhat + (1 - y) ln(1 - yhat)",
         "the brackets are lost, so the second term has the other sign; its derivative is that of the right C",
         xgrad::tensor({0.8, 0.3, 0.6, 0.4}, xgrad::kFloat64),
         {printed, gradient},
         {bracketed, gradient}});
}

/// Softmax regression, alone and with the penalty lambda R(w), R = sum w^2.
void add_penalty(std::vector<Derivation>& all) {
    constexpr double kLambda = 0.1, kCount = 6;
    const Tensor x = images(6, 5), y = targets(6, 4), w = normal({5, 4}, 3);
    const auto yhat = [=](const Tensor& weights) { return x.matmul(weights).softmax(1); };
    const auto cost = [=](const Tensor& weights) { return cross_entropy(x.matmul(weights), y) / kCount; };
    const auto penalised = [=](const Tensor& weights) { return cost(weights) + kLambda * weights.square().sum(); };
    const auto of_cost = [=](const Tensor& weights) { return -x.t().matmul(y - yhat(weights)) / kCount; };
    const Formula right{penalised, [=](const Tensor& v) { return of_cost(v) + 2 * kLambda * v; }};
    all.push_back({"000",
                   "4a",
                   "w",
                   "dJ/dw = -(1/N) sum x (y + yhat) + 2 lambda w",
                   "the sign: y - yhat",
                   w,
                   {penalised, [=](const Tensor& v) { return -x.t().matmul(y + yhat(v)) / kCount + 2 * kLambda * v; }},
                   right});
    all.push_back({"000",
                   "4a",
                   "w",
                   "dJ/dw = dC/dw + dR/dw",
                   "lambda is missing before dR/dw",
                   w,
                   {penalised, [=](const Tensor& v) { return of_cost(v) + 2 * v; }},
                   right});
    all.push_back({"000",
                   "4a",
                   "w",
                   "dC/dw = -(1/N) sum x (y - yhat) where y = 1; \"the rest don't matter\"",
                   "the classes with y = 0 get the gradient x yhat",
                   w,
                   {cost, [=](const Tensor& v) { return -x.t().matmul(y * (y - yhat(v))) / kCount; }},
                   {cost, of_cost}});
}

/// A network with one hidden layer of logistic units: `units` of them, three classes.
struct Network {
    explicit Network(std::int64_t units) : w_hidden(normal({units, 5}, 7)), w_output(normal({3, units}, 8)) {
        z_hidden = x.matmul(w_hidden.t());
        delta_k = z_hidden.sigmoid().matmul(w_output.t()).softmax(1) - t;
        slope = z_hidden.sigmoid() * (1 - z_hidden.sigmoid());
        delta_j = slope * delta_k.matmul(w_output);
    }

    Tensor cost_of_z(const Tensor& z) const { return cross_entropy(z.sigmoid().matmul(w_output.t()), t); }
    Tensor cost_of_w(const Tensor& w) const { return cost_of_z(x.matmul(w.t())); }

    Tensor x = images(6, 5), t = targets(6, 3);
    Tensor w_hidden, w_output;
    Tensor z_hidden, slope, delta_k, delta_j;
};

/// Backpropagation to the hidden layer. Gradients are those at the point itself, so that no line has to say more than
/// the report.
void add_backpropagation(std::vector<Derivation>& all) {
    const Network net(4), square(3);
    const auto of_z = [](const Network& n, const Tensor& gradient) {
        return Formula{[=](const Tensor& z) { return n.cost_of_z(z); }, [=](const Tensor&) { return gradient; }};
    };
    const auto of_w = [&](const Tensor& gradient) {
        return Formula{[=](const Tensor& w) { return net.cost_of_w(w); }, [=](const Tensor&) { return gradient; }};
    };
    const Tensor errors = net.delta_k.sum({1}, true);  // of an image: 0, but for rounding
    all.push_back({"002", "1a", "w_ji", "delta_j = f'(z_j) sum_k delta_k x_i", "x_i where w_kj belongs", net.w_hidden,
                   of_w((net.slope * errors).t().matmul(net.x.square())), of_w(net.delta_j.t().matmul(net.x))});
    all.push_back({"002", "1a", "z_j", "delta_j = -(t_j - y_j) in every layer", "that is the output layer's alone",
                   square.z_hidden, of_z(square, square.delta_k), of_z(square, square.delta_j)});
    all.push_back({"003", "1a", "z_j", "delta_j = delta_k sum_k w_kj f'(z_j)", "delta_k belongs inside the sum",
                   net.z_hidden, of_z(net, net.delta_k.narrow(1, 0, 1) * net.w_output.sum({0}) * net.slope),
                   of_z(net, net.delta_j)});
    all.push_back({"003", "1a", "w_ji", "dL/dw_ji = ... dz_j/da_kj", "the last factor is dz_j/dw_ji = x_i",
                   net.w_hidden, of_w((net.delta_j / net.slope).t().matmul(xgrad::ones_like(net.x))),
                   of_w(net.delta_j.t().matmul(net.x))});
}

/// f(x) = 1.7159 tanh(2x/3).
void add_improved_sigmoid(std::vector<Derivation>& all) {
    constexpr double kFour = 4.0 / 3 * 1.7159;
    const auto value = [](const Tensor& x) { return (1.7159 * (2 * x / 3).tanh()).sum(); };
    const Tensor at = xgrad::linspace(-3, 3, 7, xgrad::kFloat64);
    all.push_back({"002",
                   "3b",
                   "x",
                   "f' = (4/3) 1.7159 / cosh^2(2x/3)",
                   "the inner derivative 2/3 is counted twice",
                   at,
                   {value, [=](const Tensor& x) { return kFour / (2 * x / 3).cosh().square(); }},
                   {value, [=](const Tensor& x) { return kFour / 2 / (2 * x / 3).cosh().square(); }}});
    all.push_back({"002",
                   "3b",
                   "x",
                   "f' = (4/3) 1.7159 / cosh(4x/3) + 1",
                   "the 1 belongs into the denominator",
                   at,
                   {value, [=](const Tensor& x) { return kFour / (4 * x / 3).cosh() + 1; }},
                   {value, [=](const Tensor& x) { return kFour / ((4 * x / 3).cosh() + 1); }}});
}

}  // namespace

Tensor apply(const Formula& formula, const Tensor& x) { return ByHand::apply(x, formula); }

std::vector<Derivation> assignment1() {
    std::vector<Derivation> all;
    add_chain_rule(all);
    add_binary_cost(all);
    add_penalty(all);
    return all;
}

std::vector<Derivation> assignment2() {
    std::vector<Derivation> all;
    add_backpropagation(all);
    add_improved_sigmoid(all);
    return all;
}

}  // namespace derivations
