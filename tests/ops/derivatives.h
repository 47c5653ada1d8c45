#pragma once

#include <doctest/doctest.h>

#include <xgrad/autograd/gradcheck.h>

#include "samples.h"

namespace samples {

/// Values from -2 to 2 in a random order: no two alike, none near zero.
inline xgrad::Tensor distinct(xgrad::IntArrayRef sizes, std::uint64_t seed) {
    std::int64_t n = 1;
    for (const auto s : sizes) n *= s;
    const xgrad::Tensor order = xgrad::randperm(n, xgrad::Generator(seed)).to(xgrad::kFloat64);
    return ((order + 0.6) * (4.0 / static_cast<double>(n + 1)) - 2.0).reshape(sizes);
}

/// Checks the derivatives of first and second order of `call` at float64 inputs of the given shapes, contiguous,
/// transposed and cut out of larger ones; and that a derivative that is slightly wrong does not pass.
inline void check_derivatives(const std::function<xgrad::Tensor(const xgrad::TensorList&)>& call,
                              const std::vector<std::vector<std::int64_t>>& shapes) {
    for (const auto arrangement : {Arrangement::kContiguous, Arrangement::kTransposed, Arrangement::kSliced}) {
        CAPTURE(static_cast<int>(arrangement));
        xgrad::TensorList inputs;
        for (std::size_t i = 0; i < shapes.size(); ++i)
            inputs.push_back(lay_out(distinct(shapes[i], 17 + i), arrangement).requires_grad_());
        CHECK(xgrad::autograd::gradcheck(call, inputs));
        CHECK(xgrad::autograd::gradgradcheck(call, inputs));
        if (inputs[0].numel() == 0) continue;
        xgrad::autograd::GradcheckOptions wrong;
        wrong.analytic_scale = 1 + 1e-4;
        wrong.raise_exception = false;
        CHECK(!xgrad::autograd::gradcheck(call, inputs, wrong));
    }
}

}  // namespace samples
