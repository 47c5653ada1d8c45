// Runs both users as far as the processor can, and compares with the operations on tensors.
#include "formula.h"

#include <iostream>

namespace {

using Function = xgrad::Tensor (*)(const xgrad::Tensor&, const xgrad::Tensor&);

/// Value, gradients and a second derivative.
xgrad::TensorList derivatives(Function f, xgrad::ScalarType dtype) {
    const auto x = xgrad::linspace(-2, 2, 1003, dtype).requires_grad_();
    const auto b = xgrad::linspace(1, -1, 1003, dtype).requires_grad_();
    const auto y = f(x, b);
    auto all = xgrad::autograd::grad({y.sum()}, {x, b}, {}, true);
    const auto slope = xgrad::autograd::grad({y.sum()}, {x}, {}, true, true)[0];
    all.push_back(xgrad::autograd::grad({slope.sum()}, {b})[0]);
    all.push_back(y.detach());
    return all;
}

bool is_right(const char* name, Function f) {
    const Function reference = [](const xgrad::Tensor& x, const xgrad::Tensor& b) { return Formula()(x, b); };
    bool right = true;
    for (const auto dtype : {xgrad::kFloat32, xgrad::kFloat64}) {
        const auto found = derivatives(f, dtype), expected = derivatives(reference, dtype);
        for (std::size_t i = 0; i < found.size(); ++i)
            right &= found[i].allclose(expected[i], dtype == xgrad::kFloat32 ? 1e-5 : 1e-12, 1e-6);
    }
    std::cout << name << (right ? ": right\n" : ": wrong\n");
    return right;
}

}  // namespace

int main() {
    constexpr int kSkipped = 77;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return kSkipped;
    bool right = is_right("AVX2", avx2::formula);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        right &= is_right("AVX-512", avx512::formula);
    return right ? 0 : 1;
}
