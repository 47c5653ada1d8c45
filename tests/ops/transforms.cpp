#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <sstream>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/ops/operations.h>

#include "row_cases.h"
#include "samples.h"

/// Every operation of the table under every transform: forward mode against backward, vmap and the vmap of gradients
/// against a loop over the examples.
using namespace xgrad;

namespace {

constexpr std::int64_t kExamples = 3;

struct Subject {
    std::string operation;
    func::Function call;
    TensorList inputs;
    bool any_order;  // an input stays valid when its elements change places
};

Tensor detached(const Tensor& x) { return x.detach().clone(); }

Subject subject_of(const samples::RowCase& row) {
    const std::vector<std::int64_t> shapes[] = {{2, 3}, {3}, {2, 1}};
    Subject out{row.name, row.call, {}, true};
    for (std::size_t i = 0; i < row.domain.size(); ++i) {
        const auto& d = row.domain[i];
        const Tensor x = samples::uniform(shapes[i], d.low, d.high, 31 + i, d.kink);
        const bool condition = i == 0 && row.selects, integral = row.kind == ops::rows::Kind::kIntegral;
        out.inputs.push_back(condition ? x > 0.5 : integral ? x.to(kInt64) : x);
    }
    return out;
}

std::vector<Subject> subjects() {
    std::vector<Subject> out;
    for (const samples::RowCase& row : samples::row_cases()) out.push_back(subject_of(row));
    for (const samples::Sample& sample : samples::all()) {
        Subject subject{sample.operation, sample.call, {}, !sample.inputs};
        for (const Tensor& x : make_inputs(sample, samples::Arrangement::kContiguous))
            subject.inputs.push_back(detached(x));
        out.push_back(std::move(subject));
    }
    return out;
}

/// Calls f(subject) for all of them and says how many there are, and how many checks f counts.
template <class F>
void for_each_subject(const char* what, F f) {
    std::set<std::string> operations;
    int checks = 0;
    for (const Subject& subject : subjects()) {
        CAPTURE(subject.operation);
        try {
            const int done = f(subject);
            checks += done;
            if (done) operations.insert(subject.operation);
        } catch (const std::exception& e) {
            FAIL_CHECK(e.what());
        }
    }
    MESSAGE(what << ": " << operations.size() << " operations, " << checks << " checks");
}

/// Another example of an input: like it and not the same.
Tensor another(const Subject& subject, const Tensor& x, std::int64_t n) {
    if (subject.any_order) return x.flatten().roll(n).view(x.sizes());
    return x.is_floating_point() ? x * (1 - 0.01 * static_cast<double>(n)) : x;
}

/// Inputs of which those in the set `chosen` have a batch dimension, the first or the last.
struct Batch {
    TensorList inputs;
    std::vector<std::optional<std::int64_t>> dims;

    Batch(const Subject& subject, unsigned chosen, bool last) {
        for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
            const Tensor& x = subject.inputs[i];
            const bool in_batch = chosen >> i & 1;
            TensorList examples;
            for (std::int64_t n = 0; n < kExamples; ++n) examples.push_back(another(subject, x, n));
            const std::int64_t dim = last ? -1 : 0;
            dims.push_back(in_batch ? std::optional(dim) : std::nullopt);
            inputs.push_back(in_batch ? stack(examples, dim) : x);
        }
    }
    Tensor looped(const func::Function& f) const {
        TensorList results;
        for (std::int64_t n = 0; n < kExamples; ++n) {
            TensorList one;
            for (std::size_t i = 0; i < inputs.size(); ++i)
                one.push_back(dims[i] ? inputs[i].select(*dims[i], n) : inputs[i]);
            results.push_back(f(one).detach());
        }
        return stack(results);
    }
    Tensor mapped(const func::Function& f) const { return func::vmap(f, dims)(inputs).detach(); }
};

/// All inputs together, and each alone.
std::vector<unsigned> choices(std::size_t inputs) {
    std::vector<unsigned> out{(1u << inputs) - 1};
    for (std::size_t i = 0; inputs > 1 && i < inputs; ++i) out.push_back(1u << i);
    return out;
}

void check_equal(const Tensor& got, const Tensor& expected) {
    CHECK(got.dtype() == expected.dtype());
    REQUIRE(got.sizes() == expected.sizes());
    CHECK(got.allclose(expected, 1e-12, 1e-12, true));
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
        if (info.batch_rule) continue;
        names << (looping++ ? ", " : "") << info.name;
    }
    MESSAGE(all << " operations; vmap loops over the examples for " << looping << " of them: " << names.str());
    MESSAGE("forward mode differentiates the gradient of " << derived << " of them");
    CHECK(looping * 10 <= all);
}

TEST_CASE("every operation: forward mode agrees with backward") {
    // sum_i w_i (J t)_i = sum_j (J^T w)_j t_j.
    for_each_subject("forward mode", [](const Subject& subject) {
        TensorList tangents, leaves, roots, along;
        for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
            const Tensor& x = subject.inputs[i];
            leaves.push_back(x.clone());
            tangents.push_back(x.is_floating_point() ? randn(x.sizes(), Generator(50 + i), kFloat64) : Tensor());
            if (!x.is_floating_point()) continue;
            roots.push_back(leaves.back().requires_grad_());
            along.push_back(tangents.back());
        }
        const Tensor y = subject.call(leaves);
        if (!y.requires_grad()) return 0;
        const auto [value, tangent] = func::jvp(subject.call, subject.inputs, tangents);
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
    for_each_subject("vmap", [](const Subject& subject) {
        int checks = 0;
        for (const unsigned chosen : choices(subject.inputs.size()))
            for (const bool last : {false, true}) {
                CAPTURE(chosen);
                CAPTURE(last);
                const Batch batch(subject, chosen, last);
                check_equal(batch.mapped(subject.call), batch.looped(subject.call));
                ++checks;
            }
        return checks;
    });
}

TEST_CASE("every operation: vmap of the gradient agrees with a loop") {
    for_each_subject("vmap of gradients", [](const Subject& subject) {
        int checks = 0;
        for (const unsigned chosen : choices(subject.inputs.size()))
            for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
                if (!subject.inputs[i].is_floating_point()) continue;
                CAPTURE(chosen);
                CAPTURE(i);
                const Batch batch(subject, chosen, false);
                const func::Function slope = gradient(subject.call, i);
                check_equal(batch.mapped(slope), batch.looped(slope));
                ++checks;
            }
        return checks;
    });
}
