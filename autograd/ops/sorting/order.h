#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/ops/indexing/index_walk.h>
#include <xgrad/autograd/pool_allocator.h>

/// Lines along one dimension of a tensor, and the order of their elements.
namespace xgrad::ops {

/// The lines of a strided tensor along `dim`. A tensor without dimensions is one line of one element.
class LineAxes {
  public:
    LineAxes(const Tensor& x, std::int64_t dim)
        : others_(without(x.sizes(), dim), without(x.strides(), dim)),
          length_(x.dim() ? x.size(dim) : 1),
          stride_(x.dim() ? x.stride(dim) : 1) {}

    std::int64_t count() const { return others_.numel(); }
    std::int64_t length() const { return length_; }
    std::int64_t stride() const { return stride_; }
    /// Where a line begins.
    std::int64_t offset(std::int64_t line) const { return others_.offset(line); }
    /// How many lines one thread takes at a time.
    std::int64_t grain() const { return kGrain / std::max<std::int64_t>(length_, 1); }

  private:
    static Dims without(IntArrayRef list, std::int64_t dim) {
        Dims out = list;
        if (!out.empty()) out.erase(static_cast<std::size_t>(dim));
        return out;
    }

    Axes others_;
    std::int64_t length_, stride_;
};

template <class T>
bool is_nan([[maybe_unused]] T v) {
    if constexpr (std::is_floating_point_v<T>)
        return std::isnan(v);
    else
        return false;
}

template <class T>
using KeyOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// An unsigned number that is ordered as the elements are: NaN behind all others, -0 with 0.
template <class T>
KeyOf<T> key_of(T v) {
    using Key = KeyOf<T>;
    [[maybe_unused]] constexpr Key kSign = Key{1} << (8 * sizeof(Key) - 1);
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(v)) return std::numeric_limits<Key>::max();
        const Key bits = std::bit_cast<Key>(v + T(0));
        return bits & kSign ? ~bits : bits | kSign;
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<Key>(v) ^ kSign;
    } else {
        return static_cast<Key>(v);
    }
}

/// A key and where its element stands in its line, so that no two entries are equal and every sort is stable.
struct WideEntry {
    std::uint64_t key;
    std::int64_t place;

    static constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max();
    static constexpr WideEntry last() { return {std::numeric_limits<std::uint64_t>::max(), kLongest}; }
    std::int64_t at() const { return place; }
    static constexpr int kKeyBytes = 8;
    unsigned key_byte(int i) const { return static_cast<unsigned>(key >> (8 * i) & 255); }
    bool same_key(WideEntry other) const { return key == other.key; }
    friend bool operator<(WideEntry a, WideEntry b) { return a.key != b.key ? a.key < b.key : a.place < b.place; }
};
/// The same of a small key, in one word.
struct PackedEntry {
    std::uint64_t bits;

    PackedEntry() = default;
    constexpr PackedEntry(std::uint32_t key, std::int64_t place)
        : bits(std::uint64_t{key} << 32 | static_cast<std::uint64_t>(place)) {}

    static constexpr std::int64_t kLongest = std::numeric_limits<std::uint32_t>::max();
    static constexpr PackedEntry last() { return {std::numeric_limits<std::uint32_t>::max(), kLongest}; }
    std::int64_t at() const { return static_cast<std::int64_t>(bits & kLongest); }
    static constexpr int kKeyBytes = 4;
    unsigned key_byte(int i) const { return static_cast<unsigned>(bits >> (32 + 8 * i) & 255); }
    bool same_key(PackedEntry other) const { return (bits ^ other.bits) >> 32 == 0; }
    friend bool operator<(PackedEntry a, PackedEntry b) { return a.bits < b.bits; }
};
template <class T>
using EntryOf = std::conditional_t<sizeof(T) == 8, WideEntry, PackedEntry>;

template <class T>
EntryOf<T> entry_of(T v, bool descending, std::int64_t place) {
    const KeyOf<T> key = key_of(v);
    return {descending ? static_cast<KeyOf<T>>(~key) : key, place};
}
template <class T>
void load_entries(const T* line, std::int64_t stride, std::int64_t n, bool descending, EntryOf<T>* out) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = entry_of(line[i * stride], descending, i);
}

/// Sorts n entries, whose places ascend; `scratch` has room for n.
void sort_entries(WideEntry* entries, WideEntry* scratch, std::int64_t n);
void sort_entries(PackedEntry* entries, PackedEntry* scratch, std::int64_t n);

/// Throws for a line with more elements than entries can number.
void check_line_length(const char* operation, ScalarType dtype, std::int64_t length);
/// Throws IndexError unless there is an element along `dim`, wrapped, to choose.
void check_not_empty(const char* operation, const Tensor& x, std::int64_t dim);

}  // namespace xgrad::ops
