#pragma once

#include <algorithm>

#include <xgrad/autograd/ops/convolution/fold.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/parallel.h>

/// How a reduction walks over memory.
namespace xgrad::ops {

// Where a long run is cut, whatever the number of threads: the parts are reduced in turn.
inline constexpr std::int64_t kElementsAtOnce = kGrain;
inline constexpr std::int64_t kRowsAtOnce = 128;
inline constexpr std::int64_t kColumnsAtOnce = 2048;  // as many results stay in the first-level cache

/// Neighbouring dimensions that can be walked as one.
struct Group {
    std::int64_t size, stride;
    bool folded;
};

/// A reduction of outer runs, n elements each, of inner columns: out[o][j] = that of in[o * outer_stride + r * stride +
/// j] over r.
struct Walk {
    std::int64_t outer, n, inner, outer_stride, stride;

    bool by_rows() const { return inner == 1 && (stride == 1 || n == 1); }
    std::int64_t part() const { return by_rows() ? kElementsAtOnce : kRowsAtOnce; }
    std::int64_t parts() const { return (n + part() - 1) / part(); }

    /// Reduces each part, out[o][part][j], on several threads. `rows(from, n, to, runs)` reduces runs of n neighbours
    /// each, which begin outer_stride apart, and `columns(from, n, to, width)` columns of n elements `stride` apart:
    /// those that begin at in[from] into those at out[to].
    template <class Rows, class Columns>
    void for_each_part(Rows rows, Columns columns) const;
};

struct Groups {
    Group list[detail::kMaxRank + 1];
    std::size_t count = 0;

    std::size_t last_folded() const;
    /// True when more than one is folded.
    bool several() const;
    /// True when the last folded group can be folded as it lies: one stride leads from each of its neighbours on the
    /// left to the next, and on the right the elements lie side by side.
    bool walkable() const;
    /// How to fold the last folded group.
    Walk walk() const;
    /// What is left when that has been done, contiguous.
    void remove_folded();
    /// Joins neighbours.
    void merge();
};

Groups groups_of(const Tensor& x, const Reduced& over);

/// The same reduction with the dimensions in the order of memory, from the one with the longest steps to that with the
/// shortest; repeated elements come first.
struct InMemoryOrder {
    InMemoryOrder(const Tensor& x, const Reduced& over);

    /// A result of the reordered reduction as that of the first one.
    Tensor restore(const Tensor& result) const;

    bool differs = false;  // if not, nothing else is set
    Tensor x;
    Reduced over;

  private:
    detail::Dims back_;  // for each dimension of the first result its place in that of the other
    detail::Dims shape_;
};

template <class Rows, class Columns>
void Walk::for_each_part(Rows rows, Columns columns) const {
    const std::int64_t size = part(), count = parts(), length = std::min(size, n);
    if (by_rows() && count == 1) {
        detail::parallel_for(0, outer, std::max<std::int64_t>(kGrain / length, 1),
                             [&](std::int64_t b, std::int64_t e) { rows(b * outer_stride, n, b, e - b); });
        return;
    }
    const std::int64_t width = std::min(inner, kColumnsAtOnce), strips = (inner + width - 1) / width;
    const auto reduce = [&](std::int64_t unit) {
        const std::int64_t row = unit / strips, first = unit % strips * width, o = row / count;
        const std::int64_t at = row % count * size, some = std::min(size, n - at);
        const std::int64_t from = o * outer_stride + at * stride + first, to = row * inner + first;
        if (by_rows())
            rows(from, some, to, std::int64_t{1});
        else
            columns(from, some, to, std::min(width, inner - first));
    };
    detail::parallel_for(0, outer * count * strips, std::max<std::int64_t>(kGrain / (length * width), 1),
                         [&](std::int64_t b, std::int64_t e) {
                             for (std::int64_t unit = b; unit < e; ++unit) reduce(unit);
                         });
}

}  // namespace xgrad::ops
