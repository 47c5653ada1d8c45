#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>

#include "samples.h"

using namespace xgrad;

namespace {

using Dims = std::vector<std::int64_t>;
using Function = std::function<Tensor(const TensorList&)>;

/// Close to what was computed in float64, measured by the largest number.
bool close(const Tensor& got, const Tensor& expected, double tolerance) {
    if (got.sizes() != expected.sizes()) return false;
    if (got.numel() == 0) return true;
    const double largest = expected.abs().max().item<double>();
    return (got.to(kFloat64) - expected.to(kFloat64)).abs().max().item<double>() <= tolerance * std::max(largest, 1.0);
}

TensorList leaves(const TensorList& x, ScalarType dtype) {
    TensorList out;
    for (const Tensor& t : x) out.push_back(t.detach().to(dtype, false, true).requires_grad_());
    return out;
}

/// The result and the gradients of all inputs.
TensorList with_gradients(const Function& f, const TensorList& x) {
    const Tensor y = f(x);
    TensorList out = autograd::grad({y}, x, {arange(y.numel(), y.dtype()).reshape(y.sizes()).sin()});
    out.push_back(y);
    return out;
}

/// Checks that `fast`, in both dtypes, is `plain`, which is made of other operations, with its gradients.
void check_same(const Function& fast, const Function& plain, const TensorList& x, double tolerance = 1e-11) {
    const TensorList expected = with_gradients(plain, leaves(x, kFloat64));
    const TensorList wide = with_gradients(fast, leaves(x, kFloat64));
    const TensorList narrow = with_gradients(fast, leaves(x, kFloat32));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(close(wide[i], expected[i], tolerance));
        CHECK(narrow[i].dtype() == kFloat32);
        CHECK(close(narrow[i], expected[i], 2e-5));
    }
}

Tensor numbers(const Dims& sizes, std::uint64_t seed) { return randn(sizes, Generator(seed), kFloat64); }

Tensor batch_norm_by_definition(const TensorList& x) {
    Dims over{0}, shape(static_cast<std::size_t>(x[0].dim()), 1);
    for (std::int64_t d = 2; d < x[0].dim(); ++d) over.push_back(d);
    shape[1] = -1;
    const Tensor d = x[0] - x[0].mean(over, true);
    return d / (d.square().mean(over, true) + 1e-5).sqrt() * x[1].reshape(shape) + x[2].reshape(shape);
}

Tensor attention_by_definition(const TensorList& x, bool causal = false) {
    Tensor scores = x[0].matmul(x[1].transpose(-2, -1)) / std::sqrt(static_cast<double>(x[0].size(-1)));
    if (x.size() > 3) scores = scores + x[3];
    if (causal) {
        const Tensor later = arange(x[1].size(-2)) > arange(x[0].size(-2)).unsqueeze(1);
        scores = where(later, -std::numeric_limits<double>::infinity(), scores);
    }
    return scores.softmax(-1).matmul(x[2]);
}

}  // namespace

TEST_CASE("batch_norm agrees with its definition") {
    const Function fast = [](const TensorList& x) { return batch_norm(x[0], x[1], x[2], {}, {}, true, 0.1, 1e-5); };
    for (const Dims& sizes : {Dims{7, 3}, Dims{64, 40}, Dims{200, 17}, Dims{2, 3, 7}, Dims{5, 2, 64}, Dims{70, 33, 9},
                              Dims{3, 4, 16, 16}, Dims{2, 70, 31, 33}, Dims{2, 3, 4, 5, 2}, Dims{1, 1, 40'000}}) {
        CAPTURE(IntArrayRef(sizes));
        const Dims channels{sizes[1]};
        check_same(fast, batch_norm_by_definition,
                   {numbers(sizes, 1) + 3.0, numbers(channels, 2), numbers(channels, 3)});
    }
}

TEST_CASE("batch_norm keeps large means out of the variance") {
    const Tensor x = (numbers({50, 3, 40}, 4) + 1e4).to(kFloat32);
    const Tensor y = batch_norm(x, {}, {}, {}, {}, true, 0.1, 0);
    CHECK(close(y.square().mean({0, 2}), ones({3}), 1e-5));
}

TEST_CASE("batch_norm learns the running statistics and leaves them on errors") {
    const Tensor x = numbers({4, 2, 3}, 5), mean = zeros({2}, kFloat64), var = ones({2}, kFloat64);
    const auto [y, batch_mean, rstd] = native_batch_norm(x, {}, {}, mean, var, true, 1, 1e-5);
    CHECK(mean.allclose(x.mean({0, 2})));
    CHECK(var.allclose((x - x.mean({0, 2}, true)).square().sum({0, 2}) / 11.0));
    CHECK(batch_mean.equal(mean));
    CHECK(rstd.allclose((var * (11.0 / 12) + 1e-5).rsqrt()));
    const Tensor before = mean.clone();
    CHECK_THROWS_AS(batch_norm(x, ones({3}, kFloat64), {}, mean, var, true, 1, 1e-5), ShapeError);
    CHECK(mean.equal(before));
    CHECK(batch_norm(x, {}, {}, mean, var, false, 1, 1e-5).sizes() == x.sizes());
    CHECK(mean.equal(before));
    const Tensor empty_batch = batch_norm(zeros({0, 2, 3}, kFloat64), {}, {}, mean, var, true, 1, 1e-5);
    CHECK(empty_batch.sizes() == IntArrayRef({0, 2, 3}));
    CHECK(mean.equal(before));
}

TEST_CASE("batch_norm and attention within vmap and forward mode") {
    const Tensor x = numbers({3, 4, 2}, 6);
    const func::Function f = [](const TensorList& in) { return batch_norm(in[0], {}, {}, {}, {}, true, 0.1, 0.1); };
    const Tensor all = func::vmap(f)({x});
    for (std::int64_t i = 0; i < 3; ++i) CHECK(all[i].allclose(f({x[i]})));
    const func::Function attend = [](const TensorList& in) {
        return scaled_dot_product_attention(in[0], in[0], in[0]);
    };
    const Tensor each = func::vmap(attend)({x});
    for (std::int64_t i = 0; i < 3; ++i) CHECK(each[i].allclose(attend({x[i]})));
    const Tensor direction = numbers({3, 4, 2}, 7);
    const double step = 1e-6;
    for (const auto& g : {f, attend}) {
        const Tensor tangent = std::get<1>(func::jvp(g, {x}, {direction}));
        const Tensor slope = (g({x + direction * step}) - g({x - direction * step})) / (2 * step);
        CHECK(tangent.allclose(slope, 1e-5, 1e-7));
    }
}

TEST_CASE("attention agrees with its definition") {
    struct Case {
        Dims q, k, v, mask;
        bool causal;
    };
    const Case cases[] = {
        {{3, 2}, {4, 2}, {4, 5}, {}, false},
        {{2, 300, 16}, {2, 700, 16}, {2, 700, 24}, {}, false},
        {{2, 3, 130, 8}, {2, 3, 130, 8}, {2, 3, 130, 8}, {}, true},
        {{1, 200, 4}, {1, 50, 4}, {1, 50, 4}, {}, true},
        {{1, 50, 4}, {1, 200, 4}, {1, 200, 4}, {}, true},
        {{2, 3, 20, 8}, {2, 3, 40, 8}, {2, 3, 40, 8}, {20, 40}, false},
        {{2, 3, 20, 8}, {2, 3, 40, 8}, {2, 3, 40, 8}, {2, 1, 1, 40}, false},
        {{2, 3, 20, 8}, {2, 3, 40, 8}, {2, 3, 40, 8}, {3, 20, 1}, false},
        {{2, 2, 2, 5, 3}, {2, 1, 2, 6, 3}, {6, 3}, {}, false},
        {{4, 1, 64}, {4, 1000, 64}, {4, 1000, 64}, {}, false},
    };
    for (const Case& c : cases) {
        CAPTURE(IntArrayRef(c.q));
        CAPTURE(IntArrayRef(c.mask));
        TensorList x{numbers(c.q, 1), numbers(c.k, 2), numbers(c.v, 3)};
        if (!c.mask.empty()) x.push_back(numbers(c.mask, 4));
        check_same(
            [&](const TensorList& in) {
                return scaled_dot_product_attention(in[0], in[1], in[2], in.size() > 3 ? in[3] : Tensor(), 0, c.causal);
            },
            [&](const TensorList& in) { return attention_by_definition(in, c.causal); }, x);
    }
}

TEST_CASE("attention of heads side by side in memory") {
    const Tensor q = numbers({2, 5, 3, 4}, 1), k = numbers({2, 6, 3, 4}, 2), v = numbers({2, 6, 3, 2}, 3);
    const auto heads = [](const Tensor& x) { return x.transpose(1, 2); };
    const Tensor y = scaled_dot_product_attention(heads(q), heads(k), heads(v));
    CHECK(y.allclose(attention_by_definition({heads(q), heads(k), heads(v)})));
    CHECK(y.transpose(1, 2).is_contiguous());
    const auto call = [&](const TensorList& x) {
        return scaled_dot_product_attention(heads(x[0]), heads(x[1]), heads(x[2]));
    };
    check_same(call,
               [&](const TensorList& x) {
                   return attention_by_definition({heads(x[0]), heads(x[1]), heads(x[2])});
               },
               {q, k, v});
}

TEST_CASE("attention with fewer heads of keys, without keys, with NaN, and with dropout") {
    const Tensor q = numbers({2, 4, 3, 2}, 1), k = numbers({2, 2, 5, 2}, 2), v = numbers({2, 2, 5, 3}, 3);
    const Tensor grouped = scaled_dot_product_attention(q, k, v, {}, 0, false, std::nullopt, true);
    for (std::int64_t h = 0; h < 4; ++h)
        CHECK(grouped.select(1, h).allclose(
            scaled_dot_product_attention(q.select(1, h), k.select(1, h / 2), v.select(1, h / 2))));
    CHECK_THROWS_AS(scaled_dot_product_attention(q, numbers({2, 3, 5, 2}, 2), v, {}, 0, false, {}, true), ShapeError);
    const Tensor nothing = scaled_dot_product_attention(q[0][0], zeros({0, 2}, kFloat64), zeros({0, 3}, kFloat64));
    CHECK(nothing.equal(zeros({3, 3}, kFloat64)));
    const Tensor blind = scaled_dot_product_attention(q[0][0], k[0][0], v[0][0], zeros({5}, kBool));
    CHECK(blind.equal(zeros({3, 3}, kFloat64)));
    Tensor bad = k[0][0].clone();
    bad.select(0, 0).select(0, 0).fill_(std::nan(""));
    CHECK(scaled_dot_product_attention(q[0][0], bad, v[0][0]).isnan().all().item<bool>());
    manual_seed(3);
    const Tensor dropped = scaled_dot_product_attention(q[0], k[0][0], v[0][0], {}, 0.5);
    manual_seed(3);
    const Tensor weights = (q[0].matmul(k[0][0].t()) / std::sqrt(2.0)).softmax(-1);
    CHECK(dropped.allclose(dropout(weights, 0.5, true).matmul(v[0][0])));
}

TEST_CASE("dropout draws as PyTorch does") {
    manual_seed(7);  // the stream that tests/data/rng_reference.txt holds
    const Tensor y = dropout(ones({20}), 0.25, true);
    const Tensor kept = tensor({1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0}).to(kFloat32);
    CHECK(y.equal(kept / 0.75));
    const Tensor x = numbers({40, 3, 5, 2}, 1);
    struct Case {
        const char* name;
        Tensor (*plain)(const Tensor&, double, bool);
        Tensor& (*in_place)(Tensor&, double, bool);
        bool channels, alpha;
    };
    for (const Case& c : {Case{"dropout", dropout, dropout_, false, false},
                          Case{"feature_dropout", feature_dropout, feature_dropout_, true, false},
                          Case{"alpha_dropout", alpha_dropout, alpha_dropout_, false, true},
                          Case{"feature_alpha_dropout", feature_alpha_dropout, feature_alpha_dropout_, true, true}}) {
        CAPTURE(c.name);
        for (const double p : {0.2, 0.5}) {
            manual_seed(5);
            const Tensor leaf = x.clone().requires_grad_(), got = c.plain(leaf, p, true);
            manual_seed(5);
            Tensor mask = c.channels ? empty({40, 3, 1, 1}, kFloat64) : empty_like(x);
            mask.bernoulli_(1 - p);
            const double limit = 1.7580993408473766;
            const double a = c.alpha ? 1 / std::sqrt((limit * limit * p + 1) * (1 - p)) : 1 / (1 - p);
            const Tensor expected =
                c.alpha ? (x * mask - limit * (1.0 - mask)) * a + limit * a * p : x * mask / (1 - p);
            CHECK(got.allclose(expected));
            CHECK(autograd::grad({got.sum()}, {leaf})[0].allclose((mask * a).expand(x.sizes())));
            manual_seed(5);
            Tensor changed = x.clone();
            CHECK(c.in_place(changed, p, true).is_same(changed));
            CHECK(changed.allclose(got.detach()));
        }
        CHECK(c.plain(x, 0.5, false).is_same(x));
        CHECK(c.plain(x, 0, true).is_same(x));
        CHECK(c.plain(x, 1, true).equal(zeros_like(x)));
    }
    manual_seed(9);
    const Tensor straight = dropout(x, 0.4, true);
    manual_seed(9);
    CHECK(dropout(x.permute({2, 0, 3, 1}), 0.4, true).equal(straight.permute({2, 0, 3, 1})));
    manual_seed(9);
    const auto [kept_values, mask] = native_dropout(x, 0.4, true);
    CHECK(mask.dtype() == kBool);
    CHECK(kept_values.allclose(straight));
    CHECK(std::get<0>(native_dropout(x, 0.4, false)).equal(x));
}

TEST_CASE("alpha_dropout keeps mean and variance") {
    manual_seed(1);
    const Tensor y = alpha_dropout(randn({100'000}), 0.3, true);
    CHECK(std::abs(y.mean().item<double>()) < 0.02);
    CHECK(std::abs(y.square().mean().item<double>() - 1) < 0.02);
}

TEST_CASE("distances of many rows") {
    const Tensor a = numbers({40, 60}, 1), b = numbers({30, 60}, 2);
    const auto plain = [](const TensorList& x) {
        return (x[0].unsqueeze(1) - x[1].unsqueeze(0)).square().sum(-1).sqrt();
    };
    check_same([](const TensorList& x) { return cdist(x[0], x[1]); }, plain, {a, b});
    check_same([](const TensorList& x) { return cdist(x[0], x[1], 2, 2); }, plain, {a, b});
    check_same(
        [](const TensorList& x) { return cdist(x[0], x[1], 3); },
        [](const TensorList& x) { return (x[0].unsqueeze(1) - x[1].unsqueeze(0)).abs().pow(3).sum(-1).pow(1.0 / 3); },
        {a, b});
    for (std::int64_t i = 0; i < 40; ++i) CHECK(cdist(a, a, 2, 2)[i][i].item<double>() == 0);
}

TEST_CASE("embedding_bag divides gradients by how often rows are looked up") {
    const Tensor table = numbers({6, 3}, 1), indices = tensor({3, 1, 3, 0, 4, 1, 3, 3}), offsets = tensor({0, 3, 6});
    const auto gradient = [&](bool by_frequency, std::int64_t mode) {
        const Tensor leaf = table.clone().requires_grad_();
        return autograd::grad({std::get<0>(embedding_bag(leaf, indices, offsets, by_frequency, mode)).exp().sum()},
                              {leaf})[0];
    };
    const Tensor counts = tensor({1., 2., 1., 4., 1., 1.}, kFloat64).unsqueeze(1);
    for (const std::int64_t mode : {0, 1}) CHECK(gradient(true, mode).allclose(gradient(false, mode) / counts));
}

TEST_CASE("indices may change between a bag and its gradient") {
    const Tensor table = numbers({4, 2}, 1).requires_grad_();
    Tensor indices = tensor({1, 2, 2});
    const Tensor y = std::get<0>(embedding_bag(table, indices, tensor({0, 1})));
    indices.fill_(0);
    CHECK(autograd::grad({y.sum()}, {table})[0].equal(tensor({0., 1., 2., 0.}, kFloat64).unsqueeze(1).expand({4, 2})));
}

TEST_CASE("composed functions: derivatives of first and second order") {
    const std::pair<const char*, Function> cases[] = {
        {"cosine_similarity", [](const TensorList& x) { return cosine_similarity(x[0], x[1], -1); }},
        {"pairwise_distance", [](const TensorList& x) { return pairwise_distance(x[0], x[1], 3); }},
        {"pdist", [](const TensorList& x) { return pdist(x[0], 2) * x[1].sum(); }},
        {"alpha_dropout",
         [](const TensorList& x) {
             manual_seed(1);
             return alpha_dropout(x[0] * x[1], 0.3, true);
         }},
        {"affine_grid_generator",
         [](const TensorList& x) {
             return affine_grid_generator(x[0].reshape({2, 2, 3}), {2, 1, 2, 2}, false) * x[1].sum();
         }},
        {"upsample_trilinear3d",
         [](const TensorList& x) {
             return upsample_trilinear3d((x[0] * x[1]).reshape({1, 1, 2, 2, 3}), {3, 1, 4}, true);
         }},
    };
    for (const auto& one : cases) {
        CAPTURE(one.first);
        const TensorList x{numbers({4, 3}, 1).requires_grad_(), numbers({4, 3}, 2).requires_grad_()};
        CHECK(autograd::gradcheck(one.second, x));
        CHECK(autograd::gradgradcheck(one.second, x));
    }
}

TEST_CASE("resampling to the same size gives a copy") {
    const Tensor x = numbers({1, 2, 3, 4}, 1), y = upsample_nearest2d(x, {3, 4});
    CHECK(y.equal(x));
    CHECK(!y.is_alias_of(x));
    CHECK(upsample_bilinear2d(x, {3, 4}, false).equal(x));
}

TEST_SUITE("threads") {
    TEST_CASE(
        "large normalisation, attention, distances, bags and resampling give the same bits for any number of threads") {
        const auto gradients = [](const Function& f, const TensorList& x) {
            return with_gradients(f, leaves(x, kFloat32));
        };
        const Tensor images = numbers({4, 33, 30, 31}, 1), features = numbers({700, 130}, 2);
        const Function norm = [](const TensorList& x) { return batch_norm(x[0], x[1], x[2], {}, {}, true, 0.1, 1e-5); };
        const Tensor q = numbers({1, 3, 150, 32}, 3), k = numbers({1, 3, 200, 32}, 4), one = numbers({400, 64}, 5);
        const Tensor grid = numbers({4, 30, 31, 2}, 6), indices = randint(0, 700, {5000}, kInt64);
        samples::check_any_number_of_threads([&] {
            return gradients(norm, {images, numbers({33}, 1), numbers({33}, 2)});
        });
        samples::check_any_number_of_threads([&] {
            return gradients(norm, {features, numbers({130}, 1), numbers({130}, 2)});
        });
        samples::check_any_number_of_threads([&] {
            return gradients([](const TensorList& x) { return scaled_dot_product_attention(x[0], x[1], x[1]); },
                             {q, k});
        });
        samples::check_any_number_of_threads([&] {
            return gradients(
                [](const TensorList& x) { return scaled_dot_product_attention(x[0], x[0], x[0], {}, 0, true); }, {one});
        });
        for (const double p : {1.0, 2.0, 3.0})
            samples::check_any_number_of_threads([&] {
                return gradients([=](const TensorList& x) { return cdist(x[0], x[1], p, 2); },
                                 {one, features.slice(1, 0, 64)});
            });
        samples::check_any_number_of_threads([&] {
            return gradients(
                [&](const TensorList& x) {
                    return std::get<0>(embedding_bag(x[0], indices, arange(0, 5000, 5), false, 1));
                },
                {features});
        });
        samples::check_any_number_of_threads([&] {
            return gradients([](const TensorList& x) { return upsample_bilinear2d(x[0], {50, 60}, false); }, {images});
        });
        samples::check_any_number_of_threads([&] {
            return gradients([](const TensorList& x) { return grid_sampler(x[0], x[1], 0, 2, false); }, {images, grid});
        });
    }
}
