#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>

#include "edges.h"

using namespace xgrad;
using namespace edges;

// Values, first and second derivatives at the edges of the numbers, as PyTorch gives them.

namespace {

constexpr double kInf = I, kNan = N;

std::vector<Edge> all_edges() {
    std::vector<Edge> out;
    for (const auto& family : {basic_edges(), unary_edges(), activation_edges(), arithmetic_edges(), loss_edges()})
        out.insert(out.end(), family.begin(), family.end());
    return out;
}

bool same(double a, double b, double relative, double absolute) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b)) return a == b;
    return std::abs(a - b) <= relative * std::abs(b) + absolute;
}

bool same(double a, double b) { return same(a, b, 1e-12, 0); }

Tensor points(ScalarType dtype) { return tensor(std::vector<double>(kPoints.begin(), kPoints.end()), dtype); }

void check(const std::string& what, const Tensor& result, const Values& expected, double relative, double absolute) {
    CAPTURE(what);
    const Tensor wide = result.detach().to(kFloat64).expand({kCount}).contiguous();
    for (std::size_t i = 0; i < kCount; ++i) {
        CAPTURE(kPoints[i]);
        const double got = wide.data_ptr<double>()[i];
        CHECK_MESSAGE(same(got, expected[i], relative, absolute), "got ", got, ", expected ", expected[i]);
    }
}

Tensor derivative(const Tensor& y, const Tensor& x, bool create_graph) {
    if (!y.requires_grad()) return zeros_like(x);
    return autograd::grad({y}, {x}, {ones_like(y)}, true, create_graph)[0];
}

}  // namespace

TEST_CASE("rows: values and two derivatives at the edges of the numbers") {
    std::set<std::size_t> covered;
    for (const Edge& edge : all_edges()) {
        covered.insert(edge.subject.row);
        CAPTURE(edge.subject.name);
        const Tensor x = points(kFloat64).requires_grad_();
        const Tensor y = edge.subject.call(x);
        check("value", y, edge.value, 1e-12, 0);
        for (std::size_t i = 0; i < kCount && y.is_floating_point(); ++i)
            if (edge.value[i] == 0)
                CHECK(std::signbit(y[static_cast<std::int64_t>(i)].item<double>()) == std::signbit(edge.value[i]));
        const Tensor recorded = derivative(y, x, true);
        check("first derivative, fused", derivative(y, x, false), edge.first, 1e-12, edge.slack);
        check("first derivative, recorded", recorded, edge.first, 1e-12, edge.slack);
        check("second derivative", derivative(recorded, x, false), edge.second, 1e-12, edge.slack);
    }
    ops::TableRows::for_each([&]<class Row>() {
        if (Row::kind == ops::rows::Kind::kIntegral) return;
        CAPTURE(Row::name);
        CHECK_MESSAGE(covered.count(ops::TableRows::index<Row>()) == 1, "a row without stated values");
    });
}

TEST_CASE("rows: values at the edges of the numbers in float32") {
    for (const Edge& edge : all_edges()) {
        CAPTURE(edge.subject.name);
        Values expected = edge.value;
        for (std::size_t i = 0; i < kCount; ++i) {
            if (edge.reference) expected[i] = edge.reference(static_cast<float>(kPoints[i]));
            expected[i] = static_cast<float>(expected[i]);
        }
        check("value", edge.subject.call(points(kFloat32)), expected, 1e-6, 2e-45);
    }
}

TEST_CASE("functions of their own form for some numbers, at the edges") {
    struct Form {
        std::string name;
        std::function<Tensor(const Tensor&)> call;
        double x, value, first, second;
    };
    const auto in_place = [](auto change) {
        return [change](const Tensor& x) {
            Tensor y = x * 1.0;
            change(y);
            return y;
        };
    };
    const Form forms[] = {
        {"pow 2", [](const Tensor& x) { return x.pow(2); }, -I, I, -I, 2},
        {"pow 1", [](const Tensor& x) { return x.pow(1); }, 0, 0, 1, 0},
        {"pow 1", [](const Tensor& x) { return x.pow(1.0); }, I, I, 1, 0},
        {"pow 0", [](const Tensor& x) { return x.pow(0); }, 0, 1, 0, 0},
        {"pow 0", [](const Tensor& x) { return x.pow(0.0); }, N, 1, 0, 0},
        {"pow 0.5", [](const Tensor& x) { return x.pow(0.5); }, 0, 0, I, -I},
        {"pow -1", [](const Tensor& x) { return x.pow(-1); }, 0, I, -I, I},
        {"pow_ 0", in_place([](Tensor& y) { y.pow_(0); }), 0, 1, 0, 0},
        {"pow_ 0", in_place([](Tensor& y) { y.pow_(0.0); }), -I, 1, 0, 0},
        {"pow_ 1", in_place([](Tensor& y) { y.pow_(1); }), 0, 0, 1, 0},
        {"pow_ 2", in_place([](Tensor& y) { y.pow_(2); }), 0, 0, 0, 2},
        {"pow_ 3", in_place([](Tensor& y) { y.pow_(3); }), -2, -8, 12, -12},
        {"pow_ 0.5", in_place([](Tensor& y) { y.pow_(0.5); }), 0, 0, I, -I},
        {"pow_ -1", in_place([](Tensor& y) { y.pow_(-1); }), -0.0, -I, -I, -I},
        {"0 to the x", [](const Tensor& x) { return pow(Scalar(0), x); }, 2, 0, 0, 0},
        {"0 to the x", [](const Tensor& x) { return pow(0.0, x); }, 0, 1, 0, 0},
        {"0 to the x", [](const Tensor& x) { return pow(0.0, x); }, -1, I, -I, I},
        {"clamp at a bound", [](const Tensor& x) { return x.clamp(-1.0, 1.0); }, 1, 1, 1, 0},
        {"clamp, upper bound below the lower", [](const Tensor& x) { return x.clamp(3, 1); }, 0, 1, 0, 0},
        {"clamp_", in_place([](Tensor& y) { y.clamp_(3, 1); }), 2, 1, 0, 0},
        {"clamp by tensors, at a bound", [](const Tensor& x) { return x.clamp(like(x, -1), like(x, 1)); }, 1, 1, 1, 0},
        {"hardtanh at a bound", [](const Tensor& x) { return hardtanh(x); }, 1, 1, 0, 0},
        {"relu6 at a bound", [](const Tensor& x) { return relu6(x); }, 6, 6, 0, 0},
        {"hardsigmoid at a bound", [](const Tensor& x) { return hardsigmoid(x); }, 3, 1, 0, 0},
        {"hardswish at the lower bound", [](const Tensor& x) { return hardswish(x); }, -3, 0, 0, 0},
        {"hardswish at the upper bound", [](const Tensor& x) { return hardswish(x); }, 3, 3, 1, 0},
        {"round up to even", [](const Tensor& x) { return round(x); }, 1.5, 2, 0, 0},
        {"round down to even", [](const Tensor& x) { return round(x); }, 2.5, 2, 0, 0},
        {"logit at 1/2", [](const Tensor& x) { return logit(x); }, 0.5, 0, 4, 0},
        {"logit at a limit", [](const Tensor& x) { return logit(x, 0.25); }, 0.25, -std::log(3.0), 16 / 3.0,
         -128 / 9.0},
        {"clamp_min", [](const Tensor& x) { return x.clamp_min(0); }, N, N, 0, 0},
        {"where, safe branch", [](const Tensor& x) { return where(x > 0.0, x, x.clamp(std::nullopt, 0.0).exp()); }, 100,
         100, 1, 0},
    };
    for (const Form& form : forms) {
        CAPTURE(form.name);
        CAPTURE(form.x);
        const Tensor x = full({1}, form.x, kFloat64).requires_grad_();
        const Tensor y = form.call(x);
        CHECK(same(y.item<double>(), form.value));
        const Tensor recorded = derivative(y, x, true);
        CHECK(same(derivative(y, x, false).item<double>(), form.first));
        CHECK(same(recorded.item<double>(), form.first));
        CHECK(same(derivative(recorded, x, false).item<double>(), form.second));
    }
}

TEST_CASE("no gradient, however large, passes where the derivative is a 0 of choice") {
    using F = std::function<Tensor(const Tensor&)>;
    const std::pair<const char*, F> cases[] = {
        {"relu", [](const Tensor& x) { return x.relu(); }},
        {"clamp", [](const Tensor& x) { return x.clamp(0.0, 10.0); }},
        {"maximum", [](const Tensor& x) { return maximum(x, zeros({2}, kFloat64)); }},
        {"minimum", [](const Tensor& x) { return -minimum(-x, zeros({2}, kFloat64)); }},
        {"where", [](const Tensor& x) { return where(x > 0.0, x, 0.0); }},
        {"fmax", [](const Tensor& x) { return fmax(x, zeros({2}, kFloat64)); }},
        {"hardtanh", [](const Tensor& x) { return hardtanh(x, 0, 2); }},
        {"threshold", [](const Tensor& x) { return threshold(x, 0, 5); }},
        {"softshrink", [](const Tensor& x) { return softshrink(x + 1.0, 0.5); }},
    };
    for (const auto& c : cases)
        for (const bool record : {false, true})
            for (const double incoming : {kInf, kNan}) {
                CAPTURE(c.first);
                CAPTURE(record);
                const Tensor x = tensor({-1., 1.}, kFloat64).requires_grad_();
                const Tensor g = autograd::grad({c.second(x)}, {x}, {full({2}, incoming, kFloat64)}, true, record)[0];
                CHECK(g[0].item<double>() == 0);
                CHECK(same(g[1].item<double>(), incoming));
            }
}
