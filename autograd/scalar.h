#pragma once

#include <concepts>
#include <cstdint>

#include <xgrad/autograd/dtype.h>

namespace xgrad {

/// A number of any dtype: bool, integer or floating-point, as the caller wrote it.
class Scalar {
  public:
    Scalar() : Scalar(0) {}
    // A template for bools too: pointers, "nuc" among them, convert to bool and are no numbers.
    template <std::integral I>
    Scalar(I v) : kind_(std::same_as<I, bool> ? kBool : kInt64), i_(static_cast<std::int64_t>(v)) {}
    template <std::floating_point F>
    Scalar(F v) : kind_(kFloat64), d_(static_cast<double>(v)) {}

    /// bool, int64 or float64: the category that takes part in type promotion.
    ScalarType type() const { return kind_; }
    bool is_floating_point() const { return kind_ == kFloat64; }
    bool is_integral(bool include_bool) const { return kind_ == kInt64 || (include_bool && kind_ == kBool); }
    bool is_boolean() const { return kind_ == kBool; }

    template <class T>
    T to() const {
        return kind_ == kFloat64 ? static_cast<T>(d_) : static_cast<T>(i_);
    }
    double to_double() const { return to<double>(); }
    std::int64_t to_long() const { return to<std::int64_t>(); }

    // The same by libtorch's names.
    bool isFloatingPoint() const { return is_floating_point(); }
    bool isIntegral(bool include_bool) const { return is_integral(include_bool); }
    bool isBoolean() const { return is_boolean(); }
    double toDouble() const { return to<double>(); }
    float toFloat() const { return to<float>(); }
    std::int64_t toLong() const { return to<std::int64_t>(); }
    std::int32_t toInt() const { return to<std::int32_t>(); }
    std::uint8_t toByte() const { return to<std::uint8_t>(); }
    bool toBool() const { return to<bool>(); }

  private:
    ScalarType kind_;
    union {
        std::int64_t i_;
        double d_;
    };
};

}  // namespace xgrad
