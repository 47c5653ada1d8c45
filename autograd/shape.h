#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace xgrad {

namespace detail {
class Dims;
}

/// A view of a list of integers that lives elsewhere: sizes, strides, dimensions. As libtorch's.
class IntArrayRef {
  public:
    IntArrayRef() = default;
    IntArrayRef(const std::int64_t& one) : data_(&one), size_(1) {}
    IntArrayRef(const std::int64_t* data, std::size_t size) : data_(data), size_(size) {}
    IntArrayRef(const std::vector<std::int64_t>& v) : data_(v.data()), size_(v.size()) {}
    template <std::size_t N>
    IntArrayRef(const std::array<std::int64_t, N>& v) : data_(v.data()), size_(N) {}
    // The list lives until the end of the full expression, as every argument of this type does.
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winit-list-lifetime"
#endif
    IntArrayRef(const std::initializer_list<std::int64_t>& v) : data_(v.begin()), size_(v.size()) {}
#pragma GCC diagnostic pop
    IntArrayRef(const detail::Dims& v);

    const std::int64_t* begin() const { return data_; }
    const std::int64_t* end() const { return data_ + size_; }
    const std::int64_t* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::int64_t operator[](std::size_t i) const { return data_[i]; }
    std::int64_t front() const { return data_[0]; }
    std::int64_t back() const { return data_[size_ - 1]; }
    std::vector<std::int64_t> vec() const { return {begin(), end()}; }
    IntArrayRef slice(std::size_t from, std::size_t count) const { return {data_ + from, count}; }
    bool equals(IntArrayRef other) const;

  private:
    const std::int64_t* data_ = nullptr;
    std::size_t size_ = 0;
};

inline bool operator==(IntArrayRef a, IntArrayRef b) { return a.equals(b); }
/// "[2, 3]", as libtorch prints sizes.
std::ostream& operator<<(std::ostream& out, IntArrayRef list);

/// Dimensions to work on; absent means all.
class OptionalIntArrayRef : public std::optional<IntArrayRef> {
  public:
    // Not those of std::optional: from an int they would keep the address of a temporary of their own.
    OptionalIntArrayRef(std::nullopt_t = std::nullopt) {}
    OptionalIntArrayRef(IntArrayRef list) : std::optional<IntArrayRef>(list) {}
    OptionalIntArrayRef(const std::vector<std::int64_t>& v) : std::optional<IntArrayRef>(IntArrayRef(v)) {}
    OptionalIntArrayRef(const detail::Dims& v);
    OptionalIntArrayRef(const std::int64_t& one) : std::optional<IntArrayRef>(IntArrayRef(one)) {}
    OptionalIntArrayRef(const std::initializer_list<std::int64_t>& v) : std::optional<IntArrayRef>(IntArrayRef(v)) {}
};

namespace detail {

/// Owned list of sizes or strides. Ranks up to kInline need no memory of their own.
class Dims {
  public:
    static constexpr std::size_t kInline = 5;

    Dims() = default;
    explicit Dims(std::size_t n, std::int64_t value = 0) {
        resize_for_overwrite(n);
        for (auto& d : *this) d = value;
    }
    Dims(IntArrayRef v) { assign(v.data(), v.size()); }
    Dims(std::initializer_list<std::int64_t> v) { assign(v.begin(), v.size()); }
    Dims(const Dims& other) { assign(other.data(), other.size_); }
    Dims(Dims&& other) noexcept { steal(other); }
    Dims& operator=(const Dims& other) {
        if (this != &other) assign(other.data(), other.size_);
        return *this;
    }
    Dims& operator=(Dims&& other) noexcept {
        if (this != &other) {
            free_heap();
            steal(other);
        }
        return *this;
    }
    ~Dims() { free_heap(); }

    std::int64_t* data() { return size_ > kInline ? heap_ : inline_; }
    const std::int64_t* data() const { return size_ > kInline ? heap_ : inline_; }
    std::int64_t* begin() { return data(); }
    std::int64_t* end() { return data() + size_; }
    const std::int64_t* begin() const { return data(); }
    const std::int64_t* end() const { return data() + size_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::int64_t& operator[](std::size_t i) { return data()[i]; }
    std::int64_t operator[](std::size_t i) const { return data()[i]; }
    std::int64_t back() const { return data()[size_ - 1]; }

    void push_back(std::int64_t v) { insert(size_, v); }
    void insert(std::size_t at, std::int64_t v);
    void erase(std::size_t at);

    bool operator==(const Dims& other) const { return IntArrayRef(*this).equals(IntArrayRef(other)); }

  private:
    void assign(const std::int64_t* v, std::size_t n) {
        if (n > kInline || size_ > kInline) return assign_heap(v, n);
        for (std::size_t i = 0; i < n; ++i) inline_[i] = v[i];
        size_ = n;
    }
    void assign_heap(const std::int64_t* v, std::size_t n);
    void resize_for_overwrite(std::size_t n);
    void steal(Dims& other) noexcept {
        size_ = other.size_;
        if (size_ > kInline) {
            heap_ = other.heap_;
            other.size_ = 0;
        } else {
            for (std::size_t i = 0; i < size_; ++i) inline_[i] = other.inline_[i];
        }
    }
    void free_heap() {
        if (size_ > kInline) delete[] heap_;
    }

    union {
        std::int64_t inline_[kInline];
        std::int64_t* heap_;
    };
    std::size_t size_ = 0;
};

/// Most dimensions that a tensor has.
inline constexpr std::size_t kMaxRank = 64;

/// Product of the sizes. Throws ShapeError naming `operation` when a size is negative, there are more than kMaxRank of
/// them, or row-major strides for them would overflow (dimensions of size 0 count as 1 then).
std::int64_t checked_numel(IntArrayRef sizes, const char* operation);
/// How many elements of memory a tensor of this geometry reaches over, from its first to its last; 0 when it has none.
/// Throws, naming `operation`, as checked_numel does; ShapeError when the lists differ in length or memory can't be
/// that large; ValueError for a negative stride.
std::int64_t checked_extent(IntArrayRef sizes, IntArrayRef strides, const char* operation);
/// Strides of a row-major contiguous tensor.
Dims contiguous_strides(IntArrayRef sizes);
/// True when elements in row-major order lie one after the other (dimensions of size 1 are free).
bool is_contiguous(IntArrayRef sizes, IntArrayRef strides);
/// True when two index tuples may address the same element.
bool has_overlap(IntArrayRef sizes, IntArrayRef strides);
/// The broadcast of two shapes by NumPy's rule. Throws ShapeError naming `operation`.
Dims broadcast_shapes(IntArrayRef a, IntArrayRef b, const char* operation);
/// True when `from` broadcasts to `to`.
bool is_expandable_to(IntArrayRef from, IntArrayRef to);
/// `dim` in [0, rank), counted from the end when negative. A rank of 0 counts as 1. Throws IndexError naming
/// `operation`.
std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank, const char* operation);
/// Every dim wrapped; a bitmap of the chosen ones (all when absent or empty). Throws on repeats.
std::uint64_t dim_mask(OptionalIntArrayRef dims, std::int64_t rank, const char* operation);
/// Strides that view a tensor of (sizes, strides) as `to` without a copy, if there are any.
std::optional<Dims> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef to);
/// `shape` with its -1, if any, replaced so that the product is `numel`. Throws ShapeError naming `operation`.
Dims infer_size(IntArrayRef shape, std::int64_t numel, const char* operation);
/// "(3, 4)": how shapes are written in messages.
std::string shape_string(IntArrayRef sizes);

}  // namespace detail

inline IntArrayRef::IntArrayRef(const detail::Dims& v) : data_(v.data()), size_(v.size()) {}
inline OptionalIntArrayRef::OptionalIntArrayRef(const detail::Dims& v) : std::optional<IntArrayRef>(IntArrayRef(v)) {}

}  // namespace xgrad
