#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>

#include "derivatives.h"

using namespace xgrad;
using samples::check_derivatives;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Dims = std::vector<std::int64_t>;

/// exp(x) / sum(exp(x)) in float64, by the element-wise operations.
Tensor by_definition(const Tensor& x, std::int64_t dim) {
    const Tensor e = x.to(kFloat64).exp();
    return e / e.sum(dim, true);
}

}  // namespace

TEST_CASE("softmax and its kin agree with their definition along every dimension") {
    for (const Dims& shape :
         {Dims{1}, Dims{5}, Dims{3, 8}, Dims{4, 10}, Dims{2, 15}, Dims{33, 16}, Dims{5, 17}, Dims{2, 31}, Dims{3, 32},
          Dims{20, 33}, Dims{2, 1000}, Dims{2, 40'000}, Dims{2, 7, 5}, Dims{3, 1, 20}}) {
        for (const auto arrangement : {samples::Arrangement::kContiguous, samples::Arrangement::kTransposed,
                                       samples::Arrangement::kSliced, samples::Arrangement::kExpanded}) {
            const Tensor x = samples::lay_out(randn(shape, Generator(1), kFloat64) * 3.0, arrangement);
            for (std::int64_t dim = -x.dim(); dim < x.dim(); ++dim) {
                CAPTURE(detail::shape_string(shape));
                CAPTURE(static_cast<int>(arrangement));
                CAPTURE(dim);
                const Tensor expected = by_definition(x, dim), single = x.to(kFloat32);
                CHECK(x.softmax(dim).allclose(expected, 1e-13, 0));
                CHECK(x.log_softmax(dim).allclose(expected.log(), 1e-13, 1e-13));
                CHECK(x.logsumexp(dim).allclose(x.exp().sum(dim).log(), 1e-13, 1e-13));
                CHECK(single.softmax(dim).allclose(by_definition(single, dim).to(kFloat32), 2e-6, 0));
                CHECK(single.log_softmax(dim).allclose(by_definition(single, dim).log().to(kFloat32), 1e-6, 2e-6));
                CHECK(x.softmax(dim).is_contiguous());
            }
        }
    }
}

TEST_CASE("softmax: large, infinite and missing numbers") {
    struct Case {
        Tensor x, softmax, log_softmax, logsumexp;
    };
    const Case cases[] = {
        {tensor({1000., 1000.}), tensor({0.5, 0.5}), tensor({-0.693147180559945, -0.693147180559945}),
         tensor(1000.69314718)},
        {tensor({-1000., 0.}), tensor({0., 1.}), tensor({-1000., 0.}), tensor(0.)},
        {tensor({-kInf, 0., 0.}), tensor({0., 0.5, 0.5}), tensor({-kInf, -0.693147180559945, -0.693147180559945}),
         tensor(0.693147180559945)},
        {tensor({-kInf, -kInf}), tensor({kNan, kNan}), tensor({kNan, kNan}), tensor(-kInf)},
        {tensor({kInf, 0.}), tensor({kNan, kNan}), tensor({kNan, kNan}), tensor(kInf)},
        {tensor({kNan, 0.}), tensor({kNan, kNan}), tensor({kNan, kNan}), tensor(kNan)},
        {tensor({3.}), tensor({1.}), tensor({0.}), tensor(3.)},
    };
    for (const Case& c : cases) {
        // Alone, and as the first elements of a row that is longer than a register.
        Tensor wide = full({70}, -kInf);
        wide.narrow(0, 0, c.x.numel()).copy_(c.x);
        CAPTURE(c.x.numel());
        CHECK(c.x.softmax(0).allclose(c.softmax, 1e-6, 1e-7, true));
        CHECK(c.x.log_softmax(0).allclose(c.log_softmax, 1e-6, 1e-7, true));
        CHECK(c.x.logsumexp(0).allclose(c.logsumexp, 1e-6, 1e-7, true));
        CHECK(wide.softmax(0).narrow(0, 0, c.x.numel()).allclose(c.softmax, 1e-6, 1e-7, true));
        CHECK(wide.log_softmax(0).narrow(0, 0, c.x.numel()).allclose(c.log_softmax, 1e-6, 1e-7, true));
        CHECK(wide.logsumexp(0).allclose(c.logsumexp, 1e-6, 1e-7, true));
    }
}

TEST_CASE("softmax: shapes and dtypes at the edge") {
    CHECK(tensor(2.).softmax(0).equal(tensor(1.)));
    CHECK(tensor(2.).log_softmax(-1).equal(tensor(0.)));
    CHECK(tensor(2.).logsumexp(0).equal(tensor(2.)));
    CHECK(zeros({0, 3}).softmax(1).sizes() == IntArrayRef({0, 3}));
    CHECK(zeros({0, 3}).softmax(0).sizes() == IntArrayRef({0, 3}));
    CHECK(zeros({2, 0}).logsumexp(1).equal(tensor({-kInf, -kInf})));
    CHECK(zeros({2, 0}).logsumexp(0).sizes() == IntArrayRef({0}));
    CHECK(tensor({1, 1}).softmax(0, kFloat64).equal(tensor({0.5, 0.5}, kFloat64)));
    CHECK(tensor({1., 1.}).log_softmax(0, kFloat64).dtype() == kFloat64);
    CHECK(tensor({1, 1}).logsumexp(0).allclose(tensor(1.6931472)));
    const Tensor x = randn({2, 3, 4}, Generator(2), kFloat64);
    CHECK(x.logsumexp({0, 2}, true).allclose(x.exp().sum({0, 2}, true).log()));
    CHECK(x.logsumexp({-1, 0}).sizes() == IntArrayRef({3}));
    CHECK(x.logsumexp(IntArrayRef()).allclose(x.exp().sum().log()));
    CHECK_THROWS_AS(x.softmax(3), IndexError);
    CHECK_THROWS_AS(x.logsumexp({0, 0}), ValueError);
    CHECK_THROWS_WITH_AS(zeros({2}, kInt64).log_softmax(0), "[log_softmax] needs a floating point dtype, got Long",
                         DtypeError);
}

TEST_CASE("softmax: derivatives") {
    for (const std::int64_t dim : {0, 1, -1}) {
        CAPTURE(dim);
        check_derivatives([=](const TensorList& x) { return x[0].softmax(dim); }, {{2, 3, 2}});
        check_derivatives([=](const TensorList& x) { return x[0].log_softmax(dim); }, {{2, 3, 2}});
        check_derivatives([=](const TensorList& x) { return x[0].logsumexp(dim).square(); }, {{2, 3, 2}});
        check_derivatives([=](const TensorList& x) { return x[0].softmax(dim).square() * x[1]; },
                          {{2, 3, 2}, {2, 3, 2}});
    }
    check_derivatives([](const TensorList& x) { return x[0].softmax(0) * x[0]; }, {{}});
    check_derivatives([](const TensorList& x) { return x[0].softmax(1) + x[0].log_softmax(0); }, {{0, 3}});
    check_derivatives([](const TensorList& x) { return x[0].logsumexp({0, 2}, true); }, {{2, 3, 2}});
    check_derivatives([](const TensorList& x) { return x[0].softmax(1); }, {{2, 20}});
    check_derivatives([](const TensorList& x) { return x[0].log_softmax(1); }, {{2, 20}});
}

TEST_CASE("the fused backward of softmax is the backward of its definition") {
    const Tensor weights = randn({3, 40}, Generator(3), kFloat64);
    const auto gradient = [&](const Tensor& y, const Tensor& x) { return autograd::grad({y}, {x}, {weights})[0]; };
    const Tensor x = randn({3, 40}, Generator(4), kFloat64).requires_grad_();
    CHECK(gradient(x.softmax(1), x).allclose(gradient(by_definition(x, 1), x), 1e-12, 1e-13));
    CHECK(gradient(x.log_softmax(1), x).allclose(gradient(by_definition(x, 1).log(), x), 1e-12, 1e-13));
}

TEST_CASE("softmax in forward mode and under vmap") {
    const Tensor x = randn({3, 4}, Generator(5), kFloat64), t = randn({3, 4}, Generator(6), kFloat64);
    for (const auto& f : {func::Function([](const TensorList& in) { return in[0].softmax(-1); }),
                          func::Function([](const TensorList& in) { return in[0].log_softmax(-1); })}) {
        const double h = 1e-6;
        const auto [y, tangent] = func::jvp(f, {x}, {t});
        CHECK(y.equal(f({x})));
        CHECK(tangent.allclose((f({x + t * h}) - f({x - t * h})) / (2 * h), 1e-6, 1e-9));
        CHECK(func::vmap(f)({x}).allclose(f({x}), 1e-15, 1e-15));
        CHECK(func::vmap(f, {1}, 1)({x.t().contiguous().t()}).allclose(f({x.t()}).t(), 1e-15, 1e-15));
    }
}

TEST_SUITE("threads") {
    TEST_CASE("softmax gives the same bits for any number of threads") {
        for (const Dims& shape : {Dims{20'001, 10}, Dims{401, 1003}}) {
            const Tensor x = randn(shape, Generator(7)), g = randn(shape, Generator(8));
            samples::check_any_number_of_threads([&] {
                TensorList out;
                for (const std::int64_t dim : {0, 1}) {
                    const Tensor leaf = x.detach().requires_grad_();
                    for (const Tensor& y : {leaf.softmax(dim), leaf.log_softmax(dim)}) {
                        out.push_back(y.detach());
                        out.push_back(autograd::grad({y}, {leaf}, {g})[0]);
                    }
                    out.push_back(x.logsumexp(dim));
                }
                return out;
            });
        }
    }
}
