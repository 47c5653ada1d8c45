#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional.h>
#include <xgrad/nn/normalization.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;
namespace F = xgrad::nn::functional;

namespace {

Tensor none_or(const TensorList& x, std::size_t i) { return i < x.size() ? x[i] : Tensor(); }

/// x, weight, bias, running mean and variance to the result and the running statistics behind it.
std::function<TensorList(const TensorList&)> train(double momentum = 0.1, double eps = 1e-5) {
    return [=](const TensorList& x) {
        const Tensor mean = x[3].detach().clone(), var = x[4].detach().clone();
        return TensorList{batch_norm(x[0], x[1], x[2], mean, var, true, momentum, eps), mean, var};
    };
}

std::vector<Case> normalisation() {
    const auto plain = [](const TensorList& x) {
        return TensorList{batch_norm(x[0], none_or(x, 1), {}, {}, {}, true, 0.1, 1e-5)};
    };
    const auto instances = [](const TensorList& x) {
        const auto options = F::InstanceNormFuncOptions().weight(none_or(x, 1)).bias(none_or(x, 2));
        return TensorList{F::instance_norm(x[0], options)};
    };
    std::vector<Case> out = {
        {"batch_norm training", train()},
        {"batch_norm training, momentum 0.7", train(0.7, 0.5)},
        {"batch_norm training, 2 dimensions", train()},
        {"batch_norm training, 4 dimensions", train()},
        {"batch_norm training, plain", plain},
        {"batch_norm training, weight", plain},
        {"batch_norm training, equal values", plain},
        {"batch_norm training, NaN", plain},
        {"batch_norm evaluation",
         [](const TensorList& x) {
             return TensorList{batch_norm(x[0], x[1], x[2], x[3].detach(), x[4].detach(), false, 0.1, 1e-5)};
         }},
        {"batch_norm evaluation, plain",
         [](const TensorList& x) { return TensorList{F::batch_norm(x[0], x[1].detach(), x[2].detach())}; }},
        {"instance_norm", instances},
        {"instance_norm affine", instances},
        {"instance_norm running",
         [](const TensorList& x) {
             const Tensor mean = x[3].detach().clone(), var = x[4].detach().clone();
             return TensorList{instance_norm(x[0], x[1], x[2], mean, var, true, 0.3, 1e-3), mean, var};
         }},
        {"instance_norm evaluation",
         [](const TensorList& x) {
             return TensorList{instance_norm(x[0], x[1], x[2], x[3].detach(), x[4].detach(), false, 0.1, 1e-5)};
         }},
        {"local_response_norm 4 dimensions",
         [](const TensorList& x) {
             return TensorList{F::local_response_norm(x[0], F::LocalResponseNormFuncOptions(3).alpha(0.7))};
         }},
        {"CrossMapLRN2d",
         [](const TensorList& x) {
             return TensorList{nn::CrossMapLRN2d(nn::CrossMapLRN2dOptions(3).alpha(0.5).beta(0.6).k(2))(x[0])};
         }},
    };
    for (const std::int64_t size : {1, 2, 3, 5, 9})
        out.push_back({"local_response_norm " + std::to_string(size), [=](const TensorList& x) {
                           return TensorList{F::local_response_norm(
                               x[0], F::LocalResponseNormFuncOptions(size).alpha(0.5).beta(0.6).k(1.2))};
                       }});
    return out;
}

/// The parameters that follow query, key and value.
F::MultiheadAttentionForwardFuncOptions multihead(const TensorList& x, std::size_t at, Tensor bias_k = {},
                                                  Tensor bias_v = {}, bool zero = false) {
    return {4, 2, x[at], x[at + 1], std::move(bias_k), std::move(bias_v), zero, 0, x[at + 2], x[at + 3]};
}

TensorList both(const std::tuple<Tensor, Tensor>& result) { return {std::get<0>(result), std::get<1>(result)}; }

std::vector<Case> attention() {
    const auto plain = [](const TensorList& x) {
        return TensorList{scaled_dot_product_attention(x[0], x[1], x[2], none_or(x, 3))};
    };
    const auto forward = [](const TensorList& x, const F::MultiheadAttentionForwardFuncOptions& options) {
        return both(F::multi_head_attention_forward(x[0], x[1], x[2], options));
    };
    return {
        {"attention", plain},
        {"attention scale",
         [](const TensorList& x) {
             return TensorList{scaled_dot_product_attention(x[0], x[1], x[2], {}, 0, false, 0.3)};
         }},
        {"attention causal",
         [](const TensorList& x) { return TensorList{scaled_dot_product_attention(x[0], x[1], x[2], {}, 0, true)}; }},
        {"attention mask", plain},
        {"attention broadcast mask", plain},
        {"attention bool mask", plain},
        {"attention blind query", plain},
        {"attention heads", plain},
        {"multihead", [=](const TensorList& x) { return forward(x, multihead(x, 3)); }},
        {"multihead self",
         [](const TensorList& x) { return both(F::multi_head_attention_forward(x[0], x[0], x[0], multihead(x, 1))); }},
        {"multihead every head",
         [=](const TensorList& x) { return forward(x, multihead(x, 3).average_attn_weights(false)); }},
        {"multihead masks",
         [=](const TensorList& x) { return forward(x, multihead(x, 3).attn_mask(x[7]).key_padding_mask(x[8])); }},
        {"multihead bool mask", [=](const TensorList& x) { return forward(x, multihead(x, 3).attn_mask(x[7])); }},
        {"multihead added keys", [=](const TensorList& x) { return forward(x, multihead(x, 3, x[7], x[8], true)); }},
    };
}

std::vector<Case> distances() {
    const auto cosine = [](std::int64_t dim, double eps) {
        return [=](const TensorList& x) { return TensorList{cosine_similarity(x[0], x[1], dim, eps)}; };
    };
    const auto normalize = [](double p, std::int64_t dim, double eps) {
        return [=](const TensorList& x) {
            return TensorList{F::normalize(x[0], F::NormalizeFuncOptions().p(p).dim(dim).eps(eps))};
        };
    };
    const auto plain = [](const TensorList& x) { return TensorList{cdist(x[0], x[1])}; };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    std::vector<Case> out = {
        {"cdist product", [](const TensorList& x) { return TensorList{cdist(x[0], x[1], 2, 1)}; }, 1e-11},
        {"cdist batches", plain},
        {"cdist no columns", plain},
        {"cdist no rows", plain},
        {"pairwise_distance keepdim",
         [](const TensorList& x) { return TensorList{pairwise_distance(x[0], x[1], 2, 0.1, true)}; }},
        {"pairwise_distance vectors", [](const TensorList& x) { return TensorList{pairwise_distance(x[0], x[1])}; }},
        {"cosine_similarity", cosine(1, 1e-8)},
        {"cosine_similarity dim 0", cosine(0, 1e-8)},
        {"cosine_similarity small", cosine(-1, 100)},
        {"cosine_similarity zero", cosine(0, 1e-8)},
        {"normalize 1.0", normalize(1, 1, 1e-12)},
        {"normalize 2.0", normalize(2, 1, 1e-12)},
        {"normalize inf", normalize(kInfinity, 1, 1e-12)},
        {"normalize small", normalize(2, -1, 50)},
        {"normalize zero", normalize(2, 0, 1e-12)},
    };
    const std::pair<double, std::string> orders[] = {{0, "0.0"}, {0.5, "0.5"}, {1, "1.0"},        {1.5, "1.5"},
                                                     {2, "2.0"}, {3, "3.0"},   {kInfinity, "inf"}};
    for (const auto& [order, name] : orders) {
        const double p = order;
        out.push_back({"cdist " + name, [=](const TensorList& x) { return TensorList{cdist(x[0], x[1], p)}; }});
        out.push_back({"cdist ties " + name,
                       [=](const TensorList& x) { return TensorList{cdist(x[0], x[0].detach().slice(0, 1), p)}; }});
        out.push_back({"pdist " + name, [=](const TensorList& x) { return TensorList{pdist(x[0], p)}; }});
        out.push_back({"pairwise_distance " + name,
                       [=](const TensorList& x) { return TensorList{pairwise_distance(x[0], x[1], p)}; }});
    }
    return out;
}

std::vector<Case> bags() {
    const Tensor indices = tensor({3, 1, 3, 0, 4, 1, 3, 3}), offsets = tensor({0, 3, 3, 6});
    const auto call = [=](const Tensor& which, const F::EmbeddingBagFuncOptions& options) {
        return [=](const TensorList& x) {
            auto with_factors = options;
            if (x.size() > 1) with_factors.per_sample_weights(x[1]);
            return TensorList{F::embedding_bag(which, x[0], with_factors)};
        };
    };
    std::vector<Case> out;
    const std::pair<nn::EmbeddingBagMode, std::string> modes[] = {{kSum, "sum"}, {kMean, "mean"}, {kMax, "max"}};
    for (const auto& [mode, word] : modes) {
        const std::string name = "embedding_bag " + word;
        const auto options = F::EmbeddingBagFuncOptions().mode(mode).offsets(offsets);
        out.push_back({name, call(indices, options)});
        out.push_back({name + " matrix", call(indices.reshape({2, 4}), F::EmbeddingBagFuncOptions().mode(mode))});
        out.push_back({name + " padding", call(indices, F::EmbeddingBagFuncOptions(options).padding_idx(3))});
        out.push_back(
            {name + " last offset",
             call(indices, F::EmbeddingBagFuncOptions(options).offsets(tensor({0, 3, 8})).include_last_offset(true))});
    }
    const auto sum = F::EmbeddingBagFuncOptions().mode(kSum).offsets(offsets);
    out.push_back({"embedding_bag factors", call(indices, sum)});
    out.push_back({"embedding_bag factors, padding", call(indices, F::EmbeddingBagFuncOptions(sum).padding_idx(-5))});
    out.push_back({"embedding_bag max of ties", call(tensor({{0, 1, 2}}), F::EmbeddingBagFuncOptions().mode(kMax))});
    return out;
}

}  // namespace

TEST_CASE("normalisation, attention, distances and bags of embeddings agree with PyTorch") {
    std::vector<Case> all;
    for (const auto& part : {normalisation(), attention(), distances(), bags()})
        all.insert(all.end(), part.begin(), part.end());
    reference::check("neural", all);
}
