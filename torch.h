#pragma once

/// For programs written against libtorch: xgrad's names in the namespaces torch, at and c10, and the macros that start
/// with TORCH_ and AT_. Another include is then all that a program for the CPU needs to change.
///
/// `torch::Tensor` and `torch::nn::Linear` are xgrad's own. A program may write `using namespace torch`, and may open
/// namespace torch to add to it. The nested namespaces nn, optim, data and autograd are aliases and cannot be opened:
/// what belongs into torch::nn is put into xgrad::nn. Not to be included where libtorch's headers are: a program that
/// uses both libraries says xgrad:: in one file and torch:: in another.
#include <cstdint>
#include <optional>
#include <string>

#include <xgrad.h>
#include <xgrad/autograd/array_ref.h>

#ifdef TORCH_CHECK
#error "<xgrad/torch.h> gives libtorch's names to xgrad, and cannot be included together with libtorch's headers"
#endif

namespace torch {

// A directive, not an alias of the whole: namespace torch stays open. Names are looked up when they are used, so that
// it needs no list of them; the same entity reached by two ways is no ambiguity.
using namespace xgrad;
namespace nn = xgrad::nn;
namespace optim = xgrad::optim;
namespace data = xgrad::data;
namespace autograd = xgrad::autograd;

using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;

inline constexpr ScalarType kU8 = kUInt8;
inline constexpr ScalarType kI32 = kInt32;
inline constexpr ScalarType kI64 = kInt64;
inline constexpr ScalarType kF32 = kFloat32;
inline constexpr ScalarType kF64 = kFloat64;

/// There are no such devices.
namespace cuda {

inline bool is_available() { return false; }
inline bool cudnn_is_available() { return false; }
inline std::size_t device_count() { return 0; }
inline void manual_seed(std::uint64_t) {}
inline void manual_seed_all(std::uint64_t) {}
inline void synchronize(std::int64_t = -1) {}

}  // namespace cuda
}  // namespace torch

namespace at {

using namespace xgrad;

using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;

}  // namespace at

namespace c10 {

using namespace xgrad;

using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;

/// The arguments as operator<< writes them, one after the other.
template <class... Parts>
std::string str(const Parts&... parts) {
    return xgrad::detail::join(parts...);
}

}  // namespace c10

namespace xgrad::detail {

/// The message of a failed TORCH_CHECK: the program's, or else one that names the condition.
template <class... Parts>
std::string check_message(const char* condition, const Parts&... parts) {
    if constexpr (sizeof...(Parts) == 0)
        return join("Expected ", condition, " to be true, but got false.");
    else
        return join(parts...);
}

template <class... Parts>
std::string assert_message(const char* condition, const char* file, int line, const Parts&... parts) {
    return join(condition, " INTERNAL ASSERT FAILED at \"", file, "\":", line, ". ", parts...);
}

}  // namespace xgrad::detail

#define TORCH_MODULE_IMPL(Name, ImplType) XGRAD_MODULE_IMPL(Name, ImplType)
#define TORCH_MODULE(Name) XGRAD_MODULE(Name)
#define TORCH_ARG(T, name) XGRAD_ARG(T, name)

/// Throws an error of type `ErrorType` with the message of the remaining arguments unless the condition holds.
#define TORCH_CHECK_WITH(ErrorType, condition, ...)                                                          \
    do {                                                                                                     \
        if (!(condition)) [[unlikely]]                                                                       \
            throw ::xgrad::ErrorType(::xgrad::detail::check_message(#condition __VA_OPT__(, ) __VA_ARGS__)); \
    } while (false)
#define TORCH_CHECK(condition, ...) TORCH_CHECK_WITH(Error, condition __VA_OPT__(, ) __VA_ARGS__)
#define TORCH_CHECK_INDEX(condition, ...) TORCH_CHECK_WITH(IndexError, condition __VA_OPT__(, ) __VA_ARGS__)
#define TORCH_CHECK_VALUE(condition, ...) TORCH_CHECK_WITH(ValueError, condition __VA_OPT__(, ) __VA_ARGS__)
#define TORCH_CHECK_TYPE(condition, ...) TORCH_CHECK_WITH(DtypeError, condition __VA_OPT__(, ) __VA_ARGS__)
#define TORCH_CHECK_NOT_IMPLEMENTED(condition, ...) \
    TORCH_CHECK_WITH(NotImplementedError, condition __VA_OPT__(, ) __VA_ARGS__)

/// The same for what cannot happen unless the program is wrong; the message names the place.
#define TORCH_INTERNAL_ASSERT(condition, ...)                                                                \
    do {                                                                                                     \
        if (!(condition)) [[unlikely]]                                                                       \
            throw ::xgrad::Error(                                                                            \
                ::xgrad::detail::assert_message(#condition, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__)); \
    } while (false)
#ifdef NDEBUG
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) \
    do {                                      \
    } while (false)
#else
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#endif
#define AT_ASSERT(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#define AT_ASSERTM(condition, ...) TORCH_CHECK(condition, __VA_ARGS__)
#define AT_ERROR(...) throw ::xgrad::Error(::xgrad::detail::join(__VA_ARGS__))

/// Hands a warning of these parts to the handler (see xgrad::set_warning_handler).
#define TORCH_WARN(...) ::xgrad::warn(::xgrad::detail::join(__VA_ARGS__))
#define TORCH_WARN_ONCE(...)                                                        \
    do {                                                                            \
        static bool xgrad_warned = false;                                           \
        if (::xgrad::detail::warning_is_due(xgrad_warned)) TORCH_WARN(__VA_ARGS__); \
    } while (false)

/// Calls a lambda without arguments in which `scalar_t` is the type of a dtype's elements.
#define XGRAD_DISPATCH_CASE(dtype, type, ...) \
    case ::xgrad::dtype: {                    \
        using scalar_t = type;                \
        return __VA_ARGS__();                 \
    }
#define XGRAD_DISPATCH(DTYPE, NAME, CASES)                                                             \
    [&] {                                                                                              \
        const ::xgrad::ScalarType xgrad_dtype = DTYPE;                                                 \
        switch (xgrad_dtype) {                                                                         \
            CASES                                                                                      \
            default:                                                                                   \
                ::xgrad::raise<::xgrad::DtypeError>(NAME, "not implemented for '", xgrad_dtype, '\''); \
        }                                                                                              \
    }()
#define AT_DISPATCH_FLOATING_TYPES(DTYPE, NAME, ...)                 \
    XGRAD_DISPATCH(DTYPE, NAME,                                      \
                   XGRAD_DISPATCH_CASE(kFloat32, float, __VA_ARGS__) \
                       XGRAD_DISPATCH_CASE(kFloat64, double, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES(DTYPE, NAME, ...)                                                              \
    XGRAD_DISPATCH(DTYPE, NAME,                                                                              \
                   XGRAD_DISPATCH_CASE(kFloat32, float, __VA_ARGS__) XGRAD_DISPATCH_CASE(                    \
                       kFloat64, double, __VA_ARGS__) XGRAD_DISPATCH_CASE(kUInt8, std::uint8_t, __VA_ARGS__) \
                       XGRAD_DISPATCH_CASE(kInt32, std::int32_t, __VA_ARGS__)                                \
                           XGRAD_DISPATCH_CASE(kInt64, std::int64_t, __VA_ARGS__))
