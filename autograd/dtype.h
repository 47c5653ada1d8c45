#pragma once

#include <cstdint>
#include <iosfwd>

namespace xgrad {

/// Type of a tensor's elements. The order is that of promotion within a category; see promote_types.
enum class ScalarType : std::int8_t { Bool, Byte, Int, Long, Float, Double, Undefined };
using Dtype = ScalarType;

inline constexpr ScalarType kBool = ScalarType::Bool;
inline constexpr ScalarType kUInt8 = ScalarType::Byte;
inline constexpr ScalarType kByte = ScalarType::Byte;
inline constexpr ScalarType kInt32 = ScalarType::Int;
inline constexpr ScalarType kInt = ScalarType::Int;
inline constexpr ScalarType kInt64 = ScalarType::Long;
inline constexpr ScalarType kLong = ScalarType::Long;
inline constexpr ScalarType kFloat32 = ScalarType::Float;
inline constexpr ScalarType kFloat = ScalarType::Float;
inline constexpr ScalarType kFloat64 = ScalarType::Double;
inline constexpr ScalarType kDouble = ScalarType::Double;

inline constexpr int kNumScalarTypes = 6;

/// "Float", "Long" ...: libtorch's names.
const char* to_string(ScalarType dtype);
std::ostream& operator<<(std::ostream& out, ScalarType dtype);

/// Bytes of one element.
constexpr std::int64_t element_size(ScalarType dtype) {
    constexpr std::int64_t kSizes[] = {1, 1, 4, 8, 4, 8, 0};
    return kSizes[static_cast<int>(dtype)];
}

constexpr bool is_floating_point(ScalarType dtype) { return dtype == kFloat32 || dtype == kFloat64; }
/// True for uint8, int32, int64 and, if asked, bool.
constexpr bool is_integral(ScalarType dtype, bool include_bool = false) {
    return dtype == kUInt8 || dtype == kInt32 || dtype == kInt64 || (include_bool && dtype == kBool);
}

/// The smallest dtype that both convert to without loss of category (PyTorch's table; float32 + int64 is float32).
constexpr ScalarType promote_types(ScalarType a, ScalarType b) { return a < b ? b : a; }
/// True when a result of dtype `from` may be stored into `to` by an in-place operation (categories do not fall).
constexpr bool can_cast(ScalarType from, ScalarType to) {
    if (is_floating_point(from) && !is_floating_point(to)) return false;
    return from == kBool || to != kBool;
}

/// The dtype of new floating-point tensors: float32 unless changed.
ScalarType get_default_dtype();
/// Sets it to float32 or float64. Throws DtypeError for others.
void set_default_dtype(ScalarType dtype);

/// The ScalarType of a C++ type.
template <class T>
struct scalar_type_of;
template <>
struct scalar_type_of<bool> {
    static constexpr ScalarType value = kBool;
};
template <>
struct scalar_type_of<std::uint8_t> {
    static constexpr ScalarType value = kUInt8;
};
template <>
struct scalar_type_of<std::int32_t> {
    static constexpr ScalarType value = kInt32;
};
template <>
struct scalar_type_of<std::int64_t> {
    static constexpr ScalarType value = kInt64;
};
template <>
struct scalar_type_of<float> {
    static constexpr ScalarType value = kFloat32;
};
template <>
struct scalar_type_of<double> {
    static constexpr ScalarType value = kFloat64;
};
template <class T>
inline constexpr ScalarType scalar_type_v = scalar_type_of<T>::value;

/// Calls `f` with a value of the C++ type of `dtype`: visit_dtype(x.dtype(), [&](auto v) { using T = decltype(v); ...
/// }).
template <class F>
decltype(auto) visit_dtype(ScalarType dtype, F&& f) {
    switch (dtype) {
        case kBool:
            return f(bool{});
        case kUInt8:
            return f(std::uint8_t{});
        case kInt32:
            return f(std::int32_t{});
        case kInt64:
            return f(std::int64_t{});
        case kFloat32:
            return f(float{});
        default:
            return f(double{});
    }
}

}  // namespace xgrad
