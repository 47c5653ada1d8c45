#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

#include <cmath>
#include <numbers>

/// Parts of numbers and functions of a few pieces: compositions.
namespace xgrad {

namespace {

constexpr double kDegree = std::numbers::pi / 180, kRadian = 180 / std::numbers::pi;

void check_same_dtype(const char* name, const Tensor& self, const Tensor& values) {
    if (self.dtype() != values.dtype())
        raise<DtypeError>(name, "is not implemented for tensors with different dtypes, got ", self.dtype(), " and ",
                          values.dtype());
}

/// Throws unless float_power_ can store its result, which is of float64.
void check_double(const Tensor& self) {
    if (self.dtype() != kFloat64)
        raise<DtypeError>("float_power_", "the base has dtype ", self.dtype(), " but the result requires dtype Double");
}

}  // namespace

Tensor deg2rad(const Tensor& self) { return self * kDegree; }
Tensor rad2deg(const Tensor& self) { return self * kRadian; }
Tensor Tensor::deg2rad() const { return xgrad::deg2rad(*this); }
Tensor Tensor::rad2deg() const { return xgrad::rad2deg(*this); }
Tensor& Tensor::deg2rad_() { return mul_(kDegree); }
Tensor& Tensor::rad2deg_() { return mul_(kRadian); }

Tensor positive(const Tensor& self) {
    if (self.dtype() == kBool) raise<DtypeError>("positive", "The `+` operator, on a bool tensor is not supported.");
    return self;
}
Tensor isposinf(const Tensor& self) { return self == INFINITY; }
Tensor isneginf(const Tensor& self) { return self == -INFINITY; }
Tensor isreal(const Tensor& self) { return ones_like(self, kBool); }
Tensor signbit(const Tensor& self) {
    const NoGradGuard no_grad;
    return (self.is_floating_point() ? copysign(ones_like(self), self) : self) < 0;
}
Tensor Tensor::positive() const { return xgrad::positive(*this); }
Tensor Tensor::isposinf() const { return xgrad::isposinf(*this); }
Tensor Tensor::isneginf() const { return xgrad::isneginf(*this); }
Tensor Tensor::isreal() const { return xgrad::isreal(*this); }
Tensor Tensor::signbit() const { return xgrad::signbit(*this); }

Tensor heaviside(const Tensor& self, const Tensor& values) {
    check_same_dtype("heaviside", self, values);
    return where(self == 0, values, (self > 0).to(values.dtype()));
}
Tensor Tensor::heaviside(const Tensor& values) const { return xgrad::heaviside(*this, values); }
Tensor& Tensor::heaviside_(const Tensor& values) {
    check_same_dtype("heaviside_", *this, values);
    return copy_(xgrad::heaviside(*this, values));
}

Tensor ldexp(const Tensor& self, const Tensor& other) { return self * pow(2.0, other); }
Tensor Tensor::ldexp(const Tensor& other) const { return xgrad::ldexp(*this, other); }
Tensor& Tensor::ldexp_(const Tensor& other) { return mul_(xgrad::pow(2.0, other)); }

Tensor float_power(const Tensor& self, const Tensor& exponent) { return pow(self.to(kFloat64), exponent.to(kFloat64)); }
Tensor float_power(const Tensor& self, const Scalar& exponent) {
    return pow(self.to(kFloat64), Scalar(exponent.to_double()));
}
Tensor float_power(const Scalar& self, const Tensor& exponent) {
    return pow(Scalar(self.to_double()), exponent.to(kFloat64));
}
Tensor Tensor::float_power(const Tensor& exponent) const { return xgrad::float_power(*this, exponent); }
Tensor Tensor::float_power(const Scalar& exponent) const { return xgrad::float_power(*this, exponent); }
Tensor& Tensor::float_power_(const Tensor& exponent) {
    check_double(*this);
    return pow_(exponent.to(kFloat64));
}
Tensor& Tensor::float_power_(const Scalar& exponent) {
    check_double(*this);
    return pow_(exponent);
}

}  // namespace xgrad
