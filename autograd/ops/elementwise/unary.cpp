#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>

#include <cmath>
#include <limits>

namespace xgrad {

using ops::apply_row;
using ops::apply_row_inplace;
namespace rows = ops::rows;

#define XGRAD_PREDICATE(name, Row)                                           \
    Tensor name(const Tensor& self) { return apply_row(rows::Row{}, self); } \
    Tensor Tensor::name() const { return apply_row(rows::Row{}, *this); }
#define XGRAD_UNARY(name, Row) \
    XGRAD_PREDICATE(name, Row) \
    Tensor& Tensor::name##_() { return apply_row_inplace(rows::Row{}, *this); }
#define XGRAD_BINARY(name, Row)
#define XGRAD_BINARY_INPLACE(name, Row)
#define XGRAD_BINARY_NUMBER(name, Row)
#include <xgrad/autograd/elementwise.inc>

// --- Rounding to decimals

Tensor round(const Tensor& self) { return apply_row(rows::Round{}, self); }
Tensor round(const Tensor& self, std::int64_t decimals) {
    if (decimals == 0) return round(self);
    if (!self.is_floating_point())
        raise<DtypeError>("round", "decimals are for floating-point dtypes, got ", self.dtype());
    const double scale = std::pow(10.0, static_cast<double>(std::abs(decimals)));
    return decimals > 0 ? round(self * scale) / scale : round(self / scale) * scale;
}
Tensor Tensor::round() const { return xgrad::round(*this); }
Tensor& Tensor::round_() { return apply_row_inplace(rows::Round{}, *this); }
Tensor Tensor::round(std::int64_t decimals) const { return xgrad::round(*this, decimals); }
Tensor& Tensor::round_(std::int64_t decimals) { return copy_(xgrad::round(*this, decimals)); }

// --- With attributes

namespace {

rows::Polygamma polygamma_row(const char* operation, std::int64_t n) {
    if (n < 0) raise<ValueError>(operation, "polygamma(n, x) does not support negative n, got ", n);
    if (n == std::numeric_limits<std::int64_t>::max())
        raise<ValueError>(operation, "polygamma(n, x) of n = ", n, " has a derivative of no order");
    return {n};
}

rows::Logit logit_row(const std::optional<double>& eps) {
    return eps ? rows::Logit{*eps, 1 - *eps, 0, true} : rows::Logit{};
}

rows::NanToNum replacements(ScalarType dtype, const std::optional<double>& nan, const std::optional<double>& posinf,
                            const std::optional<double>& neginf) {
    const double largest = dtype == kFloat32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    return {nan.value_or(0), posinf.value_or(largest), neginf.value_or(-largest)};
}

}  // namespace

Tensor polygamma(std::int64_t n, const Tensor& self) { return apply_row(polygamma_row("polygamma", n), self); }
Tensor Tensor::polygamma(std::int64_t n) const { return xgrad::polygamma(n, *this); }
Tensor& Tensor::polygamma_(std::int64_t n) { return apply_row_inplace(polygamma_row("polygamma_", n), *this); }

Tensor logit(const Tensor& self, std::optional<double> eps) { return apply_row(logit_row(eps), self); }
Tensor Tensor::logit(std::optional<double> eps) const { return xgrad::logit(*this, eps); }
Tensor& Tensor::logit_(std::optional<double> eps) { return apply_row_inplace(logit_row(eps), *this); }

Tensor nan_to_num(const Tensor& self, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
    if (!self.is_floating_point()) return self.clone();
    return apply_row(replacements(self.dtype(), nan, posinf, neginf), self);
}
Tensor Tensor::nan_to_num(std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) const {
    return xgrad::nan_to_num(*this, nan, posinf, neginf);
}
Tensor& Tensor::nan_to_num_(std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) {
    if (!is_floating_point()) return *this;
    return apply_row_inplace(replacements(dtype(), nan, posinf, neginf), *this);
}

Tensor bitwise_not(const Tensor& self) {
    // Kernels compute bools as integers.
    return self.dtype() == kBool ? logical_not(self) : apply_row(rows::BitwiseNot{}, self);
}
Tensor Tensor::bitwise_not() const { return xgrad::bitwise_not(*this); }
Tensor& Tensor::bitwise_not_() {
    return dtype() == kBool ? logical_not_() : apply_row_inplace(rows::BitwiseNot{}, *this);
}

}  // namespace xgrad
