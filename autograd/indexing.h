#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <optional>
#include <vector>

#include <xgrad/autograd/tensor.h>

namespace xgrad {

namespace indexing {

struct None_t {};      // NOLINT(readability-identifier-naming): libtorch's name
struct Ellipsis_t {};  // NOLINT(readability-identifier-naming): libtorch's name
using EllipsisIndexType = Ellipsis_t;
/// A new dimension of size 1; std::nullopt means the same.
inline constexpr None_t None{};
/// As many full slices as it takes; also written "...".
inline constexpr Ellipsis_t Ellipsis{};

inline constexpr std::int64_t INDEX_MIN = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t INDEX_MAX = std::numeric_limits<std::int64_t>::max();

/// start:stop:step over one dimension, as in Python; absent ends mean the whole, the step is positive.
struct Slice {
    Slice(std::optional<std::int64_t> start = std::nullopt, std::optional<std::int64_t> stop = std::nullopt,
          std::optional<std::int64_t> step = std::nullopt)
        : start_(start.value_or(0)), stop_(stop.value_or(INDEX_MAX)), step_(step.value_or(1)) {}
    Slice(None_t, std::optional<std::int64_t> stop = std::nullopt, std::optional<std::int64_t> step = std::nullopt)
        : Slice(std::nullopt, stop, step) {}
    Slice(std::optional<std::int64_t> start, None_t, std::optional<std::int64_t> step = std::nullopt)
        : Slice(start, std::nullopt, step) {}
    Slice(None_t, None_t, std::optional<std::int64_t> step = std::nullopt) : Slice(std::nullopt, std::nullopt, step) {}

    std::int64_t start() const { return start_; }
    /// INDEX_MAX for the end.
    std::int64_t stop() const { return stop_; }
    std::int64_t step() const { return step_; }

  private:
    std::int64_t start_, stop_, step_;
};

/// One index of `x.index({...})`: None, Ellipsis, an integer, a bool, a Slice, or a tensor of positions (int64 or
/// int32, negative ones counted from the end) or a mask (bool or uint8).
class TensorIndex {
  public:
    enum class Kind { kNone, kEllipsis, kInteger, kBoolean, kSlice, kTensor };

    TensorIndex(None_t) : kind_(Kind::kNone) {}
    TensorIndex(std::nullopt_t) : kind_(Kind::kNone) {}
    TensorIndex(Ellipsis_t) : kind_(Kind::kEllipsis) {}
    /// "..." only; anything else throws ValueError.
    TensorIndex(const char* ellipsis);
    TensorIndex(int i) : TensorIndex(static_cast<std::int64_t>(i)) {}
    TensorIndex(std::int64_t i) : kind_(Kind::kInteger), integer_(i) {}
    TensorIndex(bool b) : kind_(Kind::kBoolean), integer_(b) {}
    TensorIndex(Slice s) : kind_(Kind::kSlice), slice_(s) {}
    TensorIndex(Tensor t) : kind_(Kind::kTensor), tensor_(std::move(t)) {}

    Kind kind() const { return kind_; }
    bool is_none() const { return kind_ == Kind::kNone; }
    bool is_ellipsis() const { return kind_ == Kind::kEllipsis; }
    bool is_integer() const { return kind_ == Kind::kInteger; }
    bool is_boolean() const { return kind_ == Kind::kBoolean; }
    bool is_slice() const { return kind_ == Kind::kSlice; }
    bool is_tensor() const { return kind_ == Kind::kTensor; }
    // Meaningful for an index of that type only.
    std::int64_t integer() const { return integer_; }
    bool boolean() const { return integer_ != 0; }
    const Slice& slice() const { return slice_; }
    const Tensor& tensor() const { return tensor_; }

  private:
    Kind kind_;
    std::int64_t integer_ = 0;
    Slice slice_;
    Tensor tensor_;
};

std::ostream& operator<<(std::ostream& out, const Slice& slice);
std::ostream& operator<<(std::ostream& out, const TensorIndex& index);
std::ostream& operator<<(std::ostream& out, const std::vector<TensorIndex>& indices);

}  // namespace indexing
}  // namespace xgrad
