#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/promotion.h>

#include <cmath>

namespace xgrad {

using ops::apply_row;
using ops::apply_row_inplace;
using ops::number_operand;
namespace rows = ops::rows;

#define XGRAD_PREDICATE(name, Row)
#define XGRAD_UNARY(name, Row)
#define XGRAD_BINARY(name, Row)                                                                          \
    Tensor name(const Tensor& self, const Tensor& other) { return apply_row(rows::Row{}, self, other); } \
    Tensor Tensor::name(const Tensor& other) const { return apply_row(rows::Row{}, *this, other); }
#define XGRAD_BINARY_INPLACE(name, Row) \
    XGRAD_BINARY(name, Row)             \
    Tensor& Tensor::name##_(const Tensor& other) { return apply_row_inplace(rows::Row{}, *this, other); }
#define XGRAD_BINARY_NUMBER(name, Row)                                                                       \
    XGRAD_BINARY_INPLACE(name, Row)                                                                          \
    Tensor name(const Tensor& self, const Scalar& other) { return name(self, number_operand(self, other)); } \
    Tensor Tensor::name(const Scalar& other) const { return name(number_operand(*this, other)); }            \
    Tensor& Tensor::name##_(const Scalar& other) { return name##_(number_operand(*this, other)); }
#include <xgrad/autograd/elementwise.inc>

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
Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha) { return sub(other, self, alpha); }
Tensor rsub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
    check_subtraction("rsub", self, other.type());
    if (!is_one(alpha) || !floating_result(self, other)) return sub(number_operand(self, other), self, alpha);
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
Tensor mul(const Tensor& self, const Tensor& other) { return apply_row(rows::Mul{}, self, other); }
Tensor div(const Tensor& self, const Tensor& other) { return apply_row(rows::Div{}, self, other); }
Tensor Tensor::mul(const Tensor& other) const { return apply_row(rows::Mul{}, *this, other); }
Tensor Tensor::div(const Tensor& other) const { return apply_row(rows::Div{}, *this, other); }
Tensor& Tensor::mul_(const Tensor& other) { return apply_row_inplace(rows::Mul{}, *this, other); }
Tensor& Tensor::div_(const Tensor& other) { return apply_row_inplace(rows::Div{}, *this, other); }

namespace {

/// Calls `apply` with the row for a rounding mode.
template <class Apply>
decltype(auto) with_division_row(const char* operation, const std::optional<std::string_view>& mode,
                                 const Apply& apply) {
    if (!mode) return apply(rows::Div{});
    if (*mode == "trunc") return apply(rows::DivTrunc{});
    if (*mode == "floor") return apply(rows::DivFloor{});
    raise<ValueError>(operation, "expected rounding_mode to be one of None, 'trunc', or 'floor' but found '", *mode,
                      "'");
}

}  // namespace

Tensor div(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
    return with_division_row("div", rounding_mode, [&](const auto& row) { return apply_row(row, self, other); });
}
Tensor div(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
    return div(self, number_operand(self, other), rounding_mode);
}
Tensor Tensor::div(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
    return xgrad::div(*this, other, rounding_mode);
}
Tensor Tensor::div(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
    return xgrad::div(*this, other, rounding_mode);
}
Tensor& Tensor::div_(const Tensor& other, std::optional<std::string_view> rounding_mode) {
    return with_division_row("div_", rounding_mode,
                             [&](const auto& row) -> Tensor& { return apply_row_inplace(row, *this, other); });
}
Tensor& Tensor::div_(const Scalar& other, std::optional<std::string_view> rounding_mode) {
    return div_(number_operand(*this, other), rounding_mode);
}
Tensor remainder(const Scalar& self, const Tensor& other) { return remainder(number_operand(other, self), other); }
Tensor xlogy(const Scalar& self, const Tensor& other) { return xlogy(number_operand(other, self), other); }

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
    for (const auto& limit : {min, max})  // before anything is written
        if (limit && result_type(*this, *limit) != dtype())
            raise<DtypeError>("clamp_", "result type ", result_type(*this, *limit),
                              " can't be cast to the desired output type ", dtype());
    if (min) apply_row_inplace(rows::Maximum{}, *this, number_operand(*this, *min));
    if (max) apply_row_inplace(rows::Minimum{}, *this, number_operand(*this, *max));
    return *this;
}
namespace {

bool present(const std::optional<Tensor>& limit) { return limit && limit->defined(); }

/// Calls `apply` with the row that limits by tensors and those that there are.
template <class Apply>
decltype(auto) with_limits(const char* operation, const std::optional<Tensor>& min, const std::optional<Tensor>& max,
                           const Apply& apply) {
    if (present(min) && present(max)) return apply(rows::ClampBetween{}, *min, *max);
    if (present(min)) return apply(rows::ClampMin{}, *min);
    if (present(max)) return apply(rows::ClampMax{}, *max);
    raise<ValueError>(operation, "At least one of 'min' or 'max' must not be None");
}

}  // namespace

Tensor clamp(const Tensor& self, const std::optional<Tensor>& min, const std::optional<Tensor>& max) {
    return with_limits("clamp", min, max,
                       [&](const auto& row, const auto&... limits) { return apply_row(row, self, limits...); });
}
Tensor Tensor::clamp(const std::optional<Tensor>& min, const std::optional<Tensor>& max) const {
    return xgrad::clamp(*this, min, max);
}
Tensor& Tensor::clamp_(const std::optional<Tensor>& min, const std::optional<Tensor>& max) {
    return with_limits("clamp_", min, max, [&](const auto& row, const auto&... limits) -> Tensor& {
        return apply_row_inplace(row, *this, limits...);
    });
}

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
    const ScalarType dtype = result_type(self, other);
    return where(condition, full({}, self, dtype), full({}, other, dtype));
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
    return xgrad::where(condition, *this, other);
}

// --- Three tensors

namespace {

void check_factor(const char* operation, const Tensor& self, const Tensor& tensor1, const Tensor& tensor2,
                  const Scalar& value) {
    for (const Tensor* x : {&self, &tensor1, &tensor2})
        if (!x->defined() || x->is_floating_point()) return;
    if (value.is_floating_point())
        raise<DtypeError>(operation,
                          "For integral input tensors, argument value must not be a floating point number, got ",
                          value.to_double());
}

void check_quotient(const char* operation, const Tensor& self, const Tensor& tensor1, const Tensor& tensor2) {
    for (const Tensor* x : {&self, &tensor1, &tensor2})
        if (!x->defined() || x->is_floating_point()) return;
    raise<DtypeError>(operation, "Integer division with ", operation,
                      " is not supported: use a division with a rounding mode, or floating-point numbers");
}

}  // namespace

Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight) {
    return apply_row(rows::LerpNumber{weight.to_double()}, self, end);
}
Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight) {
    return apply_row(rows::Lerp{}, self, end, weight);
}
Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const { return xgrad::lerp(*this, end, weight); }
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const { return xgrad::lerp(*this, end, weight); }
Tensor& Tensor::lerp_(const Tensor& end, const Scalar& weight) {
    return apply_row_inplace(rows::LerpNumber{weight.to_double()}, *this, end);
}
Tensor& Tensor::lerp_(const Tensor& end, const Tensor& weight) {
    return apply_row_inplace(rows::Lerp{}, *this, end, weight);
}

Tensor addcmul(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
    check_factor("addcmul", self, tensor1, tensor2, value);
    return apply_row(rows::Addcmul{value.to_double()}, self, tensor1, tensor2);
}
Tensor Tensor::addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
    return xgrad::addcmul(*this, tensor1, tensor2, value);
}
Tensor& Tensor::addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
    check_factor("addcmul_", *this, tensor1, tensor2, value);
    return apply_row_inplace(rows::Addcmul{value.to_double()}, *this, tensor1, tensor2);
}
Tensor addcdiv(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
    check_quotient("addcdiv", self, tensor1, tensor2);
    return apply_row(rows::Addcdiv{value.to_double()}, self, tensor1, tensor2);
}
Tensor Tensor::addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
    return xgrad::addcdiv(*this, tensor1, tensor2, value);
}
Tensor& Tensor::addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
    check_quotient("addcdiv_", *this, tensor1, tensor2);
    return apply_row_inplace(rows::Addcdiv{value.to_double()}, *this, tensor1, tensor2);
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
    if (!(rtol >= 0 && atol >= 0))
        raise<ValueError>("isclose", "rtol and atol must be greater than or equal to zero, but got ", rtol, " and ",
                          atol);
    const NoGradGuard no_grad;
    const Tensor a = self.to(kFloat64), b = other.to(kFloat64), difference = (a - b).abs();
    // Equality in the own dtype first: it covers infinities, whose difference is NaN, and large integers.
    const Tensor near = (self == other) | (difference.isfinite() & (difference <= b.abs() * rtol + atol));
    return equal_nan ? near | (a.isnan() & b.isnan()) : near;
}
bool allclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
    return isclose(self, other, rtol, atol, equal_nan).all().item<bool>();
}
Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
    return xgrad::isclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::equal(const Tensor& other) const { return xgrad::equal(*this, other); }
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
    return xgrad::allclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace xgrad
