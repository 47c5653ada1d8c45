// What check.py looks at in a debugger.
#include <xgrad.h>

#include <cmath>

using namespace xgrad;

namespace {

/// Where the debugger stops.
[[gnu::noinline]] void stop_here(const Tensor&) { asm volatile(""); }

struct Twice : autograd::Function<Twice> {
    static Tensor forward(autograd::AutogradContext*, const Tensor& x) { return x * 2; }
    static TensorList backward(autograd::AutogradContext*, const TensorList& grads) { return {grads[0] * 2}; }
};

struct NetImpl : nn::Module {
    NetImpl() { fc = register_module("fc", nn::Linear(2, 1)); }
    nn::Linear fc{nullptr};
};
using Net = nn::ModuleHolder<NetImpl>;

}  // namespace

int main() {
    [[maybe_unused]] const Tensor undefined;
    const Tensor number = tensor(1.5);
    const Tensor matrix = tensor({1., 2., 3., 4., 5., 6.}, kFloat64).view({2, 3});
    [[maybe_unused]] const Tensor transposed = matrix.t();
    [[maybe_unused]] const Tensor part = matrix.slice(0, 1, 2).slice(1, 0, 3, 2);
    [[maybe_unused]] const Tensor bools = matrix > 3;
    [[maybe_unused]] const Tensor bytes = tensor({0, 255}, kUInt8);
    [[maybe_unused]] const Tensor ints = tensor({-1, 2}, kInt32);
    [[maybe_unused]] const Tensor longs = arange(1000);
    [[maybe_unused]] const Tensor special = tensor({NAN, INFINITY, -0.0}, kFloat32);
    [[maybe_unused]] const Tensor none = zeros({0, 3});
    [[maybe_unused]] const Tensor expanded = number.expand({2, 2});
    [[maybe_unused]] const Tensor deep = arange(8).view({1, 2, 1, 2, 1, 2});
    const Tensor leaf = tensor({0.5, 1.5}, requires_grad());
    const Tensor result = leaf.tanh();
    [[maybe_unused]] const Tensor joined = cat({result, leaf});
    [[maybe_unused]] const Tensor selected = result[0];
    [[maybe_unused]] const Tensor logged = leaf.log1p();
    [[maybe_unused]] const Tensor softened = leaf.log_softmax(0);
    [[maybe_unused]] const TensorList list{number, leaf};
    [[maybe_unused]] const Scalar half = 0.5, seven = 7, yes = true;
    [[maybe_unused]] const IntArrayRef sizes = matrix.sizes();
    [[maybe_unused]] const Net net, empty{nullptr};
    [[maybe_unused]] const Tensor own = Twice::apply(leaf);
    [[maybe_unused]] const Tensor sliced = result.slice(0, 0, 1);
    const void* bits = reinterpret_cast<const void*>(std::uintptr_t{8});
    [[maybe_unused]] const Tensor& garbage = reinterpret_cast<const Tensor&>(bits);
    stop_here(result);
}
