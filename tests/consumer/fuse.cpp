// A fused function, compiled with the consumer's flags and its xsimd.
#include <iostream>

#include <xgrad.h>
#include <xgrad/autograd/fuse.h>

int main() {
    const auto swish = [](const auto& x, const auto& slope) { return x / (exp(-x * slope) + 1.0); };
    auto x = xgrad::linspace(-2, 2, 101).requires_grad_(), slope = xgrad::ones({}).requires_grad_();
    const auto y = xgrad::fuse(swish, x, slope), expected = swish(x, slope);
    const auto gradients = xgrad::autograd::grad({y.sum()}, {x, slope});
    const auto others = xgrad::autograd::grad({expected.sum()}, {x, slope});
    std::cout << "gradient " << gradients[1] << '\n';
    const bool agree = y.allclose(expected) && gradients[0].allclose(others[0]) && gradients[1].allclose(others[1]);
    return agree ? 0 : 1;
}
