#include <xgrad/autograd/ops/shape/convert.h>

#include <cstring>
#include <type_traits>

namespace xgrad::ops {

namespace {

template <class From, class To>
To convert(From v) {
    if constexpr (std::is_same_v<To, bool>)
        return v != From(0);
    else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>)
        // Out of range is undefined in C++: such values, and NaN, become the smallest number as on x86.
        return v > -9.3e18 && v < 9.2e18 ? static_cast<To>(static_cast<std::int64_t>(v)) : static_cast<To>(INT64_MIN);
    else
        return static_cast<To>(v);
}

template <class From, class To>
void run(const From* source, std::int64_t ss, To* target, std::int64_t ts, std::int64_t n) {
    if (ss == 1 && ts == 1) {
        if constexpr (std::is_same_v<From, To>)
            std::memcpy(target, source, static_cast<std::size_t>(n) * sizeof(To));
        else
            for (std::int64_t i = 0; i < n; ++i) target[i] = convert<From, To>(source[i]);
    } else if (ss == 0 && ts == 1) {
        const To v = convert<From, To>(*source);
        for (std::int64_t i = 0; i < n; ++i) target[i] = v;
    } else {
        for (std::int64_t i = 0; i < n; ++i) target[i * ts] = convert<From, To>(source[i * ss]);
    }
}

}  // namespace

void convert_run(ScalarType from, const void* source, std::int64_t source_stride, ScalarType to, void* target,
                 std::int64_t target_stride, std::int64_t n) {
    if (n == 0) return;
    visit_dtype(from, [&](auto f) {
        visit_dtype(to, [&](auto t) {
            run(static_cast<const decltype(f)*>(source), source_stride, static_cast<decltype(t)*>(target),
                target_stride, n);
        });
    });
}

}  // namespace xgrad::ops
