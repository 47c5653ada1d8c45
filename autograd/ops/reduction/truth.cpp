#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/indexing/groups.h>
#include <xgrad/autograd/ops/reduction/reduced.h>

namespace xgrad {

namespace ops {

namespace {

/// any (kMax) and all (kMin).
template <Fold kind>
struct Quantifier {
    static constexpr const char* name = kind == Fold::kMax ? "any" : "all";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Reduced over;

    Tensor forward(const Tensor& x) const {
        const ScalarType result = x.dtype() == kUInt8 ? kUInt8 : kBool;
        if (x.numel() == 0) return full(over.shape, kind == Fold::kMin, result);
        return fold(kind, x.dtype() == kBool ? x : x.ne(0), over).to(result);
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }
};

/// How many of the n elements are not zero; n is that of a part, small enough for a narrow sum.
template <class T>
std::int64_t count_row(const T* x, std::int64_t n) {
    std::int32_t count = 0;
    for (std::int64_t i = 0; i < n; ++i) count += x[i] != T(0);
    return count;
}

template <class T>
void count_columns(const T* x, std::int64_t stride, std::int64_t n, std::int64_t* count, std::int64_t width) {
    std::fill_n(count, width, 0);
    for (std::int64_t r = 0; r < n; ++r, x += stride)
        for (std::int64_t j = 0; j < width; ++j) count[j] += x[j] != T(0);
}

struct CountNonzero {
    static constexpr const char* name = "count_nonzero";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Reduced over;

    Tensor forward(const Tensor& x) const {
        if (const InMemoryOrder ordered(x, over); ordered.differs)
            return ordered.restore(CountNonzero{ordered.over}.forward(ordered.x));
        if (x.numel() == 0) return zeros(over.shape, kInt64);
        Tensor source = x;
        Groups groups = groups_of(source, over);
        if (!groups.walkable()) {
            source = x.contiguous();
            groups = groups_of(source, over);
        }
        return add_up(counts(source, groups.walk()), groups);
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return reduce_batch(*this, x[0], dims[0]);
    }

  private:
    /// The counts of each part of the walk.
    static Tensor counts(const Tensor& x, const Walk& w) {
        Tensor out = empty({w.outer * w.parts() * w.inner}, kInt64);
        visit_dtype(x.dtype(), [&, count = out.data_ptr<std::int64_t>()](auto type) {
            const auto* in = x.data_ptr<decltype(type)>();
            w.for_each_part(
                [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t runs) {
                    for (std::int64_t r = 0; r < runs; ++r)
                        count[to + r] = count_row(in + from + r * w.outer_stride, n);
                },
                [&](std::int64_t from, std::int64_t n, std::int64_t to, std::int64_t width) {
                    count_columns(in + from, w.stride, n, count + to, width);
                });
        });
        return out;
    }

    /// The sums of those counts over the parts and over the other groups that are reduced.
    Tensor add_up(const Tensor& counts, const Groups& groups) const {
        const std::size_t f = groups.last_folded();
        detail::Dims sizes;
        Reduced rest{std::uint64_t{1} << f, over.shape};
        for (std::size_t i = 0; i < f; ++i) {
            sizes.push_back(groups.list[i].size);
            if (groups.list[i].folded) rest.dims |= std::uint64_t{1} << i;
        }
        sizes.push_back(groups.walk().parts());
        sizes.push_back(groups.walk().inner);
        return fold(Fold::kSum, counts.view(sizes), rest);
    }
};

using Truth = Family<Quantifier<Fold::kMax>, Quantifier<Fold::kMin>, CountNonzero>;

template <Fold kind>
Tensor quantify(const Tensor& x, OptionalIntArrayRef dims, bool keepdim) {
    using Op = Quantifier<kind>;
    if (dims && dims->empty()) return Truth::apply(Op{{0, x.sizes()}}, x);
    return Truth::apply(Op{reduced(Op::name, x, dims, keepdim)}, x);
}

}  // namespace

Tensor count(const Tensor& x, const Reduced& over) { return Truth::apply(CountNonzero{over}, x); }

std::vector<OpInfo> truth_operations() { return Truth::table(); }

}  // namespace ops

Tensor any(const Tensor& self) { return ops::quantify<ops::Fold::kMax>(self, std::nullopt, false); }
Tensor any(const Tensor& self, OptionalIntArrayRef dim, bool keepdim) {
    return ops::quantify<ops::Fold::kMax>(self, dim, keepdim);
}
Tensor all(const Tensor& self) { return ops::quantify<ops::Fold::kMin>(self, std::nullopt, false); }
Tensor all(const Tensor& self, OptionalIntArrayRef dim, bool keepdim) {
    return ops::quantify<ops::Fold::kMin>(self, dim, keepdim);
}
Tensor count_nonzero(const Tensor& self, OptionalIntArrayRef dim) {
    return ops::count(self, ops::reduced(ops::CountNonzero::name, self, dim, false));
}
Tensor Tensor::any() const { return xgrad::any(*this); }
Tensor Tensor::any(OptionalIntArrayRef dim, bool keepdim) const { return xgrad::any(*this, dim, keepdim); }
Tensor Tensor::all() const { return xgrad::all(*this); }
Tensor Tensor::all(OptionalIntArrayRef dim, bool keepdim) const { return xgrad::all(*this, dim, keepdim); }
Tensor Tensor::count_nonzero(OptionalIntArrayRef dim) const { return xgrad::count_nonzero(*this, dim); }

}  // namespace xgrad
