#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <xgrad/autograd/tensor.h>

namespace xgrad {

namespace indexing {

struct None_t {};      // NOLINT(readability-identifier-naming): libtorch's name
struct Ellipsis_t {};  // NOLINT(readability-identifier-naming): libtorch's name
/// A new dimension of size 1.
inline constexpr None_t None{};
/// As many full slices as it takes; also written "...".
inline constexpr Ellipsis_t Ellipsis{};

/// start:stop:step over one dimension, as in Python; absent ends mean the whole, the step is positive.
struct Slice {
    Slice() = default;
    Slice(std::optional<std::int64_t> from, std::optional<std::int64_t> to = std::nullopt, std::int64_t by = 1)
        : start(from), stop(to), step(by) {}
    Slice(None_t, std::optional<std::int64_t> to = std::nullopt, std::int64_t by = 1) : stop(to), step(by) {}
    Slice(std::optional<std::int64_t> from, None_t, std::int64_t by = 1) : start(from), step(by) {}
    Slice(None_t, None_t, std::int64_t by = 1) : step(by) {}

    std::optional<std::int64_t> start, stop;
    std::int64_t step = 1;
};

/// One index of `x.index({...})`: None, Ellipsis, an integer, a bool, a Slice, or a tensor (int64 or bool mask).
class TensorIndex {
  public:
    enum class Kind { kNone, kEllipsis, kInteger, kBoolean, kSlice, kTensor };

    TensorIndex(None_t) : kind(Kind::kNone) {}
    TensorIndex(Ellipsis_t) : kind(Kind::kEllipsis) {}
    /// "..." only; anything else throws ValueError.
    TensorIndex(const char* ellipsis);
    TensorIndex(int i) : TensorIndex(static_cast<std::int64_t>(i)) {}
    TensorIndex(std::int64_t i) : kind(Kind::kInteger), integer(i) {}
    TensorIndex(bool b) : kind(Kind::kBoolean), integer(b) {}
    TensorIndex(Slice s) : kind(Kind::kSlice), slice(s) {}
    TensorIndex(Tensor t) : kind(Kind::kTensor), tensor(std::move(t)) {}

    Kind kind;
    std::int64_t integer = 0;
    Slice slice;
    Tensor tensor;
};

}  // namespace indexing
}  // namespace xgrad
