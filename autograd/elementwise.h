#pragma once

#include <optional>
#include <string_view>

#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/tensor.h>

/// Element-wise functions; see <xgrad/autograd/functions.h>. Those of a regular form stand in elementwise.inc.
namespace xgrad {

#define XGRAD_PREDICATE(name, Row) Tensor name(const Tensor& self);
#define XGRAD_UNARY(name, Row)       \
    Tensor name(const Tensor& self); \
    inline Tensor& name##_(Tensor& self) { return self.name##_(); }
#define XGRAD_BINARY(name, Row) Tensor name(const Tensor& self, const Tensor& other);
#define XGRAD_BINARY_INPLACE(name, Row) XGRAD_BINARY(name, Row)
#define XGRAD_BINARY_NUMBER(name, Row) \
    XGRAD_BINARY(name, Row)            \
    Tensor name(const Tensor& self, const Scalar& other);
#include <xgrad/autograd/elementwise.inc>

// --- One tensor

/// To the nearest integer, ties to even; with `decimals` to that many digits after (negative: before) the point.
Tensor round(const Tensor& self);
Tensor round(const Tensor& self, std::int64_t decimals);
inline Tensor& round_(Tensor& self) { return self.round_(); }
/// The n-th derivative of digamma, n >= 0.
Tensor polygamma(std::int64_t n, const Tensor& self);
/// log(x / (1 - x)), of x limited to [eps, 1 - eps] if `eps` is given.
Tensor logit(const Tensor& self, std::optional<double> eps = std::nullopt);
/// x with NaN and the infinities replaced: by 0 and the largest and smallest numbers unless given.
Tensor nan_to_num(const Tensor& self, std::optional<double> nan = std::nullopt,
                  std::optional<double> posinf = std::nullopt, std::optional<double> neginf = std::nullopt);
/// The bits of integers, or bools, flipped.
Tensor bitwise_not(const Tensor& self);
/// x limited to [min, max]; the gradient passes at the bounds. NaN stays NaN.
Tensor clamp(const Tensor& self, const std::optional<Scalar>& min = std::nullopt,
             const std::optional<Scalar>& max = std::nullopt);
/// The same with tensors as bounds, to which a gradient flows where they replace x.
Tensor clamp(const Tensor& self, const std::optional<Tensor>& min, const std::optional<Tensor>& max = std::nullopt);
inline Tensor& clamp_(Tensor& self, const std::optional<Scalar>& min = std::nullopt,
                      const std::optional<Scalar>& max = std::nullopt) {
    return self.clamp_(min, max);
}
inline Tensor clamp_min(const Tensor& self, const Scalar& min) { return clamp(self, min); }
inline Tensor clamp_min(const Tensor& self, const Tensor& min) { return clamp(self, min); }
inline Tensor clamp_max(const Tensor& self, const Scalar& max) { return clamp(self, std::nullopt, max); }
inline Tensor clamp_max(const Tensor& self, const Tensor& max) { return clamp(self, std::nullopt, max); }

inline Tensor clip(const Tensor& self, const std::optional<Scalar>& min = std::nullopt,
                   const std::optional<Scalar>& max = std::nullopt) {
    return clamp(self, min, max);
}
inline Tensor clip(const Tensor& self, const std::optional<Tensor>& min,
                   const std::optional<Tensor>& max = std::nullopt) {
    return clamp(self, min, max);
}
inline Tensor& clip_(Tensor& self, const std::optional<Scalar>& min = std::nullopt,
                     const std::optional<Scalar>& max = std::nullopt) {
    return self.clamp_(min, max);
}
/// Degrees to radians, and radians to degrees.
Tensor deg2rad(const Tensor& self);
Tensor rad2deg(const Tensor& self);
inline Tensor& deg2rad_(Tensor& self) { return self.deg2rad_(); }
inline Tensor& rad2deg_(Tensor& self) { return self.rad2deg_(); }
/// The tensor itself. Throws DtypeError for bools, as `-` does.
Tensor positive(const Tensor& self);
/// True where x is infinity, minus infinity.
Tensor isposinf(const Tensor& self);
Tensor isneginf(const Tensor& self);
/// True everywhere: there are no complex numbers.
Tensor isreal(const Tensor& self);
/// True where x has a minus sign: below 0, -0 and NaN of that sign.
Tensor signbit(const Tensor& self);

// --- Two tensors or a tensor and a number

/// self + alpha * other.
Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
/// self - alpha * other.
Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
/// other - alpha * self.
Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
Tensor rsub(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
Tensor mul(const Tensor& self, const Tensor& other);
Tensor mul(const Tensor& self, const Scalar& other);
/// True division: integers give the default dtype.
Tensor div(const Tensor& self, const Tensor& other);
Tensor div(const Tensor& self, const Scalar& other);
/// Division rounded towards 0 ("trunc") or downwards ("floor"), which keeps integers; the gradient is 0.
Tensor div(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode);
Tensor div(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode);
/// self ^ exponent. The derivative to the exponent is 0 at base 0 (exponent >= 0), that to the base 0 at exponent 0.
Tensor pow(const Tensor& self, const Tensor& exponent);
Tensor pow(const Tensor& self, const Scalar& exponent);
Tensor pow(const Scalar& self, const Tensor& exponent);
/// The same in float64, whatever the dtypes.
Tensor float_power(const Tensor& self, const Tensor& exponent);
Tensor float_power(const Tensor& self, const Scalar& exponent);
Tensor float_power(const Scalar& self, const Tensor& exponent);
/// self 2^other.
Tensor ldexp(const Tensor& self, const Tensor& other);
inline Tensor& ldexp_(Tensor& self, const Tensor& other) { return self.ldexp_(other); }
/// 0 below 0, 1 above, and `values`, of the same dtype, at 0. 0 for NaN. No gradient flows to `self`.
Tensor heaviside(const Tensor& self, const Tensor& values);
Tensor remainder(const Scalar& self, const Tensor& other);
Tensor xlogy(const Scalar& self, const Tensor& other);

// Other names.
inline Tensor multiply(const Tensor& self, const Tensor& other) { return mul(self, other); }
inline Tensor multiply(const Tensor& self, const Scalar& other) { return mul(self, other); }
inline Tensor divide(const Tensor& self, const Tensor& other) { return div(self, other); }
inline Tensor divide(const Tensor& self, const Scalar& other) { return div(self, other); }
inline Tensor true_divide(const Tensor& self, const Tensor& other) { return div(self, other); }
inline Tensor true_divide(const Tensor& self, const Scalar& other) { return div(self, other); }
inline Tensor divide(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
    return div(self, other, rounding_mode);
}
inline Tensor divide(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
    return div(self, other, rounding_mode);
}
inline Tensor subtract(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) {
    return sub(self, other, alpha);
}
inline Tensor subtract(const Tensor& self, const Scalar& other, const Scalar& alpha = 1) {
    return sub(self, other, alpha);
}

/// The dtype of an operation on both, by PyTorch's rules: a tensor without dimensions raises the dtype only when it is
/// of a higher category (bool, integer, floating-point), a number only so too and then to the default dtype.
ScalarType result_type(const Tensor& a, const Tensor& b);
ScalarType result_type(const Tensor& a, const Scalar& b);
ScalarType result_type(const Scalar& a, const Tensor& b);
ScalarType result_type(const Scalar& a, const Scalar& b);

inline bool is_floating_point(const Tensor& self) { return self.is_floating_point(); }
inline bool is_signed(const Tensor& self) { return self.is_signed(); }
inline bool is_same_size(const Tensor& self, const Tensor& other) { return self.is_same_size(other); }
inline bool is_nonzero(const Tensor& self) { return self.is_nonzero(); }
bool equal(const Tensor& self, const Tensor& other);
bool allclose(const Tensor& self, const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// True where |self - other| <= atol + rtol * |other|.
Tensor isclose(const Tensor& self, const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);

// --- Three tensors

/// self where the condition (bool) holds, else other. No gradient flows to the side not taken.
Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other);
Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other);
Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other);
Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other);
/// self + weight * (end - self).
Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight);
Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight);
/// self + value * tensor1 * tensor2.
Tensor addcmul(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);
/// self + value * tensor1 / tensor2. Not for integers.
Tensor addcdiv(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);

// --- Activations of networks

/// 1.7159 tanh(2x/3) (LeCun et al., Efficient BackProp, 1998).
Tensor improved_sigmoid(const Tensor& self);
/// x limited to [min_val, max_val]; no gradient passes at the bounds.
Tensor hardtanh(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1);
Tensor& hardtanh_(Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1);
/// hardtanh to [0, 6].
Tensor relu6(const Tensor& self);
Tensor& relu6_(Tensor& self);
/// x above 0, negative_slope x below.
Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope = 0.01);
Tensor& leaky_relu_(Tensor& self, const Scalar& negative_slope = 0.01);
/// leaky_relu with a slope in `weight`: one, or one for each channel (dimension 1).
Tensor prelu(const Tensor& self, const Tensor& weight);
/// leaky_relu with, if `training`, a slope drawn from [lower, upper] for each element up to 0, else their mean.
Tensor rrelu(const Tensor& self, const Scalar& lower = 1.0 / 8, const Scalar& upper = 1.0 / 3, bool training = false,
             std::optional<Generator> generator = std::nullopt);
Tensor& rrelu_(Tensor& self, const Scalar& lower = 1.0 / 8, const Scalar& upper = 1.0 / 3, bool training = false,
               std::optional<Generator> generator = std::nullopt);
/// scale x above 0, scale alpha (exp(input_scale x) - 1) below (Clevert et al., 2015).
Tensor elu(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1);
Tensor& elu_(Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1);
/// x above 0, alpha (exp(x / alpha) - 1) below (Barron, 2017).
Tensor celu(const Tensor& self, const Scalar& alpha = 1);
Tensor& celu_(Tensor& self, const Scalar& alpha = 1);
/// elu with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017).
Tensor selu(const Tensor& self);
Tensor& selu_(Tensor& self);
/// x Phi(x) for the normal distribution Phi, or its approximation by "tanh" (Hendrycks and Gimpel, 2016).
Tensor gelu(const Tensor& self, std::string_view approximate = "none");
Tensor& gelu_(Tensor& self, std::string_view approximate = "none");
/// x sigmoid(x).
Tensor silu(const Tensor& self);
Tensor& silu_(Tensor& self);
/// x tanh(log(1 + exp(x))) (Misra, 2019).
Tensor mish(const Tensor& self);
Tensor& mish_(Tensor& self);
/// log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold.
Tensor softplus(const Tensor& self, const Scalar& beta = 1, const Scalar& threshold = 20);
/// x / (1 + |x|).
Tensor softsign(const Tensor& self);
/// x - tanh(x).
Tensor tanhshrink(const Tensor& self);
/// x without the part of it in [-lambd, lambd].
Tensor softshrink(const Tensor& self, const Scalar& lambd = 0.5);
/// x beyond [-lambd, lambd], else 0.
Tensor hardshrink(const Tensor& self, const Scalar& lambd = 0.5);
/// x above the threshold, else `value`.
Tensor threshold(const Tensor& self, const Scalar& threshold, const Scalar& value);
Tensor& threshold_(Tensor& self, const Scalar& threshold, const Scalar& value);
/// (x + 3) / 6 limited to [0, 1].
Tensor hardsigmoid(const Tensor& self);
Tensor& hardsigmoid_(Tensor& self);
/// x hardsigmoid(x).
Tensor hardswish(const Tensor& self);
Tensor& hardswish_(Tensor& self);
/// log(sigmoid(x)).
Tensor log_sigmoid(const Tensor& self);
/// a sigmoid(b) for the halves a and b along `dim` (Dauphin et al., 2016).
Tensor glu(const Tensor& self, std::int64_t dim = -1);

// --- Operators

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, const Scalar& b) { return add(a, b); }
inline Tensor operator+(const Scalar& a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, const Scalar& b) { return sub(a, b); }
inline Tensor operator-(const Scalar& a, const Tensor& b) { return rsub(b, a); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, const Scalar& b) { return mul(a, b); }
inline Tensor operator*(const Scalar& a, const Tensor& b) { return mul(b, a); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, const Scalar& b) { return div(a, b); }
Tensor operator/(const Scalar& a, const Tensor& b);
inline Tensor operator%(const Tensor& a, const Tensor& b) { return remainder(a, b); }
inline Tensor operator%(const Tensor& a, const Scalar& b) { return remainder(a, b); }
inline Tensor operator%(const Scalar& a, const Tensor& b) { return remainder(a, b); }

/// An operator that does not care which operand comes first, or is `mirrored`.
#define XGRAD_SYMMETRIC_OPERATOR(op, function, mirrored)                                   \
    inline Tensor operator op(const Tensor& a, const Tensor& b) { return function(a, b); } \
    inline Tensor operator op(const Tensor& a, const Scalar& b) { return function(a, b); } \
    inline Tensor operator op(const Scalar& a, const Tensor& b) { return mirrored(b, a); }
XGRAD_SYMMETRIC_OPERATOR(==, eq, eq)
XGRAD_SYMMETRIC_OPERATOR(!=, ne, ne)
XGRAD_SYMMETRIC_OPERATOR(<, lt, gt)
XGRAD_SYMMETRIC_OPERATOR(<=, le, ge)
XGRAD_SYMMETRIC_OPERATOR(>, gt, lt)
XGRAD_SYMMETRIC_OPERATOR(>=, ge, le)
XGRAD_SYMMETRIC_OPERATOR(&, bitwise_and, bitwise_and)
XGRAD_SYMMETRIC_OPERATOR(|, bitwise_or, bitwise_or)
XGRAD_SYMMETRIC_OPERATOR(^, bitwise_xor, bitwise_xor)
#undef XGRAD_SYMMETRIC_OPERATOR

}  // namespace xgrad
