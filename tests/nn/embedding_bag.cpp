#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/any_module.h>
#include <xgrad/nn/embedding.h>
#include <xgrad/nn/functional/embedding.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

TEST_CASE("EmbeddingBag prints as libtorch's") {
    CHECK(printed(nn::EmbeddingBag(10, 3)) == "xgrad::nn::EmbeddingBag(num_embeddings=10, embedding_dim=3)");
    CHECK(printed(nn::EmbeddingBag(nn::EmbeddingBagOptions(10, 3)
                                       .max_norm(2)
                                       .norm_type(1.5)
                                       .scale_grad_by_freq(true)
                                       .mode(kSum)
                                       .include_last_offset(true)
                                       .padding_idx(-1))) ==
          "xgrad::nn::EmbeddingBag(num_embeddings=10, embedding_dim=3, max_norm=2, norm_type=1.5, "
          "scale_grad_by_freq=true, mode=kSum, include_last_offset=true, padding_idx=9)");
    CHECK(printed(nn::EmbeddingBag(nn::EmbeddingBagOptions(2, 3).mode(kMax))) ==
          "xgrad::nn::EmbeddingBag(num_embeddings=2, embedding_dim=3, mode=kMax)");
}

TEST_CASE("EmbeddingBag") {
    manual_seed(1);
    nn::EmbeddingBag bag(6, 3);
    manual_seed(1);
    CHECK(bag->weight.detach().equal(nn::Embedding(6, 3)->weight.detach()));
    const Tensor indices = tensor({{0, 2, 2}, {5, 1, 0}}), w = bag->weight.detach();
    const Tensor expected =
        (w.index_select(0, tensor({0, 5})) + w.index_select(0, tensor({2, 1})) + w.index_select(0, tensor({2, 0}))) /
        3.0;
    CHECK(bag(indices).allclose(expected, 1e-5, 1e-6));
    CHECK(bag(indices.reshape({-1}), tensor({0, 3})).equal(bag(indices)));
    CHECK(bag(indices.to(kInt32)).equal(bag(indices)));
    nn::AnyModule any(bag);
    CHECK(any.forward<Tensor>(indices).equal(bag(indices)));

    auto sum = nn::EmbeddingBag::from_pretrained(
        w, nn::EmbeddingBagFromPretrainedOptions().mode(kSum).include_last_offset(true));
    CHECK(!sum->weight.requires_grad());
    const Tensor factors = randn({6}, Generator(2));
    const Tensor y = sum(indices.reshape({-1}), tensor({0, 3, 6}), factors);
    CHECK(y[0].allclose(factors.narrow(0, 0, 3).unsqueeze(0).mm(w.index_select(0, tensor({0, 2, 2})))[0], 1e-5, 1e-6));

    nn::EmbeddingBag padded(nn::EmbeddingBagOptions(6, 3).padding_idx(0).max_norm(1e-3));
    CHECK(padded->weight.detach()[0].equal(zeros({3})));
    CHECK(padded(tensor({{0, 0}})).equal(zeros({1, 3})));
    padded(tensor({{1, 2}}));
    CHECK(padded->weight.detach()[1].norm().item<double>() < 1.1e-3);
}

TEST_CASE("errors of EmbeddingBag") {
    nn::EmbeddingBag bag(6, 3);
    CHECK_THROWS_AS(bag(tensor({1, 2})), ShapeError);
    CHECK_THROWS_AS(bag(tensor({{1, 2}}), tensor({0})), ShapeError);
    CHECK_THROWS_AS(bag(tensor({{{1, 2}}})), ShapeError);
    CHECK_THROWS_AS(bag(tensor({{1, 6}})), IndexError);
    CHECK_THROWS_AS(bag(tensor({{1, 2}}), Tensor(), ones({1, 2})), ValueError);
    CHECK_THROWS_AS(nn::EmbeddingBag(nn::EmbeddingBagOptions(6, 3).padding_idx(6)), ValueError);
    CHECK_THROWS_AS(nn::EmbeddingBag(nn::EmbeddingBagOptions(6, 3)._weight(ones({2, 3}))), ShapeError);
    CHECK_THROWS_AS(nn::EmbeddingBagMode{kNone}, ValueError);
    CHECK_THROWS_AS(F::embedding_bag(tensor({{1}}), ones({2, 2}), F::EmbeddingBagFuncOptions().sparse(true)),
                    NotImplementedError);
}
