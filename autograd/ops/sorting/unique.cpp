#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/promotion.h>
#include <xgrad/autograd/ops/sorting/order.h>

#include <algorithm>
#include <numeric>

namespace xgrad {

using detail::PoolVector;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

/// What a search for distinct things has found: of which the first stands where, how often each occurs, and which of
/// them each thing is.
class Groups {
  public:
    explicit Groups(IntArrayRef shape) : group_(empty(shape, kInt64)), number_(group_.data_ptr<std::int64_t>()) {}

    /// The thing at `place` begins a group, or belongs to the last one.
    void add(std::int64_t place, bool begins) {
        if (begins) {
            first_.push_back(place);
            count_.push_back(0);
        }
        ++count_.back();
        number_[place] = size() - 1;
    }
    std::int64_t size() const { return static_cast<std::int64_t>(first_.size()); }
    const PoolVector<std::int64_t>& first() const { return first_; }
    const Tensor& group() const { return group_; }
    Tensor counts() const {
        Tensor out = empty({size()}, kInt64);
        std::copy(count_.begin(), count_.end(), out.data_ptr<std::int64_t>());
        return out;
    }

  private:
    PoolVector<std::int64_t> first_, count_;
    Tensor group_;
    std::int64_t* number_;  // of group_
};

template <class T>
void group_sorted(const T* value, std::int64_t stride, std::int64_t n, Groups& groups) {
    PoolVector<EntryOf<T>> entries(static_cast<std::size_t>(2 * n));
    load_entries(value, stride, n, false, entries.data());
    sort_entries(entries.data(), entries.data() + n, n);
    for (std::int64_t i = 0; i < n; ++i) {
        const auto* entry = entries.data() + i;
        const std::int64_t place = entry->at();
        groups.add(place, i == 0 || !entry->same_key(entry[-1]) || is_nan(value[place * stride]));
    }
}

/// Distinct elements, their numbers and counts. No NaN equals another one.
struct Unique {
    static constexpr const char* name = "unique";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    bool consecutive;

    std::array<Tensor, 3> forward(const Tensor& x) const {
        const Tensor flat = x.reshape({-1});
        const std::int64_t n = flat.numel(), stride = flat.stride(0);
        Groups groups(x.sizes());
        return visit_dtype(x.dtype(), [&](auto element) -> std::array<Tensor, 3> {
            using T = decltype(element);
            const auto* value = flat.data_ptr<T>();
            if (consecutive)
                for (std::int64_t i = 0; i < n; ++i)
                    groups.add(i, i == 0 || value[i * stride] != value[(i - 1) * stride]);
            else
                group_sorted(value, stride, n, groups);
            Tensor distinct = empty({groups.size()}, x.dtype());
            auto* target = distinct.data_ptr<T>();
            for (const std::int64_t place : groups.first()) *target++ = value[place * stride];
            return {distinct, groups.group(), groups.counts()};
        });
    }
    void vjp(Vjp&) const {}
};

/// Distinct slices along a dimension, in lexicographic order or, consecutive, where they are.
struct UniqueDim {
    static constexpr const char* name = "unique_dim";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    std::int64_t dim;
    bool consecutive;

    std::array<Tensor, 3> forward(const Tensor& x) const {
        const Tensor moved = x.movedim(dim, 0).contiguous();
        const std::int64_t n = moved.size(0), width = n ? moved.numel() / n : 0;
        PoolVector<std::int64_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        Groups groups(n);
        visit_dtype(x.dtype(), [&](auto element) {
            using T = decltype(element);
            const auto* value = moved.data_ptr<T>();
            const auto row = [=](std::int64_t i) { return value + i * width; };
            if (!consecutive)
                std::sort(order.begin(), order.end(), [=](std::int64_t a, std::int64_t b) {
                    const T *p = row(a), *q = row(b);
                    for (std::int64_t i = 0; i < width; ++i)
                        if (key_of(p[i]) != key_of(q[i])) return key_of(p[i]) < key_of(q[i]);
                    return a < b;
                });
            for (std::size_t i = 0; i < order.size(); ++i)
                groups.add(order[i], i == 0 || !std::equal(row(order[i]), row(order[i]) + width, row(order[i - 1])));
        });
        Tensor places = empty({groups.size()}, kInt64);
        std::copy(groups.first().begin(), groups.first().end(), places.data_ptr<std::int64_t>());
        return {moved.index_select(0, places).movedim(0, dim).contiguous(), groups.group(), groups.counts()};
    }
    void vjp(Vjp&) const {}
};

using Distinct = Family<Unique, UniqueDim>;

using ThreeTensors = std::tuple<Tensor, Tensor, Tensor>;

template <class Op>
ThreeTensors find_distinct(const Op& op, const Tensor& self, bool return_inverse, bool return_counts) {
    auto [distinct, inverse, counts] = Distinct::apply(op, self);
    const Tensor none = empty({0}, kInt64);
    return {std::move(distinct), return_inverse ? std::move(inverse) : none, return_counts ? std::move(counts) : none};
}

ThreeTensors distinct_slices(const Tensor& self, std::int64_t dim, bool consecutive, bool return_inverse,
                             bool return_counts) {
    constexpr const char* name = UniqueDim::name;
    check_defined(name, self);
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    if (self.dim() == 0) {
        auto [distinct, inverse, counts] =
            find_distinct(Unique{consecutive}, self.reshape({1}), return_inverse, return_counts);
        return {distinct.view({}), inverse, counts};
    }
    const auto empty_dims = std::count(self.sizes().begin(), self.sizes().end(), 0);
    if (empty_dims > (self.size(d) == 0))
        raise<ShapeError>(name,
                          "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied to "
                          "dimension ",
                          d, " of shape ", shape_string(self.sizes()));
    return find_distinct(UniqueDim{d, consecutive}, self, return_inverse, return_counts);
}

}  // namespace

std::vector<OpInfo> unique_operations() { return Distinct::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor> _unique(const Tensor& self, bool sorted, bool return_inverse) {
    auto [distinct, inverse, counts] = _unique2(self, sorted, return_inverse, false);
    return {std::move(distinct), std::move(inverse)};
}

std::tuple<Tensor, Tensor, Tensor> _unique2(const Tensor& self, bool, bool return_inverse, bool return_counts) {
    ops::check_defined("unique", self);
    ops::check_line_length("unique", self.dtype(), self.numel());
    return ops::find_distinct(ops::Unique{false}, self, return_inverse, return_counts);
}

std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& self, std::int64_t dim, bool, bool return_inverse,
                                              bool return_counts) {
    return ops::distinct_slices(self, dim, false, return_inverse, return_counts);
}

std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& self, bool return_inverse, bool return_counts,
                                                      std::optional<std::int64_t> dim) {
    if (dim) return ops::distinct_slices(self, *dim, true, return_inverse, return_counts);
    ops::check_defined("unique_consecutive", self);
    return ops::find_distinct(ops::Unique{true}, self, return_inverse, return_counts);
}
std::tuple<Tensor, Tensor, Tensor> unique_dim_consecutive(const Tensor& self, std::int64_t dim, bool return_inverse,
                                                          bool return_counts) {
    return ops::distinct_slices(self, dim, true, return_inverse, return_counts);
}

Tensor isin(const Tensor& elements, const Tensor& test_elements, bool, bool invert) {
    ops::check_defined("isin", elements);
    ops::check_defined("isin", test_elements);
    const ScalarType common = result_type(elements, test_elements);
    const Tensor x = elements.to(common), tests = test_elements.reshape({-1}).to(common);
    const Tensor sorted = std::get<0>(tests.masked_select(tests == tests).sort());  // without NaN
    if (sorted.numel() == 0) return full(elements.sizes(), invert, kBool);
    const Tensor place = searchsorted(sorted, x).clamp_max(sorted.numel() - 1);
    const Tensor found = sorted.take(place);
    return invert ? found != x : found == x;
}
Tensor isin(const Tensor& elements, const Scalar& test_element, bool assume_unique, bool invert) {
    ops::check_defined("isin", elements);
    return isin(elements, ops::number_operand(elements, test_element), assume_unique, invert);
}
Tensor isin(const Scalar& element, const Tensor& test_elements, bool assume_unique, bool invert) {
    ops::check_defined("isin", test_elements);
    return isin(ops::number_operand(test_elements, element), test_elements, assume_unique, invert);
}

}  // namespace xgrad
