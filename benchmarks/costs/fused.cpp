// Three functions in one pass each.
#include <xgrad.h>
#include <xgrad/autograd/fuse.h>

int main() {
    const auto x = xgrad::randn({64}, xgrad::requires_grad()), b = xgrad::randn({64});
    const auto y = xgrad::fuse([](auto u, auto v) { return tanh(u * 2.0 + v) * u; }, x, b);
    const auto z = xgrad::fuse([](auto u, auto v) { return where(u > v, exp(-u), sqrt(v * v + 1)); }, y, b);
    const auto loss = xgrad::fuse([](auto u) { return gelu(u) + pow(u, 3); }, z).sum();
    loss.backward();
    return x.grad().isfinite().all().item<bool>() ? 0 : 1;
}
