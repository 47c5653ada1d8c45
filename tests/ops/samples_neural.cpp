#include "samples.h"

using namespace xgrad;

namespace samples {

namespace {

using Call = std::function<Tensor(const TensorList&)>;

Tensor none_or(const TensorList& x, std::size_t i) { return i < x.size() ? x[i] : Tensor(); }

Call normalise_batch(double eps = 0.1) {
    return [=](const TensorList& x) { return batch_norm(x[0], none_or(x, 1), none_or(x, 2), {}, {}, true, 0.1, eps); };
}

/// By fixed running statistics.
Tensor evaluate_batch(const TensorList& x) {
    const Tensor mean = arange(x[0].size(1), x[0].dtype()) * 0.1, var = mean + 0.5;
    return batch_norm(x[0], none_or(x, 1), none_or(x, 2), mean, var, false, 0.1, 0.1);
}

Call attend(bool causal = false, std::optional<double> scale = std::nullopt) {
    return [=](const TensorList& x) {
        return scaled_dot_product_attention(x[0], x[1], x[2], none_or(x, 3), 0, causal, scale);
    };
}

/// With a mask that hides the last key of all queries and everything of the first query.
Tensor attend_masked(const TensorList& x) {
    Tensor mask = ones({x[0].size(-2), x[1].size(-2)}, kBool);
    mask.select(1, -1).fill_(false);
    mask.select(0, 0).fill_(false);
    return scaled_dot_product_attention(x[0], x[1], x[2], mask);
}

Call distances(double p, std::optional<std::int64_t> mode = std::nullopt) {
    return [=](const TensorList& x) { return cdist(x[0], x[1], p, mode); };
}

const Tensor& bag_indices() {
    static const Tensor indices = tensor({3, 1, 3, 0, 4, 1, 3});
    return indices;
}
const Tensor& bag_offsets() {
    static const Tensor offsets = tensor({0, 3, 3, 5});  // the second bag is empty
    return offsets;
}

Call bags(std::int64_t mode, std::optional<std::int64_t> padding = std::nullopt) {
    return [=](const TensorList& x) {
        return std::get<0>(
            embedding_bag(x[0], bag_indices(), bag_offsets(), false, mode, false, none_or(x, 1), false, padding));
    };
}

/// Positions that are no kinks: neither on an element nor at an edge.
TensorList picture_and_grid(std::vector<std::int64_t> picture, std::vector<std::int64_t> grid) {
    Tensor positions = uniform(grid, -1.4, 1.4, 5);
    return {uniform(picture, -2, 2, 6), positions};
}

Call sample_grid(std::int64_t mode, std::int64_t padding, bool align) {
    return [=](const TensorList& x) { return grid_sampler(x[0], x[1], mode, padding, align); };
}

}  // namespace

std::vector<Sample> neural_samples() {
    std::vector<Sample> out = {
        {"native_batch_norm", normalise_batch(), {{4, 3}}},
        {"native_batch_norm", normalise_batch(), {{4, 3}, {3}}},
        {"native_batch_norm", normalise_batch(), {{4, 3}, {3}, {3}}},
        {"native_batch_norm", normalise_batch(), {{2, 3, 5}, {3}, {3}}},
        {"native_batch_norm", normalise_batch(), {{2, 2, 3, 3}, {2}, {2}}},
        {"native_batch_norm", normalise_batch(), {{3, 20}, {20}, {20}}},
        {"native_batch_norm", normalise_batch(), {{2, 1, 20}, {1}, {1}}},
        {"native_batch_norm", normalise_batch(), {{0, 3, 2}, {3}, {3}}},
        {"native_batch_norm",
         [](const TensorList& x) { return batch_norm(x[0], {}, x[1], {}, {}, true, 0.1, 0.1).square(); },
         {{3, 2, 2}, {2}}},
        {"native_batch_norm",
         [](const TensorList& x) { return instance_norm(x[0], x[1], x[2], {}, {}, true, 0.1, 0.1); },
         {{2, 3, 4}, {3}, {3}}},
        {"batch_norm_elemt", evaluate_batch, {{4, 3}}},
        {"batch_norm_elemt", evaluate_batch, {{2, 3, 5}, {3}, {3}}},
        {"batch_norm_elemt", evaluate_batch, {{2, 20}, {20}, {20}}},
        {"scaled_dot_product_attention", attend(), {{3, 2}, {4, 2}, {4, 3}}},
        {"scaled_dot_product_attention", attend(), {{2, 3, 2}, {2, 4, 2}, {2, 4, 3}}},
        {"scaled_dot_product_attention", attend(true), {{1, 2, 3, 2}, {1, 2, 4, 2}, {1, 2, 4, 1}}},
        {"scaled_dot_product_attention", attend(true, 0.3), {{4, 2}, {3, 2}, {3, 2}}},
        {"scaled_dot_product_attention", attend(), {{3, 2}, {4, 2}, {4, 3}, {3, 4}}},
        {"scaled_dot_product_attention", attend(), {{2, 2, 3, 2}, {1, 2, 4, 2}, {2, 1, 4, 1}, {2, 1, 1, 4}}},
        {"scaled_dot_product_attention", attend_masked, {{2, 3, 2}, {2, 4, 2}, {2, 4, 1}}},
        {"scaled_dot_product_attention", attend(), {{2, 3}, {0, 3}, {0, 2}}},
        {"cdist", distances(2), {{3, 4}, {2, 4}}},
        {"cdist", distances(2, 1), {{3, 4}, {2, 4}}},
        {"cdist", distances(1), {{2, 3, 2}, {2, 2, 2}}},
        {"cdist", distances(3), {{3, 4}, {2, 4}}},
        {"cdist", distances(1.5), {{2, 2, 3}, {1, 2, 3}}},
        {"cdist", distances(std::numeric_limits<double>::infinity()), {{3, 4}, {2, 4}}},
        {"cdist", distances(0), {{3, 2}, {2, 2}}},
        {"cdist", distances(2), {{0, 4}, {2, 4}}},
        {"embedding_bag", bags(0), {{5, 3}}},
        {"embedding_bag", bags(0), {{5, 3}, {7}}},
        {"embedding_bag", bags(1), {{5, 3}}},
        {"embedding_bag", bags(1, 3), {{5, 2}}},
        {"embedding_bag", bags(0, -2), {{5, 2}, {7}}},
        {"embedding_bag_max", bags(2), {{5, 3}}},
        {"embedding_bag_max", bags(2, 3), {{5, 2}}},
        {"resample", [](const TensorList& x) { return upsample_linear1d(x[0], {7}, false); }, {{1, 2, 4}}},
        {"resample",
         [](const TensorList& x) {
             return upsample_nearest2d(x[0], {3, 4});
         },
         {{1, 2, 2, 5}}},
        {"resample",
         [](const TensorList& x) {
             return upsample_bicubic2d(x[0], {3, 4}, true).sin();
         },
         {{1, 1, 2, 3}}},
    };
    for (const std::int64_t mode : {0, 2})
        for (const std::int64_t padding : {0, 1, 2})
            for (const bool align : {false, true})
                out.push_back(
                    {"grid_sampler", sample_grid(mode, padding, align), {{1, 2, 3, 4}, {1, 2, 2, 2}}, true, [] {
                         return picture_and_grid({1, 2, 3, 4}, {1, 2, 2, 2});
                     }});
    out.push_back({"grid_sampler", sample_grid(1, 1, false), {{1, 1, 3, 3}, {1, 2, 2, 2}}, true, [] {
                       return picture_and_grid({1, 1, 3, 3}, {1, 2, 2, 2});
                   }});
    out.push_back({"grid_sampler", sample_grid(0, 2, false), {{1, 1, 2, 3, 2}, {1, 1, 2, 1, 3}}, true, [] {
                       return picture_and_grid({1, 1, 2, 3, 2}, {1, 1, 2, 1, 3});
                   }});
    return out;
}

std::vector<WrongInput> neural_wrong() {
    static const Tensor x = zeros({2, 3, 4}), v = zeros({3}), picture = zeros({1, 1, 3, 3});
    return {
        {"batch_norm", [] { batch_norm(v, {}, {}, {}, {}, true, 0.1, 0.1); }, "at least 2 dimensions"},
        {"batch_norm", [] { batch_norm(x, ones({2}), {}, {}, {}, true, 0.1, 0.1); },
         "weight should contain 3 elements not 2"},
        {"batch_norm", [] { batch_norm(x, {}, {}, zeros({4}), {}, true, 0.1, 0.1); },
         "running_mean should contain 3 elements not 4"},
        {"batch_norm", [] { batch_norm(x, {}, {}, {}, {}, false, 0.1, 0.1); },
         "running_mean and running_var must be defined in evaluation mode"},
        {"batch_norm", [] { batch_norm(x.to(kInt64), {}, {}, {}, {}, true, 0.1, 0.1); }, "Long"},
        {"batch_norm", [] { batch_norm(x, v.to(kFloat64), {}, {}, {}, true, 0.1, 0.1); },
         "expected a weight of dtype Float but found Double"},
        {"instance_norm", [] { instance_norm(x, {}, {}, {}, {}, false, 0.1, 0.1); },
         "Expected running_mean and running_var to be defined when use_input_stats is false"},
        {"instance_norm", [] { instance_norm(v, {}, {}, {}, {}, true, 0.1, 0.1); }, "at least 2 dimensions"},
        {"dropout", [] { dropout(x, 1.5, true); }, "dropout probability has to be between 0 and 1, but got 1.5"},
        {"dropout", [] { dropout(x.to(kInt64), 0.5, true); }, "Long"},
        {"alpha_dropout", [] { alpha_dropout(x, -0.1, false); }, "has to be between 0 and 1, but got -0.1"},
        {"feature_dropout", [] { feature_dropout(v, 0.5, true); },
         "Feature dropout requires at least 2 dimensions in the input, but got shape [3]"},
        {"feature_alpha_dropout_",
         [] {
             Tensor y = v.clone();
             feature_alpha_dropout_(y, 0.5, true);
         },
         "Feature dropout requires at least 2 dimensions"},
        {"native_dropout", [] { native_dropout(x, 2, true); }, "between 0 and 1, but got 2"},
        {"scaled_dot_product_attention", [] { scaled_dot_product_attention(v, x, x); }, "at least 2 dimensional"},
        {"scaled_dot_product_attention",
         [] {
             scaled_dot_product_attention(x, x, zeros({2, 4, 4}));
         },
         "(2, 3, 4), (2, 3, 4) and (2, 4, 4)"},
        {"scaled_dot_product_attention",
         [] {
             scaled_dot_product_attention(x, x, x, ones({3, 3}), 0, true);
         },
         "Explicit attn_mask should not be set when is_causal=True"},
        {"scaled_dot_product_attention",
         [] {
             scaled_dot_product_attention(x, x, x, ones({3, 4}));
         },
         "attn_mask of shape (3, 4) does not broadcast to (2, 3, 3)"},
        {"scaled_dot_product_attention",
         [] {
             scaled_dot_product_attention(x, x, x, ones({3, 3}, kInt64));
         },
         "Expected attn_mask dtype to be bool or to match query dtype"},
        {"scaled_dot_product_attention", [] { scaled_dot_product_attention(x, x, x.to(kFloat64)); },
         "Expected query, key, and value to have the same dtype"},
        {"cdist",
         [] {
             cdist(x, zeros({2, 3}));
         },
         "X1 and X2 must have the same number of columns. X1: 4 X2: 3"},
        {"cdist", [] { cdist(x, v); }, "only supports at least 2D tensors"},
        {"cdist", [] { cdist(x, x, -1); }, "only supports non-negative p values"},
        {"cdist", [] { cdist(x, x, 2, 3); }, "possible modes: 0, 1, 2, but was: 3"},
        {"pdist", [] { pdist(x); }, "only supports 2D tensors, got: 3D"},
        {"pdist",
         [] {
             pdist(zeros({2, 3}), -2);
         },
         "non-negative p"},
        {"cosine_similarity", [] { cosine_similarity(v.to(kInt64), v.to(kInt64), 0); },
         "expected common dtype to be floating point, yet common dtype is Long"},
        {"cosine_similarity", [] { cosine_similarity(x, x, 3); }, "Dimension out of range"},
        {"embedding_bag",
         [] {
             embedding_bag(zeros({5, 3}), tensor({5}), tensor({0}));
         },
         "Expected idx >= 0 && idx < num_embeddings (5) but found idx to be 5"},
        {"embedding_bag",
         [] {
             embedding_bag(zeros({5, 3}), tensor({1}), tensor({1}));
         },
         "offsets[0] has to be 0"},
        {"embedding_bag",
         [] {
             embedding_bag(zeros({5, 3}), tensor({1}), tensor({0, 2}));
         },
         "offsets[-1] can not be greater than input's length 1"},
        {"embedding_bag", [] { embedding_bag(v, tensor({1}), tensor({0})); }, "weight has to be a 2D Tensor"},
        {"embedding_bag",
         [] {
             embedding_bag(zeros({5, 3}), tensor({1}), tensor({0}), true, 2);
         },
         "max mode does not support scaling the gradient by the frequency"},
        {"embedding_bag",
         [] {
             embedding_bag(zeros({5, 3}), tensor({1}), tensor({0}), false, 1, false, ones({1}));
         },
         "per_sample_weights only supported with mode='sum'"},
        {"upsample_bilinear2d",
         [] {
             upsample_bilinear2d(x, {2, 2}, false);
         },
         "It is expected input_size equals to 4, but got size 3"},
        {"upsample_nearest1d", [] { upsample_nearest1d(x, {0}); }, "should be greater than 0"},
        {"upsample_nearest1d",
         [] {
             upsample_nearest1d(x, {2, 2});
         },
         "It is expected output_size equals to 1, but got size 2"},
        {"grid_sampler",
         [] {
             grid_sampler(picture, zeros({1, 2, 2, 3}), 0, 0, false);
         },
         "expected grid to have size 2 in last dimension"},
        {"grid_sampler",
         [] {
             grid_sampler(picture, zeros({2, 2, 2, 2}), 0, 0, false);
         },
         "same batch size"},
        {"grid_sampler",
         [] {
             grid_sampler(picture, zeros({1, 2, 2, 2}), 3, 0, false);
         },
         "interpolation mode"},
        {"grid_sampler_3d",
         [] {
             grid_sampler_3d(picture, zeros({1, 2, 2, 3}), 0, 0, false);
         },
         "expected 5D input"},
        {"affine_grid_generator",
         [] {
             affine_grid_generator(zeros({1, 3, 3}), {1, 1, 2, 2}, false);
         },
         "Expected a batch of 2D affine matrices of shape Nx2x3"},
        {"affine_grid_generator",
         [] {
             affine_grid_generator(zeros({1, 2, 3}), {1, 2, 2}, false);
         },
         "only supports 4D and 5D sizes"},
    };
}

}  // namespace samples
