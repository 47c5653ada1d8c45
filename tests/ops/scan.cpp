#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/ops/reduction/scan.h>

#include "derivatives.h"

using namespace xgrad;
using samples::lay_out;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Dims = std::vector<std::int64_t>;

/// The scan of each line of `x` along `dim` by `next(so far, element)`, computed in long double.
template <class T>
Tensor by_loop(const Tensor& x, std::int64_t dim, const std::function<long double(long double, long double)>& next) {
    const Tensor lines = x.dim() == 0 ? x.reshape({1, 1}) : x.movedim(dim, -1).contiguous();
    Tensor out = lines.clone();
    const std::int64_t n = lines.size(-1);
    T* p = out.data_ptr<T>();
    long double carry = 0;
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        carry = i % n == 0 ? static_cast<long double>(p[i]) : next(carry, static_cast<long double>(p[i]));
        p[i] = static_cast<T>(carry);
    }
    return x.dim() == 0 ? out.reshape({}) : out.movedim(-1, dim);
}

Tensor gradient(const Tensor& values, const std::function<Tensor(const Tensor&)>& f) {
    const Tensor x = values.clone().requires_grad_();
    return autograd::grad({f(x).sum()}, {x})[0];
}

}  // namespace

TEST_CASE("scans along every dimension agree with a loop, however the elements lie") {
    const Dims shapes[] = {{},           {1},    {7},       {3, 4},    {17, 5},   {2, 3, 4},
                           {2, 1, 3, 2}, {0, 3}, {3, 0},    {9, 1},    {300, 21}, {3, 200, 5},
                           {40, 3, 19},  {5000}, {2, 1100}, {1100, 2}, {4, 3000}, {70, 1030}};
    for (const Dims& shape : shapes)
        for (const auto arrangement : samples::kArrangements) {
            const Tensor x = lay_out(rand(shape, Generator(3), kFloat64) * 0.2 + 0.9, arrangement);
            const Tensor narrow = x.to(kFloat32), whole = (x * 100.0).to(kInt64);
            for (std::int64_t d = 0; d < std::max<std::int64_t>(x.dim(), 1); ++d) {
                CAPTURE(detail::shape_string(shape));
                CAPTURE(static_cast<int>(arrangement));
                CAPTURE(d);
                const auto add = [](long double a, long double b) { return a + b; };
                const auto larger = [](long double a, long double b) { return std::max(a, b); };
                const auto smaller = [](long double a, long double b) { return std::min(a, b); };
                const Tensor sum = by_loop<double>(x, d, add);
                const Tensor product = by_loop<double>(x, d, [](long double a, long double b) { return a * b; });
                // Each step may round once.
                const double steps = static_cast<double>(x.dim() > 0 ? x.size(d) : 1) * 1.2e-16;
                CHECK(x.cumsum(d).allclose(sum, steps, 0));
                CHECK(x.cumsum(d).is_contiguous());
                CHECK(narrow.cumsum(d - x.dim() * (x.dim() > 0)).to(kFloat64).allclose(sum, 1e-6, 0));
                CHECK(x.cumprod(d).allclose(product, steps, 0));
                CHECK(narrow.cumprod(d).allclose(narrow.to(kFloat64).cumprod(d).to(kFloat32), 1e-6, 0));
                CHECK(x.logcumsumexp(d).allclose(x.exp().cumsum(d).log(), 1e-14, 1e-14));
                CHECK(narrow.logcumsumexp(d).to(kFloat64).allclose(x.exp().cumsum(d).log(), 1e-6, 1e-6));
                CHECK(std::get<0>(x.cummax(d)).equal(by_loop<double>(x, d, larger)));
                CHECK(std::get<0>(x.cummin(d)).equal(by_loop<double>(x, d, smaller)));
                CHECK(whole.cumsum(d).equal(by_loop<std::int64_t>(whole, d, add)));
                CHECK((whole % 3).to(kInt32).cumsum(d).equal(by_loop<std::int64_t>(whole % 3, d, add)));
                if (x.dim() == 0) continue;
                const auto [largest, at] = x.cummax(d);
                CHECK(x.gather(d, at).equal(largest));
            }
        }
}

TEST_CASE("linear recurrences go both ways") {
    const Tensor g = samples::distinct({3, 5}, 1), a = samples::distinct({3, 5}, 2);
    const Tensor forth = ops::linear_recurrence(g, a, 1, false), back = ops::linear_recurrence(g, a, 1, true);
    for (std::int64_t r = 0; r < 3; ++r)
        for (std::int64_t i = 0; i < 5; ++i) {
            const auto at = [&](const Tensor& t, std::int64_t k) { return t[r][k].item<double>(); };
            const double before = i > 0 ? at(a, i) * at(forth, i - 1) : 0;
            const double after = i < 4 ? at(a, i + 1) * at(back, i + 1) : 0;
            CHECK(at(forth, i) == doctest::Approx(at(g, i) + before).epsilon(1e-14));
            CHECK(at(back, i) == doctest::Approx(at(g, i) + after).epsilon(1e-14));
        }
    CHECK(ops::linear_recurrence(g.t(), a.t(), 0, true).equal(back.t()));
    const Tensor link = full({3}, kInf);
    CHECK(ops::linear_recurrence(zeros({3}), link, 0, false)[0].item<float>() == 0);  // the first link is not used
}

TEST_CASE("a float32 scan is as exact as its dtype") {
    const Tensor x = rand({1'000'000}, Generator(6), kFloat32);
    CHECK(x.cumsum(0).to(kFloat64).allclose(x.to(kFloat64).cumsum(0), 1e-7, 0));
    const Tensor factors = (rand({100'000}, Generator(7), kFloat32) - 0.5) * 1e-4 + 1;
    CHECK(factors.cumprod(0).to(kFloat64).allclose(factors.to(kFloat64).cumprod(0), 1e-7, 0));
}

TEST_CASE("scans in place, and their dtypes") {
    Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
    x.cumsum_(1);
    CHECK(x.equal(tensor({{1., 3., 6.}, {4., 9., 15.}})));
    x.t().cumprod_(1);
    CHECK(x.equal(tensor({{1., 3., 6.}, {4., 27., 90.}})));
    Tensor n = tensor({1, 2, 3}, kInt32);
    CHECK(n.cumsum_(0).dtype() == kInt32);
    CHECK(n.equal(tensor({1, 3, 6}, kInt32)));
    CHECK(n.cumprod_(0, kInt32).equal(tensor({1, 3, 18}, kInt32)));
    CHECK(tensor({true, true}).cumsum(0).equal(tensor({1, 2})));
    CHECK(tensor({200, 100}, kUInt8).cumsum(0).equal(tensor({200, 300})));
    CHECK(tensor({200, 100}, kUInt8).cumsum(0, kUInt8).equal(tensor({200, 44}, kUInt8)));
    CHECK(tensor({2, 3}).cumprod(0, kFloat32).equal(tensor({2., 6.})));
    const std::int64_t big = std::numeric_limits<std::int64_t>::max();
    CHECK(tensor({big, std::int64_t{1}}).cumsum(0)[1].item<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
    CHECK(tensor({big, std::int64_t{2}}).prod().item<std::int64_t>() == -2);
    CHECK(std::get<0>(tensor({false, true, false}).cummax(0)).equal(tensor({false, true, true})));
    CHECK(std::get<1>(tensor({3, 1, 1}, kUInt8).cummin(0)).equal(tensor({0, 1, 2})));
    CHECK(std::get<1>(zeros({2, 0}).cummax(0)).sizes() == IntArrayRef({2, 0}));
}

TEST_CASE("products through zeros") {
    const auto product = [](const Tensor& x) { return x.prod(); };
    CHECK(gradient(tensor({2., 0., 3.}), product).equal(tensor({0., 6., 0.})));
    CHECK(gradient(tensor({2., 0., 0.}), product).equal(tensor({0., 0., 0.})));
    CHECK(gradient(tensor({2., 4., 3.}), product).equal(tensor({12., 6., 8.})));
    // An infinite factor, and products beyond the range, leave the others' slopes alone.
    CHECK(gradient(tensor({kInf, 2., 3.}), product).equal(tensor({6., kInf, kInf})));
    CHECK(gradient(tensor({1e-200, 1e-200, 3.}, kFloat64), product).equal(tensor({3e-200, 3e-200, 0.}, kFloat64)));
    CHECK(gradient(tensor(5.), product).equal(tensor(1.)));
    const auto last = [](const Tensor& x) { return x.cumprod(0)[3]; };
    for (const Tensor& x : {tensor({2., 0., 3., 4.}), tensor({0., 0., 3., 4.}), tensor({2., 5., 3., 0.})})
        CHECK(gradient(x, last).equal(gradient(x, product)));
}

TEST_CASE("cumulative extremes: NaN stays, the last of equals gets the gradient") {
    const auto [values, index] = tensor({1., 3., 3., kNan, 5., kNan}).cummax(0);
    CHECK(index.equal(tensor({0, 1, 2, 3, 3, 5})));
    CHECK(values.slice(0, 3).isnan().all().item<bool>());
    const auto largest = [](const Tensor& x) { return std::get<0>(x.cummax(0)); };
    CHECK(gradient(tensor({1., 3., 3., 2.}), largest).equal(tensor({1., 1., 2., 0.})));
}

TEST_CASE("logcumsumexp: small terms, large ones, and none") {
    const Tensor x = tensor({0., -40., -40.}, kFloat64);
    CHECK(x.logcumsumexp(0)[1].item<double>() == doctest::Approx(std::exp(-40.)).epsilon(1e-12));
    CHECK(x.logcumsumexp(0)[2].item<double>() == doctest::Approx(2 * std::exp(-40.)).epsilon(1e-12));
    CHECK(tensor({1e30, -1e30, 1e30}).logcumsumexp(0).equal(tensor({1e30, 1e30, 1e30})));
    const Tensor nothing = tensor({-kInf, -kInf, 0., kInf, kInf, 1.}, kFloat64);
    CHECK(nothing.logcumsumexp(0).equal(tensor({-kInf, -kInf, 0., kInf, kInf, kInf}, kFloat64)));
    CHECK(tensor({1., kNan, 2.}).logcumsumexp(0).isnan().equal(tensor({false, true, true})));
    // Masked elements at the beginning get no gradient, and spoil no other.
    CHECK(gradient(tensor({-kInf, 2., 2.}, kFloat64), [](const Tensor& y) {
              return y.logcumsumexp(0)[2];
          }).allclose(tensor({0., 0.5, 0.5}, kFloat64), 1e-14, 0));
}

TEST_CASE("reductions and scans in forward mode and under vmap") {
    using Function = std::function<Tensor(const Tensor&)>;
    struct Named {
        const char* name;
        Function f;
    };
    const std::vector<Named> functions = {
        {"sum", [](const Tensor& x) { return x.sum(0); }},
        {"amax", [](const Tensor& x) { return x.amax({0}); }},
        {"amin", [](const Tensor& x) { return x.min(); }},
        {"norm 2", [](const Tensor& x) { return x.norm(2, {1}, true); }},
        {"norm 3", [](const Tensor& x) { return x.norm(3); }},
        {"norm inf", [](const Tensor& x) { return x.norm(kInf, {0}); }},
        {"norm 1", [](const Tensor& x) { return x.norm(1, {-1}); }},
        {"logsumexp", [](const Tensor& x) { return x.logsumexp(0); }},
        {"var", [](const Tensor& x) { return x.var(1); }},
        {"std", [](const Tensor& x) { return x.std(0, false, true); }},
        {"prod", [](const Tensor& x) { return x.prod(); }},
        {"prod 1", [](const Tensor& x) { return x.prod(1, true); }},
        {"nansum", [](const Tensor& x) { return x.nansum(0); }},
        {"cumsum", [](const Tensor& x) { return x.cumsum(1); }},
        {"cumprod", [](const Tensor& x) { return x.cumprod(0); }},
        {"logcumsumexp", [](const Tensor& x) { return x.logcumsumexp(-1); }},
        {"recurrence", [](const Tensor& x) { return ops::linear_recurrence(x.sin(), x, 1, true); }},
        {"recurrence", [](const Tensor& x) { return ops::linear_recurrence(x, x.cos(), 0, false); }},
    };
    const Tensor x = samples::distinct({3, 4}, 1), t = samples::distinct({3, 4}, 2),
                 batch = samples::distinct({2, 3, 4}, 3);
    for (const Named& each : functions) {
        const Function& f = each.f;
        CAPTURE(each.name);
        const auto wrapped = [&f](const TensorList& in) { return f(in[0]); };
        const auto [value, tangent] = func::jvp(wrapped, {x}, {t});
        const Tensor leaf = x.clone().requires_grad_(), y = f(leaf), w = samples::distinct(y.sizes(), 4);
        CHECK(value.equal(y.detach()));
        const Tensor g = autograd::grad({y}, {leaf}, {w})[0];
        CHECK((tangent * w).sum().item<double>() == doctest::Approx((g * t).sum().item<double>()).epsilon(1e-12));
        CHECK(func::vmap(wrapped)({batch}).allclose(stack({f(batch[0]), f(batch[1])}), 1e-14, 1e-14));
    }
    // Those with an index have no rule for vmap.
    for (const Function& f : {Function([](const Tensor& a) { return std::get<0>(a.max(1)); }),
                              Function([](const Tensor& a) { return std::get<0>(a.cummin(0)); })}) {
        const auto tangent = std::get<1>(func::jvp([&](const TensorList& in) { return f(in[0]); }, {x}, {t}));
        const Tensor leaf = x.clone().requires_grad_(), y = f(leaf), w = samples::distinct(y.sizes(), 4);
        const Tensor g = autograd::grad({y}, {leaf}, {w})[0];
        CHECK((tangent * w).sum().item<double>() == doctest::Approx((g * t).sum().item<double>()).epsilon(1e-12));
    }
    const Tensor truth = batch.gt(0), any = func::vmap([](const TensorList&in) { return in[0].any(1); })({truth});
    CHECK(any.equal(truth.any(2)));
}

TEST_CASE("composed reductions: derivatives") {
    using samples::check_derivatives;
    check_derivatives([](const TensorList& x) { return x[0].nansum(1).sin(); }, {{2, 3}});
    check_derivatives([](const TensorList& x) { return x[0].nanmean({0, 1}, true).sin(); }, {{2, 3}});
    check_derivatives([](const TensorList& x) { return std::get<0>(x[0].aminmax(1)) * std::get<1>(x[0].aminmax()); },
                      {{2, 3}});
    check_derivatives([](const TensorList& x) { return x[0].norm("fro", {0, 2}).sin(); }, {{2, 3, 2}});
    check_derivatives([](const TensorList& x) { return x[0].norm(1.5, 1, false, kFloat64).sin(); }, {{2, 3}});
}

TEST_SUITE("threads") {
    TEST_CASE("products and scans give the same bits for any number of threads") {
        for (const Dims& shape : {Dims{1'000'003}, Dims{300, 3001}, Dims{5000, 201}, Dims{64, 50, 300}})
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                CAPTURE(detail::shape_string(shape));
                const Tensor x = (rand(shape, Generator(9), dtype) - 0.5) * 1e-3 + 1;
                samples::check_any_number_of_threads([&] {
                    TensorList out{x.prod()};
                    for (std::int64_t d = 0; d < x.dim(); ++d)
                        for (const Tensor& y : {x.prod(d), x.cumsum(d), x.cumprod(d), std::get<1>(x.cummax(d))})
                            out.push_back(y);
                    out.push_back(x.logcumsumexp(-1));
                    return out;
                });
            }
    }
}
