#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/gather.h>
#include <xgrad/autograd/ops/indexing/index_walk.h>

#include <algorithm>
#include <optional>
#include <type_traits>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

template <class T>
void add_to(T& target, T value) {
    target = static_cast<T>(target + value);
}

Tensor zeros_of(const TensorMeta& meta) { return zeros({}, meta.dtype).expand(meta.sizes); }

struct Gather {
    static constexpr const char* name = "gather";
    static constexpr Uses uses[] = {in(1), kNothing};

    std::int64_t dim;

    Tensor forward(const Tensor& self, const Tensor& index) const {
        Tensor out = empty(index.sizes(), self.dtype()), positions = index.contiguous();
        if (index.numel() == 0) return out;
        check_positions(name, positions, dim, self.size(dim));
        const Lines lines(self, positions, dim);
        visit_element(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = static_cast<T*>(out.data_ptr());
            const auto* source = static_cast<const T*>(self.data_ptr());
            detail::parallel_for(0, positions.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
                lines.visit(begin, end, [=](std::int64_t at, std::int64_t i) { target[i] = source[at]; });
            });
        });
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, scatter_add(zeros_of(b.meta(0)), dim, b.input(1), b.grad())); }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? gather(tangents[0], dim, inputs[1]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {gather(in[0], dim + 1, in[1]), 0};
    }
};

struct ScatterAdd {
    static constexpr const char* name = "scatter_add";
    static constexpr Uses uses[] = {kNothing, kNothing, in(1)};

    std::int64_t dim;

    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
        if (index.numel() == 0) return;
        const Tensor positions = apart_from(self, index), values = apart_from(self, source);
        check_positions(name, positions, dim, self.size(dim));
        const Lines lines(self, positions, dim);
        visit_dtype(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = self.data_ptr<T>();
            const auto* from = values.data_ptr<T>();
            lines.for_each_in_order([=](std::int64_t at, std::int64_t i) { add_to(target[at], from[i]); });
        });
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad());
        if (!b.needs(2)) return;
        const Tensor index = b.input(1);
        b.set(2, index.numel() ? gather(b.grad(), dim, index) : zeros_of(b.meta(2)));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return scatter_add(t[0], dim, inputs[1], t[2]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {scatter_add(in[0], dim + 1, in[1], in[2]), 0};
    }
};

/// Of several values for one place the last in row-major order stays; all of them get its gradient, as in PyTorch.
struct Scatter {
    static constexpr const char* name = "scatter";
    static constexpr Uses uses[] = {in(1), kNothing, in(1)};

    std::int64_t dim;

    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
        if (index.numel() == 0) return;
        const Tensor positions = apart_from(self, index), values = apart_from(self, source);
        check_positions(name, positions, dim, self.size(dim));
        const Lines lines(self, positions, dim);
        visit_element(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = static_cast<T*>(self.data_ptr());
            const auto* from = static_cast<const T*>(values.data_ptr());
            lines.for_each_in_order([=](std::int64_t at, std::int64_t i) { target[at] = from[i]; });
        });
    }
    void vjp(Vjp& b) const {
        const Tensor index = b.input(1);
        const bool any = index.numel() > 0;
        if (b.needs(0)) b.set(0, any ? scatter(b.grad(), dim, index, 0) : b.grad());
        if (b.needs(2)) b.set(2, any ? gather(b.grad(), dim, index) : zeros_of(b.meta(2)));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return scatter(t[0], dim, inputs[1], t[2]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const TensorList in = batches_first(x, dims);
        return {scatter(in[0], dim + 1, in[1], in[2]), 0};
    }
};

using Gathering = Family<Gather, ScatterAdd, Scatter>;

constexpr std::int64_t kWideRow = 16;

/// How many leading dimensions of an index (`dim` among them) tell its elements apart, if it repeats each of them over
/// a row in those behind, as an index with a last dimension that was expanded does; else 0.
std::int64_t dims_before_rows(const Tensor& index, std::int64_t dim) {
    std::int64_t head = index.dim(), width = 1;
    for (; head > dim + 1 && (index.stride(head - 1) == 0 || index.size(head - 1) == 1); --head)
        width *= index.size(head - 1);
    return index.numel() > 0 && width >= kWideRow ? head : 0;
}

/// The rows of a tensor that such an index names: which those are (checked), in the first `head` dimensions flattened.
struct NamedRows {
    Tensor x, positions;
    IndexedDims dims;
};
NamedRows named_rows(const char* name, const Tensor& x, std::int64_t dim, const Tensor& index, std::int64_t head) {
    Tensor rows = x, heads = index;
    for (std::int64_t d = index.dim(); d-- > head;) {
        if (index.size(d) < x.size(d)) rows = rows.narrow(d, 0, index.size(d));
        heads = heads.select(d, 0);
    }
    check_positions(name, heads.contiguous(), dim, x.size(dim));
    Tensor positions;
    for (std::int64_t d = 0; d < head; ++d) {
        Dims line(static_cast<std::size_t>(head), 1);
        line[static_cast<std::size_t>(d)] = heads.size(d);
        const Tensor place = d == dim ? heads : arange(heads.size(d), kInt64).view(line);
        positions = d == 0 ? place : positions * x.size(d) + place;
    }
    return {rows, positions.expand(heads.sizes()), {0, head}};
}

/// The rows that scatter_add writes, if its index names whole ones.
std::optional<NamedRows> rows_to_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& values) {
    const std::int64_t head = wrapped(self) || wrapped(values) ? 0 : dims_before_rows(index, dim);
    if (head == 0) return std::nullopt;
    for (std::int64_t d = head; d < index.dim(); ++d)
        if (index.size(d) != self.size(d)) return std::nullopt;
    return named_rows(ScatterAdd::name, self, dim, index, head);
}

template <class Op>
Tensor scattered(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    check_defined(Op::name, self);
    const std::int64_t d = wrap_dim(dim, self.dim(), Op::name);
    const Tensor values = scatter_source(Op::name, self, d, index, source);
    if constexpr (std::is_same_v<Op, ScatterAdd>)
        if (const auto rows = rows_to_add(self, d, index, values))
            return add_slices(self, rows->dims, rows->positions, values);
    const Tensor out = Gathering::apply(Op{d}, at_least_1d(self), at_least_1d(index), values);
    return self.dim() == 0 ? out.view({}) : out;
}

template <class Op>
Tensor& scatter_inplace(Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    check_defined(Op::name, self);
    const std::int64_t d = wrap_dim(dim, self.dim(), Op::name);
    const Tensor values = scatter_source(Op::name, self, d, index, source);
    if constexpr (std::is_same_v<Op, ScatterAdd>)
        if (const auto rows = rows_to_add(self, d, index, values)) {
            put_slices(self, rows->dims, rows->positions, values, true);
            return self;
        }
    if (self.dim() > 0) return Gathering::apply_inplace(Op{d}, self, index, values);
    Tensor target = self.view({1});
    Gathering::apply_inplace(Op{d}, target, at_least_1d(index), values);
    return self;
}

/// A number for each element of the index.
Tensor repeated(const Tensor& self, const Tensor& index, const Scalar& value) {
    check_defined(Scatter::name, self);
    check_defined(Scatter::name, index);
    return full({}, value, self.dtype()).expand(index.sizes());
}

/// The name of scatter_reduce for a reduction that scatter takes.
std::string_view reduction_of(std::string_view reduce) {
    if (reduce == "add") return "sum";
    if (reduce == "multiply") return "prod";
    raise<ValueError>(Scatter::name, "reduce argument must be either add or multiply, got ", reduce);
}

}  // namespace

std::vector<OpInfo> gather_operations() { return Gathering::table(); }

void check_index_shape(const char* operation, const Tensor& index, const char* role, const Tensor& other,
                       std::int64_t dim) {
    check_defined(operation, index);
    check_defined(operation, other);
    if (index.dtype() != kInt64) raise<DtypeError>(operation, "expected dtype int64 for index, got ", index.dtype());
    if (index.numel() == 0) return;
    bool fits = std::max<std::int64_t>(index.dim(), 1) == std::max<std::int64_t>(other.dim(), 1);
    for (std::int64_t d = 0; fits && d < std::min(index.dim(), other.dim()); ++d)
        fits = d == dim || index.size(d) <= other.size(d);
    if (!fits)
        raise<ShapeError>(operation, "index of shape ", shape_string(index.sizes()), " must have the rank of ", role,
                          " of shape ", shape_string(other.sizes()), " and no larger sizes",
                          dim >= 0 ? detail::join(" apart from dimension ", dim) : "");
}

Tensor scatter_source(const char* operation, const Tensor& self, std::int64_t dim, const Tensor& index,
                      const Tensor& source) {
    check_index_shape(operation, index, "self", self, dim);
    check_index_shape(operation, index, "source", source, -1);
    check_source_dtype(operation, self, source);
    if (index.numel() == 0) return source;
    Tensor cut = at_least_1d(source);
    for (std::int64_t d = 0; d < index.dim(); ++d)
        if (index.size(d) < cut.size(d)) cut = cut.narrow(d, 0, index.size(d));
    return cut;
}

}  // namespace ops

Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index, bool sparse_grad) {
    constexpr const char* name = ops::Gather::name;
    ops::check_defined(name, self);
    if (sparse_grad)
        raise<NotImplementedError>(name,
                                   "there are no sparse gradients: use sparse_grad = false, which gives the same "
                                   "numbers in a dense one");
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    ops::check_index_shape(name, index, "self", self, d);
    if (const std::int64_t head = ops::dims_before_rows(index, d); head > 0) {
        const ops::NamedRows rows = ops::named_rows(name, self, d, index, head);
        return ops::take_slices(rows.x, rows.dims, rows.positions);
    }
    const Tensor out = ops::Gathering::apply(ops::Gather{d}, ops::at_least_1d(self), ops::at_least_1d(index));
    return index.dim() == 0 ? out.view({}) : out;
}

Tensor take_along_dim(const Tensor& self, const Tensor& indices, std::optional<std::int64_t> dim) {
    constexpr const char* name = "take_along_dim";
    ops::check_defined(name, self);
    ops::check_defined(name, indices);
    if (indices.dtype() != kInt64) raise<DtypeError>(name, "dtype of indices should be Long but got ", indices.dtype());
    if (!dim) return gather(self.reshape({-1}), 0, indices.reshape({-1}));
    if (self.dim() != indices.dim())
        raise<ShapeError>(name, "input and indices should have the same number of dimensions, but got shapes ",
                          shape_string(self.sizes()), " and ", shape_string(indices.sizes()));
    const std::int64_t d = wrap_dim(*dim, self.dim(), name);
    if (self.dim() == 0) return gather(self, 0, indices);
    const auto at = static_cast<std::size_t>(d);
    Dims own = self.sizes();
    own[at] = indices.size(d);
    Dims wide = detail::broadcast_shapes(own, indices.sizes(), name);
    const Tensor places = indices.expand(wide);
    wide[at] = self.size(d);
    return gather(self.expand(wide), d, places);
}

Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {
    return ops::scattered<ops::Scatter>(self, dim, index, src);
}
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
    return scatter(self, dim, index, ops::repeated(self, index, value));
}
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
    return scatter_reduce(self, dim, index, src, ops::reduction_of(reduce));
}
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value,
               std::string_view reduce) {
    return scatter(self, dim, index, ops::repeated(self, index, value), reduce);
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Tensor& src) {
    return ops::scatter_inplace<ops::Scatter>(*this, dim, index, src);
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Scalar& value) {
    return scatter_(dim, index, ops::repeated(*this, index, value));
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
    return scatter_reduce_(dim, index, src, ops::reduction_of(reduce));
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce) {
    return scatter_(dim, index, ops::repeated(*this, index, value), reduce);
}

Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    return ops::scattered<ops::ScatterAdd>(self, dim, index, source);
}
Tensor& Tensor::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) {
    return ops::scatter_inplace<ops::ScatterAdd>(*this, dim, index, source);
}

Tensor Tensor::gather(std::int64_t dim, const Tensor& index, bool sparse_grad) const {
    return xgrad::gather(*this, dim, index, sparse_grad);
}
Tensor Tensor::take_along_dim(const Tensor& indices, std::optional<std::int64_t> dim) const {
    return xgrad::take_along_dim(*this, indices, dim);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Tensor& src) const {
    return xgrad::scatter(*this, dim, index, src);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const {
    return xgrad::scatter(*this, dim, index, value);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) const {
    return xgrad::scatter(*this, dim, index, src, reduce);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce) const {
    return xgrad::scatter(*this, dim, index, value, reduce);
}
Tensor Tensor::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& src) const {
    return xgrad::scatter_add(*this, dim, index, src);
}

}  // namespace xgrad
