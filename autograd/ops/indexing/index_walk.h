#pragma once

#include <xgrad/autograd/ops/indexing/index.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/tensor.h>

#include <algorithm>

/// How the indexing operations walk through a strided tensor.
namespace xgrad::ops {

using detail::Dims;

/// Some dimensions of a strided tensor walked in row-major order, neighbours merged where they step evenly.
class Axes {
  public:
    Axes(IntArrayRef sizes, IntArrayRef strides) {
        for (std::size_t d = 0; d < sizes.size(); ++d) {
            numel_ *= sizes[d];
            if (sizes[d] == 1) continue;
            const std::size_t last = sizes_.size() - 1;
            if (!sizes_.empty() && strides_[last] == sizes[d] * strides[d]) {
                sizes_[last] *= sizes[d];
                strides_[last] = strides[d];
            } else {
                sizes_.push_back(sizes[d]);
                strides_.push_back(strides[d]);
            }
        }
    }

    std::int64_t numel() const { return numel_; }
    /// Whether offset(i) is i times step().
    bool even() const { return sizes_.size() <= 1; }
    std::int64_t step() const { return strides_.empty() ? 0 : strides_[0]; }
    /// Where the element of this row-major number lies.
    std::int64_t offset(std::int64_t number) const {
        if (sizes_.size() == 1) return number * strides_[0];
        std::int64_t at = 0;
        for (std::size_t d = sizes_.size(); d-- > 0; number /= sizes_[d]) at += number % sizes_[d] * strides_[d];
        return at;
    }
    /// Takes the innermost axis off: its size and stride.
    std::pair<std::int64_t, std::int64_t> split_innermost() {
        if (sizes_.empty()) return {1, 1};
        const std::pair run{sizes_.back(), strides_.back()};
        numel_ = run.first ? numel_ / run.first : 0;
        sizes_.erase(sizes_.size() - 1);
        strides_.erase(strides_.size() - 1);
        return run;
    }

  private:
    Dims sizes_, strides_;
    std::int64_t numel_ = 1;
};

inline Axes axes_of(const Tensor& x, std::int64_t from, std::int64_t to) {
    const auto b = static_cast<std::size_t>(from), n = static_cast<std::size_t>(to - from);
    return {x.sizes().slice(b, n), x.strides().slice(b, n)};
}

/// A piece of a slice: elements of the indexed tensor, and their place among all slices, which lie one after the other.
struct Run {
    std::int64_t at, stride, dense, length;
};

/// A strided tensor as (outer, indexed, inner): the slices at given positions.
class Slices {
  public:
    Slices(const Tensor& x, IndexedDims dims, const Tensor& positions)
        : positions_(positions.data_ptr<std::int64_t>()),
          count_(positions.numel()),
          outer_(axes_of(x, 0, dims.first)),
          indexed_(axes_of(x, dims.first, dims.first + dims.count)),
          inner_(axes_of(x, dims.first + dims.count, x.dim())) {
        std::tie(run_, run_stride_) = inner_.split_innermost();
    }

    /// Work in any order: `f` sees each run once.
    template <class F>
    void for_each(const F& f) const {
        const std::int64_t grain = kGrain / std::max<std::int64_t>(inner_.numel() * run_, 1);
        detail::parallel_for(0, outer_.numel() * count_, grain, [&](std::int64_t begin, std::int64_t end) {
            visit(begin, end, 0, inner_.numel(), 0, run_, f);
        });
    }

    /// Work whose order matters where a position occurs twice: whatever falls on one element is seen by one thread, in
    /// the order of the positions.
    template <class F>
    void for_each_in_order(const F& f) const {
        const std::int64_t outer = outer_.numel(), inner = inner_.numel(), all = outer * count_;
        const auto grain = [](std::int64_t work) { return kGrain / std::max<std::int64_t>(work, 1); };
        if (outer > 1)
            detail::parallel_for(0, outer, grain(count_ * inner * run_), [&](std::int64_t b, std::int64_t e) {
                visit(b * count_, e * count_, 0, inner, 0, run_, f);
            });
        else if (inner > 1)
            detail::parallel_for(0, inner, grain(count_ * run_),
                                 [&](std::int64_t b, std::int64_t e) { visit(0, all, b, e, 0, run_, f); });
        else
            detail::parallel_for(0, run_, grain(count_),
                                 [&](std::int64_t b, std::int64_t e) { visit(0, all, 0, inner, b, e, f); });
    }

  private:
    template <class F>
    void visit(std::int64_t first, std::int64_t last, std::int64_t inner_from, std::int64_t inner_to, std::int64_t from,
               std::int64_t to, const F& f) const {
        if (to <= from) return;
        const std::int64_t inner = inner_.numel();
        for (std::int64_t slice = first; slice < last;) {
            const std::int64_t outer = slice / count_, begin = slice - outer * count_;
            const std::int64_t end = std::min(count_, begin + last - slice), start = outer_.offset(outer);
            if (inner == 1 && indexed_.even())
                visit_even(start + from * run_stride_, begin, end, slice * run_ + from, to - from, f);
            else
                for (std::int64_t p = begin; p < end; ++p) {
                    const std::int64_t at = start + indexed_.offset(positions_[p]) + from * run_stride_;
                    for (std::int64_t i = inner_from; i < inner_to; ++i)
                        f(Run{at + inner_.offset(i), run_stride_, ((slice + p - begin) * inner + i) * run_ + from,
                              to - from});
                }
            slice += end - begin;
        }
    }
    /// The slices at positions [begin, end) where each is one run; single elements are spared all that runs need.
    template <class F>
    void visit_even(std::int64_t start, std::int64_t begin, std::int64_t end, std::int64_t dense, std::int64_t length,
                    const F& f) const {
        const std::int64_t step = indexed_.step();
        if (length == 1)
            for (std::int64_t p = begin; p < end; ++p, dense += run_) f(Run{start + positions_[p] * step, 1, dense, 1});
        else
            for (std::int64_t p = begin; p < end; ++p, dense += run_)
                f(Run{start + positions_[p] * step, run_stride_, dense, length});
    }

    const std::int64_t* positions_;
    std::int64_t count_;
    Axes outer_, indexed_, inner_;
    std::int64_t run_, run_stride_;
};

/// Calls `f` with a value of an integer type as large as an element: enough to move elements.
template <class F>
void visit_element(ScalarType dtype, F&& f) {
    switch (element_size(dtype)) {
        case 1:
            return f(std::uint8_t{});
        case 4:
            return f(std::uint32_t{});
        default:
            return f(std::uint64_t{});
    }
}

/// The lines of a gather along `dim`: `index` row by row, and where the row's elements lie in a tensor of `strides`.
class Lines {
  public:
    Lines(const Tensor& x, const Tensor& index, std::int64_t dim)
        : index_(index.data_ptr<std::int64_t>()),
          along_row_(dim == index.dim() - 1),
          length_(index.size(-1)),
          index_stride_(x.stride(dim)),
          row_stride_(along_row_ ? 0 : x.stride(-1)),
          rows_(leading_axes(x, index, dim)) {}

    /// Elements [begin, end) in row-major order: f(where in x, where in index).
    template <class F>
    void visit(std::int64_t begin, std::int64_t end, const F& f) const {
        while (begin < end) {
            const std::int64_t row = begin / length_, stop = std::min(end, (row + 1) * length_);
            visit_row(row, begin - row * length_, stop - row * length_, f);
            begin = stop;
        }
    }
    /// All elements, those that meet in one place on one thread and in row-major order.
    template <class F>
    void for_each_in_order(const F& f) const {
        const std::int64_t rows = rows_.numel();
        if (along_row_)
            detail::parallel_for(0, rows, kGrain / std::max<std::int64_t>(length_, 1),
                                 [&](std::int64_t b, std::int64_t e) { visit(b * length_, e * length_, f); });
        else
            detail::parallel_for(0, length_, kGrain / std::max<std::int64_t>(rows, 1),
                                 [&](std::int64_t b, std::int64_t e) {
                                     for (std::int64_t row = 0; row < rows; ++row) visit_row(row, b, e, f);
                                 });
    }

  private:
    static Axes leading_axes(const Tensor& x, const Tensor& index, std::int64_t dim) {
        Dims strides = x.strides();
        strides[static_cast<std::size_t>(dim)] = 0;
        const std::size_t n = strides.size() - 1;
        return {index.sizes().slice(0, n), IntArrayRef(strides).slice(0, n)};
    }
    template <class F>
    void visit_row(std::int64_t row, std::int64_t from, std::int64_t to, const F& f) const {
        const std::int64_t at = rows_.offset(row), first = row * length_;
        if (row_stride_ == 0 && index_stride_ == 1)
            for (std::int64_t i = from; i < to; ++i) f(at + index_[first + i], first + i);
        else
            for (std::int64_t i = from; i < to; ++i)
                f(at + index_[first + i] * index_stride_ + i * row_stride_, first + i);
    }

    const std::int64_t* index_;
    bool along_row_;
    std::int64_t length_, index_stride_, row_stride_;
    Axes rows_;
};

}  // namespace xgrad::ops
