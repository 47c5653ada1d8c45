#pragma once

#include <limits>
#include <utility>

#include <xgrad/autograd/ops/kernels/elementwise.h>

/// Folding the elements of a row into one. Included by kernel files only.
namespace xgrad::ops::XGRAD_KERNEL_ARCH {

struct SumFold {
    template <class T>
    static constexpr T kUnit = T(0);
    template <class V>
    static V first(V x) {
        return x;
    }
    template <class V>
    static V join(V a, V b) {
        return a + b;
    }
};

struct SumOfSquaresFold : SumFold {
    template <class V>
    static V first(V x) {
        return x * x;
    }
};

/// NaN wins.
struct MaxFold : SumFold {
    template <class T>
    static constexpr T kUnit = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::lowest();
    template <class V>
    static V join(V a, V b) {
        if constexpr (std::is_arithmetic_v<V>)
            return a > b ? a : b;
        else
            return maximum(a, b);
    }
};

struct MinFold : SumFold {
    template <class T>
    static constexpr T kUnit = std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::max();
    template <class V>
    static V join(V a, V b) {
        if constexpr (std::is_arithmetic_v<V>)
            return a < b ? a : b;
        else
            return minimum(a, b);
    }
};

/// A fold of absolute values.
template <class F>
struct OfAbs : F {
    template <class V>
    static V first(V x) {
        return abs(x);
    }
};

struct ProductFold : SumFold {
    template <class T>
    static constexpr T kUnit = T(1);
    template <class V>
    static V join(V a, V b) {
        return a * b;
    }
};

/// True in the first n elements of a lane.
template <class L>
auto first_elements(std::size_t n) {
    using T = typename L::Value;
    alignas(64) static constexpr T kPositions[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static_assert(L::size <= std::size(kPositions));
    return L::load(kPositions) < static_cast<double>(n);
}

template <class L>
L load_some(const typename L::Value* x, std::size_t n) {
    return n == L::size ? L::load(x) : L::load_partial(x, n);
}
/// The same with `fill` in the elements from n on.
template <class L>
L load_some(const typename L::Value* x, std::size_t n, L fill) {
    return n == L::size ? L::load(x) : where(first_elements<L>(n), L::load_partial(x, n), fill);
}

template <std::size_t Distance, class L, std::size_t... I>
L exchange(L x, std::index_sequence<I...>) {
    const typename L::Batch::register_type v = x.v;
    return typename L::Batch(__builtin_shufflevector(v, v, (I ^ Distance)...));
}

/// The fold of the elements of a lane, in each of its elements.
template <class F, std::size_t Distance, class L>
L across(L x) {
    if constexpr (Distance == 0)
        return x;
    else
        return across<F, Distance / 2>(F::join(x, exchange<Distance>(x, std::make_index_sequence<L::size>())));
}
template <class F, class L>
L across(L x) {
    return across<F, L::size / 2>(x);
}

template <class L>
typename L::Value first_element(L x) {
    const typename L::Batch::register_type v = x.v;
    return v[0];
}

/// Two sums made in one pass.
template <class L>
struct Pair {
    L first, second;

    explicit Pair(double both) : first(both), second(both) {}
    Pair(L a, L b) : first(a), second(b) {}
    Pair& operator+=(Pair other) {
        first += other.first;
        second += other.second;
        return *this;
    }
};

/// The sum of term(at, count) over the lanes of a row of n; beyond `count` a term is zero. Four chains hide the latency
/// of an addition, blocks keep rounding errors small.
template <class L, class Term>
auto sum_lanes(std::int64_t n, Term term) {
    using Sum = decltype(term(std::size_t{}, std::size_t{}));
    constexpr std::size_t kBlock = 64 * L::size;
    constexpr std::integral_constant<std::size_t, L::size> whole;
    const auto length = static_cast<std::size_t>(n);
    Sum total(0);
    for (std::size_t begin = 0; begin < length; begin += kBlock) {
        const std::size_t end = length - begin < kBlock ? length : begin + kBlock;
        Sum a(0), b(0), c(0), d(0);
        std::size_t at = begin;
        for (; at + 4 * L::size <= end; at += 4 * L::size) {
            a += term(at, whole);
            b += term(at + L::size, whole);
            c += term(at + 2 * L::size, whole);
            d += term(at + 3 * L::size, whole);
        }
        for (; at + L::size <= end; at += L::size) a += term(at, whole);
        if (at < end) b += term(at, end - at);
        a += b;
        c += d;
        a += c;
        total += a;
    }
    return total;
}

/// n elements folded into one lane by four chains, to hide the latency of an operation.
template <class F, class L>
L fold_lanes(const typename L::Value* x, std::size_t n) {
    const double unit = static_cast<double>(F::template kUnit<typename L::Value>);
    L a = unit, b = unit, c = unit, d = unit;
    std::size_t at = 0;
    for (; at + 4 * L::size <= n; at += 4 * L::size) {
        a = F::join(a, F::first(L::load(x + at)));
        b = F::join(b, F::first(L::load(x + at + L::size)));
        c = F::join(c, F::first(L::load(x + at + 2 * L::size)));
        d = F::join(d, F::first(L::load(x + at + 3 * L::size)));
    }
    for (; at + L::size <= n; at += L::size) a = F::join(a, F::first(L::load(x + at)));
    if (at < n) b = F::join(b, where(first_elements<L>(n - at), F::first(load_some<L>(x + at, n - at)), L(unit)));
    return F::join(F::join(a, b), F::join(c, d));
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
