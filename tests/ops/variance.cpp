#include <algorithm>
#include <cmath>
#include <limits>

#include "derivatives.h"

using namespace xgrad;
using samples::lay_out;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Dims = std::vector<std::int64_t>;

/// Means and sums of squared deviations by two loops in long double, the reduced dimensions kept.
std::pair<Tensor, Tensor> by_loops(const Tensor& x, std::uint64_t mask) {
    Dims kept(x.sizes().begin(), x.sizes().end());
    for (std::size_t d = 0; d < kept.size(); ++d)
        if (mask >> d & 1) kept[d] = 1;
    const Tensor places =
        arange(detail::checked_numel(kept, "test"), kInt64).reshape(kept).expand(x.sizes()).contiguous();
    const Tensor values = x.to(kFloat64).contiguous();
    const std::int64_t* at = places.data_ptr<std::int64_t>();
    Tensor mean = zeros(kept, kFloat64), squares = zeros(kept, kFloat64);
    std::vector<long double> sums(static_cast<std::size_t>(mean.numel())), deviations(sums);
    const auto count = static_cast<long double>(x.numel()) / static_cast<long double>(mean.numel());
    for (std::int64_t i = 0; i < x.numel(); ++i) sums[static_cast<std::size_t>(at[i])] += values.data_ptr<double>()[i];
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        const auto place = static_cast<std::size_t>(at[i]);
        const long double off = values.data_ptr<double>()[i] - sums[place] / count;
        deviations[place] += off * off;
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        mean.data_ptr<double>()[i] = static_cast<double>(sums[i] / count);
        squares.data_ptr<double>()[i] = static_cast<double>(deviations[i]);
    }
    return {mean, squares};
}

void compare(const Tensor& x, double rtol) {
    for (std::uint64_t mask = 1; mask < std::uint64_t{1} << x.dim(); ++mask) {
        CAPTURE(mask);
        Dims dims;
        double count = 1;
        for (std::int64_t d = 0; d < x.dim(); ++d)
            if (mask >> d & 1) {
                dims.push_back(d % 2 ? d : d - x.dim());
                count *= static_cast<double>(x.size(d));
            }
        const auto [mean, squares] = by_loops(x, mask);
        const auto close = [&](const Tensor& found, const Tensor& expected) {
            CHECK(found.dtype() == x.dtype());
            CHECK(found.sizes() == expected.sizes());
            CHECK(found.to(kFloat64).allclose(expected, rtol, 0, true));
        };
        close(x.var(dims, false, true), squares / count);
        close(x.var(dims, Scalar(0.5), true), squares / (count - 0.5));
        close(x.std(dims, false, true), (squares / count).sqrt());
        CHECK(x.var(dims, false).equal(x.var(dims, false, true).reshape(x.var(dims, false).sizes())));
        const auto [spread, average] = std_mean(x, dims, false, true);
        CHECK(spread.equal(x.std(dims, false, true)));
        CHECK(average.equal(x.mean(dims, true)));
    }
}

}  // namespace

TEST_CASE("variances over every set of dimensions agree with two loops, however the elements lie") {
    const Dims shapes[] = {{1},          {7},       {33},       {3, 4},    {17, 5},     {2, 3, 4},
                           {2, 1, 3, 2}, {1, 1},    {9, 40},    {300, 21}, {3, 200, 5}, {4, 3, 19, 2},
                           {2, 1100},    {1100, 2}, {5, 1, 40}, {130, 520}};
    for (const Dims& shape : shapes)
        for (const auto arrangement : samples::kArrangements) {
            CAPTURE(detail::shape_string(shape));
            CAPTURE(static_cast<int>(arrangement));
            const Tensor x = lay_out(rand(shape, Generator(3), kFloat64) + 1.0, arrangement);
            if (arrangement == samples::Arrangement::kExpanded) {
                // Over repeated elements the variance is zero, of which rounding leaves something.
                for (std::int64_t d = 0; d < x.dim(); ++d)
                    CHECK(x.var(d, false).allclose(x.contiguous().var(d, false), 1e-13, 1e-28));
                continue;
            }
            compare(x, 1e-13);
            compare(x.to(kFloat32), 1e-6);
        }
}

TEST_CASE("long variances, cut into parts, agree with two loops") {
    for (const Dims& shape :
         {Dims{100'000}, Dims{2, 70'000}, Dims{70'000, 2}, Dims{3, 400, 50}, Dims{2500, 3}, Dims{140, 3000}}) {
        CAPTURE(detail::shape_string(shape));
        compare(randn(shape, Generator(5), kFloat64) + 3.0, 1e-13);
        compare(randn(shape, Generator(5), kFloat32), 1e-6);
    }
}

TEST_CASE("a mean far away does not drown the variance") {
    // The elements are exact multiples of their spacing, so that only the algorithm errs.
    const std::int64_t n = 200'000;
    const Tensor steps = randint(-8, 8, {n}, kInt64).to(kFloat32);
    const double expected = steps.to(kFloat64).var().item<double>();
    for (const float offset : {0.F, 1e3F, 1e5F, 8e6F}) {
        CAPTURE(offset);
        const Tensor x = steps + offset;
        CHECK(x.var().item<float>() == doctest::Approx(expected).epsilon(1e-6));
        CHECK(x.reshape({n, 1}).expand({n, 3}).contiguous().var(0)[1].item<float>() ==
              doctest::Approx(expected).epsilon(1e-6));
    }
    const Tensor wide = steps.to(kFloat64) + 1e9;
    CHECK(wide.var().item<double>() == doctest::Approx(expected).epsilon(1e-9));
}

TEST_CASE("the squares of float32 deviations may leave its range") {
    const Tensor x = randn({500, 5}, Generator(8), kFloat64);
    for (const double scale : {1e-35, 1e-25, 1e25, 1e33}) {
        CAPTURE(scale);
        const Tensor scaled = (x * scale).to(kFloat32);
        for (const std::int64_t d : {0, 1}) CHECK((scaled.std(d).to(kFloat64) / scale).allclose(x.std(d), 1e-5, 0));
        CHECK((scaled.std().to(kFloat64) / scale).allclose(x.std(), 1e-5, 0));
    }
}

TEST_CASE("variances of equal elements are zero or next to it, and never negative") {
    for (const float value : {0.1F, 1e-20F, 3e7F, -0.7F})
        for (const std::int64_t n : {2, 3, 5, 17, 1000, 100'000}) {
            CAPTURE(value);
            CAPTURE(n);
            const Tensor x = full({n, 2}, value);
            for (const Tensor& s : {x.std(0), x.t().contiguous().std(1), x.std()}) {
                CHECK(s.ge(0).all().item<bool>());
                CHECK(s.le(std::abs(value) * 1e-6).all().item<bool>());
            }
        }
}

TEST_CASE("variances: few and special elements") {
    const auto is_nan = [](const Tensor& x) { return x.isnan().all().item<bool>(); };
    CHECK(is_nan(tensor({2.}).var()));
    CHECK(is_nan(tensor({2.}).std(0)));
    CHECK(is_nan(tensor(2.).var()));
    CHECK(tensor({2.}).var(false).item<float>() == 0);
    CHECK(is_nan(zeros({0}).var()));
    CHECK(is_nan(zeros({0, 3}).std(0)));
    CHECK(zeros({0, 3}).std(0).sizes() == IntArrayRef({3}));
    CHECK(zeros({0, 3}).var(1).sizes() == IntArrayRef({0}));
    CHECK(is_nan(tensor({1., kNan}).var()));
    CHECK(is_nan(tensor({1., std::numeric_limits<double>::infinity()}).std()));
    CHECK(std::isinf(tensor({1., 2.}).var(0, 2).item<float>()));
    CHECK(std::isinf(tensor({1., 2.}).var(0, 5).item<float>()));
}

TEST_CASE("`unbiased` is a bool; an integer is a dimension or a correction") {
    const Tensor x = samples::distinct({3, 4}, 1);
    CHECK(x.var(1).equal(x.var(IntArrayRef{1}, true)));
    CHECK(x.var({1}).equal(x.var(1)));
    CHECK(x.var(true).equal(x.var()));
    CHECK(x.var(false).equal(x.var(std::nullopt, 0)));
    CHECK(x.std({1}, 2).equal((x.var({1}, 2)).sqrt()));
    CHECK(x.std(0, 1, true).equal(x.std(0, true, true)));
    CHECK(var(x, 0).equal(x.var(0)));
    CHECK(std::get<0>(var_mean(x, {1}, false)).equal(x.var(1, false)));
    CHECK(std::get<0>(std_mean(x, false)).equal(x.std(false)));
}

TEST_SUITE("threads") {
    TEST_CASE("variances give the same bits for any number of threads") {
        for (const Dims& shape :
             {Dims{1'000'003}, Dims{3, 300'001}, Dims{5000, 201}, Dims{70'001, 3}, Dims{64, 50, 300}})
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                CAPTURE(detail::shape_string(shape));
                const Tensor x = randn(shape, Generator(9), dtype);
                samples::check_any_number_of_threads([&] {
                    TensorList out{x.var(), x.std()};
                    for (std::int64_t d = 0; d < x.dim(); ++d) out.push_back(x.var(d));
                    if (x.dim() == 3) out.push_back(x.var({0, 2}));
                    return out;
                });
            }
    }
}
