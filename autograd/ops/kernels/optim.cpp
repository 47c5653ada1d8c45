#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

template <class T, bool kMomentum, bool kFirst>
void sgd_loop(const SgdStep& step, T* param, const T* grad, T* buffer, std::int64_t count) {
    using L = Lane<T, NativeArch>;
    const L rate(-step.lr), momentum(step.momentum), share(1 - step.dampening), decay(step.weight_decay);
    const bool decays = step.weight_decay != 0, nesterov = step.nesterov;
    for_each_lane<L>(count, [&](std::size_t at, auto n) {
        const auto get = [&](const T* x) { return n == L::size ? L::load(x + at) : L::load_partial(x + at, n); };
        const L p = get(param);
        L direction = get(grad);
        if (decays) direction = simd::detail::mul_add(p, decay, direction);
        if constexpr (kMomentum) {
            const L b = kFirst ? direction : simd::detail::mul_add(direction, share, get(buffer) * momentum);
            store(buffer + at, b, n);
            direction = nesterov ? simd::detail::mul_add(b, momentum, direction) : b;
        }
        store(param + at, simd::detail::mul_add(direction, rate, p), n);
    });
}

template <class T>
void sgd_kernel(const SgdStep& step, void* param, const void* grad, void* buffer, std::int64_t count) {
    const auto loop = !buffer      ? sgd_loop<T, false, false>
                      : step.first ? sgd_loop<T, true, true>
                                   : sgd_loop<T, true, false>;
    loop(step, static_cast<T*>(param), static_cast<const T*>(grad), static_cast<T*>(buffer), count);
}

void fill_optim(KernelTable& table) {
    table.sgd[0] = sgd_kernel<float>;
    table.sgd[1] = sgd_kernel<double>;
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
