#pragma once

#include <algorithm>

#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/parallel.h>

namespace xgrad::ops {

/// A contiguous tensor seen along one dimension: outer blocks of n rows of inner elements, so outer * inner lines of n.
struct Blocks {
    static constexpr std::int64_t kColumns = 512;  // that are walked row by row

    Blocks(const Tensor& x, std::int64_t dim) {
        for (std::int64_t d = 0; d < x.dim(); ++d) (d < dim ? outer : d == dim ? n : inner) *= x.size(d);
    }

    /// Calls f(offset of the first element, number of lines, distance of their elements from each other) for all lines,
    /// on several threads.
    template <class F>
    void for_each(F f) const {
        if (outer * n * inner == 0) return;
        if (inner == 1)
            return detail::parallel_for(0, outer, std::max<std::int64_t>(kGrain / n, 8),
                                        [&](std::int64_t b, std::int64_t e) { f(b * n, e - b, n); });
        const std::int64_t width = std::min(inner, kColumns), strips = (inner + width - 1) / width;
        detail::parallel_for(0, outer * strips, std::max<std::int64_t>(kGrain / (n * width), 1),
                             [&](std::int64_t b, std::int64_t e) {
                                 for (; b < e; ++b) {
                                     const std::int64_t first = b % strips * width;
                                     f(b / strips * n * inner + first, std::min(width, inner - first), std::int64_t{1});
                                 }
                             });
    }

    /// The same with `f(offset of the first element, number of neighbours)`: lines that are not neighbours one by one.
    template <class F>
    void for_each_strip(F f) const {
        for_each([&](std::int64_t from, std::int64_t lines, std::int64_t spread) {
            const std::int64_t step = spread == 1 ? kColumns : 1;
            for (std::int64_t first = 0; first < lines; first += step)
                f(from + first * spread, std::min(step, lines - first));
        });
    }

    std::int64_t outer = 1, n = 1, inner = 1;
};

}  // namespace xgrad::ops
