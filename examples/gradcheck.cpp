// Holds derivatives written by hand against differences: those of an operation with an error planted in it, those of
// the reports on the course's assignments, those of whole networks. --help says what can be chosen.
#include <xgrad.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <string>

#include "common/text.h"
#include "common/validators.h"
#include "gradcheck/derivations.h"

using xgrad::Tensor;
using xgrad::TensorList;
using xgrad::autograd::AutogradContext;
using xgrad::autograd::check_module;
using xgrad::autograd::gradcheck;
using xgrad::autograd::GradcheckOptions;
using xgrad::autograd::GradcheckResult;
using xgrad::autograd::gradgradcheck;
namespace nn = xgrad::nn;

namespace {

struct Settings {
    bool quick = false;
    std::size_t worst = 3;
    std::uint64_t seed = 0;
};

/// Prints what checks find, and counts those that pass or fail when they should not.
class Findings {
  public:
    void section(const std::string& title) const { std::cout << '\n' << title << '\n'; }

    void passes(const std::string& what, const GradcheckResult& result) { add(what, {}, result, result.passed()); }
    void fails(const std::string& what, const std::string& why, const GradcheckResult& result) {
        add(what, why, result, !result.passed());
    }

    int total() const { return total_; }
    int surprises() const { return surprises_; }

  private:
    /// A check that passes in a line, one that fails with its table.
    void add(const std::string& what, const std::string& why, const GradcheckResult& result, bool as_expected) {
        ++total_;
        surprises_ += !as_expected;
        std::cout << (result ? "  [passes] " : "\n  [fails]  ") << what;
        if (result) std::cout << " (" << examples::grouped(result.checked) << " derivatives)";
        std::cout << (as_expected ? "\n" : "   <-- UNEXPECTED\n");
        if (result) return;
        std::ostringstream table;
        table << result;
        std::istringstream lines(why + '\n' + table.str());
        for (std::string line; std::getline(lines, line);) std::cout << kIndent << line << '\n';
    }

    static constexpr const char* kIndent = "           ";

    int total_ = 0, surprises_ = 0;
};

// --- An operation

enum class Mistake { kNone, kOneTooFew, kKeptValue };

/// Layer normalisation of the rows of x with its backward by hand: y = gamma xhat + beta, xhat = (x - mean) /
/// deviation.
struct LayerNorm : xgrad::autograd::Function<LayerNorm> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                          Mistake mistake) {
        const Tensor xhat = (x - x.mean({1}, true)) * inverse_deviation(x);
        ctx->save_for_backward({x, gamma, xhat});
        ctx->saved_data["mistake"] = static_cast<std::int64_t>(mistake);
        return xhat * gamma + beta;
    }

    static TensorList backward(AutogradContext* ctx, TensorList grads) {
        const TensorList saved = ctx->get_saved_variables();
        const auto mistake = static_cast<Mistake>(ctx->saved_data["mistake"].toInt());
        const Tensor &x = saved[0], &gamma = saved[1], &g = grads[0];
        const Tensor xhat = mistake == Mistake::kKeptValue ? saved[2] : (x - x.mean({1}, true)) * inverse_deviation(x);

        const std::int64_t features = gamma.size(0) - (mistake == Mistake::kOneTooFew ? 1 : 0);
        Tensor of_gamma = xgrad::zeros_like(gamma);
        for (std::int64_t j = 0; j < features; ++j) of_gamma[j] = (g * xhat).select(1, j).sum();

        const Tensor of_xhat = g * gamma;
        const Tensor along_xhat = (of_xhat * xhat).mean({1}, true);
        const Tensor of_x = (of_xhat - of_xhat.mean({1}, true) - xhat * along_xhat) * inverse_deviation(x);
        return {of_x, of_gamma, g.sum({0}), Tensor()};
    }

  private:
    static Tensor inverse_deviation(const Tensor& x) { return (x.var({1}, 0, true) + 1e-5).rsqrt(); }
};

void check_operation(Findings& findings, const GradcheckOptions& options) {
    findings.section("Layer normalisation, its backward written by hand");
    const auto random = [&](xgrad::IntArrayRef sizes) { return xgrad::randn(sizes, xgrad::kFloat64).requires_grad_(); };
    const TensorList inputs{random({3, 5}), random({5}), random({5})};
    GradcheckOptions named = options;
    named.names = {"x", "gamma", "beta"};
    const auto layer_norm = [](Mistake mistake) {
        return [=](const TensorList& in) { return LayerNorm::apply(in[0], in[1], in[2], mistake); };
    };
    findings.fails("the gradient, with an error", "the loop over gamma's elements ends one too early",
                   gradcheck(layer_norm(Mistake::kOneTooFew), inputs, named));
    findings.passes("the loop mended", gradcheck(layer_norm(Mistake::kNone), inputs, named));
    findings.passes("with a value kept from forward", gradcheck(layer_norm(Mistake::kKeptValue), inputs, named));
    named.rtol *= 10;
    named.atol *= 10;
    findings.fails("the second derivative, with that value", "it has no history, so how it depends on x is missing",
                   gradgradcheck(layer_norm(Mistake::kKeptValue), inputs, named));
    findings.passes("the value computed anew", gradgradcheck(layer_norm(Mistake::kNone), inputs, named));
}

void check_kinks(Findings& findings, GradcheckOptions options) {
    findings.section("A kink: relu at -1, 0 and 1");
    const auto relu = [](const TensorList& in) { return xgrad::relu(in[0]); };
    const TensorList inputs{xgrad::tensor({-1, 0, 1}, xgrad::kFloat64).requires_grad_()};
    findings.fails("everywhere", "there is no derivative at 0", gradcheck(relu, inputs, options));
    options.skip_kinks = true;
    findings.passes("but at kinks", gradcheck(relu, inputs, options));
}

// --- The assignments

void check_derivations(Findings& findings, const std::string& assignment,
                       const std::vector<derivations::Derivation>& all, GradcheckOptions options) {
    findings.section(assignment + ": what the reports derived wrongly");
    for (const derivations::Derivation& d : all) {
        options.names = {d.variable};
        const auto check = [&](const derivations::Formula& formula) {
            const auto function = [&](const TensorList& in) { return derivations::apply(formula, in[0]); };
            return gradcheck(function, {d.at.clone().requires_grad_()}, options);
        };
        findings.fails(d.report + ", " + d.task + ": " + d.text, d.mistake, check(d.written));
        findings.passes("mended", check(d.right));
    }
}

// --- Networks

/// 784-64-10, as assignment 2 trains it.
nn::Sequential network(const nn::Functional& activation) {
    return nn::Sequential(nn::Linear(784, 64), activation, nn::Linear(64, 10));
}

/// The improved sigmoid with a slope by hand.
Tensor with_slope(const Tensor& x, double slope_at_0) {
    return derivations::apply({[](const Tensor& z) { return 1.7159 * (2 * z / 3).tanh(); },
                               [=](const Tensor& z) { return slope_at_0 / (2 * z / 3).cosh().square(); }},
                              x);
}

/// The first images of MNIST as assignment 2 normalises them.
Tensor images(std::int64_t count) {
    const xgrad::data::datasets::MNIST mnist;
    const Tensor pixels = mnist.images_uint8().narrow(0, 0, count).flatten(1).to(xgrad::kFloat64);
    return (pixels - 33.55274553571429) / 78.87550070784701;
}

void check_networks(Findings& findings, GradcheckOptions options, bool quick) {
    findings.section("The 784-64-10 network on ten images: millions of derivatives, along random directions");
    const Tensor x = images(10);
    const auto check = [&](nn::Sequential net) {
        net->to(x.dtype());
        return check_module(net, {x}, options);
    };
    findings.fails("with the slope of 002, 3b, in the hidden layer", "of a projection that differs, an entry is found",
                   check(network(nn::Functional([](const Tensor& z) { return with_slope(z, 4.0 / 3 * 1.7159); }))));
    findings.passes("with the right slope",
                    check(network(nn::Functional([](const Tensor& z) { return with_slope(z, 2.0 / 3 * 1.7159); }))));
    findings.passes("in single precision",
                    check_module(network(nn::Functional(xgrad::improved_sigmoid)), {x.to(xgrad::kFloat32)}, options));
    options.second_order = !quick;
    findings.passes(quick ? "as the library has it" : "as the library has it, second derivatives too",
                    check(network(nn::Functional(xgrad::improved_sigmoid))));
}

int run(const Settings& settings) {
    xgrad::manual_seed(settings.seed);
    GradcheckOptions options;
    options.worst = settings.worst;
    options.seed = settings.seed;
    options.raise_exception = false;

    Findings findings;
    check_operation(findings, options);
    check_kinks(findings, options);
    check_derivations(findings, "Assignment 1", derivations::assignment1(), options);
    check_derivations(findings, "Assignment 2", derivations::assignment2(), options);
    check_networks(findings, options, settings.quick);
    std::cout << '\n' << findings.total() << " checks, " << findings.surprises() << " of them not as they should be\n";
    return findings.surprises() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Holds derivatives written by hand against differences.");
    app.add_option("--worst", settings.worst, "rows of each table")
        ->check(examples::whole_number(1))
        ->capture_default_str();
    app.add_option("--seed", settings.seed, "seed of the random numbers")
        ->check(examples::whole_number(0))
        ->capture_default_str();
    app.add_flag("--quick", settings.quick, "without the second derivatives of the large network");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::cerr << "gradcheck: " << error.what() << '\n';
        return 1;
    }
}
