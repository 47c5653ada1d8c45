#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/promotion.h>
#include <xgrad/autograd/ops/row_op.h>

#include <cmath>

namespace xgrad {

using ops::apply_row;
using ops::apply_row_inplace;
using ops::number_operand;
namespace rows = ops::rows;

#define XGRAD_UNARY(function, Row)                                               \
    Tensor function(const Tensor& self) { return apply_row(rows::Row{}, self); } \
    Tensor Tensor::function() const { return apply_row(rows::Row{}, *this); }    \
    Tensor& Tensor::function##_() { return apply_row_inplace(rows::Row{}, *this); }
XGRAD_UNARY(exp, Exp)
XGRAD_UNARY(log, Log)
XGRAD_UNARY(sqrt, Sqrt)
XGRAD_UNARY(tanh, Tanh)
XGRAD_UNARY(sigmoid, Sigmoid)
XGRAD_UNARY(abs, Abs)
XGRAD_UNARY(square, Square)
XGRAD_UNARY(reciprocal, Reciprocal)
XGRAD_UNARY(sin, Sin)
XGRAD_UNARY(cos, Cos)
#undef XGRAD_UNARY

namespace {

// Kernels compute bools as integers, which would make nonsense of these two.

void check_negation(const char* operation, const Tensor& self) {
    if (self.dtype() == kBool)
        raise<DtypeError>(operation,
                          "Negation, the `-` operator, on a bool tensor is not supported. Use logical_not() to "
                          "invert a mask");
}

void check_relu(const char* operation, const Tensor& self) {
    if (self.dtype() == kBool) raise<DtypeError>(operation, "Boolean inputs not supported for relu");
}

}  // namespace

Tensor neg(const Tensor& self) {
    check_negation("neg", self);
    return apply_row(rows::Neg{}, self);
}
Tensor& Tensor::neg_() {
    check_negation("neg_", *this);
    return apply_row_inplace(rows::Neg{}, *this);
}
Tensor relu(const Tensor& self) {
    check_relu("relu", self);
    return apply_row(rows::Relu{}, self);
}
Tensor& Tensor::relu_() {
    check_relu("relu_", *this);
    return apply_row_inplace(rows::Relu{}, *this);
}
Tensor Tensor::neg() const { return xgrad::neg(*this); }
Tensor Tensor::relu() const { return xgrad::relu(*this); }

Tensor improved_sigmoid(const Tensor& self) { return apply_row(rows::ImprovedSigmoid{}, self); }
Tensor logical_not(const Tensor& self) { return apply_row(rows::LogicalNot{}, self); }
Tensor isnan(const Tensor& self) { return apply_row(rows::IsNan{}, self); }
Tensor Tensor::logical_not() const { return xgrad::logical_not(*this); }
Tensor Tensor::isnan() const { return xgrad::isnan(*this); }

#define XGRAD_BINARY(function, Row)                                                                          \
    Tensor function(const Tensor& self, const Tensor& other) { return apply_row(rows::Row{}, self, other); } \
    Tensor Tensor::function(const Tensor& other) const { return apply_row(rows::Row{}, *this, other); }
XGRAD_BINARY(mul, Mul)
XGRAD_BINARY(div, Div)
XGRAD_BINARY(maximum, Maximum)
XGRAD_BINARY(minimum, Minimum)

#define XGRAD_COMPARISON(function, Row)                                                                              \
    XGRAD_BINARY(function, Row)                                                                                      \
    Tensor function(const Tensor& self, const Scalar& other) { return function(self, number_operand(self, other)); } \
    Tensor Tensor::function(const Scalar& other) const { return xgrad::function(*this, other); }
XGRAD_COMPARISON(eq, Eq)
XGRAD_COMPARISON(ne, Ne)
XGRAD_COMPARISON(lt, Lt)
XGRAD_COMPARISON(le, Le)
XGRAD_COMPARISON(gt, Gt)
XGRAD_COMPARISON(ge, Ge)
#undef XGRAD_COMPARISON
#undef XGRAD_BINARY

Tensor max(const Tensor& self, const Tensor& other) { return maximum(self, other); }
Tensor min(const Tensor& self, const Tensor& other) { return minimum(self, other); }

// --- Sums and products with numbers. Numbers are attributes of a row where the result is floating-point; among
// integers they become operands, since a double does not hold every int64.

namespace {

bool is_one(const Scalar& s) { return s.is_floating_point() ? s.to_double() == 1 : s.to_long() == 1; }
bool floating_result(const Tensor& self, const Scalar& number) { return is_floating_point(result_type(self, number)); }

void check_subtraction(const char* operation, const Tensor& self, ScalarType other) {
    if (self.dtype() == kBool || other == kBool)
        raise<DtypeError>(operation, "Subtraction, the `-` operator, with ",
                          self.dtype() == other ? "two bool tensors" : "a bool tensor",
                          " is not supported. Use logical_not() to invert a mask, or ne() for the exclusive or");
}

void check_alpha(const char* operation, const Tensor& self, const Tensor& other, const Scalar& alpha) {
    if (alpha.is_floating_point() && !is_floating_point(result_type(self, other)))
        raise<DtypeError>(operation,
                          "For integral input tensors, argument alpha must not be a floating point number, got ",
                          alpha.to_double());
}

}  // namespace

Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha) {
    if (is_one(alpha)) return apply_row(rows::Add{}, self, other);
    check_alpha("add", self, other, alpha);
    return apply_row(rows::AddScaled{alpha.to_double()}, self, other);
}
Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) {
    if (is_one(alpha)) return apply_row_inplace(rows::Add{}, *this, other);
    check_alpha("add_", *this, other, alpha);
    return apply_row_inplace(rows::AddScaled{alpha.to_double()}, *this, other);
}
Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha) {
    check_subtraction("sub", self, other.dtype());
    if (is_one(alpha)) return apply_row(rows::Sub{}, self, other);
    check_alpha("sub", self, other, alpha);
    return apply_row(rows::AddScaled{-alpha.to_double()}, self, other);
}
Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) {
    check_subtraction("sub_", *this, other.dtype());
    if (is_one(alpha)) return apply_row_inplace(rows::Sub{}, *this, other);
    check_alpha("sub_", *this, other, alpha);
    return apply_row_inplace(rows::AddScaled{-alpha.to_double()}, *this, other);
}

Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha) {
    if (!floating_result(self, other)) return add(self, number_operand(self, other), alpha);
    return apply_row(rows::AddScalar{other.to_double() * alpha.to_double()}, self);
}
Tensor& Tensor::add_(const Scalar& other, const Scalar& alpha) {
    if (!floating_result(*this, other)) return add_(number_operand(*this, other), alpha);
    return apply_row_inplace(rows::AddScalar{other.to_double() * alpha.to_double()}, *this);
}
Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
    check_subtraction("sub", self, other.type());
    if (!floating_result(self, other)) return sub(self, number_operand(self, other), alpha);
    return apply_row(rows::AddScalar{-other.to_double() * alpha.to_double()}, self);
}
Tensor& Tensor::sub_(const Scalar& other, const Scalar& alpha) {
    check_subtraction("sub_", *this, other.type());
    if (!floating_result(*this, other)) return sub_(number_operand(*this, other), alpha);
    return apply_row_inplace(rows::AddScalar{-other.to_double() * alpha.to_double()}, *this);
}
Tensor rsub(const Tensor& self, const Scalar& other) {
    check_subtraction("rsub", self, other.type());
    if (!floating_result(self, other)) return sub(number_operand(self, other), self);
    return apply_row(rows::RsubScalar{other.to_double()}, self);
}

Tensor mul(const Tensor& self, const Scalar& other) {
    if (!floating_result(self, other)) return mul(self, number_operand(self, other));
    return apply_row(rows::MulScalar{other.to_double()}, self);
}
Tensor& Tensor::mul_(const Scalar& other) {
    if (!floating_result(*this, other)) return mul_(number_operand(*this, other));
    return apply_row_inplace(rows::MulScalar{other.to_double()}, *this);
}
Tensor div(const Tensor& self, const Scalar& other) { return apply_row(rows::DivScalar{other.to_double()}, self); }
Tensor& Tensor::div_(const Scalar& other) { return apply_row_inplace(rows::DivScalar{other.to_double()}, *this); }
Tensor operator/(const Scalar& a, const Tensor& b) { return apply_row(rows::RdivScalar{a.to_double()}, b); }

Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const { return xgrad::add(*this, other, alpha); }
Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const { return xgrad::add(*this, other, alpha); }
Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const { return xgrad::sub(*this, other, alpha); }
Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const { return xgrad::sub(*this, other, alpha); }
Tensor Tensor::mul(const Scalar& other) const { return xgrad::mul(*this, other); }
Tensor Tensor::div(const Scalar& other) const { return xgrad::div(*this, other); }
Tensor& Tensor::mul_(const Tensor& other) { return apply_row_inplace(rows::Mul{}, *this, other); }
Tensor& Tensor::div_(const Tensor& other) { return apply_row_inplace(rows::Div{}, *this, other); }

// --- Powers

namespace {

/// Calls `apply` with the cheapest row for x^exponent.
template <class Apply>
decltype(auto) with_power_row(double exponent, const Apply& apply) {
    if (exponent == 1) return apply(rows::MulScalar{1.0});
    if (exponent == 2) return apply(rows::Square{});
    if (exponent == 0.5) return apply(rows::Sqrt{});
    if (exponent == -1) return apply(rows::Reciprocal{});
    return apply(rows::PowScalar{exponent});
}

void check_integer_exponent(const char* operation, const Scalar& exponent) {
    if (exponent.to_long() < 0)
        raise<ValueError>(operation, "Integers to negative integer powers are not allowed, got the exponent ",
                          exponent.to_long());
}

}  // namespace

Tensor pow(const Tensor& self, const Tensor& exponent) {
    const ScalarType dtype = result_type(self, exponent);
    // The derivative takes the logarithm of the base, to the precision of the result.
    return apply_row(rows::Pow{}, is_floating_point(dtype) ? self.to(dtype) : self, exponent);
}
Tensor pow(const Tensor& self, const Scalar& exponent) {
    const ScalarType dtype = result_type(self, exponent);
    if (!is_floating_point(dtype)) {
        check_integer_exponent("pow", exponent);
        return pow(self, number_operand(self, exponent));
    }
    return with_power_row(exponent.to_double(), [&](const auto& row) { return apply_row(row, self.to(dtype)); });
}
Tensor pow(const Scalar& self, const Tensor& exponent) {
    const double base = self.to_double();
    if (base == 0 || !floating_result(exponent, self)) return pow(number_operand(exponent, self), exponent);
    return apply_row(rows::PowBase{base, std::log(base)}, exponent);
}
Tensor Tensor::pow(const Tensor& exponent) const { return xgrad::pow(*this, exponent); }
Tensor Tensor::pow(const Scalar& exponent) const { return xgrad::pow(*this, exponent); }
Tensor& Tensor::pow_(const Tensor& exponent) { return apply_row_inplace(rows::Pow{}, *this, exponent); }
Tensor& Tensor::pow_(const Scalar& exponent) {
    const ScalarType dtype = result_type(*this, exponent);
    ops::detail_op::check_fits("pow_", *this, sizes(), dtype);
    if (!xgrad::is_floating_point(dtype)) {
        check_integer_exponent("pow_", exponent);
        return pow_(number_operand(*this, exponent));
    }
    return with_power_row(exponent.to_double(),
                          [&](const auto& row) -> Tensor& { return apply_row_inplace(row, *this); });
}

// --- Limits and choice

namespace {

void check_limits(const char* operation, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
    if (!min && !max) raise<ValueError>(operation, "At least one of 'min' or 'max' must not be None");
}

rows::Clamp clamp_row(const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
    return {min ? min->to_double() : -INFINITY, max ? max->to_double() : INFINITY};
}

/// Integers are compared as such.
bool integer_clamp(const Tensor& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
    return !is_floating_point(self.dtype()) && !(min && min->is_floating_point()) && !(max && max->is_floating_point());
}

}  // namespace

Tensor clamp(const Tensor& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
    check_limits("clamp", min, max);
    if (!integer_clamp(self, min, max)) return apply_row(clamp_row(min, max), self);
    Tensor result = self;
    if (min) result = maximum(result, number_operand(self, *min));
    if (max) result = minimum(result, number_operand(self, *max));
    return result;
}
Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
    return xgrad::clamp(*this, min, max);
}
Tensor& Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
    check_limits("clamp_", min, max);
    if (!integer_clamp(*this, min, max)) return apply_row_inplace(clamp_row(min, max), *this);
    if (min) apply_row_inplace(rows::Maximum{}, *this, number_operand(*this, *min));
    if (max) apply_row_inplace(rows::Minimum{}, *this, number_operand(*this, *max));
    return *this;
}
Tensor Tensor::clamp_min(const Scalar& min) const { return clamp(min); }
Tensor Tensor::clamp_max(const Scalar& max) const { return clamp(std::nullopt, max); }

Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) {
    if (condition.dtype() != kBool && condition.dtype() != kUInt8)
        raise<DtypeError>("where", "expected condition to be a boolean tensor, but got a tensor with dtype ",
                          condition.dtype());
    return apply_row(rows::Where{}, condition, self, other);
}
Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other) {
    return where(condition, number_operand(other, self), other);
}
Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other) {
    return where(condition, self, number_operand(self, other));
}
Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other) {
    const ScalarType kind = promote_types(self.type(), other.type());
    const ScalarType dtype = kind == kFloat64 ? get_default_dtype() : kind;
    return where(condition, full({}, self, dtype), full({}, other, dtype));
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
    return xgrad::where(condition, *this, other);
}

// --- Comparison of whole tensors

bool equal(const Tensor& self, const Tensor& other) {
    if (self.dtype() != other.dtype())
        raise<DtypeError>("equal", "Expected all tensors to have the same dtype, got ", self.dtype(), " and ",
                          other.dtype());
    return self.sizes() == other.sizes() && eq(self, other).all().item<bool>();
}
Tensor isclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
    if (self.dtype() != other.dtype()) raise<DtypeError>("isclose", self.dtype(), " did not match ", other.dtype());
    const NoGradGuard no_grad;
    const Tensor a = self.to(kFloat64), b = other.to(kFloat64);
    // Equality first: it covers infinities, whose difference is NaN.
    const Tensor near = maximum((a == b).to(kUInt8), ((a - b).abs() <= b.abs() * rtol + atol).to(kUInt8));
    const Tensor finite = maximum((a == b).to(kUInt8), (b.abs() != INFINITY).to(kUInt8));
    const Tensor nans = a.isnan().to(kUInt8) * b.isnan().to(kUInt8);
    return (equal_nan ? maximum(near * finite, nans) : near * finite) != 0;
}
bool allclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
    return isclose(self, other, rtol, atol, equal_nan).all().item<bool>();
}
bool Tensor::equal(const Tensor& other) const { return xgrad::equal(*this, other); }
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
    return xgrad::allclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace xgrad
