#include <doctest/doctest.h>

#include <limits>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/utils.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;

#define XGRAD_CASE(name, ...)                                                               \
    Case {                                                                                  \
        name, [=]([[maybe_unused]] const TensorList& x) { return TensorList{__VA_ARGS__}; } \
    }

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<Case> of_numbers() {
    return {
        XGRAD_CASE("deg2rad", deg2rad(x[0]), rad2deg(x[0]), x[0].mul(2).deg2rad_(), x[0].mul(2).rad2deg_()),
        XGRAD_CASE("deg2rad integers", x[0].deg2rad(), x[0].rad2deg()),
        XGRAD_CASE("isposinf", isposinf(x[0]), isneginf(x[0]), isreal(x[0]), signbit(x[0])),
        XGRAD_CASE("isposinf integers", x[0].isposinf(), x[0].isneginf(), x[0].isreal(), x[0].signbit()),
        XGRAD_CASE("heaviside", heaviside(x[0], x[1])),
        XGRAD_CASE("heaviside integers", x[0].clone().heaviside_(tensor(3))),
        XGRAD_CASE("ldexp", ldexp(x[0], x[1])),
        XGRAD_CASE("ldexp of two", x[0].mul(1).ldexp_(x[1])),
        XGRAD_CASE("float_power", float_power(x[0], 3), x[0].mul(2).float_power_(-2)),
        XGRAD_CASE("float_power tensor", x[0].abs().float_power(x[1])),
        XGRAD_CASE("float_power integers", x[0].float_power(2), float_power(2, x[0]),
                   x[0].to(kFloat64).float_power_(x[0].abs())),
        XGRAD_CASE("logaddexp2", logaddexp2(x[0], x[1])),
        XGRAD_CASE("nextafter", nextafter(x[0], x[1])),
        XGRAD_CASE("gcd", gcd(x[0], x[1]), lcm(x[0], x[1]), x[0].clone().gcd_(x[1]), x[0].clone().lcm_(x[1])),
        XGRAD_CASE("gcd dtypes", x[0].gcd(x[1]), x[1].lcm(x[0])),
        XGRAD_CASE("other names", multiply(x[0], x[1]), x[0].divide(3), true_divide(x[0], x[1]),
                   subtract(x[0], x[1], 2), divide(x[0], x[1], "floor"), clip(x[0], -1, 1), x[0].clip(x[1])),
    };
}

std::vector<Case> of_special_functions() {
    return {
        XGRAD_CASE("special_digamma", special_digamma(x[0])),
        XGRAD_CASE("special_erf", special::erf(x[0])),
        XGRAD_CASE("special_erfc", special_erfc(x[0])),
        XGRAD_CASE("special_exp2", special_exp2(x[0])),
        XGRAD_CASE("special_expit", special::expit(x[0])),
        XGRAD_CASE("special_expm1", special_expm1(x[0])),
        XGRAD_CASE("special_gammaln", special::gammaln(x[0])),
        XGRAD_CASE("special_ndtr", special::ndtr(x[0])),
        XGRAD_CASE("special_psi", special_psi(x[0])),
        XGRAD_CASE("special_sinc", special_sinc(x[0])),
        XGRAD_CASE("special_erfinv", special_erfinv(x[0] / 3), special_log1p(x[0] / 3)),
        XGRAD_CASE("special with arguments", special_logit(x[0], 0.1), special_logsumexp(x[0], 1),
                   special::polygamma(2, x[0].abs()), special_round(x[0], 1), special::softmax(x[0], 0),
                   special_log_softmax(x[0], -1)),
        XGRAD_CASE("special_xlogy", special_xlogy(x[0], x[1].abs()), special_xlogy(2, x[1].abs()),
                   special::xlogy(x[0], 3)),
    };
}

std::vector<Case> of_norms() {
    return {
        XGRAD_CASE("dist", dist(x[0], x[1]), x[0].dist(x[1], 1), dist(x[0], x[1], kInf)),
        XGRAD_CASE("dist broadcast", dist(x[0], x[1], 3)),
        XGRAD_CASE("renorm", renorm(x[0], 2, 0, 2.5), x[0].renorm(1, 1, 3)),
        XGRAD_CASE("renorm dims", renorm(x[0], 3, -1, 2), renorm(x[0], 2, 1, 100)),
        XGRAD_CASE("renorm in place", x[0].mul(1).renorm_(2, 0, 1)),
    };
}

std::vector<Case> of_observations() {
    std::vector<Case> cases{
        XGRAD_CASE("diff joined", diff(x[0], 1, 0, x[1]), x[0].diff(2, 0, x[1], x[2]), diff(x[0], 1, -1, {}, x[2].t())),
        XGRAD_CASE("diff bools", diff(x[0]), diff(x[0], 2)),
        XGRAD_CASE("diff integers", diff(x[0]), diff(x[0], 1, 0), x[0].diff(7)),
        XGRAD_CASE("trapezoid", trapezoid(x[0]), trapezoid(x[0], 0.5), trapezoid(x[0], 1, 0), trapz(x[0], 2)),
        XGRAD_CASE("trapezoid points", trapezoid(x[0], x[1]), trapz(x[0], x[1]), cumulative_trapezoid(x[0], x[1])),
        XGRAD_CASE("trapezoid all points", trapezoid(x[0], x[1], 0), cumulative_trapezoid(x[0], x[1], 0)),
        XGRAD_CASE("trapezoid short", trapezoid(x[0]), cumulative_trapezoid(x[0]), trapezoid(x[0].slice(1, 0, 0))),
        XGRAD_CASE("trapezoid integers", trapezoid(x[0]), cumulative_trapezoid(x[0], 3),
                   trapezoid(x[0], tensor({0, 2, 3}))),
        XGRAD_CASE("cumulative_trapezoid", cumulative_trapezoid(x[0]), cumulative_trapezoid(x[0], 0.5, 0)),
        XGRAD_CASE("cov", cov(x[0]), x[0].cov(0), cov(x[0][0])),
        XGRAD_CASE("cov integers", cov(x[0])),
        XGRAD_CASE("cov of a number", cov(x[0], 0)),
        XGRAD_CASE("corrcoef", corrcoef(x[0])),
        XGRAD_CASE("corrcoef of a vector", x[0].corrcoef()),
    };
    for (const std::int64_t n : {0, 1, 2, 3})
        cases.push_back(XGRAD_CASE("diff " + std::to_string(n), diff(x[0], n), diff(x[0], n, 0)));
    const Tensor counts = tensor({1, 2, 0, 3, 1});
    cases.push_back(XGRAD_CASE("cov weights", cov(x[0], 1, counts), cov(x[0], 1, {}, x[1].abs()),
                               cov(x[0], 0, counts, x[1].abs()), cov(x[0], 1, counts, x[1].abs())));
    return cases;
}

std::vector<Case> of_parts() {
    return {
        XGRAD_CASE("select_scatter", select_scatter(x[0], x[1], 0, 1), x[0].select_scatter(x[1] * 2, 0, -1)),
        XGRAD_CASE("slice_scatter", slice_scatter(x[0], x[1], 1, 1, 5, 2), x[0].slice_scatter(x[1], 1, 3),
                   x[0].slice_scatter(x[1], -1, 0, -3)),
        XGRAD_CASE("diagonal_scatter", diagonal_scatter(x[0], x[1])),
        XGRAD_CASE("diagonal_scatter dims", x[0].diagonal_scatter(x[1], 1, 2, 0)),
        XGRAD_CASE("scatter dtypes", x[0].select_scatter(tensor({1.7, -2.2, 3.0}), 0, 0),
                   x[0].diagonal_scatter(tensor({5, 6}))),
        XGRAD_CASE("fill_diagonal_", x[0].mul(1).fill_diagonal_(3), x[0].mul(1).t().fill_diagonal_(-1)),
        XGRAD_CASE("fill_diagonal_ wrap", x[0].mul(1).fill_diagonal_(3, true), x[0].mul(1).fill_diagonal_(3)),
        XGRAD_CASE("fill_diagonal_ cube", x[0].mul(1).fill_diagonal_(3)),
        XGRAD_CASE("linalg_diagonal", linalg_diagonal(x[0]), linalg_diagonal(x[0], 1, 0)),
        XGRAD_CASE("linalg_matmul", linalg_matmul(x[0], x[1])),
        XGRAD_CASE("pad_sequence", pad_sequence(x), nn::utils::rnn::pad_sequence({x[1], x[2], x[0]}, true, -1.5)),
    };
}

/// All lengths and both kinds of one window.
template <class Window>
Case windows(const char* name, const Window& window) {
    return {name, [=](const TensorList&) {
                TensorList out;
                for (const std::int64_t n : {0, 1, 2, 7})
                    for (const bool periodic : {true, false}) out.push_back(window(n, periodic));
                return out;
            }};
}

std::vector<Case> of_sequences() {
    return {
        windows("hann_window", [](std::int64_t n, bool p) { return hann_window(n, p, kFloat64); }),
        windows("hamming_window", [](std::int64_t n, bool p) { return hamming_window(n, p, kFloat64); }),
        windows("blackman_window", [](std::int64_t n, bool p) { return blackman_window(n, p, kFloat64); }),
        windows("bartlett_window", [](std::int64_t n, bool p) { return bartlett_window(n, p, kFloat64); }),
        XGRAD_CASE("hamming_window parameters", hamming_window(6, true, 0.6, kFloat64),
                   hamming_window(6, false, 0.6, 0.3, kFloat64)),
        XGRAD_CASE("logspace", logspace(-1, 2, 7, 10, kFloat64), logspace(0, 3, 4, 2, kInt64),
                   logspace(0, 1, 1, 10, kFloat64), logspace(3, -3, 5, 0.5, kFloat64)),
    };
}

}  // namespace

TEST_CASE("compositions and other names agree with PyTorch") {
    std::vector<Case> all;
    for (const auto& cases :
         {of_numbers(), of_special_functions(), of_norms(), of_observations(), of_parts(), of_sequences()})
        all.insert(all.end(), cases.begin(), cases.end());
    reference::check("names", all);
}
