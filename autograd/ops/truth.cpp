#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/reduced.h>

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

using Truth = Family<Quantifier<Fold::kMax>, Quantifier<Fold::kMin>>;

template <Fold kind>
Tensor quantify(const Tensor& x, OptionalIntArrayRef dims, bool keepdim) {
    using Op = Quantifier<kind>;
    if (dims && dims->empty()) return Truth::apply(Op{{0, x.sizes()}}, x);
    return Truth::apply(Op{reduced(Op::name, x, dims, keepdim)}, x);
}

}  // namespace

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
Tensor count_nonzero(const Tensor& self, OptionalIntArrayRef dim) { return self.detach().ne(0).sum(dim); }
Tensor Tensor::any() const { return xgrad::any(*this); }
Tensor Tensor::any(OptionalIntArrayRef dim, bool keepdim) const { return xgrad::any(*this, dim, keepdim); }
Tensor Tensor::all() const { return xgrad::all(*this); }
Tensor Tensor::all(OptionalIntArrayRef dim, bool keepdim) const { return xgrad::all(*this, dim, keepdim); }
Tensor Tensor::count_nonzero(OptionalIntArrayRef dim) const { return xgrad::count_nonzero(*this, dim); }

}  // namespace xgrad
