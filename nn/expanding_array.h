#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/shape.h>

namespace xgrad {

/// D numbers, as options of D-dimensional layers take them: {1, 2} or one number for all. Another count throws
/// ValueError.
template <std::size_t D, class T = std::int64_t>
class ExpandingArray {
  public:
    ExpandingArray(std::initializer_list<T> list) { assign(list.begin(), list.size()); }
    ExpandingArray(const std::vector<T>& list) { assign(list.data(), list.size()); }
    ExpandingArray(IntArrayRef list) requires std::same_as<T, std::int64_t> { assign(list.data(), list.size()); }
    ExpandingArray(T single) { values_.fill(single); }
    ExpandingArray(const std::array<T, D>& values) : values_(values) {}

    std::array<T, D>& operator*() { return values_; }
    const std::array<T, D>& operator*() const { return values_; }
    std::array<T, D>* operator->() { return &values_; }
    const std::array<T, D>* operator->() const { return &values_; }
    operator IntArrayRef() const requires std::same_as<T, std::int64_t> { return values_; }
    std::size_t size() const { return D; }

  private:
    void assign(const T* values, std::size_t count) {
        if (count != D) raise<ValueError>("ExpandingArray", "Expected ", D, " values, but instead got ", count);
        std::copy(values, values + count, values_.begin());
    }

    std::array<T, D> values_;
};

/// "[1, 2]", or the number if there is but one.
template <std::size_t D, class T>
std::ostream& operator<<(std::ostream& out, const ExpandingArray<D, T>& list) {
    if (D > 1) out << '[';
    for (std::size_t i = 0; i < D; ++i) out << (i > 0 ? ", " : "") << (*list)[i];
    return D > 1 ? out << ']' : out;
}

/// The same of numbers that may be missing.
template <std::size_t D>
class ExpandingArrayWithOptionalElem : public ExpandingArray<D, std::optional<std::int64_t>> {
  public:
    using Base = ExpandingArray<D, std::optional<std::int64_t>>;
    using Base::Base;
    ExpandingArrayWithOptionalElem(std::initializer_list<std::int64_t> list)
        : Base(std::vector<std::optional<std::int64_t>>(list.begin(), list.end())) {}
    ExpandingArrayWithOptionalElem(IntArrayRef list)
        : Base(std::vector<std::optional<std::int64_t>>(list.begin(), list.end())) {}
    ExpandingArrayWithOptionalElem(std::int64_t single) : Base(std::optional<std::int64_t>(single)) {}
};

/// "[1, None]".
template <std::size_t D>
std::ostream& operator<<(std::ostream& out, const ExpandingArrayWithOptionalElem<D>& list) {
    const auto word = [](std::optional<std::int64_t> n) { return n ? std::to_string(*n) : "None"; };
    if (D > 1) out << '[';
    for (std::size_t i = 0; i < D; ++i) out << (i > 0 ? ", " : "") << word((*list)[i]);
    return D > 1 ? out << ']' : out;
}

}  // namespace xgrad
