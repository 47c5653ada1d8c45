#include <cmath>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/nn/functional/loss.h>

#include "derivatives.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;
using samples::check_derivatives;

namespace {

constexpr Reduction kReductions[] = {kNone, kMean, kSum};

struct Case {
    const char* name;
    std::function<Tensor(const TensorList& x, Reduction r)> loss;
    std::vector<std::vector<std::int64_t>> shapes;
};

Tensor signs(const Tensor& like) { return where(arange(like.numel(), kInt64) % 2 == 0, 1, -1).reshape(like.sizes()); }

}  // namespace

TEST_CASE("losses of numbers: derivatives of first and second order to every argument") {
    const Case cases[] = {
        {"l1", [](const TensorList& x, Reduction r) { return l1_loss(x[0], x[1], r); }, {{2, 3}, {3}}},
        {"smooth l1",
         [](const TensorList& x, Reduction r) { return smooth_l1_loss(x[0], x[1], r, 0.8); },
         {{2, 3}, {2, 3}}},
        {"smooth l1 beta 0",
         [](const TensorList& x, Reduction r) { return smooth_l1_loss(x[0], x[1], r, 0); },
         {{2, 3}, {2, 3}}},
        {"huber", [](const TensorList& x, Reduction r) { return huber_loss(x[0], x[1], r, 0.8); }, {{2, 3}, {2, 3}}},
        {"gaussian nll",
         [](const TensorList& x, Reduction r) { return gaussian_nll_loss(x[0], x[1], x[2].exp(), true, 1e-6, r); },
         {{2, 3}, {2, 3}, {2}}},
        {"bce weighted",
         [](const TensorList& x, Reduction r) { return binary_cross_entropy(x[0].sigmoid(), x[1].sigmoid(), x[2], r); },
         {{2, 3}, {2, 3}, {3}}},
        {"bce with logits",
         [](const TensorList& x, Reduction r) {
             return binary_cross_entropy_with_logits(x[0], x[1].sigmoid(), x[2], x[3].exp(), r);
         },
         {{2, 3}, {2, 3}, {2, 1}, {3}}},
        {"kl div", [](const TensorList& x, Reduction r) { return kl_div(x[0], x[1].exp(), r); }, {{2, 3}, {2, 3}}},
        {"kl div of logs", [](const TensorList& x, Reduction r) { return kl_div(x[0], x[1], r, true); }, {{2, 3}, {3}}},
        {"poisson nll",
         [](const TensorList& x, Reduction r) {
             return poisson_nll_loss(x[0].exp(), x[1].exp(), false, true, 1e-3, r);
         },
         {{2, 3}, {2, 3}}},
        {"poisson nll of logs",
         [](const TensorList& x, Reduction r) { return poisson_nll_loss(x[0], x[1].exp(), true, true, 0, r); },
         {{2, 3}, {2, 3}}},
        {"soft margin",
         [](const TensorList& x, Reduction r) { return soft_margin_loss(x[0], x[1], r); },
         {{2, 3}, {2, 3}}},
        {"hinge embedding",
         [](const TensorList& x, Reduction r) { return hinge_embedding_loss(x[0], signs(x[0]), 1, r); },
         {{2, 3}}},
        {"margin ranking",
         [](const TensorList& x, Reduction r) { return margin_ranking_loss(x[0], x[1], signs(x[0]), 0.5, r); },
         {{2, 3}, {2, 3}}},
        {"margin ranking of any targets",
         [](const TensorList& x, Reduction r) { return margin_ranking_loss(x[0], x[1], x[2], 0.5, r); },
         {{2, 3}, {2, 3}, {3}}},
        {"cosine embedding",
         [](const TensorList& x, Reduction r) {
             return cosine_embedding_loss(x[0], x[1], tensor({1, -1, -1, 1}), -0.2, r);
         },
         {{4, 3}, {4, 3}}},
        {"triplet margin",
         [](const TensorList& x, Reduction r) { return triplet_margin_loss(x[0], x[1], x[2], 1, 2, 1e-6, true, r); },
         {{4, 3}, {4, 3}, {4, 3}}},
        {"multi margin",
         [](const TensorList& x, Reduction r) {
             return multi_margin_loss(x[0], tensor({2, 0, 1}), 2, 1.1, x[1], r);
         },
         {{3, 4}, {4}}},
        {"multilabel soft margin",
         [](const TensorList& x, Reduction r) {
             return F::multilabel_soft_margin_loss(x[0], x[1].sigmoid(),
                                                   F::MultilabelSoftMarginLossFuncOptions().reduction(r).weight(x[2]));
         },
         {{3, 4}, {3, 4}, {4}}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        for (const Reduction reduction : kReductions) {
            CAPTURE(static_cast<int>(reduction));
            check_derivatives([&](const TensorList& x) { return c.loss(x, reduction); }, c.shapes);
        }
    }
}

TEST_CASE("binary cross entropy at the ends") {
    for (const ScalarType dtype : {kFloat32, kFloat64}) {
        const Tensor x = tensor({0., 1., 0., 1., 1e-30}, dtype).requires_grad_(),
                     t = tensor({0., 1., 1., 0., 0.}, dtype);
        const Tensor y = binary_cross_entropy(x, t, {}, kNone);
        CHECK(y.equal(tensor({0., 0., 100., 100., 1e-30}, dtype)));
        const Tensor expected = tensor({0., 0., -1e12, 1e12, 1e-18}, dtype);
        for (const bool record : {false, true})
            CHECK(autograd::grad({y.sum()}, {x}, {}, true, record)[0].allclose(expected, 1e-6, 0));
    }
}

TEST_CASE("losses promote dtypes and give gradients in those of their arguments") {
    const Tensor x = rand({2, 3}).requires_grad_(), t = rand({2, 3}, kFloat64).requires_grad_();
    const Tensor loss = mse_loss(x, t) + l1_loss(x, t) + huber_loss(x, t) + kl_div(x, t) + soft_margin_loss(x, t);
    CHECK(loss.dtype() == kFloat64);
    loss.backward();
    CHECK(x.grad().dtype() == kFloat32);
    CHECK(t.grad().dtype() == kFloat64);
    CHECK(mse_loss(tensor({1, 2}), tensor({3, 5})).item<float>() == 6.5F);
    CHECK(hinge_embedding_loss(rand({3}), tensor({1, -1, 1})).dtype() == kFloat32);
    CHECK(margin_ranking_loss(rand({3}), rand({3}), tensor({1, -1, 1})).dtype() == kFloat32);
    CHECK(poisson_nll_loss(rand({3}), tensor({1, 2, 0}), true, true, 0, kMean).dtype() == kFloat32);
}

TEST_CASE("variances may be given for each element, for rows, and with a dimension of 1") {
    const Tensor x = randn({4, 3}, kFloat64), t = randn({4, 3}, kFloat64), v = rand({4, 1}, kFloat64) + 0.1;
    const Tensor expected = gaussian_nll_loss(x, t, v.expand({4, 3}));
    CHECK(gaussian_nll_loss(x, t, v).allclose(expected));
    CHECK(gaussian_nll_loss(x, t, v.squeeze(1)).allclose(expected));
    CHECK_THROWS_AS(gaussian_nll_loss(x, t, v.t()), ShapeError);
    CHECK_THROWS_AS(gaussian_nll_loss(tensor(1.), tensor(1.), ones({1})), ShapeError);
    CHECK(gaussian_nll_loss(tensor(1.), tensor(1.), tensor(1.)).item<float>() == 0);
}

TEST_CASE("margins between classes: bytes as targets, one example, long rows") {
    const Tensor x = randn({5, 3}, kFloat64), t = tensor({0, 2, 1, 1, 0});
    CHECK(nll_loss(x, t.to(kUInt8)).equal(nll_loss(x, t)));
    CHECK(cross_entropy_loss(x, t.to(kUInt8)).equal(cross_entropy_loss(x, t)));
    CHECK(multi_margin_loss(x, t.to(kUInt8)).equal(multi_margin_loss(x, t)));
    CHECK(nll_loss_nd(x, t).equal(nll_loss(x, t)));
    CHECK(multi_margin_loss(x[0], t[0]).equal(multi_margin_loss(x.narrow(0, 0, 1), t.narrow(0, 0, 1))));
    const Tensor image = randn({2, 3, 4, 5}, kFloat64), map = (rand({2, 4, 5}, kFloat64) * 3.0).to(kInt64);
    CHECK(nll_loss2d(image, map, {}, kSum).equal(nll_loss(image, map, {}, kSum)));
    // By the definition, in loops.
    const std::int64_t n = 50;
    const Tensor scores = randn({n}, kFloat64), labels = full({n}, -1, kInt64);
    for (std::int64_t i = 0; i < 7; ++i) labels[i].fill_(i * i);
    double expected = 0;
    const double* s = scores.data_ptr<double>();
    const auto is_label = [](std::int64_t c) {
        return c == 0 || c == 1 || c == 4 || c == 9 || c == 16 || c == 25 || c == 36;
    };
    for (std::int64_t i = 0; i < 7; ++i)
        for (std::int64_t c = 0; c < n; ++c)
            if (!is_label(c)) expected += std::max(0.0, 1 - s[i * i] + s[c]) / static_cast<double>(n);
    CHECK(multilabel_margin_loss(scores, labels).item<double>() == doctest::Approx(expected).epsilon(1e-13));
}
