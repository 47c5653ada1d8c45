#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <xgrad/autograd/ops/simd/simd_math.h>

/// What the tests of lanes and of their mathematics share.
namespace xgrad::simd {

template <class T>
using L = Lane<T, xsimd::default_arch>;
template <class T>
using M = Mask<T, xsimd::default_arch>;

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kQuiet = std::numeric_limits<double>::quiet_NaN();

template <class T>
T at(L<T> x, std::size_t i = 0) {
    std::array<T, L<T>::size> values;
    x.store(values.data());
    return values[i];
}

template <class T>
bool at(M<T> m, std::size_t i = 0) {
    std::array<bool, M<T>::size> values;
    m.store(values.data());
    return values[i];
}

template <class T>
bool same(T a, T b) {
    return (a != a && b != b) || (a == b && std::signbit(a) == std::signbit(b));
}

template <class T>
std::vector<T> special_values() {
    using Limits = std::numeric_limits<T>;
    std::vector<T> values{0,
                          1e-30F,
                          1,
                          2,
                          0.5F,
                          0.25F,
                          1.5F,
                          2.5F,
                          3,
                          8,
                          1000,
                          20,
                          100,
                          1e4F,
                          1e30F,
                          Limits::infinity(),
                          Limits::denorm_min(),
                          100 * Limits::denorm_min(),
                          Limits::min(),
                          Limits::max(),
                          Limits::epsilon(),
                          1 + Limits::epsilon(),
                          1 - Limits::epsilon() / 2};
    const std::size_t count = values.size();
    for (std::size_t i = 0; i < count; ++i) values.push_back(-values[i]);
    values.push_back(Limits::quiet_NaN());
    return values;
}

}  // namespace xgrad::simd
