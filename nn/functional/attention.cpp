#include <xgrad/nn/functional/attention.h>

#include <array>
#include <cmath>
#include <limits>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

namespace {

using Options = MultiheadAttentionForwardFuncOptions;

constexpr const char* kName = "multi_head_attention_forward";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check(bool good, const char* message) {
    if (!good) raise<ShapeError>(kName, message);
}

/// Queries, keys and values as the heads are to see them, side by side still.
std::array<Tensor, 3> project(const Tensor& query, const Tensor& key, const Tensor& value, const Options& options) {
    const std::int64_t width = options.embed_dim_to_check();
    const Tensor &weight = options.in_proj_weight(), &bias = options.in_proj_bias();
    const auto biases = [&](std::int64_t from, std::int64_t count) {
        return bias.defined() ? bias.narrow(0, from * width, count * width) : Tensor();
    };
    if (options.use_separate_proj_weight())
        return {linear(query, options.q_proj_weight(), biases(0, 1)),
                linear(key, options.k_proj_weight(), biases(1, 1)),
                linear(value, options.v_proj_weight(), biases(2, 1))};
    const auto parts = [&](const Tensor& x, std::int64_t from, std::int64_t count) {
        return linear(x, weight.narrow(0, from * width, count * width), biases(from, count)).chunk(count, -1);
    };
    if (query.is_same(key) && key.is_same(value)) {
        const auto all = parts(query, 0, 3);
        return {all[0], all[1], all[2]};
    }
    if (key.is_same(value)) {
        const auto both = parts(key, 1, 2);
        return {parts(query, 0, 1)[0], both[0], both[1]};
    }
    return {parts(query, 0, 1)[0], parts(key, 1, 1)[0], parts(value, 2, 1)[0]};
}

/// What is added to the scores so that marked keys are none.
Tensor as_numbers(const Tensor& mask, ScalarType dtype) {
    return mask.dtype() == kBool ? where(mask, -kInfinity, zeros({}, dtype)) : mask.to(dtype);
}

/// One more key, at the end of the last dimension, that every query sees.
Tensor with_one_more(const Tensor& mask) {
    if (!mask.defined()) return mask;
    detail::Dims sizes = mask.sizes();
    sizes[sizes.size() - 1] = 1;
    return cat({mask, zeros(sizes, mask.dtype())}, -1);
}

}  // namespace

std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                        const Options& options) {
    for (const Tensor* x : {&query, &key, &value})
        if (!x->defined() || x->dim() != 3)
            raise<ShapeError>(kName, "query, key and value must have 3 dimensions (length, batch, features)");
    const std::int64_t queries = query.size(0), batch = query.size(1), width = query.size(2);
    const std::int64_t heads = options.num_heads(), depth = heads > 0 ? width / heads : 0;
    if (width != options.embed_dim_to_check())
        raise<ShapeError>(kName, "the query's last dimension must be embed_dim = ", options.embed_dim_to_check(),
                          ", got shape ", query.sizes());
    if (depth * heads != width)
        raise<ValueError>(kName, "embed_dim must be divisible by num_heads, got ", width, " and ", heads);
    if (key.size(0) != value.size(0) || key.size(1) != batch || value.size(1) != batch)
        raise<ShapeError>(kName, "key and value must have the same length and the query's batch: got query ",
                          query.sizes(), ", key ", key.sizes(), " and value ", value.sizes());

    auto [q, k, v] = project(query, key, value, options);
    Tensor mask = options.attn_mask(), padding = options.key_padding_mask();
    if (padding.defined() && padding.dtype() != kBool) padding = padding != 0;
    const Tensor &bias_k = options.bias_k(), &bias_v = options.bias_v();
    check(bias_k.defined() == bias_v.defined(), "bias_k and bias_v must both be given, or neither");
    if (bias_k.defined()) {
        check(!options.static_k().defined(), "bias cannot be added to static key.");
        check(!options.static_v().defined(), "bias cannot be added to static value.");
        k = cat({k, bias_k.expand({1, batch, width})});
        v = cat({v, bias_v.expand({1, batch, width})});
        mask = with_one_more(mask);
        padding = with_one_more(padding);
    }
    // (N, heads, length, depth), without a copy.
    const auto of_heads = [&](const Tensor& x) { return x.reshape({-1, batch, heads, depth}).permute({1, 2, 0, 3}); };
    const auto given = [&](const Tensor& x) {
        check(x.dim() == 3 && x.size(0) == batch * heads && x.size(2) == depth,
              "static_k and static_v must have shape (batch * num_heads, length, embed_dim / num_heads)");
        return x.view({batch, heads, x.size(1), depth});
    };
    q = of_heads(q);
    k = options.static_k().defined() ? given(options.static_k()) : of_heads(k);
    v = options.static_v().defined() ? given(options.static_v()) : of_heads(v);
    if (options.add_zero_attn()) {
        const auto with_zero = [&](const Tensor& x) { return cat({x, zeros({batch, heads, 1, depth}, x.dtype())}, 2); };
        k = with_zero(k);
        v = with_zero(v);
        mask = with_one_more(mask);
        padding = with_one_more(padding);
    }
    const std::int64_t keys = k.size(2);
    if (mask.defined()) {
        check(mask.size(-2) == queries && mask.size(-1) == keys &&
                  (mask.dim() == 2 || (mask.dim() == 3 && mask.size(0) == batch * heads)),
              "attn_mask must have shape (L, S) or (batch * num_heads, L, S)");
        mask = as_numbers(mask, q.dtype());
        if (mask.dim() == 3) mask = mask.view({batch, heads, queries, keys});
    }
    if (padding.defined()) {
        check(padding.dim() == 2 && padding.size(0) == batch && padding.size(1) == keys,
              "key_padding_mask must have shape (batch, S)");
        const Tensor numbers = as_numbers(padding, q.dtype()).unsqueeze(1).unsqueeze(2);
        mask = mask.defined() ? mask + numbers : numbers;
    }
    const double p = options.training() ? options.dropout_p() : 0;
    Tensor out, weights;
    if (options.need_weights()) {
        Tensor scores = (q * (1 / std::sqrt(static_cast<double>(depth)))).matmul(k.transpose(2, 3));
        if (mask.defined()) scores = scores + mask;
        weights = dropout(scores.softmax(-1), p, true);
        out = weights.matmul(v);
        if (options.average_attn_weights()) weights = weights.mean(1);
    } else {
        out = scaled_dot_product_attention(q, k, v, mask, p);
    }
    out = out.permute({2, 0, 1, 3}).reshape({queries, batch, width});
    return {linear(out, options.out_proj_weight(), options.out_proj_bias()), weights};
}

}  // namespace xgrad::nn::functional
