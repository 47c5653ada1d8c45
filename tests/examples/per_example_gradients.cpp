// Gradients of single examples.
#include <doctest/doctest.h>

#include <cmath>

#include "../../examples/per_example_gradients/network.h"

using namespace examples::per_example;
using namespace xgrad;

TEST_CASE("per-example gradients are those of one example after the other") {
    manual_seed(0);
    Net net;
    const Tensor images = randn({5, 784}), labels = randint(10, {5}, kInt64);
    const TensorList all = gradients(net, images, labels);
    REQUIRE(all.size() == 4);
    for (std::int64_t i = 0; i < 5; ++i) {
        const Tensor logits = net(images.slice(0, i, i + 1));
        const Tensor loss = nn::functional::cross_entropy(logits, labels.slice(0, i, i + 1));
        const TensorList one = autograd::grad({loss}, net->parameters());
        for (std::size_t k = 0; k < one.size(); ++k) CHECK(all[k][i].allclose(one[k], 1e-4, 1e-6));
    }
    CHECK(difference_to_backward(net, all, images, labels) < 1e-5);
    CHECK(difference_to_closed_form(net, all, images, labels) < 1e-5);
    TensorList wrong = all;
    wrong[2] = wrong[2] * 1.001;
    CHECK(difference_to_backward(net, wrong, images, labels) > 1e-5);
    CHECK(difference_to_closed_form(net, wrong, images, labels) > 1e-5);
}

TEST_CASE("signal and noise of two gradients, by hand") {
    // (1, 0) and (3, 2): mean (2, 1), squared lengths 1 and 13, covariance diag(2, 2) with the rest off the diagonal.
    const TensorList two{tensor({1., 3.}, kFloat32).view({2, 1}), tensor({0., 2.}, kFloat32).view({2, 1})};
    const Spread found = spread(two);
    CHECK(found.noise == doctest::Approx(4));
    CHECK(found.signal == doctest::Approx(5 - 4 / 2));
    CHECK(found.noise_scale() == doctest::Approx(4.0 / 3));
    CHECK(found.lengths.allclose(tensor({1., std::sqrt(13.)}, kFloat64)));
}
