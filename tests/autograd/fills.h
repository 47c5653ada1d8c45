#pragma once

#include <xgrad/autograd/generator.h>

#include <cstdint>
#include <vector>

// The raw fills, as functions that return what they filled.

namespace fills {

using xgrad::Generator;
namespace fill = xgrad::detail;

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

using Doubles = std::vector<double>;

template <class T>
Doubles widen(const std::vector<T>& v) {
    return Doubles(v.begin(), v.end());
}

template <class T>
std::vector<T> uniform(const Generator& g, std::int64_t n, double from = 0, double to = 1) {
    std::vector<T> v(at(n));
    fill::uniform(v.data(), n, from, to, g);
    return v;
}

template <class T>
std::vector<T> normal(const Generator& g, std::int64_t n, double mean = 0, double std = 1) {
    std::vector<T> v(at(n));
    fill::normal(v.data(), n, mean, std, g);
    return v;
}

template <class T>
std::vector<T> randint(const Generator& g, std::int64_t n, std::int64_t from, std::int64_t to) {
    std::vector<T> v(at(n));
    fill::random_from_to(v.data(), n, static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from), from, g);
    return v;
}

inline std::vector<std::int64_t> randperm(const Generator& g, std::int64_t n) {
    std::vector<std::int64_t> v(at(n));
    fill::randperm(v.data(), n, g);
    return v;
}

template <class T>
std::vector<T> bernoulli(const Generator& g, std::int64_t n, double p) {
    std::vector<T> v(at(n));
    fill::bernoulli(v.data(), n, p, g);
    return v;
}

}  // namespace fills
