#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>

#include "derivatives.h"

using namespace xgrad;
using samples::Arrangement;
using samples::check_derivatives;
using samples::lay_out;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Dims = std::vector<std::int64_t>;

/// What a loop over all elements makes of `x` (contiguous, float64), with the reduced dimensions kept.
struct Expected {
    Tensor sum, squares, largest, smallest, first_largest, first_smallest;
};

Expected by_loop(const Tensor& x, std::uint64_t mask) {
    Dims kept(x.sizes().begin(), x.sizes().end());
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (mask >> d & 1) kept[d] = 1;
    Expected e{zeros(kept, kFloat64),      zeros(kept, kFloat64), full(kept, -kInf, kFloat64),
               full(kept, kInf, kFloat64), zeros(kept, kInt64),   zeros(kept, kInt64)};
    std::vector<long double> sums(static_cast<std::size_t>(e.sum.numel())), squares(sums);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        std::int64_t rest = i, at = 0, step = 1, position = 0, position_step = 1;
        for (std::size_t d = kept.size(); d-- > 0;) {
            const std::int64_t size = x.sizes()[d], index = rest % size;
            rest /= size;
            if (mask >> d & 1) {
                position += index * position_step;
                position_step *= size;
            } else {
                at += index * step;
                step *= size;
            }
        }
        const double v = x.data_ptr<double>()[i];
        sums[static_cast<std::size_t>(at)] += v;
        squares[static_cast<std::size_t>(at)] += static_cast<long double>(v) * v;
        if (v > e.largest.data_ptr<double>()[at]) {
            e.largest.data_ptr<double>()[at] = v;
            e.first_largest.data_ptr<std::int64_t>()[at] = position;
        }
        if (v < e.smallest.data_ptr<double>()[at]) {
            e.smallest.data_ptr<double>()[at] = v;
            e.first_smallest.data_ptr<std::int64_t>()[at] = position;
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        e.sum.data_ptr<double>()[i] = static_cast<double>(sums[i]);
        e.squares.data_ptr<double>()[i] = static_cast<double>(squares[i]);
    }
    return e;
}

void compare_with_loop(const Tensor& x, std::uint64_t mask) {
    Dims dims;
    double count = 1;
    for (std::int64_t d = 0; d < x.dim(); ++d)
        if (mask >> d & 1) {
            dims.push_back(d % 2 ? d : d - x.dim());
            count *= static_cast<double>(x.size(d));
        }
    const Expected e = by_loop(x.contiguous(), mask);
    CHECK(x.sum(dims, true).allclose(e.sum, 1e-13, 1e-12));
    CHECK(x.mean(dims, true).allclose(e.sum / count, 1e-13, 1e-12, true));
    CHECK(x.norm(2, dims, true).allclose(e.squares.sqrt(), 1e-14, 0));
    const Tensor dropped = x.sum(dims);
    CHECK(dropped.dim() == x.dim() - static_cast<std::int64_t>(dims.size()));
    CHECK(dropped.equal(x.sum(dims, true).reshape(dropped.sizes())));
    CHECK(x.to(kFloat32).sum(dims, true).to(kFloat64).allclose(e.sum, 1e-5, 1e-4));
    if (x.numel() == 0) return;
    CHECK(x.amax(dims, true).equal(e.largest));
    CHECK(x.amin(dims, true).equal(e.smallest));
    const Tensor positive = x.gt(0);
    CHECK(positive.sum(dims, true).equal(positive.to(kInt64).sum(dims, true)));
    CHECK((x * positive).count_nonzero(dims).equal(positive.to(kInt64).sum(dims)));
    CHECK(positive.any(dims, true).equal(positive.sum(dims, true).gt(0)));
    CHECK(positive.all(dims).equal(positive.sum(dims).eq(static_cast<std::int64_t>(count))));
    const Tensor integers = (x * 3.0).to(kInt64);
    CHECK(integers.sum(dims, true).equal(integers.to(kFloat64).sum(dims, true).to(kInt64)));
    CHECK(integers.amax(dims, true).equal(integers.to(kFloat64).amax(dims, true).to(kInt64)));
    if (dims.size() != 1) return;
    CHECK(x.argmax(dims[0], true).equal(e.first_largest));
    CHECK(x.argmin(dims[0], true).equal(e.first_smallest));
    const auto [largest, index] = x.max(dims[0], true);
    CHECK(largest.equal(e.largest));
    CHECK(index.equal(e.first_largest));
}

template <class E>
std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const E& e) {
        return e.what();
    }
    return "nothing of that type was thrown";
}

}  // namespace

TEST_CASE("reductions over every set of dimensions agree with a loop, however the elements lie") {
    const Dims shapes[] = {{1},          {7},           {33},   {3, 4},    {17, 5},   {2, 3, 4},
                           {2, 1, 3, 2}, {0, 3},        {3, 0}, {1, 1},    {9, 40},   {300, 21},
                           {3, 200, 5},  {4, 3, 19, 2}, {1500}, {2, 1100}, {1100, 2}, {5, 1, 40}};
    for (const Dims& shape : shapes) {
        for (const Arrangement arrangement : samples::kArrangements) {
            const Tensor x = lay_out(randn(shape, Generator(3), kFloat64), arrangement);
            for (std::uint64_t mask = 1; mask < std::uint64_t{1} << shape.size(); ++mask) {
                CAPTURE(detail::shape_string(shape));
                CAPTURE(static_cast<int>(arrangement));
                CAPTURE(mask);
                compare_with_loop(x, mask);
            }
        }
    }
}

TEST_CASE("reductions in every order of memory agree with the contiguous ones") {
    const Tensor x = randn({3, 4, 5, 6}, Generator(4), kFloat64);
    Dims order{0, 1, 2, 3};
    do {
        const Tensor y = x.permute(order), z = y.contiguous();
        for (std::int64_t a = 0; a < 4; ++a)
            for (std::int64_t b = a + 1; b < 4; ++b) {
                CHECK(y.sum({a, b}).allclose(z.sum({a, b}), 1e-14, 1e-14));
                CHECK(y.sum({a, b}).is_contiguous());
                CHECK(y.amax({a, b}).equal(z.amax({a, b})));
            }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("long reductions, cut into parts, agree with a loop") {
    for (const Dims& shape :
         {Dims{100'000}, Dims{2, 70'000}, Dims{70'000, 2}, Dims{3, 400, 50}, Dims{2500, 3}, Dims{140, 3000}}) {
        CAPTURE(detail::shape_string(shape));
        const Tensor x = randn(shape, Generator(5), kFloat64);
        for (std::uint64_t mask = 1; mask < std::uint64_t{1} << shape.size(); ++mask) compare_with_loop(x, mask);
    }
}

TEST_CASE("a sum in float32 loses no more than a few units in the last place") {
    for (const Dims& shape : {Dims{10'000'000, 1}, Dims{100'000, 100}}) {
        const Tensor x = rand(shape, Generator(6), kFloat32);
        const Tensor exact = x.to(kFloat64).sum(0);
        CHECK(x.sum(0).to(kFloat64).allclose(exact, 4e-7, 0));
        CHECK(x.t().contiguous().sum(1).to(kFloat64).allclose(exact, 4e-7, 0));
    }
}

TEST_CASE("sums: dtypes and nothing to sum") {
    CHECK(tensor({200, 100}, kUInt8).sum().equal(tensor(300)));
    CHECK(tensor({true, true, false}).sum().equal(tensor(2)));
    CHECK(tensor({1, 2}, kInt32).sum(0).dtype() == kInt64);
    CHECK(tensor({200, 100}, kUInt8).sum(kUInt8).equal(tensor(44, kUInt8)));
    CHECK(tensor({1.5, 1.5}).sum(kInt64).equal(tensor(2)));
    CHECK(tensor({1, 2}).sum(kFloat64).equal(tensor(3., kFloat64)));
    CHECK(tensor({1, 2}).mean(kFloat32).equal(tensor(1.5)));
    CHECK(zeros({0}).sum().equal(tensor(0.)));
    CHECK(zeros({2, 0}).sum(1).equal(tensor({0., 0.})));
    CHECK(zeros({2, 0}).sum(0).sizes() == IntArrayRef({0}));
    CHECK(zeros({0}, kInt64).sum().equal(tensor(0)));
    CHECK(std::isnan(zeros({0}).mean().item<float>()));
    CHECK(zeros({0}).norm().item<float>() == 0);
    CHECK(tensor(2.5).sum(0).equal(tensor(2.5)));
    CHECK(tensor(2.5).sum(-1).equal(tensor(2.5)));
    CHECK(tensor({{1., 2.}, {3., 4.}}).sum(IntArrayRef()).item<float>() == 10);
    CHECK(std::isnan(tensor({1., kNan}).sum().item<float>()));
}

TEST_CASE("sum_to_size sums what broadcasting added") {
    const Tensor x = arange(24, kFloat64).reshape({2, 3, 4});
    CHECK(x.sum_to_size({2, 3, 4}).is_same(x));
    CHECK(x.sum_to_size({4}).equal(x.sum({0, 1})));
    CHECK(x.sum_to_size({3, 1}).equal(x.sum({0, 2}).unsqueeze(1)));
    CHECK(x.sum_to_size({1, 3, 1}).equal(x.sum({0, 2}, true)));
    CHECK(x.sum_to_size({}).equal(x.sum()));
    CHECK(zeros({0, 3}).sum_to_size({1, 3}).equal(zeros({1, 3})));
}

TEST_CASE("extremes: NaN wins, the first of equals is found") {
    for (const std::int64_t n : {2, 7, 16, 40, 1000}) {
        for (const std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
            CAPTURE(n);
            CAPTURE(at);
            Tensor x = randn({n, 3}, Generator(7));
            x[at][1] = x[at][1].fill_(kNan);
            for (const Tensor& y : {x, x.t().contiguous().t()}) {
                CHECK(std::isnan(y.amax({0})[1].item<float>()));
                CHECK(std::isnan(y.amin({0})[1].item<float>()));
                CHECK(!std::isnan(y.amax({0})[0].item<float>()));
                CHECK(y.argmax(0)[1].item<std::int64_t>() == at);
                CHECK(y.argmin(0)[1].item<std::int64_t>() == at);
                CHECK(std::isnan(std::get<0>(y.max(0))[1].item<float>()));
                CHECK(std::isnan(y.max().item<float>()));
            }
        }
    }
    const Tensor ties = tensor({{1, 3, 3}, {2, 0, 0}});
    CHECK(ties.argmax(1).equal(tensor({1, 0})));
    CHECK(ties.argmin(1).equal(tensor({0, 1})));
    CHECK(ties.argmax().item<std::int64_t>() == 1);
    CHECK(ties.argmin().item<std::int64_t>() == 4);
    CHECK(ties.argmax(std::nullopt, true).sizes() == IntArrayRef({1, 1}));
    CHECK(ties.t().argmax().item<std::int64_t>() == 2);
    CHECK(zeros({3, 70}).argmax(0).equal(zeros({70}, kInt64)));
}

TEST_CASE("extremes of every dtype") {
    CHECK(tensor({200, 100}, kUInt8).max().equal(tensor(200, kUInt8)));
    CHECK(tensor({-5, 3}, kInt32).amin().equal(tensor(-5, kInt32)));
    CHECK(tensor({false, true}).max().equal(tensor(true)));
    CHECK(tensor({false, true}).amin().equal(tensor(false)));
    CHECK(tensor({-kInf, -kInf}).max().item<double>() == -kInf);
    const std::int64_t big = std::numeric_limits<std::int64_t>::max();
    CHECK(tensor({big - 1, big}).argmax().item<std::int64_t>() == 1);
    const auto [value, index] = tensor(3.5).max(0);
    CHECK(value.equal(tensor(3.5)));
    CHECK(index.equal(tensor(0)));
    CHECK(zeros({2, 3, 0}).argmax(1).sizes() == IntArrayRef({2, 0}));
    CHECK(std::get<1>(zeros({0, 3}).min(1, true)).sizes() == IntArrayRef({0, 1}));
    CHECK(zeros({2, 3, 0}).amax({1}).sizes() == IntArrayRef({2, 0}));
    CHECK(max(tensor({1, 5}), tensor({4, 4})).equal(tensor({4, 5})));
}

TEST_CASE("any and all") {
    CHECK(tensor({0., kNan}).any().equal(tensor(true)));
    CHECK(tensor({0, 0}).any().equal(tensor(false)));
    CHECK(tensor({1., 0.5}).all().equal(tensor(true)));
    CHECK(tensor({true, false}).all().equal(tensor(false)));
    CHECK(tensor({2, 0}, kUInt8).any().equal(tensor(1, kUInt8)));
    CHECK(tensor({0., 2.}).any(IntArrayRef()).equal(tensor({false, true})));
    CHECK(tensor({0, 2}, kUInt8).all(IntArrayRef()).equal(tensor({0, 1}, kUInt8)));
    CHECK(tensor({{0, 2}, {1, 1}}).all(std::nullopt, true).equal(tensor({{false}})));
    CHECK(tensor(3.).any(-1).equal(tensor(true)));
    CHECK(zeros({0}).any().equal(tensor(false)));
    CHECK(zeros({0}).all().equal(tensor(true)));
}

TEST_CASE("norms") {
    const Tensor x = tensor({{3., -4.}, {0., 2.}}, kFloat64);
    struct Case {
        double p, whole, first_row;
    };
    for (const Case c : {Case{2, std::sqrt(29.), 5}, Case{1, 9, 7}, Case{0, 3, 2}, Case{kInf, 4, 4}, Case{-kInf, 0, 3},
                         Case{3, std::cbrt(99.), std::cbrt(91.)}}) {
        CAPTURE(c.p);
        CHECK(x.norm(c.p).item<double>() == doctest::Approx(c.whole).epsilon(1e-14));
        CHECK(x.norm(c.p, {1})[0].item<double>() == doctest::Approx(c.first_row).epsilon(1e-14));
        CHECK(x.norm(c.p, {-1}, true).sizes() == IntArrayRef({2, 1}));
    }
    CHECK(x.norm(std::nullopt, {0}).equal(x.norm(2, {0})));
}

TEST_CASE("gradients: ties share in amax, the index takes all in max, the norm of zeros gives zeros") {
    const auto gradient = [](const Tensor& values, const std::function<Tensor(const Tensor&)>& f) {
        const Tensor x = values.clone().requires_grad_();
        return autograd::grad({f(x)}, {x})[0];
    };
    const Tensor ties = tensor({1., 3., 3., 0.});
    CHECK(gradient(ties, [](const Tensor& x) { return x.amax(); }).equal(tensor({0., 0.5, 0.5, 0.})));
    CHECK(gradient(ties, [](const Tensor& x) { return x.max(); }).equal(tensor({0., 0.5, 0.5, 0.})));
    CHECK(gradient(ties, [](const Tensor& x) { return std::get<0>(x.max(0)); }).equal(tensor({0., 1., 0., 0.})));
    CHECK(gradient(ties, [](const Tensor& x) { return x.norm(kInf); }).equal(tensor({0., 0.5, 0.5, 0.})));
    CHECK(gradient(tensor(2.), [](const Tensor& x) { return std::get<0>(x.min(0)); }).equal(tensor(1.)));
    for (const double p : {0., 0.5, 1., 1.5, 2., 3.})
        CHECK(gradient(zeros({3}), [p](const Tensor& x) { return x.norm(p); }).equal(zeros({3})));
}

TEST_CASE("reductions: derivatives") {
    for (const double p : {0.5, 1., 1.5, 2., 3., kInf, -kInf}) {
        CAPTURE(p);
        check_derivatives([p](const TensorList& x) { return x[0].norm(p); }, {{2, 3}});
        check_derivatives([p](const TensorList& x) { return x[0].norm(p, {0}).square(); }, {{2, 3}});
        check_derivatives([p](const TensorList& x) { return x[0].norm(p, {1}, true).square(); }, {{2, 3}});
    }
    for (const Dims& dims : {Dims{}, Dims{0}, Dims{1}, Dims{-1}, Dims{0, 2}, Dims{1, 2}, Dims{0, 1, 2}})
        for (const bool keepdim : {false, true}) {
            CAPTURE(detail::shape_string(dims));
            check_derivatives([&](const TensorList& x) { return x[0].sum(dims, keepdim).sin(); }, {{2, 3, 2}});
            check_derivatives([&](const TensorList& x) { return x[0].mean(dims, keepdim).sin(); }, {{2, 3, 2}});
            check_derivatives([&](const TensorList& x) { return x[0].amax(dims, keepdim).sin(); }, {{2, 3, 2}});
            check_derivatives([&](const TensorList& x) { return x[0].amin(dims, keepdim).sin(); }, {{2, 3, 2}});
        }
    for (const std::int64_t dim : {0, 1, -1}) {
        check_derivatives([=](const TensorList& x) { return std::get<0>(x[0].max(dim)).sin(); }, {{2, 3, 2}});
        check_derivatives([=](const TensorList& x) { return std::get<0>(x[0].min(dim, true)).sin(); }, {{2, 3, 2}});
    }
    check_derivatives([](const TensorList& x) { return x[0].sum_to_size({3, 1}).sin(); }, {{2, 3, 2}});
    check_derivatives([](const TensorList& x) { return x[0].sum(0) + x[0].norm(2, {0}) + x[0].mean(0); }, {{0, 3}});
    check_derivatives([](const TensorList& x) { return x[0].amax({0}).sum() + x[0].sum(1).sum(); }, {{3, 0}});
    check_derivatives([](const TensorList& x) { return x[0].sum() + x[0].mean() * x[0].amax() + x[0].norm(); }, {{}});
}

TEST_CASE("reductions: errors name the operation, the values and the rule") {
    const Tensor x = zeros({2, 3}), none = zeros({0, 2});
    const auto has = [](const std::string& message, const char* part) {
        CAPTURE(message);
        CHECK(message.find(part) != std::string::npos);
    };
    has(message_of<IndexError>([&] { x.sum(2); }),
        "[sum] Dimension out of range (expected to be in range of [-2, 1], but got 2)");
    has(message_of<ValueError>([&] { x.sum({0, -2}); }), "[sum] dim -2 appears multiple times in the list of dims");
    has(message_of<ValueError>([&] { x.amax({1, 1}); }), "[amax] dim 1 appears multiple times");
    has(message_of<ValueError>([&] { x.norm(2, {1, -1}); }), "[norm] dim -1 appears multiple times");
    has(message_of<DtypeError>([&] { x.to(kInt64).mean(); }), "[mean] could not infer output dtype");
    has(message_of<DtypeError>([&] { x.to(kInt64).norm(); }),
        "[norm] Expected a floating point tensor as input. Got Long");
    has(message_of<IndexError>([&] { none.amax(); }),
        "[amax] Expected reduction dim to be specified for input.numel() == 0");
    has(message_of<IndexError>([&] { none.max(); }), "[max] Expected reduction dim to be specified");
    has(message_of<IndexError>([&] { none.amin({1, 0}); }), "[amin] Expected reduction dim 0 to have non-zero size");
    has(message_of<IndexError>([&] { none.max(0); }),
        "[max] Expected reduction dim 0 to have non-zero size, the shape is (0, 2)");
    has(message_of<IndexError>([&] { none.argmin(); }), "[argmin] Expected reduction dim to be specified");
    has(message_of<IndexError>([&] { none.norm(kInf); }), "[norm] Expected reduction dim to be specified");
    has(message_of<IndexError>([&] { x.argmax(-3); }), "[argmax] Dimension out of range");
    has(message_of<ShapeError>([&] { x.sum_to_size({2}); }), "[sum_to_size] size [2] is not expandable to size [2, 3]");
    has(message_of<Error>([] { Tensor().sum(); }), "the tensor is undefined");
}

TEST_SUITE("threads") {
    TEST_CASE("reductions give the same bits for any number of threads") {
        for (const Dims& shape :
             {Dims{1'000'003}, Dims{3, 300'001}, Dims{5000, 201}, Dims{70'001, 3}, Dims{64, 50, 300}}) {
            CAPTURE(detail::shape_string(shape));
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                const Tensor x = randn(shape, Generator(9), dtype);
                samples::check_any_number_of_threads([&] {
                    TensorList out{x.sum(), x.mean(), x.norm(), x.amax()};
                    for (std::int64_t d = 0; d < x.dim(); ++d)
                        for (Tensor y :
                             {x.sum(d), x.movedim(0, -1).sum(d), x.norm(2, {d}), x.argmax(d), x.slice(0, 1).sum(d)})
                            out.push_back(y);
                    return out;
                });
            }
        }
    }
}
