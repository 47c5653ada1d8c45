#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/indexing/index_walk.h>

#include <algorithm>
#include <cstring>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

constexpr std::int64_t kShortRun = 16;  // below it a loop beats the call of memcpy
constexpr std::int64_t kWideRow = 16;   // from here on few rows are summed into zeros row by row

template <class T>
void add_to(T& target, T value) {
    target = static_cast<T>(target + value);
}

Dims slices_shape(IntArrayRef sizes, IndexedDims dims, IntArrayRef positions) {
    Dims out = sizes.slice(0, static_cast<std::size_t>(dims.first));
    for (auto s : positions) out.push_back(s);
    for (auto d = static_cast<std::size_t>(dims.first + dims.count); d < sizes.size(); ++d) out.push_back(sizes[d]);
    return out;
}

std::int64_t product(IntArrayRef sizes, std::int64_t from, std::int64_t to) {
    std::int64_t n = 1;
    for (std::int64_t d = from; d < to; ++d) n *= sizes[static_cast<std::size_t>(d)];
    return n;
}
std::int64_t indexed_numel(IntArrayRef sizes, IndexedDims dims) {
    return product(sizes, dims.first, dims.first + dims.count);
}

/// Zeros of a shape and dtype that cost no pass over memory when an operation copies them.
Tensor zeros_of(const TensorMeta& meta) { return zeros({}, meta.dtype).expand(meta.sizes); }

/// The gradient of slices where they came from.
Tensor slices_gradient(const Tensor& grad, IndexedDims dims, const Tensor& positions, const TensorMeta& meta) {
    const std::int64_t width = product(meta.sizes, dims.count, static_cast<std::int64_t>(meta.sizes.size()));
    const std::int64_t rows = indexed_numel(meta.sizes, dims);
    if (dims.first > 0 || width < kWideRow || positions.numel() > rows / 2)
        return add_slices(zeros_of(meta), dims, positions, grad);
    Dims shape = positions.sizes();
    shape.push_back(width);
    return sum_rows(grad.reshape(shape), positions, rows).view(meta.sizes);
}

/// The inputs of a write to slices for a batch: one write, with the batch as dimension `batch` of all of them, where it
/// is one more indexed dimension if the index has it.
struct BatchedWrite {
    Tensor self, index, source;
    IndexedDims dims;
    std::int64_t batch;

    BatchedWrite(const char* operation, IndexedDims own, std::span<const Tensor> x, std::span<const std::int64_t> at)
        : index(x[1]), dims(own), batch(at[1] < 0 ? 0 : own.first) {
        const TensorList in = batches_first(x, at);
        const auto example = [&](std::size_t i) { return in[i].sizes().slice(1, in[i].sizes().size() - 1); };
        Dims slices = slices_shape(example(0), own, example(1));
        self = in[0].movedim(0, batch);
        source = in[2];
        while (source.sizes().size() <= slices.size()) source = source.unsqueeze(1);
        slices.insert(0, in[0].size(0));
        source = source.expand(slices).movedim(0, batch);
        if (at[1] < 0) {
            ++dims.first;
        } else {
            ++dims.count;
            index = positions_in_batch(operation, in[1], own.first, indexed_numel(example(0), own));
        }
    }
};

struct IndexSelect {
    static constexpr const char* name = "index_select";
    static constexpr Uses uses[] = {in(1), kNothing};

    IndexedDims dims;

    Tensor forward(const Tensor& self, const Tensor& index) const { return copy_slices(name, self, dims, index); }
    void vjp(Vjp& b) const { b.set(0, slices_gradient(b.grad(), dims, b.input(1), b.meta(0))); }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? take_slices(tangents[0], dims, inputs[1]) : Tensor();
    }
    /// Of both: the batch is one more indexed dimension.
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> at) const {
        const Tensor self = at[0] < 0 ? x[0] : x[0].movedim(at[0], at[1] < 0 ? 0 : dims.first);
        if (at[1] < 0) return {take_slices(self, {dims.first + 1, dims.count}, x[1]), 0};
        const Tensor index = x[1].movedim(at[1], 0);
        if (at[0] < 0) return {take_slices(self, dims, index), dims.first};
        const std::int64_t extent = product(self.sizes(), dims.first + 1, dims.first + 1 + dims.count);
        const Tensor positions = positions_in_batch(name, index, dims.first, extent);
        return {take_slices(self, {dims.first, dims.count + 1}, positions), dims.first};
    }
};

/// The same by another name: positions that advanced indices gave.
struct Index : IndexSelect {
    static constexpr const char* name = "index";
};

struct IndexAdd {
    static constexpr const char* name = "index_add";
    static constexpr Uses uses[] = {kNothing, kNothing, in(1)};

    IndexedDims dims;

    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
        const Tensor positions = apart_from(self, index), values = apart_from(self, source);
        check_positions(name, positions, dims.first, indexed_numel(self.sizes(), dims));
        visit_dtype(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = self.data_ptr<T>();
            const auto* from = values.data_ptr<T>();
            Slices(self, dims, positions).for_each_in_order([=](const Run& r) {
                for (std::int64_t i = 0; i < r.length; ++i) add_to(target[r.at + i * r.stride], from[r.dense + i]);
            });
        });
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad());
        if (b.needs(2)) b.set(2, take_slices(b.grad(), dims, b.input(1)));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return add_slices(t[0], dims, inputs[1], t[2]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> at) const {
        const BatchedWrite b(name, dims, x, at);
        return {add_slices(b.self, b.dims, b.index, b.source), b.batch};
    }
};

/// index_put_ that accumulates: `value` broadcasts.
struct IndexPutAdd {
    static constexpr const char* name = "index_put_";
    static constexpr Uses uses[] = {kNothing, kNothing, in(1)};

    IndexedDims dims;

    void forward_(Tensor& self, const Tensor& index, const Tensor& value) const {
        IndexAdd{dims}.forward_(self, index, value.expand(slices_shape(self.sizes(), dims, index.sizes())));
    }
    void vjp(Vjp& b) const { IndexAdd{dims}.vjp(b); }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return detail_op::apply(*this, t[0], inputs[1], t[2]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> at) const {
        const BatchedWrite b(name, dims, x, at);
        return {detail_op::apply(IndexPutAdd{b.dims}, b.self, b.index, b.source), b.batch};
    }
};

struct IndexPut {
    static constexpr const char* name = "index_put_";
    static constexpr Uses uses[] = {in(1), kNothing, in(1)};

    IndexedDims dims;

    void forward_(Tensor& self, const Tensor& index, const Tensor& value) const {
        const Tensor positions = apart_from(self, index);
        check_positions(name, positions, dims.first, indexed_numel(self.sizes(), dims));
        const Tensor values = apart_from(self, value.expand(slices_shape(self.sizes(), dims, positions.sizes())));
        visit_element(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = static_cast<T*>(self.data_ptr());
            const auto* source = static_cast<const T*>(values.data_ptr());
            Slices(self, dims, positions).for_each_in_order([=](const Run& r) {
                for (std::int64_t i = 0; i < r.length; ++i) target[r.at + i * r.stride] = source[r.dense + i];
            });
        });
    }
    void vjp(Vjp& b) const;
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return detail_op::apply(*this, t[0], inputs[1], t[2]);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> at) const {
        const BatchedWrite b(name, dims, x, at);
        return {detail_op::apply(IndexPut{b.dims}, b.self, b.index, b.source), b.batch};
    }
};
/// The same by other names.
struct IndexCopy : IndexPut {
    static constexpr const char* name = "index_copy";
};
struct IndexFill : IndexPut {
    static constexpr const char* name = "index_fill";
};

using Indexing = Family<IndexSelect, Index, IndexAdd, IndexPut, IndexPutAdd, IndexCopy, IndexFill>;

void IndexPut::vjp(Vjp& b) const {
    const Tensor positions = b.input(1);
    if (b.needs(0)) b.set(0, Indexing::apply(IndexPut{dims}, b.grad(), positions, zeros({}, b.grad().dtype())));
    if (b.needs(2)) b.set(2, take_slices(b.grad(), dims, positions));
}

// --- Arguments of the public functions

/// What goes to slices of `self` along one dimension.
struct IndexArguments {
    Tensor index, source;
    std::int64_t dim;
};

IndexArguments index_arguments(const char* name, const Tensor& self, std::int64_t dim, const Tensor& index,
                               const Tensor& source) {
    check_defined(name, self);
    check_defined(name, source);
    IndexArguments out{index_vector(name, index), at_least_1d(source), wrap_dim(dim, self.dim(), name)};
    check_source_dtype(name, self, source);
    Dims expected = self.dim() == 0 ? Dims{1} : Dims(self.sizes());
    expected[static_cast<std::size_t>(out.dim)] = out.index.numel();
    if (out.source.sizes() != IntArrayRef(expected))
        raise<ShapeError>(name, "source of shape ", shape_string(source.sizes()), " must have the shape ",
                          shape_string(expected), ": that of self ", shape_string(self.sizes()), " with ",
                          out.index.numel(), " indices along dimension ", out.dim);
    return out;
}

IndexArguments add_arguments(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                             const Scalar& alpha) {
    constexpr const char* name = IndexAdd::name;
    IndexArguments out = index_arguments(name, self, dim, index, source);
    if (alpha.is_floating_point() && !self.is_floating_point())
        raise<DtypeError>(name, "For integral input tensors, argument alpha must not be a floating point number, got ",
                          alpha.to_double(), " for ", self.dtype());
    if (alpha.to_double() != 1) out.source = out.source.mul(alpha).to(self.dtype());
    return out;
}

IndexArguments copy_arguments(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    IndexArguments out = index_arguments(IndexCopy::name, self, dim, index, source);
    check_positions(IndexCopy::name, out.index.contiguous(), out.dim, self.dim() ? self.size(out.dim) : 1);
    return out;
}

IndexArguments fill_arguments(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& value) {
    constexpr const char* name = IndexFill::name;
    check_defined(name, self);
    check_defined(name, value);
    if (value.dim() > 0)
        raise<ShapeError>(name, "only supports a 0-dimensional value tensor, but got tensor with ", value.dim(),
                          " dimension(s)");
    const std::int64_t d = wrap_dim(dim, self.dim(), name);
    const Tensor vector = index_vector(name, index);
    return {wrapped_positions(name, vector, d, self.dim() ? self.size(d) : 1), value.to(self.dtype()), d};
}

/// `op` on a copy of `self`, or in place, where a tensor without dimensions counts as one with one element.
template <class Op>
Tensor apply_to_copy(const Tensor& self, const IndexArguments& args) {
    const Tensor out = Indexing::apply(Op{{args.dim, 1}}, at_least_1d(self), args.index, args.source);
    return self.dim() == 0 ? out.view({}) : out;
}
template <class Op>
Tensor& apply_inplace(Tensor& self, const IndexArguments& args) {
    if (self.dim() > 0) return Indexing::apply_inplace(Op{{args.dim, 1}}, self, args.index, args.source);
    Tensor target = self.view({1});
    Indexing::apply_inplace(Op{{args.dim, 1}}, target, args.index, args.source);
    return self;
}

}  // namespace

std::vector<OpInfo> index_operations() { return Indexing::table(); }

Tensor apart_from(const Tensor& self, const Tensor& x) { return x.is_alias_of(self) ? x.clone() : x.contiguous(); }

void check_positions(const char* operation, const Tensor& positions, std::int64_t dim, std::int64_t size) {
    if (wrapped(positions)) return check_positions(operation, detail::innermost(positions).contiguous(), dim, size);
    const auto* p = positions.data_ptr<std::int64_t>();
    bool fit = true;  // of all at once: a loop that does not leave early is vectorised
    for (std::int64_t i = 0; i < positions.numel(); ++i)
        fit &= static_cast<std::uint64_t>(p[i]) < static_cast<std::uint64_t>(size);
    for (std::int64_t i = 0; !fit && i < positions.numel(); ++i)
        if (p[i] < 0 || p[i] >= size)
            raise<IndexError>(operation, "index ", p[i], " is out of bounds for dimension ", dim, " with size ", size);
}

Tensor wrapped_positions(const char* operation, const Tensor& index, std::int64_t dim, std::int64_t size) {
    const Tensor given = index.to(kInt64).contiguous();
    if (wrapped(given)) {
        Tensor counted = where(given < 0, given + size, given);
        check_positions(operation, counted, dim, size);
        return counted;
    }
    Tensor out = empty(given.sizes(), kInt64);
    const auto* from = given.data_ptr<std::int64_t>();
    auto* p = out.data_ptr<std::int64_t>();
    bool fit = true;
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        p[i] = from[i] < 0 ? from[i] + size : from[i];
        fit &= static_cast<std::uint64_t>(p[i]) < static_cast<std::uint64_t>(size);
    }
    for (std::int64_t i = 0; !fit && i < out.numel(); ++i)
        if (p[i] < 0 || p[i] >= size)
            raise<IndexError>(operation, "index ", from[i], " is out of bounds for dimension ", dim, " with size ",
                              size);
    return out;
}

Tensor positions_in_batch(const char* operation, const Tensor& index, std::int64_t dim, std::int64_t size) {
    check_positions(operation, index.contiguous(), dim, size);
    Dims column(index.sizes().size(), 1);
    column[0] = index.size(0);
    return index + arange(index.size(0), kInt64).view(column) * size;
}

Tensor index_vector(const char* operation, const Tensor& index) {
    check_defined(operation, index);
    if (index.dim() > 1)
        raise<ShapeError>(operation, "index is supposed to be a vector, got shape ", shape_string(index.sizes()));
    if (index.dtype() != kInt64 && index.dtype() != kInt32)
        raise<DtypeError>(operation, "expected dtype int32 or int64 for index, got ", index.dtype());
    return at_least_1d(index).to(kInt64);
}

void check_source_dtype(const char* operation, const Tensor& self, const Tensor& source) {
    if (self.dtype() != source.dtype())
        raise<DtypeError>(operation, "self (", self.dtype(), ") and source (", source.dtype(),
                          ") must have the same scalar type");
}

Tensor copy_slices(const char* operation, const Tensor& self, IndexedDims dims, const Tensor& index) {
    const Tensor positions = index.contiguous();
    check_positions(operation, positions, dims.first, indexed_numel(self.sizes(), dims));
    Tensor out = empty(slices_shape(self.sizes(), dims, positions.sizes()), self.dtype());
    visit_element(self.dtype(), [&](auto element) {
        using T = decltype(element);
        auto* target = static_cast<T*>(out.data_ptr());
        const auto* source = static_cast<const T*>(self.data_ptr());
        Slices(self, dims, positions).for_each([=](const Run& r) {
            if (r.stride == 1 && r.length >= kShortRun)
                std::memcpy(target + r.dense, source + r.at, static_cast<std::size_t>(r.length) * sizeof(T));
            else
                for (std::int64_t i = 0; i < r.length; ++i) target[r.dense + i] = source[r.at + i * r.stride];
        });
    });
    return out;
}

Tensor take_slices(const Tensor& self, IndexedDims dims, const Tensor& positions) {
    return Indexing::apply(Index{{dims}}, self, positions);
}

Tensor add_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& source) {
    return Indexing::apply(IndexAdd{dims}, self, positions, source);
}

namespace {

void check_put(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value) {
    constexpr const char* name = IndexPut::name;
    if (value.dtype() != self.dtype())
        raise<DtypeError>(name, "Index put requires the source and destination dtypes match, got ", self.dtype(),
                          " for the destination and ", value.dtype(), " for the source");
    const Dims shape = slices_shape(self.sizes(), dims, positions.sizes());
    if (!detail::is_expandable_to(value.sizes(), shape))
        raise<ShapeError>(name, "shape mismatch: value tensor of shape ", shape_string(value.sizes()),
                          " cannot be broadcast to indexing result of shape ", shape_string(shape));
}

}  // namespace

void put_slices(Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value, bool accumulate) {
    check_put(self, dims, positions, value);
    if (accumulate)
        Indexing::apply_inplace(IndexPutAdd{dims}, self, positions, value);
    else
        Indexing::apply_inplace(IndexPut{dims}, self, positions, value);
}

Tensor with_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value,
                   bool accumulate) {
    check_put(self, dims, positions, value);
    return accumulate ? Indexing::apply(IndexPutAdd{dims}, self, positions, value)
                      : Indexing::apply(IndexPut{dims}, self, positions, value);
}

}  // namespace ops

Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index) {
    ops::check_defined("index_select", self);
    const Tensor positions = ops::index_vector("index_select", index);
    const std::int64_t d = wrap_dim(dim, self.dim(), "index_select");
    if (self.dim() == 0 && positions.numel() != 1)
        raise<ShapeError>("index_select", "a 0-dim tensor takes one index, got ", positions.numel());
    const Tensor out = ops::Indexing::apply(ops::IndexSelect{{d, 1}}, ops::at_least_1d(self), positions);
    return self.dim() == 0 ? out.view({}) : out;
}

Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
    return ops::apply_to_copy<ops::IndexAdd>(self, ops::add_arguments(self, dim, index, source, alpha));
}
Tensor& Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
    return ops::apply_inplace<ops::IndexAdd>(*this, ops::add_arguments(*this, dim, index, source, alpha));
}

Tensor index_copy(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    return ops::apply_to_copy<ops::IndexCopy>(self, ops::copy_arguments(self, dim, index, source));
}
Tensor& Tensor::index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source) {
    return ops::apply_inplace<ops::IndexCopy>(*this, ops::copy_arguments(*this, dim, index, source));
}

Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& value) {
    return ops::apply_to_copy<ops::IndexFill>(self, ops::fill_arguments(self, dim, index, value));
}
Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
    return index_fill(self, dim, index, full({}, value, self.dtype()));
}
Tensor& Tensor::index_fill_(std::int64_t dim, const Tensor& index, const Tensor& value) {
    return ops::apply_inplace<ops::IndexFill>(*this, ops::fill_arguments(*this, dim, index, value));
}
Tensor& Tensor::index_fill_(std::int64_t dim, const Tensor& index, const Scalar& value) {
    return index_fill_(dim, index, full({}, value, dtype()));
}

Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
    return xgrad::index_select(*this, dim, index);
}
Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const {
    return xgrad::index_add(*this, dim, index, source, alpha);
}
Tensor Tensor::index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const {
    return xgrad::index_copy(*this, dim, index, source);
}
Tensor Tensor::index_fill(std::int64_t dim, const Tensor& index, const Scalar& value) const {
    return xgrad::index_fill(*this, dim, index, value);
}
Tensor Tensor::index_fill(std::int64_t dim, const Tensor& index, const Tensor& value) const {
    return xgrad::index_fill(*this, dim, index, value);
}

}  // namespace xgrad
