#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/indexing/index.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

namespace {

/// `value`, which has no dimensions and the dtype of `self`, where the mask holds.
struct MaskedFill {
    static constexpr const char* name = "masked_fill";
    static constexpr Uses uses[] = {in(1), kNothing, in(1)};

    Tensor forward(const Tensor& self, const Tensor& mask, const Tensor& value) const {
        return where(mask, value, self);
    }
    void forward_(Tensor& self, const Tensor& mask, const Tensor& value) const {
        const ScalarType compute = self.dtype() == kBool ? kUInt8 : self.dtype();
        const rows::Where row;
        const Tensor* const inputs[] = {&mask, &value, &self};
        map(row_kernels<rows::Where>().value[static_cast<int>(compute)], &row, compute, compute, self, inputs);
    }
    void vjp(Vjp& b) const {
        const Tensor mask = b.input(1);
        if (b.needs(0)) b.set(0, b.grad().masked_fill(mask, 0));
        if (b.needs(2)) b.set(2, where(mask, b.grad(), 0));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return where(inputs[1], t[2], t[0]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = align_batches(x, dims);
        return {where(in[1], in[2], in[0]), 0};
    }
};

/// Where the elements that are not zero stand, one a row.
struct NonZero {
    static constexpr const char* name = "nonzero";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Tensor forward(const Tensor& x) const {
        const Tensor positions = mask_positions(x.dtype() == kBool ? x : x.ne(0));
        const std::int64_t n = positions.numel(), rank = x.dim();
        Tensor out = empty({n, rank}, kInt64);
        const auto* position = positions.data_ptr<std::int64_t>();
        auto* row = out.data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < n; ++i, row += rank) {
            std::int64_t rest = position[i];
            for (std::int64_t d = rank; d-- > 0; rest /= x.size(d)) row[d] = rest % x.size(d);
        }
        return out;
    }
    void vjp(Vjp&) const {}
};

using Masks = Family<MaskedFill, NonZero>;

void check_mask(const char* name, const Tensor& self, const Tensor& mask) {
    check_defined(name, self);
    check_defined(name, mask);
    if (mask.dtype() != kBool)
        raise<DtypeError>(name, "only supports boolean masks, but got mask with dtype ", mask.dtype());
}
/// The shape that a tensor and its mask broadcast to.
Dims masked_shape(const char* name, const Tensor& self, const Tensor& mask) {
    check_mask(name, self, mask);
    return detail::broadcast_shapes(self.sizes(), mask.sizes(), name);
}
void check_mask_fits(const char* name, const Tensor& self, const Tensor& mask) {
    check_mask(name, self, mask);
    if (!detail::is_expandable_to(mask.sizes(), self.sizes()))
        raise<ShapeError>(name, "the mask of shape ", shape_string(mask.sizes()),
                          " does not broadcast to self of shape ", shape_string(self.sizes()));
}

/// The value of masked_fill, as a tensor of the dtype of `self` and apart from it.
Tensor fill_value(const Tensor& self, const Tensor& value) {
    constexpr const char* name = MaskedFill::name;
    check_defined(name, value);
    if (value.dim() > 0)
        raise<ShapeError>(name, "only supports a 0-dimensional value tensor, but got tensor with ", value.dim(),
                          " dimension(s)");
    const Tensor converted = value.to(self.dtype());
    return converted.is_alias_of(self) ? converted.clone() : converted;
}

}  // namespace

std::vector<OpInfo> mask_operations() { return Masks::table(); }

Tensor mask_positions(const Tensor& mask) {
    const Tensor flags = mask.to(kBool).contiguous();
    const auto* flag = flags.data_ptr<bool>();
    Tensor out = empty({std::count(flag, flag + flags.numel(), true)}, kInt64);
    auto* p = out.data_ptr<std::int64_t>();
    const auto* end = p + out.numel();
    for (std::int64_t i = 0; p != end; ++i) {  // without branches, and never behind the end
        *p = i;
        p += flag[i];
    }
    return out;
}

}  // namespace ops

Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) {
    ops::masked_shape("masked_fill", self, mask);
    return ops::Masks::apply(ops::MaskedFill{}, self, mask, ops::fill_value(self, value));
}
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) {
    ops::masked_shape("masked_fill", self, mask);
    return ops::Masks::apply(ops::MaskedFill{}, self, mask, full({}, value, self.dtype()));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) {
    ops::check_mask_fits("masked_fill_", *this, mask);
    return ops::Masks::apply_inplace(ops::MaskedFill{}, *this, mask, ops::fill_value(*this, value));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) {
    return masked_fill_(mask, full({}, value, dtype()));
}

Tensor masked_select(const Tensor& self, const Tensor& mask) {
    const Dims shape = ops::masked_shape("masked_select", self, mask);
    const Tensor wide = self.expand(shape);
    return ops::take_slices(wide, ops::all_dims(wide), ops::mask_positions(mask.expand(shape)));
}

namespace {

/// What masked_scatter writes, and where.
std::array<Tensor, 2> masked_elements(const Tensor& self, const Tensor& mask, const Tensor& source) {
    constexpr const char* name = "masked_scatter_";
    ops::check_defined(name, source);
    if (source.dtype() != self.dtype())
        raise<DtypeError>(name, "expected self and source to have same dtypes but got ", self.dtype(), " and ",
                          source.dtype());
    const Tensor positions = ops::mask_positions(mask.expand(self.sizes()));
    if (source.numel() < positions.numel())
        raise<ShapeError>(name, "Number of elements of source < number of ones in mask: ", source.numel(), " < ",
                          positions.numel());
    return {source.reshape({-1}).narrow(0, 0, positions.numel()), positions};
}

}  // namespace

Tensor& Tensor::masked_scatter_(const Tensor& mask, const Tensor& source) {
    ops::check_mask_fits("masked_scatter_", *this, mask);
    const auto [elements, positions] = masked_elements(*this, mask, source);
    ops::put_slices(*this, ops::all_dims(*this), positions, elements);
    return *this;
}
Tensor masked_scatter(const Tensor& self, const Tensor& mask, const Tensor& source) {
    const Tensor wide = self.expand(ops::masked_shape("masked_scatter", self, mask));
    const auto [elements, positions] = masked_elements(wide, mask, source);
    return ops::with_slices(wide, ops::all_dims(wide), positions, elements);
}

Tensor nonzero(const Tensor& self) { return ops::Masks::apply(ops::NonZero{}, self); }
Tensor argwhere(const Tensor& self) { return nonzero(self); }
std::vector<Tensor> nonzero_numpy(const Tensor& self) {
    ops::check_defined("nonzero_numpy", self);
    return nonzero(ops::at_least_1d(self)).unbind(1);
}
std::vector<Tensor> where(const Tensor& condition) { return nonzero_numpy(condition); }

Tensor one_hot(const Tensor& self, std::int64_t num_classes) {
    constexpr const char* name = "one_hot";
    ops::check_defined(name, self);
    if (self.dtype() != kInt64)
        raise<DtypeError>(name, "is only applicable to index tensor of type LongTensor, got ", self.dtype());
    if (num_classes < -1 || num_classes == 0)
        raise<ValueError>(name, "num_classes should be positive, or -1 to infer it, got ", num_classes);
    if (self.numel() == 0 && num_classes == -1)
        raise<ValueError>(name, "Can not infer total number of classes from empty tensor.");
    const Tensor& values = detail::innermost(self);
    const std::int64_t smallest = self.numel() ? values.min().item<std::int64_t>() : 0;
    const std::int64_t largest = self.numel() ? values.max().item<std::int64_t>() : 0;
    if (smallest < 0) raise<IndexError>(name, "Class values must be non-negative, got ", smallest);
    if (num_classes != -1 && largest >= num_classes)
        raise<IndexError>(name, "Class values must be smaller than num_classes, got ", largest, " of ", num_classes);
    Dims sizes = self.sizes();
    sizes.push_back(num_classes == -1 ? largest + 1 : num_classes);
    Tensor out = zeros(sizes, kInt64);
    return ops::wrapped(self) ? out.scatter(-1, self.unsqueeze(-1), 1) : out.scatter_(-1, self.unsqueeze(-1), 1);
}

Tensor take(const Tensor& self, const Tensor& index) {
    constexpr const char* name = "take";
    ops::check_defined(name, self);
    ops::check_defined(name, index);
    if (index.dtype() != kInt64) raise<DtypeError>(name, "expected a long tensor for index, but got ", index.dtype());
    return ops::take_slices(self, ops::all_dims(self), ops::wrapped_positions(name, index, 0, self.numel()));
}

namespace {

/// What put writes, and where.
std::array<Tensor, 2> put_elements(const Tensor& self, const Tensor& index, const Tensor& source) {
    constexpr const char* name = "put_";
    ops::check_defined(name, self);
    ops::check_defined(name, index);
    ops::check_defined(name, source);
    if (index.dtype() != kInt64) raise<DtypeError>(name, "expected a long tensor for index, but got ", index.dtype());
    ops::check_source_dtype(name, self, source);
    if (index.numel() != source.numel())
        raise<ShapeError>(name, "expected source and index to have the same number of elements, but got ",
                          source.numel(), " and ", index.numel());
    return {source.reshape(index.sizes()), ops::wrapped_positions(name, index, 0, self.numel())};
}

}  // namespace

Tensor& Tensor::put_(const Tensor& index, const Tensor& source, bool accumulate) {
    const auto [elements, positions] = put_elements(*this, index, source);
    ops::put_slices(*this, ops::all_dims(*this), positions, elements, accumulate);
    return *this;
}
Tensor put(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate) {
    const auto [elements, positions] = put_elements(self, index, source);
    return ops::with_slices(self, ops::all_dims(self), positions, elements, accumulate);
}

Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
    return xgrad::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
    return xgrad::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_select(const Tensor& mask) const { return xgrad::masked_select(*this, mask); }
Tensor Tensor::masked_scatter(const Tensor& mask, const Tensor& source) const {
    return xgrad::masked_scatter(*this, mask, source);
}
Tensor Tensor::nonzero() const { return xgrad::nonzero(*this); }
std::vector<Tensor> Tensor::nonzero_numpy() const { return xgrad::nonzero_numpy(*this); }
Tensor Tensor::argwhere() const { return xgrad::argwhere(*this); }
Tensor Tensor::take(const Tensor& index) const { return xgrad::take(*this, index); }
Tensor Tensor::put(const Tensor& index, const Tensor& source, bool accumulate) const {
    return xgrad::put(*this, index, source, accumulate);
}

}  // namespace xgrad
