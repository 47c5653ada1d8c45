#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

#include "samples.h"

using namespace xgrad;

// What the samples of operations do not show: inputs that are no numbers to be differentiated, in the batch or not, and
// results other than the first.

namespace {

constexpr std::int64_t kBatch = 3;

struct Case {
    std::string name;
    func::Function function;
    TensorList inputs;  // those of kBatch examples, stacked
};

Tensor random(std::vector<std::int64_t> sizes, std::uint64_t seed) {
    sizes.insert(sizes.begin(), kBatch);
    return randn(sizes, Generator(seed), kFloat64);
}
/// Far from singular.
Tensor matrices(std::int64_t rows, std::int64_t columns) {
    return random({rows, columns}, 7) * 0.3 + eye(rows, columns, kFloat64) * 2.0;
}

/// Classes of three pictures of four; in the last example all are ignored.
const Tensor& classes() {
    static const Tensor targets = tensor({{2, 0, 1, 3}, {1, -1, 0, 1}, {-1, -1, -1, -1}});
    return targets;
}

func::Function cross_entropy(Reduction reduction, double smoothing = 0) {
    return [=](const TensorList& x) {
        const Tensor weight = tensor({0.5, 2., 1., 0.7}).to(kFloat64);
        return cross_entropy_loss(x[0], x[1], weight, reduction, -1, smoothing);
    };
}
func::Function nll(Reduction reduction) {
    return [=](const TensorList& x) { return nll_loss(x[0], x[1], std::nullopt, reduction, -1); };
}

std::vector<Case> loss_cases() {
    const Tensor logits = random({4, 4}, 1), targets = classes();
    const Tensor probabilities = logits.log_softmax(-1);
    const Tensor columns = tensor({{{2, 0}, {1, 3}}, {{1, -1}, {0, 1}}, {{-1, 3}, {2, 2}}});  // (N, d) each
    const Tensor labels =
        tensor({{{1, 3, -1, 0}, {-1, 2, 0, 1}}, {{2, 0, 1, -1}, {3, 2, 1, 0}}, {{0, 0, -1, 1}, {-1, -1, -1, -1}}});
    const Tensor words = tensor({{{1, 2, 2}, {3, 0, 0}}, {{2, 1, 3}, {1, 1, 1}}, {{3, 3, 1}, {2, 0, 0}}});
    const auto ctc = [](Reduction reduction) {
        return [=](const TensorList& x) { return ctc_loss(x[0].log_softmax(-1), x[1], {6, 5}, {3, 1}, 0, reduction); };
    };
    std::vector<Case> out;
    for (const Reduction reduction : {Reduction::None, Reduction::Sum, Reduction::Mean}) {
        out.push_back({"cross_entropy", cross_entropy(reduction), {logits, targets}});
        out.push_back({"cross_entropy, smoothed", cross_entropy(reduction, 0.2), {logits, targets}});
        out.push_back(
            {"cross_entropy of a vector", cross_entropy(reduction), {logits.select(1, 0), targets.select(1, 0)}});
        out.push_back({"cross_entropy of columns", cross_entropy(reduction), {random({2, 4, 2}, 2), columns}});
        out.push_back({"nll_loss", nll(reduction), {probabilities, targets}});
        out.push_back({"nll_loss of a vector", nll(reduction), {probabilities.select(1, 0), targets.select(1, 0)}});
        out.push_back({"nll_loss of columns", nll(reduction), {random({2, 4, 2}, 2), columns}});
        out.push_back({"multilabel_margin_loss",
                       [=](const TensorList& x) { return multilabel_margin_loss(x[0], x[1], reduction); },
                       {random({2, 4}, 3), labels}});
        out.push_back({"ctc_loss", ctc(reduction), {random({6, 2, 4}, 4), words}});
    }
    out.push_back({"multilabel_margin_loss of a vector",
                   [](const TensorList& x) { return multilabel_margin_loss(x[0], x[1], Reduction::Mean); },
                   {random({4}, 3), labels.select(1, 0)}});
    out.push_back({"ctc_loss, targets one after the other",
                   [](const TensorList& x) {
                       return ctc_loss(x[0].log_softmax(-1), x[1], {6, 5}, {3, 1}, 0, Reduction::None);
                   },
                   {random({6, 2, 4}, 4), words.flatten(1).slice(1, 0, 4)}});
    return out;
}

std::vector<Case> other_cases() {
    const auto bags = [](bool by_frequency, std::int64_t mode) {
        return [=](const TensorList& x) {
            const std::optional<Tensor> weights = x.size() > 1 ? std::optional(x[1]) : std::nullopt;
            return std::get<0>(embedding_bag(x[0], tensor({3, 1, 3, 0, 2, 1, 3}), tensor({0, 3, 3, 5, 6}), by_frequency,
                                             mode, false, weights, true, 2));
        };
    };
    const auto attention = [](const TensorList& x) { return scaled_dot_product_attention(x[0], x[1], x[2], x[3]); };
    const Tensor seen = random({3, 5}, 11) > -0.5;
    return {
        {"embedding_bag", bags(true, 0), {random({4, 2}, 1), random({7}, 2)}},
        {"embedding_bag, the mean", bags(true, 1), {random({4, 2}, 1)}},
        {"embedding_bag, the largest", bags(false, 2), {random({4, 2}, 1)}},
        {"attention with a mask", attention, {random({2, 3, 4}, 1), random({2, 5, 4}, 2), random({2, 5, 2}, 3), seen}},
        {"attention with a transposed mask",
         [=](const TensorList& x) {
             return attention({x[0], x[1], x[2], x[3].t()});
         },
         {random({2, 3, 4}, 1), random({2, 5, 4}, 2), random({2, 5, 2}, 3), random({5, 3}, 4)}},
        {"cosine_similarity, one of zeros",
         [](const TensorList& x) { return cosine_similarity(x[0], x[1]); },
         {random({2, 3}, 1) * tensor({0., 1., 1.}, kFloat64).view({3, 1, 1}), random({2, 3}, 2)}},
        {"residuals",
         [](const TensorList& x) { return std::get<1>(linalg_lstsq(x[0], x[1], std::nullopt, "gelsd")); },
         {matrices(4, 2), random({4, 3}, 2)}},
        {"the factors of linalg_lu",
         [](const TensorList& x) {
             const auto [P, L, U] = linalg_lu(x[0].flip({0}));
             return cat({P, L, U});
         },
         {matrices(3, 3)}},
        {"linalg_lu_solve",
         [](const TensorList& x) {
             const auto [LU, pivots] = linalg_lu_factor(x[0].flip({0}));
             return linalg_lu_solve(LU, pivots, x[1]) + linalg_lu_solve(LU, pivots, x[1], true, true);
         },
         {matrices(3, 3), random({3, 2}, 2)}},
        {"linalg_slogdet",
         [](const TensorList& x) {
             const auto [sign, logarithm] = linalg_slogdet(x[0].flip({0}));
             return sign * logarithm;
         },
         {matrices(3, 3)}},
        {"linalg_det, one of a singular matrix",
         [](const TensorList& x) { return linalg_det(x[0]); },
         {stack({matrices(3, 3)[0], tensor({{2., 1., 0.}, {1., 3., 0.}, {0., 0., 0.}}, kFloat64), matrices(3, 3)[1]})}},
        {"matrix_exp of large and small",
         [](const TensorList& x) { return matrix_exp(x[0]); },
         {matrices(3, 3) * tensor({0.01, 1., 3.}, kFloat64).view({3, 1, 1})}},
        {"prod with a zero",
         [](const TensorList& x) { return x[0].prod(1); },
         {random({2, 3}, 1) * tensor({0., 1., 1.}, kFloat64).view({3, 1, 1})}},
        {"linalg_inv_ex", [](const TensorList& x) { return std::get<0>(linalg_inv_ex(x[0], true)); }, {matrices(3, 3)}},
        {"eigenvalues alone",
         [](const TensorList& x) { return linalg_eigvalsh(x[0] + x[0].t()) + linalg_svdvals(x[0]); },
         {matrices(3, 3)}},
    };
}

using BatchDims = std::vector<std::optional<std::int64_t>>;

TensorList example(const TensorList& batched, const BatchDims& dims, std::int64_t k) {
    TensorList one;
    for (std::size_t i = 0; i < batched.size(); ++i)
        one.push_back(dims[i] ? batched[i].select(*dims[i], k) : batched[i]);
    return one;
}

Tensor weights_of(const Tensor& y) { return rand(y.sizes(), Generator(5), kFloat64) + 0.5; }

/// The gradients of a weighted sum of the result by the floating-point inputs, one after the other.
Tensor gradients(const func::Function& f, const TensorList& x) {
    TensorList inputs, wanted, flat;
    for (const Tensor& in : x) {
        inputs.push_back(in.is_floating_point() ? in * 1.0 : in);
        if (in.is_floating_point()) wanted.push_back(inputs.back().requires_grad_());
    }
    const Tensor y = f(inputs);
    for (const Tensor& g : autograd::grad({(y * weights_of(y)).sum()}, wanted)) flat.push_back(g.flatten());
    return cat(flat);
}

bool agree(const Tensor& a, const Tensor& b) { return a.detach().allclose(b.detach(), 1e-11, 1e-12, true); }

void check_vmap(const Case& c, const BatchDims& dims, const TensorList& x) {
    const func::Function gradient = [&](const TensorList& in) { return gradients(c.function, in); };
    const auto loop = [&](const func::Function& f) {
        return [&dims, f](const TensorList& in) {
            TensorList rows;
            for (std::int64_t k = 0; k < kBatch; ++k) rows.push_back(f(example(in, dims, k)));
            return stack(rows);
        };
    };
    CHECK(agree(func::vmap(c.function, dims)(x), loop(c.function)(x)));
    CHECK(agree(func::vmap(gradient, dims)(x), loop(gradient)(x)));
    CHECK(agree(gradients(func::vmap(c.function, dims), x), gradients(loop(c.function), x)));
}

/// Every choice of inputs that are batched, along the first dimension or the last.
void check_all(const std::vector<Case>& cases) {
    for (const Case& c : cases)
        for (unsigned chosen = 1; chosen < 1u << c.inputs.size(); ++chosen)
            for (const bool last : {false, true}) {
                CAPTURE(c.name);
                CAPTURE(chosen);
                CAPTURE(last);
                TensorList x;
                BatchDims dims;
                for (std::size_t i = 0; i < c.inputs.size(); ++i) {
                    const Tensor& all = c.inputs[i];
                    const bool batched = chosen >> i & 1;
                    x.push_back(!batched ? all[1] : last ? all.movedim(0, -1).contiguous() : all);
                    dims.push_back(batched ? std::optional<std::int64_t>(last ? -1 : 0) : std::nullopt);
                }
                check_vmap(c, dims, x);
            }
}

}  // namespace

TEST_CASE("losses with targets of their own: vmap agrees with a loop") { check_all(loss_cases()); }

TEST_CASE("inputs and results of all kinds: vmap agrees with a loop") { check_all(other_cases()); }

TEST_CASE("vmap of no examples gives none") {
    std::vector<Case> cases = loss_cases();
    for (Case& c : other_cases()) cases.push_back(std::move(c));
    for (const Case& c : cases) {
        CAPTURE(c.name);
        TensorList one, none;
        for (const Tensor& x : c.inputs) {
            one.push_back(x[0]);
            none.push_back(x.narrow(0, 0, 0));
        }
        detail::Dims expected = c.function(one).sizes();
        expected.insert(0, 0);
        CHECK(func::vmap(c.function)(none).sizes() == IntArrayRef(expected));
    }
}

TEST_CASE("what is wrong with an example is said inside vmap too") {
    const Tensor logits = random({2, 4}, 1), wrong = tensor({{0, 1}, {4, 0}, {1, 1}});
    CHECK_THROWS_WITH_AS(func::vmap(nll(Reduction::Mean))({logits, wrong}),
                         doctest::Contains("[nll_loss] Target 4 is out of bounds"), IndexError);
    CHECK_THROWS_WITH_AS(func::vmap(cross_entropy(Reduction::Mean, 0.1))({logits, wrong}),
                         doctest::Contains("[cross_entropy] Target 4 is out of bounds"), IndexError);
    CHECK_THROWS_AS(
        func::vmap([](const TensorList& x) { return binary_cross_entropy(x[0], x[0].sigmoid()); })({logits * 5.0}),
        ValueError);
    const Tensor singular = stack({eye(2), ones({2, 2}), eye(2)});
    CHECK_THROWS_WITH_AS(
        func::vmap([](const TensorList& x) { return std::get<0>(linalg_lu_factor(x[0])); })({singular}),
        doctest::Contains("[linalg_lu_factor] (Batch element 1): U[2,2] is zero"), LinAlgError);
    const auto learn = [](const TensorList& x) {
        return batch_norm(x[0], {}, {}, zeros({4}, kFloat64), ones({4}, kFloat64), true, 0.1, 0.1);
    };
    CHECK_THROWS_AS(func::vmap(learn)({logits}), NotImplementedError);
}

TEST_CASE("the gradient of CTC is linear in that of the losses") {
    const Tensor x = random({5, 3}, 1)[0], v = random({5, 3}, 2)[0];
    const auto loss = [](const TensorList& in) { return ctc_loss(in[0].log_softmax(-1), tensor({2, 1}), {5}, {2}, 0); };
    const auto gradient = [&](const Tensor& scale) {
        const Tensor leaf = x.clone().requires_grad_();
        return autograd::grad({loss({leaf})}, {leaf}, {scale}, true, true)[0];
    };
    const Tensor scale = tensor(2., kFloat64).requires_grad_();
    const Tensor by_scale = autograd::grad({gradient(scale)}, {scale}, {v})[0];
    CHECK(agree(by_scale, std::get<1>(func::jvp(loss, {x}, {v}))));
    const double h = 1e-6;
    CHECK(by_scale.allclose((loss({x + v * h}) - loss({x - v * h})) / (2 * h), 1e-7, 1e-8));
}
