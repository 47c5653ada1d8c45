#pragma once

#include <xgrad/autograd/ops/elementwise/rows.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // see row.h

/// The element-wise rows of losses: of a prediction x and a target t. See row.h.
namespace xgrad::ops {
namespace rows {

// A row reads as a table.
// clang-format off

// --- Regression

/// |x - t|.
struct AbsoluteError {
    XGRAD_ROW(l1_loss, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3, 0}, {-0.01, 0.01})
    XGRAD_VALUE2(x, t, abs(x - t))
    XGRAD_DERIVATIVE2(0, x, t, y, where(x > t, 1.0, where(x < t, -1.0, 0.0)))
    XGRAD_DERIVATIVE2(1, x, t, y, where(x < t, 1.0, where(x > t, -1.0, 0.0)))
};

/// (x - t)^2.
struct SquaredError {
    XGRAD_ROW(mse_loss, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(x, t, square(x - t))
    XGRAD_DERIVATIVE2(0, x, t, y, 2.0 * (x - t))
    XGRAD_DERIVATIVE2(1, x, t, y, 2.0 * (t - x))
};

/// d^2 / (2 beta) for |d| = |x - t| below beta > 0, else |d| - beta / 2.
struct SmoothAbsoluteError {
    XGRAD_ROW(smooth_l1_loss, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-0.6, 3, 0.7}, {-0.01, 0.01})
    double beta = 0.7;
    template <class V>
    auto value(const V& x, const V& t) const {
        const V d = abs(x - t);
        return where(d < beta, d * d * 0.5 / beta, d - 0.5 * beta);
    }
    template <class V>
    auto slope(const V& d) const {
        return where(d >= beta, 1.0, where(d <= -beta, -1.0, d / beta));
    }
    XGRAD_DERIVATIVE2(0, x, t, y, slope(V(x - t)))
    XGRAD_DERIVATIVE2(1, x, t, y, slope(V(t - x)))
};

/// d^2 / 2 for |d| = |x - t| below delta, else delta (|d| - delta / 2).
struct HuberError {
    XGRAD_ROW(huber_loss, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-0.6, 3, 0.7}, {-0.01, 0.01})
    double delta = 0.7;
    template <class V>
    auto value(const V& x, const V& t) const {
        const V d = abs(x - t);
        return where(d < delta, d * d * 0.5, (d - 0.5 * delta) * delta);
    }
    template <class V>
    auto slope(const V& d) const {
        return where(d >= delta, delta, where(d <= -delta, -delta, d));
    }
    XGRAD_DERIVATIVE2(0, x, t, y, slope(V(x - t)))
    XGRAD_DERIVATIVE2(1, x, t, y, slope(V(t - x)))
};

/// (log(v) + (x - t)^2 / v) / 2 with a variance v of at least eps, plus a constant.
struct GaussianNll {
    XGRAD_ROW(gaussian_nll_loss, kFloating) XGRAD_USES(kA | kB | kC, kA | kB | kC, kA | kB | kC)
    XGRAD_DOMAIN({-3, 3}, {-3, 3}, {0.3, 3})
    double eps = 1e-6, constant = 0.25;
    template <class V>
    auto value(const V& x, const V& t, const V& v) const {
        const V s = where(v < eps, eps, v);
        return (log(s) + square(x - t) / s) * 0.5 + constant;
    }
    XGRAD_DERIVATIVE3(0, x, t, v, y, (x - t) / where(v < eps, eps, v))
    XGRAD_DERIVATIVE3(1, x, t, v, y, (t - x) / where(v < eps, eps, v))
    template <class V>
    auto derivative2(const V& x, const V& t, const V& v, const V&) const {
        const V s = where(v < eps, eps, v), r = (x - t) / s;
        return (1.0 / s - r * r) * 0.5;
    }
};

// --- Probabilities

/// log(x), at least -100: what binary cross entropy makes of a probability of 0.
template <class V>
V limited_log(const V& x) {
    const V y = log(x);
    return where(y < -100.0, -100.0, y);
}

/// -(t log(x) + (1 - t) log(1 - x)) for a probability x; both logarithms are at least -100.
struct BinaryCrossEntropy {
    XGRAD_ROW(binary_cross_entropy, kFloating) XGRAD_USES(kA | kB, kA) XGRAD_DOMAIN({0.1, 0.9}, {0, 1})
    template <class V>
    auto value(const V& x, const V& t) const {
        const V rest = log1p(-x);
        return (t - 1.0) * where(rest < -100.0, V(-100.0), rest) - t * limited_log(x);
    }
    template <class V>
    auto derivative0(const V& x, const V& t, const V&) const {
        const V variance = x * (1.0 - x);
        return (x - t) / where(variance < 1e-12, 1e-12, variance);
    }
    template <class V>
    auto derivative1(const V& x, const V&, const V&) const {
        return limited_log(V(1.0 - x)) - limited_log(x);
    }
};

/// The same of sigmoid(x): (1 - t) x + log(1 + exp(-x)).
struct BinaryCrossEntropyWithLogits {
    XGRAD_ROW(binary_cross_entropy_with_logits, kFloating) XGRAD_USES(kA | kB, kA) XGRAD_DOMAIN({-3, 3}, {0, 1})
    XGRAD_VALUE2(x, t, (1.0 - t) * x + log1pexp(-x))
    XGRAD_DERIVATIVE2(0, x, t, y, sigmoid(x) - t)
    XGRAD_DERIVATIVE2(1, x, t, y, -x)
};

/// The same with a weight p of what belongs to the target 1: (1 - t) x + (1 + (p - 1) t) log(1 + exp(-x)).
struct WeightedLogits {
    XGRAD_ROW(binary_cross_entropy_with_logits, kFloating) XGRAD_USES(kA | kB | kC, kA | kC, kA | kB)
    XGRAD_DOMAIN({-3, 3}, {0, 1}, {0.3, 3})
    XGRAD_VALUE3(x, t, p, (1.0 - t) * x + ((p - 1.0) * t + 1.0) * log1pexp(-x))
    XGRAD_DERIVATIVE3(0, x, t, p, y, 1.0 - t - ((p - 1.0) * t + 1.0) * sigmoid(-x))
    XGRAD_DERIVATIVE3(1, x, t, p, y, (1.0 - p) * log_sigmoid(x) - x)
    XGRAD_DERIVATIVE3(2, x, t, p, y, -t * log_sigmoid(x))
};

/// t log(t) - t x for a log-probability x, with 0 log(0) = 0.
struct KlDivergence {
    XGRAD_ROW(kl_div, kFloating) XGRAD_USES(kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {0.2, 3})
    XGRAD_VALUE2(x, t, where(t == 0.0, V(0.0), t * log(t)) - t * x)
    XGRAD_DERIVATIVE2(0, x, t, y, -t)
    XGRAD_DERIVATIVE2(1, x, t, y, log(t) + 1.0 - x)
};

/// exp(t) (t - x): of two log-probabilities.
struct KlDivergenceOfLogs {
    XGRAD_ROW(kl_div, kFloating) XGRAD_USES(kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-2, 2})
    XGRAD_VALUE2(x, t, exp(t) * (t - x))
    XGRAD_DERIVATIVE2(0, x, t, y, -exp(t))
    XGRAD_DERIVATIVE2(1, x, t, y, exp(t) * (t - x + 1.0))
};

/// x - t log(x + eps) for the mean x of a Poisson distribution.
struct PoissonNll {
    XGRAD_ROW(poisson_nll_loss, kFloating) XGRAD_USES(kA | kB, kA) XGRAD_DOMAIN({0.3, 3}, {0, 3})
    double eps = 0.01;
    XGRAD_VALUE2(x, t, x - t * log(x + eps))
    XGRAD_DERIVATIVE2(0, x, t, y, 1.0 - t / (x + eps))
    XGRAD_DERIVATIVE2(1, x, t, y, -log(x + eps))
};

/// exp(x) - t x for the logarithm x of the mean.
struct PoissonNllOfLog {
    XGRAD_ROW(poisson_nll_loss, kFloating) XGRAD_USES(kA | kB, kA) XGRAD_DOMAIN({-2, 2}, {0, 3})
    XGRAD_VALUE2(x, t, exp(x) - t * x)
    XGRAD_DERIVATIVE2(0, x, t, y, exp(x) - t)
    XGRAD_DERIVATIVE2(1, x, t, y, -x)
};

/// t log(t) - t + log(2 pi t) / 2 above 1, else 0: Stirling's approximation of log(t!).
struct Stirling {
    XGRAD_ROW(poisson_nll_loss, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({0.2, 3, 1})
    static constexpr double kLog2Pi = 1.8378770664093453;
    template <class V>
    auto value(const V& t) const {
        const V s = where(t <= 1.0, 1.0, t);
        return where(t <= 1.0, 0.0, (s + 0.5) * log(s) - s + 0.5 * kLog2Pi);
    }
    template <class V>
    auto derivative0(const V& t, const V&) const {
        const V s = where(t <= 1.0, 1.0, t);
        return where(t <= 1.0, 0.0, log(s) + 0.5 / s);
    }
};

// --- Margins: the target is 1 or -1.

/// log(1 + exp(-t x)).
struct SoftMargin {
    XGRAD_ROW(soft_margin_loss, kFloating) XGRAD_USES(kA | kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-1, 1})
    XGRAD_VALUE2(x, t, log1pexp(-(x * t)))
    XGRAD_DERIVATIVE2(0, x, t, y, -t * sigmoid(-(x * t)))
    XGRAD_DERIVATIVE2(1, x, t, y, -x * sigmoid(-(x * t)))
};

/// x unless t is -1, plus max(0, margin - x) unless t is 1.
struct HingeEmbedding {
    static constexpr bool masks = true;
    XGRAD_ROW(hinge_embedding_loss, kFloating) XGRAD_USES(kA | kB, kZero) XGRAD_DOMAIN({-3, 3, 0.7}, {-1, 1})
    double margin = 0.7;
    XGRAD_VALUE2(x, t, where(t == 1.0, V(0.0), maximum(margin - x, V(0.0))) + where(t == -1.0, V(0.0), x))
    template <class V>
    auto derivative0(const V& x, const V& t, const V&) const {
        return where(t == -1.0, 0.0, 1.0) - where(t == 1.0, 0.0, where(margin - x >= 0.0, 1.0, 0.0));
    }
};

/// max(0, margin - t (a - b)).
struct MarginRanking {
    static constexpr bool masks = true;
    XGRAD_ROW(margin_ranking_loss, kFloating) XGRAD_USES(kA | kB | kC, kA | kB | kC, kA | kB | kC)
    XGRAD_DOMAIN({-3, 3, 0}, {-0.01, 0.01}, {0.5, 1})
    double margin = 0;
    template <class V>
    V excess(const V& a, const V& b, const V& t) const {
        return (b - a) * t + margin;
    }
    XGRAD_VALUE3(a, b, t, maximum(excess(a, b, t), V(0.0)))
    XGRAD_DERIVATIVE3(0, a, b, t, y, where(excess(a, b, t) >= 0.0, -t, 0.0))
    XGRAD_DERIVATIVE3(1, a, b, t, y, where(excess(a, b, t) >= 0.0, t, 0.0))
    XGRAD_DERIVATIVE3(2, a, b, t, y, where(excess(a, b, t) >= 0.0, b - a, 0.0))
};

// clang-format on

}  // namespace rows

using LossRows =
    TypeList<rows::AbsoluteError, rows::SquaredError, rows::SmoothAbsoluteError, rows::HuberError, rows::GaussianNll,
             rows::BinaryCrossEntropy, rows::BinaryCrossEntropyWithLogits, rows::WeightedLogits, rows::KlDivergence,
             rows::KlDivergenceOfLogs, rows::PoissonNll, rows::PoissonNllOfLog, rows::Stirling, rows::SoftMargin,
             rows::HingeEmbedding, rows::MarginRanking>;

}  // namespace xgrad::ops

#pragma GCC diagnostic pop
