#include <xgrad/autograd/error.h>
#include <xgrad/autograd/shape.h>

#include <algorithm>
#include <limits>
#include <ostream>
#include <span>

namespace xgrad {

bool IntArrayRef::equals(IntArrayRef other) const {
    return size_ == other.size_ && std::equal(begin(), end(), other.begin());
}

std::ostream& operator<<(std::ostream& out, IntArrayRef list) {
    out << '[';
    for (std::size_t i = 0; i < list.size(); ++i) out << (i ? ", " : "") << list[i];
    return out << ']';
}

namespace detail {

void Dims::assign_heap(const std::int64_t* v, std::size_t n) {
    std::int64_t* fresh = n > kInline ? new std::int64_t[n] : nullptr;
    std::int64_t small[kInline];
    std::copy(v, v + n, fresh ? fresh : small);  // v may point into the memory that is about to go
    free_heap();
    if (fresh)
        heap_ = fresh;
    else
        std::copy(small, small + n, inline_);
    size_ = n;
}

void Dims::resize_for_overwrite(std::size_t n) {
    free_heap();
    size_ = 0;
    if (n > kInline) heap_ = new std::int64_t[n];
    size_ = n;
}

void Dims::insert(std::size_t at, std::int64_t v) {
    Dims out(size_ + 1);
    std::copy(begin(), begin() + at, out.begin());
    out[at] = v;
    std::copy(begin() + at, end(), out.begin() + at + 1);
    *this = std::move(out);
}

void Dims::erase(std::size_t at) {
    Dims out(size_ - 1);
    std::copy(begin(), begin() + at, out.begin());
    std::copy(begin() + at + 1, end(), out.begin() + at);
    *this = std::move(out);
}

namespace {

// 16 bytes is more than any element has; a tensor's bytes must fit a signed 64-bit number too.
constexpr std::int64_t kMaxElements = std::numeric_limits<std::int64_t>::max() / 16;

}  // namespace

std::int64_t checked_numel(IntArrayRef sizes, const char* operation) {
    if (sizes.size() > kMaxRank)
        raise<ShapeError>(operation, "only tensors with up to ", kMaxRank, " dims are supported, got ", sizes.size());
    std::int64_t n = 1;
    bool overflow = false, zero = false;
    for (auto s : sizes) {
        if (s < 0) raise<ShapeError>(operation, "negative dimension ", s, " in the shape ", shape_string(sizes));
        zero |= s == 0;
        overflow |= __builtin_mul_overflow(n, s == 0 ? 1 : s, &n);
    }
    if (overflow || n > kMaxElements)
        raise<ShapeError>(operation, "the shape ", shape_string(sizes), " has more elements than memory can hold");
    return zero ? 0 : n;
}

std::int64_t checked_extent(IntArrayRef sizes, IntArrayRef strides, const char* operation) {
    if (sizes.size() != strides.size())
        raise<ShapeError>(operation, "mismatch in length of strides and shape: ", strides, " and ", sizes);
    const std::int64_t numel = checked_numel(sizes, operation);
    // A step along a dimension of size 1 or 0 is never taken, but views of the tensor compute with it.
    std::int64_t extent = 1, reach = 1;
    bool overflow = false;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
        if (strides[d] < 0) raise<ValueError>(operation, "negative strides are not supported, got ", strides);
        std::int64_t step;
        overflow |= __builtin_mul_overflow(std::max<std::int64_t>(sizes[d] - 1, 1), strides[d], &step);
        overflow |= __builtin_add_overflow(reach, step, &reach);
        if (sizes[d] > 1 && !overflow) extent += step;
    }
    if (overflow || reach > kMaxElements)
        raise<ShapeError>(operation, "the sizes ", sizes, " and strides ", strides, " reach further than memory can");
    return numel > 0 ? extent : 0;
}

Dims contiguous_strides(IntArrayRef sizes) {
    Dims strides(sizes.size());
    std::int64_t step = 1;
    for (std::size_t i = sizes.size(); i-- > 0;) {
        strides[i] = step;
        step *= std::max<std::int64_t>(sizes[i], 1);
    }
    return strides;
}

bool is_contiguous(IntArrayRef sizes, IntArrayRef strides) {
    std::int64_t step = 1;
    for (std::size_t i = sizes.size(); i-- > 0;) {
        if (sizes[i] == 0) return true;
        if (sizes[i] != 1 && strides[i] != step) return false;
        step *= sizes[i];
    }
    return true;
}

bool has_overlap(IntArrayRef sizes, IntArrayRef strides) {
    // Sorted by stride, each dimension must step over all that the smaller ones reach (sufficient for no overlap).
    std::array<std::pair<std::int64_t, std::int64_t>, kMaxRank> dims;
    std::size_t rank = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 0) return false;
        if (sizes[i] > 1) dims[rank++] = {strides[i], sizes[i]};
    }
    std::sort(dims.begin(), dims.begin() + rank);
    std::int64_t reach = 0;
    for (auto [stride, size] : std::span(dims.data(), rank)) {
        if (stride <= reach) return true;
        reach += stride * (size - 1);
    }
    return false;
}

Dims broadcast_shapes(IntArrayRef a, IntArrayRef b, const char* operation) {
    const std::size_t rank = std::max(a.size(), b.size());
    Dims out(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
        const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
        if (x != y && x != 1 && y != 1)
            raise<ShapeError>(operation, "the shapes ", shape_string(a), " and ", shape_string(b),
                              " do not broadcast: The size of tensor a (", x, ") must match the size of tensor b (", y,
                              ") at non-singleton dimension ", rank - 1 - i);
        out[rank - 1 - i] = x == 1 ? y : x;
    }
    return out;
}

bool is_expandable_to(IntArrayRef from, IntArrayRef to) {
    if (from.size() > to.size()) return false;
    for (std::size_t i = 1; i <= from.size(); ++i)
        if (from[from.size() - i] != 1 && from[from.size() - i] != to[to.size() - i]) return false;
    return true;
}

std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank, const char* operation) {
    const std::int64_t n = std::max<std::int64_t>(rank, 1);
    if (dim < -n || dim >= n)
        raise<IndexError>(operation, "Dimension out of range (expected to be in range of [", -n, ", ", n - 1,
                          "], but got ", dim, ")");
    return dim < 0 ? dim + n : dim;
}

std::uint64_t dim_mask(OptionalIntArrayRef dims, std::int64_t rank, const char* operation) {
    if (!dims || dims->empty()) return ~std::uint64_t{0};
    std::uint64_t mask = 0;
    for (auto d : *dims) {
        const auto bit = std::uint64_t{1} << wrap_dim(d, rank, operation);
        if (mask & bit) raise<ValueError>(operation, "dim ", d, " appears multiple times in the list of dims");
        mask |= bit;
    }
    return mask;
}

std::optional<Dims> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef to) {
    // Both shapes are walked from the back; a run of dimensions that lie contiguously can be cut anew.
    Dims out(to.size());
    for (auto s : sizes)
        if (s == 0) return contiguous_strides(to);
    std::int64_t t = static_cast<std::int64_t>(to.size()) - 1;
    std::int64_t base = sizes.empty() ? 1 : strides.back(), run = 1, covered = 1;
    const auto rank = static_cast<std::int64_t>(sizes.size());
    for (std::int64_t i = rank - 1; i >= -1; --i) {
        const auto d = static_cast<std::size_t>(i);
        if (i >= 0) run *= sizes[d];
        const bool joins = i > 0 && (sizes[d - 1] == 1 || strides[d - 1] == run * base);
        if (joins) continue;
        while (t >= 0 && (covered < run || to[static_cast<std::size_t>(t)] == 1)) {
            out[static_cast<std::size_t>(t)] = covered * base;
            covered *= to[static_cast<std::size_t>(t)];
            --t;
        }
        if (covered != run) return std::nullopt;
        if (i > 0) {
            base = strides[d - 1];
            run = covered = 1;
        }
    }
    return t == -1 ? std::optional<Dims>(out) : std::nullopt;
}

Dims infer_size(IntArrayRef shape, std::int64_t numel, const char* operation) {
    Dims out(shape);
    std::int64_t* unknown = nullptr;
    for (std::int64_t& size : out) {
        if (size < -1) raise<ShapeError>(operation, "invalid shape dimension ", size, " in ", shape_string(shape));
        if (size >= 0) continue;
        if (unknown) raise<ShapeError>(operation, "only one dimension of ", shape_string(shape), " can be inferred");
        unknown = &size;
        size = 1;
    }
    const std::int64_t known = checked_numel(out, operation);
    const bool fits = unknown ? known != 0 && numel % known == 0 : known == numel;
    if (!fits)
        raise<ShapeError>(
            operation, "shape '", shape, "' is invalid for input of size ", numel,
            unknown && known == 0 ? ": the unspecified dimension -1 can be any value and is ambiguous" : "");
    if (unknown) *unknown = numel / known;
    return out;
}

std::string shape_string(IntArrayRef sizes) {
    std::string out = "(";
    for (std::size_t i = 0; i < sizes.size(); ++i) out += (i ? ", " : "") + std::to_string(sizes[i]);
    return out + (sizes.size() == 1 ? ",)" : ")");
}

}  // namespace detail
}  // namespace xgrad
