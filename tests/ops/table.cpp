#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/ops/operations.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

Tensor lay_out(const Tensor& values, Arrangement layout) {
    const NoGradGuard no_grad;
    if (values.dim() == 0) return values.clone();
    if (layout == Arrangement::kTransposed && values.dim() >= 2)
        return values.transpose(0, -1).clone().transpose(0, -1);
    if (layout == Arrangement::kSliced) {
        detail::Dims wide = values.sizes();
        for (auto& s : wide) s = 2 * s + 1;
        Tensor out = zeros(wide, values.dtype());
        for (std::int64_t d = 0; d < values.dim(); ++d) out = out.slice(d, 1, std::nullopt, 2);
        return out.copy_(values).detach();
    }
    if (layout == Arrangement::kExpanded && values.size(0) > 0)
        return values.narrow(0, 0, 1).clone().expand(values.sizes()).detach();
    return values.clone();
}

Tensor uniform(IntArrayRef sizes, double low, double high, std::uint64_t seed, double kink) {
    Tensor x = rand(sizes, Generator(seed), kFloat64) * (high - low) + low;
    double* p = x.data_ptr<double>();
    for (std::int64_t i = 0; i < x.numel(); ++i)
        if (std::abs(p[i] - kink) < 0.05) p[i] = kink + (p[i] < kink ? -0.05 : 0.05);
    return x;
}

TensorList make_inputs(const Sample& sample, Arrangement layout) {
    TensorList out;
    if (sample.inputs) {
        out = sample.inputs();
    } else {
        for (std::size_t i = 0; i < sample.shapes.size(); ++i) {
            // Distinct values in a random order: no ties, nothing near zero.
            std::int64_t n = 1;
            for (auto s : sample.shapes[i]) n *= s;
            const Tensor order = randperm(n, Generator(17 + i)).to(kFloat64);
            out.push_back(((order + 0.6) * (4.0 / static_cast<double>(n + 1)) - 2.0).reshape(sample.shapes[i]));
        }
    }
    for (Tensor& x : out)
        if (x.is_floating_point()) x = lay_out(x, layout).requires_grad_();
    return out;
}

}  // namespace samples

namespace {

using samples::Arrangement;
using samples::Sample;

bool has_ties(Arrangement layout) { return layout == Arrangement::kExpanded; }

}  // namespace

TEST_CASE("every structured operation has samples") {
    std::set<std::string_view> sampled;
    const auto all = samples::all();
    for (const auto& sample : all) sampled.insert(sample.operation);
    std::size_t element_wise = 0;
    for (const auto& info : ops::all_operations()) {
        element_wise += info.element_wise;
        CAPTURE(info.name);
        if (!info.element_wise && info.differentiable) CHECK(sampled.count(info.name) == 1);
    }
    MESSAGE(ops::all_operations().size() << " operations, " << element_wise << " of them element-wise; " << all.size()
                                         << " samples of the others");
}

TEST_CASE("structured operations: derivatives of first and second order in every layout") {
    int checks = 0;
    for (const auto& sample : samples::all()) {
        for (const Arrangement layout : samples::kArrangements) {
            CAPTURE(sample.operation);
            CAPTURE(static_cast<int>(layout));
            const TensorList inputs = make_inputs(sample, layout);
            // The largest of equal elements has no derivative to compare with.
            if (has_ties(layout) && sample.operation.find("max") != std::string::npos) continue;
            if (has_ties(layout) && sample.operation.find("min") != std::string::npos) continue;
            CHECK(autograd::gradcheck(sample.call, inputs));
            if (sample.twice_differentiable) CHECK(autograd::gradgradcheck(sample.call, inputs));
            checks += 2;
            autograd::GradcheckOptions wrong;
            wrong.analytic_scale = 1 + 1e-4;
            wrong.raise_exception = false;
            const bool has_entries = sample.call(inputs).numel() > 0;
            const auto g = has_entries ? autograd::grad({sample.call(inputs)}, {inputs[0]},
                                                        {ones_like(sample.call(inputs))}, true, false, true)[0]
                                       : Tensor();
            if (g.defined() && g.numel() > 0 && g.abs().max().item<double>() > 0.01)
                CHECK(!autograd::gradcheck(sample.call, inputs, wrong));
        }
    }
    MESSAGE(checks << " gradient checks");
}

TEST_CASE("structured operations: float32 agrees with float64") {
    for (const auto& sample : samples::all()) {
        CAPTURE(sample.operation);
        const TensorList wide = make_inputs(sample, Arrangement::kContiguous);
        TensorList narrow;
        for (const Tensor& x : wide)
            narrow.push_back(x.is_floating_point() ? x.detach().to(kFloat32).requires_grad_() : x);
        const Tensor a = sample.call(wide), b = sample.call(narrow);
        CHECK(b.dtype() == kFloat32);
        CHECK(a.to(kFloat32).allclose(b, 1e-4, 1e-5));
        const Tensor w = rand(a.sizes(), Generator(5), kFloat64) + 0.5;
        std::vector<Tensor> roots_a, roots_b;
        for (std::size_t i = 0; i < wide.size(); ++i)
            if (wide[i].requires_grad()) {
                roots_a.push_back(wide[i]);
                roots_b.push_back(narrow[i]);
            }
        const auto ga = autograd::grad({a}, roots_a, {w}, true, false, true);
        const auto gb = autograd::grad({b}, roots_b, {w.to(kFloat32)}, true, false, true);
        for (std::size_t i = 0; i < ga.size(); ++i)
            if (ga[i].defined()) CHECK(ga[i].to(kFloat32).allclose(gb[i], 1e-3, 1e-4));
    }
}

TEST_CASE("structured operations: nothing stays alive") {
    for (const auto& sample : samples::all()) {
        CAPTURE(sample.operation);
        const auto once = [&] {
            const TensorList inputs = make_inputs(sample, Arrangement::kContiguous);
            const Tensor y = sample.call(inputs);
            if (y.requires_grad()) autograd::grad({y}, {inputs[0]}, {ones_like(y)}, true, true, true);
        };
        once();
        const auto before = memory_stats().allocated_bytes;
        once();
        CHECK(memory_stats().allocated_bytes == before);
    }
}

TEST_CASE("wrong inputs are typed errors that begin with the operation") {
    for (const auto& wrong : samples::all_wrong()) {
        CAPTURE(wrong.operation);
        std::string message = "nothing was thrown";
        try {
            wrong.call();
        } catch (const Error& e) {
            message = e.what();
        }
        CAPTURE(message);
        CHECK(message.rfind("[" + wrong.operation, 0) == 0);
        CHECK(message.find(wrong.message) != std::string::npos);
    }
}

TEST_SUITE("threads") {
    TEST_CASE("structured operations give the same bits for any number of threads") {
        for (const auto& sample : samples::all()) {
            CAPTURE(sample.operation);
            samples::check_any_number_of_threads([&] {
                const TensorList inputs = make_inputs(sample, Arrangement::kContiguous);
                TensorList out{sample.call(inputs)};
                if (out[0].requires_grad())
                    out.push_back(autograd::grad({out[0]}, {inputs[0]}, {ones_like(out[0])}, false, false, true)[0]);
                return out;
            });
        }
    }

    TEST_CASE("large products give the same bits for any number of threads") {
        struct Case {
            std::int64_t m, k, n;
        };
        for (const Case c : {Case{200, 300, 170}, Case{1000, 784, 64}, Case{784, 1000, 64}, Case{513, 129, 1025},
                             Case{128, 784, 1024}, Case{33, 500, 2048}}) {
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                const Tensor a = randn({c.m, c.k}, Generator(1), dtype), b = randn({c.k, c.n}, Generator(2), dtype);
                const Tensor at = a.t().contiguous().t(), bt = b.t().contiguous().t();
                samples::check_any_number_of_threads([&] {
                    return TensorList{a.mm(b), at.mm(b), a.mm(bt), at.mm(bt)};
                });
            }
        }
    }
}
