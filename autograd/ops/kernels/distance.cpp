#include <xgrad/autograd/ops/kernels/fold.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Norms. `term` is what a difference d contributes, `total` the distance from the sum of the terms; for the gradient g
// of a distance D, `slope` is g times the derivative of D by each difference; `factor` a number that all have.

struct CountNorm {
    explicit CountNorm(double) {}

    template <class L>
    L term(L d) const {
        return where(d == L(0.0), L(0.0), L(1.0));
    }
    template <class L>
    L total(L sum) const {
        return sum;
    }
    template <class L>
    L factor(L, L) const {
        return L(0.0);
    }
    template <class L>
    L slope(L, L, L) const {
        return L(0.0);
    }
};

struct SumNorm : CountNorm {
    using CountNorm::CountNorm;

    template <class L>
    L term(L d) const {
        return abs(d);
    }
    template <class L>
    L factor(L g, L) const {
        return g;
    }
    template <class L>
    L slope(L factor, L d, L) const {
        return factor * sign(d);
    }
};

struct EuclideanNorm : CountNorm {
    using CountNorm::CountNorm;

    template <class L>
    L term(L d) const {
        return d * d;
    }
    template <class L>
    L total(L sum) const {
        return sqrt(sum);
    }
    template <class L>
    L factor(L g, L distance) const {
        return g / distance;
    }
    template <class L>
    L slope(L factor, L d, L) const {
        return factor * d;
    }
};

struct MaximumNorm : SumNorm {
    using SumNorm::SumNorm;

    template <class L>
    L slope(L factor, L d, L distance) const {
        return where(abs(d) == distance, factor * sign(d), L(0.0));
    }
};

struct PowerNorm {
    double p;

    explicit PowerNorm(double order) : p(order) {}

    template <class L>
    L term(L d) const {
        return pow(abs(d), L(p));
    }
    template <class L>
    L total(L sum) const {
        return pow(sum, L(1 / p));
    }
    template <class L>
    L factor(L g, L distance) const {
        return g / pow(distance, L(p - 1));
    }
    template <class L>
    L slope(L factor, L d, L) const {
        return where(d == L(0.0), L(0.0), factor * sign(d) * pow(abs(d), L(p - 1)));
    }
};

template <class T, class Norm>
void forward(const DistanceRow& row, const void* first, const void* second, void* out) {
    using L = Lane<T, NativeArch>;
    const Norm norm(row.p);
    const T* a = static_cast<const T*>(first);
    for (std::int64_t j = 0; j < row.count; ++j) {
        const T* b = static_cast<const T*>(second) + j * row.m;
        const auto term = [&](std::size_t at, auto count) {
            return norm.term(load_some<L>(a + at, count, 0) - load_some<L>(b + at, count, 0));
        };
        L sum = 0;
        if constexpr (std::is_same_v<Norm, MaximumNorm>) {
            for_each_lane<L>(row.m, [&](std::size_t at, auto count) { sum = maximum(sum, term(at, count)); });
            sum = across<MaxFold>(sum);
        } else {
            sum = across<SumFold>(sum_lanes<L>(row.m, term));
        }
        static_cast<T*>(out)[j] = first_element(norm.total(sum));
    }
}

template <class T, class Norm>
void backward(const DistanceRow& row, const void* gradient, const void* distances, const void* first,
              const void* second, void* out) {
    using L = Lane<T, NativeArch>;
    const Norm norm(row.p);
    const T* a = static_cast<const T*>(first);
    T* da = static_cast<T*>(out);
    for_each_lane<L>(row.m, [&](std::size_t at, auto count) { store(da + at, L(0.0), count); });
    for (std::int64_t j = 0; j < row.count; ++j) {
        const T* b = static_cast<const T*>(second) + j * row.m;
        const T length = static_cast<const T*>(distances)[j];
        if (length == 0) continue;
        const L distance = static_cast<double>(length);
        const L factor = norm.factor(L(static_cast<double>(static_cast<const T*>(gradient)[j])), distance);
        for_each_lane<L>(row.m, [&](std::size_t at, auto count) {
            const L d = load_some<L>(a + at, count) - load_some<L>(b + at, count);
            store(da + at, load_some<L>(da + at, count) + norm.slope(factor, d, distance), count);
        });
    }
}

/// Calls f<Norm>() with the norm of order p.
template <class F>
void with_norm(double p, F f) {
    if (p == 0) return f.template operator()<CountNorm>();
    if (p == 1) return f.template operator()<SumNorm>();
    if (p == 2) return f.template operator()<EuclideanNorm>();
    if (p == kInfinity) return f.template operator()<MaximumNorm>();
    f.template operator()<PowerNorm>();
}

template <class T>
void any_forward(const DistanceRow& row, const void* a, const void* b, void* out) {
    with_norm(row.p, [&]<class Norm>() { forward<T, Norm>(row, a, b, out); });
}

template <class T>
void any_backward(const DistanceRow& row, const void* g, const void* distances, const void* a, const void* b,
                  void* da) {
    with_norm(row.p, [&]<class Norm>() { backward<T, Norm>(row, g, distances, a, b, da); });
}

}  // namespace

void fill_distance(KernelTable& table) {
    table.distance[0] = {any_forward<float>, any_backward<float>};
    table.distance[1] = {any_forward<double>, any_backward<double>};
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
