#include <doctest/doctest.h>

#include <optional>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

struct Case {
    const char* name;
    func::Function function;
    std::vector<std::vector<std::int64_t>> shapes;  // of the inputs
};

std::vector<Case> cases() {
    return {
        {"conv2d",
         [](const TensorList& x) {
             return conv2d(x[0], x[1], x[2], {1, 2}, 1);
         },
         {{2, 2, 3, 4}, {3, 2, 2, 2}, {3}}},
        {"conv2d with groups",
         [](const TensorList& x) { return conv2d(x[0], x[1], {}, 1, 0, 1, 2); },
         {{2, 4, 3, 3}, {2, 2, 2, 2}}},
        {"conv1d unbatched", [](const TensorList& x) { return conv1d(x[0], x[1], x[2]); }, {{2, 5}, {1, 2, 3}, {1}}},
        {"conv_transpose2d",
         [](const TensorList& x) { return conv_transpose2d(x[0], x[1], x[2], 2, 1); },
         {{1, 2, 3, 2}, {2, 2, 3, 3}, {2}}},
        {"gradient of a weight",
         [](const TensorList& x) {
             return std::get<1>(convolution_backward(x[0], x[1], zeros({3, 2, 2}, kFloat64), {}, 1, 0, 1, false, 0, 1,
                                                     {false, true, false}));
         },
         {{2, 3, 4}, {2, 2, 5}}},
        {"kernel of the whole image",
         [](const TensorList& x) { return conv2d(x[0], x[1]); },
         {{2, 2, 3, 3}, {4, 2, 3, 3}}},
        {"max_pool2d", [](const TensorList& x) { return max_pool2d(x[0], 2, 1, 1); }, {{2, 1, 3, 4}}},
        {"max_pool1d unbatched", [](const TensorList& x) { return max_pool1d(x[0], 2); }, {{3, 7}}},
        {"adaptive_max_pool2d",
         [](const TensorList& x) { return std::get<0>(adaptive_max_pool2d(x[0], 2)); },
         {{1, 2, 3, 5}}},
        {"avg_pool2d", [](const TensorList& x) { return avg_pool2d(x[0], 3, 2, 1); }, {{2, 1, 5, 4}}},
        {"adaptive_avg_pool1d", [](const TensorList& x) { return adaptive_avg_pool1d(x[0], 3); }, {{2, 1, 5}}},
        {"max_unpool2d",
         [](const TensorList& x) {
             return max_unpool2d(x[0], tensor({{{5, 0}}}), {2, 3});
         },
         {{1, 1, 2}}},
        {"im2col", [](const TensorList& x) { return im2col(x[0], 2, 1, 1, 1); }, {{2, 2, 3, 3}}},
        {"col2im", [](const TensorList& x) { return col2im(x[0], 3, 2, 1, 0, 1); }, {{2, 8, 4}}},
    };
}

Tensor random(IntArrayRef sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

}  // namespace

TEST_CASE("convolutions and pooling: forward mode agrees with backward") {
    for (const Case& c : cases()) {
        CAPTURE(c.name);
        TensorList x, tangents, leaves;
        for (std::size_t i = 0; i < c.shapes.size(); ++i) {
            x.push_back(random(c.shapes[i], i));
            tangents.push_back(random(c.shapes[i], 10 + i));
            leaves.push_back(x[i].clone().requires_grad_());
        }
        const auto [value, tangent] = func::jvp(c.function, x, tangents);
        const Tensor y = c.function(leaves), w = random(y.sizes(), 20);
        CHECK(value.allclose(y.detach(), 1e-14, 1e-14));
        const auto g = autograd::grad({y}, leaves, {w});
        double expected = 0;
        for (std::size_t i = 0; i < x.size(); ++i) expected += (g[i] * tangents[i]).sum().item<double>();
        CHECK((tangent * w).sum().item<double>() == doctest::Approx(expected).epsilon(1e-12));
    }
}

TEST_CASE("convolutions and pooling: vmap agrees with a loop") {
    constexpr std::int64_t kBatch = 3;
    for (const Case& c : cases())
        // Every choice of inputs that are batched, along the first dimension or the last.
        for (unsigned chosen = 1; chosen < 1u << c.shapes.size(); ++chosen)
            for (const bool last : {false, true}) {
                CAPTURE(c.name);
                CAPTURE(chosen);
                CAPTURE(last);
                TensorList batched;
                std::vector<std::optional<std::int64_t>> dims;
                for (std::size_t i = 0; i < c.shapes.size(); ++i) {
                    std::vector<std::int64_t> shape = c.shapes[i];
                    const bool in_batch = chosen >> i & 1;
                    if (in_batch) shape.insert(last ? shape.end() : shape.begin(), kBatch);
                    batched.push_back(random(shape, i));
                    dims.push_back(in_batch ? std::optional<std::int64_t>(last ? -1 : 0) : std::nullopt);
                }
                TensorList rows;
                for (std::int64_t k = 0; k < kBatch; ++k) {
                    TensorList one;
                    for (std::size_t i = 0; i < batched.size(); ++i)
                        one.push_back(dims[i] ? batched[i].select(*dims[i], k) : batched[i]);
                    rows.push_back(c.function(one));
                }
                CHECK(func::vmap(c.function, dims)(batched).allclose(stack(rows), 1e-12, 1e-13));
            }
}
