#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/nn/embedding.h>
#include <xgrad/nn/functional/embedding.h>

#include "printed.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;
using nn::Embedding;
using nn::EmbeddingOptions;

TEST_CASE("Embedding prints as libtorch's") {
    CHECK(printed(Embedding(10, 2)) == "xgrad::nn::Embedding(num_embeddings=10, embedding_dim=2)");
    CHECK(printed(Embedding(EmbeddingOptions(10, 2).padding_idx(-3).max_norm(2))) ==
          "xgrad::nn::Embedding(num_embeddings=10, embedding_dim=2, padding_idx=7, max_norm=2)");
    CHECK(
        printed(Embedding(
            EmbeddingOptions(10, 2).padding_idx(3).max_norm(2).norm_type(2.5).scale_grad_by_freq(true).sparse(true))) ==
        "xgrad::nn::Embedding(num_embeddings=10, embedding_dim=2, padding_idx=3, max_norm=2, norm_type=2.5, "
        "scale_grad_by_freq=true, sparse=true)");
}

TEST_CASE("Embedding begins with the normal numbers of the generator, its padding with zeros") {
    manual_seed(11);
    Embedding table(EmbeddingOptions(5, 3).padding_idx(-2));
    manual_seed(11);
    Tensor expected = randn({5, 3});
    expected[3].zero_();
    CHECK(equal(table->weight.detach(), expected));
    CHECK(table->weight.requires_grad());
    CHECK(table->options.padding_idx() == 3);

    const Tensor indices = tensor({{0, 3}, {3, 4}});
    CHECK(equal(table(indices), embedding(expected, indices)));
    table(indices).sum().backward();
    CHECK(equal(table->weight.grad(), tensor({{1., 1., 1.}, {0., 0., 0.}, {0., 0., 0.}, {0., 0., 0.}, {1., 1., 1.}})));
}

TEST_CASE("Embedding hands its options on") {
    const Tensor start = tensor({{3., 4.}, {0.3, 0.4}, {6., 8.}}), indices = tensor({0, 1, 0});
    Embedding table(EmbeddingOptions(3, 2)._weight(start.clone()).max_norm(1).scale_grad_by_freq(true));
    CHECK(allclose(table(indices), tensor({{0.6, 0.8}, {0.3, 0.4}, {0.6, 0.8}})));
    CHECK(allclose(table->weight.detach(), tensor({{0.6, 0.8}, {0.3, 0.4}, {6., 8.}})));
    table(indices).sum().backward();
    CHECK(equal(table->weight.grad(), tensor({{1., 1.}, {1., 1.}, {0., 0.}})));

    Tensor weight = start.clone();
    CHECK(allclose(F::embedding(indices, weight, F::EmbeddingFuncOptions().max_norm(7).norm_type(1)),
                   tensor({{3., 4.}, {0.3, 0.4}, {3., 4.}})));
    weight.requires_grad_();
    F::embedding(indices, weight, F::EmbeddingFuncOptions().padding_idx(-3)).sum().backward();
    CHECK(equal(weight.grad(), tensor({{0., 0.}, {1., 1.}, {0., 0.}})));
}

TEST_CASE("Embedding of a given table") {
    const Tensor given = tensor({{1., 2.3, 3.}, {4., 5.1, 6.3}});
    Embedding frozen = Embedding::from_pretrained(given);
    CHECK(equal(frozen(tensor({1})), tensor({{4., 5.1, 6.3}})));
    CHECK(frozen->weight.is_alias_of(given));
    CHECK_FALSE(frozen->weight.requires_grad());
    Embedding learning = Embedding::from_pretrained(given, nn::EmbeddingFromPretrainedOptions().freeze(false));
    CHECK(learning->weight.requires_grad());
    CHECK_FALSE(given.requires_grad());

    const auto copy = std::dynamic_pointer_cast<nn::EmbeddingImpl>(learning->clone());
    REQUIRE(copy);
    CHECK(equal(copy->weight, learning->weight));
    CHECK_FALSE(copy->weight.is_alias_of(given));
    CHECK(learning->weight.is_alias_of(given));
}

TEST_CASE("Embedding: bad options and inputs") {
    CHECK_THROWS_WITH_AS(Embedding(EmbeddingOptions(3, 2).padding_idx(3)),
                         "[Embedding] Padding_idx must be within num_embeddings, got 3 of 3", ValueError);
    CHECK_THROWS_AS(Embedding(EmbeddingOptions(3, 2).padding_idx(-4)), ValueError);
    CHECK_THROWS_AS(Embedding(-1, 2), ValueError);
    CHECK_THROWS_WITH_AS(
        Embedding(EmbeddingOptions(3, 2)._weight(ones({2, 3}))),
        "[Embedding] Shape of _weight does not match num_embeddings and embedding_dim: (2, 3) and (3, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(Embedding::from_pretrained(ones({2})),
                         "[Embedding::from_pretrained] Embeddings parameter is expected to be 2-dimensional, got shape "
                         "(2,)",
                         ShapeError);
    CHECK_THROWS_AS(F::embedding(tensor({0}), ones({3, 2}), F::EmbeddingFuncOptions().padding_idx(3)), ValueError);
    CHECK_THROWS_AS(Embedding(EmbeddingOptions(3, 2).sparse(true))(tensor({0})), NotImplementedError);
    CHECK_THROWS_AS(Embedding(3, 2)(tensor({0, 3})), IndexError);
    CHECK_THROWS_AS(Embedding(3, 2)(tensor({0.5})), DtypeError);

    // An index out of range changes no row before it.
    Embedding table(EmbeddingOptions(2, 2)._weight(tensor({{3., 4.}, {3., 4.}})).max_norm(1));
    CHECK_THROWS_AS(table(tensor({0, 2})), IndexError);
    CHECK(equal(table->weight.detach(), tensor({{3., 4.}, {3., 4.}})));
}
