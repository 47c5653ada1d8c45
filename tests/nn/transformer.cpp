#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/transformer_layer.h>

#include "printed.h"

using namespace xgrad;

TEST_CASE("TransformerEncoderLayer") {
    nn::TransformerEncoderLayer layer(nn::TransformerEncoderLayerOptions(8, 2).dim_feedforward(16).activation(kGELU));
    CHECK(layer->named_parameters().keys() ==
          std::vector<std::string>{"self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight",
                                   "self_attn.out_proj.bias", "linear1.weight", "linear1.bias", "linear2.weight",
                                   "linear2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"});
    layer->eval();
    const Tensor x = randn({5, 3, 8}, Generator(1)), mask = randn({5, 5}, Generator(2));
    const Tensor padding = randn({3, 5}, Generator(3)) > 1.0;
    const Tensor attended = std::get<0>(layer->self_attn(x, x, x, padding, true, mask));
    const Tensor y = layer->norm1(x + attended);
    CHECK(layer(x, mask, padding).allclose(layer->norm2(y + layer->linear2(gelu(layer->linear1(y)))), 1e-4, 1e-5));
    layer->train();
    CHECK(!layer(x).allclose(layer(x)));
    const auto copy = std::dynamic_pointer_cast<nn::TransformerEncoderLayerImpl>(layer->clone());
    REQUIRE(copy);
    copy->eval();
    layer->eval();
    CHECK(copy->forward(x).equal(layer(x)));
    CHECK_THROWS_AS(nn::TransformerEncoderLayer(7, 2), ValueError);
    CHECK_THROWS_AS(nn::activation_t{kTanh}, ValueError);
    CHECK_THROWS_AS(layer(randn({5, 8})), ShapeError);
}

TEST_CASE("TransformerDecoderLayer") {
    nn::TransformerDecoderLayer layer(
        nn::TransformerDecoderLayerOptions(8, 2).dim_feedforward(16).dropout(0).activation(
            [](const Tensor& v) { return v.tanh(); }));
    CHECK(layer->named_parameters().size() == 18);
    const Tensor x = randn({4, 3, 8}, Generator(1)), memory = randn({6, 3, 8}, Generator(2));
    const Tensor later = arange(4) > arange(4).unsqueeze(1);
    Tensor y = layer->norm1(x + std::get<0>(layer->self_attn(x, x, x, Tensor(), true, later)));
    y = layer->norm2(y + std::get<0>(layer->multihead_attn(y, memory, memory)));
    y = layer->norm3(y + layer->linear2(layer->linear1(y).tanh()));
    CHECK(layer(x, memory, later).allclose(y, 1e-4, 1e-5));
    // What comes later does not matter.
    Tensor changed = x.clone();
    changed[3].fill_(5);
    CHECK(layer(changed, memory, later).narrow(0, 0, 3).allclose(layer(x, memory, later).narrow(0, 0, 3), 1e-4, 1e-5));
}

TEST_CASE("derivatives of a TransformerEncoderLayer") {
    manual_seed(4);
    nn::TransformerEncoderLayer layer(
        nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(3).dropout(0).activation(kGELU));
    layer->to(kFloat64);
    CHECK(autograd::check_module(layer, {randn({3, 2, 4}, Generator(1), kFloat64).requires_grad_()}));
}
