#pragma once

#include <xgrad/autograd/ops/rows.h>

/// The element-wise rows of losses: of a prediction and a target. See rows.h.
namespace xgrad::ops {

namespace rows {

/// log(x), at least -100: what binary cross entropy makes of a probability of 0.
template <class V>
V limited_log(const V& x) {
    const V y = log(x);
    return where(y < -100.0, -100.0, y);
}

/// -(t log(x) + (1 - t) log(1 - x)) for a probability x; both logarithms are at least -100.
struct BinaryCrossEntropy {
    static constexpr const char* name = "binary_cross_entropy";
    static constexpr Kind kind = Kind::kFloating;
    static constexpr Uses uses[] = {kA | kB, kA};
    static constexpr Domain domain[] = {{0.1, 0.9}, {0, 1}};

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
        return limited_log(1.0 - x) - limited_log(x);
    }
};

/// The same of sigmoid(x): (1 - t) x + log(1 + exp(-x)).
struct BinaryCrossEntropyWithLogits {
    static constexpr const char* name = "binary_cross_entropy_with_logits";
    static constexpr Kind kind = Kind::kFloating;
    static constexpr Uses uses[] = {kA | kB, kA};
    static constexpr Domain domain[] = {{-3, 3}, {0, 1}};

    template <class V>
    auto value(const V& x, const V& t) const {
        return (1.0 - t) * x + log1pexp(-x);
    }
    template <class V>
    auto derivative0(const V& x, const V& t, const V&) const {
        return sigmoid(x) - t;
    }
    template <class V>
    auto derivative1(const V& x, const V&, const V&) const {
        return -x;
    }
};

/// (x - t)^2.
struct SquaredError {
    static constexpr const char* name = "mse_loss";
    static constexpr Kind kind = Kind::kFloating;
    static constexpr Uses uses[] = {kA | kB, kA | kB};
    static constexpr Domain domain[] = {{-3, 3}, {-3, 3}};

    template <class V>
    auto value(const V& x, const V& t) const {
        const V difference = x - t;
        return difference * difference;
    }
    template <class V>
    auto derivative0(const V& x, const V& t, const V&) const {
        return 2.0 * (x - t);
    }
    template <class V>
    auto derivative1(const V& x, const V& t, const V&) const {
        return 2.0 * (t - x);
    }
};

}  // namespace rows

using LossRows = TypeList<rows::BinaryCrossEntropy, rows::BinaryCrossEntropyWithLogits, rows::SquaredError>;

}  // namespace xgrad::ops
