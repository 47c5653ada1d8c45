#pragma once

#include <utility>

/// A member of an options class: `XGRAD_ARG(double, lr) = 0.1;` gives `options.lr(0.5)`, which sets it and returns the
/// options, and `options.lr()`, which reads it.
#define XGRAD_ARG(T, name)                    \
  public:                                     \
    auto name(T new_value)->decltype(*this) { \
        name##_ = std::move(new_value);       \
        return *this;                         \
    }                                         \
    const T& name() const { return name##_; } \
    T& name() { return name##_; }             \
                                              \
  private:                                    \
    T name##_
