#include <doctest/doctest.h>

#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/grad_mode.h>

#include "samples.h"

using namespace xgrad;

namespace {

/// A convolution of images, and how large its inputs are. One of volumes or sequences if the sizes say so.
struct Case {
    std::vector<std::int64_t> x, w;
    std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};

// Sizes at which lanes, tiles, blocks of sums and boxes of positions end in every way.
const Case kCases[] = {
    {{2, 3, 30, 37}, {5, 3, 3, 3}, 1, 1},
    {{1, 40, 9, 11}, {17, 40, 3, 3}, 1, 1},
    {{3, 1, 28, 28}, {6, 1, 5, 5}, 1, 2},
    {{9, 6, 14, 14}, {16, 6, 5, 5}},
    {{1, 7, 60, 61}, {9, 7, 3, 3}, 2, 1},
    {{2, 64, 48, 45}, {3, 64, 2, 2}, 3, 1, 2},
    {{2, 6, 17, 18}, {12, 1, 3, 3}, 1, 1, 1, 6},
    {{2, 8, 12, 12}, {16, 4, 1, 1}, 1, 0, 1, 2},
    {{1, 300, 6, 7}, {4, 300, 1, 1}},
    {{2, 5, 16, 16}, {7, 5, 1, 1}, 2},
    {{2, 3, 2000}, {4, 3, 9}, 1, 4},
    {{1, 2, 1777}, {3, 2, 4}, 5, 3, 2},
    {{2, 3, 5, 14, 13}, {4, 3, 3, 3, 3}, 1, 1},
    {{1, 16, 9, 40, 20}, {3, 16, 2, 3, 2}, 2, 1},
    {{20, 2, 3, 3}, {3, 2, 2, 2}},
};

Tensor whole_numbers(IntArrayRef sizes, std::uint64_t seed, ScalarType dtype) {
    // Sums of products of small numbers are exact: results can be compared bit for bit.
    return (rand(sizes, Generator(seed), dtype) * 6.8 - 3.4).round();
}

/// The input's elements that the weight's element at `k` meets, for all outputs.
Tensor met_by(const Tensor& padded, const Case& c, IntArrayRef k, IntArrayRef out) {
    Tensor x = padded;
    for (std::size_t d = 0; d < k.size(); ++d) {
        const std::int64_t begin = k[d] * c.dilation;
        x = x.slice(static_cast<std::int64_t>(d) + 2, begin, begin + (out[d] - 1) * c.stride + 1, c.stride);
    }
    return x;
}

/// By the definition: for every element of the kernel a product of matrices, of channels.
Tensor expected(const Tensor& x, const Tensor& w, const Case& c) {
    const std::size_t dims = w.sizes().size() - 2;
    detail::Dims padded_size = x.sizes(), out, k(dims);
    for (std::size_t d = 0; d < dims; ++d) {
        padded_size[d + 2] += 2 * c.padding;
        out.push_back((padded_size[d + 2] - c.dilation * (w.sizes()[d + 2] - 1) - 1) / c.stride + 1);
    }
    Tensor padded = zeros(padded_size, x.dtype()), inside = padded;
    for (std::size_t d = 0; d < dims; ++d)
        inside = inside.narrow(static_cast<std::int64_t>(d) + 2, c.padding, x.sizes()[d + 2]);
    inside.copy_(x);
    std::int64_t taps = 1, positions = 1;
    for (std::size_t d = 0; d < dims; ++d) {
        taps *= w.sizes()[d + 2];
        positions *= out[d];
    }
    const std::int64_t n = x.size(0), in = w.size(1), o = w.size(0) / c.groups;
    Tensor sum = zeros({n, c.groups, o, positions}, x.dtype());
    for (std::int64_t tap = 0; tap < taps; ++tap) {
        Tensor weight = w;
        std::int64_t rest = tap;
        for (std::size_t d = dims; d-- > 0; rest /= w.sizes()[d + 2]) k[d] = rest % w.sizes()[d + 2];
        for (std::size_t d = 0; d < dims; ++d) weight = weight.select(2, k[d]);
        const Tensor met = met_by(padded, c, k, out).reshape({n, c.groups, in, positions});
        sum = sum + weight.reshape({1, c.groups, o, in}).matmul(met);
    }
    detail::Dims sizes{n, w.size(0)};
    for (const std::int64_t s : out) sizes.push_back(s);
    return sum.reshape(sizes);
}

Tensor convolve(const Tensor& x, const Tensor& w, const Case& c) {
    return convolution(x, w, {}, c.stride, c.padding, c.dilation, false, 0, c.groups);
}

std::vector<Tensor> gradients(const Tensor& y, const Tensor& x, const Tensor& w, const Tensor& g) {
    return autograd::grad({y}, {x, w}, {g});
}

}  // namespace

TEST_CASE("convolutions of all sizes are the sums that define them") {
    for (const ScalarType dtype : {kFloat32, kFloat64})
        for (const Case& c : kCases) {
            CAPTURE(IntArrayRef(c.x));
            CAPTURE(IntArrayRef(c.w));
            const Tensor x = whole_numbers(c.x, 1, dtype).requires_grad_(),
                         w = whole_numbers(c.w, 2, dtype).requires_grad_();
            const Tensor y = convolve(x, w, c), y0 = expected(x, w, c);
            REQUIRE(y.sizes() == y0.sizes());
            CHECK(y.equal(y0));
            const Tensor g = whole_numbers(y.sizes(), 3, dtype);
            const auto found = gradients(y, x, w, g), correct = gradients(y0, x, w, g);
            CHECK(found[0].equal(correct[0]));
            CHECK(found[1].equal(correct[1]));
        }
}

TEST_CASE("a number that is not finite reaches those sums alone that it belongs to") {
    const double inf = std::numeric_limits<double>::infinity();
    for (const auto size : {4, 20}) {
        const Tensor x = ones({1, 1, size, size}, kFloat32), w = ones({1, 1, 2, 2}, kFloat32);
        x[0][0][0][0].fill_(inf);
        const Tensor y = conv2d(x, w);
        CHECK(y.eq(inf).sum().item<std::int64_t>() == 1);
        CHECK(y.isnan().any().item<bool>() == false);
        const Tensor leaf = w.clone().requires_grad_();
        const Tensor dw = autograd::grad({conv2d(x, leaf)}, {leaf}, {ones({1, 1, size - 1, size - 1})})[0];
        CHECK(dw[0][0][0][0].item<double>() == inf);
        CHECK(dw.isnan().any().item<bool>() == false);
        CHECK(dw.eq(inf).sum().item<std::int64_t>() == 1);
    }
}

TEST_CASE("the output size of padding by a word") {
    const Tensor x = randn({1, 2, 7, 9});
    CHECK(conv2d(x, randn({3, 2, 4, 3}), {}, 1, "same", {1, 2}).sizes() == IntArrayRef({1, 3, 7, 9}));
    CHECK(conv2d(x, randn({3, 2, 4, 3}), {}, 2, "valid").sizes() == IntArrayRef({1, 3, 2, 4}));
    // Literal zeros are numbers.
    CHECK(conv2d(x, randn({3, 2, 4, 3}), {}, 1, 0).sizes() == IntArrayRef({1, 3, 4, 7}));
}

TEST_CASE("sizes of zero") {
    CHECK(conv2d(zeros({0, 2, 3, 3}), zeros({4, 2, 2, 2})).sizes() == IntArrayRef({0, 4, 2, 2}));
    const Tensor x = zeros({2, 0, 3, 3}), w = zeros({4, 0, 2, 2}), b = arange(4, kFloat32);
    CHECK(conv2d(x, w, b).equal(b.view({1, 4, 1, 1}).expand({2, 4, 2, 2})));
    const Tensor leaf = zeros({1, 1, 2, 2}).requires_grad_();
    const Tensor dw = autograd::grad({conv2d(zeros({0, 1, 3, 3}), leaf)}, {leaf}, {zeros({0, 1, 2, 2})})[0];
    CHECK(dw.equal(zeros({1, 1, 2, 2})));
}

TEST_CASE("convolution_backward gives what is asked for") {
    const Tensor x = randn({2, 2, 4}, kFloat64).requires_grad_(), w = randn({3, 2, 2}, kFloat64).requires_grad_();
    const Tensor b = randn({3}, kFloat64).requires_grad_(), y = conv1d(x, w, b), g = randn(y.sizes(), kFloat64);
    const auto expected_gradients = autograd::grad({y}, {x, w, b}, {g});
    const IntArrayRef channels = b.sizes();
    const auto [dx, dw, db] =
        convolution_backward(g, x.detach(), w.detach(), channels, 1, 0, 1, false, 0, 1, {true, true, true});
    CHECK(dx.equal(expected_gradients[0]));
    CHECK(dw.equal(expected_gradients[1]));
    CHECK(db.allclose(expected_gradients[2]));
    const auto [none, only, nothing] =
        convolution_backward(g, x, w, channels, 1, 0, 1, false, 0, 1, {false, true, false});
    CHECK(!none.defined());
    CHECK(only.defined());
    CHECK(!nothing.defined());
    const auto [wide, narrow, bias] =
        convolution_backward(x.detach(), g, w.detach(), 2, 1, 0, 1, true, 0, 1, {true, true, true});
    CHECK(wide.sizes() == g.sizes());
    CHECK(narrow.sizes() == w.sizes());
    CHECK(bias.sizes() == IntArrayRef(2));
}

TEST_SUITE("threads") {
    TEST_CASE("convolutions give the same bits for any number of threads") {
        for (const Case& c : kCases) {
            CAPTURE(IntArrayRef(c.x));
            CAPTURE(IntArrayRef(c.w));
            samples::check_any_number_of_threads([&] {
                const Tensor x = randn(c.x, Generator(1), kFloat32).requires_grad_();
                const Tensor w = randn(c.w, Generator(2), kFloat32).requires_grad_();
                const Tensor y = convolve(x, w, c);
                TensorList out = gradients(y, x, w, randn(y.sizes(), Generator(3), kFloat32));
                out.push_back(y);
                return out;
            });
        }
    }
}
