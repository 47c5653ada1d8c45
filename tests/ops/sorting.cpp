#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/indexing.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "derivatives.h"

using namespace xgrad;
using samples::check_derivatives;

namespace {

constexpr ScalarType kDtypes[] = {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64};

/// Numbers of every size and sign, many of them more than once, and what is special about floats.
Tensor mixed(std::int64_t n, ScalarType dtype) {
    Tensor x = randint(-40, 40, {n}, kFloat64);
    x = where(rand({n}, Generator(3), kFloat64) < 0.5, x, x * 1e7);
    if (!is_floating_point(dtype)) return x.to(kInt64).to(dtype);
    const double inf = std::numeric_limits<double>::infinity();
    const double specials[] = {std::nan(""), inf, -inf, -0.0, 1e-300, 1e-40};
    for (std::int64_t i = 0; i < n / 3; ++i) x.data_ptr<double>()[3 * i] = specials[i % 6];
    return x.to(dtype);
}

template <class T>
bool less(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) return std::isnan(b) ? !std::isnan(a) : a < b;
    return a < b;
}

/// The stable order of a vector by the standard library.
std::vector<std::int64_t> order_of(const Tensor& x, bool descending) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(x.numel()));
    std::iota(order.begin(), order.end(), 0);
    visit_dtype(x.dtype(), [&](auto element) {
        const auto* v = x.data_ptr<decltype(element)>();
        std::stable_sort(order.begin(), order.end(), [=](std::int64_t a, std::int64_t b) {
            return descending ? less(v[b], v[a]) : less(v[a], v[b]);
        });
    });
    return order;
}

bool same(const Tensor& a, const Tensor& b) {
    return a.dtype() == b.dtype() && a.to(kFloat64).allclose(b.to(kFloat64), 0, 0, true);
}

}  // namespace

TEST_CASE("sort is the standard library's stable sort, for every dtype, length and layout") {
    for (const ScalarType dtype : kDtypes) {
        for (const std::int64_t n : {0, 1, 2, 17, 127, 128, 255, 256, 3000}) {
            for (const bool descending : {false, true}) {
                CAPTURE(dtype);
                CAPTURE(n);
                CAPTURE(descending);
                const Tensor x = mixed(n, dtype), expected = tensor(order_of(x, descending));
                const auto [values, places] = x.sort(-1, descending);
                REQUIRE(places.equal(expected));
                CHECK(same(values, x.index_select(0, places)));
                const Tensor pair = stack({x, x.index_select(0, arange(n - 1, -1, -1))}, 1);
                const auto [columns, where_in_column] = pair.sort(0, descending);
                CHECK(same(columns.select(1, 0), values));
                CHECK(where_in_column.select(1, 0).equal(expected));
                CHECK(same(columns.select(1, 1), values));
                CHECK(pair.t().argsort(-1, descending).equal(where_in_column.t()));
            }
        }
    }
}

TEST_CASE("topk, kthvalue and median choose what sort puts there") {
    for (const ScalarType dtype : kDtypes) {
        for (const std::int64_t n : {1, 5, 200, 1500}) {
            const Tensor x = mixed(n, dtype);
            for (const bool largest : {true, false}) {
                const auto [values, places] = x.sort(0, largest);
                for (const std::int64_t k : {std::int64_t{1}, n / 20, n / 7, n}) {
                    CAPTURE(dtype);
                    CAPTURE(n);
                    CAPTURE(k);
                    const auto [top, at] = x.topk(k, 0, largest);
                    CHECK(at.equal(places.narrow(0, 0, k)));
                    CHECK(same(top, values.narrow(0, 0, k)));
                    if (largest || k == 0) continue;
                    const auto [kth, where_it_is] = x.kthvalue(k, 0, true);
                    CHECK(same(kth, values.narrow(0, k - 1, 1)));
                    CHECK(where_it_is.equal(places.narrow(0, k - 1, 1)));
                }
                if (largest || (is_floating_point(dtype) && n > 2)) continue;
                CHECK(same(x.median(), values[(n - 1) / 2]));
                CHECK(std::get<1>(x.median(0)).equal(places[(n - 1) / 2]));
            }
            const Tensor numbers = x.masked_select(x == x);
            if (numbers.numel() > 0) CHECK(same(x.nanmedian(), numbers.median()));
        }
    }
}

TEST_CASE("an integer given to argsort is a dimension, a bool whether it is stable") {
    const Tensor x = tensor({{3, 1}, {2, 5}});
    CHECK(x.argsort(0).equal(tensor({{1, 0}, {0, 1}})));
    CHECK(argsort(x, 1).equal(tensor({{1, 0}, {0, 1}})));
    CHECK(x.argsort(true, 1, true).equal(tensor({{0, 1}, {1, 0}})));
    CHECK(argsort(x, false, 0).equal(tensor({{1, 0}, {0, 1}})));
    CHECK(std::get<1>(sort(x, std::optional<bool>(true), 0)).equal(x.argsort(0)));
}

TEST_CASE("the most frequent value of long lines") {
    for (const ScalarType dtype : kDtypes) {
        CAPTURE(dtype);
        const Tensor x = mixed(700, dtype).view({7, 100});
        const auto [values, places] = x.mode(0);
        CHECK(same(values, x.gather(0, places.unsqueeze(0)).squeeze(0)));
        const auto count = [&](const Tensor& v) { return (x == v).to(kInt64).sum(0); };
        for (std::int64_t i = 0; i < 7; ++i) CHECK((count(x[i]) <= count(values)).all().item<bool>());
    }
}

TEST_CASE("derivatives along the first dimension, of all elements, and of quantiles") {
    struct Case {
        std::function<Tensor(const TensorList&)> call;
        std::vector<std::int64_t> shape;
    };
    const auto q = [] { return tensor({0.1, 0.5, 0.83}, kFloat64); };
    const Case cases[] = {
        {[](const TensorList& x) { return std::get<0>(x[0].sort(0, true)).square(); }, {4, 3}},
        {[](const TensorList& x) { return std::get<0>(x[0].sort()).exp(); }, {5}},
        {[](const TensorList& x) { return std::get<0>(x[0].topk(2, 0)).square(); }, {4, 3}},
        {[](const TensorList& x) { return std::get<0>(x[0].kthvalue(2, 0, true)).square(); }, {4, 3}},
        {[](const TensorList& x) { return x[0].median().square(); }, {4, 3}},
        {[](const TensorList& x) { return x[0].nanmedian().square(); }, {5}},
        {[](const TensorList& x) { return std::get<0>(x[0].mode(0)).square(); }, {4, 3}},
        {[=](const TensorList& x) { return x[0].square().quantile(q()); }, {3, 4}},
        {[=](const TensorList& x) { return x[0].quantile(q(), 0, true, "midpoint").square(); }, {4, 3}},
        {[](const TensorList& x) { return x[0].nanquantile(0.4, -1).square(); }, {3, 4}},
        {[](const TensorList& x) { return x[0].quantile(0.4).square(); }, {}},
    };
    for (const Case& c : cases) {
        CAPTURE(&c - cases);
        check_derivatives(c.call, {c.shape});
    }
    // To q, between two elements.
    check_derivatives([](const TensorList& x) { return x[0].quantile(x[1].sigmoid(), 1).square(); }, {{3, 4}, {2}});
}

TEST_CASE("forward mode agrees with backward") {
    using Call = std::function<Tensor(const Tensor&)>;
    const Tensor x = samples::distinct({3, 5}, 1), t = randn({3, 5}, Generator(2), kFloat64);
    const Call calls[] = {
        [](const Tensor& v) { return std::get<0>(v.sort(1)); },
        [](const Tensor& v) { return std::get<0>(v.topk(2, 0)); },
        [](const Tensor& v) { return std::get<0>(v.kthvalue(2, 1)); },
        [](const Tensor& v) { return std::get<0>(v.median(0, true)); },
        [](const Tensor& v) { return std::get<0>(v.nanmedian(1)); },
        [](const Tensor& v) { return std::get<0>(v.mode(1)); },
        [](const Tensor& v) { return v.median(); },
        [](const Tensor& v) { return v.quantile(0.3, 1); },
    };
    for (const Call& call : calls) {
        CAPTURE(&call - calls);
        const auto [y, tangent] = func::jvp([&](const TensorList& in) { return call(in[0]); }, {x}, {t});
        const Tensor leaf = x.detach().requires_grad_(), out = call(leaf);
        CHECK(y.equal(out.detach()));
        const Tensor weight = randn(out.sizes(), Generator(4), kFloat64);
        const Tensor gradient = autograd::grad({out}, {leaf}, {weight})[0];
        CHECK((gradient * t).sum().allclose((weight * tangent).sum(), 1e-12, 1e-12));
    }
}

TEST_CASE("distinct elements of many") {
    for (const ScalarType dtype : kDtypes) {
        CAPTURE(dtype);
        const Tensor x = mixed(3000, dtype).view({60, 50});
        const auto [distinct, inverse, counts] = _unique2(x, true, true, true);
        CHECK(same(distinct.index({inverse}), x));
        CHECK(counts.equal(bincount(inverse.view({-1}))));
        const Tensor numbers = distinct.masked_select(distinct == distinct);
        CHECK((numbers.slice(0, 1) > numbers.slice(0, 0, -1)).all().item<bool>());
        const auto [runs, place, lengths] = unique_consecutive(std::get<0>(x.view({-1}).sort()), true, true);
        CHECK(same(runs, distinct));
        CHECK(lengths.equal(counts));
        CHECK(isin(x, numbers.slice(0, 0, 5)).equal(inverse < 5));

        const Tensor flat = x.view({-1}), line = flat.masked_fill(flat != flat, 7);
        const Tensor rows = stack({line.eq(0).to(dtype), line}, 1);
        const auto [pairs, number, times] = unique_dim(rows, 0, true, true, true);
        CHECK(same(pairs.index({number}), rows));
        CHECK(times.sum().item<std::int64_t>() == 3000);
        CHECK(pairs.size(0) <= distinct.size(0));
    }
    const auto [distinct, inverse, counts] = _unique2(tensor({2, 1, 2}));
    CHECK(distinct.equal(tensor({1, 2})));
    CHECK(inverse.sizes() == IntArrayRef({0}));
    CHECK(counts.numel() == 0);
    CHECK(std::get<1>(_unique(tensor({2, 1, 2}), true, true)).equal(tensor({1, 0, 1})));
    CHECK(!std::get<0>(_unique(ones({3}).requires_grad_())).requires_grad());
}

TEST_CASE("search and counting of many, against loops") {
    const Tensor sorted = std::get<0>(randn({500}, Generator(1), kFloat64).sort());
    const Tensor values = randn({40, 60}, Generator(2), kFloat64);
    for (const bool right : {false, true}) {
        const Tensor place = searchsorted(sorted, values, false, right);
        const Tensor below = (sorted < values.unsqueeze(-1)).to(kInt64).sum(-1);
        CHECK(place.equal(below));
        CHECK(bucketize(values.t(), sorted, true, right).equal(place.t().to(kInt32)));
        CHECK(searchsorted(sorted.expand({40, 500}), values, false, right).equal(place));
    }
    CHECK(searchsorted(tensor({1, 3}), 2.5).equal(tensor(1)));
    CHECK(bucketize(3, tensor({1., 3.}), false, true).equal(tensor(2)));
    const Tensor numbers = randint(50, {4000});
    const Tensor counts = numbers.bincount(), weights = rand({4000}, Generator(3), kFloat64);
    for (std::int64_t i = 0; i < 50; ++i)
        CHECK(counts[i].item<std::int64_t>() == (numbers == i).to(kInt64).sum().item<std::int64_t>());
    CHECK(numbers.bincount(weights).sum().allclose(weights.sum(), 1e-12));
    const Tensor histogram = values.histc(20, -1, 1);
    CHECK(histogram.sum().item<double>() == (values.abs() <= 1).to(kInt64).sum().item<double>());
    CHECK(histogram[3].item<double>() == ((values >= -0.7) & (values < -0.6)).to(kInt64).sum().item<double>());
}

TEST_SUITE("threads") {
    TEST_CASE("order statistics give the same bits for any number of threads") {
        const Tensor x = randint(0, 900, {300, 700}).to(kFloat32);
        samples::check_any_number_of_threads([&] {
            TensorList out;
            const Tensor leaf = x.detach().requires_grad_();
            for (const std::int64_t dim : {0, 1}) {
                const auto [sorted, order] = leaf.sort(dim);
                const auto [top, at] = leaf.topk(17, dim);
                const auto [mode, place] = leaf.mode(dim);
                for (const Tensor& t : {sorted, top, mode, leaf.quantile(0.3, dim)})
                    out.push_back(autograd::grad({t}, {leaf}, {t.detach()})[0]);
                for (const Tensor& t : {order, at, place}) out.push_back(t);
            }
            out.push_back(searchsorted(arange(900).to(kFloat32), x));
            return out;
        });
    }
}
