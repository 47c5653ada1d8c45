#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad {

using ops::apply_row;
using ops::apply_row_inplace;
namespace rows = ops::rows;

/// A function of one tensor and the in-place form, which take the same row.
#define XGRAD_ACTIVATION(name, row)                                  \
    Tensor name(const Tensor& self) { return apply_row(row, self); } \
    Tensor& name##_(Tensor& self) { return apply_row_inplace(row, self); }
#define XGRAD_FUNCTION(name, row) \
    Tensor name(const Tensor& self) { return apply_row(row, self); }

XGRAD_ACTIVATION(selu, (rows::Elu{rows::kSeluAlpha, rows::kSeluScale, 1}))
XGRAD_ACTIVATION(relu6, (rows::Hardtanh{0, 6}))
XGRAD_ACTIVATION(silu, rows::Silu{})
XGRAD_ACTIVATION(mish, rows::Mish{})
XGRAD_ACTIVATION(hardsigmoid, rows::Hardsigmoid{})
XGRAD_ACTIVATION(hardswish, rows::Hardswish{})
XGRAD_FUNCTION(improved_sigmoid, rows::ImprovedSigmoid{})
XGRAD_FUNCTION(softsign, rows::Softsign{})
XGRAD_FUNCTION(tanhshrink, rows::Tanhshrink{})
XGRAD_FUNCTION(log_sigmoid, rows::LogSigmoid{})
#undef XGRAD_ACTIVATION
#undef XGRAD_FUNCTION

// --- With attributes

namespace {

rows::Elu elu_row(const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
    return {alpha.to_double(), scale.to_double(), input_scale.to_double()};
}

rows::Elu celu_row(const char* operation, const Scalar& alpha) {
    if (alpha.to_double() == 0) raise<ValueError>(operation, "ZeroDivisionError: alpha cannot be 0 for CELU");
    return {alpha.to_double(), 1, 1 / alpha.to_double()};
}

/// Rows hold numbers as doubles: one that is to stand in a tensor of integers must be of its dtype.
void check_number(const char* operation, const Tensor& self, const Scalar& number) {
    if (!self.defined() || self.is_floating_point()) return;
    const double value = number.to_double();
    const auto fits = [&]<class T>(T) {
        return value >= static_cast<double>(std::numeric_limits<T>::min()) &&
               value <= static_cast<double>(std::numeric_limits<T>::max());
    };
    const bool good = self.dtype() == kUInt8   ? fits(std::uint8_t{})
                      : self.dtype() == kInt32 ? fits(std::int32_t{})
                                               : std::abs(value) <= 9007199254740992.0;  // 2^53
    if (!good) raise<ValueError>(operation, "value ", value, " cannot be converted to type ", self.dtype());
}

rows::Hardtanh hardtanh_row(const char* operation, const Tensor& self, const Scalar& low, const Scalar& high) {
    if (self.defined() && self.dtype() == kBool) raise<DtypeError>(operation, "Bool inputs not supported for hardtanh");
    if (self.defined() && self.dtype() == kUInt8 && (low.to_double() < 0 || high.to_double() < 0))
        raise<DtypeError>(operation, "cannot do hardtanh on an unsigned type with negative limits");
    check_number(operation, self, low);
    check_number(operation, self, high);
    return {low.to_double(), high.to_double()};
}

double shrinkage(const char* operation, const Scalar& lambd) {
    if (!(lambd.to_double() >= 0))
        raise<ValueError>(operation, "lambda must be greater or equal to 0, but found to be ", lambd.to_double());
    return lambd.to_double();
}

template <class Apply>
decltype(auto) with_gelu_row(const char* operation, std::string_view approximate, const Apply& apply) {
    if (approximate == "none") return apply(rows::Gelu{});
    if (approximate == "tanh") return apply(rows::GeluTanh{});
    raise<ValueError>(operation, "approximate argument must be either none or tanh, got '", approximate, "'");
}

}  // namespace

Tensor hardtanh(const Tensor& self, const Scalar& min_val, const Scalar& max_val) {
    return apply_row(hardtanh_row("hardtanh", self, min_val, max_val), self);
}
Tensor& hardtanh_(Tensor& self, const Scalar& min_val, const Scalar& max_val) {
    return apply_row_inplace(hardtanh_row("hardtanh_", self, min_val, max_val), self);
}
Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope) {
    return apply_row(rows::LeakyRelu{negative_slope.to_double()}, self);
}
Tensor& leaky_relu_(Tensor& self, const Scalar& negative_slope) {
    return apply_row_inplace(rows::LeakyRelu{negative_slope.to_double()}, self);
}
Tensor elu(const Tensor& self, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
    return apply_row(elu_row(alpha, scale, input_scale), self);
}
Tensor& elu_(Tensor& self, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
    return apply_row_inplace(elu_row(alpha, scale, input_scale), self);
}
Tensor celu(const Tensor& self, const Scalar& alpha) { return apply_row(celu_row("celu", alpha), self); }
Tensor& celu_(Tensor& self, const Scalar& alpha) { return apply_row_inplace(celu_row("celu_", alpha), self); }
Tensor gelu(const Tensor& self, std::string_view approximate) {
    return with_gelu_row("gelu", approximate, [&](const auto& row) { return apply_row(row, self); });
}
Tensor& gelu_(Tensor& self, std::string_view approximate) {
    return with_gelu_row("gelu_", approximate,
                         [&](const auto& row) -> Tensor& { return apply_row_inplace(row, self); });
}
Tensor softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
    return apply_row(rows::Softplus{beta.to_double(), threshold.to_double()}, self);
}
Tensor softshrink(const Tensor& self, const Scalar& lambd) {
    return apply_row(rows::Softshrink{shrinkage("softshrink", lambd)}, self);
}
Tensor hardshrink(const Tensor& self, const Scalar& lambd) {
    return apply_row(rows::Hardshrink{lambd.to_double()}, self);
}
Tensor Tensor::hardshrink(const Scalar& lambd) const { return xgrad::hardshrink(*this, lambd); }
Tensor threshold(const Tensor& self, const Scalar& threshold, const Scalar& value) {
    check_number("threshold", self, value);
    return apply_row(rows::Threshold{threshold.to_double(), value.to_double()}, self);
}
Tensor& threshold_(Tensor& self, const Scalar& threshold, const Scalar& value) {
    check_number("threshold_", self, value);
    return apply_row_inplace(rows::Threshold{threshold.to_double(), value.to_double()}, self);
}

// --- Of two tensors

Tensor prelu(const Tensor& self, const Tensor& weight) {
    if (!self.defined() || !weight.defined()) raise("prelu", "an input is an undefined Tensor");
    if (self.dtype() != weight.dtype())
        raise<DtypeError>("prelu", "Type promoting not supported: got an input of ", self.dtype(), " and a weight of ",
                          weight.dtype());
    if (weight.dim() > 1)
        raise<ShapeError>("prelu", "Expected `weight` to be a scalar or 1D tensor, but got shape ",
                          detail::shape_string(weight.sizes()));
    const std::int64_t channels = self.dim() > 1 ? self.size(1) : 1;
    if (weight.numel() != 1 && weight.numel() != channels)
        raise<ShapeError>(
            "prelu", "Mismatch of parameter numbers and input channel size. Found parameter numbers = ", weight.numel(),
            " and channel size = ", channels, " of the shape ", detail::shape_string(self.sizes()));
    detail::Dims shape(static_cast<std::size_t>(self.dim()), 1);
    if (self.dim() > 1) shape[1] = weight.numel();
    return apply_row(rows::Prelu{}, self, weight.reshape(shape));
}
Tensor Tensor::prelu(const Tensor& weight) const { return xgrad::prelu(*this, weight); }

Tensor glu(const Tensor& self, std::int64_t dim) {
    if (self.dim() == 0) raise<ShapeError>("glu", "does not support 0-dimensional tensors");
    const std::int64_t size = self.size(dim);
    if (size % 2 != 0)
        raise<ShapeError>("glu", "Halving dimension must be even, but dimension ", dim, " is size ", size);
    return apply_row(rows::Glu{}, self.narrow(dim, 0, size / 2), self.narrow(dim, size / 2, size / 2));
}

// --- Random

namespace {

/// The slopes of rrelu in training: drawn, in the order of memory, for the elements up to 0; 1 for the others.
Tensor rrelu_slopes(const char* operation, const Tensor& self, double lower, double upper, const Generator& generator) {
    if (!self.is_floating_point())
        raise<DtypeError>(operation, "expects an input of floating-point dtype, got ", self.dtype());
    const NoGradGuard no_grad;
    const Tensor sloped = self.contiguous() <= 0, slopes = ones(self.sizes(), kFloat64);
    const bool* draws = sloped.data_ptr<bool>();
    const std::int64_t n = self.numel(), count = std::count(draws, draws + n, true);
    if (self.dtype() == kFloat32) {  // libtorch has the bounds in the input's precision
        lower = static_cast<float>(lower);
        upper = static_cast<float>(upper);
    }
    const Tensor drawn = empty({count}, kFloat64);
    detail::uniform(drawn.data_ptr<double>(), count, lower, upper, generator);
    const double* next = drawn.data_ptr<double>();
    double* slope = slopes.data_ptr<double>();
    for (std::int64_t i = 0; i < n; ++i)
        if (draws[i]) slope[i] = *next++;
    return slopes.to(self.dtype());
}

void check_rrelu(const char* operation, double lower, double upper) {
    if (!(lower <= upper))
        raise<ValueError>(operation, "Lower bound should be less than or equal to the upper bound, got ", lower,
                          " and ", upper);
}

}  // namespace

Tensor rrelu(const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
             std::optional<Generator> generator) {
    const double low = lower.to_double(), high = upper.to_double();
    check_rrelu("rrelu", low, high);
    if (!training) return leaky_relu(self, (low + high) / 2);
    return self * rrelu_slopes("rrelu", self, low, high, detail::generator_or_default(generator));
}
Tensor& rrelu_(Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
               std::optional<Generator> generator) {
    const double low = lower.to_double(), high = upper.to_double();
    check_rrelu("rrelu_", low, high);
    if (!training) return leaky_relu_(self, (low + high) / 2);
    return self.mul_(rrelu_slopes("rrelu_", self, low, high, detail::generator_or_default(generator)));
}

}  // namespace xgrad
