#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <xgrad/autograd/shape.h>

namespace xgrad {

/// A view of a list that lives elsewhere. As libtorch's.
template <class T>
class ArrayRef : public std::span<const T> {
  public:
    using std::span<const T>::span;
    // The list lives until the end of the full expression, as every argument of this type does.
    ArrayRef(const std::initializer_list<T>& list) : std::span<const T>(std::data(list), list.size()) {}
    ArrayRef(const T& one) : std::span<const T>(&one, 1) {}

    std::vector<T> vec() const { return {this->begin(), this->end()}; }
};

/// The list of integers that shapes are given by.
template <>
class ArrayRef<std::int64_t> : public IntArrayRef {
  public:
    using IntArrayRef::IntArrayRef;
    ArrayRef(IntArrayRef list) : IntArrayRef(list) {}
};

}  // namespace xgrad
