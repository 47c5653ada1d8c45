#include <doctest/doctest.h>

#include <cmath>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/any_module.h>
#include <xgrad/nn/attention.h>
#include <xgrad/nn/gradcheck.h>

#include "printed.h"

using namespace xgrad;

TEST_CASE("MultiheadAttention has libtorch's parameters") {
    manual_seed(1);
    nn::MultiheadAttention attention(8, 2);
    CHECK(attention->named_parameters().keys() ==
          std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
    CHECK(attention->in_proj_weight.sizes() == IntArrayRef({24, 8}));
    CHECK(attention->in_proj_bias.detach().equal(zeros({24})));
    CHECK(attention->out_proj->bias.detach().equal(zeros({8})));
    const double bound = std::sqrt(6.0 / (24 + 8));
    CHECK(attention->in_proj_weight.detach().abs().max().item<double>() <= bound);
    CHECK(printed(attention) ==
          "xgrad::nn::MultiheadAttention(\n  (out_proj): xgrad::nn::Linear(in_features=8, out_features=8, "
          "bias=true)\n)");
    nn::MultiheadAttention other(
        nn::MultiheadAttentionOptions(8, 4).kdim(3).vdim(5).bias(false).add_bias_kv(true).add_zero_attn(true));
    CHECK(other->named_parameters().keys() == std::vector<std::string>{"q_proj_weight", "k_proj_weight",
                                                                       "v_proj_weight", "bias_k", "bias_v",
                                                                       "out_proj.weight"});
    CHECK(other->k_proj_weight.sizes() == IntArrayRef({8, 3}));
    const auto [y, weights] = other(randn({4, 2, 8}), randn({6, 2, 3}), randn({6, 2, 5}));
    CHECK(y.sizes() == IntArrayRef({4, 2, 8}));
    CHECK(weights.sizes() == IntArrayRef({2, 4, 8}));
    CHECK(weights.sum(-1).allclose(ones({2, 4})));
    CHECK_THROWS_AS(nn::MultiheadAttention(7, 2), ValueError);
}

TEST_CASE("MultiheadAttention computes the same with and without weights, and with equal inputs") {
    nn::MultiheadAttention attention(nn::MultiheadAttentionOptions(8, 2).dropout(0.5));
    attention->eval();
    const Tensor q = randn({4, 3, 8}, Generator(1)), k = randn({6, 3, 8}, Generator(2));
    const Tensor mask = randn({4, 6}, Generator(3)), padding = randn({3, 6}, Generator(4)) > 1.0;
    for (const Tensor& p : {Tensor(), padding})
        for (const Tensor& m : {Tensor(), mask, mask > 1.0, mask.expand({6, 4, 6})}) {
            const Tensor slow = std::get<0>(attention(q, k, k, p, true, m));
            CHECK(std::get<0>(attention(q, k, k, p, false, m)).allclose(slow, 1e-4, 1e-5));
            CHECK(std::get<0>(attention(q, k, k.clone(), p, false, m)).allclose(slow, 1e-4, 1e-5));
            CHECK(!std::get<1>(attention(q, k, k, p, false, m)).defined());
        }
    const Tensor self = std::get<0>(attention(q, q, q));
    CHECK(std::get<0>(attention(q, q.clone(), q.clone())).allclose(self, 1e-4, 1e-5));
    CHECK(std::get<1>(attention(q, q, q, Tensor(), true, Tensor(), false)).sizes() == IntArrayRef({3, 2, 4, 4}));
    attention->train();
    CHECK(!std::get<0>(attention(q, q, q)).allclose(self));
}

namespace {

/// Attention of an input to itself, as a module of one tensor.
struct SelfAttentionImpl : nn::Module {
    explicit SelfAttentionImpl(bool with_weights) : weights(with_weights) {
        attention = register_module("attention", nn::MultiheadAttention(4, 2));
    }
    Tensor forward(const Tensor& x) { return std::get<0>(attention(x, x, x, Tensor(), weights)); }

    bool weights;
    nn::MultiheadAttention attention = nullptr;
};
XGRAD_MODULE(SelfAttention);

}  // namespace

TEST_CASE("derivatives of MultiheadAttention") {
    for (const bool weights : {false, true}) {
        manual_seed(2);
        SelfAttention attention(weights);
        attention->to(kFloat64);
        const Tensor x = randn({3, 2, 4}, Generator(1), kFloat64).requires_grad_();
        CHECK(autograd::check_module(attention, {x}, {.second_order = true}));
    }
}

TEST_CASE("MultiheadAttention as an AnyModule, and its errors") {
    nn::MultiheadAttention attention(8, 2);
    const Tensor x = randn({4, 3, 8});
    nn::AnyModule any(attention);
    const auto result = any.forward<std::tuple<Tensor, Tensor>>(x, x, x);
    CHECK(std::get<0>(result).equal(std::get<0>(attention(x, x, x))));
    CHECK_THROWS_AS(attention(x[0], x, x), ShapeError);
    CHECK_THROWS_AS(attention(randn({4, 3, 6}), x, x), ShapeError);
    CHECK_THROWS_AS(attention(x, x, randn({5, 3, 8})), ShapeError);
    CHECK_THROWS_AS(attention(x, x, x, zeros({3, 5}, kBool)), ShapeError);
    CHECK_THROWS_AS(attention(x, x, x, Tensor(), true, zeros({3, 4})), ShapeError);
}
