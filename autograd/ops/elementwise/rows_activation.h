#pragma once

#include <xgrad/autograd/ops/elementwise/row.h>
#include <xgrad/autograd/ops/type_list.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // see row.h

/// Activations of networks. See row.h.
namespace xgrad::ops {
namespace rows {

// A row reads as a table.
// clang-format off

struct Relu {
    static constexpr const char* bool_error = "Boolean inputs not supported for relu";
    static constexpr bool masks = true;
    XGRAD_ROW(relu, kArithmetic) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, where(x <= 0.0, V(0.0), x))  // NaN stays NaN
    XGRAD_DERIVATIVE1(x, y, where(y <= 0.0, 0.0, 1.0))
};

/// x limited to [low, high]. Unlike clamp, no gradient passes at the bounds.
struct Hardtanh {
    static constexpr bool masks = true;
    XGRAD_ROW(hardtanh, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-0.9, 2, 1})
    double low = -1, high = 1;
    XGRAD_VALUE1(x, minimum(maximum(x, V(low)), V(high)))
    XGRAD_DERIVATIVE1(x, y, where(x <= low, 0.0, where(x >= high, 0.0, 1.0)))
};

struct LeakyRelu {
    XGRAD_ROW(leaky_relu, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3, 0})
    double slope = 0.01;
    XGRAD_VALUE1(x, where(x > 0.0, x, x * slope))
    XGRAD_DERIVATIVE1(x, y, where(x > 0.0, constant(x, 1.0), constant(x, slope)))
};

/// leaky_relu with a slope b that is learnt.
struct Prelu {
    XGRAD_ROW(prelu, kFloating) XGRAD_USES(kA | kB, kA) XGRAD_DOMAIN({-3, 3, 0}, {0.1, 0.5})
    XGRAD_VALUE2(a, b, where(a > 0.0, a, a * b))
    XGRAD_DERIVATIVE2(0, a, b, y, where(a > 0.0, 1.0, b))
    XGRAD_DERIVATIVE2(1, a, b, y, where(a > 0.0, 0.0, a))
};

/// scale x above 0, alpha scale (exp(input_scale x) - 1) up to it: elu, celu and selu.
struct Elu {
    XGRAD_ROW(elu, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3, 0})
    double alpha = 0.8, scale = 1.1, input_scale = 1.3;
    XGRAD_VALUE1(x, where(x <= 0.0, expm1(minimum(x, V(0.0)) * input_scale) * (alpha * scale), x * scale))
    XGRAD_DERIVATIVE1(x, y, where(x <= 0.0, exp(where(x < 0.0, x, 0.0) * input_scale) * (alpha * scale * input_scale),
                                  constant(x, scale)))
};

/// Of elu: those that make it selu.
inline constexpr double kSeluAlpha = 1.6732632423543772848170429916717, kSeluScale = 1.0507009873554804934193349852946;

/// x Phi(x), Phi being the normal distribution (Hendrycks and Gimpel, 2016), by erfc to keep the tail.
struct Gelu {
    XGRAD_ROW(gelu, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    static constexpr double kSqrtHalf = 0.7071067811865476, kDensity = 0.3989422804014327;
    XGRAD_VALUE1(x, x * 0.5 * erfc(x * -kSqrtHalf))
    XGRAD_DERIVATIVE1(x, y, 0.5 * erfc(x * -kSqrtHalf) + x * (kDensity * exp(x * x * -0.5)))
};

/// x/2 (1 + tanh(u)) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3).
struct GeluTanh {
    XGRAD_ROW(gelu, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    static constexpr double kSlope = 1.5957691216057308, kCubic = 0.044715;
    XGRAD_VALUE1(x, x * sigmoid((x * x * kCubic + 1.0) * x * kSlope))
    template <class V>
    auto derivative0(const V& x, const V&) const {
        const V s = sigmoid((x * x * kCubic + 1.0) * x * kSlope);
        return s + s * (1.0 - s) * (x * kSlope) * (x * x * (3 * kCubic) + 1.0);
    }
};

/// x sigmoid(x).
struct Silu {
    XGRAD_ROW(silu, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, x * sigmoid(x))
    template <class V>
    auto derivative0(const V& x, const V&) const {
        const V s = sigmoid(x);
        return s * ((1.0 - s) * x + 1.0);
    }
};

/// x tanh(log(1 + exp(x))) (Misra, 2019).
struct Mish {
    XGRAD_ROW(mish, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, x * tanh(log1pexp(x)))
    template <class V>
    auto derivative0(const V& x, const V&) const {
        const V t = tanh(-log_sigmoid(-x));
        return t + x * sigmoid(x) * (1.0 - t * t);
    }
};

/// log(1 + exp(beta x)) / beta; x itself above the threshold.
struct Softplus {
    XGRAD_ROW(softplus, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    double beta = 1.3, threshold = 20;
    XGRAD_VALUE1(x, where(x * beta > threshold, x, log1pexp(x * beta) / beta))
    XGRAD_DERIVATIVE1(x, y, where(x * beta > threshold, 1.0, sigmoid(x * beta)))
};

struct LogSigmoid {
    XGRAD_ROW(log_sigmoid, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, log_sigmoid(x))
    XGRAD_DERIVATIVE1(x, y, sigmoid(-x))
};

/// x / (1 + |x|).
struct Softsign {
    XGRAD_ROW(softsign, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3, 0})
    XGRAD_VALUE1(x, x / (abs(x) + 1.0))
    XGRAD_DERIVATIVE1(x, y, 1.0 / square(abs(x) + 1.0))
};

/// 1.7159 tanh(2x/3): LeCun et al., Efficient BackProp (1998), section 4.4.
struct ImprovedSigmoid {
    XGRAD_ROW(improved_sigmoid, kFloating) XGRAD_USES(kY) XGRAD_DOMAIN({-3, 3})
    static constexpr double kScale = 1.7159, kSlope = 2.0 / 3.0;
    XGRAD_VALUE1(x, kScale * tanh(x * kSlope))
    XGRAD_DERIVATIVE1(x, y, kScale * kSlope - y * y * (kSlope / kScale))
};

/// x - tanh(x).
struct Tanhshrink {
    XGRAD_ROW(tanhshrink, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-3, 3})
    XGRAD_VALUE1(x, x - tanh(x))
    XGRAD_DERIVATIVE1(x, y, square(tanh(x)))
};

/// x without the part of it in [-lambda, lambda].
struct Softshrink {
    static constexpr bool masks = true;
    XGRAD_ROW(softshrink, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.4, 3, 0.5})
    double lambda = 0.5;
    XGRAD_VALUE1(x, where(x > lambda, x - lambda, where(x < -lambda, x + lambda, where(x != x, x, V(0.0)))))
    XGRAD_DERIVATIVE1(x, y, where(abs(x) <= lambda, 0.0, 1.0))
};

/// x beyond [-lambda, lambda], else 0.
struct Hardshrink {
    static constexpr bool masks = true;
    XGRAD_ROW(hardshrink, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-0.4, 3, 0.5})
    double lambda = 0.5;
    XGRAD_VALUE1(x, where(abs(x) <= lambda, V(0.0), x))
    XGRAD_DERIVATIVE1(x, y, where(abs(x) <= lambda, 0.0, 1.0))
};

/// x above the threshold, else a number.
struct Threshold {
    static constexpr bool masks = true;
    XGRAD_ROW(threshold, kArithmetic) XGRAD_USES(kX) XGRAD_DOMAIN({-1, 3, 0.5})
    double threshold = 0.5, number = 2;
    XGRAD_VALUE1(x, where(x <= threshold, V(number), x))
    XGRAD_DERIVATIVE1(x, y, where(x <= threshold, 0.0, 1.0))
};

/// (x + 3) / 6 limited to [0, 1].
struct Hardsigmoid {
    static constexpr bool masks = true;
    XGRAD_ROW(hardsigmoid, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2.5, 4, 3})
    XGRAD_VALUE1(x, minimum(maximum(x + 3.0, V(0.0)), V(6.0)) / 6.0)
    XGRAD_DERIVATIVE1(x, y, where(x > -3.0, where(x < 3.0, constant(x, 1.0 / 6.0), 0.0), 0.0))
};

/// x hardsigmoid(x).
struct Hardswish {
    static constexpr bool masks = true;
    XGRAD_ROW(hardswish, kFloating) XGRAD_USES(kX) XGRAD_DOMAIN({-2.5, 4, 3})
    XGRAD_VALUE1(x, x * minimum(maximum(x + 3.0, V(0.0)), V(6.0)) / 6.0)
    XGRAD_DERIVATIVE1(x, y, where(x <= -3.0, 0.0, where(x < 3.0, x / 3.0 + 0.5, 1.0)))
};

/// a sigmoid(b).
struct Glu {
    XGRAD_ROW(glu, kFloating) XGRAD_USES(kB, kA | kB) XGRAD_DOMAIN({-3, 3}, {-3, 3})
    XGRAD_VALUE2(a, b, a * sigmoid(b))
    XGRAD_DERIVATIVE2(0, a, b, y, sigmoid(b))
    template <class V>
    auto derivative1(const V& a, const V& b, const V&) const {
        const V s = sigmoid(b);
        return a * s * (1.0 - s);
    }
};

// clang-format on

}  // namespace rows

using ActivationRows =
    TypeList<rows::Relu, rows::Hardtanh, rows::LeakyRelu, rows::Elu, rows::Gelu, rows::GeluTanh, rows::Silu, rows::Mish,
             rows::Softplus, rows::LogSigmoid, rows::Softsign, rows::ImprovedSigmoid, rows::Tanhshrink,
             rows::Softshrink, rows::Hardshrink, rows::Threshold, rows::Hardsigmoid, rows::Hardswish>;
using GateRows = TypeList<rows::Prelu, rows::Glu>;

}  // namespace xgrad::ops

#pragma GCC diagnostic pop
