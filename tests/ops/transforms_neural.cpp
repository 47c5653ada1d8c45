#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>

#include "samples.h"

using namespace xgrad;

namespace {

constexpr std::int64_t kBatch = 3;

/// Input `i` of the sample for each example, stacked.
Tensor stacked_input(const samples::Sample& sample, std::size_t i, std::size_t n) {
    TensorList examples;
    for (std::size_t k = 0; k < kBatch; ++k) {
        Tensor x;
        if (sample.inputs) {
            x = sample.inputs()[i];
            if (x.is_floating_point()) x = x + static_cast<double>(k) * 0.003;
        } else {
            x = samples::uniform(sample.shapes[i], -2, 2, 100 * i + 10 * k + n);
        }
        examples.push_back(x);
    }
    return stack(examples);
}

TensorList one_of(const TensorList& batched, const std::vector<std::int64_t>& dims, std::int64_t k) {
    TensorList one;
    for (std::size_t i = 0; i < batched.size(); ++i)
        one.push_back(dims[i] < 0 ? batched[i] : batched[i].select(dims[i], k));
    return one;
}

Tensor weights_of(IntArrayRef sizes) { return rand(sizes, Generator(5), kFloat64) + 0.5; }

bool close(const Tensor& a, const Tensor& b) {
    if (a.sizes() != b.sizes()) return false;
    return a.detach().allclose(b.detach(), 1e-9, 1e-10, true);
}

/// The gradients of <f(x), weights> by the floating inputs, end to end.
Tensor slopes(const func::Function& f, const TensorList& x) {
    TensorList leaves, wanted;
    for (const Tensor& in : x) {
        Tensor leaf = in.is_floating_point() ? in * 1.0 : in;
        if (leaf.is_floating_point()) wanted.push_back(leaf.requires_grad_());
        leaves.push_back(leaf);
    }
    const Tensor y = f(leaves);
    const auto g = autograd::grad({(y * weights_of(y.sizes())).sum()}, wanted, {}, true, true, true);
    TensorList flat;
    for (std::size_t i = 0; i < g.size(); ++i)
        flat.push_back(g[i].defined() ? g[i].flatten() : zeros({wanted[i].numel()}, kFloat64));
    return cat(flat);
}

}  // namespace

TEST_CASE("all samples") {
    const char* only = std::getenv("ONLY");
    std::size_t number = 0;
    for (const auto& sample : samples::all()) {
        ++number;
        if (only && sample.operation.find(only) == std::string::npos) continue;
        CAPTURE(sample.operation);
        CAPTURE(number);
        const std::size_t n = sample.inputs ? sample.inputs().size() : sample.shapes.size();
        const auto& f = sample.call;
        const func::Function slope = [&](const TensorList& in) { return slopes(f, in); };
        for (unsigned chosen = 1; chosen < 1u << n; ++chosen)
            for (const bool last : {false, true}) {
                CAPTURE(chosen);
                CAPTURE(last);
                TensorList x;
                std::vector<std::int64_t> dims;
                for (std::size_t i = 0; i < n; ++i) {
                    Tensor in = stacked_input(sample, i, 1);
                    if (chosen >> i & 1) {
                        if (last) in = in.movedim(0, -1).contiguous();
                        dims.push_back(last ? in.dim() - 1 : 0);
                    } else {
                        in = in[0];
                        dims.push_back(-1);
                    }
                    x.push_back(in);
                }
                TensorList rows, slope_rows;
                for (std::int64_t k = 0; k < kBatch; ++k) {
                    rows.push_back(f(one_of(x, dims, k)));
                    slope_rows.push_back(slope(one_of(x, dims, k)));
                }
                try {
                    CHECK(close(func::vmap(f, dims)(x), stack(rows)));
                } catch (const std::exception& e) {
                    FAIL_CHECK("vmap " << e.what());
                }
                try {
                    CHECK(close(func::vmap(slope, dims)(x), stack(slope_rows)));
                } catch (const std::exception& e) {
                    FAIL_CHECK("vmap of gradient " << e.what());
                }
                try {
                    const auto looped = [&](const TensorList& in) {
                        TensorList out;
                        for (std::int64_t k = 0; k < kBatch; ++k) out.push_back(f(one_of(in, dims, k)));
                        return stack(out);
                    };
                    CHECK(close(slopes(func::vmap(f, dims), x), slopes(looped, x)));
                } catch (const std::exception& e) {
                    FAIL_CHECK("gradient of vmap " << e.what());
                }
            }
        TensorList x, t, floating;
        for (std::size_t i = 0; i < n; ++i) {
            x.push_back(stacked_input(sample, i, 1)[0]);
            const bool real = x[i].is_floating_point();
            t.push_back(real ? randn(x[i].sizes(), Generator(i), kFloat64) : Tensor());
            if (real) floating.push_back(t[i].flatten());
        }
        for (unsigned chosen = 1; chosen < 1u << n; ++chosen) {
            CAPTURE(chosen);
            TensorList some = t, v = floating;
            std::size_t at = 0;
            for (std::size_t i = 0; i < n; ++i) {
                if (!(chosen >> i & 1)) some[i] = {};
                if (x[i].is_floating_point()) {
                    if (!(chosen >> i & 1)) v[at] = zeros_like(v[at]);
                    ++at;
                }
            }
            try {
                const auto [value, tangent] = func::jvp(f, x, some);
                CHECK(close(value, f(x)));
                const double got = (tangent * weights_of(tangent.sizes())).sum().item<double>();
                const double want = (slope(x) * cat(v)).sum().item<double>();
                if (!(got != got && want != want)) CHECK(got == doctest::Approx(want).epsilon(1e-9));
            } catch (const std::exception& e) {
                FAIL_CHECK("jvp " << e.what());
            }
            if (!sample.twice_differentiable) continue;
            try {
                const Tensor tangent = std::get<1>(func::jvp(slope, x, some));
                const auto along = [&](const TensorList& in) { return (slope(in) * cat(v)).sum(); };
                TensorList leaves, wanted;
                for (const Tensor& in : x) {
                    leaves.push_back(in.clone());
                    if (in.is_floating_point()) wanted.push_back(leaves.back().requires_grad_());
                }
                const Tensor product = along(leaves);
                TensorList flat;
                if (product.requires_grad()) {
                    const auto g = autograd::grad({product}, wanted, {}, true, false, true);
                    for (std::size_t i = 0; i < g.size(); ++i)
                        flat.push_back(g[i].defined() ? g[i].flatten() : zeros({wanted[i].numel()}, kFloat64));
                    CHECK(close(tangent, cat(flat)));
                }
            } catch (const std::exception& e) {
                FAIL_CHECK("jvp of gradient " << e.what());
            }
        }
    }
}
