#pragma once

#include <array>
#include <cstdint>

#include <xgrad/autograd/dtype.h>
#include <xgrad/autograd/shape.h>

namespace xgrad::ops {

/// One number for each spatial dimension; those that are missing come first.
using Triple = std::array<std::int64_t, 3>;

/// A list of `dims` numbers, or one for all; the others are `missing`.
inline Triple expand_triple(IntArrayRef list, std::size_t dims, std::int64_t missing) {
    Triple out = {missing, missing, missing};
    for (std::size_t d = 0; d < dims; ++d) out[3 - dims + d] = list[list.size() == 1 ? 0 : d];
    return out;
}

/// The last `dims` sizes, the others 1.
inline Triple last_triple(IntArrayRef sizes, std::size_t dims) {
    return expand_triple(sizes.slice(sizes.size() - dims, dims), dims, 1);
}

inline std::int64_t product(const Triple& x) { return x[0] * x[1] * x[2]; }

inline std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
/// Rounded towards minus infinity.
inline std::int64_t divide_down(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

/// Calls f with a number of the type that the floating-point `dtype` stands for.
template <class F>
void visit_float(ScalarType dtype, F f) {
    if (dtype == kFloat64)
        f(double{});
    else
        f(float{});
}

}  // namespace xgrad::ops
