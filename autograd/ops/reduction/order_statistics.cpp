#include <xgrad/autograd/ops/reduction/choice.h>
#include <xgrad/autograd/ops/sorting/order.h>

#include <algorithm>
#include <utility>

namespace xgrad {

using detail::PoolVector;
using detail::wrap_dim;

namespace ops {

namespace {

/// The results of a choice: choose(line, stride, n, scratch, places) writes where the chosen elements of a line stand;
/// there is room for `room` entries in `scratch`.
template <class Choose>
std::array<Tensor, 2> choose_lines(const Choice& choice, const Tensor& x, std::int64_t room, const Choose& choose) {
    const detail::Dims shape = choice.result_shape(x.sizes());
    Tensor values = empty(shape, x.dtype()), places = empty(shape, kInt64);
    if (values.numel() == 0) return {values, places};
    detail::Dims kept = x.sizes();
    if (!kept.empty()) kept[static_cast<std::size_t>(choice.dim)] = choice.count;
    const LineAxes from(x, choice.dim), to(values.view(kept), choice.dim);
    auto* place = places.data_ptr<std::int64_t>();
    visit_dtype(x.dtype(), [&](auto element) {
        using T = decltype(element);
        const auto* source = x.data_ptr<T>();
        auto* value = values.data_ptr<T>();
        detail::parallel_for(0, from.count(), from.grain(), [&](std::int64_t begin, std::int64_t end) {
            PoolVector<EntryOf<T>> scratch(static_cast<std::size_t>(room));
            PoolVector<std::int64_t> chosen(static_cast<std::size_t>(choice.count));
            for (std::int64_t line = begin; line < end; ++line) {
                const T* s = source + from.offset(line);
                choose(s, from.stride(), from.length(), scratch.data(), chosen.data());
                std::int64_t target = to.offset(line);
                for (const std::int64_t at : chosen) {
                    place[target] = at;
                    value[target] = s[at * from.stride()];
                    target += to.stride();
                }
            }
        });
    });
    return {values, places};
}

/// The k first in order. Where these are few, candidates are collected until twice as many are there, then halved:
/// linear in n. Where they are many, the line is sorted.
struct TopK : Choice {
    static constexpr const char* name = "topk";

    bool largest;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const std::int64_t length = x.dim() ? x.size(dim) : 1;
        const bool many = count >= length / 8;
        const std::int64_t room = many ? 2 * length : 2 * count + 64;
        return choose_lines(*this, x, room, [=, this](const auto* line, auto stride, auto n, auto* best, auto* to) {
            if (many) {
                load_entries(line, stride, n, largest, best);
                sort_entries(best, best + n, n);
            } else {
                select(line, stride, n, best, room);
            }
            for (std::int64_t i = 0; i < count; ++i) to[i] = best[i].at();
        });
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }

  private:
    template <class T>
    void select(const T* line, std::int64_t stride, std::int64_t n, EntryOf<T>* best, std::int64_t room) const {
        EntryOf<T> bound = EntryOf<T>::last();
        std::int64_t m = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const auto entry = entry_of(line[i * stride], largest, i);
            if (!(entry < bound)) continue;
            best[m++] = entry;
            if (m < room) continue;
            std::nth_element(best, best + count - 1, best + m);
            m = count;
            bound = best[count - 1];
        }
        std::nth_element(best, best + count - 1, best + m);
        std::sort(best, best + count);
    }
};

/// Where the element of this rank stands in the order of a line.
template <class T>
std::int64_t place_of_rank(std::int64_t rank, const T* line, std::int64_t stride, std::int64_t n, EntryOf<T>* scratch) {
    load_entries(line, stride, n, false, scratch);
    std::nth_element(scratch, scratch + rank, scratch + n);
    return scratch[rank].at();
}

struct KthValue : Choice {
    static constexpr const char* name = "kthvalue";

    std::int64_t k;

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const std::int64_t room = x.dim() ? x.size(dim) : 1;
        return choose_lines(*this, x, room, [this](const auto* line, auto stride, auto n, auto* scratch, auto* to) {
            *to = place_of_rank(k - 1, line, stride, n, scratch);
        });
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

/// Where the lower median of a line stands, or the first NaN unless they do not count.
template <class T>
std::int64_t place_of_median(bool ignore_nan, const T* line, std::int64_t stride, std::int64_t n, EntryOf<T>* scratch) {
    std::int64_t numbers = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if (!is_nan(line[i * stride]))
            ++numbers;
        else if (!ignore_nan)
            return i;
    }
    return place_of_rank(std::max<std::int64_t>(numbers - 1, 0) / 2, line, stride, n, scratch);
}

template <bool ignore_nan>
struct MedianAlong : Choice {
    static constexpr const char* name = ignore_nan ? "nanmedian" : "median";

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const std::int64_t room = x.dim() ? x.size(dim) : 1;
        return choose_lines(*this, x, room, [](const auto* line, auto stride, auto n, auto* scratch, auto* to) {
            *to = place_of_median(ignore_nan, line, stride, n, scratch);
        });
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

/// Of all elements, or of each row of a matrix. Those equal to it share the gradient.
template <bool ignore_nan>
struct Median {
    static constexpr const char* name = ignore_nan ? "nanmedian" : "median";
    static constexpr Uses uses[] = {in(0) | out()};

    bool of_rows = false;

    Tensor forward(const Tensor& x) const {
        if (x.numel() == 0)
            return full(x.sizes().slice(0, of_rows ? 1 : 0), std::numeric_limits<double>::quiet_NaN(), kFloat64)
                .to(x.dtype());
        const MedianAlong<ignore_nan> along{{of_rows ? 1 : 0, 1, false}};
        return along.forward(of_rows ? x : x.reshape({-1}))[0];
    }
    void vjp(Vjp& b) const { b.set(0, shares(b.input(0), b.output()) * beside(b.grad())); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> tangents, const Tensor& y) const {
        return sum(shares(x[0], y) * tangents[0]).reshape(y.sizes());
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const Tensor batch = x[0].movedim(dims[0], 0).unsqueeze(-1);
        const Tensor rows = of_rows ? batch.flatten(0, 1).squeeze(-1) : batch.flatten(1);
        return {detail_op::apply(Median{true}, rows).view(batch.sizes().slice(0, of_rows ? 2 : 1)), 0};
    }

  private:
    /// A number for each row, so that it broadcasts with the elements.
    Tensor beside(const Tensor& y) const { return of_rows ? y.unsqueeze(1) : y; }
    Tensor sum(const Tensor& x) const { return of_rows ? x.sum(1, true) : x.sum(); }
    Tensor shares(const Tensor& x, const Tensor& y) const {
        const Tensor median = beside(y), equal = where(median.isnan(), x.isnan(), x == median).to(x.dtype());
        return equal / sum(equal);
    }
};

/// The most frequent value, the smallest of several, and where it stands last. No NaN equals another one.
struct Mode : Choice {
    static constexpr const char* name = "mode";

    std::array<Tensor, 2> forward(const Tensor& x) const {
        const std::int64_t room = 2 * (x.dim() ? x.size(dim) : 1);
        return choose_lines(*this, x, room, [](const auto* line, auto stride, auto n, auto* entries, auto* to) {
            load_entries(line, stride, n, false, entries);
            sort_entries(entries, entries + n, n);
            std::int64_t most = 0, run = 0;
            for (std::int64_t i = 0; i < n; ++i) {
                ++run;
                const bool nan = is_nan(line[entries[i].at() * stride]);
                if (i + 1 < n && !nan && entries[i].same_key(entries[i + 1])) continue;
                if (run > most) {
                    most = run;
                    *to = entries[i].at();
                }
                run = 0;
            }
        });
    }
    std::array<Batched, 2> batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_along(*this, x[0], dims[0]);
    }
};

using OrderStatistics =
    Family<TopK, KthValue, MedianAlong<false>, MedianAlong<true>, Median<false>, Median<true>, Mode>;

/// The dimension wrapped, of which there is an element to choose.
std::int64_t line_dim(const char* name, const Tensor& self, std::int64_t dim) {
    check_defined(name, self);
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    check_not_empty(name, self, d);
    check_line_length(name, self.dtype(), self.dim() ? self.size(d) : 1);
    return d;
}

template <class Op>
std::tuple<Tensor, Tensor> choose(const Op& op, const Tensor& self) {
    auto [values, places] = OrderStatistics::apply(op, self);
    return {std::move(values), std::move(places)};
}

template <bool ignore_nan>
Tensor median_of_all(const Tensor& self) {
    using Op = Median<ignore_nan>;
    check_defined(Op::name, self);
    check_line_length(Op::name, self.dtype(), self.numel());
    return OrderStatistics::apply(Op{}, self);
}
template <bool ignore_nan>
std::tuple<Tensor, Tensor> median_along(const Tensor& self, std::int64_t dim, bool keepdim) {
    using Op = MedianAlong<ignore_nan>;
    return choose(Op{{line_dim(Op::name, self, dim), 1, keepdim}}, self);
}

}  // namespace

std::vector<OpInfo> order_statistics_operations() { return OrderStatistics::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim, bool largest, bool) {
    ops::check_defined("topk", self);
    const std::int64_t d = wrap_dim(dim, self.dim(), "topk"), n = self.dim() ? self.size(d) : 1;
    if (k < 0 || k > n)
        raise<ValueError>("topk", "selected index k out of range: k is ", k, ", dimension ", d, " of shape ",
                          detail::shape_string(self.sizes()), " has ", n, " elements");
    ops::check_line_length("topk", self.dtype(), n);
    return ops::choose(ops::TopK{{d, self.dim() ? k : 1}, largest}, self);
}

std::tuple<Tensor, Tensor> kthvalue(const Tensor& self, std::int64_t k, std::int64_t dim, bool keepdim) {
    const std::int64_t d = ops::line_dim("kthvalue", self, dim), n = self.dim() ? self.size(d) : 1;
    if (k < 1 || k > n)
        raise<ValueError>("kthvalue", "selected number k out of range for dimension ", d, ": k is ", k, " of ", n);
    return ops::choose(ops::KthValue{{d, 1, keepdim}, k}, self);
}

Tensor median(const Tensor& self) { return ops::median_of_all<false>(self); }
Tensor nanmedian(const Tensor& self) { return ops::median_of_all<true>(self); }
std::tuple<Tensor, Tensor> median(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::median_along<false>(self, dim, keepdim);
}
std::tuple<Tensor, Tensor> nanmedian(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::median_along<true>(self, dim, keepdim);
}

std::tuple<Tensor, Tensor> mode(const Tensor& self, std::int64_t dim, bool keepdim) {
    return ops::choose(ops::Mode{{ops::line_dim("mode", self, dim), 1, keepdim}}, self);
}

std::tuple<Tensor, Tensor> Tensor::topk(std::int64_t k, std::int64_t dim, bool largest, bool sorted) const {
    return xgrad::topk(*this, k, dim, largest, sorted);
}
std::tuple<Tensor, Tensor> Tensor::kthvalue(std::int64_t k, std::int64_t dim, bool keepdim) const {
    return xgrad::kthvalue(*this, k, dim, keepdim);
}
Tensor Tensor::median() const { return xgrad::median(*this); }
std::tuple<Tensor, Tensor> Tensor::median(std::int64_t dim, bool keepdim) const {
    return xgrad::median(*this, dim, keepdim);
}
Tensor Tensor::nanmedian() const { return xgrad::nanmedian(*this); }
std::tuple<Tensor, Tensor> Tensor::nanmedian(std::int64_t dim, bool keepdim) const {
    return xgrad::nanmedian(*this, dim, keepdim);
}
std::tuple<Tensor, Tensor> Tensor::mode(std::int64_t dim, bool keepdim) const {
    return xgrad::mode(*this, dim, keepdim);
}

}  // namespace xgrad
