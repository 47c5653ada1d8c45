#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad {

namespace ops {

namespace {

struct Clone {
    static constexpr const char* name = "clone";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Tensor forward(const Tensor& x) const {
        Tensor out = empty_like(x);
        copy(out, x);
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, b.grad()); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].clone(), dims[0]};
    }
};

/// The engine casts the gradient back.
struct ToCopy {
    static constexpr const char* name = "to_copy";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    ScalarType dtype;

    Tensor forward(const Tensor& x) const {
        Tensor out = empty(x.sizes(), dtype);
        copy(out, x);
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, b.grad()); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].to(dtype), dims[0]};
    }
};

/// The old value of self, input 0, gets no gradient: it is overwritten.
struct CopyInto {
    static constexpr const char* name = "copy_";
    static constexpr Uses uses[] = {kNothing, kNothing};

    void forward_(Tensor& self, const Tensor& source) const {
        if (!detail::is_expandable_to(source.sizes(), self.sizes()))
            raise<ShapeError>(name, "the source of shape ", detail::shape_string(source.sizes()),
                              " does not broadcast to the target of shape ", detail::shape_string(self.sizes()));
        copy(self, source);
    }
    void vjp(Vjp& b) const {
        if (b.needs(1) && b.grad().defined()) b.set(1, b.grad());
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return t[1].defined() ? t[1].expand(x[0].sizes()) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(*this, batches_first(x, dims)[0], align_batches(x, dims)[1]), 0};
    }
};

struct Fill {
    static constexpr const char* name = "fill_";
    static constexpr Uses uses[] = {kNothing};

    Scalar value;

    void forward_(Tensor& self) const { copy(self, full({}, value, self.dtype())); }
    void vjp(Vjp&) const {}
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor>, const Tensor&) const { return {}; }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(*this, x[0]), dims[0]};
    }
};

using Copies = Family<Clone, ToCopy, CopyInto, Fill>;

}  // namespace

std::vector<OpInfo> copy_operations() { return Copies::table(); }

void detail_op::copy_elements(Tensor& self, const Tensor& source) { copy(self, source); }

}  // namespace ops

Tensor clone(const Tensor& self) { return ops::Copies::apply(ops::Clone{}, self); }
Tensor Tensor::clone() const { return xgrad::clone(*this); }
Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::to(ScalarType dtype, bool, bool copy) const {
    if (dtype == this->dtype()) return copy ? clone() : *this;
    return ops::Copies::apply(ops::ToCopy{dtype}, *this);
}
Tensor Tensor::to(const TensorOptions& options, bool non_blocking, bool copy) const {
    return to(options.dtype_opt().value_or(dtype()), non_blocking, copy);
}

Tensor& Tensor::copy_(const Tensor& source, bool) {
    if (is_same(source)) return *this;
    return ops::Copies::apply_inplace(ops::CopyInto{}, *this, source);
}
Tensor& Tensor::fill_(const Scalar& value) { return ops::Copies::apply_inplace(ops::Fill{value}, *this); }
Tensor& Tensor::fill_(const Tensor& value) {
    if (value.dim() != 0)
        raise<ShapeError>("fill_", "only supports 0-dimension value tensor but got tensor with ", value.dim(),
                          " dimensions");
    return copy_(value);
}
Tensor& Tensor::zero_() { return fill_(0); }

}  // namespace xgrad
