// The bridge to xtensor, compiled with the consumer's flags: an expression in, a view without a copy out.
#include <iostream>

#include <xgrad.h>
#include <xgrad/autograd/xtensor.h>

int main() {
    const xt::xarray<float> x = {{1, 2}, {3, 4}};
    auto tensor = xgrad::from_xarray(2 * x + 1).requires_grad_();
    (tensor * tensor).sum().backward();
    const xt::xarray<float> gradient = xgrad::as_xarray<float>(tensor.grad());
    std::cout << "gradient " << tensor.grad() << '\n';
    return xt::allclose(gradient, 2 * (2 * x + 1)) ? 0 : 1;
}
