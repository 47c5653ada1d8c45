#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <set>
#include <sstream>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/indexing.h>
#include <xgrad/autograd/ops/operations.h>

#include "transform_cases.h"

/// Every operation of the table under every transform: forward mode against backward, vmap and the vmap of gradients
/// against a loop over the examples.
using namespace xgrad;
using samples::TransformCase;

namespace {

/// Random numbers, for which vmap has a rule of its own, and memory, which a tensor inside a transform has not.
const std::set<std::string> kElsewhere = {"uniform_",  "normal_",     "log_normal_", "exponential_",
                                          "cauchy_",   "geometric_",  "bernoulli_",  "random_",
                                          "bernoulli", "multinomial", "as_strided"};

/// Operations with a sample that writes in place into a view.
const std::set<std::string> kThroughViews = {"copy_", "fill_", "triu"};

/// Calls f(case), which says how many checks it made, for all of them; and says how many operations they cover.
template <class F>
std::set<std::string> for_each_case(const char* what, F f) {
    std::set<std::string> operations, through_views;
    int checks = 0;
    std::size_t number = 0;
    for (const TransformCase& c : samples::transform_cases()) {
        ++number;
        CAPTURE(number);
        if (kElsewhere.count(c.operation)) continue;
        CAPTURE(c.operation);
        try {
            const int done = f(c);
            checks += done;
            if (done) operations.insert(c.operation);
        } catch (const GraphError& e) {
            // A case that writes through a view: refused under every transform.
            if (std::string_view(e.what()).find("or of which there are views") == std::string_view::npos)
                FAIL_CHECK(std::string(e.what()));
            else
                through_views.insert(c.operation);
        } catch (const std::exception& e) {
            FAIL_CHECK(std::string(e.what()));
        }
    }
    CHECK(through_views == kThroughViews);
    MESSAGE(std::string(what) << ": " << operations.size() << " operations, " << checks << " checks");
    return operations;
}

/// Inputs of which those in the set `chosen` have a batch dimension, the first or the last.
class Batch {
  public:
    Batch(const TransformCase& c, unsigned chosen, bool last) : count_(c.examples.size()) {
        for (std::size_t i = 0; i < c.examples[0].size(); ++i) {
            const bool in_batch = chosen >> i & 1;
            TensorList column;
            for (const TensorList& example : c.examples) column.push_back(example[i]);
            const std::int64_t dim = last ? -1 : 0;
            dims_.push_back(in_batch ? std::optional(dim) : std::nullopt);
            inputs_.push_back(in_batch ? stack(column, dim) : column[0]);
        }
    }
    /// Whether `f` gives for the batch what it gives for one example after the other.
    void check(const func::Function& f) const {
        const Tensor got = func::vmap(f, dims_)(inputs_).detach(), expected = looped(f);
        CHECK(got.dtype() == expected.dtype());
        REQUIRE(got.sizes() == expected.sizes());
        CAPTURE((got - expected).abs().max().to(kFloat64).item<double>());
        CHECK(got.allclose(expected, 1e-12, 1e-12, true));
    }

  private:
    Tensor looped(const func::Function& f) const {
        TensorList results;
        for (std::size_t n = 0; n < count_; ++n) {
            TensorList one;
            for (std::size_t i = 0; i < inputs_.size(); ++i)
                one.push_back(dims_[i] ? inputs_[i].select(*dims_[i], static_cast<std::int64_t>(n)) : inputs_[i]);
            results.push_back(f(one).detach());
        }
        return stack(results);
    }

    std::size_t count_;
    TensorList inputs_;
    std::vector<std::optional<std::int64_t>> dims_;
};

/// Calls f(batch) with all inputs in the batch, and with each alone; returns the number of calls. Those that write in
/// place into what is not in the batch are refused.
template <class F>
int for_each_batch(const TransformCase& c, bool last, F f) {
    const auto n = static_cast<unsigned>(c.examples[0].size());
    std::set<unsigned> choices{(1u << n) - 1};
    for (unsigned i = 0; i < n; ++i) choices.insert(1u << i);
    for (const unsigned chosen : choices) {
        CAPTURE(chosen);
        CAPTURE(last);
        try {
            f(Batch(c, chosen, last));
        } catch (const ShapeError& e) {
            const bool refused = std::string_view(e.what()).find("vmap: inplace") != std::string_view::npos;
            if (!refused || chosen + 1 == 1u << n) throw;
        }
    }
    return static_cast<int>(choices.size());
}

/// The gradient of the sum of squares of `call` to input i.
func::Function gradient(const func::Function& call, std::size_t i) {
    return [=](const TensorList& in) {
        TensorList x = in;
        const Tensor leaf = (in[i] * 1.0).requires_grad_();
        x[i] = leaf;
        const Tensor y = call(x);
        if (!y.requires_grad()) return leaf * 0.0;
        const Tensor g = autograd::grad({(y * y).sum()}, {leaf}, {}, std::nullopt, false, true)[0];
        return g.defined() ? g : leaf * 0.0;
    };
}

}  // namespace

TEST_CASE("what falls back to a loop under vmap is at most a tenth of the table") {
    std::ostringstream names;
    std::size_t looping = 0, derived = 0, all = 0;
    for (const ops::OpInfo& info : ops::all_operations()) {
        ++all;
        derived += info.differentiable && !info.forward_mode;
        if (!info.batch_rule) names << (looping++ ? ", " : "") << info.name;
    }
    MESSAGE(all << " operations; vmap loops over the examples for " << looping << " of them: " << names.str());
    MESSAGE("forward mode differentiates the gradient of " << derived << " of them");
    CHECK(looping * 10 <= all);
}

TEST_CASE("every operation: forward mode agrees with backward") {
    // sum_i w_i (J t)_i = sum_j (J^T w)_j t_j.
    for_each_case("forward mode", [](const TransformCase& c) {
        TensorList tangents, leaves, roots, along;
        for (const Tensor& x : c.examples[0]) {
            leaves.push_back(x.clone());
            tangents.emplace_back();
            if (!x.is_floating_point()) continue;
            roots.push_back(leaves.back().requires_grad_());
            tangents.back() = randn(x.sizes(), Generator(50 + roots.size()), kFloat64);
            along.push_back(tangents.back());
        }
        const Tensor y = c.call(leaves);
        if (!y.requires_grad()) return 0;
        const auto [value, tangent] = func::jvp(c.call, c.examples[0], tangents);
        CHECK(value.allclose(y.detach(), 1e-14, 1e-14, true));
        REQUIRE(tangent.sizes() == y.sizes());
        const Tensor w = randn(y.sizes(), Generator(60), kFloat64);
        const auto g = autograd::grad({y}, roots, {w}, std::nullopt, false, true);
        double expected = 0, scale = 1;
        for (std::size_t i = 0; i < g.size(); ++i) {
            if (!g[i].defined()) continue;
            expected += (g[i] * along[i]).sum().item<double>();
            scale += (g[i] * along[i]).abs().sum().item<double>();
        }
        CHECK(std::abs((tangent * w).sum().item<double>() - expected) <= 1e-11 * scale);
        return 1;
    });
}

TEST_CASE("every operation: vmap agrees with a loop") {
    const auto covered = for_each_case("vmap", [](const TransformCase& c) {
        int checks = 0;
        for (const bool last : {false, true})
            checks += for_each_batch(c, last, [&](const Batch& batch) { batch.check(c.call); });
        return checks;
    });
    for (const ops::OpInfo& info : ops::all_operations()) {
        const std::string name(info.name);
        CHECK_MESSAGE(covered.count(name) + kElsewhere.count(name) == 1, name, " has no case");
    }
}

TEST_CASE("every operation: vmap of the gradient agrees with a loop") {
    for_each_case("vmap of gradients", [](const TransformCase& c) {
        int checks = 0;
        for (std::size_t i = 0; i < c.examples[0].size(); ++i) {
            if (!c.examples[0][i].is_floating_point()) continue;
            CAPTURE(i);
            checks += for_each_batch(c, false, [&](const Batch& batch) { batch.check(gradient(c.call, i)); });
        }
        return checks;
    });
}

TEST_CASE("embedding scaled by frequency: that in each example by itself") {
    TransformCase c{"embedding", [](const TensorList& x) { return embedding(x[0], x[1], 1, true); }, {}};
    for (const Tensor& places : {tensor({3, 3, 1, 0}), tensor({2, 3, 1, 1}), tensor({0, 0, 0, 2})})
        c.examples.push_back({randn({4, 2}, Generator(1), kFloat64) + places[0].to(kFloat64), places});
    for_each_batch(c, false, [&](const Batch& batch) { batch.check(gradient(c.call, 0)); });
    // The same recorded outside.
    const Tensor weight = c.examples[0][0].clone().requires_grad_(), own = weight.detach().clone().requires_grad_();
    const Tensor places = stack({c.examples[0][1], c.examples[1][1], c.examples[2][1]});
    const Tensor mapped = func::vmap(c.call, {std::nullopt, 0})({weight, places});
    const Tensor w = randn(mapped.sizes(), Generator(2), kFloat64);
    Tensor expected = zeros({4, 2}, kFloat64);
    for (std::int64_t n = 0; n < 3; ++n)
        expected = expected + autograd::grad({c.call({own, places[n]})}, {own}, {w[n]})[0];
    CHECK(autograd::grad({mapped}, {weight}, {w})[0].allclose(expected, 1e-12, 1e-12));
}

TEST_CASE("positions out of range are errors for every example") {
    const Tensor x = zeros({2, 3, 2}, kFloat64), rows = tensor({{0, 1}, {0, 3}}), values = zeros({2, 2, 2}, kFloat64);
    const std::vector<func::Function> functions = {
        [](const TensorList& in) { return in[0].index_select(0, in[1]); },
        [](const TensorList& in) { return in[0].index({in[1]}); },
        [](const TensorList& in) { return in[0].index_add(0, in[1], in[2]); },
        [](const TensorList& in) { return in[0].index_copy(0, in[1], in[2]); },
        [](const TensorList& in) { return index_put(in[0], {in[1]}, in[2]); },
        [](const TensorList& in) { return embedding(in[0], in[1]); },
        [](const TensorList& in) { return in[0].gather(0, in[1].unsqueeze(1)); },
    };
    for (const auto& f : functions)
        for (const Tensor& positions : {rows, rows.flip({0}), rows.sub(9)}) {
            CHECK_THROWS_AS(func::vmap(f)({x, positions, values}), IndexError);
            CHECK_THROWS_AS(func::vmap(func::vmap(f))({x.unsqueeze(0), positions.unsqueeze(0), values.unsqueeze(0)}),
                            IndexError);
        }
}
