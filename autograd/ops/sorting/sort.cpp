#include <xgrad/autograd/ops/reduction/choice.h>
#include <xgrad/autograd/ops/sorting/order.h>

#include <algorithm>
#include <utility>

namespace xgrad {

using detail::PoolVector;
using detail::wrap_dim;

namespace ops {

namespace {

/// Least significant byte first, stable; bytes that are the same everywhere cost nothing but the counting.
template <class Entry>
void radix_sort(Entry* entries, Entry* scratch, std::int64_t n) {
    std::int64_t count[Entry::kKeyBytes][256] = {};
    for (std::int64_t i = 0; i < n; ++i)
        for (int byte = 0; byte < Entry::kKeyBytes; ++byte) ++count[byte][entries[i].key_byte(byte)];
    Entry *from = entries, *to = scratch;
    for (int byte = 0; byte < Entry::kKeyBytes; ++byte) {
        if (count[byte][entries[0].key_byte(byte)] == n) continue;
        std::int64_t begin = 0;
        for (std::int64_t& c : count[byte]) begin += std::exchange(c, begin);
        for (std::int64_t i = 0; i < n; ++i) to[count[byte][from[i].key_byte(byte)]++] = from[i];
        std::swap(from, to);
    }
    if (from != entries) std::copy(from, from + n, entries);
}

template <class Entry>
void sort_any(Entry* entries, Entry* scratch, std::int64_t n) {
    if (n < 32 * Entry::kKeyBytes)  // comparing is faster than counting
        std::sort(entries, entries + n);
    else
        radix_sort(entries, scratch, n);
}

struct Sort : Choice {
    static constexpr const char* name = "sort";

    bool descending;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        Tensor values = empty(x.sizes(), x.dtype()), places = empty(x.sizes(), kInt64);
        const LineAxes from(x, dim), to(values, dim);
        const std::int64_t n = from.length();
        auto* place = places.data_ptr<std::int64_t>();
        visit_dtype(x.dtype(), [&](auto element) {
            using T = decltype(element);
            const auto* source = x.data_ptr<T>();
            auto* value = values.data_ptr<T>();
            detail::parallel_for(0, from.count(), from.grain(), [&](std::int64_t begin, std::int64_t end) {
                PoolVector<EntryOf<T>> entries(static_cast<std::size_t>(2 * n));
                for (std::int64_t line = begin; line < end; ++line) {
                    const T* s = source + from.offset(line);
                    load_entries(s, from.stride(), n, descending, entries.data());
                    sort_entries(entries.data(), entries.data() + n, n);
                    std::int64_t target = to.offset(line);
                    for (std::int64_t i = 0; i < n; ++i, target += to.stride()) {
                        place[target] = entries[static_cast<std::size_t>(i)].at();
                        value[target] = s[place[target] * from.stride()];
                    }
                }
            });
        });
        return {values, places};
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

using Sorting = Family<Sort>;

}  // namespace

std::vector<OpInfo> sort_operations() { return Sorting::table(); }

void sort_entries(WideEntry* entries, WideEntry* scratch, std::int64_t n) { sort_any(entries, scratch, n); }
void sort_entries(PackedEntry* entries, PackedEntry* scratch, std::int64_t n) { sort_any(entries, scratch, n); }

void check_line_length(const char* operation, ScalarType dtype, std::int64_t length) {
    const std::int64_t longest = element_size(dtype) == 8 ? WideEntry::kLongest : PackedEntry::kLongest;
    if (length >= longest)
        raise<NotImplementedError>(operation, "orders up to ", longest - 1, " elements of dtype ", dtype, ", got ",
                                   length);
}

void check_not_empty(const char* operation, const Tensor& x, std::int64_t dim) {
    if (x.dim() > 0 && x.size(dim) == 0)
        raise<IndexError>(operation, "Expected reduction dim ", dim, " to have non-zero size, the shape is ",
                          detail::shape_string(x.sizes()));
}

}  // namespace ops

std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim, bool descending) {
    ops::check_defined("sort", self);
    const std::int64_t d = wrap_dim(dim, self.dim(), "sort"), n = self.dim() ? self.size(d) : 1;
    ops::check_line_length("sort", self.dtype(), n);
    auto [values, places] = ops::Sorting::apply(ops::Sort{{d, n}, descending}, self);
    return {std::move(values), std::move(places)};
}
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool>, std::int64_t dim, bool descending) {
    return xgrad::sort(self, dim, descending);
}
Tensor argsort(const Tensor& self, std::int64_t dim, bool descending) {
    return std::get<1>(xgrad::sort(self, dim, descending));
}
Tensor msort(const Tensor& self) { return std::get<0>(xgrad::sort(self, std::int64_t{0})); }

std::tuple<Tensor, Tensor> Tensor::sort(std::int64_t dim, bool descending) const {
    return xgrad::sort(*this, dim, descending);
}
std::tuple<Tensor, Tensor> Tensor::sort(std::optional<bool> stable, std::int64_t dim, bool descending) const {
    return xgrad::sort(*this, stable, dim, descending);
}
Tensor Tensor::argsort(std::int64_t dim, bool descending) const { return xgrad::argsort(*this, dim, descending); }
Tensor Tensor::msort() const { return xgrad::msort(*this); }

}  // namespace xgrad
