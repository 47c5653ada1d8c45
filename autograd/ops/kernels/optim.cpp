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

template <class T, bool kLargest>
void adam_loop(const AdamStep& step, T* param, const T* grad, T* mean, T* mean_square, T* largest, std::int64_t count) {
    using L = Lane<T, NativeArch>;
    using simd::detail::mul_add;
    const L beta1(step.beta1), share1(1 - step.beta1), beta2(step.beta2), share2(1 - step.beta2), eps(step.eps);
    const L rate(-step.step_size), scale(step.root_scale), decay(step.weight_decay), shrinkage(step.shrinkage);
    const bool decays = step.weight_decay != 0;
    for_each_lane<L>(count, [&](std::size_t at, auto n) {
        const auto get = [&](const T* x) { return n == L::size ? L::load(x + at) : L::load_partial(x + at, n); };
        const L p = get(param) * shrinkage, g = decays ? mul_add(p, decay, get(grad)) : get(grad);
        const L m = mul_add(g, share1, get(mean) * beta1), v = mul_add(g * share2, g, get(mean_square) * beta2);
        L square = v;
        if constexpr (kLargest) {
            square = maximum(get(largest), v);
            store(largest + at, square, n);
        }
        store(mean + at, m, n);
        store(mean_square + at, v, n);
        store(param + at, mul_add(m / mul_add(sqrt(square), scale, eps), rate, p), n);
    });
}

template <class T>
void adam_kernel(const AdamStep& step, void* param, const void* grad, void* mean, void* mean_square, void* largest,
                 std::int64_t count) {
    const auto loop = largest ? adam_loop<T, true> : adam_loop<T, false>;
    loop(step, static_cast<T*>(param), static_cast<const T*>(grad), static_cast<T*>(mean), static_cast<T*>(mean_square),
         static_cast<T*>(largest), count);
}

template <class T>
void rmsprop_kernel(const RmspropStep& step, void* param, const void* grad, void* mean_square, void* mean, void* buffer,
                    std::int64_t count) {
    using L = Lane<T, NativeArch>;
    using simd::detail::mul_add;
    const L alpha(step.alpha), share(1 - step.alpha), eps(step.eps), rate(-step.lr), decay(step.weight_decay);
    const L momentum(step.momentum);
    const bool decays = step.weight_decay != 0;
    for_each_lane<L>(count, [&](std::size_t at, auto n) {
        const auto here = [&](void* x) { return static_cast<T*>(x) + at; };
        const auto get = [&](const T* x) { return n == L::size ? L::load(x) : L::load_partial(x, n); };
        const L p = get(here(param)), gradient = get(static_cast<const T*>(grad) + at);
        const L g = decays ? mul_add(p, decay, gradient) : gradient;
        const L v = mul_add(g * share, g, get(here(mean_square)) * alpha);
        store(here(mean_square), v, n);
        L square = v;
        if (mean) {
            const L m = mul_add(g, share, get(here(mean)) * alpha);
            store(here(mean), m, n);
            square = maximum(v - m * m, L(0.0));
        }
        L direction = g / (sqrt(square) + eps);
        if (buffer) {
            direction = mul_add(get(here(buffer)), momentum, direction);
            store(here(buffer), direction, n);
        }
        store(here(param), mul_add(direction, rate, p), n);
    });
}

template <class T>
void adagrad_kernel(const AdagradStep& step, void* param, const void* grad, void* sum, std::int64_t count) {
    using L = Lane<T, NativeArch>;
    using simd::detail::mul_add;
    const L eps(step.eps), rate(-step.lr), decay(step.weight_decay);
    const bool decays = step.weight_decay != 0;
    for_each_lane<L>(count, [&](std::size_t at, auto n) {
        const auto here = [&](void* x) { return static_cast<T*>(x) + at; };
        const auto get = [&](const T* x) { return n == L::size ? L::load(x) : L::load_partial(x, n); };
        const L p = get(here(param)), gradient = get(static_cast<const T*>(grad) + at);
        const L g = decays ? mul_add(p, decay, gradient) : gradient;
        const L s = mul_add(g, g, get(here(sum)));
        store(here(sum), s, n);
        store(here(param), mul_add(g / (sqrt(s) + eps), rate, p), n);
    });
}

void fill_optim(KernelTable& table) {
    table.sgd[0] = sgd_kernel<float>;
    table.sgd[1] = sgd_kernel<double>;
    table.adam[0] = adam_kernel<float>;
    table.adam[1] = adam_kernel<double>;
    table.rmsprop[0] = rmsprop_kernel<float>;
    table.rmsprop[1] = rmsprop_kernel<double>;
    table.adagrad[0] = adagrad_kernel<float>;
    table.adagrad[1] = adagrad_kernel<double>;
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
