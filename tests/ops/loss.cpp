#include <cmath>
#include <limits>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/functional/loss.h>

#include "derivatives.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;
using samples::check_derivatives;

namespace {

constexpr Reduction kReductions[] = {kNone, kMean, kSum};
using Dims = std::vector<std::int64_t>;
using CrossEntropy = F::CrossEntropyFuncOptions;
using Nll = F::NLLLossFuncOptions;

/// -w[t] x[t] at each target (flattened), and the weights, by a loop; `x` is (N, C, S), contiguous, float64.
struct ByLoop {
    std::vector<double> loss, weight;

    Tensor reduced(const Tensor& target, Reduction reduction) const {
        double sum = 0, total = 0;
        for (std::size_t i = 0; i < loss.size(); ++i) {
            sum += loss[i];
            total += weight[i];
        }
        if (reduction == kNone) return tensor(loss, kFloat64).reshape(target.sizes());
        return tensor(reduction == kSum ? sum : sum / total, kFloat64);
    }
};

ByLoop nll_by_loop(const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored) {
    ByLoop out;
    const std::int64_t n = x.size(1), inner = x.size(2);
    for (std::int64_t i = 0; i < target.numel(); ++i) {
        const std::int64_t t = target.reshape({-1})[i].item<std::int64_t>();
        const double w = t == ignored ? 0 : weight.defined() ? weight[t].item<double>() : 1;
        out.weight.push_back(w);
        out.loss.push_back(t == ignored ? 0 : -w * x.data_ptr<double>()[(i / inner * n + t) * inner + i % inner]);
    }
    return out;
}

Tensor gradient_of(const Tensor& loss, const Tensor& x, bool create_graph = false) {
    return autograd::grad({loss.sum()}, {x}, {}, true, create_graph)[0];
}

}  // namespace

TEST_CASE("losses of class indices agree with a loop: weights, ignored targets, reductions, shapes") {
    struct Case {
        Dims input, target;
    };
    for (const Case& c : {Case{{4}, {}}, Case{{5, 4}, {5}}, Case{{3, 20}, {3}}, Case{{2, 4, 3}, {2, 3}},
                          Case{{2, 4, 3, 2}, {2, 3, 2}}}) {
        for (const bool weighted : {false, true}) {
            for (const std::int64_t ignored : {-100, 1}) {
                for (const Reduction reduction : kReductions) {
                    for (const auto arrangement : {samples::Arrangement::kContiguous, samples::Arrangement::kTransposed,
                                                   samples::Arrangement::kSliced}) {
                        const Tensor x = samples::lay_out(randn(c.input, Generator(1), kFloat64), arrangement);
                        const std::int64_t dim = x.dim() == 1 ? 0 : 1, n = x.size(dim);
                        Tensor target = (rand(c.target, Generator(2), kFloat64) * static_cast<double>(n)).to(kInt64);
                        const Tensor w = weighted ? rand({n}, Generator(3), kFloat64) + 0.5 : Tensor();
                        if (ignored == -100 && target.dim() > 0) target[0].fill_(ignored);
                        CAPTURE(detail::shape_string(c.input));
                        CAPTURE(weighted);
                        CAPTURE(ignored);
                        CAPTURE(static_cast<int>(reduction));
                        const Tensor flat =
                            x.log_softmax(dim).reshape({x.dim() == 1 ? 1 : x.size(0), n, -1}).contiguous();
                        const Tensor expected = nll_by_loop(flat, target, w, ignored).reduced(target, reduction);
                        const auto ce = CrossEntropy().weight(w).ignore_index(ignored).reduction(reduction);
                        const auto nll = Nll().weight(w).ignore_index(ignored).reduction(reduction);
                        CHECK(F::cross_entropy(x, target, ce).allclose(expected, 1e-13, 1e-14, true));
                        CHECK(F::nll_loss(x.log_softmax(dim), target, nll).allclose(expected, 1e-13, 1e-14, true));
                    }
                }
            }
        }
    }
}

TEST_CASE("cross entropy: one fused pass and the composition of operations give the same loss and gradient") {
    const Tensor target = tensor({2, 0, -100, 1, 1}), w = tensor({0.5, 2., 1.25}, kFloat64);
    for (const Reduction reduction : kReductions) {
        for (const Tensor& weight : {Tensor(), w}) {
            const Tensor x = (randn({5, 3}, Generator(4), kFloat64) * 3.0).requires_grad_();
            const Tensor fused = F::cross_entropy(x, target, CrossEntropy().reduction(reduction).weight(weight));
            const Tensor composed = F::nll_loss(x.log_softmax(1), target, Nll().reduction(reduction).weight(weight));
            CHECK(fused.allclose(composed, 1e-14, 1e-14));
            CHECK(gradient_of(fused, x).allclose(gradient_of(composed, x), 1e-13, 1e-14));
            CHECK(gradient_of(fused, x, true).allclose(gradient_of(composed, x), 1e-13, 1e-14));
            CHECK(gradient_of(fused, x)[2].equal(zeros({3}, kFloat64)));
            CHECK(gradient_of(gradient_of(fused, x, true).square(), x)
                      .allclose(gradient_of(gradient_of(composed, x, true).square(), x), 1e-12, 1e-13));
        }
    }
}

TEST_CASE("cross entropy of probabilities") {
    const Tensor x = randn({4, 3}, Generator(5), kFloat64), p = randn({4, 3}, Generator(6), kFloat64).softmax(1);
    const Tensor w = tensor({0.5, 2., 1.25}, kFloat64), terms = -p * x.log_softmax(1);
    CHECK(F::cross_entropy(x, p).allclose(terms.sum() / 4));
    CHECK(F::cross_entropy(x, p, CrossEntropy().reduction(kSum)).allclose(terms.sum()));
    CHECK(F::cross_entropy(x, p, CrossEntropy().reduction(kNone)).allclose(terms.sum(1)));
    CHECK(F::cross_entropy(x, p, CrossEntropy().weight(w)).allclose((terms * w).sum() / 4));
    const Tensor smooth = p * 0.7 + 0.1;
    CHECK(F::cross_entropy(x, p, CrossEntropy().label_smoothing(0.3)).allclose(F::cross_entropy(x, smooth)));
    CHECK(F::cross_entropy(x[0], p[0]).allclose(terms[0].sum()));
    // A target that is certain is a class index.
    const Tensor certain = tensor({{0., 1., 0.}, {1., 0., 0.}, {0., 0., 1.}, {0., 1., 0.}}, kFloat64);
    CHECK(F::cross_entropy(x, certain).allclose(F::cross_entropy(x, tensor({1, 0, 2, 1})), 1e-14, 1e-14));
}

TEST_CASE("label smoothing spreads a share of the target over all classes") {
    const Tensor x = randn({4, 3}, Generator(7), kFloat64), w = tensor({0.5, 2., 1.25}, kFloat64);
    const Tensor target = tensor({1, 0, 2, 1}), some = tensor({1, -100, 2, 1});
    const Tensor p = tensor({{0., 1., 0.}, {1., 0., 0.}, {0., 0., 1.}, {0., 1., 0.}}, kFloat64);
    const auto smoothing = [](double share) { return CrossEntropy().label_smoothing(share); };
    for (const Reduction reduction : kReductions)
        CHECK(F::cross_entropy(x, target, smoothing(0.3).reduction(reduction))
                  .allclose(F::cross_entropy(x, p, smoothing(0.3).reduction(reduction))));
    const Tensor summed = F::cross_entropy(x, target, smoothing(0.3).reduction(kSum).weight(w));
    CHECK(summed.allclose(F::cross_entropy(x, p, smoothing(0.3).reduction(kSum).weight(w))));
    CHECK(F::cross_entropy(x, target, smoothing(0.3).weight(w)).allclose(summed / (2. + 0.5 + 1.25 + 2.)));
    const Tensor three = cat({x.narrow(0, 0, 1), x.narrow(0, 2, 2)});
    CHECK(
        F::cross_entropy(x, some, smoothing(0.3)).allclose(F::cross_entropy(three, tensor({1, 2, 1}), smoothing(0.3))));
    CHECK(F::cross_entropy(x, some, smoothing(0.3).weight(w))
              .allclose(F::cross_entropy(three, tensor({1, 2, 1}), smoothing(0.3).weight(w))));
    CHECK(F::cross_entropy(x, some, smoothing(0.3).reduction(kNone))[1].item<double>() == 0);
    CHECK(F::cross_entropy(x, target, smoothing(1)).allclose(-x.log_softmax(1).mean()));
}

TEST_CASE("losses: extreme logits, nothing to average") {
    const Tensor x = tensor({{1000., 0.}, {0., 1000.}});
    CHECK(F::cross_entropy(x, tensor({0, 0})).item<float>() == 500);
    CHECK(F::cross_entropy(x, tensor({1, 1}), CrossEntropy().reduction(kNone)).equal(tensor({1000., 0.})));
    const Tensor leaf = randn({2, 3}).requires_grad_(), none = tensor({-100, -100});
    for (const auto& loss : {F::cross_entropy(leaf, none), F::nll_loss(leaf, none)}) {
        CHECK(std::isnan(loss.item<float>()));
        CHECK(gradient_of(loss, leaf).equal(zeros({2, 3})));
    }
    const Tensor no_examples = zeros({0, 3}).requires_grad_(), no_targets = zeros({0}, kInt64);
    CHECK(std::isnan(F::cross_entropy(no_examples, no_targets).item<float>()));
    CHECK(F::cross_entropy(no_examples, no_targets, CrossEntropy().reduction(kSum)).item<float>() == 0);
    CHECK(gradient_of(F::cross_entropy(no_examples, no_targets), no_examples).sizes() == IntArrayRef({0, 3}));
    CHECK(std::isnan(F::mse_loss(zeros({0}), zeros({0})).item<float>()));
}

TEST_CASE("binary cross entropy") {
    const Tensor x = tensor({0., 1., 0.25, 0., 1.}, kFloat64), t = tensor({0., 1., 0.5, 1., 0.}, kFloat64);
    const Tensor expected = tensor({0., 0., -0.5 * (std::log(0.25) + std::log(0.75)), 100., 100.}, kFloat64);
    const auto each = F::BinaryCrossEntropyFuncOptions().reduction(kNone);
    CHECK(F::binary_cross_entropy(x, t, each).allclose(expected, 1e-15, 0));
    CHECK(F::binary_cross_entropy(x.to(kFloat32), t.to(kFloat32), each).allclose(expected.to(kFloat32), 1e-6, 0));
    CHECK(F::binary_cross_entropy(x, t).allclose(expected.mean()));
    const Tensor w = tensor({1., 1., 2., 0.5, 0.}, kFloat64);
    CHECK(F::binary_cross_entropy(x, t, F::BinaryCrossEntropyFuncOptions().weight(w)).allclose((expected * w).mean()));
    CHECK(F::binary_cross_entropy(x, t, F::BinaryCrossEntropyFuncOptions().weight(w).reduction(kSum))
              .allclose((expected * w).sum()));
    // (x - t) / max(x (1 - x), 1e-12)
    const Tensor leaf = x.clone().requires_grad_();
    CHECK(gradient_of(F::binary_cross_entropy(leaf, t, each), leaf)
              .allclose(tensor({0., 0., -0.25 / 0.1875, -1e12, 1e12}, kFloat64)));
    CHECK_THROWS_WITH_AS(
        F::binary_cross_entropy(tensor({0.5, 1.5}), tensor({0., 1.})),
        "[binary_cross_entropy] all elements of input should be between 0 and 1, they are from 0.5 to 1.5", ValueError);
    CHECK_THROWS_AS(F::binary_cross_entropy(tensor({std::nan(""), 0.5}), tensor({0., 1.})), ValueError);
    CHECK_THROWS_AS(F::binary_cross_entropy(zeros({2}), zeros({2, 1})), ShapeError);
}

TEST_CASE("binary cross entropy with logits") {
    const Tensor x = randn({4, 3}, Generator(8), kFloat64) * 4.0, t = rand({4, 3}, Generator(9), kFloat64);
    const Tensor p = x.sigmoid(), w = rand({3}, Generator(10), kFloat64), positive = tensor({1., 3., 0.5}, kFloat64);
    using Options = F::BinaryCrossEntropyWithLogitsFuncOptions;
    CHECK(F::binary_cross_entropy_with_logits(x, t).allclose(F::binary_cross_entropy(p, t), 1e-12, 0));
    const Tensor terms = -(t * positive * p.log() + (1 - t) * (1 - p).log());
    CHECK(F::binary_cross_entropy_with_logits(x, t, Options().pos_weight(positive).reduction(kNone))
              .allclose(terms, 1e-11, 1e-13));
    CHECK(F::binary_cross_entropy_with_logits(x, t, Options().pos_weight(positive).weight(w))
              .allclose((terms * w).mean(), 1e-11, 0));
    const Tensor extreme = tensor({-1000., 1000., -1000., 1000.}), sides = tensor({0., 1., 1., 0.});
    CHECK(F::binary_cross_entropy_with_logits(extreme, sides, Options().reduction(kNone))
              .equal(tensor({0., 0., 1000., 1000.})));
    CHECK(F::binary_cross_entropy_with_logits(extreme, sides, Options().reduction(kNone).pos_weight(tensor(2.)))
              .equal(tensor({0., 0., 2000., 1000.})));
    CHECK_THROWS_AS(F::binary_cross_entropy_with_logits(zeros({2}), zeros({3})), ShapeError);
}

TEST_CASE("mean squared error") {
    const Tensor x = tensor({{1., 2.}, {3., 4.}}), t = tensor({0., 4.});
    CHECK(F::mse_loss(x, t, kNone).equal(tensor({{1., 4.}, {9., 0.}})));
    CHECK(F::mse_loss(x, t).item<float>() == 3.5);
    CHECK(F::mse_loss(x, t, kSum).item<float>() == 14);
    CHECK_THROWS_AS(F::mse_loss(x, zeros({3})), ShapeError);
}

TEST_CASE("losses: derivatives") {
    const Tensor classes = tensor({2, 0, 1}), some = tensor({2, -100, 1}), spatial = tensor({{0, 1}, {2, 1}});
    const Tensor w = tensor({0.5, 2., 1.25, 0.7}, kFloat64);
    for (const Reduction reduction : kReductions) {
        CAPTURE(static_cast<int>(reduction));
        const auto ce = CrossEntropy().reduction(reduction);
        for (const auto& options : {ce, CrossEntropy(ce).weight(w), CrossEntropy(ce).label_smoothing(0.2),
                                    CrossEntropy(ce).label_smoothing(0.2).weight(w)})
            for (const Tensor& target : {classes, some})
                check_derivatives([&](const TensorList& x) { return F::cross_entropy(x[0], target, options); },
                                  {{3, 4}});
        check_derivatives([&](const TensorList& x) { return F::cross_entropy(x[0].square(), some, ce).square(); },
                          {{3, 4}});
        check_derivatives([&](const TensorList& x) { return F::cross_entropy(x[0], spatial, ce); }, {{2, 3, 2}});
        check_derivatives([&](const TensorList& x) { return F::cross_entropy(x[0], tensor(2), ce); }, {{4}});
        check_derivatives([&](const TensorList& x) { return F::cross_entropy(x[0], x[1], CrossEntropy(ce).weight(w)); },
                          {{3, 4}, {3, 4}});
        check_derivatives(
            [&](const TensorList& x) { return F::nll_loss(x[0].square(), some, Nll().reduction(reduction).weight(w)); },
            {{3, 4}});
        check_derivatives(
            [&](const TensorList& x) { return F::nll_loss(x[0].sin(), spatial, Nll().reduction(reduction)); },
            {{2, 3, 2}});
        check_derivatives(
            [&](const TensorList& x) {
                return F::binary_cross_entropy(x[0].sigmoid(), x[1].sigmoid(),
                                               F::BinaryCrossEntropyFuncOptions().reduction(reduction));
            },
            {{2, 3}, {2, 3}});
        check_derivatives(
            [&](const TensorList& x) {
                return F::binary_cross_entropy_with_logits(
                    x[0], x[1], F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(reduction));
            },
            {{2, 3}, {2, 3}});
        check_derivatives(
            [&](const TensorList& x) {
                return F::binary_cross_entropy_with_logits(
                    x[0], x[1],
                    F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(reduction).pos_weight(w.narrow(0, 0, 3)));
            },
            {{2, 3}, {2, 3}});
        check_derivatives([&](const TensorList& x) { return F::mse_loss(x[0], x[1], reduction); }, {{2, 3}, {3}});
    }
    check_derivatives(
        [](const TensorList& x) { return F::cross_entropy(x[0], zeros({0}, kInt64), CrossEntropy().reduction(kSum)); },
        {{0, 3}});
}

TEST_CASE("losses: errors name the operation, the values and the rule, and leave the inputs as they were") {
    const Tensor x = zeros({2, 3});
    CHECK_THROWS_WITH_AS(
        F::cross_entropy(x, tensor({0, 10})),
        "[cross_entropy] Target 10 is out of bounds: there are 3 classes, and the target to ignore is -100",
        IndexError);
    CHECK_THROWS_AS(F::cross_entropy(x, tensor({-1, 0})), IndexError);
    CHECK_THROWS_AS(F::cross_entropy(zeros({2, 3, 2}), tensor({{0, 3}, {0, 0}})), IndexError);
    CHECK_THROWS_AS(F::cross_entropy(x, tensor({0, 3}), CrossEntropy().label_smoothing(0.1)), IndexError);
    CHECK_THROWS_AS(F::nll_loss(x, tensor({0, 3})), IndexError);
    CHECK_THROWS_WITH_AS(F::cross_entropy(x, tensor({0, 1, 2})),
                         "[cross_entropy] an input of shape (2, 3) needs a target of shape (2,), got (3,)", ShapeError);
    CHECK_THROWS_AS(F::nll_loss(x, zeros({2, 1}, kInt64)), ShapeError);
    CHECK_THROWS_AS(F::cross_entropy(tensor(1.), tensor(0)), ShapeError);
    CHECK_THROWS_WITH_AS(F::cross_entropy(x, zeros({2}, kInt32)),
                         "[cross_entropy] expected a target of class indices of dtype Long but found Int", DtypeError);
    CHECK_THROWS_AS(F::cross_entropy(x, zeros({2, 3}, kInt64)), DtypeError);
    CHECK_THROWS_AS(F::cross_entropy(x.to(kInt64), tensor({0, 0})), DtypeError);
    CHECK_THROWS_WITH_AS(F::cross_entropy(x, tensor({0, 0}), CrossEntropy().weight(zeros({2}))),
                         "[cross_entropy] weight tensor should be defined either for all 3 classes or no classes but "
                         "got weight tensor of shape: [2]",
                         ShapeError);
    CHECK_THROWS_AS(F::nll_loss(x, tensor({0, 0}), Nll().weight(zeros({3}, kFloat64))), DtypeError);
    CHECK_THROWS_AS(F::cross_entropy(x, tensor({0, 0}), CrossEntropy().label_smoothing(1.5)), ValueError);
}

TEST_CASE("a step with cross entropy asks the system for no memory once it has run") {
    const Tensor x = randn({32, 10}).requires_grad_(), target = randint(0, 10, {32}, kInt64);
    const auto step = [&] {
        F::cross_entropy(x, target).backward();
        x.mutable_grad().reset();
    };
    for (int i = 0; i < 3; ++i) step();
    const auto before = memory_stats();
    for (int i = 0; i < 20; ++i) step();
    CHECK(memory_stats().system_calls == before.system_calls);
    CHECK(memory_stats().allocated_bytes == before.allocated_bytes);
}

TEST_SUITE("threads") {
    TEST_CASE("losses give the same bits for any number of threads") {
        const Tensor x = randn({30'001, 10}, Generator(11)), target = (rand({30'001}, Generator(12)) * 10.0).to(kInt64);
        const Tensor p = rand({300, 500}, Generator(13)), t = rand({300, 500}, Generator(14));
        samples::check_any_number_of_threads([&] {
            const Tensor a = x.detach().requires_grad_(), b = p.detach().requires_grad_();
            TensorList out;
            const auto add = [&](const Tensor& loss, const Tensor& leaf) {
                out.push_back(loss.detach());
                out.push_back(gradient_of(loss, leaf));
            };
            add(F::cross_entropy(a, target), a);
            add(F::nll_loss(a, target), a);
            add(F::binary_cross_entropy(b, t), b);
            add(F::binary_cross_entropy_with_logits(b, t), b);
            add(F::mse_loss(b, t), b);
            return out;
        });
    }
}
