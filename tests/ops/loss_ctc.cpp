#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>

#include "samples.h"

using namespace xgrad;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using Labels = std::vector<std::int64_t>;

/// What a path of classes, one for each time, says: repetitions merged, then blanks dropped.
Labels collapsed(const Labels& path, std::int64_t blank) {
    Labels out;
    for (std::size_t t = 0; t < path.size(); ++t)
        if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) out.push_back(path[t]);
    return out;
}

/// -log of the sum of the probabilities of all paths that say the target.
double by_enumeration(const Tensor& log_probs, const Labels& target, std::int64_t blank) {
    const std::int64_t times = log_probs.size(0), classes = log_probs.size(1);
    const auto x = log_probs.accessor<double, 2>();
    double sum = 0;
    Labels path(static_cast<std::size_t>(times), 0);
    while (true) {
        if (collapsed(path, blank) == target) {
            double log_prob = 0;
            for (std::int64_t t = 0; t < times; ++t) log_prob += x[t][path[static_cast<std::size_t>(t)]];
            sum += std::exp(log_prob);
        }
        std::size_t t = 0;
        while (t < path.size() && ++path[t] == classes) path[t++] = 0;
        if (t == path.size()) return -std::log(sum);
    }
}

bool close(double a, double b) { return a == b || std::abs(a - b) <= 1e-13 * std::abs(b); }

Tensor gradient_of(const Tensor& loss, const Tensor& x) { return autograd::grad({loss.sum()}, {x}, {}, true)[0]; }

}  // namespace

TEST_CASE("ctc: the probability of a target is that of all alignments") {
    const Labels targets[] = {{}, {1}, {2, 1}, {1, 1}, {2, 2, 1}, {1, 2, 1, 2}, {1, 1, 1}};
    for (const std::int64_t times : {1, 3, 5}) {
        const Tensor x = randn({times, 3}, Generator(7), kFloat64).log_softmax(1);
        for (const Labels& target : targets) {
            CAPTURE(times);
            CAPTURE(target.size());
            const auto length = static_cast<std::int64_t>(target.size());
            const Tensor t = target.empty() ? zeros({0}, kInt64) : tensor(target);
            const double expected = by_enumeration(x, target, 0);
            CHECK(close(ctc_loss(x, t, {times}, {length}, 0, Reduction::None).item<double>(), expected));
            // Class 2 as the blank: the classes renamed.
            const Tensor renamed = x.index_select(1, tensor({1, 2, 0}));
            CHECK(close(ctc_loss(renamed, t - 1, {times}, {length}, 2, Reduction::Sum).item<double>(), expected));
        }
    }
}

TEST_CASE("ctc: examples of a batch do not see each other or what pads them") {
    const Tensor x = randn({6, 3, 4}, Generator(1), kFloat64).log_softmax(2).detach().requires_grad_();
    const Tensor targets = tensor({{1, 2, 3}, {2, 2, -7}, {3, 99, 0}});
    const Tensor losses = ctc_loss(x, targets, {6, 5, 4}, {3, 2, 1}, 0, Reduction::None);
    const Tensor gradient = gradient_of(losses, x);
    const std::int64_t lengths[] = {6, 5, 4};
    for (std::int64_t n = 0; n < 3; ++n) {
        const Tensor one = x.detach().select(1, n).narrow(0, 0, lengths[n]).clone().requires_grad_();
        const Tensor loss = ctc_loss(one, targets[n].narrow(0, 0, 3 - n), {lengths[n]}, {3 - n}, 0, Reduction::None);
        CHECK(loss.equal(losses[n]));
        CHECK(gradient_of(loss, one).equal(gradient.select(1, n).narrow(0, 0, lengths[n])));
        CHECK(gradient.select(1, n).slice(0, lengths[n]).equal(zeros({6 - lengths[n], 4}, kFloat64)));
    }
    // Without a batch there may be padding too.
    const Tensor alone = ctc_loss(x.select(1, 1), targets[1], {5}, {2}, 0, Reduction::None);
    CHECK(alone.equal(losses[1]));
    CHECK(alone.dim() == 0);
    const Tensor joined = tensor({1, 2, 3, 2, 2, 3});
    const Tensor as_tensors = ctc_loss(x, joined.to(kInt32), tensor({6, 5, 4}).to(kInt32), tensor({3, 2, 1}));
    CHECK(as_tensors.allclose((losses / tensor({3., 2., 1.}, kFloat64)).mean()));
}

TEST_CASE("ctc: targets that do not fit, and nothing") {
    const Tensor x = randn({2, 2, 3}, Generator(2), kFloat64).log_softmax(2).detach().requires_grad_();
    const Tensor targets = tensor({{1, 1}, {1, 2}});  // a repetition needs a blank between
    const Tensor losses = ctc_loss(x, targets, {2, 2}, {2, 2}, 0, Reduction::None);
    CHECK(losses[0].item<double>() == kInf);
    CHECK(std::isfinite(losses[1].item<double>()));
    const Tensor gradient = gradient_of(losses, x);
    CHECK(gradient.select(1, 0).isnan().all().item<bool>());
    CHECK(gradient.select(1, 1).isfinite().all().item<bool>());
    const Tensor limited = ctc_loss(x, targets, {2, 2}, {2, 2}, 0, Reduction::None, true);
    CHECK(limited[0].item<double>() == 0);
    CHECK(gradient_of(limited, x).select(1, 0).equal(zeros({2, 3}, kFloat64)));
    CHECK(gradient_of(limited, x).select(1, 1).equal(gradient.select(1, 1)));

    const Tensor no_time = ctc_loss(x, targets, {0, 0}, {0, 2}, 0, Reduction::None);
    CHECK(no_time.equal(tensor({0., kInf}, kFloat64)));
    const Tensor none = ctc_loss(zeros({4, 0, 3}), zeros({0, 2}, kInt64), zeros({0}, kInt64), zeros({0}, kInt64));
    CHECK(std::isnan(none.item<float>()));
    // A class that never comes: its probability is 0.
    const Tensor certain = tensor({{0., 0., -kInf}, {0., 0., -kInf}}, kFloat64).requires_grad_();
    const Tensor loss = ctc_loss(certain, tensor({1}), {2}, {1}, 0);
    CHECK(loss.item<double>() == doctest::Approx(-std::log(3.0)));
    CHECK(gradient_of(loss, certain).isfinite().all().item<bool>());
}

TEST_CASE("ctc: long sequences neither underflow nor lose precision in float32") {
    const std::int64_t times = 500, length = 120;
    const Tensor x = (randn({times, 1, 20}, Generator(3), kFloat64) * 4.0).log_softmax(2);
    const Tensor target = (rand({1, length}, Generator(4), kFloat64) * 19.0).to(kInt64) + 1;
    const auto loss_of = [&](const Tensor& y) { return ctc_loss(y, target, {times}, {length}, 0, Reduction::Sum); };
    const Tensor wide = x.detach().requires_grad_(), narrow = x.to(kFloat32).detach().requires_grad_();
    const Tensor a = loss_of(wide), b = loss_of(narrow);
    CHECK(a.item<double>() > 800);
    CHECK(b.item<double>() == doctest::Approx(a.item<double>()).epsilon(1e-6));
    CHECK(gradient_of(b, narrow).to(kFloat64).allclose(gradient_of(a, wide), 1e-4, 1e-5));
    // Probabilities of classes: they sum to 1 before and after the target is known.
    CHECK(gradient_of(a, wide).sum(2).allclose(zeros({times, 1}, kFloat64), 0, 1e-9));
}

TEST_SUITE("threads") {
    TEST_CASE("ctc gives the same bits for any number of threads") {
        const Tensor x = randn({60, 16, 20}, Generator(5)).log_softmax(2);
        const Tensor targets = (rand({16, 20}, Generator(6)) * 19.0).to(kInt64) + 1;
        samples::check_any_number_of_threads([&] {
            const Tensor leaf = x.detach().requires_grad_();
            const Tensor loss = ctc_loss(leaf, targets, full({16}, 60, kInt64), full({16}, 20, kInt64));
            return TensorList{loss.detach(), gradient_of(loss, leaf)};
        });
    }
}
